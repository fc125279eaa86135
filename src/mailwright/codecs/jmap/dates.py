"""Dates of JMAP (RFC 8620 §1.4): RFC 3339 with capital letters, a fraction only when there is one; UTCDate ends in Z."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from mailwright.domain import clock
from mailwright.domain.clock import Instant

# RFC 8620 §1.4 wants no fraction that is zero; JavaScript's own toISOString writes ".000Z", so we read it.
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", re.ASCII)


def parse(text: object) -> Instant | None:
    """The instant of a Date; None when it is none."""
    found = _DATE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(each) for each in found.groups()[:6])
    leap = second == 60  # RFC 3339 §5.7: a leap second is written so
    zone = UTC if found[8] == "Z" else _zone(found[8])
    if zone is None or second > 60:
        return None
    try:
        moment = datetime(year, month, day, hour, minute, 59 if leap else second, tzinfo=zone)
        instant = clock.from_datetime(moment)
    except (ValueError, OverflowError, OSError):
        return None
    fraction = int((found[7] or "0")[:6].ljust(6, "0"))
    return instant + (clock.SECOND if leap else 0) + fraction


def parse_utc(text: object) -> Instant | None:
    """The instant of a UTCDate; None when it is none."""
    return parse(text) if isinstance(text, str) and text.endswith("Z") else None


def utc_text(instant: Instant) -> str:
    """A UTCDate, to the second: `2026-03-01T09:30:00Z`."""
    return clock.to_datetime(instant - instant % clock.SECOND).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def local_text(instant: Instant, minutes: int) -> str:
    """A Date in a zone that many minutes east of Greenwich: `2026-03-01T10:30:00+01:00`."""
    moment = clock.to_datetime(instant - instant % clock.SECOND).astimezone(timezone(timedelta(minutes=minutes)))
    return moment.isoformat(timespec="seconds").rjust(25, "0")


def _zone(text: str) -> timezone | None:
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:
        return None
    east = timedelta(hours=hours, minutes=minutes)
    return timezone(east if text[0] == "+" else -east)
