"""Ada, whose assistant looks after her Gmail account: the twin, our own client, and a process that can be made to die.

async with watched(template) as ada:          # a database of its own, the twin, one connection
    ada.box.receive(subject="Lunch")
    await ada.hear()                          # what pushes wrote down is consumed, and the looks it asks for are run
    await ada.poll()                          # the round of the clock
    ada.items(), ada.handed                   # rows of triage by remote id; workflow ids, and how often each was handed off
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from mailwright.agents.assistant import looking, looks
from mailwright.agents.assistant.looks import Account, Arrival, Look, Looking, Word
from mailwright.agents.assistant.looks_gmail import GmailLooks
from mailwright.connectors.gmail import Gmail
from mailwright.connectors.google import Google, Tokens
from mailwright.core import Core, CoreSettings, accounts, assistants, connections, domains, pushes
from mailwright.domain import clock
from mailwright.domain.clock import HOUR, Instant
from mailwright.domain.events import Event
from mailwright.pipeline import Commit, Flows, Request
from mailwright.storage import Database, Tx, events, open_blobs, open_database, triage
from mailwright.storage import connections as rows
from mailwright.storage.audit import SYSTEM
from mailwright.storage.connections import Connection
from mailwright.storage.triage import Item
from tests.servers.gmail import CLIENT_ID, CLIENT_SECRET, TOPIC, Box, GmailService, Push

T = TypeVar("T")
ADDRESS = "ada@gmail.example"


class Died(BaseException):
    """The process is gone. Nothing of ours catches it."""


@dataclass
class Mortal:
    """Dies at the step that `left` counts down to; None: lives."""

    left: int | None = None

    def step(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Died


class MortalCore(Core):
    """A core whose process may die before and after every transaction."""

    mortal: Mortal

    async def write(self, function: Callable[[Tx], T], *, shared: bool = False) -> T:
        self.mortal.step()
        found = await super().write(function, shared=shared)
        self.mortal.step()
        return found

    async def read(self, function: Callable[[Tx], T]) -> T:
        self.mortal.step()
        return await super().read(function)


class Handing:
    """The workflow engine's memory: it outlives the process. `apart`: it is kept apart from the database, as the embedded one is."""

    def __init__(self, mortal: Mortal, *, apart: bool) -> None:
        self._mortal = mortal
        self._apart = apart
        self.handed: Counter[str] = Counter()
        self.waiting: list[Request] = []  # looks that were asked for and have not ended
        self.known: set[str] = set()

    async def hand_off(self, requests: Sequence[Request]) -> Commit | None:
        if not requests:
            return None
        self._mortal.step()

        def keep(_tx: Tx | None = None) -> None:
            for request in requests:
                self.handed[request.id] += 1
                if request.id not in self.known:
                    self.known.add(request.id)
                    if request.workflow is looking.look:
                        self.waiting.append(request)

        if self._apart:
            keep()
            self._mortal.step()
            return None
        return keep


class MortalAccount:
    """An account that the process may die at."""

    def __init__(self, account: Account, mortal: Mortal) -> None:
        self._account = account
        self._mortal = mortal

    async def since(self, cursor: str) -> Look:
        self._mortal.step()
        return await self._account.since(cursor)

    async def arrival(self, remote_id: str) -> Arrival | None:
        self._mortal.step()
        return await self._account.arrival(remote_id)

    async def word(self, item: Item) -> Word | None:
        self._mortal.step()
        return await self._account.word(item)

    async def watch(self, topic: str) -> Instant | None:
        self._mortal.step()
        return await self._account.watch(topic)

    async def close(self) -> None:
        await self._account.close()


@dataclass
class Watched:
    """Ada and her account."""

    core: MortalCore
    google: GmailService
    box: Box
    handing: Handing
    connection_id: str
    user_id: str
    full: int = 200
    opened: int = 0
    mortal: Mortal = field(default_factory=Mortal)
    _heard: tuple[int, int] = (0, 0)

    @property
    def flows(self) -> Flows:
        return cast(Flows, self.handing)

    @property
    def handed(self) -> Counter[str]:
        """Workflows of the assistant, and how often each was handed off."""
        return Counter({name: times for name, times in self.handing.handed.items() if name.startswith("assistant:")})

    def connection(self) -> Connection:
        found = self.core.database.read_now(lambda tx: rows.by_id(tx, self.connection_id))
        assert found is not None
        return found

    def health(self) -> tuple[str, str]:
        """What is said to Ada."""
        state, because = connections.health(self.connection(), clock.now(), push_expected=True)
        return state.value, because

    def items(self) -> dict[str, Item]:
        found = self.core.database.read_now(lambda tx: triage.listing(tx, self.user_id, limit=10_000))
        assert len({item.remote_id for item in found}) == len(found)
        return {item.remote_id: item for item in found}

    def change(self, **columns: Any) -> None:
        self.core.database.write_now(lambda tx: rows.update(tx, self.connection_id, now=clock.now(), **columns))

    async def deliver(self, push: Push) -> pushes.Taken:
        """The hook takes a push."""
        return await pushes.take(self.core, push.address, push.history_id)

    async def deliver_all(self) -> None:
        """Every push, in order."""
        while self.google.pushes:
            await self.deliver(self.google.pushes.pop(0))

    async def hear(self) -> None:
        """The consumer handles what was written down, and the looks that are asked for are run. A death is followed by a new start."""
        with self._living():
            handle = looking.on_pushes(self.core, self.flows)
            found = self.core.database.read_now(lambda tx: events.read(tx, "pushes", self._heard, 1000))
            told: list[Event] = [event for _mark, event in found.events]
            commit = await handle(told)
            if commit is not None:
                await self.core.write(commit)
            self._heard = found.end
        await self.work()

    async def poll(self) -> None:
        """The clock's round, when the account's time has come, and its look."""
        self.change(next_look_at=clock.now() - HOUR)
        with self._living():
            await looking.look_at_due(str(len(self.handing.known)))
        await self.work()

    async def work(self) -> None:
        """The engine runs what was asked for; what dies is run again by the next process."""
        while self.handing.waiting:
            request = self.handing.waiting[0]
            with self._living():
                await looking.look(*request.args)
                self.handing.waiting.pop(0)

    @contextlib.contextmanager
    def _living(self) -> Any:
        try:
            yield
        except Died:
            self.mortal.left = None
            looking._one_at_a_time.clear()  # the memory of the process that was
            looking._waiting.clear()
            looking._queued.clear()


@contextlib.asynccontextmanager
async def watched(
    template: Path, *, topic: str | None = TOPIC, apart: bool = True, first_look: bool = True
) -> AsyncIterator[Watched]:
    """Ada, with an assistant that is on and an account that is connected (and was looked at for the first time)."""
    with tempfile.TemporaryDirectory(prefix="mailwright-looks-") as folder:
        shutil.copy(template, Path(folder) / "mailwright.db")
        database = open_database(f"sqlite:///{folder}/mailwright.db")
        try:
            async with at(database, Path(folder), topic=topic, apart=apart) as ada:
                if first_look:
                    await ada.hear()
                    await ada.deliver_all()
                    await ada.hear()
                yield ada
        finally:
            database.close()


@contextlib.asynccontextmanager
async def at(
    database: Database, folder: Path, *, topic: str | None = TOPIC, apart: bool = True
) -> AsyncIterator[Watched]:
    """The same on a given database, before the first look."""
    mortal = Mortal()
    core = MortalCore(database, open_blobs(database, f"file://{folder}/blobs"), CoreSettings("mailwright.test"))
    core.mortal = mortal
    google = GmailService()
    client = Google(
        CLIENT_ID, CLIENT_SECRET, auth_url=google.auth_url, token_url=google.token_url, revoke_url=google.revoke_url
    )
    box = google.box(ADDRESS)
    signed_in = google.sign_in(ADDRESS)
    tokens = Tokens(
        signed_in["access_token"], signed_in["refresh_token"], clock.now() + HOUR, str(signed_in.get("scope", ""))
    )

    def people(tx: Tx) -> tuple[str, str]:
        domains.add(tx, "mailwright.test", tenant="demo")
        person = accounts.add_user(tx, core, "ada@mailwright.test")
        account = accounts.find(tx, person.email)
        assistants.switch_on(tx, core, account, by=SYSTEM)
        made = connections.add_gmail(tx, core, account, address=ADDRESS, tokens_json=tokens.as_json())
        return account.id, made.id

    user_id, connection_id = database.write_now(people)
    ada = Watched(core, google, box, Handing(mortal, apart=apart), connection_id, user_id, mortal=mortal)

    async def nothing(*_: object) -> None:
        await asyncio.sleep(0)

    async def open_gmail(connection: Connection) -> Account:
        ada.opened += 1
        held = Tokens.of_json(connections.tokens(core, connection))
        gmail = Gmail(google.url, held, client, spend=nothing, renewed=nothing)
        return MortalAccount(GmailLooks(gmail, connection, full=ada.full), mortal)

    looks.configure(Looking(core, ada.flows, {"gmail": open_gmail}, topic=topic))
    try:
        yield ada
    finally:
        looks._configured.clear()
        looking._queued.clear()
        await client.close()
        google.stop()
