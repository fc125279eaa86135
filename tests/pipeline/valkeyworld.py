"""What the tests with Valkey share: a running relay with consumers, and a handler that writes down what it got."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from mailwright.domain.events import MESSAGE_DELIVERED, Event
from mailwright.pipeline.relay import Relay
from mailwright.pipeline.streamed import StreamedConsumers
from mailwright.storage import events
from mailwright.storage.database import Database
from mailwright.storage.streams import Streams
from mailwright.storage.valkey import Valkey

FAST = (0.01, 0.02, 0.02, 0.02)


@dataclass
class Ledger:
    """A handler; `poison` says what it cannot handle."""

    seen: list[int] = field(default_factory=list)
    failures: int = 0
    poison: Callable[[int], bool] = lambda _: False

    async def handle(self, batch: Sequence[Event]) -> None:
        numbers = [event.payload["number"] for event in batch]
        if any(self.poison(number) for number in numbers):
            self.failures += 1
            raise KeyError("poison")
        self.seen += numbers


def deliver(database: Database, *numbers: int) -> None:
    """Events of three streams each."""
    facts = [(MESSAGE_DELIVERED, f"box-{n % 3}", {"number": n}, f"c{n}") for n in numbers]
    database.write_now(lambda tx: events.append_many(tx, facts))


@contextlib.asynccontextmanager
async def process(
    database: Database, url: str, prefix: str, groups: dict[str, tuple[str, Ledger]], *, alive_seconds: float = 15.0
) -> AsyncIterator[StreamedConsumers]:
    """What a worker process has: a relay, and consumers of {group: (stream, ledger)}."""
    streams = Streams(Valkey(url, prefix))
    consumers = StreamedConsumers(database, streams, retry_seconds=FAST, alive_seconds=alive_seconds)
    for group, (stream, ledger) in groups.items():
        consumers.subscribe(stream, group, ledger.handle)
    relay = Relay(database, streams, consumers.owner, trim_seconds=0.2)
    await relay.start()
    await consumers.start()
    try:
        yield consumers
    finally:
        await consumers.stop()
        await relay.stop()
        await streams.valkey.close()
