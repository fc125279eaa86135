"""What the parts of a phrase mean while it is being read: days, periods, clock times, lengths.

Made by the rules in `grammar`, and turned into a `Found` by `finding`. All of it is wall-clock time, counted from `Context.now`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from mailwright.codecs.dates.calendars import LAST_YEAR
from mailwright.codecs.dates.language import Language
from mailwright.codecs.dates.words import Habits, Kind, Precision, Reading

MIDNIGHT = time(0)


@dataclass(frozen=True)
class Context:
    """Who says it when: the moment, the habits, the language."""

    now: datetime
    habits: Habits
    language: Language

    @property
    def today(self) -> date:
        return self.now.date()


@dataclass(frozen=True, slots=True)
class When:
    """A day, a moment or a period, with all its readings; and what it named of a date, so that other words may add to it."""

    readings: tuple[Reading, ...]
    weekday: int | None = None
    dom: int | None = None
    month: int | None = None
    year: int | None = None
    unit: str = ""  # of a period: week, month …
    vague: bool = False
    seconds: int | None = None  # counted from now in hours or less: so long from now, whatever the clocks do meanwhile

    @property
    def day(self) -> date:
        """The likeliest day it begins."""
        return self.readings[0].begins.date()


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day. `loose`: said without am or pm, and not in the form of 24 hours."""

    hour: int
    minute: int = 0
    second: int = 0
    loose: bool = False
    precision: Precision = Precision.MINUTE

    def on(self, day: date) -> datetime:
        """That time on a day; hour 24 is the end of it."""
        return at(day) + timedelta(hours=self.hour, minutes=self.minute, seconds=self.second)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day, by its name in `Hours`; `edge` is early or late in it."""

    name: str
    edge: str = ""


@dataclass(frozen=True, slots=True)
class Length:
    """How long: months, days and seconds are kept apart because a month is not a number of days, nor a day one of hours."""

    months: int = 0
    days: int = 0
    seconds: float = 0
    workdays: int = 0
    vague: bool = False
    unit: str = "day"  # the smallest named
    count: float = 1


@dataclass(frozen=True, slots=True)
class Meaning:
    """A whole phrase."""

    kind: Kind
    readings: tuple[Reading, ...] = ()
    rule: str = ""
    vague: bool = False
    seconds: int | None = None
    length: Length | None = None


def at(day: date, moment: time = MIDNIGHT) -> datetime:
    """That time on that day."""
    if day.year > LAST_YEAR:
        raise OverflowError("too far away")
    return datetime.combine(day, moment)


def one_day(day: date, because: str = "") -> Reading:
    """A reading that is a whole day."""
    return Reading(at(day), None, Precision.DAY, "", because)


def a_day(*days: date, because: str = "") -> When:
    """A day, or several it may be."""
    return When(tuple(one_day(day, because) for day in days))


def a_period(begins: date, ends: date, precision: Precision, unit: str = "", because: str = "") -> When:
    """A period of whole days; `ends` is the first day after it."""
    return When((Reading(at(begins), at(ends), precision, "", because),), unit=unit)


def hour_of_afternoon(clock: Clock, context: Context) -> Clock:
    """A loose hour as it is meant when nothing else tells: 1 to 6 in the afternoon, 7 to 11 in the morning, 12 at noon."""
    if clock.loose and not context.language.hours24 and 1 <= clock.hour <= 6:
        return replace(clock, hour=clock.hour + 12, loose=False)
    return replace(clock, loose=False)


def clock_in(part: Part, clock: Clock) -> Clock | None:
    """A clock time in a part of the day: 7 in the evening is 19:00. None when it cannot be in it."""
    # 8:30 in the evening is 20:30 also where 8:30 alone is the morning.
    if not clock.loose and not (1 <= clock.hour <= 12):
        return clock
    hour = clock.hour % 12
    small = part.name == "evening" and hour < 4  # "as 2 da noite": of the night, whatever the word
    if (not small and part.name in ("afternoon", "evening", "end_of_day")) or (part.name == "noon" and hour < 6):
        return replace(clock, hour=hour + 12, loose=False)
    if small or part.name == "night":  # eight at night is 20:00, three at night is 3:00, twelve is midnight
        return replace(clock, hour=hour + 12 if hour >= 5 else (24 if hour == 0 else hour), loose=False)
    return replace(clock, hour=clock.hour, loose=False)


def span_of(part: Part, context: Context) -> tuple[timedelta, timedelta]:
    """When a part of the day begins and ends, from midnight."""
    hours = context.habits.hours
    ends = {
        "early_morning": hours.morning,
        "morning": hours.noon,
        "noon": time(13),
        "afternoon": hours.evening,
        "evening": hours.night,
        "end_of_day": hours.evening,
    }
    begins = _since_midnight(getattr(hours, part.name))
    until = _since_midnight(ends[part.name]) if part.name in ends else timedelta(days=1)
    if until <= begins:
        until = begins + timedelta(hours=1)
    if part.edge == "early":
        if part.name == "morning":
            return _since_midnight(hours.early_morning), begins
        return begins, begins + (until - begins) / 2
    if part.edge == "late":
        return begins + (until - begins) / 2, until
    return begins, until


def part_on(day: date, part: Part, context: Context, because: str = "") -> Reading:
    """That part of that day."""
    begins, ends = span_of(part, context)
    name = "early_morning" if (part.name, part.edge) == ("morning", "early") else part.name
    return Reading(at(day) + begins, at(day) + ends, Precision.PART, name, because)


def _since_midnight(moment: time) -> timedelta:
    return timedelta(hours=moment.hour, minutes=moment.minute)
