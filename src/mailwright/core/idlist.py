"""Lists of message ids in the order of a query, kept compact, and the few that are remembered.

Used by `core.listing`. A list of 100,000 messages takes 6 MB (36 octets an id, 8 each for its thread and its place in time, 4 for
each message shown); the lists remembered by one process take at most `MAX_OCTETS` together.
Promises: a list never changes; `updated` makes another.
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from mailwright.domain.clock import Instant
from mailwright.storage.database import Row

WIDTH = 36  # characters of an id
MAX_OCTETS = 64 * 1024 * 1024  # of all lists that are remembered: ten of a large mailbox, or thousands of small ones


class IdList(Sequence[str]):
    """Message ids in order. `collapsed`: only the first of each thread is shown, the others are kept for what may change.

    `descending`: how `times` go, when the order is that of time alone; None when it is another, which cannot be updated.
    """

    __slots__ = ("_ids", "_shown", "_threads", "_times", "collapsed", "descending")

    def __init__(
        self, ids: str, threads: array[int], times: array[int], *, collapsed: bool, descending: bool | None
    ) -> None:
        self._ids = ids
        self._threads = threads
        self._times = times
        self.collapsed = collapsed
        self.descending = descending
        self._shown = _firsts(threads) if collapsed else None

    @classmethod
    def of(cls, rows: Sequence[Row], *, collapsed: bool, descending: bool | None = None) -> IdList:
        """From rows that begin with id, thread and time, in order."""
        # A thread is known by its hash: two of a hundred thousand that share one are less likely than a broken disk.
        threads = array("q", [hash(row[1]) for row in rows])
        times = array("q", [row[2] for row in rows] if descending is not None else ())
        return cls("".join([row[0] for row in rows]), threads, times, collapsed=collapsed, descending=descending)

    @property
    def octets(self) -> int:
        """About how much memory it takes."""
        return len(self._ids) + 8 * (len(self._threads) + len(self._times)) + 4 * len(self._shown or ()) + 500

    @property
    def size(self) -> int:
        """How many messages there are, shown or not."""
        return len(self._threads)

    def __len__(self) -> int:
        return len(self._threads) if self._shown is None else len(self._shown)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self._at(place) for place in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self._at(index % len(self))

    def __iter__(self) -> Iterator[str]:
        return (self._at(place) for place in range(len(self)))

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str) and self.place(value) is not None

    def index(self, value: str, start: int = 0, stop: int | None = None) -> int:
        """The place of an id. Raises ValueError."""
        found = self.place(value)
        if found is None or found < start or (stop is not None and found >= stop):
            raise ValueError("there is no such id in the list")
        return found

    def place(self, message_id: str) -> int | None:
        """Where an id is shown, or None."""
        at = self._find(message_id)
        if at is None or self._shown is None:
            return at
        shown = bisect_left(self._shown, at)
        return shown if shown < len(self._shown) and self._shown[shown] == at else None

    def updated(self, gone: Collection[str], come: Iterable[tuple[str, str, Instant]]) -> IdList:
        """The list without those that are `gone`, and with those that have `come`: (id, thread, time) of ids not in the rest."""
        assert self.descending is not None
        ids, threads, times = self._ids, self._threads, self._times
        places = sorted(at for each in gone if (at := self._find(each)) is not None)
        if places:
            ids, threads, times = _without(ids, threads, times, places)
        added = sorted(come, key=lambda each: (each[2], each[0]), reverse=self.descending)
        if added:
            ids, threads, times = self._with(ids, threads, times, added)
        return IdList(ids, threads, times, collapsed=self.collapsed, descending=self.descending)

    def _with(
        self, ids: str, threads: array[int], times: array[int], added: Sequence[tuple[str, str, Instant]]
    ) -> tuple[str, array[int], array[int]]:
        pieces: list[str] = []
        all_threads, all_times = array("q"), array("q")
        done = 0
        for message_id, thread_id, moment in added:
            at = _place_for(ids, times, done, message_id, moment, descending=bool(self.descending))
            pieces += [ids[done * WIDTH : at * WIDTH], message_id]
            all_threads += threads[done:at]
            all_threads.append(hash(thread_id))
            all_times += times[done:at]
            all_times.append(moment)
            done = at
        pieces.append(ids[done * WIDTH :])
        return "".join(pieces), all_threads + threads[done:], all_times + times[done:]

    def _at(self, place: int) -> str:
        at = place if self._shown is None else self._shown[place]
        return self._ids[at * WIDTH : (at + 1) * WIDTH]

    def _find(self, message_id: str) -> int | None:
        if len(message_id) != WIDTH:
            return None
        at = self._ids.find(message_id)
        while at >= 0 and at % WIDTH:
            at = self._ids.find(message_id, at + 1)
        return at // WIDTH if at >= 0 else None


def _firsts(threads: array[int]) -> array[int]:
    """The first place of each thread, ascending (RFC 8621 §4.4.3)."""
    last = len(threads) - 1
    return array("I", sorted(dict(zip(reversed(threads), range(last, -1, -1), strict=True)).values()))


def _without(
    ids: str, threads: array[int], times: array[int], places: Sequence[int]
) -> tuple[str, array[int], array[int]]:
    pieces: list[str] = []
    left_threads, left_times = array("q"), array("q")
    done = 0
    for at in places:
        pieces.append(ids[done * WIDTH : at * WIDTH])
        left_threads += threads[done:at]
        left_times += times[done:at]
        done = at + 1
    pieces.append(ids[done * WIDTH :])
    return "".join(pieces), left_threads + threads[done:], left_times + times[done:]


def _place_for(ids: str, times: array[int], low: int, message_id: str, moment: Instant, *, descending: bool) -> int:
    """Where (moment, id) belongs from `low` on."""
    high = len(times)
    while low < high:
        middle = (low + high) // 2
        there = (times[middle], ids[middle * WIDTH : (middle + 1) * WIDTH])
        before = there > (moment, message_id) if descending else there < (moment, message_id)
        low, high = (middle + 1, high) if before else (low, middle)
    return low


@dataclass(frozen=True, slots=True)
class Kept:
    """A list, and the place in the journal it is of; after `until` (monotonic seconds) it is not believed any more."""

    ids: IdList
    modseq: int
    until: float


class IdLists:
    """The lists of one process, the least recently used forgotten first. May be asked from any thread."""

    def __init__(self, max_octets: int = MAX_OCTETS) -> None:
        self._max = max_octets
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._octets = 0
        self._lock = threading.Lock()

    @property
    def octets(self) -> int:
        """What is remembered now takes so much memory."""
        return self._octets

    def get(self, key: Hashable) -> Kept | None:
        """What is remembered under a key."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: Hashable, kept: Kept) -> None:
        """Remember a list; one that is larger than half of all there may be is not."""
        with self._lock:
            known = self._kept.pop(key, None)
            if known is not None:
                self._octets -= known.ids.octets
            if kept.ids.octets > self._max // 2:
                return
            self._kept[key] = kept
            self._octets += kept.ids.octets
            while self._octets > self._max:
                _, oldest = self._kept.popitem(last=False)
                self._octets -= oldest.ids.octets
