"""Strings of a script that are more than their letters: encoded characters and variables.

Called by `building` once for every string, and by the interpreter to put the values in. RFC 5228 §2.4.2.4 and RFC 5229 §3; the
first is resolved before the second (RFC 5229 §3.1).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from mailwright.codecs.sieve.limits import MAX_MATCH_VARIABLE, MAX_STRING_CHARACTERS


@dataclass(frozen=True, slots=True)
class Variable:
    """`${name}`, in lower case; a match variable has only digits, without leading zeros."""

    name: str


@dataclass(frozen=True, slots=True)
class Template:
    """A string with variables in it; `source` is how it stands in the script, encoded characters decoded."""

    parts: tuple[str | Variable, ...]
    source: str


Text: TypeAlias = str | Template
"""A string argument: known when the script is read, or a template."""

_ENCODED = re.compile(
    rb"\$\{(?:(hex):[ \t\r\n]*+([0-9a-f]{1,2}(?:[ \t\r\n]++[0-9a-f]{1,2})*+)"
    rb"|(unicode):[ \t\r\n]*+([0-9a-f]++(?:[ \t\r\n]++[0-9a-f]++)*+))[ \t\r\n]*+\}",
    re.IGNORECASE,
)
# RFC 5229 §3: variable-ref. What does not look like one stays as it is.
_REFERENCE = re.compile(r"\$\{((?:[a-z_][a-z0-9_]*\.(?:[a-z0-9_]+\.)*)?)([a-z_][a-z0-9_]*|[0-9]+)\}", re.I | re.ASCII)


def decode_characters(text: str) -> str:
    """`text` with `${hex:…}` and `${unicode:…}` replaced. Raises ValueError for a number that is no character.

    Octets that are no UTF-8 become U+FFFD: what a script compares them with has been converted as well.
    """
    if "${" not in text:
        return text
    return _ENCODED.sub(_encoded, text.encode()).decode("utf-8", "replace")


def _encoded(found: "re.Match[bytes]") -> bytes:
    if found[1]:
        return bytes(int(pair, 16) for pair in found[2].split())
    points = [int(digits, 16) if len(digits.lstrip(b"0")) <= 6 else 0x110000 for digits in found[4].split()]
    if any(point > 0x10FFFF or 0xD800 <= point <= 0xDFFF for point in points):
        # RFC 5228 §2.4.2.4: halves of UTF-16 and what is beyond Unicode are an error.
        raise ValueError("there is no such Unicode character")
    return "".join(map(chr, points)).encode()


def template(text: str) -> Text:
    """`text` with its variables found; itself when it has none. Raises ValueError for a namespace or index we do not have."""
    if "${" not in text:
        return text
    parts: list[str | Variable] = []
    end = 0
    for found in _REFERENCE.finditer(text):
        if found[1]:
            # RFC 5229 §3: a namespace belongs to an extension, and none that is spoken here has one.
            raise ValueError(f'there is no namespace "{found[1][:-1]}"')
        name = found[2].lower()
        if name.isdigit():
            name = name.lstrip("0") or "0"
            if len(name) > 3 or int(name) > MAX_MATCH_VARIABLE:
                raise ValueError(f"match variables go up to {MAX_MATCH_VARIABLE}")
        if found.start() > end:
            parts.append(text[end : found.start()])
        parts.append(Variable(name))
        end = found.end()
    if end < len(text):
        parts.append(text[end:])
    return Template(tuple(parts), text) if any(isinstance(part, Variable) for part in parts) else text


def source_of(text: Text) -> str:
    """How the string stands in the script."""
    return text if isinstance(text, str) else text.source


def expand(text: Text, value_of: Callable[[str], str]) -> str:
    """`text` with the values put in, cut off at MAX_STRING_CHARACTERS."""
    if isinstance(text, str):
        return text
    pieces: list[str] = []
    left = MAX_STRING_CHARACTERS
    for part in text.parts:
        piece = part if isinstance(part, str) else value_of(part.name)
        pieces.append(piece[:left])
        left -= len(pieces[-1])
        if left <= 0:
            break
    return "".join(pieces)
