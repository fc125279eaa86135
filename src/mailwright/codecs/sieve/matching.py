"""Comparing values with keys: comparators (RFC 4790), match types (RFC 5228 §2.7, RFC 5231) and wildcards.

Called by the tests of the interpreter. Expects texts without lone surrogates, whose order is that of their UTF-8 octets.
Promises: time is bounded by the work the run has left, whatever pattern and value are; a pattern with many stars takes no
longer than one with a few, since each piece between stars is searched for once, from where the piece before it ended.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from mailwright.codecs.sieve.script import Comparator, Match, Relation

REMEMBERED = 512  # wildcard patterns kept in pieces: scripts are few and run often
REMEMBERED_CHARACTERS = 256  # of such a pattern; a longer one in pieces may take megabytes
OPERATION = 64  # characters that are compared in the time of one step of ours
FOLDING = 16  # and of one character that is folded by a table

Spend = Callable[[int], None]
"""Takes characters from the work that is left; raises when there is none."""

_UPPER = {ord(lower): lower.upper() for lower in "abcdefghijklmnopqrstuvwxyz"}
_DIGITS = re.compile(r"[0-9]+", re.ASCII)

Captured = Callable[[list[str]], None]
"""Told what a pattern matched: the whole, then what each wildcard stood for."""

_HOLDS: dict[Relation, Callable[[int], bool]] = {
    "gt": lambda order: order > 0,
    "ge": lambda order: order >= 0,
    "lt": lambda order: order < 0,
    "le": lambda order: order <= 0,
    "eq": lambda order: order == 0,
    "ne": lambda order: order != 0,
}


def matches_any(
    values: Iterable[str], keys: Sequence[str], match: Match, spend: Spend, captured: Captured | None = None
) -> bool:
    """Whether any value matches any key. `captured` is told of a match with wildcards (RFC 5229 §3.2). Not for `count`."""
    folded_keys = [_folded(key, match.comparator, spend) for key in keys]
    for value in values:
        folded = _folded(value, match.comparator, spend)
        for key in folded_keys:
            spend(OPERATION + len(key))
            if match.type == "matches":
                ends = wildcard(folded, key, spend)
                if ends is None:
                    continue
                if captured is not None:
                    captured([value, *(value[start:end] for start, end in ends)])
                return True
            if match.type == "contains":
                spend(len(folded))
                if key in folded:
                    return True
            elif match.type == "value":
                if _HOLDS[match.relation](_order(folded, key, match.comparator)):
                    return True
            elif _order(folded, key, match.comparator) == 0:
                return True
    return False


def counts(count: int, keys: Sequence[str], match: Match, spend: Spend) -> bool:
    """RFC 5231 §4.2: `count` entities, compared with the keys."""
    return matches_any([str(count)], keys, Match("value", match.comparator, match.relation), spend)


def wildcard(value: str, pattern: str, spend: Spend) -> list[tuple[int, int]] | None:
    """Where each "*" and "?" of `pattern` begins and ends in `value`, or None when it does not match (RFC 5228 §2.7.1).

    Each takes as little as it can (RFC 5229 §3.2).
    """
    pieces = _remembered(pattern) if len(pattern) <= REMEMBERED_CHARACTERS else _pieces(pattern)
    spend(OPERATION * len(pieces) + 8 * len(pattern))
    first, last = pieces[0], pieces[-1]
    if len(value) < sum(piece.length for piece in pieces) or not first.stands_at(value, 0):
        return None
    if len(pieces) == 1:
        return first.ones_at(0) if first.length == len(value) else None
    at, stop = first.length, len(value) - last.length
    if not last.stands_at(value, stop):
        return None
    found = first.ones_at(0)
    for piece in pieces[1:-1]:
        place = piece.find(value, at, stop, spend)
        if place < 0:
            return None
        found += [(at, place), *piece.ones_at(place)]
        at = place + piece.length
    return [*found, (at, stop), *last.ones_at(stop)]


class _Piece:
    """What stands between two stars: runs of letters at their places, and "?" at the others."""

    __slots__ = ("_anchor", "_holes", "_runs", "length")

    def __init__(self, letters: list[str | None]) -> None:
        self.length = len(letters)
        self._holes = [place for place, letter in enumerate(letters) if letter is None]
        self._runs: list[tuple[int, str]] = []
        start = 0
        for end in (*self._holes, self.length):
            if end > start:
                self._runs.append((start, "".join(letter or "" for letter in letters[start:end])))
            start = end + 1
        self._anchor = max(self._runs, key=lambda run: len(run[1]), default=(0, ""))

    def stands_at(self, value: str, place: int) -> bool:
        return all(value.startswith(run, place + offset) for offset, run in self._runs)

    def find(self, value: str, start: int, stop: int, spend: Spend) -> int:
        """The first place at or after `start` where it stands whole before `stop`, or -1."""
        offset, anchor = self._anchor
        latest = stop - self.length + offset + len(anchor)  # where the anchor must end at the latest
        at = start + offset
        while True:
            found = value.find(anchor, at, latest)
            spend((found if found >= 0 else max(latest, at)) - at + OPERATION)
            if found < 0:
                return -1
            if len(self._runs) <= 1:
                return found - offset
            spend(OPERATION * len(self._runs))
            if self.stands_at(value, found - offset):
                return found - offset
            at = found + 1

    def ones_at(self, place: int) -> list[tuple[int, int]]:
        """What its "?" stand for when it stands at `place`."""
        return [(place + hole, place + hole + 1) for hole in self._holes]


def _pieces(pattern: str) -> tuple[_Piece, ...]:
    pieces: list[_Piece] = []
    letters: list[str | None] = []  # None where any one letter may stand
    characters = iter(pattern)
    for character in characters:
        if character == "*":
            pieces.append(_Piece(letters))
            letters = []
        elif character == "?":
            letters.append(None)
        elif character == "\\":
            # RFC 5228 §2.7.1: "\\*" in a string is "\*" here and means the star itself; a last "\" means itself.
            letters.append(next(characters, "\\"))
        else:
            letters.append(character)
    pieces.append(_Piece(letters))
    return tuple(pieces)


_remembered = lru_cache(maxsize=REMEMBERED)(_pieces)


def _folded(text: str, comparator: Comparator, spend: Spend) -> str:
    """RFC 4790 §9.2.1: only a to z become capitals."""
    spend(OPERATION + len(text))
    if comparator != "i;ascii-casemap":
        return text
    if text.isascii():
        return text.upper()
    spend(FOLDING * len(text))
    return text.translate(_UPPER)


def _order(one: str, other: str, comparator: Comparator) -> int:
    if comparator == "i;ascii-numeric":
        return _compare(_number(one), _number(other))
    return (one > other) - (one < other)


def _compare(one: str | None, other: str | None) -> int:
    """Digits without leading zeros; None is infinity (RFC 4790 §9.1.1)."""
    if one is None or other is None:
        return (one is None) - (other is None)
    return ((len(one), one) > (len(other), other)) - ((len(one), one) < (len(other), other))


def _number(text: str) -> str | None:
    found = _DIGITS.match(text)
    return found[0].lstrip("0") if found else None
