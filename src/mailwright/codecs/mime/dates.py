"""The Date field: from RFC 5322's form and its many misspellings to an instant.

Called by `header`. Promises: an `Instant` or None; never raises; linear time.
Kind to: missing seconds and zones, obsolete zones and two-digit years (RFC 5322 §4.3), `asctime` order, ISO 8601, dashes.
"""

import re
from datetime import date, datetime

from mailwright.domain.clock import SECOND, Instant

MAX_DATE_CHARACTERS = 200  # a longer value is not a date
EARLIEST_YEAR = 1900  # RFC 5322 §3.3: "the year is any numeric year 1900 or later"
LATEST_YEAR = 9998  # the last that is a legal `datetime` in every zone

_EPOCH = date(1970, 1, 1).toordinal()
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
# RFC 5322 §4.3: the North American zones mean what they say; every other name, the military letters included, is UTC.
_ZONES = {"edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7, "pdt": -7, "pst": -8}

_USUAL = re.compile(
    r"(?:[A-Za-z]{2,9}[.,]?\s*,?\s*)?(\d{1,2})[\s.-]+([A-Za-z]{3})[A-Za-z]{0,6}[\s.,-]+(\d{2,4})[,\s]\s*"
    r"(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2}))?(?:[.,]\d{1,9})?\s*(?:GMT|UTC?)?([+-]\d{1,2}:?\d{2}|[A-Za-z]{1,5})?"
)
_ASCTIME = re.compile(
    r"(?:[A-Za-z]{3,9}[.,]?\s+)?([A-Za-z]{3})[A-Za-z]{0,6}\.?\s+(\d{1,2}),?\s+(?:(\d{4})\s+)?"
    r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s+([+-]\d{4}|[A-Za-z]{1,5}))?(?:\s+(\d{4}))?(?:\s+([+-]\d{4}))?"
)
_COMMENT = re.compile(r"\([^()]*\)")


def parse(text: str) -> Instant | None:
    """The instant `text` names, or None when it names none."""
    found = parse_zoned(text)
    return None if found is None else found[0]


def parse_zoned(text: str) -> tuple[Instant, int] | None:
    """The instant and the zone it was written in, in seconds east of UTC."""
    text = text.strip()
    if len(text) > MAX_DATE_CHARACTERS:
        return None
    found = _USUAL.match(text)
    if found is None and "(" in text:
        text = _COMMENT.sub(" ", text).strip()
        found = _USUAL.match(text)
    if found is not None:
        day, month, year, hour, minute, second, zone = found.groups()
        return _instant(year, _MONTHS.get(month.lower()), day, hour, minute, second, zone)
    found = _ASCTIME.match(text)
    if found is not None:
        month, day, early, hour, minute, second, zone, late, last = found.groups()
        return _instant(early or late, _MONTHS.get(month.lower()), day, hour, minute, second, last or zone)
    return _iso(text)


def parse_iso(text: str) -> Instant | None:
    """The instant of an ISO 8601 moment, or None; one without a zone is UTC."""
    found = _iso(text)
    return None if found is None else found[0]


def _iso(text: str) -> tuple[Instant, int] | None:
    try:
        moment = datetime.fromisoformat(text)
        days = moment.toordinal() - _EPOCH
        offset = moment.utcoffset()
    except (ValueError, OverflowError):
        return None
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        return None
    seconds = days * 86400 + moment.hour * 3600 + moment.minute * 60 + moment.second
    east = int(offset.total_seconds()) if offset else 0
    return (seconds - east) * SECOND + moment.microsecond, east


def _instant(
    year: str | None, month: int | None, day: str, hour: str, minute: str, second: str | None, zone: str | None
) -> tuple[Instant, int] | None:
    if year is None or month is None:
        return None
    full = int(year)
    if len(year) == 2:
        full += 2000 if full < 50 else 1900  # RFC 5322 §4.3
    elif len(year) == 3:
        full += 1900
    hours, minutes, seconds = int(hour), int(minute), min(int(second or 0), 59)  # a leap second is shown as :59
    if not EARLIEST_YEAR <= full <= LATEST_YEAR or hours > 24 or minutes > 59:
        return None
    try:
        days = date(full, month, int(day)).toordinal() - _EPOCH
    except ValueError:
        return None
    east = _offset(zone)
    return (days * 86400 + hours * 3600 + minutes * 60 + seconds - east) * SECOND, east


def _offset(zone: str | None) -> int:
    """Seconds east of UTC."""
    if not zone:
        return 0
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "").rjust(4, "0")
        east = int(digits[:2]) * 3600 + int(digits[2:]) * 60
        if east >= 86400:
            return 0  # no such zone
        return east if zone[0] == "+" else -east
    return _ZONES.get(zone.lower(), 0) * 3600
