"""Days: in which time zone the days of a person are counted, for what they may have written and send in a day.

Called by `making` and `room`. Promises: the zone is the one the person chose; one that they changed counts from a week after the change
before, since whoever moves from zone to zone has midnight every hour, and with it a new day's room.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mailwright.domain import clock
from mailwright.domain.clock import DAY, Instant
from mailwright.domain.zones import zone_of
from mailwright.storage import Tx, preferences, scribes

SETTLED: Instant = 7 * DAY


def zone(tx: Tx, user_id: str, now: Instant) -> ZoneInfo:
    """The person's, as it counts now."""
    return zone_of(_name(tx, user_id, now))


def keep(tx: Tx, user_id: str, now: Instant) -> None:
    """From now on it counts as it does. Wherever something is counted that stays."""
    known, _ = scribes.zone_of(tx, user_id)
    name = _name(tx, user_id, now)
    if name != known:
        scribes.set_zone(tx, user_id, name, now if known else 0, now)


def bounds(day: date, among: ZoneInfo) -> tuple[Instant, Instant]:
    """When a day begins, and when it ends."""
    begins, ends = (
        clock.from_datetime(datetime.combine(each, time(), among)) for each in (day, day + timedelta(days=1))
    )
    return begins, ends


def today(among: ZoneInfo, now: Instant) -> date:
    """Which day it is."""
    return clock.to_datetime(now).astimezone(among).date()


def _name(tx: Tx, user_id: str, now: Instant) -> str:
    chosen = preferences.of_user(tx, user_id).time_zone
    known, changed_at = scribes.zone_of(tx, user_id)
    return known if known and now < changed_at + SETTLED else chosen
