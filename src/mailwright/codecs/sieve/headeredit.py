"""The header of a message while a script runs: as it came, or as `addheader` and `deleteheader` left it (RFC 5293).

Made by the interpreter. Reading goes to the parsed header; only a change makes a copy of the header's bytes, and only of them.
"""

import re

from mailwright.codecs.mime import Header, Parsed, encoding
from mailwright.codecs.sieve.limits import MAX_HEADER_VALUE

PROTECTED = frozenset({"received", "auto-submitted"})
"""RFC 5293 §6: these must not be deleted; who counts loops relies on them."""

MAX_HEADER_OCTETS = 256 * 1024  # of a header that is to be changed: larger ones are kept as they are

_FOLDS = re.compile(r"[ \t]*[\r\n]+[ \t\r\n]*")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")


class EditedHeader:
    """`header` reads it; `octets` is None until something changed, then the whole header without the empty line."""

    def __init__(self, message: Parsed, protected: frozenset[str] = frozenset()) -> None:
        self.header: Header = message.header
        self.octets: bytes | None = None
        self._message = message
        self._protected = PROTECTED | protected
        self._fields: list[bytes] | None = None
        self._by_name: dict[str, list[tuple[str, str]]] | None = None

    def fields(self, name: str) -> list[tuple[str, str]]:
        """The fields of that name as they are now: name and value as written."""
        if self._by_name is None:
            self._by_name = {}
            for field in self.header.fields:
                self._by_name.setdefault(field[0].lower(), []).append(field)
        return self._by_name.get(name.lower(), [])

    def add(self, name: str, value: str, *, last: bool) -> bool:
        """Write a field before all others, or behind them. False when that is not possible; then nothing changed."""
        line = _FOLDS.sub(" ", value).strip()[:MAX_HEADER_VALUE]
        if not line.isprintable() or not self._load():
            return False
        assert self._fields is not None
        field = encoding.field(name, encoding.text_words(line))
        self._fields.insert(len(self._fields) if last else 0, field)
        self._changed()
        return True

    def named(self, name: str) -> list[int]:
        """The places of the fields of that name, in their order. Empty for a header too large to be changed."""
        if name.lower() in self._protected or not self._load():
            return []
        assert self._fields is not None
        return [place for place, field in enumerate(self._fields) if _name(field) == name.lower()]

    def remove(self, places: list[int]) -> None:
        """Take these fields away; `places` are from `named`."""
        if self._fields is None or not places:
            return
        gone = set(places)
        self._fields = [field for place, field in enumerate(self._fields) if place not in gone]
        self._changed()

    def _load(self) -> bool:
        if self._fields is None:
            root = self._message.root
            block = self._message.raw[: root.body_start]
            if len(block) > MAX_HEADER_OCTETS:
                return False
            self._fields = _split(block)
        return True

    def _changed(self) -> None:
        assert self._fields is not None
        self.octets = b"".join(self._fields)
        self.header = Header.parse(self.octets)
        self._by_name = None


def rebuilt(message: Parsed, header: bytes | None, extra: bytes = b"") -> bytes:
    """The message with another header (None: its own), and `extra` fields, whole lines, on top of it.

    RFC 5321 §4.4: Return-Path stays above all, where whoever sends the message on looks for it.
    """
    start = message.root.body_start
    block = message.raw[:start]
    fields = _split(block if header is None else header)
    paths = [field for field in fields if _name(field) == "return-path"]
    others = [field for field in fields if _name(field) != "return-path"]
    empty_line = b"\n" if block.endswith(b"\n\n") else b"\r\n"
    return b"".join([*paths, extra, *others, empty_line, message.raw[start:]])


def _split(block: bytes) -> list[bytes]:
    """The fields as they stand, each with its folded lines and line ends; without the empty line that ends the header."""
    fields: list[bytes] = []
    for line in block.splitlines(keepends=True):
        if not line.strip(b"\r\n"):
            break
        if line[:1] in b" \t" and fields:
            fields[-1] += line
        else:
            fields.append(line)
    if fields and not fields[-1].endswith((b"\n", b"\r")):
        fields[-1] += b"\r\n"
    return fields


def _name(field: bytes) -> str:
    found = _FIELD.match(field)
    return found[1].decode("ascii").lower() if found else ""
