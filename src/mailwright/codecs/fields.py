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
    if raw.startswith((b"\n", b"\r\n")):
        return raw.index(b"\n") + 1
    usual = raw.find(b"\n\r\n")  # searched for as octets: every message that comes in is looked through
    bare = raw.find(b"\n\n", 0, len(raw) if usual < 0 else usual + 1)
    if bare >= 0:
        return bare + 2
    return usual + 3 if usual >= 0 else len(raw)


def of_header(raw: bytes) -> list[Field]:
    """The fields of the message's header, in their order."""
    # The block alone: a continuation must not reach into the body.
    end = body_start(raw)
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
