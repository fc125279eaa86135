"""Accept and file on PostgreSQL by one, two and four processes: the slope says what more of them bring.

The load is the same for each number of processes and spread evenly over them: messages of 5 KiB by LMTP, over kept connections, to a hundred
users. PostgreSQL (with fsync), the load and the processes share the processors of this machine, whose number is told:
where there are fewer processors than processes, the slope says what processes cost each other.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.servers.mailwright import DOMAIN, MailwrightServer
from tests.servers.postgresql import PostgresqlServer, find_binaries

from benchmarks.figures import Figure, rounded
from benchmarks.ingest import CONNECTIONS, MANY, OCTETS, names

PROCESSES = (1, 2, 4)
MESSAGES = 4000  # of a round
ROUNDS = 3


def measure(*, short: bool = False) -> Iterator[Figure]:
    """Nothing where PostgreSQL or Postfix's smtp-source is not installed."""
    binaries = find_binaries()
    if binaries is None or shutil.which("smtp-source") is None:
        print("  skipped: PostgreSQL or smtp-source is not installed", file=sys.stderr, flush=True)
        return
    messages, rounds = (800, 1) if short else (MESSAGES, ROUNDS)
    with tempfile.TemporaryDirectory(prefix="mailwright-bench-") as folder:
        postgresql = PostgresqlServer(binaries, durable=True)
        servers = _servers(Path(folder), postgresql)
        try:
            servers[0].prepare(people=names(MANY), employee=False)
            yield from _figures(servers, messages, rounds)
        finally:
            for server in servers:
                server.kill()
            postgresql.destroy()


def _servers(folder: Path, postgresql: PostgresqlServer) -> list[MailwrightServer]:
    url = postgresql.fresh_database()
    return [
        MailwrightServer(
            folder / f"data{number}",
            roles="smtp,lmtp",
            database_url=url,
            secret_key="a key for benchmarks, the same for all",
            default_quota_bytes="none",
            log_level="warning",
        )
        for number in range(max(PROCESSES))
    ]


def _figures(servers: Sequence[MailwrightServer], messages: int, rounds: int) -> Iterator[Figure]:
    middles: list[float] = []
    for count in PROCESSES:
        for server in servers[:count]:
            if server.process is None:
                server.start()
        ports = [server.lmtp_port for server in servers[:count]]
        _rate(ports, messages // 4)
        rates = [_rate(ports, messages) for _ in range(rounds)]
        middles.append(statistics.median(rates))
        yield Figure(
            f"accept and file on PostgreSQL, lmtp, {count} process{'es' if count > 1 else ''}",
            middles[-1],
            "messages/s",
            more={"rounds": [rounded(rate) for rate in rates], "processors": os.cpu_count()},
        )
    for count, middle in zip(PROCESSES[1:], middles[1:], strict=True):
        yield Figure(f"times one process, {count} processes on PostgreSQL", middle / middles[0], "×")


def _rate(ports: Sequence[int], messages: int) -> float:
    """Messages a second, in from as many senders as there are connections, each to the next port and users of its own."""
    people = names(MANY)
    each = max(1, messages // len(people))
    began = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as senders:
        sent = [
            senders.submit(_send, ports[number % len(ports)], each, f"{name}@{DOMAIN}")
            for number, name in enumerate(people)
        ]
        for done in sent:
            done.result()
    return each * len(people) / (time.perf_counter() - began)


def _send(port: int, messages: int, recipient: str) -> None:
    options = ["-L", "-d", "-l", str(OCTETS), "-f", "loadtest@example.org", "-m", str(messages), "-t", recipient]
    subprocess.run(["smtp-source", *options, f"127.0.0.1:{port}"], check=True)
