"""Days as they are written in a search: 2026-05-17, 2026-05, 2026, today, yesterday, 7d, 3w, 6m, 1y.

Called by `query`. Pure: the caller says what time it is, and where.
"""

import re
from datetime import datetime, timedelta

from mailwright.domain.clock import Instant, from_datetime

_WRITTEN = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?\Z")
_AGO = re.compile(r"(\d{1,4})([hdwmy])\Z")
_DAYS_OF = {"d": 1, "w": 7, "m": 30, "y": 365}  # a month and a year ago, as one says it


def stretch(text: str, now: datetime) -> tuple[Instant, Instant] | None:
    """From when to when `text` lasts, in the zone of `now`; an age like 7d is the moment so long ago, and the day it is in.

    None when it is no day.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if text in ("today", "yesterday"):
        start = midnight - timedelta(days=text == "yesterday")
        return _instants(start, start + timedelta(days=1))
    ago = _AGO.match(text)
    try:
        if ago:
            count, unit = int(ago[1]), ago[2]
            since = now - (timedelta(hours=count) if unit == "h" else timedelta(days=count * _DAYS_OF[unit]))
            return _instants(since, since + timedelta(days=1))
        written = _WRITTEN.match(text)
        if written is None:
            return None
        year, month, day = int(written[1]), int(written[2] or 1), int(written[3] or 1)
        start = midnight.replace(year=year, month=month, day=day)
        if written[3]:
            end = start + timedelta(days=1)
        elif written[2]:
            end = start.replace(year=year + month // 12, month=month % 12 + 1)
        else:
            end = start.replace(year=year + 1)
        return _instants(start, end)
    except (ValueError, OverflowError):  # the 31st of February, or a thousand years ago
        return None


def _instants(start: datetime, end: datetime) -> tuple[Instant, Instant]:
    return from_datetime(start), from_datetime(end)
