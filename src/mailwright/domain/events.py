"""Events: the facts the log keeps, and the streams that are read from it.

Written by core inside the transaction of the change they tell of; read by the pipeline's consumer groups.
One row an event: a *stream* is a set of kinds, not a copy, so that a delivery costs one insert however many groups listen.
"""

from dataclasses import dataclass
from typing import Any, Final

from mailwright.domain.clock import Instant

MESSAGE_DELIVERED: Final = "MessageDelivered"
MESSAGE_APPENDED: Final = "MessageAppended"  # put into a mailbox by its owner: no delivery, wakes no agent
MESSAGE_CHANGED: Final = "MessageChanged"  # its content is another (redaction)
MESSAGE_FLAGGED: Final = "MessageFlagged"  # flags or keywords; one event for all messages of a command
MESSAGE_MOVED: Final = "MessageMoved"
MESSAGE_REMOVED: Final = "MessageRemoved"
MAILBOX_CHANGED: Final = "MailboxChanged"  # made, renamed, removed, subscribed, shared; its key is the owner
OUTBOX_QUEUED: Final = "OutboxQueued"
OUTBOX_SETTLED: Final = "OutboxSettled"
TASK_CHANGED: Final = "TaskChanged"
BLOB_STAGED: Final = "BlobStaged"
BLOB_RELEASED: Final = "BlobReleased"

_CONTENT = {MESSAGE_DELIVERED, MESSAGE_APPENDED, MESSAGE_MOVED, MESSAGE_CHANGED, MESSAGE_REMOVED}

STREAMS: Final[dict[str, frozenset[str]]] = {
    "mail_ingest": frozenset({MESSAGE_DELIVERED}),
    "index": frozenset(_CONTENT),
    "notify": frozenset({*_CONTENT, MESSAGE_FLAGGED, MAILBOX_CHANGED, OUTBOX_SETTLED, TASK_CHANGED}),
    "retention": frozenset({MESSAGE_REMOVED, BLOB_STAGED, BLOB_RELEASED}),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One fact. `key` groups what must stay in order (a mailbox, a task); `payload` holds ids and small values, no mail text."""

    id: int
    kind: str
    key: str
    payload: dict[str, Any]
    correlation_id: str
    created_at: Instant
