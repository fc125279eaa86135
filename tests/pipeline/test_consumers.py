"""Consumers: batches, poison, leases, death, a database that goes away. What they promise is the same on every log: that of SQLite, that
of PostgreSQL, and its copy in Valkey that a relay feeds (`readers`); what only that copy can do is in test_streamed.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence

import pytest

from mailwright.domain.events import MESSAGE_DELIVERED, MESSAGE_REMOVED, Event
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import DamagedBlob, TryLater
from mailwright.pipeline import Commit, Consumers
from mailwright.pipeline.dead_letters import DeadLetters
from mailwright.pipeline.flows import Flows
from mailwright.pipeline.relay import Relay
from mailwright.pipeline.streamed import StreamedConsumers
from mailwright.storage import dead_letters, events, lives
from mailwright.storage.database import Database, Tx, open_database
from mailwright.storage.streams import Streams
from mailwright.storage.valkey import Valkey
from tests.servers.postgresql import PostgresqlServer
from tests.servers.valkey import ValkeyServer
from tests.waiting import happened as until

FAST = (0.01, 0.02, 0.02, 0.02)
NOTHING = events.Lag(0, None, 0)


async def deliver(database: Database, *numbers: int) -> None:
    await database.write(
        lambda tx: events.append_many(tx, [(MESSAGE_DELIVERED, "box", {"number": n}, "") for n in numbers])
    )


@contextlib.asynccontextmanager
async def running(consumers: Consumers) -> AsyncIterator[None]:
    await consumers.start()
    try:
        yield
    finally:
        await consumers.stop()


class Readers:
    """Consumers on one kind of log, each as in a process of its own."""

    def __init__(self, database: Database, server: ValkeyServer | None) -> None:
        self.database = database
        self.server = server
        self._prefix = f"t{new_id()[-12:]}"
        self._streams: list[Streams] = []

    def make(self, owner: str | None = None) -> Consumers:
        if self.server is None:
            return Consumers(self.database, owner=owner, retry_seconds=FAST)
        streams = Streams(Valkey(self.server.url, self._prefix))
        self._streams.append(streams)
        return StreamedConsumers(self.database, streams, owner=owner, retry_seconds=FAST, alive_seconds=1.0)

    @contextlib.asynccontextmanager
    async def running(self, *several: Consumers) -> AsyncIterator[None]:
        """They work; by Valkey from the first event on, where there is one."""
        for each in (one for consumers in several for one in consumers._subscriptions):
            await self.database.write(lambda tx, each=each: events.standing(tx, each.stream, each.group))  # type: ignore[misc]
        relay = None
        if self.server is not None:
            streams = self._streams[0]
            relay = Relay(self.database, streams, "relay", trim_seconds=0.2)
            await relay.start()
            copied = streams.of(await lives.known(self.database))
            while None in (await copied.lasts()).values():
                await asyncio.sleep(0.02)
        for consumers in several:
            await consumers.start()
            while any(one.cursor is None for one in several[0]._subscriptions):
                await asyncio.sleep(0.01)  # the first has the leases
        try:
            yield
        finally:
            for consumers in several:
                await consumers.stop()
            if relay is not None:
                await relay.stop()

    async def close(self) -> None:
        for streams in self._streams:
            await streams.valkey.close()

    def lapse(self) -> None:
        """Fifteen seconds pass for the leases of a process that is gone."""
        self.database.write_now(lambda tx: tx.execute("UPDATE event_cursors SET lease_until = 0"))

    def lag(self, stream: str, group: str) -> events.Lag:
        return self.database.read_now(lambda tx: events.lag(tx, stream, group))


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.server),
        pytest.param("valkey", marks=pytest.mark.server),
    ]
)
def log_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def on_log(request: pytest.FixtureRequest, log_kind: str) -> Iterator[Readers]:
    database = open_database(request.getfixturevalue("sqlite_url" if log_kind == "sqlite" else "postgresql_url"))
    yield Readers(database, request.getfixturevalue("valkey_server") if log_kind == "valkey" else None)
    database.close()


@pytest.fixture
async def readers(on_log: Readers) -> AsyncIterator[Readers]:
    yield on_log
    await on_log.close()


def once(seen: Sequence[int]) -> list[int]:
    """In the order in which they came first: whatever goes wrong, some may come twice."""
    return list(dict.fromkeys(seen))


class Ledger:
    """A handler that writes down what it got."""

    def __init__(self, poison: Callable[[int], bool] = lambda _: False, problem: type[Exception] = KeyError) -> None:
        self.problem = problem
        self.seen: list[int] = []
        self.batches: list[int] = []
        self.failures = 0
        self.poison = poison

    async def handle(self, batch: Sequence[Event]) -> None:
        numbers = [event.payload["number"] for event in batch]
        if any(self.poison(number) for number in numbers):
            self.failures += 1
            raise self.problem("poison")
        self.seen += numbers
        self.batches.append(len(numbers))


async def test_a_group_gets_what_was_there_and_what_comes_in_batches(readers: Readers) -> None:
    ledger, other = Ledger(), Ledger()
    await deliver(readers.database, *range(450))
    consumers = readers.make()
    consumers.subscribe("mail_ingest", "ingesters", ledger.handle)
    consumers.subscribe("index", "indexers", other.handle, batch=1)
    async with readers.running(consumers):
        await until(lambda: len(set(ledger.seen)) == 450)
        await deliver(readers.database, 450)
        await until(lambda: len(set(ledger.seen)) == 451)
        await readers.database.write(lambda tx: events.append(tx, MESSAGE_REMOVED, "box", {"number": -1}))
        await until(lambda: len(set(other.seen)) == 452, 20)
        await until(lambda: readers.lag("mail_ingest", "ingesters") == readers.lag("index", "indexers") == NOTHING)
    assert once(ledger.seen) == list(range(451))
    assert once(other.seen) == [*range(451), -1]
    assert max(ledger.batches) == 200
    assert set(other.batches) == {1}


@pytest.mark.parametrize("problem", [KeyError, DamagedBlob])
async def test_a_poison_event_dies_after_five_attempts_and_the_others_pass(
    readers: Readers, problem: type[Exception]
) -> None:
    database = readers.database
    ledger = Ledger(poison=lambda number: number == 13, problem=problem)
    consumers = readers.make()
    consumers.subscribe("mail_ingest", "ingesters", ledger.handle)
    await deliver(database, *range(40))
    async with readers.running(consumers):
        await until(lambda: database.read_now(dead_letters.count_open)["event"] == 1, 20)
        await deliver(database, 40)
        await until(lambda: 40 in ledger.seen)
        assert once(ledger.seen) == [n for n in range(41) if n != 13]
        [letter] = database.read_now(dead_letters.newest)
        assert letter.attempts == 5
        assert letter.payload["payload"] == {"number": 13}
        assert problem.__name__ in letter.error
        ledger.poison = lambda _: False
        flows_url = "sqlite:///unused" if database.dialect == "sqlite" else "postgresql://unused"
        letters = DeadLetters(database, Flows(database, flows_url))
        replayed = await letters.replay(letter.id)
        assert replayed.replayed_at is not None
        await until(lambda: 13 in ledger.seen)
        await until(lambda: readers.lag("mail_ingest", "ingesters") == NOTHING)
    assert ledger.seen.count(13) == 1


async def test_what_a_dead_process_had_in_hand_another_handles(readers: Readers) -> None:
    began, ledger = asyncio.Event(), Ledger()

    async def never(batch: Sequence[Event]) -> None:
        began.set()
        await asyncio.Event().wait()

    one, two = readers.make("one"), readers.make("two")
    for stream in ("mail_ingest", "index"):
        one.subscribe(stream, f"g-{stream}", never)
        two.subscribe(stream, f"g-{stream}", ledger.handle)
    await deliver(readers.database, *range(20))
    async with readers.running(one):
        await began.wait()
        pending = set(one._tasks)
        while pending:  # it dies: gives nothing back, and says no more that it lives
            for task in pending:
                task.cancel()  # which may be lost when it meets an answer of Valkey's
            _, pending = await asyncio.wait(pending, timeout=0.1)
        readers.lapse()
        await two.start()
        try:
            await until(lambda: len(ledger.seen) >= 40, 20)
            await until(
                lambda: readers.lag("mail_ingest", "g-mail_ingest") == readers.lag("index", "g-index") == NOTHING
            )
        finally:
            await two.stop()
    assert set(ledger.seen) == set(range(20))


async def test_nothing_is_lost_and_the_order_holds_whatever_becomes_of_the_copy(readers: Readers) -> None:
    spread, ordered = Ledger(), Ledger()
    consumers = readers.make()
    consumers.subscribe("mail_ingest", "ingesters", spread.handle)
    consumers.subscribe("index", "indexers", ordered.handle)
    done = 0

    async def more() -> None:
        nonlocal done
        for _ in range(5):
            await deliver(readers.database, *range(done, done + 20))
            done += 20
        wanted = set(range(done))
        await until(lambda: set(spread.seen) == set(ordered.seen) == wanted, 20)

    async with readers.running(consumers):
        await more()
        if readers.server is not None:
            for disturb in (readers.server.empty, readers.server.stop, readers.server.start):
                disturb()
                await more()
        assert once(ordered.seen) == list(range(done))
        await until(lambda: readers.lag("mail_ingest", "ingesters") == readers.lag("index", "indexers") == NOTHING, 20)


async def test_one_attempt_may_be_all_there_is(database: Database) -> None:
    ledger = Ledger(poison=lambda number: number == 1)
    consumers = Consumers(database)
    consumers.subscribe("mail_ingest", "g", ledger.handle, max_attempts=1)
    await deliver(database, 0, 1, 2)
    async with running(consumers):
        await until(lambda: database.read_now(dead_letters.count_open)["event"] == 1)
        await until(lambda: ledger.seen == [0, 2])


async def test_what_a_handler_returns_is_committed_with_the_cursor_or_not_at_all(readers: Readers) -> None:
    calls = 0

    async def handle(batch: Sequence[Event]) -> Commit:
        nonlocal calls
        calls += 1
        fail = calls == 1

        def commit(tx: Tx) -> None:
            for event in batch:
                tx.insert(
                    "tenants",
                    id=f"01890000-0000-7000-8000-{event.id:012}",
                    name=str(event.id),
                    created_at=calls,
                )
            if fail:
                raise RuntimeError("after the insert")

        return commit

    consumers = readers.make()
    consumers.subscribe("mail_ingest", "g", handle)
    await deliver(readers.database, 1)
    async with readers.running(consumers):
        await until(lambda: readers.database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM tenants")) == 1)
    assert calls == 2
    assert readers.database.read_now(lambda tx: tx.scalar("SELECT created_at FROM tenants")) == 2


async def test_a_handler_that_says_try_later_pauses_its_group_and_loses_nothing(readers: Readers) -> None:
    ledger, tries = Ledger(), 0

    async def handle(batch: Sequence[Event]) -> None:
        nonlocal tries
        tries += 1
        if tries <= 2:
            raise TryLater("not now")
        await ledger.handle(batch)

    consumers = readers.make()
    consumers.subscribe("mail_ingest", "g", handle)
    await deliver(readers.database, 1, 2)
    async with readers.running(consumers):
        await until(lambda: ledger.seen == [1, 2])
    assert tries == 3
    assert readers.lag("mail_ingest", "g").retries == 0


async def test_another_process_takes_over_when_the_first_lets_go(readers: Readers) -> None:
    first, second = Ledger(), Ledger()
    one, two = readers.make("one"), readers.make("two")
    one.subscribe("index", "g", first.handle)
    two.subscribe("index", "g", second.handle)
    await deliver(readers.database, 1)
    async with readers.running(two, one):
        await until(lambda: second.seen == [1])
        await deliver(readers.database, 2)
        await until(lambda: second.seen == [1, 2])
        await asyncio.sleep(0.1)
        assert first.seen == []
        await two.stop()
        await deliver(readers.database, 3)
        await until(lambda: first.seen == [3])
        # Its lease lapses (the process froze) and somebody else takes it: the late commit must not move the cursor.
        readers.database.write_now(lambda tx: tx.execute("UPDATE event_cursors SET owner = 'three', lease_until = 1"))
        await deliver(readers.database, 4)
        await until(lambda: 4 in first.seen)
        await until(lambda: readers.database.read_now(lambda tx: tx.scalar("SELECT owner FROM event_cursors")) == "one")
    assert readers.database.read_now(lambda tx: events.lag(tx, "index", "g")).waiting == 0


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


async def test_lag_is_shown(readers: Readers) -> None:
    from prometheus_client import REGISTRY

    async def handle(batch: Sequence[Event]) -> None:
        raise TryLater("not now")

    consumers = readers.make()
    consumers.subscribe("mail_ingest", "laggards", handle)
    await deliver(readers.database, 1, 2, 3)
    readers.database.write_now(lambda tx: events.standing(tx, "mail_ingest", "read-by-nobody"))
    await consumers.measure()
    for group in ("laggards", "read-by-nobody"):
        labels = {"stream": "mail_ingest", "group": group}
        assert REGISTRY.get_sample_value("mailwright_consumer_lag", labels) == 3
    assert REGISTRY.get_sample_value("mailwright_queue_depth", {"stream": "mail_ingest"}) == 3
    readers.database.write_now(lambda tx: events.forget_group(tx, "mail_ingest", "read-by-nobody"))
    await consumers.measure()
    assert REGISTRY.get_sample_value("mailwright_consumer_lag", labels) is None


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
            await until(lambda: once(ledger.seen) == [1, 2, 3], 60)  # the first may come twice
    finally:
        database.close()
        postgresql_server.drop(url)
