"""A message as the index takes it: its texts in words, and what a substring of it is found by.

Called by core/indexing.py, in a thread: a long message takes a while. Kept and searched by storage/search.
Promises: never raises; the pieces for substrings come from the functions that SEARCH judges by (codecs/imap/searchtext.py,
codecs/imap/folding.py) and leave out nothing, so that whoever looks for a text in the index misses no message that has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mailwright.codecs import mime
from mailwright.codecs.imap import searchtext
from mailwright.codecs.imap.folding import fold
from mailwright.codecs.mime import Part
from mailwright.codecs.mime.part import bodies_of
from mailwright.codecs.search.words import words
from mailwright.domain.clock import Instant

MAX_WORDS = 200_000  # of one field: a book. What comes later is not found by people, but by substring
MAX_START = 24  # characters of a word kept in `starts`; longer runs are ids and keys
MAX_NAMES = 100  # attachments whose names are kept

_RUN = re.compile(r"[^\W_]+")
# Scripts whose searched words are often shorter than three characters: each of their characters is kept by itself.
SINGLE = re.compile(
    "[\u2e80-\u2fdf\u3005-\u3007\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)


@dataclass(frozen=True, slots=True)
class Exact:
    """A text for substrings. `folded` is all of it; `starts` its runs of letters or digits, and each character of SINGLE."""

    folded: str
    starts: str


@dataclass(frozen=True, slots=True)
class Document:
    """One message. Texts are words with a space between them.

    `attached` are the words of the attachments, as far as they were read; `attached_text` their text, to be shown and kept for
    the next time, None while some were not read.
    """

    message_id: str
    user_id: str
    at: Instant
    size: int
    has_attachments: bool
    subject: str
    sender: str
    recipients: str
    body: str
    names: str
    header: Exact
    text: Exact
    attached: str = ""
    attached_text: str | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """What the database knows of the message."""

    message_id: str
    user_id: str
    at: Instant
    size: int


def of(filed: Filed, raw: bytes, root: Part, attached: str = "", *, complete: bool = True) -> Document:
    """Read a message for the index. `root` is its structure, `attached` what its attachments say: `complete`, or as far as known."""
    header = mime.Header.parse(raw[root.header_start : root.body_start])
    attachments = bodies_of(root).attachments
    return Document(
        message_id=filed.message_id,
        user_id=filed.user_id,
        at=filed.at,
        size=filed.size,
        has_attachments=bool(attachments),
        subject=joined([header.get("Subject") or ""]),
        sender=joined(value for name in ("From", "Sender", "Reply-To") for value in header.all(name)),
        recipients=joined(value for name in ("To", "Cc", "Bcc") for value in header.all(name)),
        body=joined([mime.body_text(raw, root)]),
        names=joined(part.filename for part in attachments[:MAX_NAMES] if part.filename),
        header=exact(searchtext.header_text(header)),
        text=exact(searchtext.body_text(lambda start, end: raw[start:end], root)),
        attached=joined([attached]),
        attached_text=attached if complete else None,
    )


def joined(texts: Iterable[str]) -> str:
    """The words of texts, with a space between them."""
    return " ".join([word for text in texts for word in words(text)][:MAX_WORDS])


def exact(text: str) -> Exact:
    """A text for substrings."""
    folded = fold(text)
    runs = {run for run in _RUN.findall(folded) if len(run) <= MAX_START and (run.isalpha() or run.isdigit())}
    if not folded.isascii():
        runs.update(SINGLE.findall(folded))
    return Exact(folded, " ".join(runs))
