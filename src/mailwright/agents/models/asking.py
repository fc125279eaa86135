"""The question to a model, its answer, and how it can fail: the words between agents and models."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel

from mailwright.storage.model_calls import ModelCall

Purpose: TypeAlias = Literal["judge", "work"]

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """What is asked: our `instructions`, the quoted `material`, and the type the answer must have.

    `by_rules` is what the built-in model does instead of reading the two texts.
    """

    purpose: Purpose
    instructions: str
    material: str
    answer: type[T]
    by_rules: Callable[[], T]


@dataclass(frozen=True, slots=True)
class Reply(Generic[T]):
    """The typed answer, the model that gave it, and every call that was made for it."""

    value: T
    model: str
    calls: tuple[ModelCall, ...]


class ModelFailed(Exception):
    """No model gave a usable answer. The text is ours: no mail text, no secret. `transient`: asking again may help."""

    def __init__(self, text: str, *, transient: bool, calls: Sequence[ModelCall] = ()) -> None:
        super().__init__(text)
        self.text = text
        self.transient = transient
        self.calls = tuple(calls)
