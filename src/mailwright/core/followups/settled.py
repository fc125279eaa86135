"""Settled: what becomes of a follow-up when its reminder has left, or cannot.

`on_settled` is the consumer `followup-settlers` of the stream `followups`. Reminders are known by the idempotency key of their outbox row:
`concierge:<task>:<generation>:<occurrence>:reminder`, with the recipient behind it; an occurrence has its number once.
Promises: a batch that comes again changes nothing; a row of an earlier occurrence, or of one that was put off since, changes nothing; a
reminder that failed and was sent after all (an administrator queued it again) is done; every failure is audited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mailwright.core import Core, tasks
from mailwright.core.followed import follow
from mailwright.core.followups import changing
from mailwright.core.followups.making import AGENT
from mailwright.domain.followups import FollowupStatus
from mailwright.domain.ids import is_id
from mailwright.pipeline import Handler
from mailwright.storage import Tx
from mailwright.storage import followups as rows
from mailwright.storage import outbox as outbox_rows
from mailwright.storage.followups import Followup

STREAM, GROUP = "followups", "followup-settlers"
SENT, SENT_AFTER_ALL = "its reminder was sent", "its reminder was sent after all"
REMINDER: Final = "reminder"
"""The kind of what is sent when a follow-up is due, in the keys of the outbox."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Which occurrence of which follow-up an outgoing message is about."""

    task_id: str
    generation: int
    occurrence: int
    kind: str


def key_of(task_id: str, generation: int, occurrence: int, kind: str = REMINDER) -> str:
    """The idempotency key of what is said about a follow-up."""
    return f"{AGENT}:{task_id}:{generation}:{occurrence}:{kind}"


def sent_of(key: str) -> Sent | None:
    """What a key of the outbox says, or None when it is not ours."""
    parts = key.split(":")
    if len(parts) < 5 or parts[0] != AGENT or not is_id(parts[1]):
        return None
    if not (parts[2].isdecimal() and parts[3].isdecimal()):
        return None
    return Sent(parts[1], int(parts[2]), int(parts[3]), parts[4])


def on_settled(core: Core) -> Handler:
    """The consumer."""
    return follow(core, lambda tx, outbox_id: _sent(tx, outbox_id) is not None, settle)


def settle(tx: Tx, core: Core, outbox_id: str, status: str) -> None:
    """Follow one row that came to its end: sent, failed or cancelled."""
    sent = _sent(tx, outbox_id)
    known = None if sent is None else rows.hold(tx, sent.task_id)
    if sent is None or known is None or known.occurrence != sent.occurrence:
        return
    if status == "failed":
        row = outbox_rows.by_id(tx, outbox_id)
        _failed(tx, core, known, "" if row is None else row.last_error[: tasks.MAX_DETAIL])
    elif status == "sent" and known.status is FollowupStatus.FAILED:
        changing.finish(tx, core, known.id, because=SENT_AFTER_ALL)
    elif known.status is not FollowupStatus.SENDING:
        return
    elif status == "sent":
        changing.finish(tx, core, known.id, because=SENT)
    elif known.rule:
        changing.finish(tx, core, known.id, because="its reminder was taken back")
    else:
        changing.cancel(tx, core, known.id, by=None, because="its reminder was taken back")


def _failed(tx: Tx, core: Core, known: Followup, error: str) -> None:
    because = "its reminder could not be sent"
    # The other side took it, and gave it up later; of one that its owner said is done nothing is missed.
    given_up = known.status is FollowupStatus.DONE and known.because in (SENT, SENT_AFTER_ALL)
    if known.status is FollowupStatus.SENDING or given_up:
        changing.fail(tx, core, known.id, because=because, error=error)
    elif known.status is FollowupStatus.PENDING and known.rule and known.last_error != (error or because):
        changing.note_failure(tx, known, error or because)


def _sent(tx: Tx, outbox_id: str) -> Sent | None:
    row = outbox_rows.by_id(tx, outbox_id)
    sent = None if row is None else sent_of(row.idempotency_key)
    return sent if sent is not None and sent.kind == REMINDER else None
