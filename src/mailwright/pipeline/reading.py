"""Reading: where this process's consumers get their events from, and who feeds that.

Called by work.py. Light to import: what reads from Valkey is imported where there is one.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from mailwright.pipeline.consumers import Consumers
from mailwright.storage.database import Database
from mailwright.storage.streams import Streams

if TYPE_CHECKING:
    from mailwright.pipeline.relay import Relay


def consumers_of(
    database: Database, streams: Streams | None, *, groups: Collection[str] | None = None
) -> tuple[Consumers, Relay | None]:
    """Consumers of the log (of `groups` alone, when they are named); with `streams`, of those, and the relay that fills them."""
    if streams is None:
        return Consumers(database, groups=groups), None
    from mailwright.pipeline.relay import Relay
    from mailwright.pipeline.streamed import StreamedConsumers

    consumers = StreamedConsumers(database, streams, groups=groups)
    return consumers, Relay(database, streams, consumers.owner)
