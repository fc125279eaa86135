"""The dispatcher where something beside it goes wrong: mail behind it leaves all the same, and nothing is counted twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from mailwright.core import bounces, settlement
from mailwright.domain.addresses import Address
from mailwright.domain.clock import DAY, HOUR
from mailwright.domain.refusals import TryLater
from mailwright.storage import Tx
from mailwright.storage import outbox as rows
from tests.core.outbox.outbox_world import ADA, BASHIR, CHEN, LETTER, Scripted, World

NOBODY = Address.parse("nobody@mailwright.test")


class Undone(Exception):
    """A neighbour in the group raised: everything is run again."""


async def test_a_claim_that_is_run_again_claims_as_much(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    write = world.core.database.write

    async def twice(function: Callable[[Tx], Any], *, shared: bool = False) -> Any:
        def undone(tx: Tx) -> None:
            function(tx)
            raise Undone

        with pytest.raises(Undone):
            await write(undone, shared=shared)
        return await write(function, shared=shared)

    transport = Scripted(at_once_per_domain=1)
    [row_id] = await world.queue(CHEN)
    monkeypatch.setattr(world.core.database, "write", twice)
    await world.dispatcher(transport).drain()
    assert (await world.row(row_id)).status == "sent"


async def test_a_notice_that_cannot_be_written_does_not_keep_a_message_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(bounces.dsn, "compose", broken)
    [unknown] = await world.queue(NOBODY)
    [known] = await world.queue(BASHIR, raw=LETTER + b"2")
    [outside] = await world.queue(CHEN, raw=LETTER + b"3")
    transport = Scripted()
    await world.dispatcher(transport).drain()
    assert [(await world.row(row_id)).status for row_id in (unknown, known, outside)] == ["failed", "sent", "sent"]
    assert len(await world.dead()) == 1


async def test_an_original_that_cannot_be_read_now_does_not_keep_its_notice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = world.core.blobs.read

    async def away(blob_id: str, start: int = 0, end: int | None = None) -> bytes:
        if end is not None:
            raise TryLater("the message cannot be read now")
        return await read(blob_id, start, end)

    monkeypatch.setattr(type(world.core.blobs), "read", lambda _self, *args: away(*args))
    [unknown] = await world.queue(NOBODY)
    await world.dispatcher().drain()
    assert (await world.row(unknown)).status == "failed"
    assert len(await world.inbox(world.ada)) == 1


async def test_trouble_with_local_mail_does_not_hold_up_what_leaves(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr("mailwright.core.localdelivery.deliver", broken)
    await world.queue(BASHIR)
    [outside] = await world.queue(CHEN, raw=LETTER + b"2")
    transport = Scripted()
    dispatcher = world.dispatcher(transport)
    with pytest.raises(ValueError, match="a bug"):
        await dispatcher.drain()
    await dispatcher.stop()
    assert (await world.row(outside)).status == "sent"


async def test_stopping_while_a_message_is_read_hands_it_back_untried(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = asyncio.Event()

    async def slow(*_: Any) -> bytes:
        reading.set()
        await asyncio.sleep(60)
        raise AssertionError

    monkeypatch.setattr(type(world.core.blobs), "read", slow)
    [row_id] = await world.queue(CHEN)
    dispatcher = world.dispatcher(Scripted())
    await dispatcher.start()
    await asyncio.wait_for(reading.wait(), 5)
    await asyncio.wait_for(dispatcher.stop(0.1), 5)
    row = await world.row(row_id)
    assert (row.status, row.attempts, row.uncertain) == ("queued", 0, 0)


async def test_nobody_is_told_of_the_delay_of_what_has_arrived(world: World) -> None:
    [row_id] = await world.queue(BASHIR)
    waiting = await world.row(row_id)
    await world.dispatcher().drain()

    assert (await world.row(row_id)).status == "sent"
    assert not await world.core.write(lambda tx: rows.mark_told_of_delay(tx, waiting.id, world.now() + 5 * HOUR))


async def test_what_was_asked_for_again_does_not_hide_what_waits_too_long(world: World) -> None:
    """The longest waiting rows are looked at first; those that a person queued again begin anew."""
    ids = [(await world.queue(CHEN, raw=LETTER + str(number).encode()))[0] for number in range(3)]
    world.now.move(6 * DAY)

    def again(tx: Tx) -> None:
        for row_id in ids[:2]:
            tx.execute("UPDATE outbox SET status = 'failed' WHERE id = ?", (row_id,))
            row = rows.by_id(tx, row_id)
            assert row is not None
            rows.queue_again(tx, row, world.now())

    await world.core.write(again)
    assert await settlement.give_up_overdue(world.core, "smtp", world.now(), 2) == 1
    assert [(await world.row(row_id)).status for row_id in ids] == ["queued", "queued", "failed"]
    assert len(await world.rows()) == 4  # and the notice to Ada
    assert ADA in {row.recipient for row in await world.rows()}
