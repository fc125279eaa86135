"""Moments: a day with a time or a part of the day, and what is so many hours from now. Makes: daypart, moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from mailwright.codecs.dates.calendars import nth_weekday, week_of
from mailwright.codecs.dates.grammar.days import shift
from mailwright.codecs.dates.meaning import (
    Clock,
    Context,
    Length,
    Part,
    When,
    a_day,
    at,
    clock_in,
    hour_of_afternoon,
    part_on,
)
from mailwright.codecs.dates.patterns import Rules
from mailwright.codecs.dates.words import Precision, Reading

RULES = rule = Rules()

DayPart = tuple[When, Part]


def at_clock(day: When, clock: Clock, context: Context) -> When:
    """That time on that day."""
    clock = hour_of_afternoon(clock, context)
    readings = tuple(
        Reading(clock.on(each.begins.date()), None, clock.precision, "", each.because) for each in day.readings
    )
    return When(readings, day.weekday, day.dom, day.month, day.year, vague=day.vague)


def in_part(day: When, part: Part, context: Context) -> When:
    """That part of that day."""
    return When(tuple(part_on(each.begins.date(), part, context, each.because) for each in day.readings), day.weekday)


@rule("daypart", "x:DAYPART")
def _tonight(context: Context, x: tuple[int, str]) -> DayPart:
    return a_day(context.today + timedelta(days=x[0])), Part(x[1])


@rule("daypart", "r:REL p:PART", "EARLY r:REL p:PART", "IN? THE? p:PART r:REL")
def _this_evening(context: Context, r: str, p: str) -> DayPart:
    days = {"this": 0, "last": -1, "next": 1, "coming": 1, "afternext": 2}[r]
    if r in ("next", "coming") and p in ("evening", "night") and context.now.hour < 18:
        days = 0 if r == "coming" else 1
    return a_day(context.today + timedelta(days=days)), Part(p)


@rule("daypart", "LATE r:REL p:PART")
def _late_this(context: Context, r: str, p: str) -> DayPart:
    day, _ = _this_evening(context, r, p)
    return day, Part(p, "late")


@rule("daypart", "LATE|EARLY x:DAYPART")
def _late_tonight(context: Context, x: tuple[int, str]) -> DayPart:
    return a_day(context.today + timedelta(days=x[0])), Part(x[1], "late")


@rule("daypart", "EARLY ON? d:date", "EARLY ON? d:date p:PART")
def _early_on(context: Context, d: When, p: str = "morning") -> DayPart:
    return d, Part(p, "early")


@rule("daypart", "LATE d:date p:PART")
def _late_on(context: Context, d: When, p: str) -> DayPart:
    return d, Part(p, "late")


@rule("daypart", "d:day ,? p:part", "p:part ,? ON|OF? d:day", "d:day ,? IN THE p:part")
def _day_part(context: Context, d: When, p: Part) -> DayPart:
    return d, p


@rule("daypart", "n:ordinal w:WEEKDAY p:part OF m:month|unitspan")
def _nth_part(context: Context, n: int, w: int, p: Part, m: When) -> DayPart | None:
    return (a_day(nth_weekday(m.day.year, m.day.month, w, n)), p) if m.unit == "month" else None


@rule("daypart", "w:WEEKDAY p:part ,? ON|OF|IN? k:week|unitspan")
def _part_of_week(context: Context, w: int, p: Part, k: When) -> DayPart | None:
    return (a_day(k.day + timedelta(days=(w - k.day.weekday()) % 7)), p) if k.unit == "week" else None


@rule(
    "moment",
    "x:daypart ,? AT|FROM? c:clock",
    "x:daypart ,? AT|ABOUT ABOUT? c:plain",
    "c:clock ,? x:daypart",
    "c:plain ,? x:daypart",
)
def _part_and_clock(context: Context, x: DayPart, c: Clock) -> When | None:
    day, part = x
    clock = clock_in(part, c)
    if clock is None:
        return None
    if part.name in ("night", "evening") and clock.hour < 5 and day.readings:  # tonight at 2 is tomorrow's small hours
        clock = Clock(clock.hour + 24, clock.minute, clock.second, precision=clock.precision)
    return at_clock(day, clock, context)


@rule(
    "moment",
    "d:day ,? FOR|@? AT? c:clock",
    "d:day ,? ABOUT c:plain",
    "d:day c:dotted|spoken",
    "c:clock ,? ON|OF|IN? d:day",
    "AT? c:dotted ON|OF? d:day",
)
def _day_and_clock(context: Context, d: When, c: Clock) -> When:
    return at_clock(d, c, context)


@rule("moment", "d:day ~- c:simple")
def _day_dash_clock(context: Context, d: When, c: Clock) -> When | None:
    """22 May (Tue)-11:30; but Thursday 2-4pm is from two to four."""
    return at_clock(d, c, context) if d.month or d.dom is None else None


@rule("spoken", "h:hour m:NUMBER")
def _spoken(context: Context, h: int, m: float) -> Clock | None:
    return Clock(h, int(m), loose=1 <= h <= 12) if 10 <= m <= 59 else None


@rule("moment", "d:day ,? AT? h:hour m:int MINUTEWORD")
def _hour_and_minutes(context: Context, d: When, h: int, m: int) -> When | None:
    return at_clock(d, Clock(h, m, loose=h <= 12), context) if m < 60 else None


@rule("moment", "d:weekdated|dated c:digital y:YEAR4")
def _as_written_by_programs(context: Context, d: When, c: Clock, y: int) -> When:
    """Wed Oct 26 15:50:06 2016: how C writes a date."""
    day = d.day.replace(year=y)
    return at_clock(a_day(day), replace(c, loose=False), context)


@rule("daypart", "d:offset|named m:MERIDIEM")
def _half_day(context: Context, d: When, m: str) -> DayPart:
    return d, Part("morning" if m == "am" else "afternoon")


@rule("moment", "SAMETIME ON? d:day", "SAMETIME p:unitspan")
def _same_time(context: Context, d: When | None = None, p: When | None = None) -> When | None:
    """This time tomorrow; this time next week is seven days on."""
    if p is not None:
        d = a_day(context.today + (p.day - week_of(context.today, context.habits.first_weekday)))
        if p.unit != "week":
            return None
    assert d is not None
    clock = Clock(context.now.hour, context.now.minute)
    return at_clock(d, clock, context)


@rule("moment", "d:day ,? AFTER|BEFORE|AT|ABOUT m:MEAL", "AFTER|BEFORE|AT|ABOUT m:MEAL ,? ON? d:day")
def _at_meal(context: Context, d: When, m: tuple[int, int]) -> When:
    return at_clock(d, Clock(*m), context)


@rule("moment", "i:ISO")
def _iso(context: Context, i: tuple[int, ...]) -> When:
    moment = datetime(*i)  # type: ignore[arg-type]
    return When((Reading(moment, None, Precision.SECOND if len(i) > 5 else Precision.MINUTE),))


@rule("moment", "x:daypart")
def _part_alone(context: Context, x: DayPart) -> When:
    return in_part(x[0], x[1], context)


@rule(
    "moment",
    "THE? e:EDGE OF? d:date",
    "THE? e:EDGE OF? THE? u:UNIT",
    "EARLY|LATE IN? d:date",
    "THE? EARLY|LATE IN THE? u:UNIT d:date",
    "e:EDGE d:date",
)
def _edge_of_day(context: Context, e: str = "mid", d: When | None = None, u: str = "day") -> When | None:
    if u != "day":
        return None
    part = {"begin": "morning", "early": "morning", "mid": "noon", "end": "end_of_day", "rest": "afternoon"}.get(e)
    return in_part(d or a_day(context.today), Part(part), context) if part else None


@rule("moment", "THE? DAYEND")
def _end_of_day(context: Context) -> When:
    return in_part(a_day(context.today), Part("end_of_day"), context)


@rule("moment", "d:date DAYEND", "DAYEND ,? ON? d:date")
def _end_of_that_day(context: Context, d: When) -> When:
    return in_part(d, Part("end_of_day"), context)


@rule("moment", "NOW")
def _now(context: Context) -> When:
    return When((Reading(context.now, None, Precision.MINUTE),))


def from_now(context: Context, length: Length, sign: int) -> When:
    """So much later or earlier than now, to the minute."""
    precision = (
        Precision.HOUR if length.unit == "hour" else Precision.SECOND if length.unit == "second" else Precision.MINUTE
    )
    day = shift(context.today, length, sign, context)
    moment = at(day, context.now.time()) + timedelta(seconds=sign * length.seconds)
    exact = None if length.days or length.months or length.workdays else sign * round(length.seconds)
    return When((Reading(moment, None, precision),), vague=length.vague, seconds=exact)


@rule(
    "moment",
    "IN THE? length:length",
    "IN THE? length:length TIMEWORD",
    "length:length LATER !REL",
    "length:length AFTER|FROM NOW",
)
def _in_hours(context: Context, length: Length) -> When | None:
    return from_now(context, length, 1) if length.seconds else _day_from_now(context, length)


def _day_from_now(context: Context, length: Length) -> When:
    return When(a_day(shift(context.today, length, 1, context)).readings, vague=length.vague, unit="day")


@rule("moment", "length:length AGO", "AGOBEFORE length:length")
def _hours_ago(context: Context, length: Length) -> When | None:
    return from_now(context, length, -1) if length.seconds else None
