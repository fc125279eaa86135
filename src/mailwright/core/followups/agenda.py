"""The day's agenda: who is to be told what is due today, once a day.

Called by the concierge's scheduled workflow (`due`), and by the workflow that writes the mail (`claim`, `entries`).
Promises: a day is claimed once, however many schedulers look; a day that was missed is not made up; one without anything due is passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from mailwright.codecs.dates.moments import instant_of, wall_of
from mailwright.domain.clock import Instant
from mailwright.domain.followups import FollowupStatus
from mailwright.domain.zones import zone_of
from mailwright.storage import Tx, preferences
from mailwright.storage import followups as rows
from mailwright.storage.followups import Followup

MAX_ENTRIES = 200


@dataclass(frozen=True, slots=True)
class Agenda:
    """One person's day, like 2026-11-21."""

    user_id: str
    tenant_id: str
    day: str


def due(tx: Tx, now: Instant) -> list[Agenda]:
    """Whose time of the agenda has come today, and who was not told yet."""
    found = []
    for each in preferences.with_agenda(tx):
        zone = zone_of(each.time_zone)
        wall = wall_of(now, zone)
        day = wall.date().isoformat()
        if each.agenda_on < day and wall.hour * 60 + wall.minute >= each.agenda_at:
            found.append(Agenda(each.user_id, each.tenant_id, day))
    return found


def claim(tx: Tx, user_id: str, day: str) -> bool:
    """Tell this person of that day, in this transaction. False: that was done already."""
    return preferences.claim_agenda(tx, user_id, day)


def entries(tx: Tx, user_id: str, day: str) -> list[Followup]:
    """What is due by the end of that day, the next first; what is asked about is not among it."""
    zone = zone_of(preferences.of_user(tx, user_id).time_zone)
    tomorrow = datetime.combine(date.fromisoformat(day) + timedelta(days=1), time())
    until = instant_of(tomorrow, zone)[0]
    coming = rows.coming(tx, user_id, until=until, limit=MAX_ENTRIES)
    return [each for each in coming if each.status is FollowupStatus.PENDING]
