"""A house with Ada and Bashir, its IMAP server, and sessions that speak to it over a socket.

Used by the tests of what happens inside a selected mailbox; signing in is not their affair, so sessions begin signed in.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from mailwright.codecs.imap import State
from mailwright.core import Core, CoreSettings, access, accounts, appending, domains
from mailwright.core.accounts import Account
from mailwright.core.appending import Item
from mailwright.protocols.imap import ImapServer, ImapSettings
from mailwright.storage import Tx, open_blobs, views
from mailwright.storage.database import Database

PATIENCE = 10.0  # seconds for an answer

_LITERAL = re.compile(rb"\{(\d+)\}\r\n\Z")


def letter(number: int = 1, *, subject: str | None = None, body: str = "Hello", extra: str = "") -> bytes:
    """A small message from Chen."""
    text = (
        f"From: Chen <chen@example.org>\nTo: ada@mailwright.test\nSubject: {subject or f'Letter {number}'}\n"
        f"Message-ID: <{number}@example.org>\nDate: Fri, 20 Nov 2026 10:00:00 +0000\n{extra}\n{body}\n"
    )
    return text.replace("\n", "\r\n").encode()


@dataclass
class Answer:
    """What the server said to a command: untagged responses, each whole with its literals, and the tagged line."""

    untagged: list[bytes] = field(default_factory=list)
    tagged: bytes = b""

    @property
    def ok(self) -> bool:
        return self.tagged.split(b" ")[1] == b"OK"

    def having(self, word: bytes) -> list[bytes]:
        """The responses with this word in them."""
        return [line for line in self.untagged if word in line]


class Session:
    """One client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._tags = 0

    async def response(self) -> bytes:
        """One response, its literals included."""
        whole = b""
        while True:
            line = await asyncio.wait_for(self.reader.readline(), PATIENCE)
            if not line:
                raise EOFError("the server has hung up")
            whole += line
            literal = _LITERAL.search(line)
            if literal is None:
                return whole
            whole += await asyncio.wait_for(self.reader.readexactly(int(literal[1])), PATIENCE)

    async def ask(self, command: str | bytes) -> Answer:
        """Send a command and wait for its answer."""
        tag = self.begin(command)
        return await self.finish(tag)

    def begin(self, command: str | bytes) -> bytes:
        """Send a command. Its tag."""
        self._tags += 1
        tag = b"t%d" % self._tags
        self.writer.write(tag + b" " + (command.encode() if isinstance(command, str) else command) + b"\r\n")
        return tag

    async def finish(self, tag: bytes) -> Answer:
        """Everything up to the tagged answer."""
        answer = Answer()
        while True:
            line = await self.response()
            if line.startswith(tag + b" "):
                answer.tagged = line
                return answer
            answer.untagged.append(line)

    async def good(self, command: str | bytes) -> list[bytes]:
        """A command that is answered OK: its untagged responses."""
        answer = await self.ask(command)
        assert answer.ok, answer.tagged
        return answer.untagged

    async def idle(self) -> None:
        """Begin to wait."""
        self.begin("IDLE")
        assert (await self.response()).startswith(b"+ ")

    async def done(self) -> Answer:
        """And end it."""
        self.writer.write(b"DONE\r\n")
        return await self.finish(b"t%d" % self._tags)


class House:
    """A core, its server, and people."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.core = Core(
            database, open_blobs(database, f"file://{folder}"), CoreSettings(hostname="mail.mailwright.test")
        )
        self.ada, self.bashir = database.write_now(self._people)
        self.server = ImapServer(self.core, ImapSettings())
        self._stack = contextlib.ExitStack()

    def _people(self, tx: Tx) -> tuple[Account, Account]:
        domains.add(tx, "mailwright.test")
        return (
            accounts.add_user(tx, self.core, "ada@mailwright.test", quota_bytes=100_000_000),
            accounts.add_user(tx, self.core, "bashir@mailwright.test"),
        )

    def mailbox(self, name: str = "INBOX", account: Account | None = None) -> access.Reached:
        """A mailbox as Ada sees it, or another."""
        return self.core.database.read_now(lambda tx: access.by_name(tx, account or self.ada, name))

    async def put(self, *letters: bytes, name: str = "INBOX", **options: object) -> list[int]:
        """Append letters; their uids."""
        items = [Item(raw, **options) for raw in letters]  # type: ignore[arg-type]
        return (await appending.append(self.core, self.ada, self.mailbox(name).mailbox.id, items)).uids

    def truth(self, name: str = "INBOX") -> list[tuple[int, int, str]]:
        """(uid, flags, keywords) of what is in a mailbox."""
        mailbox_id = self.mailbox(name).mailbox.id

        def look(tx: Tx) -> list[tuple[int, int, str]]:
            uids = views.uids(tx, mailbox_id)
            found: list[tuple[int, int, str]] = []
            for start in range(0, len(uids), views.SLICE):
                rows = views.listed(tx, mailbox_id, uids[start : start + views.SLICE])
                found += [(uid, flags, keywords) for uid, flags, _, keywords in rows]
            return found

        return self.core.database.read_now(look)

    async def session(self, account: Account | None = None, *enabled: str) -> Session:
        """A client that has signed in, and has enabled extensions."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port, limit=64 * 1024 * 1024)
        made = Session(reader, writer)
        await made.response()
        [connection] = [each for each in self.server._connections if each.account is None]
        connection.account = account or self.ada
        connection.session.state = State.AUTHENTICATED
        self._stack.callback(writer.close)
        if enabled:
            await made.good(f"ENABLE {' '.join(enabled)}")
        return made

    async def selected(self, name: str = "INBOX", *enabled: str) -> Session:
        """A client of Ada's with a mailbox selected."""
        made = await self.session(None, *enabled)
        await made.good(f"SELECT {name}")
        return made


@contextlib.asynccontextmanager
async def open_house(database: Database, folder: Path) -> AsyncIterator[House]:
    """A house whose server listens."""
    house = House(database, folder)
    await house.core.changes.start()
    await house.server.start()
    try:
        yield house
    finally:
        house._stack.close()
        await house.server.close(grace=1.0)
        await house.core.changes.stop()
