"""From one time to another, and what has one end only. Makes: clockrange, range, bound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from mailwright.codecs.dates.calendars import coming, months_on, nth_weekday, week_of
from mailwright.codecs.dates.grammar.dates import without_year
from mailwright.codecs.dates.grammar.days import shift
from mailwright.codecs.dates.grammar.daytimes import DayPart, from_now
from mailwright.codecs.dates.grammar.periods import weekend_of
from mailwright.codecs.dates.meaning import (
    Clock,
    Context,
    Length,
    Meaning,
    Part,
    When,
    a_day,
    a_period,
    at,
    clock_in,
    hour_of_afternoon,
    one_day,
)
from mailwright.codecs.dates.patterns import Rules
from mailwright.codecs.dates.words import Kind, Precision, Reading

RULES = rule = Rules()


@dataclass(frozen=True, slots=True)
class ClockRange:
    """From a time of day to another; the second is after midnight when it is not later than the first."""

    begins: Clock
    ends: Clock

    def on(self, day: date, context: Context, because: str = "") -> Reading:
        """It on a day."""
        first = self.begins.on(day)
        last = self.ends.on(day)
        return Reading(first, last if last > first else last + timedelta(days=1), Precision.MINUTE, "", because)


def clock_range(context: Context, a: Clock, b: Clock, part: Part | None = None) -> ClockRange | None:
    """What a loose hour of one end means follows from the other: 5 to 6pm, 9 to 5, 11 to 1."""
    if part is not None:
        first, last = clock_in(part, a), clock_in(part, b)
        if first is None or last is None:
            return None
        a, b = first, last
    if a.loose and not b.loose:
        afternoon = replace(a, hour=a.hour % 12 + 12, loose=False)
        a = afternoon if _minutes(afternoon) < _minutes(b) else replace(a, hour=a.hour % 12, loose=False)
    a = hour_of_afternoon(a, context)
    if b.loose:
        morning, later = replace(b, hour=b.hour % 12, loose=False), replace(b, hour=b.hour % 12 + 12, loose=False)
        b = morning if _minutes(morning) > _minutes(a) else later
    return ClockRange(a, b)


def _minutes(clock: Clock) -> int:
    return clock.hour * 60 + clock.minute


@rule("anyclock", "c:clock", "c:plain", "ABOUT c:plain")
def _any(context: Context, c: Clock) -> Clock:
    return c


@rule(
    "clockrange",
    "FROM|BETWEEN a:anyclock TO|AND|-|~ AT? b:anyclock",
    "AT? a:simple|parted TO|-|~ b:anyclock",
    "AT? a:plain TO|-|~ b:simple|parted",
)
def _clocks(context: Context, a: Clock, b: Clock) -> ClockRange | None:
    return clock_range(context, a, b)


@rule(
    "clockrange",
    "FROM|BETWEEN? a:plain|simple TO|AND|-|~ b:plain|simple ,? p:part",
    "p:part ,? FROM|BETWEEN? a:plain|simple TO|AND|-|~ b:plain|simple",
)
def _clocks_of_part(context: Context, a: Clock, b: Clock, p: Part) -> ClockRange | None:
    return clock_range(context, a, b, p)


@rule("clockrange", "FROM|AT? a:clock FOR n:length", "FROM a:plain FOR n:length", "FOR n:length FROM a:anyclock")
def _clock_for(context: Context, a: Clock, n: Length) -> ClockRange | None:
    a = hour_of_afternoon(a, context)
    if not n.seconds or n.seconds > 86400:
        return None
    minutes = _minutes(a) + int(n.seconds // 60)
    return ClockRange(a, Clock(minutes // 60 % 24, minutes % 60))


@rule("looserange", "c:clockrange")
def _loose(context: Context, c: ClockRange) -> ClockRange:
    return c


@rule("looserange", "AT? a:plain TO|-|~ b:plain")
def _loose_plain(context: Context, a: Clock, b: Clock) -> ClockRange | None:
    """12-4: hours only because a day stands beside them."""
    return clock_range(context, a, b)


@rule(
    "range",
    "d:day ,? ~-? c:looserange",
    "c:clockrange ,? ON|OF|IN? d:day",
    "a:plain TO|-|~ b:plain ,? ON|OF? d:named|offset",
)
def _day_range(
    context: Context, d: When, c: ClockRange | None = None, a: Clock | None = None, b: Clock | None = None
) -> When | None:
    if c is None and a is not None and b is not None:
        c = clock_range(context, a, b)
    if c is None:
        return None
    return When(tuple(c.on(each.begins.date(), context, each.because) for each in d.readings))


@rule(
    "range",
    "x:daypart ,? FROM|BETWEEN? a:plain|simple TO|AND|-|~ b:plain|simple",
    "FROM|BETWEEN? a:plain|simple TO|AND|-|~ b:plain|simple ,? x:daypart",
)
def _daypart_range(context: Context, x: DayPart, a: Clock, b: Clock) -> When | None:
    found = clock_range(context, a, b, x[1])
    return When(tuple(found.on(each.begins.date(), context) for each in x[0].readings)) if found else None


@rule("range", "n:ordinal w:WEEKDAY c:clockrange OF m:month|unitspan")
def _nth_range(context: Context, n: int, w: int, c: ClockRange, m: When) -> When | None:
    return When((c.on(nth_weekday(m.day.year, m.day.month, w, n), context),)) if m.unit == "month" else None


# Days and periods


@rule("side", "p:moment", "p:day", "p:period", "REL p:day")
def _side(context: Context, p: When) -> When:
    return p


def end_of(reading: Reading) -> datetime:
    """The first moment after it."""
    if reading.ends is not None:
        return reading.ends
    return reading.begins + timedelta(days=1) if reading.precision <= Precision.DAY else reading.begins


def join(a: When, b: When) -> When | None:
    """From the beginning of one to the end of the other; a year, said of one, is that of both."""
    if not a.readings or not b.readings:
        return None
    first, last = a.readings[0], b.readings[0]
    begins, ends = first.begins, end_of(last)
    if b.year and not a.year and a.month:
        begins = begins.replace(year=b.year - (a.month > (b.month or 12)))
    elif a.year and not b.year and b.month:
        ends = ends.replace(year=a.year + (b.month < (a.month or 1)) + (ends.year > last.begins.year))
    elif ends <= begins and a.month and not a.year:  # it has begun already: from August to October, said in September
        begins = at(months_on(begins.date(), -12), begins.time())
    elif ends <= begins and b.month and not b.year:
        ends = at(months_on(ends.date(), 12), ends.time())
    elif ends <= begins and b.weekday is not None:
        ends += timedelta(days=7)
    if ends < begins:
        return None
    return When((Reading(begins, ends, min(first.precision, last.precision)),))


@rule("range", "FROM|BETWEEN a:side TO|-|~ b:side", "BETWEEN a:side AND b:side", "a:side TO|-|~ b:side")
def _sides(context: Context, a: When, b: When) -> When | None:
    return join(a, b)


@rule("range", "FROM|BETWEEN a:plain|clock TO|AND|- b:moment", "FROM|BETWEEN a:moment TO|AND|- b:plain|clock")
def _clock_to_moment(context: Context, a: Clock | When, b: Clock | When) -> When | None:
    if isinstance(a, Clock):
        first: When = When((Reading(hour_of_afternoon(a, context).on(context.today), None, Precision.MINUTE),))
    else:
        first = a
    if isinstance(b, Clock):
        begins = first.readings[0].begins
        clock = hour_of_afternoon(b, context)
        last = When((Reading(clock.on(begins.date()), None, Precision.MINUTE),))
        if last.readings[0].begins <= begins and context.now == begins:
            return When((Reading(begins, clock.on(begins.date() + timedelta(days=1)), Precision.MINUTE),))
        if last.readings[0].begins <= begins:
            return When((Reading(last.readings[0].begins, begins, Precision.MINUTE),))
    else:
        last = b
    return join(first, last)


@rule(
    "range",
    "FROM|BETWEEN? THE? a:dom TO|AND|-|~ THE? d:dom OF? m:MONTH ,? OF|IN? y:year",
    "FROM|BETWEEN? THE? a:dom TO|AND|-|~ THE? d:dom OF? m:MONTH",
)
def _days_of_month(context: Context, a: int, d: int, m: int, y: int = 0) -> When | None:
    last = a_day(date(y, m, d)) if y else without_year(context, m, d)
    first = months_on(last.day.replace(day=1), 0 if a <= d else -1).replace(day=a)
    return When((Reading(at(first), at(last.day + timedelta(days=1)), Precision.DAY),))


@rule(
    "range",
    "FROM|BETWEEN? m:MONTH THE? a:dom TO|AND|-|~ THE? d:dom ,? y:year",
    "FROM|BETWEEN? m:MONTH THE? a:dom TO|AND|-|~ THE? d:dom",
)
def _days_from_month(context: Context, m: int, a: int, d: int, y: int = 0) -> When | None:
    """December 28 to 3: the second is of the month after when it is the smaller number."""
    first = a_day(date(y, m, a)) if y else without_year(context, m, a)
    last = months_on(first.day.replace(day=1), 0 if a <= d else 1).replace(day=d)
    return When((Reading(at(first.day), at(last + timedelta(days=1)), Precision.DAY),))


@rule("range", "FROM|BETWEEN? THE? a:dom TO|AND|-|~ THE? d:dom OF|IN|ON|,? p:unitspan")
def _days_of_period(context: Context, a: int, d: int, p: When) -> When | None:
    if p.unit != "month" or a > d:
        return None
    return When((Reading(at(p.day.replace(day=a)), at(p.day.replace(day=d) + timedelta(days=1)), Precision.DAY),))


@rule("range", "FROM|BETWEEN a:WEEKDAY TO|AND|- b:WEEKDAY", "a:WEEKDAY TO|-|~ b:WEEKDAY")
def _weekdays(context: Context, a: int, b: int) -> When:
    first = coming(a, context.today)
    return When((Reading(at(first), at(first + timedelta(days=(b - a) % 7 + 1)), Precision.DAY),))


@rule("range", "THE? WEEKOF THE? d:dom", "THE? WEEKOF ON? d:day")
def _week_of(context: Context, d: When | int) -> When | None:
    if isinstance(d, int):
        first = context.today.replace(day=1)
        d = a_day((first if d >= context.today.day else months_on(first, 1)).replace(day=d))
    begins = week_of(d.day, context.habits.first_weekday)
    return a_period(begins, begins + timedelta(days=7), Precision.WEEK, "week")


@rule("range", "THE? WEEKENDWORD OF d:day", "d:dated WEEKENDWORD y:year?")
def _weekend_of(context: Context, d: When, y: int = 0) -> When | None:
    day = d.day.replace(year=y) if y else d.day
    return weekend_of(context, week_of(day - timedelta(days=day.weekday() == 0), 0))


@rule("range", "FOR n:length ,? FROM ON? d:day|moment", "n:length ,? STARTING ON? d:day|moment")
def _length_from(context: Context, n: Length, d: When) -> When | None:
    reading = d.readings[0] if d.readings else None
    if reading is None:
        return None
    ends = at(shift(reading.begins.date(), n, 1, context), reading.begins.time()) + timedelta(seconds=n.seconds)
    return When(
        (Reading(reading.begins, ends, Precision.DAY if reading.precision == Precision.DAY else Precision.MINUTE),)
    )


@rule("range", "d:day FOR n:length FROM c:anyclock", "d:day FROM c:anyclock FOR n:length")
def _day_clock_for(context: Context, d: When, n: Length, c: Clock) -> When | None:
    found = _clock_for(context, c, n)
    return When(tuple(found.on(each.begins.date(), context) for each in d.readings)) if found else None


@rule("range", "WITHIN THE? REL? n:length", "WITHIN THE? r:several")
def _within(context: Context, n: Length | None = None, r: When | None = None) -> When:
    if n is None:
        assert r is not None
        return r
    moment = from_now(context, n, 1).readings[0]
    ends = moment.begins if n.seconds else at(moment.begins.date() + timedelta(days=1))
    return When((Reading(context.now, ends, moment.precision if n.seconds else Precision.DAY),), vague=n.vague)


# One end only


def _bounded(found: list[Reading], p: When) -> Meaning:
    moment = bool(found) and found[0].precision > Precision.DAY
    return Meaning(Kind.DATETIME if moment else Kind.DATE, tuple(found), vague=p.vague)


@rule("bound", "UNTIL ABOUT? p:moment|day|period")
def _until(context: Context, p: When) -> Meaning:
    """By Friday: it is due then, on the last day or at the last moment of it."""
    found = []
    for each in p.readings:
        if each.ends is None or each.precision > Precision.DAY:
            found.append(each)
        else:
            found.append(one_day((each.ends - timedelta(days=1)).date(), "the last day of it"))
    return _bounded(found, p)


@rule("bound", "BEFORE ABOUT? p:moment|day|period")
def _before(context: Context, p: When) -> Meaning:
    """Before Friday: the day before it; before five: at five at the latest."""
    found = []
    for each in p.readings:
        if each.precision > Precision.DAY:
            found.append(Reading(each.begins, None, each.precision, "", "at the latest"))
        elif p.unit == "end":  # before the end of the month: on its last day at the latest
            found.append(each)
        else:
            found.append(one_day((each.begins - timedelta(days=1)).date(), "the day before"))
    return _bounded(found, p)


@rule("bound", "AFTER ABOUT? p:moment|day|period")
def _after(context: Context, p: When) -> Meaning:
    """After Friday: from the day after it on."""
    found = []
    for each in p.readings:
        if each.precision > Precision.DAY and each.ends is None:
            found.append(each)
        else:
            ends = each.ends or each.begins + timedelta(days=1)
            found.append(
                Reading(
                    ends,
                    None,
                    Precision.DAY if each.precision <= Precision.DAY else each.precision,
                    "",
                    "when it is over",
                )
            )
    return _bounded(found, p)


@rule("bound", "s:SINCE ON|ABOUT? p:moment|day|period", "STARTING ON? p:moment|day|period", "p:day|period ORLATER")
def _since(context: Context, p: When, s: str | None = None) -> Meaning:
    """From Monday on is the coming one; "since Monday" the last one, where the word looks back only (its value is "past")."""
    begins = [each.begins for each in p.readings]
    if s == "past" and p.readings and p.day > context.today and p.year is None:
        if p.month is not None:
            begins = [each.replace(year=each.year - 1) for each in begins]
        elif p.weekday is not None and p.dom is None:
            begins = [each - timedelta(days=7) for each in begins]
    readings = zip(begins, p.readings, strict=True)
    return Meaning(
        Kind.RANGE, tuple(Reading(then, None, each.precision, each.part, "from then on") for then, each in readings)
    )


@rule("bound", "d:day ,? UNTIL|BEFORE|AFTER ABOUT? c:clock|plain", "UNTIL|BEFORE|AFTER ABOUT? c:clock ON? d:day")
def _day_bound(context: Context, d: When, c: Clock) -> Meaning:
    clock = hour_of_afternoon(c, context)
    return Meaning(
        Kind.DATETIME, tuple(Reading(clock.on(each.begins.date()), None, clock.precision) for each in d.readings)
    )
