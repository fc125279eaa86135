"""Snippets: the stretch of a text that shows best why it was found.

Called by core/search.py for the hits it shows, and for them only.
Promises: plain text on one line, never HTML; every range lies inside it; never raises; bounded work.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailwright.codecs.search.words import spans

WIDTH = 180  # characters: two lines of a list
MAX_READ = 64 * 1024  # characters of a text that are looked through: a hit further down is shown by the beginning
_BEFORE = 40  # characters shown before the first hit


@dataclass(frozen=True, slots=True)
class Snippet:
    """`text`, and the ranges (start, end) in it that were looked for."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to mark: runs of words in a row; with `prefix` the last word may go on."""

    words: tuple[str, ...]
    prefix: bool = False


def snippet(text: str, wanted: Sequence[Wanted], *, width: int = WIDTH) -> Snippet:
    """The best `width` characters of `text`; its beginning when nothing of `wanted` is in it."""
    line = " ".join(text[:MAX_READ].split())
    marks = list(found_in(line, wanted))
    if not marks:
        return Snippet(_cut(line, 0, width))
    start = max(0, _best(marks, width)[0] - _BEFORE)
    if start:
        space = line.find(" ", start, start + _BEFORE)
        start = space + 1 if space != -1 else start
    shown = _cut(line, start, width)
    inside = tuple((begin - start, end - start) for begin, end in marks if begin >= start and end - start <= len(shown))
    return Snippet(shown, inside)


def found_in(text: str, wanted: Sequence[Wanted]) -> Iterable[tuple[int, int]]:
    """Where the runs of `wanted` stand in `text`, in order, none twice."""
    there = list(spans(text))
    starts: dict[str, list[Wanted]] = {}
    open_starts = [one for one in wanted if one.prefix and len(one.words) == 1]
    for one in wanted:
        if one.words and not (one.prefix and len(one.words) == 1):
            starts.setdefault(one.words[0], []).append(one)
    after = 0
    for position, (word, begin, _) in enumerate(there):
        runs = [*starts.get(word, ()), *(one for one in open_starts if word.startswith(one.words[0]))]
        ends = [
            there[position + len(one.words) - 1][2]
            for one in runs
            if position + len(one.words) <= len(there) and _follows(there, position, one)
        ]
        if ends and begin >= after:
            after = max(ends)
            yield begin, after


def _follows(there: Sequence[tuple[str, int, int]], position: int, wanted: Wanted) -> bool:
    last = len(wanted.words) - 1
    for offset, word in enumerate(wanted.words):
        found = there[position + offset][0]
        if not (found.startswith(word) if wanted.prefix and offset == last else found == word):
            return False
    return True


def _best(marks: Sequence[tuple[int, int]], width: int) -> tuple[int, int]:
    """The mark with which the stretch begins that holds the most."""
    best, most, end = marks[0], 0, 0
    for index, mark in enumerate(marks):
        while end < len(marks) and marks[end][1] <= mark[0] + width - _BEFORE:
            end += 1
        if end - index > most:
            best, most = mark, end - index
    return best


def _cut(line: str, start: int, width: int) -> str:
    """`width` characters, not in the middle of a word when a space is near."""
    shown = line[start : start + width]
    if start + width < len(line):
        space = shown.rfind(" ", width - _BEFORE)
        if space > 0:
            shown = shown[:space]
    return shown.rstrip()
