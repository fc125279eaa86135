"""Sets of message numbers and UIDs: `1:4,7,9:*` and `$` (RFC 9051 §9, sequence-set; RFC 5182 §2.1).

Used by the grammar, which makes them, and by `protocols/imap` and `evaluate`, which ask them. A set is kept as sorted,
disjoint ranges and resolved against the UIDs of a mailbox by bisection: `1:4294967295` costs as much as `1`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailwright.codecs.imap import quirks
from mailwright.codecs.imap.errors import NoSuchNumber, PeerError

STAR = 2**32
"""Stands for "*", the largest number in use: greater than every number that can be written."""

MAX_DIGITS = 10  # RFC 9051 §9: nz-number is below 4,294,967,296


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """`ranges` are (low, high), both included, sorted, disjoint and not touching; a high of STAR is "*".

    `uses_saved`: the set was "$", the result of the last SEARCH with RETURN (SAVE); then `ranges` is empty. Make one with
    `of` or `parse`, which put the ranges in order.
    """

    ranges: tuple[tuple[int, int], ...]
    uses_saved: bool = False

    @classmethod
    def of(cls, ranges: Iterable[tuple[int, int]]) -> "SequenceSet":
        """A set of ranges in any order; each may be written from either end."""
        # RFC 9051 §9, seq-range: 2:4 and 4:2 are the same.
        ordered = sorted([(low, high) if low <= high else (high, low) for low, high in ranges])
        merged: list[tuple[int, int]] = []
        last_low, last_high = -1, -2
        for low, high in ordered:
            if low <= last_high + 1:
                if high > last_high:
                    last_high = high
                    merged[-1] = (last_low, high)
            else:
                merged.append((low, high))
                last_low, last_high = low, high
        return cls(tuple(merged))

    @classmethod
    def parse(cls, text: bytes) -> "SequenceSet":
        """The set as a client writes it. Raises PeerError."""
        if text == b"$":
            return cls((), uses_saved=True)
        return cls.of([_range(item) for item in text.split(b",")])

    def encode(self) -> bytes:
        """The set as it is written: `parse` gives the same set back."""
        if self.uses_saved:
            return b"$"
        return ",".join(
            [_spell(low) if low == high else f"{_spell(low)}:{_spell(high)}" for low, high in self.ranges]
        ).encode("ascii")

    def spans(self, values: Sequence[int], *, uid: bool, saved: Iterable[int] = ()) -> list[tuple[int, int]]:
        """Where the chosen messages stand in `values`, as half-open (start, stop) positions, ascending and disjoint.

        `values` are all UIDs of the mailbox, ascending: the message with number n is `values[n - 1]`. `uid`: the set holds
        UIDs, and those that are not there are silently left out (RFC 9051 §6.4.9); otherwise it holds message numbers, and
        one beyond the last raises NoSuchNumber. `saved` are the UIDs "$" stands for.
        """
        if self.uses_saved:
            saved_set = SequenceSet.of([(number, number) for number in saved])
            return saved_set.spans(values, uid=True)
        count = len(values)
        found: list[tuple[int, int]] = []
        end = 0
        for low, high in self.ranges:
            if uid:
                start = bisect_left(values, low, end)
                stop = count if high == STAR else bisect_right(values, high, start)
            else:
                start = low - 1
                stop = count if high == STAR else high
                if stop > count or (high == STAR and not count and not quirks.STAR_IN_AN_EMPTY_MAILBOX):
                    raise NoSuchNumber(count)
            if high == STAR:
                # RFC 9051 §6.4.9: 559:* always holds the last message, even when its number is below 559.
                start = min(start, max(count - 1, 0))
            start = max(start, end)
            if start < stop:
                found.append((start, stop))
                end = stop
        return found

    def resolve(self, values: Sequence[int], *, uid: bool, saved: Iterable[int] = ()) -> list[int]:
        """The UIDs of the chosen messages, ascending, each once. Arguments and errors as for `spans`."""
        chosen: list[int] = []
        for start, stop in self.spans(values, uid=uid, saved=saved):
            chosen.extend(values[start:stop])
        return chosen

    def covers(self, number: int, largest: int) -> bool:
        """Is `number` in the set, when `largest` is the largest number in use? Never true for "$"."""
        ranges = self.ranges
        at = bisect_right(ranges, (number, STAR)) - 1
        if at >= 0 and ranges[at][1] >= number:
            return True
        # 559:* where 559 is beyond the largest: from the largest to 559.
        return bool(ranges) and ranges[-1][1] == STAR and number >= min(largest, ranges[-1][0])


def compact(numbers: Iterable[int]) -> bytes:
    """Numbers as they are written in a response: `1:4,7`. Runs are joined in the order given; nothing is sorted.

    RFC 4315 §3: in COPYUID the order matters, the first UID of one set belongs to the first of the other.
    """
    pieces: list[str] = []
    first = last = -1
    for number in numbers:
        if number == last + 1 and first >= 0:
            last = number
            continue
        if first >= 0:
            pieces.append(f"{first}:{last}" if last > first else str(first))
        first = last = number
    if first >= 0:
        pieces.append(f"{first}:{last}" if last > first else str(first))
    return ",".join(pieces).encode("ascii")


def _range(item: bytes) -> tuple[int, int]:
    low, colon, high = item.partition(b":")
    first = _number(low)
    return (first, _number(high)) if colon else (first, first)


def _number(digits: bytes) -> int:
    if digits == b"*":
        return STAR
    if not digits.isdigit() or len(digits) > MAX_DIGITS or digits[0] == 48:
        raise PeerError("a set of messages looks like 1:4,7,9:*, of numbers from 1 to 4294967295")
    number = int(digits)
    if number >= STAR:
        raise PeerError("a message number or UID is at most 4294967295")
    return number


def _spell(number: int) -> str:
    return "*" if number == STAR else str(number)
