"""Gmail: what an account there tells us, in plain values.

Made by `connectors.gmail`; read by the assistant, which looks after such accounts. Message ids and thread ids are Gmail's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from mailwright.domain.clock import Instant
from mailwright.domain.refusals import Refusal
from mailwright.domain.triage import Category

INBOX, SENT, DRAFT, SPAM, TRASH = "INBOX", "SENT", "DRAFT", "SPAM", "TRASH"
"""The labels of Gmail's own that matter here; name and id are the same."""

LABELS: Final[dict[Category, str]] = {
    Category.NEEDS_REPLY: "Mailwright/Needs reply",
    Category.INFORMATIONAL: "Mailwright/Informational",
    Category.SPAM: "Mailwright/Spam",
}
"""The label a mail there carries for its category; they stand under one heading in its list of labels."""


class HistoryGone(Refusal):
    """Gmail has forgotten what happened since then: the mailbox must be looked through."""

    code = "history_gone"


@dataclass(frozen=True, slots=True)
class LabelChange:
    """Labels put on a message and taken off it, by name."""

    id: str
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class History:
    """What happened since a history id, in order. `added` has (message id, thread id) of what came, went out or was filed; drafts
    are left out where Gmail says that they are some. `latest` is the history id to ask from next."""

    added: tuple[tuple[str, str], ...]
    labels: tuple[LabelChange, ...]
    removed: tuple[str, ...]
    latest: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message there. `labels` are names; `raw` is empty when only the rest was asked for."""

    id: str
    thread_id: str
    labels: frozenset[str]
    received_at: Instant
    history_id: str
    raw: bytes = field(default=b"", repr=False)
