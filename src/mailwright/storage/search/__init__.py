"""The search index: which messages may be meant, by words or by a substring.

    generation   one tantivy index in one folder: what is kept of a message, and how it is asked
    folder       the generations of an installation: the one that answers, and the one being filled to take its place

Rules of the place: the index knows whose a message is and nothing of who may read it, of mailboxes and of flags; whoever asks
judges its answers by the database's rows. It can always be made again from them: losing it loses no mail.
Another index keeps the same contract (tests/contracts/test_search_contract.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from mailwright.codecs.search.document import Document
from mailwright.codecs.search.query import Clause

Place = Literal["header", "text"]
"""Where a substring is looked for: see codecs/imap/searchtext.py."""


class IndexFailed(Exception):
    """The index cannot be read: it is missing, spoilt, or being made again. Whoever asked does without it."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that holds what was asked for. `score` grows with how well; it is comparable within one answer."""

    message_id: str
    score: float


@dataclass(frozen=True, slots=True)
class Found:
    """The best `hits`, or the newest, and how many there are in all."""

    hits: tuple[Hit, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Holding:
    """Of the messages in the index: those that surely hold a substring, and those that may; None: any other may.

    A message in neither does not hold it.
    """

    sure: frozenset[str]
    maybe: frozenset[str] | None


class SearchIndex(Protocol):
    """What is asked of an index. Calls block: they are for threads. Reading raises IndexFailed, writing TryLater."""

    @property
    def is_ready(self) -> bool:
        """Whether the index answers; False while there is none, or only one that is still being filled."""

    def apply(self, documents: Sequence[Document], removed: Sequence[str]) -> None:
        """Put documents in place of those with their ids, and take others out; durable when it returns."""

    def find(self, clauses: Sequence[Clause], user_ids: Sequence[str], *, limit: int, newest: bool) -> Found:
        """The messages of these people for which every clause holds (those of rows are passed over)."""

    def holding(self, user_id: str, places: Sequence[Place], text: str) -> Holding:
        """Which of a user's messages hold `text` in one of the places, as `codecs.imap.folding` compares."""

    def attached(self, message_ids: Sequence[str]) -> dict[str, str]:
        """What the attachments of these messages say, of those that were read."""

    def count(self) -> int:
        """How many messages are in the index."""
