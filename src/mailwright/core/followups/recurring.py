"""Recurring: the next time of a follow-up that comes again.

Called by `changing`. Reckons on the wall-clock time of the follow-up's zone, so that nine o'clock stays nine o'clock; how is
`codecs.dates.moments`'s to know.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from mailwright.codecs.dates import habits_of
from mailwright.codecs.dates.moments import next_time
from mailwright.domain.clock import Instant
from mailwright.storage import Tx, preferences
from mailwright.storage.followups import Followup


def next_time_of(tx: Tx, known: Followup, *, after: Instant) -> Instant | None:
    """The first time of its rule that is later than `after`; None when there is none any more."""
    habits = habits_of(preferences.of_user(tx, known.user_id).locale, known.language)
    return next_time(known.rule, datetime.fromisoformat(known.starts), after, ZoneInfo(known.zone), habits)
