"""What the concierge knows of one message: gathered once, kept as JSON in `snapshots`, read by the steps that follow.

`Snapshot` holds mail text and never leaves our database; `Facts` are the ids, counts and yes-or-no answers that travel between steps.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from mailwright.domain.clock import Instant
from mailwright.domain.followups import AskedIn

Standing: TypeAlias = Literal["known", "unproven", "unknown", "blocked"]
"""Who wrote: a person of ours and that is proven; an address of one of ours that anybody could have written; somebody else; one who was
blocked."""


class Snapshot(BaseModel):
    """A message and what decides about it. `own` are its asker's new words, and the only ones that may ask for something; `forwarded` is what
    came with them, and context at most."""

    model_config = ConfigDict(frozen=True)

    task_id: str
    message_id: str  # of the message that is worked on: an earlier one when this one proves whose that was
    header_message_id: str | None
    references: tuple[str, ...] = ()
    subject: str = ""
    agent_user_id: str
    agent_address: str
    agent_name: str = ""
    correspondent: str
    person_id: str = ""
    person_name: str = ""
    channel: AskedIn = AskedIn.MAIL
    received_at: Instant
    language: str = "en"
    own: str = ""
    forwarded: str = ""
    passed_on: str = ""  # the subject of what was forwarded
    tag: str = ""  # the words of a plus-address: follow+3days@…
    copied: bool = False  # the concierge is not whom it was written to
    others: tuple[str, ...] = ()  # `Address.key` of whom it went to beside the concierge
    about: str = ""  # the follow-up that a message of ours, which this one answers, was about
    about_task: str = ""  # the task that sent what this one answers
    proves: str = ""  # the task whose message turns out to be its asker's


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides whether anything is done. Small, and without mail text: it is an argument and a result of recorded steps.

    `settled` is set when there is nothing to do any more. `carried`: the concierge was named by others before, and is only still among the
    recipients.
    """

    task_id: str
    snapshot_id: str
    settled: str = ""
    standing: Standing = "unknown"
    automatic: str = ""
    bounce: bool = False
    carried: bool = False
    from_an_agent: bool = False
    answerable: bool = True
    may_send: bool = True
    stopped: str = ""
    suppressed: str = ""
    sent_last_hour: int = 0
    asked_last_day: int = 0
    declined: bool = False
    declined_last_day: int = 0

    def as_values(self) -> dict[str, Any]:
        """For the workflow engine."""
        return asdict(self)

    @classmethod
    def of(cls, values: dict[str, Any]) -> Facts:
        """Back from the workflow engine."""
        return cls(**values)
