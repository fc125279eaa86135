"""Events by Valkey: relays, consumers on many machines, poison, and a Valkey that is emptied or goes away."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from mailwright.cli.checkup import _valkey
from mailwright.core import status
from mailwright.domain import spans
from mailwright.domain.events import MESSAGE_DELIVERED, Event
from mailwright.domain.ids import new_id
from mailwright.pipeline import Consumers
from mailwright.pipeline.copies import AnotherLife
from mailwright.pipeline.relay import Relay
from mailwright.pipeline.streamed import StreamedConsumers
from mailwright.settings import load
from mailwright.storage import dead_letters, events, lives
from mailwright.storage.database import Database, open_database
from mailwright.storage.streams import RELAYED, Streams
from mailwright.storage.valkey import Valkey, ValkeyAway
from mailwright.telemetry import traces
from tests.pipeline.valkeyworld import FAST, Ledger, deliver, process
from tests.servers.postgresql import PostgresqlServer
from tests.servers.valkey import ValkeyServer
from tests.waiting import happened as until

pytestmark = pytest.mark.server
INGEST, INDEX = "mail_ingest", "index"


@pytest.fixture
def pg(postgresql_url: str) -> Iterator[Database]:
    opened = open_database(postgresql_url)
    yield opened
    opened.close()


@pytest.fixture
def prefix() -> str:
    return f"t{new_id()[-12:]}"


def key(server: ValkeyServer, prefix: str, name: str) -> str:
    """Of the one stream of that name; "" when there is none."""
    [found] = server.client.keys(f"{prefix}:*:{name}") or [""]
    return str(found)


def in_stream(server: ValkeyServer, prefix: str, name: str) -> list[str]:
    return [place for place, _ in server.client.xrange(key(server, prefix, f"stream:{name}"))]


def lag(database: Database, stream: str, group: str) -> events.Lag:
    return database.read_now(lambda tx: events.lag(tx, stream, group))


async def test_two_processes_share_a_stream_and_one_reads_where_order_counts(
    pg: Database, postgresql_url: str, valkey_server: ValkeyServer, prefix: str
) -> None:
    other = open_database(postgresql_url)
    shared, one, two = [Ledger() for _ in range(2)], Ledger(), Ledger()
    deliver(pg, *range(100))
    url = valkey_server.url
    async with (
        process(pg, url, prefix, {"ingesters": (INGEST, shared[0]), "indexers": (INDEX, one)}),
        process(other, url, prefix, {"ingesters": (INGEST, shared[1]), "indexers": (INDEX, two)}),
    ):
        for start in range(100, 2_100, 50):
            await asyncio.to_thread(deliver, pg, *range(start, start + 50))
            await asyncio.sleep(0.01)
        await until(lambda: len(one.seen) + len(two.seen) == 2_100)
        assert (one.seen or two.seen) == list(range(2_100))
        await until(lambda: len({*shared[0].seen, *shared[1].seen}) == 2_100)
        assert shared[0].seen
        assert shared[1].seen
        await until(lambda: lag(pg, INGEST, "ingesters") == events.Lag(0, None, 0))
        await until(lambda: lag(pg, INDEX, "indexers") == events.Lag(0, None, 0))
        # What every group has passed is trimmed, and the streams say up to where.
        await until(lambda: not in_stream(valkey_server, prefix, INGEST))
        assert not valkey_server.client.xpending(key(valkey_server, prefix, f"stream:{INGEST}"), "ingesters")["pending"]
    other.close()
    groups = {each["name"] for each in valkey_server.client.xinfo_groups(key(valkey_server, prefix, f"stream:{INDEX}"))}
    assert groups == {"indexers"}
    assert valkey_server.client.xinfo_consumers(key(valkey_server, prefix, f"stream:{INGEST}"), "ingesters") == []


async def test_two_relays_at_once_write_each_event_once_in_the_order_of_the_log(
    pg: Database, valkey_server: ValkeyServer, prefix: str
) -> None:
    valkeys = [Valkey(valkey_server.url, prefix) for _ in range(2)]
    relays = [Relay(pg, Streams(valkey), f"r{n}") for n, valkey in enumerate(valkeys)]
    pg.write_now(lambda tx: [events.standing(tx, name, f"g-{name}") for name in RELAYED])

    async def copy(relay: Relay) -> None:
        for _ in range(60):
            await relay.round()
            await asyncio.sleep(0)

    async def write() -> None:
        for start in range(0, 3_000, 100):
            await asyncio.to_thread(deliver, pg, *range(start, start + 100))
            if start == 1_500:
                valkey_server.client.delete(key(valkey_server, prefix, f"stream:{INDEX}"))  # lost in the middle of it

    await asyncio.gather(write(), *(copy(relay) for relay in relays))
    while await relays[0].round():
        pass
    logged = pg.read_now(lambda tx: events.read(tx, INGEST, events.START, 5_000)).events
    for name in (INGEST, INDEX, "notify"):
        assert in_stream(valkey_server, prefix, name) == [f"{tx}-{position}" for (tx, position), _ in logged]
    await relays[0].measure()
    for valkey in valkeys:
        await valkey.close()


async def test_a_poison_event_dies_in_the_table_and_is_shown_in_the_stream_of_the_dead(
    pg: Database, valkey_server: ValkeyServer, prefix: str
) -> None:
    spread, ordered = Ledger(poison=lambda n: n == 13), Ledger(poison=lambda n: n == 7)
    deliver(pg, *range(40))
    groups = {"ingesters": (INGEST, spread), "indexers": (INDEX, ordered)}
    async with process(pg, valkey_server.url, prefix, groups) as consumers:
        await until(lambda: pg.read_now(dead_letters.count_open)["event"] == 2)
        await until(lambda: len(spread.seen) == 39)
        assert sorted(spread.seen) == [n for n in range(40) if n != 13]
        assert ordered.seen == [n for n in range(40) if n != 7]
        letters = {letter.group: letter for letter in pg.read_now(dead_letters.newest)}
        assert letters["ingesters"].attempts == letters["indexers"].attempts == 5
        assert letters["ingesters"].payload["payload"] == {"number": 13}
        await until(lambda: key(valkey_server, prefix, f"dlq:{INGEST}"))
        shown = valkey_server.client.xrange(key(valkey_server, prefix, f"dlq:{INGEST}"))
        assert [fields["group"] for _, fields in shown] == ["ingesters"]
        await consumers.measure()


async def test_a_trace_goes_on_through_a_stream(pg: Database, valkey_server: ValkeyServer, prefix: str) -> None:
    provider, kept = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    spans.follow(traces.Traces(provider))
    spread, ordered = Ledger(), Ledger()
    groups = {"ingesters": (INGEST, spread), "indexers": (INDEX, ordered)}
    try:
        async with process(pg, valkey_server.url, prefix, groups) as consumers:
            places = consumers._places
            deliver(pg, 0)  # by nobody's trace
            await until(lambda: places["ingesters"].joined and spread.seen == ordered.seen == [0])
            with spans.edge("somebody writes") as edge:
                deliver(pg, 1)
            await until(lambda: spread.seen == ordered.seen == [0, 1])
    finally:
        spans.follow(None)
    found = {span.name: span for span in kept.get_finished_spans() if span.name.startswith("consume ")}
    assert set(found) == {f"consume {INGEST}", f"consume {INDEX}"}
    for span in found.values():
        assert f"{span.context.trace_id:032x}" == edge.trace_id
        assert (span.attributes or {})["mailwright.events"] == 1


async def test_an_emptied_valkey_loses_nothing(pg: Database, valkey_server: ValkeyServer, prefix: str) -> None:
    spread, ordered = Ledger(), Ledger()
    groups = {"ingesters": (INGEST, spread), "indexers": (INDEX, ordered)}
    async with process(pg, valkey_server.url, prefix, groups):
        for start in range(0, 2_000, 50):
            await asyncio.to_thread(deliver, pg, *range(start, start + 50))
            if start in (500, 1_000, 1_500):
                valkey_server.empty()
        await until(lambda: len(set(spread.seen)) == 2_000)
        await until(lambda: len(ordered.seen) == 2_000)
        assert ordered.seen == list(range(2_000))
        valkey_server.empty()  # and while nothing happens: the next event comes all the same
        await asyncio.to_thread(deliver, pg, 2_000)
        await until(lambda: 2_000 in spread.seen and 2_000 in ordered.seen)


async def test_a_valkey_that_is_away_hangs_and_comes_back(
    pg: Database, valkey_server: ValkeyServer, prefix: str
) -> None:
    spread, ordered = Ledger(), Ledger()
    groups = {"ingesters": (INGEST, spread), "indexers": (INDEX, ordered)}
    done = 0

    async def some() -> None:
        nonlocal done
        for _ in range(5):
            await asyncio.to_thread(deliver, pg, *range(done, done + 20))
            done += 20
        await until(lambda: len(set(spread.seen)) == done and len(set(ordered.seen)) == done)
        assert list(dict.fromkeys(ordered.seen)) == list(range(done))

    async with process(pg, valkey_server.url, prefix, groups) as consumers:
        places = consumers._places
        await until(lambda: places["ingesters"].joined)
        await some()
        valkey_server.stop()
        await some()  # from the log
        assert not places["ingesters"].joined
        valkey_server.start()
        await some()
        await until(lambda: places["ingesters"].joined)
        await some()
        valkey_server.freeze()
        try:
            await some()
        finally:
            valkey_server.thaw()
        await some()
    # Switched off for good: the log knows how far everybody is.
    ledger = Ledger()
    consumers = Consumers(pg, retry_seconds=FAST)
    consumers.subscribe(INGEST, "ingesters", ledger.handle)
    await consumers.start()
    await asyncio.to_thread(deliver, pg, -1)
    await until(lambda: -1 in ledger.seen)
    await consumers.stop()
    assert len(ledger.seen) <= 101  # what was acknowledged in the last moment comes again


def lapse(database: Database) -> None:
    """Fifteen seconds pass for the lease of a process that is gone."""
    database.write_now(lambda tx: tx.execute("UPDATE event_cursors SET lease_until = 0"))


def start_program(url: str, server: ValkeyServer, prefix: str, ledger: Path, how: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.pipeline.streamed_program", url, server.url, prefix, str(ledger), how],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


async def test_what_a_killed_process_had_in_its_hands_is_taken_over(
    pg: Database, postgresql_url: str, valkey_server: ValkeyServer, prefix: str, tmp_path: Path
) -> None:
    pg.write_now(lambda tx: events.standing(tx, INGEST, "ingesters"))
    deliver(pg, *range(50))
    program = start_program(postgresql_url, valkey_server, prefix, tmp_path / "ledger", "slow")
    await until((tmp_path / "ledger").exists, 60)
    program.kill()  # in mid-batch: taken, and not acknowledged
    program.wait()
    lapse(pg)
    stream = key(valkey_server, prefix, f"stream:{INGEST}")
    assert valkey_server.client.xpending(stream, "ingesters")["pending"] == 50
    ledger = Ledger()
    async with process(pg, valkey_server.url, prefix, {"ingesters": (INGEST, ledger)}, alive_seconds=1.0):
        await until(lambda: len(ledger.seen) == 50, 40)
        assert Counter(ledger.seen) == Counter(range(50))
        await until(lambda: lag(pg, INGEST, "ingesters").waiting == 0)


async def test_an_event_that_kills_its_process_is_buried_and_the_others_are_handled(
    pg: Database, postgresql_url: str, valkey_server: ValkeyServer, prefix: str, tmp_path: Path
) -> None:
    pg.write_now(lambda tx: events.standing(tx, INGEST, "ingesters"))
    deliver(pg, *range(10))
    program = start_program(postgresql_url, valkey_server, prefix, tmp_path / "ledger", "dies-of-3")
    await asyncio.to_thread(program.wait, 60)
    lapse(pg)
    stream = key(valkey_server, prefix, f"stream:{INGEST}")
    [entry] = [each for each, fields in valkey_server.client.xrange(stream) if '"number":3}' in fields["event"]]
    valkey_server.client.xclaim(stream, "ingesters", "died-too", 0, [entry], retrycount=5, justid=True)
    ledger = Ledger()
    async with process(pg, valkey_server.url, prefix, {"ingesters": (INGEST, ledger)}, alive_seconds=0.5):
        await until(lambda: pg.read_now(dead_letters.count_open)["event"] == 1)
        [letter] = pg.read_now(dead_letters.newest)
        assert letter.payload["payload"] == {"number": 3}
        assert letter.attempts == 5
        await until(lambda: sorted(ledger.seen) == [n for n in range(10) if n != 3])


async def test_what_was_taken_and_not_handled_is_looked_for_whatever_went_wrong(
    pg: Database, valkey_server: ValkeyServer, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a field that a newer version writes is no reason."""
    monkeypatch.setattr("mailwright.pipeline.consumers.AWAY_SECONDS", (0.01, 0.05))
    monkeypatch.setattr("mailwright.storage.streams.asdict", lambda event: asdict(event) | {"newer": 1})
    take, lost = Streams.take, list[Sequence[object]]()

    async def takes(streams: Streams, *rest: object) -> object:
        found = await take(streams, *rest)  # type: ignore[arg-type]
        if found and not lost:
            lost.append(found)
            raise KeyError("what came cannot be read")
        return found

    monkeypatch.setattr(Streams, "take", takes)
    ledger, watched = Ledger(), Ledger()
    groups = {"ingesters": (INGEST, ledger), "indexers": (INDEX, watched)}
    async with process(pg, valkey_server.url, prefix, groups) as consumers:
        await until(lambda: consumers._places["ingesters"].joined)
        deliver(pg, *range(20))
        await until(lambda: sorted(ledger.seen) == list(range(20)) and len(watched.seen) == 20)
        assert lost
        await until(lambda: lag(pg, INGEST, "ingesters").waiting == 0)


def placed(database: Database, *numbers: int) -> list[str]:
    """Where these events stand, as a stream names it."""
    rows = database.read_now(lambda tx: events.read(tx, INGEST, events.START, 5_000)).events
    return [f"{tx}-{position}" for (tx, position), event in rows if event.payload["number"] in numbers]


async def test_streams_of_another_life_are_read_by_nobody_and_end(
    pg: Database, valkey_server: ValkeyServer, prefix: str
) -> None:
    """Also under consumers that are at work: as after a fail-over to a server that lacks the last second."""
    spread, ordered = Ledger(), Ledger()
    groups = {"ingesters": (INGEST, spread), "indexers": (INDEX, ordered)}
    client = valkey_server.client
    async with process(pg, valkey_server.url, prefix, groups) as consumers:
        await until(lambda: consumers._places["ingesters"].joined and consumers._places["indexers"].sure)
        deliver(pg, 0)
        await until(lambda: spread.seen == ordered.seen == [0])
        old = {name: key(valkey_server, prefix, f"stream:{name}") for name in (INGEST, INDEX)}
        life = consumers._streams.life
        pg.write_now(lives.renew)
        lost = json.dumps(asdict(Event(4_711, MESSAGE_DELIVERED, "box", {"number": -1}, "", 1)))
        for stream in old.values():  # what happened there only, and is far ahead of what happens here
            client.xadd(stream, {"event": lost}, id="9000000000-1")
        deliver(pg, *range(1, 30))
        await until(lambda: {*spread.seen} - {-1} == {*ordered.seen} - {-1} == {*range(30)}, 40)
        await until(lambda: lag(pg, INGEST, "ingesters") == lag(pg, INDEX, "indexers") == events.Lag(0, None, 0), 40)
        await until(lambda: consumers._streams.life != life and consumers._places["ingesters"].joined)
    for stream in old.values():
        assert 0 < client.ttl(stream) <= 86_400


async def test_two_installations_on_one_prefix_are_none_of_each_others_business(
    pg: Database, postgresql_server: PostgresqlServer, valkey_server: ValkeyServer, prefix: str
) -> None:
    url = postgresql_server.fresh_database()
    other = open_database(url)
    ledgers = [Ledger(), Ledger()]
    here, there = ({"ingesters": (INGEST, each)} for each in ledgers)
    try:
        async with process(pg, valkey_server.url, prefix, here), process(other, valkey_server.url, prefix, there):
            await until(lambda: len(valkey_server.client.keys(f"{prefix}:*:stream:{INGEST}")) == 2)
            deliver(pg, *range(20))
            deliver(other, *range(100, 120))
            await until(lambda: set(ledgers[0].seen) == set(range(20)) and set(ledgers[1].seen) == set(range(100, 120)))
    finally:
        other.close()
        postgresql_server.drop(url)


@pytest.mark.parametrize("ahead", [True, False], ids=["ahead of the log", "the log has passed it"])
async def test_a_stream_that_is_no_copy_of_the_log_moves_no_cursor(
    pg: Database, postgresql_url: str, valkey_server: ValkeyServer, prefix: str, tmp_path: Path, ahead: bool
) -> None:
    """The database came back from an earlier moment under the same life, as from a snapshot of its disk: nobody said so."""
    streams = Streams(Valkey(valkey_server.url, prefix)).of(await lives.known(pg))
    pg.write_now(
        lambda tx: [
            events.standing(tx, stream, group)
            for stream, group in (("mail_ingest", "ingesters"), ("index", "indexers"))
        ]
    )
    deliver(pg, *range(10))
    end = (9_000_000_000, 7) if ahead else pg.read_now(lambda tx: tx.log_end())
    newest = Event(4_711, MESSAGE_DELIVERED, "box", {"number": -1}, "", 1)
    for name in (INGEST, INDEX):
        await streams.begin(name, (1, 1))
        await streams.append(name, (1, 1), [((end[0], 5), newest)], end)
    assert await status.strangers(pg, streams) == [INGEST, INDEX]
    said = await status.of_valkey(pg, streams)
    assert said.ok
    assert "are not read: mail_ingest, index" in said.because
    settings = load(
        data=tmp_path,
        database_url=postgresql_url,
        valkey_url=valkey_server.url,
        valkey_prefix=prefix,
        blob_url="s3://b/m",
    )
    [check] = [each for each in await asyncio.to_thread(lambda: [*_valkey(settings)]) if "are not read" in each.because]
    assert check.status == "warn"
    spread, ordered = Ledger(), Ledger()
    consumers = StreamedConsumers(pg, Streams(streams.valkey), retry_seconds=FAST)
    consumers.subscribe(INGEST, "ingesters", spread.handle)
    consumers.subscribe(INDEX, "indexers", ordered.handle)
    await consumers.start()  # without a relay, which drops them at once
    try:
        await until(lambda: spread.seen == ordered.seen == list(range(10)))
        deliver(pg, *range(10, 20))
        await until(lambda: spread.seen == ordered.seen == list(range(20)))
    finally:
        await consumers.stop()
    relay = Relay(pg, streams, "relay")
    while await relay.round():
        pass
    assert await status.strangers(pg, streams) == []
    deliver(pg, *range(20, 30))
    while await relay.round():
        pass
    assert in_stream(valkey_server, prefix, INGEST) == placed(pg, *range(20, 30))
    await streams.valkey.close()


async def test_a_place_of_another_life_is_not_written_down_even_when_nobody_has_noticed_yet(
    pg: Database, valkey_server: ValkeyServer, prefix: str
) -> None:
    streams = Streams(Valkey(valkey_server.url, prefix)).of(await lives.known(pg))
    ledger = Ledger()
    async with process(pg, valkey_server.url, prefix, {"ingesters": (INGEST, ledger)}) as consumers:
        await until(lambda: consumers._places["ingesters"].joined)
        place = consumers._places["ingesters"]
        end = pg.read_now(lambda tx: tx.log_end())
        with pytest.raises(AnotherLife, match="ahead"):
            pg.write_now(place.proved((end[0] + 1_000, 1)))
        pg.write_now(place.proved(end))
        pg.write_now(lives.renew)
        with pytest.raises(AnotherLife, match="another life"):
            pg.write_now(place.proved(end))
        deliver(pg, *range(5))
        await until(lambda: set(ledger.seen) == set(range(5)))
        # Nor when the database is asked again only because a process ends.
        [one] = consumers._subscriptions
        one.cursor = (end[0] + 1_000, 1)
        with pytest.raises(AnotherLife):
            await consumers._release(one)
        one.cursor = None
        assert pg.write_now(lambda tx: events.standing(tx, INGEST, "ingesters")) < (end[0] + 1_000, 1)
    await streams.valkey.close()


async def test_a_server_that_hangs_costs_nobody_more_than_a_moment(valkey_server: ValkeyServer) -> None:
    valkey = Valkey(valkey_server.url, "t", seconds=0.2)
    await valkey.ping()
    valkey_server.freeze()
    try:
        with pytest.raises(ValkeyAway):
            await valkey.ping()
        began = time.monotonic()
        for _ in range(100):
            with pytest.raises(ValkeyAway):
                await valkey.ping()
        assert time.monotonic() - began < 10  # twenty, were each of them waited for
    finally:
        valkey_server.thaw()
    await valkey.close()
