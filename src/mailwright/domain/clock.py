"""Time: microseconds since 1970 in UTC, as one integer, the same in both databases.

Called by everything that stamps or compares a moment. A column named `…_at` holds such an `Instant`.
"""

import time
from datetime import UTC, datetime
from typing import TypeAlias

Instant: TypeAlias = int

SECOND: Instant = 1_000_000
MINUTE: Instant = 60 * SECOND
HOUR: Instant = 60 * MINUTE
DAY: Instant = 24 * HOUR


def now() -> Instant:
    """This moment."""
    return time.time_ns() // 1000


def to_datetime(instant: Instant) -> datetime:
    """The aware UTC `datetime` of an instant."""
    return datetime.fromtimestamp(instant / SECOND, UTC)


def from_datetime(moment: datetime) -> Instant:
    """The instant of an aware `datetime`. Raises ValueError for a naive one, whose zone would be a guess."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return int(moment.timestamp() * SECOND)


def to_iso(instant: Instant) -> str:
    """RFC 3339 in UTC with milliseconds, e.g. `2026-03-01T09:30:00.000Z`."""
    return to_datetime(instant).isoformat(timespec="milliseconds").replace("+00:00", "Z")
