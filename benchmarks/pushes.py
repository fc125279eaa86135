"""Gmail's hook: 500 signed pushes a second for ten seconds, 20 connections, for 500 accounts: the time of each answer, and the processor.

A push counts as answered with 204, which is said when it is written down for good. Measured of a process that has the role `http` alone,
as an installation of several processes has them, and of one that does everything, looks at the accounts included; Gmail is a stand-in
here that says at once that nothing is new.
"""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.googlekeys import ACCOUNT, Keys
from tests.servers.mailwright import DOMAIN, MailwrightServer
from tests.servers.ports import free_port, wait_for_port

from benchmarks.figures import Figure, percentile, rounded

PATH = "/api/webhook/gmail"
AUDIENCE = f"https://mail.{DOMAIN}{PATH}"
CONNECTIONS = 20
ACCOUNTS = 500
RATE = 500.0  # the goals: pushes a second
MILLISECONDS = 50.0
SECONDS = 10
WARM_UP = 200  # pushes


def measure(*, short: bool = False) -> Iterator[Figure]:
    """As the hook alone, and with everything else in the process; then as fast as it goes."""
    pushes = int(RATE * (2 if short else SECONDS))
    keys = Keys()
    with _google(keys) as url:
        for roles, what in (("http", "the hook alone"), ("all", "everything in one process")):
            with tempfile.TemporaryDirectory(prefix="mailwright-bench-") as folder:
                server = _server(Path(folder) / "data", url, roles)
                try:
                    yield from _figures(server, keys, pushes, what, flat_out=roles == "http")
                finally:
                    server.stop(60)


def _figures(server: MailwrightServer, keys: Keys, pushes: int, what: str, *, flat_out: bool) -> Iterator[Figure]:
    tokens = [keys.token(AUDIENCE) for _ in range(CONNECTIONS)]
    _run(server.http_port, tokens, WARM_UP, 1 / RATE)
    before, began = server.processor_seconds(), time.perf_counter()
    seconds, times = _run(server.http_port, tokens, pushes, 1 / RATE)
    share = (server.processor_seconds() - before) / (time.perf_counter() - began)
    yield Figure(
        f"99th percentile of the answer to a push of Gmail's, at {RATE:g} a second, {what}",
        percentile(times, 99) * 1000,
        "ms",
        at_most=MILLISECONDS,
        more={
            "p50": rounded(percentile(times, 50) * 1000),
            "p95": rounded(percentile(times, 95) * 1000),
            "longest": rounded(max(times) * 1000),
            "pushes/s": rounded(pushes / seconds),
            "processor %": rounded(share * 100),
        },
    )
    if flat_out:
        seconds, times = _run(server.http_port, tokens, pushes, 0.0)
        more = {"p99 ms": rounded(percentile(times, 99) * 1000)}
        yield Figure("pushes of Gmail's, as fast as it goes", pushes / seconds, "pushes/s", at_least=RATE, more=more)


def _server(data: Path, google: str, roles: str) -> MailwrightServer:
    server = MailwrightServer(
        data,
        roles=roles,
        log_level="error",
        google_client_id="benchmarks.apps.googleusercontent.com",
        google_client_secret="nobody-has-this",
        google_keys_url=f"{google}/certs",
        google_push_audience=AUDIENCE,
        google_push_account=ACCOUNT,
        google_pubsub_topic="projects/benchmarks/topics/gmail",
        gmail_url=google,
        connections_poll_seconds=3600,
    )
    server.prepare(people=("ada",), employee=False)
    _connect(server)
    server.start(wait=False)  # a process with one role is not ready for mail, and says so
    wait_for_port(server.http_port, 60)
    return server


def _connect(server: MailwrightServer) -> None:
    """Ada's assistant is on, and looks after a great many accounts, which were looked at a moment ago."""
    from mailwright.connectors.google import Tokens
    from mailwright.core import accounts, assistants, connections
    from mailwright.domain import clock
    from mailwright.installation import build_core
    from mailwright.settings import load
    from mailwright.storage import Tx
    from mailwright.storage import connections as rows
    from mailwright.storage.audit import SYSTEM

    core, now = build_core(load(**server.settings)), clock.now()
    tokens = Tokens("access", "refresh", now + clock.DAY, "").as_json().encode()
    sealed = core.secrets.seal(tokens, purpose=connections.PURPOSE)

    def fill(tx: Tx) -> None:
        ada = accounts.find(tx, f"ada@{DOMAIN}")
        assistants.switch_on(tx, core, ada, by=SYSTEM)
        for number in range(ACCOUNTS):
            made = rows.add(
                tx,
                tenant_id=ada.tenant_id,
                user_id=ada.id,
                kind=connections.GMAIL,
                address=_address(number),
                state="connected",
                secret=sealed,
                settings={},
                now=now,
            )
            assert made is not None
            later = {"watched_at": now, "watch_expires_at": now + clock.DAY * 7, "next_look_at": now + clock.HOUR}
            rows.update(tx, made, now=now, cursor="1000", looked_at=now, **later)

    core.database.write_now(fill)
    core.database.close()


def _address(number: int) -> str:
    return f"ada{number % ACCOUNTS}@gmail.example"


def _run(port: int, tokens: Sequence[str], pushes: int, every_seconds: float) -> tuple[float, list[float]]:
    import uvloop

    return uvloop.run(_send(port, tokens, pushes, every_seconds))


async def _send(port: int, tokens: Sequence[str], pushes: int, every_seconds: float) -> tuple[float, list[float]]:
    numbers, times, began = iter(range(pushes)), [], time.perf_counter()

    async def one_connection(token: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in numbers:
            due = began + number * every_seconds
            if every_seconds:
                await asyncio.sleep(due - time.perf_counter())
            # At a steady rate the clock starts when the push was due: waiting for a free connection counts.
            started = due if every_seconds else time.perf_counter()
            body = _body(number)
            writer.write(
                b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (PATH.encode(), token.encode(), len(body), body)
            )
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 204 "):
                raise RuntimeError(f"not taken: {head!r}")
            times.append(time.perf_counter() - started)
        writer.close()

    async with asyncio.TaskGroup() as group:
        for token in tokens:
            group.create_task(one_connection(token))
    return time.perf_counter() - began, times


def _body(number: int) -> bytes:
    said = {"emailAddress": _address(number), "historyId": int(time.time() * 1000)}
    message = {"data": base64.b64encode(json.dumps(said).encode()).decode(), "messageId": str(number)}
    return json.dumps({"message": message, "subscription": "projects/benchmarks/subscriptions/gmail"}).encode()


@contextmanager
def _google(keys: Keys) -> Iterator[str]:
    port = free_port()
    program = [sys.executable, "-m", "benchmarks.pushes", str(port), json.dumps(keys.jwks())]
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


async def _be_google(port: int, jwks: bytes) -> None:
    """Keys, and Gmail's history, in which nothing is new."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:  # it has gone
                return writer.close()
            history = json.dumps({"historyId": str(int(time.time() * 1000))}).encode()
            body = jwks if head.startswith(b"GET /certs") else history
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
            )

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_be_google(int(sys.argv[1]), sys.argv[2].encode()))
