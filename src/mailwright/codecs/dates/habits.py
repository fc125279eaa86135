"""Habits by locale: the first day of the week, the weekend, and whether 3/4 is the third of April. Facts of CLDR, by way of Babel.

Called wherever a person's locale becomes `Habits`. A locale nobody knows has the habits of its language.
"""

from __future__ import annotations

from functools import cache

from babel import Locale, UnknownLocaleError
from babel.dates import get_date_format

from mailwright.codecs.dates.words import Habits


@cache
def habits_of(locale: str, language: str) -> Habits:
    """The habits of a locale ("en-US", "de_AT"); where it names no country or is unknown, those of the language."""
    found = _locale(locale) or _locale(language)
    if found is None:
        return Habits()
    weekend = {found.weekend_start}
    while max(weekend) != found.weekend_end and len(weekend) < 6:
        weekend.add((max(weekend) + 1) % 7)
    pattern = get_date_format("short", locale=found).pattern
    return Habits(
        first_weekday=found.first_week_day,
        day_first=pattern.lower().find("d") < pattern.lower().find("m"),
        weekend=frozenset(weekend),
    )


def _locale(name: str) -> Locale | None:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (ValueError, UnknownLocaleError, TypeError):
        return None
