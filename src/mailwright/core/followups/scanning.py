"""Scanning: what is due now. Every minute, by any number of schedulers.

Called by the concierge's scheduled workflow, which hands off what it gets here.
Promises: each occurrence is taken by one of them only, the longest due first; hours without a scheduler delay and drop nothing; what was
taken and not begun (its process died before it was handed off) is given out again after `PATIENCE`; nobody's broken row holds up others.
Does not: remind anybody.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from prometheus_client import Gauge, Histogram

from mailwright.core import Core
from mailwright.core.followups import changing
from mailwright.core.followups.quiet import next_allowed
from mailwright.domain import clock
from mailwright.domain.clock import MINUTE, Instant
from mailwright.domain.followups import FollowupStatus
from mailwright.storage import Tx, preferences, tasks
from mailwright.storage import followups as rows
from mailwright.storage.followups import Followup, Standing
from mailwright.storage.preferences import Preferences

log = structlog.get_logger(__name__)

BATCH = 200  # in one transaction: the scan of a busy minute must not hold up deliveries
PATIENCE: Instant = 5 * MINUTE
MOST_AGAIN = 1_000  # given out again in one scan; the next is a minute away
MOST_QUESTIONS = 1_000

due_lag_seconds = Histogram(
    "mailwright_followups_due_lag_seconds",
    "From when a follow-up was due to when it was taken",
    buckets=(1, 5, 15, 30, 60, 90, 120, 300, 900, 3600, 4 * 3600, 24 * 3600),
)
_standing = Gauge("mailwright_followups", "Follow-ups that are not at their end", ["status"])
_overdue = Gauge("mailwright_followups_overdue_seconds", "How long the longest due follow-up waits to be taken")


@dataclass(frozen=True, slots=True)
class _Taken:
    due: tuple[Followup, ...]
    put_off: int


async def take_due(core: Core, now: Instant) -> list[Followup]:
    """Everything whose time has come by `now`, each as it stands after it was taken: due. Raises TryLater."""
    return [each async for batch in batches_due(core, now) for each in batch]


async def batches_due(core: Core, now: Instant) -> AsyncIterator[list[Followup]]:
    """`take_due` in batches, for who hands each off before the next is taken. Raises TryLater."""
    await core.write(partial(_keep_times, core=core, now=now))
    while True:
        taken = await core.write(partial(_take, now=now))
        if not taken.due and not taken.put_off:
            return
        for each in taken.due:
            due_lag_seconds.observe(max(now - (each.due_at or now), 0) / clock.SECOND)
        if taken.due:
            yield list(taken.due)


async def questions_due(core: Core, now: Instant) -> list[Followup]:
    """Those whose question is to be put again, or is over. They stay as they are until that is done, and are found again until then."""
    return await core.read(lambda tx: rows.questions_due(tx, now, MOST_QUESTIONS))


async def not_begun(core: Core, now: Instant) -> list[Followup]:
    """Those that were taken more than `PATIENCE` ago and that nobody works on; each again after as long. Raises TryLater."""
    return await core.write(partial(_again, now=now))


async def measure(core: Core) -> None:
    """Bring the gauges up to date. Raises TryLater."""
    now = clock.now()
    publish(await core.read(lambda tx: rows.standing(tx, now)), now)


def publish(found: Standing, now: Instant) -> None:
    """Show where the open ones stand."""
    for status in FollowupStatus:
        if status not in changing.ENDS:
            _standing.labels(status.value).set(found.counts.get(status, 0))
    _overdue.set(0 if found.longest_due_at is None else max(now - found.longest_due_at, 0) / clock.SECOND)


def _keep_times(tx: Tx, core: Core, now: Instant) -> None:
    """Those whose owners were asked for another time and that had one: nobody waits for an answer beyond it."""
    for each in rows.questions_with_time(tx, now, MOST_QUESTIONS):
        changing.keep_time(tx, core, each, now)


def _take(tx: Tx, now: Instant) -> _Taken:
    known: dict[str, Preferences] = {}
    due, put_off = [], 0
    for each in rows.due(tx, now, BATCH):
        if each.user_id not in known:
            known[each.user_id] = preferences.of_user(tx, each.user_id)
        allowed = _allowed(now, known[each.user_id], each)
        if allowed > now:
            changing.put_off(tx, each, allowed, "these are quiet hours")
            put_off += 1
        else:
            due.append(each)
    return _Taken(tuple(changing.take(tx, due)), put_off)


def _allowed(now: Instant, wanted: Preferences, each: Followup) -> Instant:
    if wanted.quiet_from is None:
        return now
    try:
        return next_allowed(now, ZoneInfo(wanted.time_zone), wanted.quiet_from, wanted.quiet_until)
    except (ValueError, OSError, KeyError):  # a zone that there is no more: one is rather reminded than not
        log.warning("followups.no_quiet_hours", followup_id=each.id, user_id=each.user_id)
        return now


def _again(tx: Tx, now: Instant) -> list[Followup]:
    found = rows.not_begun(tx, now - PATIENCE, MOST_AGAIN)
    tasks.touch(tx, [each.id for each in found], now)
    return found
