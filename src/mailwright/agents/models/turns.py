"""What a model may answer: typed values, checked when they arrive. Free text of a model goes no further than these.

Written by models (through pydantic-ai) and by the built-in rules model; read by agents' `think`.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

MAX_ANSWER = 60_000  # characters of an answer: a long report; a mail beyond that is read by nobody
MAX_BECAUSE = 600  # characters of a reason


def says_something(text: str) -> str:
    """The text; raises ValueError when it has no words."""
    if not any(character.isalnum() for character in text):
        raise ValueError("the reply has no words")
    return text


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
        return says_something(text)


class Triage(BaseModel):
    """What a mail is to its owner."""

    model_config = ConfigDict(frozen=True)

    category: Literal["needs_reply", "informational", "spam"] = Field(
        description="needs_reply: its sender waits for an answer of the owner. informational: to be read at most. spam: unwanted."
    )
    confidence: float = Field(ge=0, le=1, description="How sure you are of the category, from 0 to 1.")
    because: str = Field(max_length=MAX_BECAUSE, description="One short sentence: what in the mail shows it.")


class Draft(BaseModel):
    """The text of a reply in its owner's voice."""

    model_config = ConfigDict(frozen=True)

    text: str = Field(
        min_length=1,
        max_length=MAX_ANSWER,
        description="The whole reply as plain text, with greeting and ending, without subject and quotation.",
    )
    points: tuple[str, ...] = Field(
        default=(),
        max_length=30,
        description="Each point or question of the mail that the reply addresses, in a few words.",
    )
    because: str = Field(default="", max_length=MAX_BECAUSE, description="One short sentence: how you arrived at it.")

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        return says_something(text)


class Wanted(BaseModel):
    """One thing to be followed up, in the words of who asked. When that is, is read from the words by code: see `codecs.dates`."""

    model_config = ConfigDict(frozen=True)

    what: str = Field(
        min_length=1,
        max_length=500,
        description="What is to be done, short and complete, in the language of the message.",
    )
    who: str = Field(
        default="", max_length=200, description="With whom or about whom, as they are called in the message."
    )
    context: str = Field(default="", max_length=1000, description="What one needs to know when it is due, if anything.")
    phrase: str = Field(
        default="",
        max_length=200,
        description="The words of the message that say when, copied exactly; empty when it does not say.",
    )
    action: Literal["remind", "remind_and_draft", "draft", ""] = Field(
        default="", description="What is asked for when it is due; empty when the message leaves that open."
    )
    waits: bool = Field(
        default=False, description="Whether it is only to be done if somebody has not answered or acted by then."
    )


class Extraction(BaseModel):
    """What a message asks the concierge for."""

    model_config = ConfigDict(frozen=True)

    wants: Literal["followup", "change", "cancel", "list", "answer", "preferences", "help", "nothing"] = Field(
        description="followup: something new is to be followed up. change: another time, text or action for one there is. "
        "cancel: one is to be dropped. list: what is there. answer: it answers our question. preferences: time zone, quiet "
        "hours, tone and the like. help: how this works. nothing: none of these."
    )
    followups: tuple[Wanted, ...] = Field(
        default=(), max_length=20, description="What is to be followed up, each once."
    )
    about: str = Field(
        default="", max_length=200, description="For change and cancel: which one is meant, as the message calls it."
    )
    phrase: str = Field(
        default="",
        max_length=200,
        description="For change and answer: the words that say the (new) time, copied exactly.",
    )
    confidence: float = Field(ge=0, le=1, description="How sure you are, from 0 to 1.")
    because: str = Field(max_length=MAX_BECAUSE, description="One short sentence: what in the message shows it.")


class TemplateRead(BaseModel):
    """What an outreach template asks to be looked up."""

    model_config = ConfigDict(frozen=True)

    type: Literal["RESEARCH", "BOOK", "GENERAL"] = Field(
        description="RESEARCH: it speaks of scientific work or papers. BOOK: of books somebody wrote. GENERAL: of anything else."
    )
    search_terms: tuple[str, ...] = Field(
        default=(),
        max_length=8,
        description="What to look for about the recipient, most useful first; each with the recipient's name in it.",
    )
    because: str = Field(max_length=MAX_BECAUSE, description="One short sentence: what in the template shows it.")


class FoundFact(BaseModel):
    """One fact that a source states about somebody."""

    model_config = ConfigDict(frozen=True)

    claim: str = Field(min_length=1, max_length=400, description="The fact in one plain sentence of your own.")
    source: int = Field(ge=1, description="The number of the source that states it.")
    quote: str = Field(
        min_length=8, max_length=500, description="The words of that source that state it, copied exactly."
    )
    about: Literal["recipient", "other", "unclear"] = Field(
        description="recipient: it is certainly about the recipient. other: about somebody else. unclear: it cannot be told."
    )


class FactsFound(BaseModel):
    """The facts that sources state."""

    model_config = ConfigDict(frozen=True)

    facts: tuple[FoundFact, ...] = Field(default=(), max_length=40, description="The most telling ones first.")
    because: str = Field(default="", max_length=MAX_BECAUSE, description="One short sentence: who the recipient is.")


class LetterSentence(BaseModel):
    """One sentence of a letter, and what it rests on."""

    model_config = ConfigDict(frozen=True)

    text: str = Field(min_length=1, max_length=1_000, description="The sentence.")
    facts: tuple[int, ...] = Field(
        default=(),
        max_length=6,
        description="The numbers of the facts it states or rests on; none when it states no fact.",
    )


class Letter(BaseModel):
    """A personal mail, sentence by sentence."""

    model_config = ConfigDict(frozen=True)

    subject: str = Field(min_length=1, max_length=300, description="The subject, short and plain.")
    paragraphs: tuple[tuple[LetterSentence, ...], ...] = Field(
        min_length=1, max_length=30, description="The paragraphs in order, greeting and ending included."
    )
    because: str = Field(default="", max_length=MAX_BECAUSE, description="One short sentence: how you arrived at it.")


class TemplatesWritten(BaseModel):
    """Templates for outreach, written from what is known of their owner."""

    model_config = ConfigDict(frozen=True)

    templates: tuple[str, ...] = Field(
        min_length=1, max_length=3, description="Different ones, each a whole mail with placeholders like {{name}}."
    )
    because: str = Field(default="", max_length=MAX_BECAUSE, description="One short sentence: how they differ.")
