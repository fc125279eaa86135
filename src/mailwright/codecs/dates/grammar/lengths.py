"""Lengths of time: three days, an hour and a half, a fortnight. Makes: length, span (said with "for" or "within" too)."""

from __future__ import annotations

from dataclasses import replace

from mailwright.codecs.dates.meaning import Context, Length
from mailwright.codecs.dates.patterns import Rules

RULES = rule = Rules()

_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_DAYS = {"day": 1, "week": 7, "weekend": 7}
_MONTHS = {"month": 1, "quarter": 3, "year": 12, "decade": 120, "century": 1200}
_LONGEST = 12 * 1000


def length_of(amount: float, unit: str, *, vague: bool = False) -> Length | None:
    """That many of a unit; `unit` may have a number before it ("2 week"). None when it is longer than any plan."""
    times, _, name = unit.rpartition(" ")
    amount = amount * int(times or 1)
    if amount > _LONGEST * 1000:
        return None
    if name == "workday":
        return Length(workdays=round(amount), vague=vague, unit=name, count=amount)
    if name in _SECONDS:
        return Length(seconds=amount * _SECONDS[name], vague=vague, unit=name, count=amount)
    if name in _DAYS:
        days = amount * _DAYS[name]
        return Length(
            days=int(days),
            seconds=(days - int(days)) * 86400,
            vague=vague,
            unit=name if days == int(days) else "hour",
            count=amount,
        )
    months = amount * _MONTHS[name]
    if months > _LONGEST:
        return None
    return Length(months=int(months), days=round((months - int(months)) * 30), vague=vague, unit=name, count=amount)


def add(one: Length, other: Length) -> Length:
    """Both, one after the other."""
    return Length(
        one.months + other.months,
        one.days + other.days,
        one.seconds + other.seconds,
        one.workdays + other.workdays,
        one.vague or other.vague,
        other.unit,
        other.count,
    )


def seconds_of(length: Length) -> int:
    """About how long it is: months of 30 days, years of 365."""
    years, months = divmod(length.months, 12)
    return round((years * 365 + months * 30 + length.days + length.workdays) * 86400 + length.seconds)


@rule("onelength", "n:amount u:UNIT", "n:amount ~u:UNITLET", "n:amount - u:UNIT")
def _length(context: Context, n: float, u: str) -> Length | None:
    return length_of(n, u)


@rule("onelength", "n:vagueamount u:UNIT")
def _vague_length(context: Context, n: float, u: str) -> Length | None:
    return length_of(n, u, vague=True)


@rule("onelength", "text:LENGTH")
def _whole(context: Context, text: str) -> Length | None:
    number, _, unit = text.partition(" ")
    return length_of(float(number), unit)


@rule("onelength", "n:amount u:UNIT AND A? f:fraction", "HALF A u:UNIT", "A? HALF u:UNIT", "f:FRACTION A? u:UNIT")
def _with_half(context: Context, u: str, n: float = 0, f: float = 0.5) -> Length | None:
    return length_of(n + f, u)


@rule("length", "MORETHAN n:simplelength", "n:simplelength")
def _bounded(context: Context, n: Length) -> Length:
    return n


@rule(
    "simplelength", "a:onelength AND|,? b:onelength AND|,? c:onelength", "a:onelength AND|,? b:onelength", "a:onelength"
)
def _sum(context: Context, a: Length, b: Length | None = None, c: Length | None = None) -> Length | None:
    found = a
    for more in (b, c):
        if more is not None:
            if _order(more.unit) >= _order(found.unit):  # two hours, three days: two lengths, not one
                return None
            found = add(found, more)
    return replace(found, vague=found.vague)


def _order(unit: str) -> int:
    return (
        "second",
        "minute",
        "hour",
        "day",
        "workday",
        "weekend",
        "week",
        "month",
        "quarter",
        "year",
        "decade",
        "century",
    ).index(unit)
