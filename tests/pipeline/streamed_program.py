"""A process to be killed: takes events by Valkey and writes their numbers into a ledger.

Usage: python -m tests.pipeline.streamed_program DATABASE VALKEY PREFIX LEDGER slow|dies-of-3.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from mailwright.domain.events import Event
from mailwright.pipeline.relay import Relay
from mailwright.pipeline.streamed import StreamedConsumers
from mailwright.storage import lives
from mailwright.storage.database import open_database
from mailwright.storage.streams import Streams
from mailwright.storage.valkey import Valkey


async def main(database_url: str, valkey_url: str, prefix: str, ledger: Path, how: str) -> None:
    async def handle(batch: Sequence[Event]) -> None:
        if how != "slow" and any(event.payload["number"] == 3 for event in batch):
            os.kill(os.getpid(), signal.SIGKILL)
        with ledger.open("a") as file:
            file.writelines(f"{event.payload['number']}\n" for event in batch)
        if how == "slow":
            await asyncio.sleep(3600)

    database, streams = open_database(database_url), Streams(Valkey(valkey_url, prefix))
    consumers = StreamedConsumers(database, streams, alive_seconds=0.5)
    consumers.subscribe("mail_ingest", "ingesters", handle)
    relay = Relay(database, streams, consumers.owner)
    of_now = streams.of(await lives.known(database))
    while not (await of_now.lasts())["mail_ingest"]:
        await relay.round()
    await relay.start()
    await consumers.start()
    await asyncio.sleep(3600)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4], Path(sys.argv[4]), sys.argv[5]))
