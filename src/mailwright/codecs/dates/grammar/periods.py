"""Periods of the calendar: weeks, months, quarters, years, weekends, seasons. Makes: week, month, quarter, yearspan, weekend, season,
several (the next three days), whole (any of those), period (with edges: the end of May)."""

from __future__ import annotations

from datetime import date, timedelta

from mailwright.codecs.dates.calendars import coming, months_on, week_of, working_days_on
from mailwright.codecs.dates.grammar.lengths import length_of
from mailwright.codecs.dates.grammar.numbers import year_of
from mailwright.codecs.dates.meaning import Context, Length, When, a_period, at
from mailwright.codecs.dates.patterns import Rules
from mailwright.codecs.dates.words import Precision, Reading

RULES = rule = Rules()

_STEP = {"this": 0, "next": 1, "last": -1, "coming": 1, "afternext": 2}
_MONTHS_OF = {"month": 1, "quarter": 3, "year": 12, "decade": 120, "century": 1200}
_PRECISIONS = {
    "week": Precision.WEEK,
    "weekend": Precision.WEEK,
    "month": Precision.MONTH,
    "quarter": Precision.QUARTER,
}


def calendar_unit(context: Context, unit: str, step: int) -> When | None:
    """The week, month, quarter or year that is `step` on from the present one."""
    today = context.today
    times, _, unit = unit.rpartition(" ")
    if times:  # the next fortnight: not of the calendar, but from today on
        length = length_of(int(times), unit)
        return counted(context, length, step) if length else None
    if unit == "week":
        begins = week_of(today, context.habits.first_weekday) + timedelta(days=7 * step)
        return a_period(begins, begins + timedelta(days=7), Precision.WEEK, unit)
    if unit == "weekend":
        return weekend_of(context, week_of(today, 0) + timedelta(days=7 * step))
    if unit not in _MONTHS_OF:
        return None
    months = _MONTHS_OF[unit]
    begins = (
        months_on(date(today.year, 1, 1), (today.month - 1) // months * months)
        if months < 12
        else date(today.year // (months // 12) * (months // 12), 1, 1)
    )
    begins = months_on(begins, months * step)
    return a_period(begins, months_on(begins, months), _PRECISIONS.get(unit, Precision.YEAR), unit)


def weekend_of(context: Context, monday: date) -> When | None:
    """The weekend of the week that begins on that Monday: from its first free day to its last."""
    free = sorted(context.habits.weekend) or [5, 6]
    if 6 in free and 0 in free:
        free = [6, 7]
    begins = monday + timedelta(days=free[0])
    return a_period(begins, monday + timedelta(days=free[-1] + 1), Precision.WEEK, "weekend")


def counted(context: Context, length: Length, sign: int) -> When | None:
    """The next three days, the past two weeks: days are counted from tomorrow (or back from yesterday), hours from now."""
    if length.seconds:
        other = context.now + timedelta(seconds=length.seconds + 86400 * length.days) * (1 if sign > 0 else -1)
        begins, ends = sorted((context.now, other))
        return When((Reading(begins, ends, Precision.MINUTE),), unit=length.unit, vague=length.vague)
    today = context.today
    if sign > 0:
        first = today + timedelta(days=1)
        if length.workdays:
            first = working_days_on(today, 1, context.habits.weekend)
            last = working_days_on(today, length.workdays, context.habits.weekend) + timedelta(days=1)
        else:
            last = months_on(first, length.months) + timedelta(days=length.days)
    else:
        last = today
        first = (
            working_days_on(today, -length.workdays, context.habits.weekend)
            if length.workdays
            else months_on(today, -length.months) - timedelta(days=length.days)
        )
    return When((Reading(at(first), at(last), Precision.DAY),), unit=length.unit, vague=length.vague)


@rule("week", "THE? r:REL WORKWEEK", "THE? WORKWEEK r:REL")
def _work_week(context: Context, r: str) -> When | None:
    monday = week_of(context.today, 0) + timedelta(days=7 * _STEP[r])
    return a_period(monday, monday + timedelta(days=5), Precision.WEEK, "week")


@rule(
    "week",
    "THE? WEEKNO n:NUM",
    "THE? WEEKNO n:NUM OF|IN|,? y:yearspan",
    "y:yearspan WEEKNO n:NUM",
    "THE? n:ordinal WEEKNO OF THE? y:yearspan",
)
def _week_number(context: Context, n: int, y: When | None = None) -> When | None:
    """Weeks have numbers as in ISO 8601: week 1 is the one with the first Thursday of the year."""
    year = y.day.year if y else context.today.year
    if not 1 <= n <= 53:
        return None
    monday = date.fromisocalendar(year, n, 1)
    if (
        y is None
        and monday + timedelta(days=7) <= context.today
        and n < date.fromisocalendar(year + 1, 1, 1).isocalendar().week + 53
    ):
        later = date.fromisocalendar(year + 1, n, 1)
        if (context.today - monday).days > 180:
            monday = later
    return a_period(monday, monday + timedelta(days=7), Precision.WEEK, "week")


@rule("unitspan", "THE? r:REL u:UNIT", "THE? u:UNIT r:REL", "THE r:REL u:UNIT", "THE? u:UNIT AFTER REL")
def _relative(context: Context, u: str, r: str = "afternext") -> When | None:
    if u == "weekend":
        return _weekend(context, r)
    if u.rpartition(" ")[2] in ("day", "workday", "hour", "minute", "second"):
        return None
    return calendar_unit(context, u, _STEP[r])


@rule("unitspan", "THE u:UNIT")
def _the(context: Context, u: str) -> When | None:
    return calendar_unit(context, u, 0) if u in ("week", "month", "quarter", "year", "weekend") else None


@rule("unitspan", "THE? r:REL WEEKENDWORD", "THE? WEEKENDWORD r:REL", "THE? WEEKENDWORD", "ON? THE? WEEKENDWORD")
def _weekend(context: Context, r: str = "this") -> When | None:
    monday = week_of(context.today, 0)
    this = weekend_of(context, monday)
    if this is None:
        return None
    over = this.readings[0].ends is not None and this.readings[0].ends <= context.now
    if r in ("this", "coming"):
        return weekend_of(context, monday + timedelta(days=7)) if over else this
    if r == "next" and context.today.weekday() < 3 and this.day > context.today:
        following = weekend_of(context, monday + timedelta(days=7))
        if following is None:
            return None
        near, far = this.readings[0], following.readings[0]
        return When((near, far) if context.language.nearest_next else (far, near), unit="weekend")
    return weekend_of(context, monday + timedelta(days=7 * _STEP[r]))


@rule(
    "unitspan",
    "THE? n:QUARTERNO OF|IN|-|,? y:yearspan",
    "y:yearspan -? n:QUARTERNO",
    "n:QUARTERNO",
    "THE? n:ordinal u:UNIT OF|IN|,? THE? y:yearspan",
    "THE? n:ordinal u:UNIT",
    "y:relyear OF n:ordinal u:UNIT",
)
def _quarter(context: Context, n: int, y: When | None = None, u: str = "quarter") -> When | None:
    if u != "quarter" or not (1 <= n <= 4 or n == -1):
        return None
    return _part_of_year(context, 4 if n == -1 else n, 3, y)


@rule("unitspan", "n:HALFYEAR OF|IN|-? y:yearspan", "y:yearspan -? n:HALFYEAR", "n:HALFYEAR")
def _half(context: Context, n: int, y: When | None = None) -> When | None:
    return _part_of_year(context, n, 6, y)


def _part_of_year(context: Context, n: int, months: int, y: When | None) -> When:
    begins = date(y.day.year if y else context.today.year, 1 + (n - 1) * months, 1)
    if y is None and months_on(begins, months) <= context.today:
        begins = months_on(begins, 12)
    return a_period(begins, months_on(begins, months), Precision.QUARTER, "quarter")


@rule("yearspan", "n:YEAR4")
def _bare_year(context: Context, n: int) -> When | None:
    """A number is a year by itself when it is near enough to be one."""
    return _year(context, n) if 1800 <= n <= 2199 else None


@rule("yearspan", "THE? YEARWORD OF? n:year", "n:spokenyear", "THE? YEARWORD n:NUM2")
def _year(context: Context, n: int) -> When:
    n = year_of(n)
    return When(a_period(date(n, 1, 1), date(n + 1, 1, 1), Precision.YEAR, "year").readings, year=n, unit="year")


@rule("yearspan", "r:REL YEARWORD", "THE? YEARWORD r:REL", "THE YEARWORD")
def _relative_year(context: Context, r: str = "this") -> When | None:
    return calendar_unit(context, "year", _STEP[r])


@rule("decade", "THE? n:YEAR4 ~'? DECADEMARK", "THE? n:NUM2 ~'? DECADEMARK", "THE? n:DECADE")
def _decade(context: Context, n: int) -> When | None:
    n = year_of(n)
    return a_period(date(n, 1, 1), date(n + 10, 1, 1), Precision.YEAR, "decade") if n % 10 == 0 else None


@rule("month", "THE? m:MONTH ,|-|/|OF|IN? y:yearspan", "y:year -|/|,? m:MONTH", "m:MONTH ,? OF|' n:NUM2")
def _month_of_year(context: Context, m: int, y: When | int | None = None, n: int = 0) -> When:
    year = y if isinstance(y, int) else y.day.year if y else year_of(n)
    begins = date(year, m, 1)
    return When(
        a_period(begins, months_on(begins, 1), Precision.MONTH, "month").readings, month=m, year=year, unit="month"
    )


@rule("month", "THE? r:REL m:MONTH", "m:MONTH r:REL")
def _relative_month(context: Context, m: int, r: str) -> When:
    """Next May: two readings while this year's is still to come, for some mean the one after it."""
    today = context.today
    year = today.year + (m <= today.month) if r != "this" else today.year
    if r == "last":
        year = today.year - (m >= today.month)
    begins = date(year, m, 1)
    near = a_period(begins, months_on(begins, 1), Precision.MONTH, "month").readings
    if r == "next" and m > today.month:
        begins = months_on(begins, 12)
        far = a_period(begins, months_on(begins, 1), Precision.MONTH, "month").readings
        return When((*near, *far), month=m, unit="month")
    return When(near, month=m, year=year, unit="month")


@rule("month", "THE? m:MONTH", "THE m:MONTH")
def _month(context: Context, m: int) -> When:
    today = context.today
    begins = date(today.year + (m < today.month), m, 1)
    return When(a_period(begins, months_on(begins, 1), Precision.MONTH, "month").readings, month=m, unit="month")


@rule("month", "y:YEAR4 ~-|/ ~n:NUM2", "y:YEAR4 ~-|/ ~n:NUM", "n:NUM2 ~-|/ ~y:YEAR4")
def _digits(context: Context, y: int, n: int) -> When | None:
    return _month_of_year(context, n, y) if 1 <= n <= 12 else None


@rule("season", "THE? r:REL s:SEASON", "THE? s:SEASON r:REL", "THE? s:SEASON OF? y:yearspan", "THE? s:SEASON")
def _season(context: Context, s: int, r: str = "", y: When | None = None) -> When:
    """Seasons are those of the northern half: spring begins in March."""
    year = y.day.year if y else context.today.year
    begins = date(year, 3 + 3 * s, 1)
    if y is None:
        if months_on(begins, 3) <= context.today and r != "this":
            begins = months_on(begins, 12)
        if r == "last":
            begins = months_on(begins, -12)
    return a_period(begins, months_on(begins, 3), Precision.MONTH, "season")


@rule(
    "several",
    "THE? r:REL length:length",
    "THE n:amount r:REL u:UNIT",
    "THE length:length r:REL",
    "THE? n:vagueamount r:REL u:UNIT",
    "THE? r:REL n:vagueamount u:UNIT",
)
def _several(context: Context, r: str, length: Length | None = None, n: float = 0, u: str = "") -> When | None:
    length = length or length_of(n, u)
    if length is None or r in ("this", "afternext"):
        return None
    return counted(context, length, 1 if r in ("next", "coming") else -1)


@rule("several", "THE? r:REL u:UNIT")
def _relative_hour(context: Context, r: str, u: str) -> When | None:
    length = length_of(1, u) if u in ("hour", "minute", "second") and r != "this" else None
    return counted(context, length, -1 if r == "last" else 1) if length else None


@rule("weekof", "THE? n:ordinal|EDGELAST c:int? u:UNIT OF|IN? w:month|unitspan|yearspan|relyear")
def _nth_week(context: Context, n: int, u: str, w: When, c: int = 1) -> When | None:
    """The first week of May: of its days from the 1st on, full weeks counted by the week's first day of that locale."""
    reading = w.readings[0]
    if reading.ends is None:
        return None
    begins, ends = reading.begins.date(), reading.ends.date()
    if u == "week" and w.unit in ("month", "year"):
        # ISO 8601: the first week of a month or year is the one that has its first Thursday.
        first = week_of(begins + timedelta(days=3), 0)
        last = week_of(ends - timedelta(days=4), 0)
        monday = first + timedelta(days=7 * (n - 1)) if n > 0 else last - timedelta(days=7 * (c - 1))
        if not first <= monday <= last:
            return None
        return a_period(monday, monday + timedelta(days=7 * c), Precision.WEEK, "week")
    if u == "weekend":
        saturday = begins + timedelta(days=(5 - begins.weekday()) % 7 + 7 * (n - 1))
        if n == -1:
            saturday = (
                ends - timedelta(days=1 + (ends - timedelta(days=1)).weekday() - 5)
                if (ends - timedelta(days=1)).weekday() >= 5
                else coming(5, ends - timedelta(days=8))
            )
        return a_period(saturday, saturday + timedelta(days=2), Precision.WEEK, "weekend")
    if u == "month" and w.unit in ("year", "quarter"):
        start = months_on(begins, n - 1) if n > 0 else months_on(ends, -c)
        return a_period(start, months_on(start, c), Precision.MONTH, "month")
    if u == "day" and c > 1:
        start = begins + timedelta(days=n - 1) if n > 0 else ends - timedelta(days=c)
        return a_period(start, start + timedelta(days=c), Precision.DAY, "day")
    return None


@rule("whole", "p:week", "p:weekof", "p:unitspan", "p:month", "p:season", "p:decade", "p:yearspan")
def _whole(context: Context, p: When) -> When:
    return p


def edge_of(context: Context, period: When, edge: str) -> When:
    """The beginning, middle, end or rest of a period."""
    found = []
    for reading in period.readings:
        begins, ends = reading.begins, reading.ends
        if ends is None:
            continue
        days = (ends - begins).days
        if edge == "rest":
            begins = max(begins, at(context.today))
            if begins >= ends:  # nothing is left of it
                continue
        elif period.unit == "week":  # of its working days two, one and two
            first, last = {"begin": (0, 2), "early": (0, 2), "mid": (2, 3)}.get(edge, (3, 5))
            monday = begins + timedelta(days=-begins.weekday() % 7)
            begins, ends = monday + timedelta(days=first), monday + timedelta(days=last)
        else:
            third = 10 if period.unit == "month" else max(1, days // 3 if days > 7 else days // 2)
            if edge in ("begin", "early"):
                ends = begins + timedelta(days=third)
            elif edge == "mid":
                begins, ends = begins + timedelta(days=third), begins + timedelta(days=2 * third)
            else:
                begins = begins + timedelta(days=2 * third)
        found.append(Reading(begins, ends, reading.precision, "", edge))
    return When(tuple(found), unit=period.unit)


@rule(
    "period",
    "THE? e:EDGE OF? p:whole",
    "THE? e:EDGE -? p:whole",
    "THE? e:EDGE OF? u:PERIODUNIT",
    "THE? u:PERIODEND",
    "THE? EARLY IN? p:whole",
    "THE? LATE IN? p:whole",
    "p:whole",
    "p:several",
)
def _edge(context: Context, p: When | None = None, e: str = "", u: str = "") -> When | None:
    if p is None:
        p = calendar_unit(context, u, 0)
        e = e or "end"
    return edge_of(context, p, e) if e and p else p


@rule("period", "THE? n:ordinal u:UNIT")
def _century(context: Context, n: int, u: str) -> When | None:
    """The 21st century: from 2001 on, strictly; people mean 2000."""
    if u != "century" or not 1 <= n <= 29:
        return None
    return a_period(date(max(1, (n - 1) * 100), 1, 1), date(n * 100, 1, 1), Precision.YEAR, "century")
