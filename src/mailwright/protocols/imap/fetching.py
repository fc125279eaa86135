"""What one FETCH needs of the store, and how each item is spelled: the plan, made once a command.

Called by `delivering`. A plan names the columns to read, so that flags come from an index and envelopes from their table; what
must be read from the message itself is `bodies`' affair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from mailwright.codecs.imap import items as asked
from mailwright.codecs.imap.fetched import date_time, modseq_value, object_id
from mailwright.codecs.imap.items import FetchItem, FetchItems
from mailwright.codecs.imap.responses import flag_list
from mailwright.codecs.imap.strings import string
from mailwright.storage import views
from mailwright.storage.database import Row

Spell = Callable[[Row], bytes]

_LISTED = (asked.Flags, asked.Uid, asked.ModSeq)
_FROM_OCTETS = (asked.Section, asked.Binary, asked.BinarySize, asked.Body, asked.BodyStructure)
_HEADER_KINDS = ("HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "MIME")

_LABELS: dict[type[FetchItem], bytes] = {
    asked.Flags: b"FLAGS",
    asked.Uid: b"UID",
    asked.InternalDate: b"INTERNALDATE",
    asked.Rfc822Size: b"RFC822.SIZE",
    asked.Envelope: b"ENVELOPE",
    asked.Body: b"BODY",
    asked.BodyStructure: b"BODYSTRUCTURE",
    asked.ModSeq: b"MODSEQ",
    asked.EmailId: b"EMAILID",
    asked.ThreadId: b"THREADID",
    asked.SaveDate: b"SAVEDATE",
    asked.Preview: b"PREVIEW",
}
_COLUMNS: dict[type[FetchItem], tuple[str, ...]] = {
    asked.Flags: ("flags", "keywords"),
    asked.InternalDate: ("received_at",),
    asked.Rfc822Size: ("size",),
    asked.Envelope: ("envelope",),
    asked.ModSeq: ("modseq",),
    asked.EmailId: ("id",),
    asked.ThreadId: ("thread_id",),
    asked.SaveDate: ("saved_at",),
    asked.Preview: ("preview",),
}


class Layout:
    """Columns to read, and for each item the way from a row to its value (None: from the octets of the message).

    `at` says where a column stands in a row, whose first is always the uid.
    """

    __slots__ = ("at", "columns", "labels", "spells")

    def __init__(self, items: FetchItems, extra: Iterable[str], *, utf8: bool) -> None:
        names = [name for item in items for name in _COLUMNS.get(type(item), ())]
        self.columns = tuple(dict.fromkeys([*names, *extra]))
        self.at = {name: index for index, name in enumerate(self.columns, start=1)}
        self.at["uid"] = 0
        self.labels = [label_of(item) for item in items]
        self.spells = [self._spell(item, utf8) for item in items]

    def _spell(self, item: FetchItem, utf8: bool) -> Spell | None:
        at = self.at
        match item:
            case asked.Uid():
                return lambda row: b"%d" % row[0]
            case asked.Flags():
                flags, keywords = at["flags"], at["keywords"]
                return lambda row: flags_value(row[flags], row[keywords])
            case asked.Preview():
                # RFC 8970 §3.1: kept with the message, so LAZY and not are one.
                return _with(at["preview"], lambda text: string(text, utf8=utf8))
            case asked.Envelope():
                return _with(at["envelope"], bytes)
            case _:
                column = _COLUMNS.get(type(item))
                return None if column is None else _with(at[column[0]], _VALUES[type(item)])


class Plan:
    """How to answer the items of a FETCH.

    `listed`: an index has everything. `light`: the columns when nothing is read from messages, None when something must be.
    `full`: all columns, with those that say where the octets are. `marks_seen`: \\Seen is set by it.
    `reads_text`: mail is read, more than its header.
    """

    __slots__ = ("full", "items", "light", "listed", "marks_seen", "reads_text", "utf8")

    def __init__(self, items: FetchItems, *, utf8: bool) -> None:
        self.items = items
        self.utf8 = utf8
        self.listed = all(isinstance(item, _LISTED) for item in items)
        self.marks_seen = any(isinstance(item, asked.Section | asked.Binary) and not item.peek for item in items)
        self.reads_text = any(_is_text(item) for item in items)
        reads = any(isinstance(item, _FROM_OCTETS) for item in items)
        self.light = None if reads else Layout(items, (), utf8=utf8)
        marking = ("flags", "keywords", "modseq") if self.marks_seen else ()
        self.full = Layout(items, ("id", "blob_id", "structure", *marking), utf8=utf8)

    def has(self, kind: type[Any]) -> bool:
        """Is an item of this kind among them?"""
        return any(isinstance(item, kind) for item in self.items)


def label_of(item: FetchItem) -> bytes:
    """The name of the item in the answer."""
    return item.label if isinstance(item, asked.Section | asked.Binary | asked.BinarySize) else _LABELS[type(item)]


@lru_cache(maxsize=4096)
def flags_value(bits: int, keywords: str) -> bytes:
    """FLAGS from a row; `keywords` as JSON. A mailbox has a few dozen combinations, read again and again."""
    return flag_list(bits, views.keywords_of(keywords))


_VALUES: dict[type[FetchItem], Callable[[Any], bytes]] = {
    asked.InternalDate: date_time,
    asked.Rfc822Size: lambda size: b"%d" % size,
    asked.ModSeq: modseq_value,
    asked.EmailId: object_id,
    asked.ThreadId: object_id,
    asked.SaveDate: date_time,
}


def _with(at: int, spell: Callable[[Any], bytes]) -> Spell:
    return lambda row: spell(row[at])


def _is_text(item: FetchItem) -> bool:
    return isinstance(item, asked.Binary) or (isinstance(item, asked.Section) and item.kind not in _HEADER_KINDS)
