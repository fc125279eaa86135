"""The header of a message or a part: its fields, found once and read when asked.

Made by `structure.parse`; read by core (filing, threads), agents and the protocols (ENVELOPE, JMAP's header properties).
Expects: a header block that `structure` has bounded.
Promises: never raises; reading a field is linear in it; texts are one clean line each.
Does not: decide where the header ends (`structure` does) or keep fields beyond `MAX_FIELDS`.
"""

import re
from itertools import chain

from mailwright.codecs.mime import charsets, dates, mailboxes, messageids
from mailwright.codecs.mime.mailboxes import Mailbox
from mailwright.codecs.mime.words import decode_text, unfold
from mailwright.domain.clock import Instant

MAX_FIELDS = 1000  # a long mailing-list path with ARC seals has about 150
MAX_HEADER_OCTETS = 512 * 1024  # looked at; Exchange and Gmail refuse far less
MAX_FIELD_CHARACTERS = 128 * 1024  # of one field: a To with two thousand names fits

# RFC 5322 §2.2: a name is printable ASCII without ":". §4.5 (obsolete): white space may stand before the colon.
_FIELDS = re.compile(r"^([!-9;-~]+)[ \t]*:([^\n]*+(?:\n[ \t][^\n]*+)*)(?:\n|\Z)", re.MULTILINE)
_AT_ONCE = 64 * 1024  # characters: larger blocks are read field by field, so that a limit stops the work


class Header:
    """The fields of one header in their order. Names are compared without regard to case."""

    __slots__ = ("_values", "fields")

    fields: tuple[tuple[str, str], ...]
    """(name as written, value as written: still folded and undecoded; 8-bit bytes read as UTF-8, else Windows-1252)"""

    def __init__(self, fields: tuple[tuple[str, str], ...]) -> None:
        self.fields = fields
        values: dict[str, list[str]] = {}
        for name, value in fields:
            key = name.lower()
            if key in values:
                values[key].append(value)
            else:
                values[key] = [value]
        self._values = values

    @classmethod
    def parse(cls, block: bytes) -> "Header":
        """Read a bare header block (no body). What comes after a line that is no field is not read."""
        return cls(read_fields(block)[0])

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._values

    def __repr__(self) -> str:
        return f"Header({len(self.fields)} fields)"  # never its text: a header is somebody's mail

    def count(self, name: str) -> int:
        """How many fields have this name."""
        return len(self._values.get(name.lower(), ()))

    def raw(self, name: str) -> str | None:
        """The first field of this name, unfolded and trimmed, its encoded words left as they are."""
        values = self._values.get(name.lower())
        return unfold(values[0][:MAX_FIELD_CHARACTERS]).strip() if values else None

    def get(self, name: str) -> str | None:
        """The first field of this name as text for people: unfolded, decoded (RFC 2047), one clean line."""
        values = self._values.get(name.lower())
        return decode_text(values[0][:MAX_FIELD_CHARACTERS]) if values else None

    def all(self, name: str) -> tuple[str, ...]:
        """Every field of this name as text for people."""
        return tuple(decode_text(value[:MAX_FIELD_CHARACTERS]) for value in self._values.get(name.lower(), ()))

    def mailboxes(self, name: str) -> tuple[Mailbox, ...]:
        """The mailboxes of every field of this name (RFC 5322 §3.6.3 allows one; mailers that write two mean both)."""
        values = self._values.get(name.lower())
        if not values:
            return ()
        if len(values) == 1:
            return mailboxes.parse(unfold(values[0][:MAX_FIELD_CHARACTERS]))
        found: list[Mailbox] = []
        for value in values:
            if len(found) < mailboxes.MAX_MAILBOXES:
                found.extend(mailboxes.parse(unfold(value[:MAX_FIELD_CHARACTERS])))
        return tuple(found[: mailboxes.MAX_MAILBOXES])

    def message_ids(self, name: str) -> tuple[str, ...]:
        """The `<…>` ids of the first field of this name."""
        values = self._values.get(name.lower())
        return messageids.parse(unfold(values[0][:MAX_FIELD_CHARACTERS])) if values else ()

    def date(self, name: str = "Date") -> Instant | None:
        """The moment the first field of this name gives, or None when it is missing or no date."""
        values = self._values.get(name.lower())
        return dates.parse(charsets.one_line(unfold(values[0][:MAX_FIELD_CHARACTERS]))) if values else None

    def zone(self, name: str = "Date") -> int:
        """The zone in which the first field of this name gives its moment, in seconds east of UTC."""
        values = self._values.get(name.lower())
        found = dates.parse_zoned(charsets.one_line(unfold(values[0][:MAX_FIELD_CHARACTERS]))) if values else None
        return 0 if found is None else found[1]


def read_fields(block: bytes) -> tuple[tuple[tuple[str, str], ...], int | None]:
    """The fields of `block` (at most MAX_FIELDS) and the offset of the first line that is neither field nor continuation."""
    ascii_only = block.isascii()
    text = block.decode("ascii" if ascii_only else "latin-1")  # one character an octet, so that offsets hold
    if len(text) < _AT_ONCE:
        found: list[tuple[str, str]] = _FIELDS.findall(text)
        if len(found) <= MAX_FIELDS and _covers(text, found):
            return tuple(found) if ascii_only else _eight_bit_fields(found), None
    fields: list[tuple[str, str]] = []
    position = 0
    while position < len(text) and len(fields) < MAX_FIELDS:
        match = _FIELDS.match(text, position)
        if match is None:
            return tuple(fields) if ascii_only else _eight_bit_fields(fields), position
        fields.append((match[1], match[2]))
        position = match.end()
    return tuple(fields) if ascii_only else _eight_bit_fields(fields), None


def _covers(text: str, fields: list[tuple[str, str]]) -> bool:
    """True when nothing lies between the fields: with the colons and line ends they make up the whole text."""
    length = sum(map(len, chain.from_iterable(fields))) + 2 * len(fields)
    return length == len(text) + (not text.endswith("\n"))


def _eight_bit_fields(fields: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, _eight_bit(value)) for name, value in fields)


def _eight_bit(value: str) -> str:
    # RFC 6532 §3.2: a header in UTF-8; before that, whatever the sender's machine wrote.
    return value if value.isascii() else charsets.eight_bit(value.encode("latin-1"))
