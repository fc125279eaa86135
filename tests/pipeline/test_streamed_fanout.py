"""The fan-out by Valkey: two processes hear the same; nothing is missed when Valkey or whoever feeds it goes away and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from mailwright.domain.events import MAILBOX_CHANGED, Event
from mailwright.domain.ids import new_id
from mailwright.pipeline.fanout import Fanout
from mailwright.pipeline.relay import Relay
from mailwright.storage import events, lives
from mailwright.storage.database import Database, open_database
from mailwright.storage.streams import Streams
from mailwright.storage.valkey import Valkey
from tests.servers.valkey import ValkeyServer
from tests.waiting import happened as until

pytestmark = pytest.mark.server


class World:
    """Two processes that listen, a relay in a third, and what was heard."""

    def __init__(self, url: str, server: ValkeyServer) -> None:
        prefix = f"t{new_id()[-12:]}"
        self.databases = [open_database(url) for _ in range(3)]
        self.streams = [Streams(Valkey(server.url, prefix)) for _ in range(3)]
        self.fanouts = [Fanout(self.databases[n], self.streams[n]) for n in range(2)]
        self.heard: list[list[int]] = [[], []]
        self.written = 0

    @property
    def database(self) -> Database:
        return self.databases[2]

    def relay(self) -> Relay:
        return Relay(self.database, self.streams[2], "relay")

    async def change(self, times: int = 20) -> None:
        """Changes, each heard by both."""
        for _ in range(times):
            await asyncio.to_thread(
                self.database.write_now, lambda tx: events.append(tx, MAILBOX_CHANGED, "ada", {"number": self.written})
            )
            self.written += 1
        await until(lambda: all(set(heard) == set(range(self.written)) for heard in self.heard))


@pytest.fixture
async def world(postgresql_url: str, valkey_server: ValkeyServer) -> AsyncIterator[World]:
    made = World(postgresql_url, valkey_server)
    for fanout, heard in zip(made.fanouts, made.heard, strict=True):

        def hear(event: Event, heard: list[int] = heard) -> None:
            heard.append(event.payload["number"])

        fanout.watch_account("ada", hear)
        await fanout.start()
    yield made
    for fanout in made.fanouts:
        await fanout.stop()
    for streams in made.streams:
        await streams.valkey.close()
    for database in made.databases:
        database.close()


@pytest.fixture
def server(valkey_server: ValkeyServer) -> Iterator[ValkeyServer]:
    yield valkey_server
    valkey_server.stop()
    valkey_server.start()


async def test_both_hear_everything_whatever_becomes_of_valkey(world: World, server: ValkeyServer) -> None:
    relay = world.relay()
    await relay.start()
    of_now = world.streams[0].of(await lives.known(world.database))
    while not (await of_now.lasts())["notify"]:
        await asyncio.sleep(0.02)
    await world.change(50)
    assert [len(heard) for heard in world.heard] == [50, 50]  # by the stream each comes once
    server.stop()
    await world.change()
    server.start()
    await world.change()
    await until(lambda: all(streams.valkey.well for streams in world.streams))
    server.empty()
    await world.change()
    await relay.stop()  # nobody feeds the stream any more
    await world.change()
    await world.change(5)


async def test_a_long_transaction_of_somebody_else_holds_up_nobody(world: World) -> None:
    relay = world.relay()
    await relay.start()
    await world.change(3)

    def long() -> None:
        with world.databases[0]._connection() as connection, connection.transaction():  # type: ignore[attr-defined]
            connection.execute("SELECT pg_current_xact_id()")
            asyncio.run_coroutine_threadsafe(world.change(5), loop).result(30)

    loop = asyncio.get_running_loop()
    await asyncio.to_thread(long)
    await world.change(3)
    await relay.stop()
