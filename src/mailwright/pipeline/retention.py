"""Retention of the engine's own rows: finished workflows, handled events, old dead letters. (Mail is core's to expire.)

Called nightly by app.py's schedule, and by the tests. Each piece is its own small transaction: nobody waits behind the janitor.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.domain.clock import DAY, now
from mailwright.pipeline.flows import Flows
from mailwright.storage import dead_letters, events
from mailwright.storage.database import Database

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
    gone = 0
    while count := await database.write(lambda tx: events.purge(tx, moment - int(event_days * DAY))):
        gone += count
    letters = await database.write(lambda tx: dead_letters.purge(tx, moment - int(dead_letter_days * DAY)))
    workflows = await flows.purge(moment - int(workflow_days * DAY))
    return Purged(gone, workflows, letters)
