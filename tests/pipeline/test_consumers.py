"""Consumers: batches, poison, leases, a database that goes away."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from mailwright.domain.events import MESSAGE_DELIVERED, MESSAGE_REMOVED, Event
from mailwright.domain.refusals import TryLater
from mailwright.pipeline import Commit, Consumers
from mailwright.pipeline.dead_letters import DeadLetters
from mailwright.pipeline.flows import Flows
from mailwright.storage import dead_letters, events
from mailwright.storage.database import Database, Tx, open_database
from tests.servers.postgresql import PostgresqlServer

FAST = (0.01, 0.02, 0.02, 0.02)


async def deliver(database: Database, *numbers: int) -> None:
    await database.write(
        lambda tx: events.append_many(tx, [(MESSAGE_DELIVERED, "box", {"number": n}, "") for n in numbers])
    )


async def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen in time"
        await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def running(consumers: Consumers) -> AsyncIterator[None]:
    await consumers.start()
    try:
        yield
    finally:
        await consumers.stop()


class Ledger:
    """A handler that writes down what it got."""

    def __init__(self, poison: Callable[[int], bool] = lambda _: False) -> None:
        self.seen: list[int] = []
        self.batches: list[int] = []
        self.failures = 0
        self.poison = poison

    async def handle(self, batch: Sequence[Event]) -> None:
        numbers = [event.payload["number"] for event in batch]
        if any(self.poison(number) for number in numbers):
            self.failures += 1
            raise KeyError("poison")
        self.seen += numbers
        self.batches.append(len(numbers))


async def test_a_group_gets_what_was_there_and_what_comes_in_batches(any_database: Database) -> None:
    ledger, other = Ledger(), Ledger()
    await deliver(any_database, *range(450))
    consumers = Consumers(any_database)
    consumers.subscribe("mail_ingest", "ingesters", ledger.handle)
    consumers.subscribe("index", "indexers", other.handle, batch=1)
    async with running(consumers):
        await until(lambda: len(ledger.seen) == 450)
        await deliver(any_database, 450)
        await until(lambda: len(ledger.seen) == 451)
        await any_database.write(lambda tx: events.append(tx, MESSAGE_REMOVED, "box", {"number": -1}))
        await until(lambda: len(other.seen) == 452, 20)
    assert ledger.seen == list(range(451))
    assert max(ledger.batches) == 200
    assert set(other.batches) == {1}


async def test_a_poison_event_dies_after_five_attempts_and_the_others_pass(any_database: Database) -> None:
    ledger = Ledger(poison=lambda number: number == 13)
    consumers = Consumers(any_database, retry_seconds=FAST)
    consumers.subscribe("mail_ingest", "ingesters", ledger.handle)
    await deliver(any_database, *range(40))
    async with running(consumers):
        await until(lambda: any_database.read_now(dead_letters.count_open)["event"] == 1)
        await deliver(any_database, 40)
        await until(lambda: 40 in ledger.seen)
        assert ledger.seen == [n for n in range(41) if n != 13]
        [letter] = any_database.read_now(dead_letters.newest)
        assert letter.attempts == 5
        assert letter.payload["payload"] == {"number": 13}
        assert "KeyError" in letter.error
        ledger.poison = lambda _: False
        flows_url = "sqlite:///unused" if any_database.dialect == "sqlite" else "postgresql://unused"
        letters = DeadLetters(any_database, Flows(any_database, flows_url))
        replayed = await letters.replay(letter.id)
        assert replayed.replayed_at is not None
        await until(lambda: 13 in ledger.seen)
    assert ledger.seen.count(13) == 1
    assert any_database.read_now(lambda tx: events.lag(tx, "mail_ingest", "ingesters")) == events.Lag(0, None, 0)


async def test_one_attempt_may_be_all_there_is(database: Database) -> None:
    ledger = Ledger(poison=lambda number: number == 1)
    consumers = Consumers(database)
    consumers.subscribe("mail_ingest", "g", ledger.handle, max_attempts=1)
    await deliver(database, 0, 1, 2)
    async with running(consumers):
        await until(lambda: database.read_now(dead_letters.count_open)["event"] == 1)
        await until(lambda: ledger.seen == [0, 2])


async def test_what_a_handler_returns_is_committed_with_the_cursor_or_not_at_all(any_database: Database) -> None:
    calls = 0

    async def handle(batch: Sequence[Event]) -> Commit:
        nonlocal calls
        calls += 1
        fail = calls == 1

        def commit(tx: Tx) -> None:
            for event in batch:
                tx.insert(
                    "preferences" if False else "tenants",
                    id=f"01890000-0000-7000-8000-{event.id:012}",
                    name=str(event.id),
                    created_at=calls,
                )
            if fail:
                raise RuntimeError("after the insert")

        return commit

    consumers = Consumers(any_database, retry_seconds=FAST)
    consumers.subscribe("mail_ingest", "g", handle)
    await deliver(any_database, 1)
    async with running(consumers):
        await until(lambda: any_database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM tenants")) == 1)
    assert calls == 2
    assert any_database.read_now(lambda tx: tx.scalar("SELECT created_at FROM tenants")) == 2


async def test_a_handler_that_says_try_later_pauses_its_group_and_loses_nothing(database: Database) -> None:
    ledger, tries = Ledger(), 0

    async def handle(batch: Sequence[Event]) -> None:
        nonlocal tries
        tries += 1
        if tries <= 2:
            raise TryLater("not now")
        await ledger.handle(batch)

    consumers = Consumers(database)
    consumers.subscribe("mail_ingest", "g", handle)
    await deliver(database, 1, 2)
    async with running(consumers):
        await until(lambda: ledger.seen == [1, 2])
    assert tries == 3
    assert database.read_now(lambda tx: events.lag(tx, "mail_ingest", "g")).retries == 0


async def test_another_process_takes_over_when_the_first_lets_go(any_database: Database) -> None:
    first, second = Ledger(), Ledger()
    one, two = Consumers(any_database, owner="one"), Consumers(any_database, owner="two")
    one.subscribe("mail_ingest", "g", first.handle)
    two.subscribe("mail_ingest", "g", second.handle)
    await deliver(any_database, 1)
    async with running(two):
        await until(lambda: second.seen == [1])
        await one.start()
        await deliver(any_database, 2)
        await until(lambda: second.seen == [1, 2])
        await asyncio.sleep(0.1)
        assert first.seen == []
    await deliver(any_database, 3)
    await until(lambda: first.seen == [3])
    # Its lease lapses (the process froze) and somebody else takes it: the late commit must not move the cursor.
    any_database.write_now(lambda tx: tx.execute("UPDATE event_cursors SET owner = 'three', lease_until = 1"))
    await deliver(any_database, 4)
    await until(lambda: 4 in first.seen)
    await until(lambda: any_database.read_now(lambda tx: tx.scalar("SELECT owner FROM event_cursors")) == "one")
    await one.stop()
    assert any_database.read_now(lambda tx: events.lag(tx, "mail_ingest", "g")).waiting == 0


async def test_a_batch_in_hand_is_finished_before_the_end(database: Database) -> None:
    began, ended = asyncio.Event(), []

    async def handle(batch: Sequence[Event]) -> None:
        began.set()
        await asyncio.sleep(0.3)
        ended.extend(batch)

    consumers = Consumers(database)
    consumers.subscribe("mail_ingest", "g", handle)
    await deliver(database, 1)
    await consumers.start()
    await began.wait()
    await consumers.stop()
    assert len(ended) == 1
    assert database.read_now(lambda tx: tx.one("SELECT position, owner FROM event_cursors")) == (1, "")


async def test_lag_is_shown(database: Database) -> None:
    from prometheus_client import REGISTRY

    async def handle(batch: Sequence[Event]) -> None:
        raise TryLater("not now")

    consumers = Consumers(database)
    consumers.subscribe("mail_ingest", "laggards", handle)
    await deliver(database, 1, 2, 3)
    await consumers.measure()
    labels = {"stream": "mail_ingest", "group": "laggards"}
    assert REGISTRY.get_sample_value("mailwright_consumer_lag", labels) == 3
    assert REGISTRY.get_sample_value("mailwright_queue_depth", {"stream": "mail_ingest"}) == 3


def test_a_group_is_subscribed_once_and_to_a_stream_that_exists(database: Database) -> None:
    consumers = Consumers(database)
    consumers.subscribe("index", "g", Ledger().handle)
    with pytest.raises(ValueError, match="twice"):
        consumers.subscribe("notify", "g", Ledger().handle)
    with pytest.raises(ValueError, match="no stream"):
        consumers.subscribe("nothing", "h", Ledger().handle)


@pytest.mark.server
async def test_a_database_that_goes_away_pauses_the_consumers_and_nothing_is_lost(
    postgresql_server: PostgresqlServer,
) -> None:
    url = postgresql_server.fresh_database()
    database = open_database(url)
    ledger = Ledger()
    consumers = Consumers(database)
    consumers.subscribe("mail_ingest", "g", ledger.handle)
    try:
        async with running(consumers):
            await deliver(database, 1)
            await until(lambda: ledger.seen == [1])
            await asyncio.to_thread(postgresql_server.stop)
            await asyncio.sleep(1.0)
            await asyncio.to_thread(postgresql_server.start)
            await deliver(database, 2, 3)
            await until(lambda: list(dict.fromkeys(ledger.seen)) == [1, 2, 3], 60)  # the first may come twice
    finally:
        database.close()
        postgresql_server.drop(url)
