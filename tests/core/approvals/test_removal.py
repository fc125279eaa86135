"""A person who is removed takes along what was asked of them, what they granted and their switch."""

from __future__ import annotations

import asyncio

import pytest

from mailwright.core import accounts, approvals, grants, retention, stops
from mailwright.domain.clock import DAY, HOUR
from mailwright.domain.refusals import NotFound
from mailwright.storage import Tx, effects
from mailwright.storage.audit import SYSTEM
from tests.core.approvals.conftest import AGENT, BY_ADA, Desk


async def test_everything_of_the_person_goes_and_nothing_of_others(desk: Desk) -> None:
    mine, other = await desk.ask(), await desk.ask(user_id=desk.bashir)

    def more(tx: Tx) -> None:
        for user_id in (desk.ada, desk.bashir):
            grants.give(tx, user_id, AGENT, "send", "*", by=BY_ADA)
            stops.engage(tx, "user", user_id, by=SYSTEM)
            effects.add(
                tx,
                tenant_id=desk.tenant_id,
                user_id=user_id,
                task_id=None,
                agent=AGENT,
                action="send",
                target="x",
                ruling="allowed",
                because="",
            )

    await desk.core.write(more)
    await asyncio.to_thread(accounts.erase_user, desk.core, "ada@mailwright.test")

    def left(tx: Tx) -> list[object]:
        tables = {"approvals": "user_id", "grants": "user_id", "effects": "user_id", "stops": "scope_id"}
        return [tx.all(f"SELECT {column} FROM {table}") for table, column in tables.items()]

    assert await desk.core.read(left) == [[(desk.bashir,)]] * 4
    desk.now.moment += 2 * HOUR
    await retention.sweep(desk.core)
    with pytest.raises(NotFound):
        await desk.core.blobs.read(mine.blob_id)
    assert await desk.core.blobs.read(other.blob_id)


async def test_what_the_monitor_said_is_kept_as_long_as_the_audit_trail(desk: Desk) -> None:
    def add(tx: Tx) -> None:
        effects.add(
            tx,
            tenant_id=desk.tenant_id,
            user_id=desk.ada,
            task_id=None,
            agent=AGENT,
            action="send",
            target="x",
            ruling="allowed",
            because="",
        )

    await desk.core.write(add)
    since = desk.now() - DAY
    desk.now.moment += 300 * DAY
    await approvals.sweep(desk.core)
    assert await desk.core.read(lambda tx: effects.count_since(tx, desk.ada, "send", since)) == 1
    assert await desk.core.read(lambda tx: effects.count_since(tx, desk.ada, "send", since, "denied")) == 0
    desk.now.moment += 100 * DAY
    await approvals.sweep(desk.core)
    assert await desk.core.read(lambda tx: effects.count_since(tx, desk.ada, "send", since)) == 0
