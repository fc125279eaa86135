"""Dates named in a text, resolved where they leave no doubt, and said to be open where they do.

Called by the rules model's work. Expects the moment and the time zone of the message: "tomorrow" is the day after it was
written. Promises: a date that could be read two ways is given with both readings.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from mailwright.agents.models.rules import texts
from mailwright.agents.models.rules.dates_table import MONTHS, RELATIVE, UNITS, WEEKDAYS
from mailwright.domain import clock
from mailwright.domain.clock import Instant
from mailwright.domain.zones import zone_of

MAX_FOUND = 30
MAX_TEXT = 100_000

_MONTH = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
_WEEKDAY = "|".join(sorted(map(re.escape, WEEKDAYS), key=len, reverse=True))
_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
_RELATIVE = "|".join(sorted(map(re.escape, RELATIVE), key=len, reverse=True))
_ORDINAL = r"(?:st|nd|rd|th|\.|º|er)?"
_PATTERN = re.compile(
    rf"(?<![\w./-])(?:(?P<iso>(?P<iy>\d{{4}})-(?P<im>\d{{1,2}})-(?P<id>\d{{1,2}}))(?![\d-])"
    rf"|(?P<dmy>(?P<d1>\d{{1,2}}){_ORDINAL}\s+(?:of\s+|de\s+|di\s+)?(?P<m1>{_MONTH})\b\.?(?:,?\s+(?:de\s+|del\s+)?(?P<y1>\d{{4}}))?)"
    rf"|(?P<mdy>(?P<m2>{_MONTH})\b\.?\s+(?P<d2>\d{{1,2}}){_ORDINAL}(?!\d)(?:,?\s+(?P<y2>\d{{4}}))?)"
    r"|(?P<dotted>(?P<d3>\d{1,2})\.(?P<m3>\d{1,2})\.(?P<y3>\d{4}|\d{2})(?!\d))"
    r"|(?P<slashed>(?P<a4>\d{1,2})/(?P<b4>\d{1,2})/(?P<y4>\d{4}|\d{2})(?!\d))"
    rf"|(?P<soon>in\s+(?P<n>\d{{1,3}})\s+(?P<unit>{_UNIT})\b)"
    rf"|(?P<weekday>(?P<which>next|this|coming|on|by|until|nächste[nrs]?|naechste[nrs]?|diese[nrs]?|kommende[nrs]?|am|bis|prochain|"
    rf"ce|le|el|próximo|este)\s+(?P<day>{_WEEKDAY})\b(?P<after>\s+prochaine?)?)"
    rf"|(?P<relative>(?:{_RELATIVE})\b))",
    re.IGNORECASE,
)
_OPEN = frozenset(["next", "nächste", "naechste", "prochain", "próximo"])


@dataclass(frozen=True, slots=True)
class Named:
    """A date as written, the day or days it can mean, and what is to be said about it."""

    phrase: str
    days: tuple[date, ...]
    note: str = ""

    def __str__(self) -> str:
        when = " or ".join(f"{day.isoformat()} ({_DAYS[day.weekday()]})" for day in self.days)
        text = self.phrase if self.phrase == self.days[0].isoformat() else f"“{self.phrase}”: {when}"
        if self.phrase == self.days[0].isoformat():
            text = when
        return f"{text}, {self.note}" if self.note else text


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def find(text: str, *, sent_at: Instant, time_zone: str = "UTC") -> list[Named]:
    """The dates named in a text, each once, in its order."""
    today = clock.to_datetime(sent_at).astimezone(zone_of(time_zone)).date()
    found: dict[str, Named] = {}
    for piece in texts.pieces(text[:MAX_TEXT]):
        for match in _PATTERN.finditer(piece):
            named = _resolve(match, today)
            if named is not None:
                found.setdefault(named.phrase.casefold(), named)
            if len(found) >= MAX_FOUND:
                return list(found.values())
    return list(found.values())


def _resolve(match: re.Match[str], today: date) -> Named | None:
    phrase = " ".join(match[0].split()).rstrip(".,")
    if match["iso"]:
        return _exact(phrase, int(match["iy"]), int(match["im"]), int(match["id"]))
    if match["dmy"]:
        return _with_month(phrase, match["d1"], match["m1"], match["y1"], today)
    if match["mdy"]:
        return _with_month(phrase, match["d2"], match["m2"], match["y2"], today)
    if match["dotted"]:
        return _exact(phrase, _year(match["y3"]), int(match["m3"]), int(match["d3"]))
    if match["slashed"]:
        return _slashed(phrase, int(match["a4"]), int(match["b4"]), _year(match["y4"]))
    if match["soon"]:
        return _later(phrase, int(match["n"]), UNITS[match["unit"].casefold()], today)
    if match["weekday"]:
        return _weekday(phrase, match["which"].casefold(), WEEKDAYS[match["day"].casefold()], today)
    return _relative(phrase, RELATIVE[match["relative"].casefold()], today)


def _exact(phrase: str, year: int, month: int, day: int, note: str = "") -> Named | None:
    try:
        return Named(phrase, (date(year, month, day),), note)
    except ValueError:
        return None


def _with_month(phrase: str, day: str, month: str, year: str | None, today: date) -> Named | None:
    number = MONTHS[month.casefold()]
    if year is not None:
        return _exact(phrase, int(year), number, int(day))
    for candidate in (today.year, today.year + 1, today.year + 2, today.year + 3, today.year + 4):
        named = _exact(phrase, candidate, number, int(day), "no year was given, this is the next one")
        if named is not None and named.days[0] >= today:
            return named
    return None


def _slashed(phrase: str, first: int, second: int, year: int) -> Named | None:
    british, american = _exact(phrase, year, second, first), _exact(phrase, year, first, second)
    if british and american and british.days != american.days:
        return Named(phrase, (british.days[0], american.days[0]), "day and month could be either")
    return british or american


def _later(phrase: str, count: int, unit: str, today: date) -> Named | None:
    if unit == "month":
        months = today.month - 1 + count
        year, month = today.year + months // 12, months % 12 + 1
        return Named(phrase, (date(year, month, min(today.day, monthrange(year, month)[1])),)) if year < 9000 else None
    return (
        Named(phrase, (today + timedelta(days=count * {"day": 1, "week": 7, "year": 365}[unit]),))
        if unit != "year"
        else None
    )


def _weekday(phrase: str, which: str, weekday: int, today: date) -> Named:
    ahead = (weekday - today.weekday()) % 7
    coming = today + timedelta(days=ahead)
    if any(which.startswith(word) for word in _OPEN):
        following = today - timedelta(days=today.weekday()) + timedelta(days=7 + weekday)
        if coming == today:
            coming = following
        if coming != following:
            return Named(phrase, (coming, following), "people mean either by that")
        return Named(phrase, (following,))
    if ahead == 0:
        return Named(phrase, (today, today + timedelta(days=7)), "it was written on that weekday")
    return Named(phrase, (coming,))


def _relative(phrase: str, meaning: str, today: date) -> Named:
    if meaning == "month-end":
        return Named(phrase, (date(today.year, today.month, monthrange(today.year, today.month)[1]),))
    if meaning == "year-end":
        return Named(phrase, (date(today.year, 12, 31),))
    return Named(phrase, (today + timedelta(days=int(meaning)),))


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)
