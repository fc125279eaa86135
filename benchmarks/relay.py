"""Events through the relay: from the log in PostgreSQL over Valkey to a handler, beside the same read from the log itself.

Counted from the first event written to the last handled by a spread group, with everything in one process: writer, relay, consumer.
Beside it, how long a large mailbox takes to be counted and to be asked of another process, since one decides what the other is for.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence

from tests.servers.postgresql import PostgresqlServer, find_binaries
from tests.servers.valkey import ValkeyServer, find_binary

from benchmarks.figures import Figure, rounded
from mailwright.domain.events import MESSAGE_DELIVERED, Event
from mailwright.pipeline.consumers import Consumers
from mailwright.pipeline.relay import Relay
from mailwright.pipeline.streamed import StreamedConsumers
from mailwright.storage import events
from mailwright.storage.database import Database, open_database
from mailwright.storage.sharedstates import SharedStates
from mailwright.storage.streams import Streams
from mailwright.storage.valkey import Valkey

EVENTS = 40_000
BATCH = 100  # events of one transaction, as deliveries that share a commit
ROUNDS = 3
ASKED = 2_000


def measure(*, short: bool = False) -> Iterator[Figure]:
    """Nothing where PostgreSQL or Valkey is not installed."""
    binaries, binary = find_binaries(), find_binary()
    if binaries is None or binary is None:
        print("  skipped: PostgreSQL or Valkey is not installed", file=sys.stderr, flush=True)
        return
    postgresql, valkey = PostgresqlServer(binaries), ValkeyServer(binary)
    try:
        count = EVENTS // 10 if short else EVENTS
        streamed, logged = [], []
        for number in range(1 if short else ROUNDS):
            for rates, url in ((logged, None), (streamed, valkey.url)):
                database = open_database(postgresql.fresh_database())
                rates.append(asyncio.run(_rate(database, url, f"b{number}", count)))
                database.close()
        yield Figure(
            "Events through the relay to Valkey and a handler",
            max(streamed),
            "events/s",
            more={
                "rounds": [rounded(each) for each in streamed],
                "read from the log": rounded(max(logged)),
                "rounds from the log": [rounded(each) for each in logged],
            },
        )
        yield _asking(valkey.url)
    finally:
        valkey.destroy()
        postgresql.destroy()


async def _rate(database: Database, url: str | None, prefix: str, count: int) -> float:
    seen, done = 0, asyncio.Event()

    async def handle(batch: Sequence[Event]) -> None:
        nonlocal seen
        seen += len(batch)
        if seen >= count:
            done.set()

    relay = None
    if url is None:
        consumers = Consumers(database)
    else:
        streams = Streams(Valkey(url, prefix))
        consumers, relay = StreamedConsumers(database, streams), Relay(database, streams, "relay")
        database.write_now(lambda tx: events.standing(tx, "mail_ingest", "bench"))
        await relay.start()
    consumers.subscribe("mail_ingest", "bench", handle, batch=500)
    await consumers.start()
    await asyncio.sleep(1.0)
    began = time.perf_counter()
    for start in range(0, count, BATCH):
        facts = [(MESSAGE_DELIVERED, f"box-{n % 10}", {"message_id": n}, "") for n in range(start, start + BATCH)]
        await database.write(lambda tx, facts=facts: events.append_many(tx, facts))  # type: ignore[misc]
    await done.wait()
    rate = count / (time.perf_counter() - began)
    await consumers.stop()
    if relay is not None:
        await relay.stop()
        await streams.valkey.close()
    return rate


def _asking(url: str) -> Figure:
    states = SharedStates(Valkey(url, "bench"))
    states.keep("now", "user", "mailbox", 7, (100_000, 10_000, 50_000, 5_000))
    began = time.perf_counter()
    for _ in range(ASKED):
        states.find("now", "user", "mailbox", 7)
    return Figure("Asking Valkey for the counts of a mailbox", (time.perf_counter() - began) / ASKED * 1000, "ms")
