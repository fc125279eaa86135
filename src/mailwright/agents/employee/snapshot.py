"""What the employee knows of one message: gathered once, kept as JSON in `snapshots`, read by the steps that follow.

`Snapshot` holds mail text and never leaves our database; `Facts` are the ids, counts and yes-or-no answers that travel between
steps.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from mailwright.agents.models import Attached, Earlier, Judgement, Material
from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Origin


class Snapshot(BaseModel):
    """A message, its thread and what decides about it. `material` is others' text; the rest is ours."""

    model_config = ConfigDict(frozen=True)

    task_id: str
    message_id: str
    header_message_id: str | None
    references: tuple[str, ...]
    subject: str
    agent_user_id: str
    agent_address: str
    agent_name: str
    correspondent: str
    correspondent_name: str
    origin: Origin
    participants: tuple[str, ...] = ()  # whom the asker addressed beside us: `Name <address>`
    own: str = ""  # of the text what the asker wrote beyond doubt, to us: it may name and ask for effects
    own_subject: str = ""
    language: str
    material: Material


class Advice(BaseModel):
    """What a model said: the judgement, and the text of the answer once there is one."""

    model_config = ConfigDict(frozen=True)

    judgement: Judgement
    judged_by: str
    text: str = ""
    written_by: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What decide needs to know. Small, and without mail text: it is an argument and a result of recorded steps.

    `settled` is set when there is nothing to do any more (the task reached its end, or nobody serves the mailbox), `stopped` while the
    stop switch is thrown. `threshold`: the confidence below which a mail is no task.
    """

    task_id: str
    snapshot_id: str
    settled: str = ""
    automatic: str = ""
    bounce: bool = False
    from_an_agent: bool = False
    answerable: bool = True
    blocked: bool = False
    may_send: bool = True
    human_answered: bool = False
    origin: str = Origin.STRANGER.value
    sent_last_hour: int = 0
    sent_last_day: int = 0
    asked_last_day: int = 0
    refused_last_day: int = 0
    stopped: str = ""
    suppressed: str = ""
    threshold: float = 0.6
    sent_in_thread: tuple[str, ...] = ()

    def as_values(self) -> dict[str, Any]:
        """For the workflow engine."""
        return asdict(self) | {"sent_in_thread": list(self.sent_in_thread)}

    @classmethod
    def of(cls, values: dict[str, Any]) -> Facts:
        """Back from the workflow engine."""
        return cls(**(values | {"sent_in_thread": tuple(values["sent_in_thread"])}))


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement without its words, and where the words are kept."""

    advice_id: str
    kind: Literal["task", "answer", "neither"]
    confidence: float

    def as_values(self) -> dict[str, Any]:
        return asdict(self)


__all__ = ["Advice", "Attached", "Earlier", "Facts", "Instant", "Snapshot", "Verdict"]
