"""The fan-out on both databases: nothing missed, nobody leaked, and no waiting behind somebody else's long transaction."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import pytest

from mailwright.domain.events import ACCOUNT_CHANGED, MAILBOX_CHANGED, MESSAGE_FLAGGED, Event
from mailwright.domain.refusals import TryLater
from mailwright.pipeline.fanout import Fanout
from mailwright.storage import Tx, events
from mailwright.storage.database import Database

WAIT_SECONDS = 5.0


@pytest.fixture
async def fanout(any_database: Database) -> AsyncIterator[Fanout]:
    made = Fanout(any_database)
    await made.start()
    yield made
    await made.stop()


def _change(database: Database, key: str) -> None:
    database.write_now(lambda tx: events.append(tx, MAILBOX_CHANGED, key, {}))


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not condition():
            await asyncio.sleep(0.01)


async def test_each_change_is_told_once_to_those_who_watch_it(fanout: Fanout, any_database: Database) -> None:
    heard: list[int] = []
    fanout.watch("a", lambda event: heard.append(event.id))
    for _ in range(20):
        await asyncio.to_thread(_change, any_database, "a")
        await asyncio.to_thread(_change, any_database, "b")
    await _until(lambda: len(heard) >= 20)
    await asyncio.sleep(0.1)
    assert len(heard) == len(set(heard)) == 20


async def test_a_watcher_that_ends_another_or_raises_harms_nobody(fanout: Fanout, any_database: Database) -> None:
    heard: list[str] = []

    def first(_event: Event) -> None:
        heard.append("first")
        end_second()
        raise RuntimeError("a broken watcher")

    end_first = fanout.watch("a", first)
    end_second = fanout.watch("a", lambda _: heard.append("second"))
    end_third = fanout.watch("a", lambda _: heard.append("third"))
    await asyncio.to_thread(_change, any_database, "a")
    await _until(lambda: "third" in heard)
    assert heard == ["first", "third"]
    for end in (end_first, end_second, end_third, end_first):
        end()
    assert fanout._watchers == {}


async def test_whoever_comes_while_the_end_of_the_log_is_asked_for_misses_nothing(
    any_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    fanout = Fanout(any_database)
    fanout._mark = await any_database.read(lambda tx: tx.log_end())
    heard: list[Event] = []
    read = any_database.read

    async def slow(function: Callable[[Tx], object]) -> object:
        fanout.watch("a", heard.append)  # somebody comes, and something happens, before the question is answered
        await asyncio.to_thread(_change, any_database, "a")
        monkeypatch.undo()
        return await read(function)

    monkeypatch.setattr(any_database, "read", slow)
    await fanout._look()
    await fanout._look()
    assert len(heard) == 1


async def test_it_starts_and_stops_as_often_as_one_likes(any_database: Database) -> None:
    fanout = Fanout(any_database)
    heard: list[Event] = []
    fanout.watch("a", heard.append)
    for _ in range(3):
        await fanout.start()
        await fanout.start()
        await fanout.stop()
    await fanout.start()
    await asyncio.to_thread(_change, any_database, "a")
    await _until(lambda: bool(heard))
    await fanout.stop()
    assert len(heard) == 1
    assert len(any_database._listeners) == 1


async def test_a_database_that_was_away_has_lost_no_change(
    fanout: Fanout, any_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mailwright.pipeline import fanout as module

    monkeypatch.setattr(module, "AWAY_SECONDS", 0.05)
    heard: list[Event] = []
    fanout.watch("a", heard.append)

    async def away(_function: object) -> None:
        raise TryLater("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(any_database, "read", away)
        await asyncio.to_thread(_change, any_database, "a")
        await asyncio.sleep(0.2)
        assert not heard
    await _until(lambda: len(heard) == 1)


async def test_nobody_waits_behind_somebody_elses_long_transaction(fanout: Fanout, any_database: Database) -> None:
    if any_database.dialect == "sqlite":
        pytest.skip("SQLite has one writer")
    heard: list[str] = []
    fanout.watch("a", lambda event: heard.append(f"a{event.id}"))
    fanout.watch("slow", lambda event: heard.append("slow"))
    began, go_on = threading.Event(), threading.Event()

    def slowly(tx: Tx) -> None:
        events.append(tx, MAILBOX_CHANGED, "slow", {})
        began.set()
        go_on.wait(WAIT_SECONDS)

    writing = asyncio.create_task(asyncio.to_thread(any_database.write_now, slowly))
    await asyncio.to_thread(began.wait, WAIT_SECONDS)
    await asyncio.to_thread(_change, any_database, "a")
    await asyncio.to_thread(_change, any_database, "a")
    await _until(lambda: len(heard) == 2)
    go_on.set()
    await writing
    await _until(lambda: "slow" in heard)
    await asyncio.to_thread(_change, any_database, "a")
    await _until(lambda: len(heard) == 4)
    await asyncio.sleep(0.2)
    assert len(heard) == len(set(heard)) == 4


async def test_who_watches_an_account_hears_of_its_mailboxes_and_of_itself_once_each(
    fanout: Fanout, any_database: Database
) -> None:
    heard: list[str] = []
    end = fanout.watch_account("ada", lambda event: heard.append(event.key))

    def change(tx: Tx) -> None:
        events.append(tx, MESSAGE_FLAGGED, "a mailbox", {"user_id": "ada"})
        events.append(tx, MESSAGE_FLAGGED, "another", {"user_id": "bashir"})
        events.append(tx, MAILBOX_CHANGED, "ada", {"key": "ada"})
        events.append(tx, ACCOUNT_CHANGED, "ada", {"user_id": "ada"})
        events.append(tx, MAILBOX_CHANGED, "a mailbox", {"key": "a mailbox"})

    await any_database.write(change)
    await _until(lambda: len(heard) >= 3)
    await asyncio.sleep(0.1)
    assert heard == ["a mailbox", "ada", "ada"]
    end()
    assert fanout._watchers == {}
