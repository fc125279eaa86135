"""Receiving servers on loopback, and a resolver that knows only what a test tells it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from mailwright.connectors.dns import MailHost
from mailwright.domain.addresses import Address
from mailwright.domain.sending import SendFailure

ADA = Address.parse("ada@mailwright.test")
CHEN = Address.parse("chen@example.net")
LETTER = b"From: ada@mailwright.test\r\nTo: chen@example.net\r\nSubject: Hello\r\n\r\nA line.\r\n"


@dataclass
class KnownHosts:
    """A resolver. `hosts` by domain, `at` by host name; a failure in place of an answer is raised."""

    hosts: dict[str, Sequence[MailHost] | SendFailure] = field(default_factory=dict)
    at: dict[str, Sequence[str] | SendFailure] = field(default_factory=dict)

    async def mx(self, domain: str) -> Sequence[MailHost]:
        found = self.hosts.get(domain, [MailHost(f"mx.{domain}", 10)])
        if isinstance(found, SendFailure):
            raise found
        return found

    async def addresses(self, host: str) -> Sequence[str]:
        found = self.at.get(host, ["127.0.0.1"])
        if isinstance(found, SendFailure):
            raise found
        return found


@dataclass
class Receiver:
    """What aiosmtpd took, and what it is to answer instead of 250."""

    rcpt: str = ""
    data: str = ""
    took: list[Envelope] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.data:
            return self.data
        self.took.append(envelope)
        self.sessions.append(session)
        return "250 2.0.0 taken as 4711"


@asynccontextmanager
async def receiving(
    receiver: Receiver | None = None, *, tls: ssl.SSLContext | None = None, wrap: bool = False, **options: Any
) -> AsyncIterator[Receiver]:
    """An aiosmtpd on a port of its own; `wrap` speaks TLS from the first byte instead of by STARTTLS."""
    taker = receiver or Receiver()
    loop = asyncio.get_running_loop()

    def make() -> SMTP:
        return SMTP(
            taker,
            hostname="mx.example.net",
            loop=loop,
            tls_context=None if wrap else tls,
            **{"enable_SMTPUTF8": True, **options},
        )

    server = await loop.create_server(make, "127.0.0.1", 0, ssl=tls if wrap else None)
    taker.port = server.sockets[0].getsockname()[1]
    try:
        yield taker
    finally:
        server.close()


@asynccontextmanager
async def saying(*lines: str | Callable[[bytes], str | None], then: str = "") -> AsyncIterator[int]:
    """A server that plays a script: the greeting, then one answer for each line (or DATA) that comes; an empty one hangs up.

    Gives its port.
    """

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers = list(lines)
        try:
            in_data = False
            writer.write(str(answers.pop(0)).encode() + b"\r\n")
            while line := await reader.readline():
                if in_data and line != b".\r\n":
                    continue
                in_data = False
                answer = answers.pop(0) if answers else then
                if not answer:
                    break
                writer.write(str(answer).encode() + b"\r\n")
                in_data = str(answer).startswith("354")
        except ConnectionError:
            return
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def only(username: str, password: str) -> Callable[..., AuthResult]:
    """An aiosmtpd authenticator that knows one name."""

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (
            username.encode(),
            password.encode(),
        )
        return AuthResult(success=right, handled=right)

    return check
