"""Quotas of services elsewhere: what was used of each in the last second, by every process together. A row for each.

The last second is kept in slots of a tenth; a slot counts until the whole of it is more than a second old. So in no second, wherever
it begins, is more used than the limit. A service that wants a pause between two calls has a row, too, whose moment is that of the last call.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from mailwright.domain.clock import DAY, MINUTE, SECOND, Instant
from mailwright.storage.database import Tx

SLOT: Instant = SECOND // 10
COUNTED = 10  # slots before the present one that still count
AHEAD: Instant = (
    30 * SECOND
)  # clocks of machines differ by less; what is written further ahead was written by a wrong one
KEPT: Instant = DAY  # a row that nobody used for so long says nothing any more


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a request for units. `wait`: 0 when they were taken, else the time until they may be there. `at`: the moment
    they count for. `level`: about how many were used in the last minute."""

    wait: Instant
    at: Instant
    level: float


def take(tx: Tx, name: str, units: int, per_second: int, now: Instant) -> Taken:
    """Take so many units, or none when that would be more than `per_second` in a second."""
    tx.lock(f"quota {name}")
    row = tx.one("SELECT level, slots, updated_at FROM quota_levels WHERE name = ?", (name,))
    level, slots, since = (0.0, {}, now) if row is None else (row[0], dict(json.loads(row[1])), row[2])
    if since > now + AHEAD:
        slots, since = {}, now
    moment = max(now, since)  # another machine's clock may be a little ahead
    slot = moment // SLOT
    slots = {at: used for at, used in slots.items() if at >= slot - COUNTED}
    level *= math.exp(-(moment - since) / MINUTE)
    free = per_second - sum(slots.values())
    if units > free:
        return Taken(_until(slots, units - free, now), moment, level)
    slots[slot] = slots.get(slot, 0) + units
    values = level + units, json.dumps(sorted(slots.items())), moment
    if row is None:
        tx.execute("INSERT INTO quota_levels (level, slots, updated_at, name) VALUES (?, ?, ?, ?)", (*values, name))
    else:
        tx.execute("UPDATE quota_levels SET level = ?, slots = ?, updated_at = ? WHERE name = ?", (*values, name))
    return Taken(0, moment, level + units)


def reserve(tx: Tx, name: str, every: Instant, now: Instant, wait_most: Instant) -> Instant | None:
    """The next moment at which the service may be asked, which nobody else gets; None when that is further away than one waits."""
    tx.lock(f"quota {name}")
    last = tx.scalar("SELECT updated_at FROM quota_levels WHERE name = ?", (name,))
    free = now if last is None else int(last) + every
    if free > now + wait_most + every + AHEAD:
        free = now  # nobody may have got that: it was written by a wrong clock
    at = max(now, free)
    if at > now + wait_most:
        return None
    if last is None:
        tx.execute("INSERT INTO quota_levels (level, slots, updated_at, name) VALUES (0, '[]', ?, ?)", (at, name))
    else:
        tx.execute("UPDATE quota_levels SET updated_at = ? WHERE name = ?", (at, name))
    return at


def forget(tx: Tx, before: Instant) -> int:
    """Drop what was not used since then; how many rows."""
    return tx.execute("DELETE FROM quota_levels WHERE updated_at < ?", (before,))


def _until(slots: dict[int, int], missing: int, now: Instant) -> Instant:
    """How long until the oldest slots that hold so many units count no more."""
    for at, used in sorted(slots.items()):
        missing -= used
        if missing <= 0:
            return max(SLOT, (at + COUNTED + 1) * SLOT - now)
    return SECOND
