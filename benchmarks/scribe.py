"""The scribe under load: a batch of outreach from queue to written mails, with a model that takes a second, beside a Celery worker.

Everything of ours is real but the model and the web, which are served on this machine. The peer does the same four steps with the same
model and the same web, in Celery with Redis as broker, where Redis is installed: with one process, as such pipelines are run where memory
is dear, with four, and with as many threads as ours writes mails at once.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.servers import outreachworld
from tests.servers.localweb import LocalWeb
from tests.servers.mailwright import DOMAIN, MailwrightServer
from tests.servers.ports import free_port, wait_for_port
from tests.servers.searchservices import KEY
from tests.servers_node.packages import NotAvailable

from benchmarks import celeryworker
from benchmarks.figures import Figure
from mailwright.core import accounts
from mailwright.core.outreach import making
from mailwright.installation import build_core
from mailwright.settings import load
from mailwright.storage import Tx

MAILS = 200
MODEL_SECONDS = 1
AT_ONCE = (8, 32)
MEBIBYTES = 512.0
ONE_BY_ONE, FEW_AT_ONCE = 8, 40  # mails of a peer that does one at a time, and of one that does few


def measure(*, short: bool = False) -> Iterator[Figure]:
    """Ours, then the peer's where it can be had."""
    mails = 16 if short else MAILS
    with tempfile.TemporaryDirectory(prefix="mailwright-bench-") as folder, _twins(Path(folder), mails) as twins:
        peers: dict[str, object] = {}
        try:
            peers = _peers(twins, Path(folder), mails, short=short)
        except NotAvailable as missing:
            peers = {"peer": str(missing)}
        for at_once in AT_ONCE:
            took, memory = _ours(twins, mails, at_once)
            what = f"{mails} mails of outreach, a model of {MODEL_SECONDS} s, one process, {at_once} at once"
            more = {name: value for name, value in peers.items() if "mib" not in name}
            yield Figure(f"{what}: all written", took, "s", more={"a_minute": round(mails / took * 60), **more})
            more = {name: value for name, value in peers.items() if "mib" in name}
            yield Figure(f"{what}: peak memory", memory, "MiB", at_most=MEBIBYTES, more=more)


class _Twins:
    """The model and the web, each in a process of its own."""

    def __init__(self, world: Path) -> None:
        self.world = world
        self.web, self.model = LocalWeb(world), free_port()

    def settings(self) -> dict[str, object]:
        names = {f"model_{purpose}": "openai:scribe" for purpose in ("template", "research", "compose")}
        asked = {"model_base_url": f"http://127.0.0.1:{self.model}/v1", "model_api_key": "none"}
        return {**names, **asked, **self.web.settings()}


@contextmanager
def _twins(folder: Path, mails: int) -> Iterator[_Twins]:
    twins = _Twins(outreachworld.make(folder / "world", mails + 1))
    names = "\n".join(outreachworld.names(mails + 1))
    (folder / "names.txt").write_text(names, encoding="utf-8")
    model = ["-m", "tests.servers.scribemodel", "--port", str(twins.model), "--seconds", str(MODEL_SECONDS)]
    web = ["-m", "tests.servers.localweb", str(twins.world), "--port", str(twins.web.port)]
    both = [subprocess.Popen([sys.executable, *each], stdout=subprocess.DEVNULL) for each in (model, web)]
    try:
        for port in (twins.model, twins.web.port):
            wait_for_port(port)
        yield twins
    finally:
        for each in both:
            each.terminate()
            each.wait(10)


def _ours(twins: _Twins, mails: int, at_once: int) -> tuple[float, float]:
    """Seconds until every mail is written, and the most memory in MiB of the process and those that it starts to read pages."""
    limits = {"scribe_at_once": at_once, "scribe_batch": 10_000, "scribe_per_day": 100_000}
    with tempfile.TemporaryDirectory(prefix="mailwright-bench-") as folder:
        server = MailwrightServer(Path(folder) / "data", log_level="error", **twins.settings(), **limits)
        server.command = outreachworld.HERE
        server.prepare(people=("ada",), employee=False)
        server.start()
        try:
            names = list(outreachworld.names(mails + 1))
            ask_for(server, names[-1:])  # brings the provider's library
            wait_for(server, 1, 90)
            began = time.monotonic()
            ask_for(server, names[:-1])
            memory = wait_for(server, mails + 1, 900)
            return time.monotonic() - began, memory
        finally:
            server.stop()


def ask_for(server: MailwrightServer, names: list[str]) -> None:
    """A batch of Ada's."""
    core = build_core(load(**server.settings))
    wishes = [making.Wish(name, outreachworld.TEMPLATE, outreachworld.INTEREST) for name in names]

    def make(tx: Tx) -> None:
        making.make_batch(tx, core, accounts.find(tx, f"ada@{DOMAIN}"), wishes, name="lamps")

    try:
        core.database.write_now(make)
    finally:
        core.database.close()


def wait_for(server: MailwrightServer, mails: int, seconds: float) -> float:
    """Until so many are written; the most memory in MiB. Raises RuntimeError when one failed, or it takes too long."""
    ends = time.monotonic() + seconds
    memory = 0
    counts: Mapping[str, int] = {}
    while time.monotonic() < ends:
        memory = max(memory, server.family_bytes())
        with server.opened() as database:
            asked = "SELECT status, count(*) FROM tasks WHERE agent = 'scribe' GROUP BY status"
            counts = dict(database.execute(asked).fetchall())
        if counts.get("complete", 0) >= mails:
            return memory / 1024**2
        if counts.get("failed"):
            break
        time.sleep(0.1)
    raise RuntimeError(f"not {mails} mails written: {counts}\n{server.log()[-2000:]}")


def _peers(twins: _Twins, folder: Path, mails: int, *, short: bool) -> dict[str, object]:
    """The peer's seconds and memory, by its kind. Raises NotAvailable."""
    found: dict[str, object] = {}
    for kind, pool, count in (
        ("1_process", ["--pool", "prefork", "--concurrency", "1"], 4 if short else ONE_BY_ONE),
        ("4_processes", ["--pool", "prefork", "--concurrency", "4"], min(mails, FEW_AT_ONCE)),
        ("8_threads", ["--pool", "threads", "--concurrency", "8"], min(mails, FEW_AT_ONCE)),
        ("32_threads", ["--pool", "threads", "--concurrency", "32"], mails),
    ):
        environment = {
            "PEER_MODEL": f"http://127.0.0.1:{twins.model}/v1",
            "PEER_WEB": twins.web.url,
            "PEER_KEY": KEY,
            "PEER_NAMES": str(folder / "names.txt"),
        }
        took, memory = celeryworker.work("benchmarks.celeryscribe", count, pool, _written, environment)
        found[f"celery_{kind}_s"] = round(took * mails / count, 1)
        found[f"celery_{kind}_mib"] = round(memory)
    return found


def _written(folder: Path) -> int:
    database = sqlite3.connect(folder / "peer.db", timeout=30)
    (done,) = database.execute("SELECT count(*) FROM mails").fetchone()
    database.close()
    return int(done)
