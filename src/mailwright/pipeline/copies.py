"""Copies: is a stream in Valkey a copy of this log, or of one that the database has left?

Asked by the relay and by consumers before they believe a stream, and by status and doctor. A life has streams of its own
(`storage.lives`); this is for what came back from an earlier moment without anybody saying so, as from a snapshot of its disk.
"""

from __future__ import annotations

from mailwright.domain.refusals import TryLater
from mailwright.storage import events, lives
from mailwright.storage.database import Database, Mark, Tx
from mailwright.storage.streams import RELAYED, Standing, Streams


class AnotherLife(TryLater):
    """What was read is of another life of the database; what was about to be committed because of it must not be."""


async def is_copy(database: Database, streams: Streams, name: str) -> bool:
    """Whether a stream has nothing but what this log has; also when there is none. Raises TryLater."""
    standing = await streams.standing(name)
    return standing is None or await database.read(lambda tx: agrees(tx, standing))


async def strangers(database: Database, streams: Streams) -> list[str]:
    """The streams that are no copies of this log. Raises TryLater."""
    found = {name: await streams.standing(name) for name in RELAYED}
    return await database.read(lambda tx: [name for name, each in found.items() if each and not agrees(tx, each)])


def agrees(tx: Tx, standing: Standing) -> bool:
    """Whether the log goes as far as the stream, and has the stream's newest entry."""
    if standing.end > tx.log_end():
        return False
    if standing.newest is None:
        return True
    (_, number), written_at = standing.newest
    return events.written_at(tx, number) == written_at


def check(tx: Tx, life: str, mark: Mark) -> None:
    """Raises AnotherLife when a place from the streams of a life is none of this log, so that its transaction is undone."""
    if lives.current(tx) != life:
        raise AnotherLife("the database has another life")
    if mark > tx.log_end():
        raise AnotherLife("the stream is ahead of the log")
