"""The file for a calendar that goes with a confirmation: one short entry at the time of the reminder. Pure.

RFC 5545: a VEVENT that takes no time (TRANSP:TRANSPARENT) and that nobody is invited to (no METHOD, no ATTENDEE), so that opening it adds
it to one's own calendar and tells nobody.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mailwright.core.followups.making import NewFollowup
from mailwright.domain.clock import Instant, to_datetime

LENGTH = timedelta(minutes=15)
ZONE_TOLD = timedelta(days=10 * 366)  # how far ahead the changes of a zone's clocks are written out


def calendar_file(new: NewFollowup, task_id: str, hostname: str, now: Instant) -> bytes:
    """The file; empty when there is no time."""
    if new.due_at is None:
        return b""
    from icalendar import Calendar, Event, vRecur  # nothing at the start of a process needs it

    event = Event()
    event.add("uid", f"followup-{task_id}@{hostname}")
    event.add("dtstamp", to_datetime(now).replace(microsecond=0))
    begins = to_datetime(new.due_at).replace(microsecond=0)
    if new.rule:  # nine o'clock stays nine o'clock when the clocks change, and Monday is the Monday of the zone
        begins = begins.astimezone(ZoneInfo(new.zone))
    event.add("dtstart", begins)
    event.add("dtend", begins + LENGTH)
    event.add("summary", " ".join(new.what.split()))
    event.add("transp", "TRANSPARENT")
    if new.context or new.who:
        event.add("description", "\n".join(each for each in (new.who, new.context) if each))
    if new.rule:
        rule = vRecur.from_ical(new.rule)
        last = rule.get("UNTIL", [None])[0]
        if isinstance(last, date) and not isinstance(
            last, datetime
        ):  # RFC 5545 §3.3.10: where DTSTART has a time, this is in UTC
            rule["UNTIL"] = [datetime.combine(last, time(23, 59, 59), ZoneInfo(new.zone)).astimezone(UTC)]
        event.add("rrule", rule)
    calendar = Calendar()
    calendar.add("prodid", "-//Mailwright//Concierge//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    calendar.add_missing_timezones(first_date=begins.date(), last_date=begins.date() + ZONE_TOLD)
    return bytes(calendar.to_ical())
