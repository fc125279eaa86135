"""Retention of the engine's own rows: finished workflows, handled events, old dead letters. (Mail is core's to expire.)

Called nightly by app.py's schedule, and by the tests. Each piece is its own small transaction: nobody waits behind the janitor.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from mailwright.domain import serving
from mailwright.domain.clock import DAY, Instant, now
from mailwright.domain.events import STREAMS
from mailwright.pipeline.flows import Flows
from mailwright.storage import dead_letters, events, status
from mailwright.storage.database import Database, Tx

log = structlog.get_logger(__name__)

EVENT_DAYS = 14
WORKFLOW_DAYS = 30
DEAD_LETTER_DAYS = 90


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows went."""

    events: int
    workflows: int
    dead_letters: int


async def purge(
    database: Database,
    flows: Flows,
    *,
    event_days: float = EVENT_DAYS,
    workflow_days: float = WORKFLOW_DAYS,
    dead_letter_days: float = DEAD_LETTER_DAYS,
) -> Purged:
    """Delete what is older than so many days and no longer needed. Raises TryLater; what was deleted by then stays deleted."""
    moment = now()
    kept_since = moment - int(event_days * DAY)
    await database.write(lambda tx: _forget_groups(tx, kept_since))
    gone = 0
    while count := await database.write(lambda tx: events.purge(tx, kept_since)):
        gone += count
    letters = await database.write(lambda tx: dead_letters.purge(tx, moment - int(dead_letter_days * DAY)))
    workflows = await flows.purge(moment - int(workflow_days * DAY))
    return Purged(gone, workflows, letters)


def _forget_groups(tx: Tx, before: Instant) -> None:
    """Forget the groups that this version does not have, once they have handled nothing for as long as events are kept: until then an
    older process may be theirs, or a newer one that was taken back for a while. Where they stand the log would be kept for ever, and with
    it the streams.
    """
    for stream, group in status.groups(tx):
        if serving.GROUPS.get(group) != stream:
            oldest = (
                events.lag(tx, stream, group).oldest_at if stream in STREAMS else events.stands_since(tx, stream, group)
            )
            if oldest is not None and oldest < before:
                events.forget_group(tx, stream, group)
                log.warning("retention.group_forgotten", stream=stream, group=group)
