"""Quiet hours: when nobody is to be reminded. Pure.

Called by `scanning`. On the wall clock of the person: a night that loses or repeats an hour is as long as the clock says.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from mailwright.codecs.dates.moments import instant_of, wall_of
from mailwright.domain.clock import Instant

MINUTES_OF_DAY = 24 * 60


def next_allowed(at: Instant, zone: ZoneInfo, quiet_from: int | None, quiet_until: int | None) -> Instant:
    """`at`, or the end of the quiet hours it falls into. They begin and end at minutes after midnight; equal or missing, there are none.

    The minute they begin with is quiet, the one they end with is not.
    """
    if quiet_from is None or quiet_until is None or quiet_from == quiet_until:
        return at
    wall = wall_of(at, zone)
    minute = wall.hour * 60 + wall.minute
    if quiet_from < quiet_until:
        quiet, days = quiet_from <= minute < quiet_until, 0
    else:  # over midnight
        quiet, days = minute >= quiet_from or minute < quiet_until, int(minute >= quiet_from)
    if not quiet:
        return at
    end = datetime.combine(wall.date() + timedelta(days=days), time(quiet_until // 60, quiet_until % 60))
    return max(at, instant_of(end, zone, now=at)[0])
