"""The words of dates: what a phrase that says when may mean. Shared by all of `codecs.dates` and by who asks it.

Everything here is wall-clock time: naive datetimes of the person's own time zone. What instant that is, DST included, is for
`moments` alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time
from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """What a phrase names."""

    DATE = "date"  # tomorrow, 14 November, next Friday, the last day of the month
    TIME = "time"  # at 5, noon, half past nine: of today or of whatever day stands beside it
    DATETIME = "datetime"  # tomorrow at 5, in two hours, Friday morning
    RANGE = "range"  # next week, from 3 to 5, between Monday and Wednesday, in May, the weekend
    DURATION = "duration"  # three days, an hour: no point in time by itself
    SET = "set"  # every Friday, daily, twice a week


class Precision(IntEnum):
    """The smallest thing a phrase names; what is smaller is ours to choose."""

    YEAR = 1
    QUARTER = 2
    MONTH = 3
    WEEK = 4
    DAY = 5
    PART = 6  # a part of the day: morning, evening
    HOUR = 7
    MINUTE = 8
    SECOND = 9


@dataclass(frozen=True, slots=True)
class Reading:
    """One meaning. It begins then, and ends before `ends` when it lasts (a morning, a week, from–to). `part` is the part of the day it
    names (a name of `Hours`). `because` is one short English clause for people: "the Friday of next week"."""

    begins: datetime
    ends: datetime | None
    precision: Precision
    part: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase: `text[begin:end]` of what was read.

    `readings` are all its meanings, the likeliest first; none when it names no time (a duration, or nonsense like 31 February).
    `rule` is an RRULE of RFC 5545 §3.3.10 without its name when it comes again (then `readings` are of the first time). `vague`: it was
    said so on purpose (sometime next week, in a few days, soon). `seconds` is the length of a duration, or how long
    from now a moment is that was counted in hours or less.
    """

    begin: int
    end: int
    text: str
    kind: Kind
    readings: tuple[Reading, ...]
    rule: str = ""
    vague: bool = False
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """When parts of the day are, and when one is reminded whose phrase names no time of day."""

    day: time = time(9)
    early_morning: time = time(7)
    morning: time = time(9)
    noon: time = time(12)
    afternoon: time = time(14)
    evening: time = time(18)
    night: time = time(21)
    end_of_day: time = time(17)


@dataclass(frozen=True, slots=True)
class Habits:
    """How somebody means dates: `first_weekday` as in `datetime.weekday()` (0 is Monday), `day_first` for 3/4, `weekend` the days that
    no work is done, `hours` of the day."""

    first_weekday: int = 0
    day_first: bool = True
    weekend: frozenset[int] = frozenset({5, 6})
    hours: Hours = field(default_factory=Hours)
