"""Follow-ups: the words of what is to be done when. Where one stands is a state and a stage of its task (`domain.tasks`).

Used by storage, core, the concierge and the APIs.
"""

from enum import StrEnum
from typing import Final

from mailwright.domain.tasks import Stage, TaskStatus

AGENT: Final = "concierge"
"""The agent's name in assignments, tasks and workflow ids."""


class Action(StrEnum):
    """What happens when a follow-up is due: its owner is reminded, gets a reminder with a draft, or just the draft."""

    REMIND = "remind"
    REMIND_AND_DRAFT = "remind_and_draft"
    DRAFT = "draft"


class FollowupStatus(StrEnum):
    """Where a follow-up stands, in the words of its API and pages. The last three are final."""

    CLARIFYING = "clarifying"
    PENDING = "pending"
    DUE = "due"
    EXECUTING = "executing"
    SENDING = "sending"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


TASK_STATES: dict[FollowupStatus, tuple[TaskStatus, Stage | None]] = {
    FollowupStatus.CLARIFYING: (TaskStatus.WAITING, Stage.CLARIFYING),
    FollowupStatus.PENDING: (TaskStatus.WAITING, Stage.PENDING),
    FollowupStatus.DUE: (TaskStatus.RUNNING, Stage.DUE),
    FollowupStatus.EXECUTING: (TaskStatus.RUNNING, Stage.EXECUTING),
    FollowupStatus.SENDING: (TaskStatus.RUNNING, Stage.SENDING),
    FollowupStatus.DONE: (TaskStatus.COMPLETE, None),
    FollowupStatus.CANCELLED: (TaskStatus.CANCELLED, None),
    FollowupStatus.FAILED: (TaskStatus.FAILED, None),
}
"""The state and stage its task has meanwhile; the stage of an ended one is whatever it was."""

_S = FollowupStatus
MOVES: dict[FollowupStatus, frozenset[FollowupStatus]] = {
    _S.CLARIFYING: frozenset({_S.CLARIFYING, _S.PENDING, _S.DONE, _S.CANCELLED, _S.FAILED}),
    _S.PENDING: frozenset({_S.PENDING, _S.CLARIFYING, _S.DUE, _S.DONE, _S.CANCELLED}),
    _S.DUE: frozenset({_S.EXECUTING, _S.PENDING, _S.DONE, _S.CANCELLED, _S.FAILED}),
    _S.EXECUTING: frozenset({_S.SENDING, _S.PENDING, _S.DONE, _S.CANCELLED, _S.FAILED}),
    _S.SENDING: frozenset({_S.PENDING, _S.DONE, _S.CANCELLED, _S.FAILED}),
    _S.DONE: frozenset({_S.PENDING, _S.FAILED}),
    _S.CANCELLED: frozenset({_S.PENDING}),
    _S.FAILED: frozenset({_S.PENDING, _S.DONE}),
}
"""From → to. Back to PENDING: it was given another time, it comes again, or (an ended one) it is wanted after all. To DONE at any
time: its owner says so. DONE → FAILED: the other side took the reminder and gave it up later. FAILED → DONE: what could not be sent was
sent at last."""

_ENDS = {state: status for status, (state, stage) in TASK_STATES.items() if stage is None}
_STAGES = {stage: status for status, (_, stage) in TASK_STATES.items() if stage is not None}


def status_of(state: TaskStatus, stage: str) -> FollowupStatus:
    """Where the follow-up of a task in that state and stage stands. One that is only being made is clarifying."""
    if state in _ENDS:
        return _ENDS[state]
    return next((status for each, status in _STAGES.items() if each.value == stage), FollowupStatus.CLARIFYING)


class AskedIn(StrEnum):
    """Where a follow-up was asked for."""

    MAIL = "mail"
    WHATSAPP = "whatsapp"
    WEB = "web"


LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl")
"""The languages the concierge understands and writes."""
