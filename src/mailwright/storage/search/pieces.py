"""What every index finds messages by: the fields of words with their weights, and the pieces of a substring.

Used by `generation` and `opensearch`, so that both say the same. A substring is found by two kinds of terms (docs/decisions/0013):
each three neighbouring characters (`…_grams`), which every text with the substring has, and the words that a text has whole
(`…_starts`), of which those that begin with the substring are sure to hold it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mailwright.codecs.search.document import MAX_START, SINGLE

GRAM = 3  # characters
MAX_GRAMS = 48  # of one substring that are asked for: more make no difference to what is left

# How much a hit in a field says: what a mail is called and whom it is from, before what it is about.
WEIGHTS = {"subject": 3.0, "sender": 2.0, "recipients": 1.0, "names": 1.5, "body": 1.0, "attached": 0.7}
FIELDS = {
    "anywhere": tuple(WEIGHTS),
    "from": ("sender",),
    "to": ("recipients",),
    "subject": ("subject",),
    "body": ("body", "attached"),
    "filename": ("names",),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A term of `kind`; `is_open`: it is the beginning of one."""

    kind: Literal["grams", "starts"]
    text: str
    is_open: bool = False


def sure(needle: str) -> list[Piece]:
    """Pieces that only a text with the (folded) needle has."""
    if len(needle) == GRAM:
        return [Piece("grams", needle)]
    if len(needle) == 1 and SINGLE.fullmatch(needle):
        return [Piece("starts", needle)]
    if len(needle) <= MAX_START and (needle.isalpha() or needle.isdigit()):
        return [Piece("starts", needle, is_open=True)]
    return []


def needed(needle: str) -> list[Piece] | None:
    """Pieces that every text with the needle has; None when there are none."""
    if len(needle) >= GRAM:
        grams = sorted({needle[i : i + GRAM] for i in range(len(needle) - GRAM + 1)})
        return [Piece("grams", gram) for gram in grams[:: -(-len(grams) // MAX_GRAMS)]]
    return [Piece("starts", character) for character in SINGLE.findall(needle)] or None
