"""What this server says it can do: the names of JMAP's capabilities, and the limits that go with them.

Used by the session resource, by the dispatcher (which capability a method needs) and by whoever enforces a limit.
"""

from __future__ import annotations

from typing import Any, Final

from mailwright.core import Core
from mailwright.core.emailsubmissions import MAX_HELD
from mailwright.core.mailboxes import MAX_DEPTH, MAX_NAME_OCTETS
from mailwright.domain.clock import SECOND

CORE: Final = "urn:ietf:params:jmap:core"
MAIL: Final = "urn:ietf:params:jmap:mail"
SUBMISSION: Final = "urn:ietf:params:jmap:submission"
VACATION: Final = "urn:ietf:params:jmap:vacationresponse"
WEBSOCKET: Final = "urn:ietf:params:jmap:websocket"
WEBPUSH: Final = "urn:ietf:params:jmap:webpush-vapid"
QUOTA: Final = "urn:ietf:params:jmap:quota"
BLOB: Final = "urn:ietf:params:jmap:blob"

MAX_UPLOADS_AT_ONCE = 8  # of one account in one process; each may hold a whole message in memory
MAX_DOWNLOADS_AT_ONCE = 32  # the same; a page shows its pictures all at once
MAX_REQUEST_OCTETS = 10_000_000  # RFC 8620 §2 suggests as much; the bodies of messages come as uploads
MAX_REQUESTS_AT_ONCE = 16  # of one account in one process: a webmail with a few windows open
MAX_CALLS = 64  # in one request; RFC 8620 §2 suggests 16, a client that opens a mailbox needs about ten
MAX_OBJECTS_IN_GET = 1_000
MAX_OBJECTS_IN_SET = 1_000
COLLATIONS = ("i;ascii-casemap", "i;unicode-casemap")  # RFC 4790 §9.2, RFC 5051

MAX_DELAYED_SEND = MAX_HELD // SECOND  # in seconds, as the capability has it
BASE64_GROWTH = 4 / 3  # what the attachments of a message become in it (RFC 2045 §6.8)
EMAIL_SORTS = (
    "receivedAt",
    "sentAt",
    "size",
    "from",
    "to",
    "subject",
    "hasKeyword",
    "allInThreadHaveKeyword",
    "someInThreadHaveKeyword",
)
MAX_BLOB_SET_OCTETS = 5_000_000  # of one blob made within a request (RFC 9404); larger ones are uploaded
MAX_BLOB_SOURCES = 64  # pieces one is put together of
BLOB_DIGESTS = ("sha", "sha-256")
BLOB_TYPES = ("Email", "Mailbox", "Thread")  # what a blob can be looked up in


def limits(core: Core) -> dict[str, Any]:
    """RFC 8620 §2: the value of the core capability. Sizes in octets."""
    return {
        "maxSizeUpload": core.settings.max_message_bytes,
        "maxConcurrentUpload": MAX_UPLOADS_AT_ONCE,
        "maxSizeRequest": MAX_REQUEST_OCTETS,
        "maxConcurrentRequests": MAX_REQUESTS_AT_ONCE,
        "maxCallsInRequest": MAX_CALLS,
        "maxObjectsInGet": MAX_OBJECTS_IN_GET,
        "maxObjectsInSet": MAX_OBJECTS_IN_SET,
        "collationAlgorithms": list(COLLATIONS),
    }


def of_mail(core: Core, *, may_create: bool) -> dict[str, Any]:
    """RFC 8621 §1.3.1: what an account can do with mail."""
    return {
        "maxMailboxesPerEmail": 1,
        "maxMailboxDepth": MAX_DEPTH,
        "maxSizeMailboxName": MAX_NAME_OCTETS,
        "maxSizeAttachmentsPerEmail": int(core.settings.max_message_bytes / BASE64_GROWTH),
        "emailQuerySortOptions": list(EMAIL_SORTS),
        "mayCreateTopLevelMailbox": may_create,
    }


def of_submission() -> dict[str, Any]:
    """RFC 8621 §1.3.2: what an account can do to send. The names are those of SMTP extensions."""
    return {"maxDelayedSend": MAX_DELAYED_SEND, "submissionExtensions": {"FUTURERELEASE": [str(MAX_DELAYED_SEND)]}}


def of_blobs() -> dict[str, Any]:
    """RFC 9404 §3.1: what an account can do with blobs within requests."""
    return {
        "maxSizeBlobSet": MAX_BLOB_SET_OCTETS,
        "maxDataSources": MAX_BLOB_SOURCES,
        "supportedTypeNames": list(BLOB_TYPES),
        "supportedDigestAlgorithms": list(BLOB_DIGESTS),
    }
