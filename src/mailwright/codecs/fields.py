"""Header fields as octets: where each of them stands, and a message without some of them.

Called by submission (what must not leave) and by the DKIM signer. The octets of everything that stays are left exactly as they
are, so that no signature breaks.
Expects: any bytes; line ends are CRLF or LF.
Promises: never raises, linear. A line in the header that is no field is passed over: what looks like a field behind it is
taken for one, up to the first empty line. Readers differ there, and a blind recipient must not be shown to any of them.
Does not: decode anything (`codecs/mime` does).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_EMPTY_LINE = re.compile(rb"(?:\A|\n)\r?\n")
# RFC 5322 §2.2: a name is printable ASCII without ":". §4.5 (obsolete): white space may stand before the colon.
_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:[^\n]*+(?:\n|\Z)(?:[ \t][^\n]*+(?:\n|\Z))*+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name in lower case, and the octets from its first to behind its line end."""

    name: bytes
    start: int
    end: int


def body_start(raw: bytes) -> int:
    """Where the body begins: behind the first empty line, or the end when there is none."""
    found = _EMPTY_LINE.search(raw)
    return found.end() if found else len(raw)


def of_header(raw: bytes) -> list[Field]:
    """The fields of the message's header, in their order."""
    found = _EMPTY_LINE.search(raw)
    # The block alone, with the line end of its last field: a continuation must not reach into the body.
    end = len(raw) if found is None else found.start() + 1
    return [Field(match[1].lower(), match.start(), match.end()) for match in _FIELD.finditer(raw[:end])]


def without(raw: bytes, unwanted: Callable[[bytes, bytes], bool]) -> bytes:
    """The message without the fields of which `unwanted(name in lower case, the whole field)` is true; else untouched."""
    kept, position = [], 0
    for field in of_header(raw):
        if unwanted(field.name, raw[field.start : field.end]):
            kept.append(raw[position : field.start])
            position = field.end
    if not position:
        return raw
    kept.append(raw[position:])
    return b"".join(kept)
