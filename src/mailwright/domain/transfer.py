"""What an import finds at a source: made by connectors (files, other servers), taken over by core."""

from collections.abc import Callable
from dataclasses import dataclass

from mailwright.domain.clock import Instant


@dataclass(frozen=True, slots=True)
class Found:
    """A message at its source. `item` names it there for good; `mailbox` is a path with `/`; `read` fetches its bytes.

    `role` is the RFC 6154 special use of the mailbox in lower case; `flags` are the bits of \\Seen 1, \\Answered 2,
    \\Flagged 4, \\Deleted 8, \\Draft 16. `read` raises OSError.
    """

    item: str
    mailbox: str
    read: Callable[[], bytes]
    role: str | None = None
    flags: int = 0
    keywords: tuple[str, ...] = ()
    date: Instant | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something at the source that cannot be taken over, and why."""

    item: str
    because: str


ROLES_BY_NAME = {
    "inbox": "inbox",
    "drafts": "drafts",
    "sent": "sent",
    "sent items": "sent",
    "sent messages": "sent",
    "sent mail": "sent",
    "trash": "trash",
    "deleted items": "trash",
    "deleted messages": "trash",
    "junk": "junk",
    "junk e-mail": "junk",
    "junk email": "junk",
    "spam": "junk",
    "archive": "archive",
}
"""Names that mail programs give to special mailboxes, where the source does not say what they are for."""
