"""Arithmetic of the calendar: weekdays, months, Easter, working days.

Called by the grammar of dates. Plain dates in, plain dates out; raises `ValueError` or `OverflowError` where no such day exists
(31 February, the year 12000), which the grammar takes as "no reading".
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Set
from datetime import date, timedelta

FIRST_YEAR = 1000
LAST_YEAR = 2999


def coming(weekday: int, today: date) -> date:
    """The next such weekday after today: never today itself, for who means today says so."""
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def gone(weekday: int, today: date) -> date:
    """The last such weekday before today."""
    return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)


def week_of(day: date, first_weekday: int) -> date:
    """The first day of the week that `day` is in."""
    return day - timedelta(days=(day.weekday() - first_weekday) % 7)


def nth_weekday(year: int, month: int, weekday: int, n: int) -> date:
    """The n-th such weekday of a month; -1 is the last. Raises ValueError when the month has no fifth."""
    if n < 0:
        last = date(year, month, monthrange(year, month)[1])
        return last - timedelta(days=(last.weekday() - weekday) % 7 + 7 * (-n - 1))
    first = date(year, month, 1)
    found = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))
    if found.month != month:
        raise ValueError("the month has no such weekday")
    return found


def months_on(day: date, months: int) -> date:
    """That many months later (or earlier); the 31st becomes the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def working_days_on(day: date, days: int, weekend: Set[int]) -> date:
    """That many working days later (or earlier). A week without a working day counts every day."""
    if len(weekend) >= 7:
        return day + timedelta(days=days)
    step = timedelta(days=1 if days > 0 else -1)
    while day.weekday() in weekend:  # counted from a free day, the first working day is the first
        day -= step
    weeks, rest = divmod(abs(days), 7 - len(weekend))
    found = day + step * 7 * weeks
    while rest:
        found += step
        if found.weekday() not in weekend:
            rest -= 1
    return found


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar: Gauss's rule with the corrections of Lichtenberg."""
    golden = year % 19
    century = year // 100
    moon = 15 + (3 * century + 3) // 4 - (8 * century + 13) // 25
    sun = 2 - (3 * century + 3) // 4
    shift = (19 * golden + moon) % 30
    corrected = shift - (shift + golden // 11) // 29
    border = 21 + corrected
    sunday = 7 - (year + year // 4 + sun) % 7
    return date(year, 3, 1) + timedelta(days=border + 7 - (border - sunday) % 7 - 1)


def holiday(rule: str, year: int) -> date:
    """The day of a holiday in that year. `rule` is "12-25", "easter+50", or "11-4th-3" (the fourth Thursday of
    November; "5--1th-0" the last Monday of May), with days added behind a plus."""
    if rule.startswith("easter"):
        return easter(year) + timedelta(days=int(rule[6:] or 0))
    month, _, day = rule.partition("-")
    day, _, later = day.partition("+")
    if "th-" in day:
        n, _, weekday = day.partition("th-")
        return nth_weekday(year, int(month), int(weekday), int(n)) + timedelta(days=int(later or 0))
    return date(year, int(month), int(day))
