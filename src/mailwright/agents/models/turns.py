"""What a model may answer: typed values, checked when they arrive. Free text of a model goes no further than these.

Written by models (through pydantic-ai) and by the built-in rules model; read by agents' `think`.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

MAX_ANSWER = 60_000  # characters of an answer: a long report; a mail beyond that is read by nobody
MAX_BECAUSE = 600  # characters of a reason


class Judgement(BaseModel):
    """What a message is to us: a `task` (a question is one, too), the `answer` to a question we asked, or `neither`."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["task", "answer", "neither"] = Field(
        description="task: work or an answer is asked for. answer: it answers a question we asked. neither: it wants nothing."
    )
    confidence: float = Field(ge=0, le=1, description="How sure you are of the kind, from 0 to 1.")
    because: str = Field(max_length=MAX_BECAUSE, description="One short sentence: what in the message shows it.")


class Answer(BaseModel):
    """The text of a reply."""

    model_config = ConfigDict(frozen=True)

    text: str = Field(
        min_length=1, max_length=MAX_ANSWER, description="The whole reply as plain text, without subject and quotation."
    )
    because: str = Field(default="", max_length=MAX_BECAUSE, description="One short sentence: how you arrived at it.")

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        if not any(character.isalnum() for character in text):
            raise ValueError("the reply has no words")
        return text
