"""All roles in one process with nothing to do: how soon it is ready, its memory, its share of a processor."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.servers.mailwright import MailwrightServer

from benchmarks.figures import Figure, rounded

READY_SECONDS = 3.0  # the goals
MEBIBYTES = 200.0
SETTLE_SECONDS = 3.0  # what a start leaves behind is over by then


def measure(*, short: bool = False) -> Iterator[Figure]:
    """Time to ready, and what it costs to be there."""
    starts, seconds = (2, 5.0) if short else (5, 30.0)
    with tempfile.TemporaryDirectory(prefix="mailwright-bench-") as folder:
        server = MailwrightServer(Path(folder) / "data", log_level="warning")
        server.prepare()
        ready: list[float] = []
        try:
            for _ in range(starts):
                server.stop()
                server.start()
                ready.append(server.ready_seconds)
            time.sleep(SETTLE_SECONDS)
            used = server.processor_seconds()
            time.sleep(seconds)
            used = (server.processor_seconds() - used) / seconds
            memory = server.resident_bytes() / 1024**2
        finally:
            server.stop()
    more = {"rounds": [rounded(each) for each in ready]}
    yield Figure("time to ready, all roles", statistics.median(ready), "s", at_most=READY_SECONDS, more=more)
    yield Figure("idle memory, all roles in one process", memory, "MiB", at_most=MEBIBYTES)
    yield Figure("idle processor, all roles in one process", used * 100, "% of a core")
