"""Numbers, days of the month, years and amounts. Makes: int, ordinal, dom, year, amount, vagueamount."""

from __future__ import annotations

from mailwright.codecs.dates.calendars import FIRST_YEAR, LAST_YEAR
from mailwright.codecs.dates.meaning import Context
from mailwright.codecs.dates.patterns import Rules

RULES = rule = Rules()


@rule("int", "n:NUM", "n:NUMBER")
def _whole(context: Context, n: float) -> int | None:
    return int(n) if n == int(n) else None


@rule("ordinal", "n:ORDINAL")
def _ordinal(context: Context, n: int) -> int:
    return n


@rule("dom", "n:ORDINAL", "n:int")
def _day_of_month(context: Context, n: int) -> int | None:
    return n if 1 <= n <= 31 else None


@rule("year", "n:YEAR4")
def _year(context: Context, n: int) -> int | None:
    return n if 1500 <= n <= 2199 else None


@rule("year", "n:spokenyear")
def _spoken_year(context: Context, n: int) -> int:
    """A language may say its years in words: it makes this category."""
    return n


@rule("year", "' ~n:NUM2")
def _short_year(context: Context, n: int) -> int:
    return year_of(n)


@rule("amount", "n:DECIMAL", "n:int", "n:NUMBER")
def _amount(context: Context, n: float) -> float:
    return n


@rule("amount", "n:int AND A? h:fraction", "n:int ~h:FRACTION")
def _and_a_half(context: Context, n: float, h: float) -> float:
    return n + h


@rule("amount", "h:FRACTION")
def _fraction_alone(context: Context, h: float) -> float:
    return h


@rule("amount", "A")
def _one(context: Context) -> float:
    return 1


@rule("fraction", "HALF", "h:FRACTION", "q:QUARTER")
def _fraction(context: Context, h: float = 0.5, q: int = 0) -> float:
    return q / 60 if q else h


@rule("vagueamount", "THE|A? n:COUNT OF?")
def _vague_amount(context: Context, n: float) -> float:
    return n


def year_of(number: int) -> int:
    """The year that two digits mean: up to 49 of this century, else of the last."""
    if FIRST_YEAR <= number <= LAST_YEAR:
        return number
    if number >= 100:
        raise ValueError("not a year")
    return number + (2000 if number < 50 else 1900)
