"""Follow-ups that are due in the same minute: two schedulers and two servers on one PostgreSQL, reminders into mailboxes here.

Everything is real; PostgreSQL works without fsync, as in the tests, and shares the machine with both servers. What is measured counts
only when each was queued once and arrived once: otherwise there is an error and no figure.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.servers.busyminute import BusyMinute
from tests.servers.postgresql import PostgresqlServer, find_binaries

from benchmarks.figures import Figure, rounded

MANY = 10_000
PATIENCE = 1800.0


def measure(*, short: bool = False) -> Iterator[Figure]:
    """Every figure of follow-ups. Raises RuntimeError when one is missing, or comes twice."""
    binaries = find_binaries()
    if binaries is None:
        return
    many = 500 if short else MANY
    cluster = PostgresqlServer(binaries)
    try:
        with tempfile.TemporaryDirectory(prefix="mailwright-bench-") as folder:
            minute = BusyMinute(Path(folder), cluster.fresh_database(engine=True))
            try:
                minute.start()
                yield from _busy_minute(minute, many)
            finally:
                minute.stop()
    finally:
        cluster.destroy()


def _busy_minute(minute: BusyMinute, many: int) -> Iterator[Figure]:
    used, began = minute.processor_seconds(), time.monotonic()
    taken = asyncio.run(minute.fall_due(many))
    minute.wait_until_done(PATIENCE)
    took, used = time.monotonic() - began, minute.processor_seconds() - used
    problems = minute.problems()
    if problems:
        raise RuntimeError("\n".join(problems))
    what = f"{many} follow-ups due in one minute, two servers"
    yield Figure(f"{what}: all handed off, each once", taken, "s")
    more = {"a_second": rounded(many / took), "processor_ms_each": rounded(used / many * 1000)}
    yield Figure(f"{what}: all reminders arrived, each once", took, "s", more=more)
    peak = max(each.resident_bytes(peak=True) for each in minute.servers) / 1024**2
    yield Figure(f"{what}: peak memory of one", peak, "MiB")
