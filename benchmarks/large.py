"""Large messages: 10 MiB each over four connections; how fast, and how much memory the server needs for it."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.servers.mailwright import DOMAIN, MailwrightServer

from benchmarks.figures import Figure, rounded
from benchmarks.mailclient import Load, send

MEBIBYTE = 1024 * 1024
OCTETS = 10 * MEBIBYTE
CONNECTIONS = 4


def measure(*, short: bool = False) -> Iterator[Figure]:
    """Octets a second through LMTP, and the most memory meanwhile."""
    messages, rounds = (8, 1) if short else (40, 3)
    with tempfile.TemporaryDirectory(prefix="mailwright-bench-") as folder:
        server = MailwrightServer(Path(folder) / "data", default_quota_bytes="none", log_level="warning")
        server.prepare(people=("ada",), employee=False)
        server.start()
        try:
            idle = server.resident_bytes()
            load = Load(server.lmtp_port, messages, [f"ada@{DOMAIN}"], OCTETS, CONNECTIONS, lmtp=True)
            rates = [messages * OCTETS / MEBIBYTE / send(load).seconds for _ in range(rounds)]
            peak = server.resident_bytes(peak=True)
        finally:
            server.stop()
    yield Figure(
        f"accept and file, messages of 10 MiB, {CONNECTIONS} connections",
        statistics.median(rates),
        "MiB/s",
        more={"rounds": [rounded(rate) for rate in rates]},
    )
    more = {"idle": rounded(idle / MEBIBYTE)}
    yield Figure(f"peak memory with {CONNECTIONS} messages of 10 MiB at once", peak / MEBIBYTE, "MiB", more=more)
