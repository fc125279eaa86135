"""The employee under load: hundreds of runs that wait for a model at once, and how soon a delivery becomes work.

Everything is real but the model, which is an HTTP service in a process of its own that takes its time. Askers are strangers from
outside, one message each, so that no limit of answers is met; their answers wait in the outbox for a smart host that is not there.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.mailwright import DOMAIN, MailwrightServer
from tests.servers.ports import free_port, wait_for_port

from benchmarks.figures import Figure, percentile, rounded
from benchmarks.mailclient import Load, send

MAIN = f"main@{DOMAIN}"
TASK = "Please work out 17 * 3 and tell me the result.\r\n"
RUNS = 500
MODEL_SECONDS = 2
LONG_SECONDS = 30  # so long that all of them are waiting when the first is answered
MEBIBYTES = 250.0  # the goals
START_MILLISECONDS = 150.0
STEADY_RATE = 20.0  # events a second


def measure(*, short: bool = False) -> Iterator[Figure]:
    """Every figure of the employee."""
    yield from _steady(60 if short else 600)
    for seconds in (MODEL_SECONDS, LONG_SECONDS):
        yield from _at_once(50 if short else RUNS, seconds)


def _steady(messages: int) -> Iterator[Figure]:
    with _server() as server:
        _load(server, 20, "warm")
        _wait_for(server, 20, 60)
        _load(server, messages, "steady", every_seconds=1 / STEADY_RATE)
        _wait_for(server, messages + 20, 120)
        with server.opened() as database:
            delays = [
                delay / 1000
                for (delay,) in database.execute(
                    "SELECT min(e.created_at) - m.received_at FROM tasks t JOIN messages m ON m.id = t.message_id "
                    "JOIN task_events e ON e.task_id = t.id AND e.status = 'running' "
                    "WHERE t.correspondent LIKE 'steady%' GROUP BY t.id"
                )
            ]
    yield Figure(
        f"95th percentile from delivery to its workflow at work, steady {STEADY_RATE:g} a second",
        percentile(delays, 95),
        "ms",
        at_most=START_MILLISECONDS,
        more={"p50": rounded(percentile(delays, 50)), "p99": rounded(percentile(delays, 99)), "runs": len(delays)},
    )


def _at_once(runs: int, seconds: int) -> Iterator[Figure]:
    port = free_port()
    model = subprocess.Popen([sys.executable, "-m", "benchmarks.slowmodel", str(port)], stdout=subprocess.PIPE)
    try:
        wait_for_port(port)
        url = f"http://127.0.0.1:{port}/{seconds}/v1"
        with _server(model_work="openai:slow", model_base_url=url, model_api_key="none") as server:
            _load(server, 1, "first")  # brings the provider's library
            _wait_for(server, 1, 60 + seconds)
            began = time.monotonic()
            _load(server, runs, "many")
            _wait_for(server, runs + 1, 300)
            took = time.monotonic() - began
            memory = server.resident_bytes(peak=True) / 1024**2
    finally:
        model.terminate()
        told, _ = model.communicate(timeout=10)
    at_once = int(told)
    what = f"{runs} employee runs, a model of {seconds} s"
    yield Figure(f"{what}: all done", took, "s", more={"waiting_at_once": at_once})
    yield Figure(f"{what}: peak memory", memory, "MiB", at_most=MEBIBYTES, more={"waiting_at_once": at_once})


@contextmanager
def _server(**settings: object) -> Iterator[MailwrightServer]:
    with tempfile.TemporaryDirectory(prefix="mailwright-bench-") as folder:
        server = MailwrightServer(
            Path(folder) / "data", log_level="error", smart_host=f"smtp://127.0.0.1:{free_port()}", **settings
        )
        server.prepare()
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _load(server: MailwrightServer, messages: int, name: str, *, every_seconds: float = 0.0) -> None:
    senders = [f"{name}{number}@example.org" for number in range(messages)]
    send(Load(server.smtp_port, messages, [MAIN], 500, 10, senders=senders, text=TASK, every_seconds=every_seconds))


def _wait_for(server: MailwrightServer, tasks: int, seconds: float) -> None:
    """Until so many tasks are complete. Raises RuntimeError when one failed or it takes too long."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with server.opened() as database:
            counts = dict(database.execute("SELECT status, count(*) FROM tasks GROUP BY status").fetchall())
        if counts.get("complete", 0) >= tasks:
            return
        if counts.get("failed") or counts.get("skipped"):
            break
        time.sleep(0.05)
    raise RuntimeError(f"not {tasks} tasks complete: {counts}\n{server.log()[-2000:]}")
