"""A plan: what is to become of one message, and what is said about it. Made by `planning` and `commanding`, carried out by `act`.

Values only; nothing in a plan has happened yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mailwright.core.followups.making import NewFollowup
from mailwright.core.followups.meaning import Meaning
from mailwright.domain.clock import Instant


@dataclass(frozen=True, slots=True)
class Letter:
    """Something that is said to the asker. `about`: the follow-up it is about (an answer to it is one about that), or "" when it is about
    the message as a whole. `calendar`: a file for a calendar goes with it."""

    kind: str
    text: str
    about: str = ""
    calendar: bytes = b""


@dataclass(frozen=True, slots=True)
class Dated:
    """A follow-up gets this time. `snooze`: only this occurrence."""

    id: str
    due_at: Instant
    meaning: Meaning | None = None
    snooze: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """The new time of a follow-up is not clear."""

    id: str
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class Plan:
    """`kind` is a word for the task; `because` for people. `make`: the first of them becomes the message's own task. `listed` are the
    follow-ups that a numbered letter shows, `pending` what is to be done with the one that is chosen of them; both are kept with the task, for the answer."""

    kind: str
    because: str
    letters: tuple[Letter, ...] = ()
    make: tuple[NewFollowup, ...] = ()
    dated: tuple[Dated, ...] = ()
    asked: tuple[Asked, ...] = ()
    cancelled: tuple[str, ...] = ()
    completed: tuple[str, ...] = ()
    preferences: dict[str, Any] = field(default_factory=dict)
    listed: tuple[str, ...] = ()
    pending: dict[str, Any] = field(default_factory=dict)


def result_of(plan: Plan, made: Sequence[str]) -> dict[str, Any]:
    """What is kept with the task: ids and small values, no text of the mail but the phrase that is still to be used."""
    return {"kind": plan.kind, "listed": [*(plan.listed or made)], "pending": plan.pending}
