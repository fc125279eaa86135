"""The search index: which messages may be meant, by words or by a substring.

    generation   one tantivy index in one folder: what is kept of a message, and how it is asked
    folder       the generations of an installation: the one that answers, and the one being filled to take its place
    opensearch   the same in a search engine of its own, which many processes on many machines ask and write
    pieces       what both find messages by

Rules of the place: the index knows whose a message is and nothing of who may read it, of mailboxes and of flags; whoever asks
judges its answers by the database's rows. It can always be made again from them: losing it loses no mail.
Both keep the same contract (tests/contracts/test_search_contract.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from mailwright.codecs.search.document import Document
from mailwright.codecs.search.query import Clause

VERSION = 1
"""Of what is kept of a message: raised whenever document.py, words.py, the text and folding of SEARCH, or the fields change."""

Place = Literal["header", "text"]
"""Where a substring is looked for: see codecs/imap/searchtext.py."""


Refused = dict[str, str]
"""Messages whose texts an index would not have, and why, by id: they are found by no word, and may hold any substring."""

OVERLOADED = "the search engine had too much to do for it"
"""Why an index refused what it may take at another time."""


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

    def generation(self, *, anew: bool = False) -> str:
        """The name of the generation that answers, which nothing else ever has; `anew`: not as it was some seconds ago.

        Whoever asks sees first whether the database believes it (storage/searchindexes). Raises IndexFailed.
        """

    def generations(self) -> frozenset[str]:
        """Those that what is applied from now on goes into: the one that answers, and the one being filled. Raises TryLater."""

    def is_missing(self) -> bool:
        """Whether it has to be made: there is none, or another version's. Raises TryLater when nobody can tell just now."""

    @property
    def is_shared(self) -> bool:
        """Whether other processes write it, too: what is written may then be older than what it replaces, and is to be looked at again."""

    def apply(self, documents: Sequence[Document], removed: Sequence[str]) -> Refused:
        """Put documents in place of those with their ids, and take others out; durable when it returns.

        Raises TryLater only for what passes: a document that will never be taken is refused, and holds up no other.
        """

    def find(self, clauses: Sequence[Clause], user_ids: Sequence[str], *, limit: int, newest: bool) -> Found:
        """The messages of these people for which every clause holds (those of rows are passed over)."""

    def holding(self, user_id: str, places: Sequence[Place], text: str) -> Holding:
        """Which of a user's messages hold `text` in one of the places, as `codecs.imap.folding` compares."""

    def attached(self, message_ids: Sequence[str]) -> dict[str, str]:
        """What the attachments of these messages say, of those that were read."""

    def count(self) -> int:
        """How many messages are in the index."""


class KeptIndex(SearchIndex, Protocol):
    """An index with what keeps it: generations that are filled and take each other's place, and notes between processes."""

    def claim(self) -> bool:
        """Whether this object looks after the index from now on, or still: one does, of all processes. Raises TryLater."""

    def holds(self) -> frozenset[str]:
        """All generations of this version that lie here, spoilt ones, too. Raises TryLater."""

    def begin(self) -> str:
        """Begin to fill a new generation, whose name it gives; those that were left unfinished go. Raises TryLater."""

    def fill(self, documents: Sequence[Document]) -> Refused:
        """Put documents into the new generation; those that were applied meanwhile are newer, and stay. Raises TryLater."""

    def finish(self) -> None:
        """The new generation answers from now on; the old one goes. Raises TryLater."""

    def abandon(self) -> None:
        """Stop filling, and forget what was filled. Waits for `finish`, and leaves alone what that made answer."""

    def size(self) -> int:
        """Octets on disk of the generation that answers. Raises IndexFailed."""

    def rest(self) -> None:
        """Give back what is held for writing when it was not used for a while."""

    def close(self) -> None:
        """End; what was applied is durable already."""

    def read_note(self, name: str) -> dict[str, Any] | None:
        """A note for whoever works on the index (`request`, `progress` …), or None."""

    def write_note(self, name: str, value: dict[str, Any] | None) -> None:
        """Leave a note, or with None take it away. Raises TryLater."""
