"""The question to a model, its answer, and how it can fail: the words between agents and models.

A question with `tools` is a run: the model calls tools as often as it likes, within `limits`, until it answers in the type that
was asked for. Every request to a provider on the way is one `ModelCall`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel

from mailwright.agents.models.tools import RunLimits, Tool
from mailwright.domain.modelnames import Purpose
from mailwright.storage.model_calls import ModelCall

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """What is asked: our `instructions`, the quoted `material`, and the type the answer must have.

    `by_rules` is what the built-in model does instead of reading the two texts. `limits` are those of a run with `tools`.
    """

    purpose: Purpose
    instructions: str
    material: str
    answer: type[T]
    by_rules: Callable[[], T]
    tools: tuple[Tool, ...] = ()
    limits: RunLimits | None = None


@dataclass(frozen=True, slots=True)
class Asker:
    """For whom a question is asked: the calls are recorded under the task."""

    tenant_id: str
    user_id: str | None = None
    task_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reply(Generic[T]):
    """The typed answer, the model that gave it, and every call that was made for it."""

    value: T
    model: str
    calls: tuple[ModelCall, ...]


class ModelFailed(Exception):
    """No model gave a usable answer. The text is ours: no mail text, no secret. `transient`: asking again may help.

    `outcome` is a word for programs where there is one: `limit-turns`, `limit-tokens`, `limit-cost`, `limit-seconds`,
    `spending-cap`, `budget`, `tool-broke`. `final`: no other model is asked. `again_in`: after so many seconds it may go on.
    """

    def __init__(
        self,
        text: str,
        *,
        transient: bool,
        calls: Sequence[ModelCall] = (),
        outcome: str = "",
        final: bool = False,
        again_in: float | None = None,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.transient = transient
        self.calls = tuple(calls)
        self.outcome = outcome
        self.final = final
        self.again_in = again_in


class Gate(Protocol):
    """What stands before every request to a provider: budgets of a minute and the monthly cap. See `budget`."""

    async def before(self, model: str, tokens: int) -> None:
        """Let a request of about so many tokens through, or raise ModelFailed (with `again_in` when it is a matter of time)."""

    async def after(self, call: ModelCall, tokens: int) -> None:
        """Say what it really was; `tokens` as they were guessed."""
