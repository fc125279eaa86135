"""Figures over time, for charts: what models cost and how quick they were, and the mail and tasks of each day.

Called by the administration pages. Promises: at most MAX_DAYS days, each of them there even when nothing happened, the last one today
(UTC); a figure that is not known any more is None and never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailwright.core import Core
from mailwright.domain.clock import DAY, Instant, now
from mailwright.storage import Tx
from mailwright.storage import figures as rows
from mailwright.storage.figures import ModelDay as ModelDay

MAX_DAYS = 90  # as long as the outbox remembers what it sent


@dataclass(frozen=True, slots=True)
class TrafficDay:
    """One day. `received` is None for days whose deliveries are forgotten; `waiting` is what has not left yet of that day's."""

    day: int
    received: int | None
    sent: int
    failed: int
    waiting: int
    tasks: Mapping[str, int]  # by what became of them


async def model_calls(core: Core, tenant_id: str | None, days: int) -> list[ModelDay]:
    """Calls of the last `days` days by day, model and purpose. Raises TryLater."""
    since = _first_day(now(), days) * DAY
    return await core.read(lambda tx: rows.model_days(tx, tenant_id, since))


async def traffic(core: Core, tenant_id: str | None, days: int) -> list[TrafficDay]:
    """The last `days` days, the oldest first. Raises TryLater."""
    moment = now()
    first, last = _first_day(moment, days), moment // DAY
    since, until = first * DAY, (last + 1) * DAY
    # The day in which the oldest remembered delivery lies is known in part only.
    known_from = (moment - core.settings.inbound_kept) // DAY + 1

    def read(tx: Tx) -> list[TrafficDay]:
        received = _sums(rows.received(tx, tenant_id, max(since, known_from * DAY), until))
        left = rows.left(tx, tenant_id, since, until)
        tasks = rows.tasks(tx, tenant_id, since, until)
        return [
            TrafficDay(
                day,
                received.get(day, 0) if day >= known_from else None,
                left.get((day, "sent"), 0),
                left.get((day, "failed"), 0),
                left.get((day, "queued"), 0) + left.get((day, "sending"), 0),
                {status: count for (one, status), count in sorted(tasks.items()) if one == day},
            )
            for day in range(first, last + 1)
        ]

    return await core.read(read)


def _first_day(moment: Instant, days: int) -> int:
    return int(moment // DAY) - min(max(days, 1), MAX_DAYS) + 1


def _sums(found: Mapping[tuple[int, str], int]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for (day, _), count in found.items():
        sums[day] = sums.get(day, 0) + count
    return sums
