"""Passages: a text cut into sentences that know where they stand. Used by `identity`, `excerpts` and `facts_by_rules`. Pure.

A line of a page is a block of its own unless it is one that a file of fixed width broke.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailwright.agents.models.rules.texts import cut

MAX_SENTENCES = 3_000  # of one text
SOFT_LINE = 50  # characters: a longer line without an end may have been broken

_LINE = re.compile(r"[^\n]*\n?")
_ENDED = re.compile(r"[.!?:;…。！？][\"'”’)\]]*\s*\Z")
_ITEM = re.compile(r"\s*(?:[-*•·–|#]|\d{1,3}[.)])\s")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence. `block` is the number of its line or paragraph."""

    start: int
    end: int
    block: int
    text: str


def sentences(text: str) -> list[Sentence]:
    """The sentences of a text, in order."""
    out: list[Sentence] = []
    for number, (start, block) in enumerate(_blocks(text)):
        at = start
        for piece in cut(block):
            bare = piece.strip()
            if bare:
                begin = at + piece.index(bare[0])
                out.append(Sentence(begin, begin + len(bare), number, bare))
            at += len(piece)
        if len(out) >= MAX_SENTENCES:
            break
    return out


def _blocks(text: str) -> list[tuple[int, str]]:
    out: list[tuple[int, str]] = []
    for found in _LINE.finditer(text):
        line = found[0]
        if not line.strip():
            if out and line:
                out.append((found.start(), ""))
            continue
        if out and _goes_on(out[-1][1], line):
            out[-1] = (out[-1][0], out[-1][1] + line)
        else:
            out.append((found.start(), line))
    return [each for each in out if each[1]]


def _goes_on(block: str, line: str) -> bool:
    last = block.rstrip("\n").rpartition("\n")[2]
    if not SOFT_LINE <= len(last) <= 2 * SOFT_LINE or _ENDED.search(last) or _ITEM.match(line):
        return False
    return line[:1].islower()
