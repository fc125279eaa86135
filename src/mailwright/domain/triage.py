"""Triage: the words for what a mail is to its owner, and for what became of the draft that was made for it.

Used by storage, core, the assistant, its API and its pages.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Category(StrEnum):
    """What a mail is to its owner."""

    NEEDS_REPLY = "needs_reply"
    INFORMATIONAL = "informational"
    SPAM = "spam"


KEYWORDS: Final[dict[Category, str]] = {each: each.value for each in Category}
"""The keyword (RFC 9051 §2.3.2) a mail of ours carries for its category; mail programs show it as a tag."""


class MailKind(StrEnum):
    """What sort of mail it is, as its header and its sender show; corrections are remembered for a sender's mail of a kind."""

    PERSON = "person"
    LIST = "list"
    RECEIPT = "receipt"
    AUTOMATIC = "automatic"


class DraftState(StrEnum):
    """What became of a draft. `NONE`: none was made, and `draft_because` says why."""

    NONE = "none"
    MADE = "made"
    EDITED = "edited"
    SENT = "sent"
    DISCARDED = "discarded"


class ConnectionState(StrEnum):
    """How it stands with an account elsewhere. `CONNECTED` is said only while we really hear of its mail.

    `CONNECTING`: not looked at yet. `DELAYED`: pushes do not come, so that it is looked at every few minutes. `BROKEN`: the last looks
    failed, and it is tried again. `REVOKED`: its owner must sign in anew. `PAUSED`: its owner switched it off.
    """

    CONNECTING = "connecting"
    CONNECTED = "connected"
    DELAYED = "delayed"
    BROKEN = "broken"
    REVOKED = "revoked"
    PAUSED = "paused"
