"""Quotas of services elsewhere, kept by every process together: Gmail lets one user have so many units a second, arXiv lets us ask once in
three.

`spend` is called before each call of such a service (`connectors.gmail` is handed it for one account), `turn` before each call of one that
wants a pause (`connectors.arxiv` is). Promises: no more than the limit in any second, whoever asks, and no two calls without the pause; who
finds nothing left waits, and is refused with TryLater when that takes too long. What was spent for a call that failed stays spent, as the
service counts it, too.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import random
import time

from prometheus_client import Gauge

from mailwright.core import Core
from mailwright.domain import clock
from mailwright.domain.clock import SECOND, Instant
from mailwright.domain.refusals import TryLater
from mailwright.storage import quotas as rows

WAIT_MOST = 30.0  # seconds; a step that is tried again later does no harm, one that hangs does
ARXIV = "arxiv"  # the name of its quota: it counts the installation, not a user
ARXIV_EVERY: Instant = 3 * SECOND  # what arXiv's terms of use ask for
TURN_WAIT_MOST = 60.0  # seconds; as many as twenty may be before one
JITTER = 0.05  # seconds: those who wait for the same slot do not all come at once
MINUTE_SECONDS = 60.0

_levels: dict[str, tuple[float, float, int]] = {}
"""What this process knows of each quota it spends from: units of the last minute, when that was so, and the limit."""


def gmail_of(address: str) -> str:
    """The name of the quota of a Gmail account: it is the account's, whoever of ours has connected it."""
    return f"gmail:{hashlib.sha256(address.lower().encode()).hexdigest()[:32]}"


async def spend(core: Core, name: str, units: int, per_second: int, *, wait_most: float = WAIT_MOST) -> Instant:
    """Take so many units, waiting until they are there; the moment they count for. Raises TryLater."""
    wanted = min(units, per_second)  # what costs more than a second has would never fit
    ends = time.monotonic() + wait_most
    while True:
        now = clock.now()
        taken = await core.write(lambda tx: rows.take(tx, name, wanted, per_second, now), shared=True)  # noqa: B023 - it is awaited here
        _levels[name] = (taken.level, time.monotonic(), per_second)
        if taken.wait == 0:
            return taken.at
        pause = taken.wait / SECOND + random.uniform(0, JITTER)
        if time.monotonic() + pause > ends:
            raise TryLater("the quota of the mail service is used up; it is tried again in a moment")
        await asyncio.sleep(pause)


async def turn(core: Core, name: str, every: Instant, *, wait_most: float = TURN_WAIT_MOST) -> Instant:
    """Wait for one's turn at a service that wants so long between two calls; the moment it is. Raises TryLater."""
    now, most = clock.now(), int(wait_most * SECOND)
    at = await core.write(lambda tx: rows.reserve(tx, name, every, now, most), shared=True)
    if at is None:
        raise TryLater("too many wait for that service; it is tried again in a moment")
    await asyncio.sleep(max(0, at - clock.now()) / SECOND)
    return at


def used_ratio() -> float:
    """The share of its quota that the busiest account used in the last minute, as far as this process spends from it."""
    now = time.monotonic()
    for name in [name for name, (_, at, _) in _levels.items() if now - at > 10 * MINUTE_SECONDS]:
        del _levels[name]
    shares = (
        level * math.exp((at - now) / MINUTE_SECONDS) / (per_second * MINUTE_SECONDS)
        for level, at, per_second in _levels.values()
    )
    return max(shares, default=0.0)


_ratio = Gauge(
    "mailwright_gmail_quota_used_ratio", "Share of Gmail's quota that the busiest account used in the last minute."
)
_ratio.set_function(used_ratio)
