"""A message while SEARCH looks at it: it knows its row, and its text only after that was read.

Used by `finding`; the `View` that `codecs.imap.evaluate` judges. Asking for what was not read raises `Unread`: then the message
is undecided, and read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

from mailwright.codecs.imap import criteria
from mailwright.codecs.imap.bodystructure import Read
from mailwright.codecs.imap.criteria import Key
from mailwright.codecs.imap.searchtext import body_text, header_text
from mailwright.codecs.mime import Header, Part
from mailwright.domain.clock import Instant
from mailwright.storage import views
from mailwright.storage.database import Row


class Unread(Exception):
    """The message itself has to be read to decide."""


class Candidate:
    """One message. What its key does not ask for is not set."""

    __slots__ = (
        "_body",
        "_header",
        "_keywords",
        "_read",
        "blob_id",
        "email_id",
        "flags",
        "modseq",
        "received_at",
        "root",
        "saved_at",
        "sent_at",
        "seq",
        "size",
        "spans",
        "thread_id",
        "uid",
    )

    flags: int
    size: int
    received_at: Instant
    sent_at: Instant | None
    saved_at: Instant
    email_id: str
    thread_id: str | None
    blob_id: str
    root: Part
    _keywords: str

    def __init__(self, seq: int, uid: int) -> None:
        self.seq = seq
        self.uid = uid
        self.modseq = 0
        self.spans: list[tuple[int, int]] = []
        self._read: Read | None = None
        self._header: Header | None = None
        self._body: str | None = None

    def fill(self, seq: int, row: Row, names: Sequence[str]) -> None:
        """From a row whose first column is the uid, and the others have these names."""
        self.seq = seq
        self.uid = row[0]
        for name, value in zip(names, row[1:], strict=True):
            setattr(self, _ATTRIBUTES.get(name, name), value)

    def locate(self, blob_id: str, root: Part) -> None:
        """Where its octets are."""
        self.blob_id = blob_id
        self.root = root

    def read(self, octets: Read) -> None:
        """Its octets, of `spans`."""
        self._read = octets

    def forget(self) -> None:
        """Let go of its octets."""
        self._read = None

    @property
    def keywords(self) -> Collection[str]:
        return views.keywords_of(self._keywords)

    def header_block(self) -> bytes:
        """The octets of its header. Raises Unread."""
        if self._read is None:
            raise Unread
        try:
            return self._read(self.root.header_start, self.root.body_start)
        except LookupError:
            raise Unread from None

    def header(self, name: str) -> Sequence[str]:
        return self._fields().all(name)

    def header_text(self) -> str:
        return header_text(self._fields())

    def body_text(self) -> str:
        if self._body is None:
            if self._read is None:
                raise Unread
            try:
                self._body = body_text(self._read, self.root)
            except LookupError:
                raise Unread from None
        return self._body

    def _fields(self) -> Header:
        if self._header is None:
            self._header = Header.parse(self.header_block())
        return self._header


_ATTRIBUTES = {"keywords": "_keywords", "id": "email_id"}

_COLUMNS: dict[type[Any], str] = {
    criteria.HasFlag: "flags",
    criteria.HasKeyword: "keywords",
    criteria.Larger: "size",
    criteria.Smaller: "size",
    criteria.InternalDate: "received_at",
    criteria.Younger: "received_at",
    criteria.Older: "received_at",
    criteria.SentDate: "sent_at",
    criteria.SavedDate: "saved_at",
    criteria.ModSeqAtLeast: "modseq",
    criteria.EmailId: "id",
    criteria.ThreadId: "thread_id",
}


def columns_of(key: Key) -> set[str]:
    """The columns of the row that may be asked for."""
    match key:
        case criteria.And(keys):
            return set[str]().union(*[columns_of(each) for each in keys])
        case criteria.Or(left, right):
            return columns_of(left) | columns_of(right)
        case criteria.Not(inner):
            return columns_of(inner)
        case _:
            column = _COLUMNS.get(type(key))
            return set() if column is None else {column}


def rules_out(key: Key) -> Callable[[Candidate], bool]:
    """A quick look at the octets of a header, before it is taken apart: True when it cannot match.

    A header of plain ASCII without encoded words says what it says: a word that is not in it is in no field of it.
    """
    needles = _needles(key)
    if not needles:
        return lambda candidate: False

    def without(candidate: Candidate) -> bool:
        try:
            block = candidate.header_block()
        except Unread:
            return False
        if b"=?" in block or not _PLAIN.fullmatch(block):
            return False
        lower = block.lower()
        return any(needle not in lower for needle in needles)

    return without


_PLAIN = re.compile(rb"[\t\r\n -~]*")


def _needles(key: Key) -> tuple[bytes, ...]:
    """Words that must be in the header as they are; none with a space, where a line of a field may be folded."""
    match key:
        case criteria.And(keys):
            return tuple(needle for each in keys for needle in _needles(each))
        case criteria.SubjectHas(text) | criteria.AddressHas(_, text) | criteria.HeaderHas(_, text):
            if text and text.isascii() and text.isprintable() and " " not in text:
                return (text.lower().encode("ascii"),)
            return ()
        case _:
            return ()
