"""Lanes: the queues that workflows wait in, and what wakes them.

Used by flows.py, workflows.py and engine.py. DBOS polls its queues, and four of them at 0.1 s cost 13 % of a core when idle;
with `LaneSignal` as the wait in its loop, work starts within milliseconds and an idle lane costs next to nothing.
"""

from __future__ import annotations

import threading
import time
from typing import Final, Literal, TypeAlias

Lane: TypeAlias = Literal["ingest", "classify", "execute", "notify", "batch"]

LANES: Final[dict[Lane, int]] = {"ingest": 100, "classify": 200, "execute": 500, "notify": 100, "batch": 20}
"""Each lane with how many workflows of it one process runs at once. They wait on models, not on the processor. `batch` is for what was
asked for by the hundred: few places, so that models stay free for the mail that has just come."""
URGENT, NORMAL, BULK = 10, 100, 1000
"""Priorities: the lower starts first."""
IDLE_SECONDS = 1.0  # between looks at a lane that nobody woke: delays that ran out, work another process left
BUSY_SECONDS = 0.1  # between looks at a lane with work in it
GATHER_SECONDS = 0.02  # between two looks, however often the lane is woken


class LaneSignal:
    """Stands where DBOS's queue loop expects its stop event: `wait` also returns when the lane is woken."""

    def __init__(self, places: int) -> None:
        self.running = 0  # changed in the workflows' event loop only
        self._places = places
        self._condition = threading.Condition()
        self._stopped = False
        self._woken = True
        self._busy_until = 0.0

    def is_set(self) -> bool:
        return self._stopped

    def set(self) -> None:
        with self._condition:
            self._stopped = True
            self._condition.notify_all()

    def wake(self) -> None:
        with self._condition:
            self._woken = True
            self._busy_until = time.monotonic() + 1.0
            self._condition.notify_all()

    def freed(self) -> None:
        """A place is free again. Only a lane that was full has anybody waiting for one."""
        if self.running >= self._places:
            self.wake()
        elif time.monotonic() < self._busy_until:
            with self._condition:
                self._woken = True
                self._condition.notify_all()
        self.running -= 1

    def wait(self, timeout: float | None = None) -> bool:
        """True when the lane is closed. `timeout` is DBOS's: the poll of a busy lane, longer after contention."""
        with self._condition:
            if not self._stopped:
                self._condition.wait(GATHER_SECONDS)
            if not self._stopped and not self._woken:
                busy = time.monotonic() < self._busy_until
                self._condition.wait(max(timeout or 0.0, BUSY_SECONDS if busy else IDLE_SECONDS) - GATHER_SECONDS)
            self._woken = False
            return self._stopped
