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
ACCOUNT_CHANGED: Final = (
    "AccountChanged"  # what else clients keep of it: identities, submissions, the vacation response
)
SIGNED_OUT: Final = "SignedOut"  # something that opened the account opens it no more; its key is the account
PUSH_SUBSCRIBED: Final = (
    "PushSubscribed"  # a URL that is to be asked whether it wants to be told; its key is the account
)
OUTBOX_QUEUED: Final = "OutboxQueued"
OUTBOX_SETTLED: Final = "OutboxSettled"
TASK_CHANGED: Final = "TaskChanged"
APPROVAL_ASKED: Final = "ApprovalAsked"  # its owner is to be told
APPROVAL_GIVEN: Final = "ApprovalGiven"  # it is to be carried out
GMAIL_PUSHED: Final = "GmailPushed"  # something is new in a connected account; its key is the connection
TRIAGE_CHANGED: Final = "TriageChanged"  # what a mail is to its owner, or its draft; its key is the owner
BLOB_STAGED: Final = "BlobStaged"
BLOB_RELEASED: Final = "BlobReleased"

_CONTENT = {MESSAGE_DELIVERED, MESSAGE_APPENDED, MESSAGE_MOVED, MESSAGE_CHANGED, MESSAGE_REMOVED}
_ACCOUNT = {MAILBOX_CHANGED, ACCOUNT_CHANGED, SIGNED_OUT, PUSH_SUBSCRIBED}

STREAMS: Final[dict[str, frozenset[str]]] = {
    "mail_ingest": frozenset({MESSAGE_DELIVERED}),
    "index": frozenset(_CONTENT),
    "notify": frozenset({*_CONTENT, *_ACCOUNT, MESSAGE_FLAGGED, OUTBOX_SETTLED, TASK_CHANGED, TRIAGE_CHANGED}),
    "triage": frozenset({MESSAGE_MOVED, MESSAGE_FLAGGED, MESSAGE_APPENDED, MESSAGE_REMOVED}),
    "labels": frozenset({TRIAGE_CHANGED}),
    "pushes": frozenset({GMAIL_PUSHED}),
    "followups": frozenset({OUTBOX_SETTLED}),
    "outreach": frozenset({TASK_CHANGED, OUTBOX_SETTLED}),
    "approvals": frozenset({APPROVAL_ASKED, APPROVAL_GIVEN}),
    "retention": frozenset({MESSAGE_REMOVED, BLOB_STAGED, BLOB_RELEASED}),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One fact. `key` groups what must stay in order (a mailbox, a task); `payload` holds ids and small values, no mail text. `trace` is the
    traceparent of the change it tells of, where that is recorded (`spans`)."""

    id: int
    kind: str
    key: str
    payload: dict[str, Any]
    correlation_id: str
    created_at: Instant
    trace: str | None = None
