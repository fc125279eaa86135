"""The audit trail: in order, once each, through a database that is away, a bad note and a stop in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from mailwright.core import trail as module
from mailwright.core.trail import Trail
from mailwright.domain.refusals import TryLater
from mailwright.storage import audit
from mailwright.storage.database import Database


def _written(database: Database) -> list[str]:
    return [entry.resource for _, entry in reversed(database.read_now(lambda tx: audit.listing(tx, limit=100_000)))]


async def test_notes_wait_for_a_database_that_is_away(any_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    trail = Trail(any_database)
    trail.note("ada", "read", resource="1")
    with monkeypatch.context() as patch:

        async def away(*_: Any, **__: Any) -> None:
            trail.note("ada", "read", resource="2")  # what comes meanwhile comes after
            raise TryLater("away")

        patch.setattr(any_database, "write", away)
        with pytest.raises(TryLater):
            await trail.flush()
    await trail.flush()
    assert _written(any_database) == ["1", "2"]


async def test_a_stop_in_the_middle_of_a_batch_writes_nothing_twice(
    any_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail = Trail(any_database)
    write = any_database.write
    begun = asyncio.Event()

    async def slow(function: Callable[..., Any], **options: Any) -> Any:
        begun.set()
        result = await write(function, **options)
        await asyncio.sleep(0.05)  # it is written, and nobody knows yet
        return result

    monkeypatch.setattr(any_database, "write", slow)
    monkeypatch.setattr(module, "BATCH", 2)
    trail.start()
    for number in range(5):
        trail.note("ada", "read", resource=str(number))
    await begun.wait()
    trail.note("ada", "read", resource="5")
    await trail.stop()
    assert _written(any_database) == ["0", "1", "2", "3", "4", "5"]


async def test_what_the_database_cannot_take_stops_no_other_note(any_database: Database) -> None:
    trail = Trail(any_database)
    for resource in ("1", "a\x00b\ud800", "2"):
        trail.note("ada", "read", resource=resource)
    trail.note("ada\ud800", "read", resource="bad")
    trail.note("ada", "read", resource="3")
    await trail.flush()
    assert _written(any_database) == ["1", "ab?", "2", "3"]


async def test_notes_have_a_bound(any_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 100)
    trail = Trail(any_database)
    for number in range(105):
        trail.note("ada", "read", resource=str(number))
    await trail.flush()
    assert _written(any_database) == [str(number) for number in range(10, 105)]
