"""Comparing values with keys: comparators (RFC 4790), match types (RFC 5228 §2.7, RFC 5231) and wildcards.

Called by the tests of the interpreter. Expects texts without lone surrogates, whose order is that of their UTF-8 octets.
Promises: time is bounded by the work the run has left, whatever pattern and value are; a pattern with many stars takes no
longer than one with a few, since each piece between stars is searched for once, from where the piece before it ended.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from mailwright.codecs.sieve.script import Comparator, Match, Relation

PATTERNS = 512  # wildcard patterns remembered in pieces: scripts are few and run often

Spend = Callable[[int], None]
"""Takes characters from the work that is left; raises when there is none."""

_UPPER = {ord(lower): lower.upper() for lower in "abcdefghijklmnopqrstuvwxyz"}
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_ANY_STAR, _ANY_ONE = "*", "?"

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
    folded_keys = [_folded(key, match.comparator) for key in keys]
    for value in values:
        spend(len(value))
        folded = _folded(value, match.comparator)
        for key in folded_keys:
            spend(1 + len(key))
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
    pieces = _pieces(pattern)
    first, last = pieces[0], pieces[-1]
    ones: list[list[tuple[int, int]]] = []  # what the "?" of each piece stand for
    spend(len(pattern))
    if len(value) < sum(len(piece.text) for piece in pieces) or not first.stands_at(value, 0):
        return None
    if len(pieces) == 1:
        return first.ones_at(0) if len(first.text) == len(value) else None
    at, stop = len(first.text), len(value) - len(last.text)
    if not last.stands_at(value, stop):
        return None
    found = first.ones_at(0)
    for piece in pieces[1:-1]:
        place = piece.find(value, at, stop, spend)
        if place < 0:
            return None
        ones.append([(at, place), *piece.ones_at(place)])
        at = place + len(piece.text)
    for each in ones:
        found += each
    return [*found, (at, stop), *last.ones_at(stop)]


class _Piece:
    """What stands between two stars: letters, and "?" at some places."""

    __slots__ = ("_finder", "_holes", "text")

    def __init__(self, text: str, holes: tuple[int, ...]) -> None:
        self.text = text
        self._holes = holes
        self._finder: re.Pattern[str] | None = None
        if holes:
            parts = ("." if place in holes else re.escape(letter) for place, letter in enumerate(text))
            self._finder = re.compile("".join(parts), re.DOTALL)

    def stands_at(self, value: str, place: int) -> bool:
        if self._finder is None:
            return value.startswith(self.text, place)
        return self._finder.match(value, place) is not None

    def find(self, value: str, start: int, stop: int, spend: Spend) -> int:
        """The first place at or after `start` where it stands whole before `stop`, or -1."""
        if self._finder is None:
            place = value.find(self.text, start, stop)
            spend((place if place >= 0 else stop) - start + 1)
            return place
        # The search for a piece with holes may look at each of its letters again at every place.
        spend((stop - start) * (1 + len(self.text)))
        found = self._finder.search(value, start, stop)
        return -1 if found is None else found.start()

    def ones_at(self, place: int) -> list[tuple[int, int]]:
        """What its "?" stand for when it stands at `place`."""
        return [(place + hole, place + hole + 1) for hole in self._holes]


@lru_cache(maxsize=PATTERNS)
def _pieces(pattern: str) -> tuple[_Piece, ...]:
    pieces: list[_Piece] = []
    letters: list[str] = []
    holes: list[int] = []
    characters = iter(pattern)
    for character in characters:
        if character == _ANY_STAR:
            pieces.append(_Piece("".join(letters), tuple(holes)))
            letters, holes = [], []
        elif character == _ANY_ONE:
            holes.append(len(letters))
            letters.append(_ANY_ONE)
        elif character == "\\":
            # RFC 5228 §2.7.1: "\\*" in a string is "\*" here and means the star itself; a last "\" means itself.
            letters.append(next(characters, "\\"))
        else:
            letters.append(character)
    pieces.append(_Piece("".join(letters), tuple(holes)))
    return tuple(pieces)


def _folded(text: str, comparator: Comparator) -> str:
    """RFC 4790 §9.2.1: only a to z become capitals."""
    if comparator != "i;ascii-casemap":
        return text
    return text.upper() if text.isascii() else text.translate(_UPPER)


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
