"""Accept and file: 5 KiB messages over 20 connections, beside Dovecot's LMTP.

The clock stops with the last 250, and both servers say 250 only when the message is filed. Totals come from Postfix's
smtp-source, times of single answers from our own client, which measures us alone.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.servers import dovecot
from tests.servers.dovecot import DovecotServer
from tests.servers.mailwright import DOMAIN, MailwrightServer

from benchmarks.figures import Figure, percentile, rounded
from benchmarks.mailclient import Load, send

OCTETS = 5 * 1024
CONNECTIONS = 20
MANY = 100
TIMES_DOVECOT = 4.0  # the goal
ANSWER_MILLISECONDS = 20.0  # the goal for 95 of 100 answers to a message
WARM_UP = 400  # messages before a round: caches fill, and what a start leaves behind is over


def measure(*, short: bool = False) -> Iterator[Figure]:
    """Every figure of accepting and filing."""
    messages, rounds = (800, 1) if short else (4000, 3)
    with tempfile.TemporaryDirectory(prefix="mailwright-bench-") as folder:
        server = MailwrightServer(Path(folder) / "data", default_quota_bytes="none", log_level="warning")
        server.prepare(people=("ada", *names(MANY)), employee=False)
        server.start()
        peer = DovecotServer() if dovecot.is_installed() and shutil.which("smtp-source") else None
        try:
            yield from _rates(server, peer, messages, rounds)
            yield from _answers(server, messages, rounds)
        finally:
            server.stop()
            if peer is not None:
                peer.destroy()


def names(count: int) -> tuple[str, ...]:
    """Users to write to."""
    return tuple(f"user{number}" for number in range(count))


def _rates(server: MailwrightServer, peer: DovecotServer | None, messages: int, rounds: int) -> Iterator[Figure]:
    if shutil.which("smtp-source") is None:
        return
    for users in (1, MANY):
        for kept in (False, True):
            ours: dict[str, list[float]] = {"smtp": [], "lmtp": []}
            theirs: list[float] = []
            _rate(server.lmtp_port, WARM_UP, users=users, kept=kept, lmtp=True)
            if peer is not None:
                _rate(peer.port, WARM_UP, users=users, kept=kept, lmtp=True)
            for _ in range(rounds):
                for protocol, port in (("smtp", server.smtp_port), ("lmtp", server.lmtp_port)):
                    ours[protocol].append(_rate(port, messages, users=users, kept=kept, lmtp=protocol == "lmtp"))
                    if peer is not None:
                        theirs.append(_rate(peer.port, messages, users=users, kept=kept, lmtp=True))
            yield from _beside(ours, theirs, users=users, kept=kept)


def _beside(ours: dict[str, list[float]], theirs: list[float], *, users: int, kept: bool) -> Iterator[Figure]:
    way = "connection kept" if kept else "connection each"
    to = "one user" if users == 1 else f"{users} users"
    for protocol, rates in ours.items():
        middle = statistics.median(rates)
        more: dict[str, object] = {"rounds": [rounded(rate) for rate in rates]}
        yield Figure(f"accept and file, {protocol}, {way}, to {to}", middle, "messages/s", more=more)
        if theirs:
            peer = statistics.median(theirs)
            more = {"ours": rounded(middle), "dovecot": rounded(peer), "dovecot_rounds": [rounded(r) for r in theirs]}
            name = f"times Dovecot's LMTP, {protocol}, {way}, to {to}"
            yield Figure(name, middle / peer, "×", at_least=TIMES_DOVECOT, more=more)


def _rate(port: int, messages: int, *, users: int, kept: bool, lmtp: bool) -> float:
    """Messages a second. To many users: a sender for each of them, as many at once as there are connections."""
    options = ["-l", str(OCTETS), "-f", "loadtest@example.org", *(["-d"] if kept else []), *(["-L"] if lmtp else [])]
    began = time.perf_counter()
    if users == 1:
        _source(port, [*options, "-s", str(CONNECTIONS), "-m", str(messages), "-t", f"ada@{DOMAIN}"])
    else:
        each = str(max(1, messages // users))
        messages = int(each) * users
        with ThreadPoolExecutor(CONNECTIONS) as senders:
            for done in [
                senders.submit(_source, port, [*options, "-m", each, "-t", f"{name}@{DOMAIN}"]) for name in names(users)
            ]:
                done.result()
    return messages / (time.perf_counter() - began)


def _source(port: int, options: list[str]) -> None:
    subprocess.run(["smtp-source", *options, f"127.0.0.1:{port}"], check=True)


def _answers(server: MailwrightServer, messages: int, rounds: int) -> Iterator[Figure]:
    for protocol, port in (("smtp", server.smtp_port), ("lmtp", server.lmtp_port)):
        for users in (1, MANY):
            recipients = [f"{name}@{DOMAIN}" for name in (("ada",) if users == 1 else names(users))]
            runs = [
                send(Load(port, messages // 2, recipients, OCTETS, CONNECTIONS, lmtp=protocol == "lmtp")).answers
                for _ in range(rounds)
            ]
            p50, p95, p99 = (
                statistics.median(percentile(run, percent) for run in runs) * 1000 for percent in (50, 95, 99)
            )
            to = "one user" if users == 1 else f"{users} users"
            yield Figure(
                f"95th percentile of the 250, {protocol}, {CONNECTIONS} connections, to {to}",
                p95,
                "ms",
                at_most=ANSWER_MILLISECONDS,
                more={"p50": rounded(p50), "p99": rounded(p99)},
            )
