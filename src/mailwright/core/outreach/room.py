"""Room: on which day an outreach mail may go, by what its owner sends already that day, in all and to one domain.

Called by `sending`, inside its transaction and under its owner's lock. A day is the owner's, in their time zone.
Promises: no day gets more than the limits; what finds no room is planned for the next day that has some, in the morning, a little after
what is planned there before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from mailwright.core import Core
from mailwright.core.outreach import days
from mailwright.domain import clock
from mailwright.domain.clock import MINUTE, Instant
from mailwright.domain.refusals import BadInput, TooManyRequests
from mailwright.storage import Tx, outreachsending

MORNING = time(9)
APART = MINUTE  # between two that are planned: no mail server likes fifty at once
MAX_DAYS = 366  # ahead


@dataclass(frozen=True, slots=True)
class Place:
    """When it goes, and why not when it was wanted (empty: it does)."""

    at: Instant
    because: str = ""


def find(tx: Tx, core: Core, user_id: str, domain: str, wanted: Instant | None = None) -> Place:
    """The first moment from `wanted` (None: now) at which there is room. Raises BadInput, TooManyRequests."""
    now = clock.now()
    if wanted is not None and wanted > now + MAX_DAYS * clock.DAY:
        raise BadInput(f"it can be planned for {MAX_DAYS} days ahead")
    start = max(now, wanted or 0)
    limits = core.settings.outreach
    zone = days.zone(tx, user_id, now)
    first = days.today(zone, start)
    because = ""
    for ahead in range(MAX_DAYS):
        day = first + timedelta(days=ahead)
        begins, ends = days.bounds(day, zone)
        going = outreachsending.going_between(tx, user_id, begins, ends)
        total = sum(going.values())
        if total < limits.sends_per_day and going.get(domain, 0) < limits.domain_per_day:
            if not ahead:
                return Place(start)
            at = clock.from_datetime(datetime.combine(day, MORNING, zone)) + total * APART
            return Place(min(at, ends - 1), f"{because}: it goes on {_said(day)}")
        if not because:
            whole = total >= limits.sends_per_day
            count, to = (limits.sends_per_day, "") if whole else (limits.domain_per_day, f" to {domain}")
            because = (
                f"{count} mail{'' if count == 1 else 's'}{to} on {_said(day)} are all that one person may send in a day"
            )
    raise TooManyRequests("every day of the next year is full of outreach already")


def left_today(tx: Tx, core: Core, user_id: str) -> int:
    """How many more a person may send today."""
    now = clock.now()
    zone = days.zone(tx, user_id, now)
    begins, ends = days.bounds(days.today(zone, now), zone)
    going = outreachsending.going_between(tx, user_id, begins, ends)
    return max(core.settings.outreach.sends_per_day - sum(going.values()), 0)


def _said(day: date) -> str:
    return day.isoformat()
