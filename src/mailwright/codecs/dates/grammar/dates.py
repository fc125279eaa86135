"""Dates with their day and month: 14 November 2026, 3/4, 2026-11-30. Makes: dated."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from mailwright.codecs.dates.grammar.numbers import year_of
from mailwright.codecs.dates.meaning import Context, When, a_day, one_day
from mailwright.codecs.dates.patterns import Rules
from mailwright.codecs.dates.tokens import Numeric

RULES = rule = Rules()

# A date without a year that was so lately may be a slip, or be told about: then both years are readings.
RECENT = timedelta(days=31)


def without_year(context: Context, month: int, dom: int) -> When:
    """14 November: the coming one; and the one that has just been, when it has."""
    days: list[date] = []
    for year in range(context.today.year, context.today.year + 9):  # 29 February may be eight years away
        try:
            day = date(year, month, dom)
        except ValueError:
            continue
        if day >= context.today:
            days.append(day)
            break
        if context.today - day <= RECENT:
            days.append(day)
    readings = tuple(one_day(day) for day in sorted(days, reverse=True))
    return When(readings, month=month, dom=dom)


@rule(
    "dated",
    "THE? d:dom THE? OF|-|/|.? m:MONTH OF|,|-|/|IN? y:year",
    "m:MONTH -|/? THE? d:dom ~,? OF|,|-|/|IN? y:year",
    "y:year -|/|,? m:MONTH -|/? d:dom",
    "m:MONTH -|/ y:year -|/ d:dom",
    "d:dom - y:year - m:MONTH",
    "y:year / d:dom / m:MONTH",
    "THE? d:dom OF? m:MONTH OF|'? y:NUM2",
    "d:dom ~- m:MONTH ~- ~y:NUM2",
)
def _full(context: Context, d: int, m: int, y: int) -> When:
    y = year_of(y)
    try:
        day = date(y, m, d)
    except ValueError:
        return When((), dom=d, month=m, year=y)
    return When((one_day(day),), dom=d, month=m, year=y)


@rule("dated", "THE? d:dom THE? OF|-|/|.? m:MONTH", "m:MONTH ,? -|/? THE? d:dom")
def _day_and_month(context: Context, d: int, m: int) -> When:
    return without_year(context, m, d)


@rule("dated", "THE? r:REL d:dom OF? m:MONTH", "THE? d:dom OF? m:MONTH r:REL")
def _relative_date(context: Context, d: int, m: int, r: str) -> When:
    if r == "last":
        gone_by = (date(context.today.year - back, m, d) for back in (0, 1))
        return When((one_day(next(day for day in gone_by if day < context.today)),), dom=d, month=m)
    return without_year(context, m, d)


@rule("dated", "<ON|UNTIL|BEFORE|AFTER|SINCE|FROM|BETWEEN|TO|AND|-|IN|REL|WEEKDAY n:NUMERIC", "REL n:NUMERIC")
def _numeric_behind(context: Context, n: Numeric) -> When | None:
    found = digits(context, n)
    return replace(found, unit="dash") if found and n.sign == "-" and len(n.numbers) == 2 else found


@rule("dated", "n:NUMERIC")
def _numeric_alone(context: Context, n: Numeric) -> When | None:
    """3.4 and 3-2 by themselves are a version and a score, where dates are not written so."""
    if len(n.numbers) == 2 and n.sign not in context.language.date_signs:
        return None
    return digits(context, n)


@rule("dated", "REL? n:NUMERIC , y:YEAR4")
def _numeric(context: Context, n: Numeric, y: int = 0) -> When | None:
    return digits(context, Numeric((*n.numbers, y), (*n.digits, 4), n.sign) if y else n)


@rule("dated", "n:PACKED", "y:YEAR4 m:NUM2 d:NUM2")
def _packed(context: Context, n: tuple[int, int, int] | None = None, y: int = 0, m: int = 0, d: int = 0) -> When:
    return a_day(date(*n) if n else date(y, m, d))


def digits(context: Context, n: Numeric) -> When | None:
    """3/4 and 3/4/26 in the order of the locale; the other order when that gives no date."""
    numbers = n.numbers
    first = context.habits.day_first
    if len(numbers) == 3 and n.digits[0] == 4:
        orders = [(numbers[0], numbers[1], numbers[2])]
    elif len(numbers) == 3:
        year = year_of(numbers[2])
        orders = [(year, numbers[1], numbers[0]), (year, numbers[0], numbers[1])]
    elif n.sign == "." and not first:
        orders = [(0, numbers[0], numbers[1]), (0, numbers[1], numbers[0])]
    else:
        orders = [(0, numbers[1], numbers[0]), (0, numbers[0], numbers[1])]
    if len(orders) == 2 and not first and not (len(numbers) == 2 and n.sign == "."):
        orders.reverse()
    for year, month, dom in orders:
        if 1 <= month <= 12 and 1 <= dom <= 31:
            found = _full(context, dom, month, year) if year else without_year(context, month, dom)
            if found.readings or len(orders) == 1:
                return found
    month, dom = orders[0][1:]
    return When((), month=month, dom=dom) if 1 <= month <= 12 and 1 <= dom <= 31 else None
