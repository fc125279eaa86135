"""Quotations: where the words of a quotation stand in a text.

Called by the scribe (does a source say that?) and by who shows a quotation in the copy it is from.
Promises: whitespace, kinds of quotation marks and dashes, case, ligatures and characters that cannot be seen may differ, nothing else; what is
found begins and ends with whole words ("founded in 199" does not stand in "founded in 1999"). Pure, linear, never raises.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

MIN_QUOTE = 8  # characters; less stands anywhere

_SAME: Final = {
    ord(other): plain
    for plain, others in {
        "'": "’‘‚‛′`´ʼ＇",
        '"': "“”„‟«»‹›″＂",
        "-": "‐‑‒–—―−﹘﹣－",
    }.items()
    for other in others
}
_UNSPACED: Final = (  # scripts that put no space between words
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x3040, 0x30FF),
    (0x3400, 0x9FFF),
    (0xAC00, 0xD7AF),
    (0x20000, 0x3FFFF),
)


def stands(quote: str, text: str) -> bool:
    """Whether a text has these words: at least two of them, and not fewer than MIN_QUOTE characters."""
    return where(quote, text) is not None


def where(quote: str, text: str) -> tuple[int, int] | None:
    """Where they begin and end in the text as it is; None: nowhere, or too short to say."""
    wanted = _folded(quote)[0].strip(" ")
    if len(wanted) < MIN_QUOTE or (" " not in wanted and not any(map(_is_unspaced, wanted))):
        return None
    have, origins = _kept(text)
    start = have.find(wanted)
    while start >= 0:
        end = start + len(wanted)
        if not _joined(have, start) and not _joined(have, end):
            return origins[start], _end(text, origins[end - 1])
        start = have.find(wanted, start + 1)
    return None


def _joined(text: str, at: int) -> bool:
    """Whether a word goes on there."""
    if at <= 0 or at >= len(text):
        return False
    before, after = text[at - 1], text[at]
    return before.isalnum() and after.isalnum() and not _is_unspaced(before) and not _is_unspaced(after)


def _is_unspaced(character: str) -> bool:
    code = ord(character)
    return code >= 0x0E00 and any(first <= code <= last for first, last in _UNSPACED)


def _end(text: str, start: int) -> int:
    """Where the character ends that begins there, with its accents."""
    end = start + 1
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return end


@lru_cache(maxsize=32)
def _kept(text: str) -> tuple[str, list[int]]:
    """Many quotations of one copy are looked for one after the other."""
    return _folded(text)


def _folded(text: str) -> tuple[str, list[int]]:
    """The text as it is compared, and for each of its characters where that comes from."""
    out: list[str] = []
    origins: list[int] = []
    at, length, spaced = 0, len(text), True
    while at < length:
        character, start = text[at], at
        at += 1
        if character.isspace():
            if not spaced:
                out.append(" ")
                origins.append(start)
                spaced = True
            continue
        if character.isascii() and (at >= length or text[at].isascii()):
            plain = "'" if character == "`" else character.lower()
        else:
            while at < length and unicodedata.combining(text[at]):
                at += 1
            if unicodedata.category(character) in ("Cf", "Cc"):
                continue
            plain = unicodedata.normalize("NFC", text[start:at]).translate(_SAME).casefold()
        spaced = False
        out.append(plain)
        origins += [start] * len(plain)
    return "".join(out), origins
