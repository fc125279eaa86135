"""`mailwright bench`: how fast does it take mail in?

A server of its own is started in a temporary folder, in a process of its own, and fed over real connections. The clock stops
when the last message is filed, which is what its 250 says. Figures are one JSON line each on standard output.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from mailwright.cli.terminal import group, line, note
from mailwright.domain.refusals import BadInput

if TYPE_CHECKING:
    import asyncio
    import subprocess

commands = group("bench", "Measure this machine. One JSON line a figure.")

DOMAIN = "bench.test"  # RFC 6761 §6.2: exists on no network
READY_SECONDS = 30
Protocol = Literal["smtp", "lmtp"]


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent: `messages` of `size` bytes over `connections`, to `users` mailboxes in turn."""

    protocol: Protocol
    messages: int
    connections: int
    size: int
    users: int


@commands.callback()
def _group() -> None:
    """Keeps `ingest` a command of its own: a group of one would take its place."""


@commands.command("ingest")
def ingest(
    messages: Annotated[int, typer.Option("--messages", "-n", min=1, max=1_000_000)] = 2000,
    connections: Annotated[int, typer.Option(min=1, max=100)] = 20,
    size: Annotated[int, typer.Option(min=300, help="Bytes of each message.")] = 5 * 1024,
    users: Annotated[int, typer.Option(min=1, max=10_000, help="Mailboxes they go to, in turn.")] = 1,
    protocol: Annotated[str, typer.Option(help="smtp, lmtp or both.")] = "both",
) -> None:
    """Accept and file messages over SMTP and LMTP: messages a second, and how long each 250 took."""
    if protocol not in ("smtp", "lmtp", "both"):
        raise BadInput(f"{protocol!r} is none of smtp, lmtp and both")
    import asyncio
    import tempfile

    chosen: tuple[Protocol, ...] = ("smtp", "lmtp")
    with tempfile.TemporaryDirectory(prefix="mailwright-bench-") as folder:
        _furnish(Path(folder), users)
        ports = {each: _free_port() for each in chosen}
        server = _start(Path(folder), ports)
        try:
            for each in chosen:
                if protocol in (each, "both"):
                    note(f"{messages} messages over {each} …")
                    line(asyncio.run(_measure(Load(each, messages, connections, size, users), ports[each])))
        finally:
            server.terminate()
            server.wait()


def _furnish(folder: Path, users: int) -> None:
    from mailwright.cli.installation import settings_of
    from mailwright.core import accounts, domains
    from mailwright.installation import build_core
    from mailwright.storage import Tx

    core = build_core(
        settings_of(folder, database_url=f"sqlite:///{folder}/mailwright.db", blob_url=f"file://{folder}")
    )

    def write(tx: Tx) -> None:
        domains.add(tx, DOMAIN)
        for number in range(users):
            accounts.add_user(tx, core, f"user{number}@{DOMAIN}")

    core.database.write_now(write)
    core.database.close()


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _start(folder: Path, ports: dict[Protocol, int]) -> subprocess.Popen[bytes]:
    """The server, when it listens."""
    import os
    import socket
    import subprocess
    import sys

    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILWRIGHT_")}
    environment |= {
        "MAILWRIGHT_DATA": str(folder),
        "MAILWRIGHT_SMTP_PORT": str(ports["smtp"]),
        "MAILWRIGHT_LMTP_PORT": str(ports["lmtp"]),
        "MAILWRIGHT_SUBMISSION_PORT": "0",
        "MAILWRIGHT_LOG_LEVEL": "error",
    }
    command = [sys.executable, "-m", "mailwright", "up", "--roles", "smtp,lmtp", "--host", "127.0.0.1"]
    server = subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.DEVNULL)
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", ports["lmtp"]), timeout=1):
                return server
        except OSError:
            time.sleep(0.05)
    server.terminate()
    raise BadInput("the server to be measured did not start")


async def _measure(load: Load, port: int) -> dict[str, Any]:
    import asyncio
    import statistics

    taken: list[float] = []
    numbers = iter(range(load.messages))
    began = time.perf_counter()
    clients = [_client(load, port, numbers, taken) for _ in range(min(load.connections, load.messages))]
    await asyncio.gather(*clients)
    seconds = time.perf_counter() - began
    ranks = statistics.quantiles(taken, n=100) if len(taken) > 1 else taken * 99
    return {
        "name": "ingest",
        "protocol": load.protocol,
        "messages": load.messages,
        "connections": load.connections,
        "size": load.size,
        "users": load.users,
        "seconds": round(seconds, 3),
        "messages_per_second": round(load.messages / seconds, 1),
        "p50_ms": round(ranks[49] * 1000, 2),
        "p95_ms": round(ranks[94] * 1000, 2),
        "p99_ms": round(ranks[98] * 1000, 2),
    }


async def _client(load: Load, port: int, numbers: Any, taken: list[float]) -> None:
    """One connection that is kept, sending one message after the other."""
    import asyncio

    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    hello = b"LHLO bench.test\r\n" if load.protocol == "lmtp" else b"EHLO bench.test\r\n"
    await _reply(reader)
    writer.write(hello)
    await _reply(reader)
    filling = (b"x" * 76 + b"\r\n") * (load.size // 78 + 1)
    for number in numbers:
        recipient = f"user{number % load.users}@{DOMAIN}"
        head = f"From: <load@example.org>\r\nTo: <{recipient}>\r\nSubject: {number}\r\nMessage-ID: <{number}.{load.protocol}@example.org>\r\n\r\n"
        body = head.encode() + filling[: max(load.size - len(head) - 2, 0)] + b"\r\n.\r\n"
        # RFC 2920 §3.1: MAIL, RCPT and DATA may travel together.
        writer.write(f"MAIL FROM:<load@example.org>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode())
        for expected in (b"250", b"250", b"354"):
            _check(await _reply(reader), expected)
        began = time.perf_counter()
        writer.write(body)
        _check(await _reply(reader), b"250")
        taken.append(time.perf_counter() - began)
    writer.write(b"QUIT\r\n")
    await _reply(reader)
    writer.close()


async def _reply(reader: asyncio.StreamReader) -> bytes:
    """The last line of one reply."""
    while True:
        received = await reader.readline()
        if len(received) < 4 or received[3:4] != b"-":
            return received


def _check(received: bytes, expected: bytes) -> None:
    if not received.startswith(expected):
        raise BadInput(f"the server said {received.decode('utf-8', 'replace').strip() or 'nothing'}")
