"""`POST /webhook/email`: requests a second and the time of each, 20 connections, bodies of 5 KiB."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.servers.mailwright import DOMAIN, MailwrightServer

from benchmarks.figures import Figure, percentile, rounded

CONNECTIONS = 20
OCTETS = 5 * 1024
RATE = 500.0  # the goals: requests a second
MILLISECONDS = 50.0


def measure(*, short: bool = False) -> Iterator[Figure]:
    """As fast as it goes, and at the rate of the goal."""
    requests, rounds = (500, 1) if short else (5000, 3)
    with tempfile.TemporaryDirectory(prefix="mailwright-bench-") as folder:
        server = MailwrightServer(Path(folder) / "data", default_quota_bytes="none", log_level="warning")
        server.prepare(people=("ada",), employee=False)
        server.start()
        try:
            flat_out = [_run(server.http_port, requests, f"a{n}") for n in range(rounds)]
            steady = [_run(server.http_port, requests, f"b{n}", every_seconds=1 / RATE) for n in range(rounds)]
        finally:
            server.stop()
    rates = [requests / seconds for seconds, _ in flat_out]
    more = {"rounds": [rounded(rate) for rate in rates], "p99_ms": rounded(_middle(flat_out, 99))}
    yield Figure("webhook accept", statistics.median(rates), "requests/s", at_least=RATE, more=more)
    yield Figure(
        f"99th percentile of a webhook's answer, at {RATE:g} a second",
        _middle(steady, 99),
        "ms",
        at_most=MILLISECONDS,
        more={"p50": rounded(_middle(steady, 50)), "p95": rounded(_middle(steady, 95))},
    )


def _middle(runs: list[tuple[float, list[float]]], percent: float) -> float:
    return statistics.median(percentile(times, percent) for _, times in runs) * 1000


def _run(port: int, requests: int, name: str, *, every_seconds: float = 0.0) -> tuple[float, list[float]]:
    import uvloop

    return uvloop.run(_send(port, requests, name, every_seconds))


async def _send(port: int, requests: int, name: str, every_seconds: float) -> tuple[float, list[float]]:
    numbers, times, began = iter(range(requests)), [], time.perf_counter()

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in numbers:
            body = _body(f"{name}-{number}")
            due = began + number * every_seconds
            if every_seconds:
                await asyncio.sleep(due - time.perf_counter())
            # At a steady rate the clock starts when the request was due: waiting for a free connection counts.
            started = due if every_seconds else time.perf_counter()
            writer.write(
                b"POST /webhook/email HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
            )
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            answer = json.loads(await reader.readexactly(length))
            if answer.get("status") != "accepted":
                raise RuntimeError(f"not accepted: {answer}")
            times.append(time.perf_counter() - started)
        writer.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(one_connection())
    return time.perf_counter() - began, times


def _body(name: str) -> bytes:
    mail = {
        "messageId": name,
        "from": "Eve <eve@example.org>",
        "to": f"ada@{DOMAIN}",
        "subject": f"load {name}",
        "textBody": "The quick brown fox jumps over the lazy dog.\n" * (OCTETS // 46),
        "timestamp": "2026-11-20T10:00:00Z",
    }
    return json.dumps(mail).encode()
