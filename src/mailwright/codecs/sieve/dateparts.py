"""Dates in scripts (RFC 5260): the moment a field names, and the parts of a moment in a time zone.

Called by the tests of the interpreter.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from mailwright.codecs.mime import dates
from mailwright.domain.clock import Instant, to_datetime

_ZONE = re.compile(r"([+-])([0-9]{2})([0-9]{2})", re.ASCII)
_LAST_ZONE = re.compile(r"[+-][0-9]{4}(?=[ \t]*(?:\([^()]*\)[ \t]*)?$)", re.ASCII)
_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_JULIAN_ZERO = datetime(1858, 11, 17, tzinfo=UTC).toordinal()  # RFC 5260 §4.2: the Modified Julian Day counts from here


def zone_of(text: str) -> tzinfo | None:
    """`+0100` as a time zone, or None."""
    found = _ZONE.fullmatch(text)
    if found is None:
        return None
    east = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-east if found[1] == "-" else east) if east < timedelta(days=1) else None


def moment_in(field: str) -> tuple[Instant, tzinfo] | None:
    """The date that makes up a field, or that stands after its last semicolon (RFC 5260 §4), with its own zone."""
    text = field.rpartition(";")[2].strip()
    instant = dates.parse(text)
    if instant is None:
        return None
    written = _LAST_ZONE.search(text)
    return instant, (zone_of(written[0]) if written else None) or UTC


def part_of(instant: Instant, zone: tzinfo, part: str) -> str | None:
    """One part of RFC 5260 §4.2 in that zone; None when it has no such part, or the calendar no such year."""
    try:
        at = to_datetime(instant).astimezone(zone)
    except (OverflowError, ValueError):
        return None
    weekday = at.isoweekday() % 7  # Sunday is 0
    match part.lower():
        case "year":
            return f"{at.year:04}"
        case "month":
            return f"{at.month:02}"
        case "day":
            return f"{at.day:02}"
        case "date":
            return f"{at:%Y-%m-%d}"
        case "julian":
            return str(at.toordinal() - _JULIAN_ZERO)
        case "hour":
            return f"{at.hour:02}"
        case "minute":
            return f"{at.minute:02}"
        case "second":
            return f"{at.second:02}"
        case "time":
            return f"{at:%H:%M:%S}"
        case "iso8601":
            # RFC 3339 §5.6, and RFC 5260 §4.2: an offset of zero is "Z".
            offset = _offset(at)
            shown = "Z" if offset == "+0000" else f"{offset[:3]}:{offset[3:]}"
            return f"{at:%Y-%m-%dT%H:%M:%S}{shown}"
        case "std11":
            day = f"{_DAYS[weekday]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04}"
            return f"{day} {at:%H:%M:%S} {_offset(at)}"
        case "zone":
            return _offset(at)
        case "weekday":
            return str(weekday)
    return None


def _offset(at: datetime) -> str:
    minutes = int((at.utcoffset() or timedelta()).total_seconds()) // 60
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return f"{sign}{minutes // 60:02}{minutes % 60:02}"
