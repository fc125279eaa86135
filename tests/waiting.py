"""Waiting for what others do: processes, threads and tasks that work beside a test."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Until it is true. Fails when it never becomes so."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.05)


async def happened(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """As `until`, while the tasks of this loop go on."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen in time"
        await asyncio.sleep(0.02)
