"""The assistant under load: a thousand mails from delivery to draft, with a model that takes a second, beside a Celery worker.

Everything of ours is real but the model. The peer does the same steps (classify, generate, draft) with the same model, in Celery with
Redis as broker, where Redis is installed: with the four processes such a pipeline usually has, and with a hundred threads.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.mailwright import DOMAIN, MailwrightServer
from tests.servers.ports import free_port, wait_for_port
from tests.servers_node.packages import NotAvailable

from benchmarks import celeryworker
from benchmarks.figures import Figure
from benchmarks.mailclient import Load, send

MAILS = 1_000
MODEL_SECONDS = 1
PREFORKED = 40  # mails for four processes: each takes its two seconds of one of them
TEXT = "Could you come on Tuesday, or does Wednesday suit you better? Please tell me.\r\n"


def measure(*, short: bool = False) -> Iterator[Figure]:
    """Ours, then the peer's where it can be had."""
    mails = 50 if short else MAILS
    with _model() as url:
        took, memory = _ours(url, mails)
        more: dict[str, object] = {}
        try:
            more = _peers(url, mails, 8 if short else PREFORKED)
        except NotAvailable as missing:
            more = {"peer": str(missing)}
    what = f"{mails} mails from delivery to draft, a model of {MODEL_SECONDS} s, one process"
    yield Figure(f"{what}: all drafted", took, "s", more=more)
    yield Figure(f"{what}: peak memory", memory, "MiB", more={k: v for k, v in more.items() if "mib" in k})


@contextmanager
def _model() -> Iterator[str]:
    port = free_port()
    model = subprocess.Popen([sys.executable, "-m", "benchmarks.slowmodel", str(port)], stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}/{MODEL_SECONDS}/v1"
    finally:
        model.terminate()
        model.wait(10)


def _ours(url: str, mails: int) -> tuple[float, float]:
    """Seconds until every mail has its draft, and the process's peak memory in MiB."""
    with tempfile.TemporaryDirectory(prefix="mailwright-bench-") as folder:
        server = MailwrightServer(
            Path(folder) / "data",
            log_level="error",
            model_triage="openai:slow",
            model_draft="openai:slow",
            model_base_url=url,
            model_api_key="none",
        )
        server.prepare(people=("ada",), employee=False)
        _switch_on(server)
        server.start()
        try:
            _deliver(server, 1, "first")  # brings the provider's library
            _wait_for(server, 1, 60)
            began = time.monotonic()
            _deliver(server, mails, "many")
            _wait_for(server, mails + 1, 600)
            return time.monotonic() - began, server.resident_bytes(peak=True) / 1024**2
        finally:
            server.stop()


def _switch_on(server: MailwrightServer) -> None:
    command = [sys.executable, "-m", "mailwright", "agent", "add", "assistant", "--mailbox", f"ada@{DOMAIN}"]
    settings = {f"MAILWRIGHT_{name.upper()}": str(value) for name, value in server.settings.items()}
    subprocess.run(command, check=True, env=os.environ | settings, stdout=subprocess.DEVNULL)


def _deliver(server: MailwrightServer, mails: int, name: str) -> None:
    senders = [f"{name}{number}@example.org" for number in range(mails)]
    send(Load(server.smtp_port, mails, [f"ada@{DOMAIN}"], 500, 10, senders=senders, text=TEXT))


def _wait_for(server: MailwrightServer, drafts: int, seconds: float) -> None:
    """Until so many mails have drafts. Raises RuntimeError when it takes too long."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with server.opened() as database:
            made = dict(database.execute("SELECT draft_state, count(*) FROM triage GROUP BY draft_state").fetchall())
        if made.get("made", 0) >= drafts:
            return
        time.sleep(0.1)
    raise RuntimeError(f"not {drafts} drafts: {made}\n{server.log()[-2000:]}")


def _peers(url: str, mails: int, preforked: int) -> dict[str, object]:
    """The peer's seconds and memory, by its kind. Raises NotAvailable."""
    threads, threads_memory = _celery(url, mails, ["--pool", "threads", "--concurrency", "100"])
    forked, forked_memory = _celery(url, preforked, ["--pool", "prefork", "--concurrency", "4"])
    return {
        "celery_100_threads_s": round(threads, 1),
        "celery_100_threads_mib": round(threads_memory),
        "celery_4_processes_s": round(forked * mails / preforked, 1),
        "celery_4_processes_measured": preforked,
        "celery_4_processes_mib": round(forked_memory),
    }


def _celery(url: str, mails: int, pool: list[str]) -> tuple[float, float]:
    return celeryworker.work("benchmarks.celerypeer", mails, pool, _drafted, {"PEER_MODEL": url})


def _drafted(folder: Path) -> int:
    database = sqlite3.connect(folder / "peer.db", timeout=30)
    (done,) = database.execute("SELECT count(*) FROM mails WHERE draft IS NOT NULL").fetchone()
    database.close()
    return int(done)
