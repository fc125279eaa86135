"""A core with people in it, an IMAP server on a free port, and a client that speaks in lines."""

from __future__ import annotations

import asyncio
import hashlib
import re
import ssl
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from mailwright.core import Core, CoreSettings, access, accounts, appending, domains
from mailwright.core.accounts import Account
from mailwright.core.appending import Item
from mailwright.protocols.imap import ImapLimits, ImapServer, ImapSettings
from mailwright.storage import Tx, open_blobs
from mailwright.storage import accounts as rows
from mailwright.storage.database import Database

PATIENCE = 10.0  # seconds for an answer
PASSWORD = "aaaa-bbbb-cccc-dddd-eeee-ffff-gggg"
"""An app password of everybody's: what people choose themselves takes a tenth of a second to check."""
OTHER_SCOPE = "hhhh-jjjj-kkkk-mmmm-nnnn-pppp-qqqq"
"""Another, which is for sending only."""


class House:
    """Ada (with a quota of 100,000 octets) and Bashir in one tenant, Chen in another, and an agent."""

    def __init__(self, core: Core, server: ImapServer) -> None:
        self.core = core
        self.server = server
        self.ada, self.bashir, self.chen = core.database.write_now(self._people)

    def _people(self, tx: Tx) -> tuple[Account, Account, Account]:
        domains.add(tx, "mailwright.test")
        domains.add(tx, "example.org", tenant="others")
        people = (
            accounts.add_user(tx, self.core, "ada@mailwright.test", quota_bytes=100_000),
            accounts.add_user(tx, self.core, "bashir@mailwright.test"),
            accounts.add_user(tx, self.core, "chen@example.org"),
        )
        agent = accounts.add_agent(tx, self.core, "main@mailwright.test", display_name="Main")
        for account in (*people, agent):
            for password, scopes in ((PASSWORD, ("imap",)), (OTHER_SCOPE, ("smtp",))):
                hashed = hashlib.sha256(password.replace("-", "").encode()).hexdigest()
                rows.add_app_password(tx, account.id, hashed, "a mail program", scopes)
        return people

    async def put(
        self, count: int = 1, name: str = "INBOX", account: Account | None = None, **options: Any
    ) -> list[int]:
        """Messages with the subjects 1, 2, 3 …"""
        whose = account or self.ada
        mailbox = await self.core.read(lambda tx: access.by_name(tx, whose, name))
        items = [Item(letter(number + 1), **options) for number in range(count)]
        return (await appending.append(self.core, whose, mailbox.mailbox.id, items)).uids

    async def audited(self, action: str) -> list[tuple[str, str, str]]:
        """(actor, resource, address) of audit events."""
        await self.core.trail.flush()
        return await self.core.read(
            lambda tx: [
                (row[0], row[1], row[2])
                for row in tx.all(
                    "SELECT actor, resource, address FROM audit_events WHERE action = ? ORDER BY id", (action,)
                )
            ]
        )

    async def client(self, who: str = "", *, tls: bool = False) -> Client:
        """A new connection after the greeting; signed in when `who` is named."""
        client = await Client.connect(self.server.port, tls=tls)
        client.greeting = await client.line()
        if who:
            await client.ask(f"LOGIN {who} {PASSWORD}")
        return client


def letter(number: int, octets: int = 0) -> bytes:
    """A short message, or one of about that size."""
    head = f"From: chen@example.org\r\nMessage-ID: <{number}@example.org>\r\nSubject: {number}\r\n\r\n"
    return head.encode() + b"Hello\r\n" * max(1, octets // 7)


@asynccontextmanager
async def house_of(database: Database, folder: Path, settings: ImapSettings) -> AsyncIterator[House]:
    """Everything running, and ended afterwards."""
    core = Core(database, open_blobs(database, f"file://{folder}"), CoreSettings(hostname="mailwright.test"))
    server = ImapServer(core, settings)
    house = House(core, server)
    await core.changes.start()
    await server.start()
    try:
        yield house
    finally:
        await server.close(grace=1.0)
        await core.changes.stop()


def clear(**limits: Any) -> ImapSettings:
    """A server that takes passwords without TLS."""
    return ImapSettings(allow_clear_auth=True, limits=replace(ImapLimits(refusal_seconds=0.0), **limits))


class Client:
    """One connection. Answers are text, a character an octet; a literal stands in its line behind its size."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.greeting = ""
        self._tag = 0
        self._inflater: Any = None
        self._deflater: Any = None
        self._plain = b""

    @classmethod
    async def connect(cls, port: int, *, tls: bool = False) -> Client:
        return cls(*await asyncio.open_connection("127.0.0.1", port, ssl=trusting() if tls else None))

    def send(self, data: bytes) -> None:
        """Octets as they are."""
        if self._deflater is not None:
            data = self._deflater.compress(data) + self._deflater.flush(zlib.Z_SYNC_FLUSH)
        self.writer.write(data)

    async def line(self) -> str:
        """The next line with its literals and without its end; "" when the server has closed."""
        try:
            async with asyncio.timeout(PATIENCE):
                line = await self._through(b"\n")
                while found := _LITERAL.search(line):
                    line = line[:-2] + await self._octets(int(found[1])) + await self._through(b"\n")
        except (ConnectionResetError, asyncio.IncompleteReadError):
            return ""
        assert line.endswith(b"\r\n"), line
        return line[:-2].decode("latin-1")

    async def ask(self, command: str, *literals: bytes) -> list[str]:
        """Send a command; its untagged answers, and then the tagged one without its tag. Each literal waits to be asked for."""
        self._tag += 1
        tag = f"t{self._tag}"
        self.send(f"{tag} {command}\r\n".encode())
        waiting, answers = list(literals), []
        while True:
            line = await self.line()
            assert line, f"the server closed before it answered {command[:60]}: {answers}"
            if line.startswith("+ ") and waiting:
                self.send(waiting.pop(0) + (b"" if waiting else b"\r\n"))
                continue
            if line.startswith(f"{tag} "):
                return [*answers, line.removeprefix(f"{tag} ")]
            answers.append(line)

    async def ok(self, command: str, *literals: bytes) -> list[str]:
        """The same, and the answer is OK; the untagged lines."""
        *lines, last = await self.ask(command, *literals)
        assert last.startswith("OK"), last
        return lines

    async def start_tls(self) -> None:
        """Shake hands."""
        await self.writer.start_tls(trusting(), server_hostname="mx.mailwright.test")

    def start_compression(self) -> None:
        """From here on octets are deflated."""
        self._deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
        self._inflater = zlib.decompressobj(-15)

    async def close(self) -> None:
        """Hang up."""
        self.writer.close()

    async def _through(self, end: bytes) -> bytes:
        if self._inflater is None:
            return await self.reader.readuntil(end)
        while end not in self._plain:
            await self._inflate()
        at = self._plain.index(end) + len(end)
        data, self._plain = self._plain[:at], self._plain[at:]
        return data

    async def _octets(self, count: int) -> bytes:
        if self._inflater is None:
            return await self.reader.readexactly(count)
        while len(self._plain) < count:
            await self._inflate()
        data, self._plain = self._plain[:count], self._plain[count:]
        return data

    async def _inflate(self) -> None:
        data = await self.reader.read(65536)
        if not data:
            raise ConnectionResetError
        self._plain += self._inflater.decompress(data)


_LITERAL = re.compile(rb"~?\{(\d+)\}\r\n\Z")


def trusting() -> ssl.SSLContext:
    """TLS for clients that look at nothing."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
