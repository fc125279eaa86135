"""The whole way of an approval on the real engine: asked, mailed, clicked, sent; killed in between and started again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from mailwright.agents import approved
from mailwright.codecs import mime
from mailwright.core import approvals
from mailwright.domain.clock import DAY
from mailwright.pipeline import Consumers, Flows
from mailwright.storage.approvals import Approval
from tests.core.approvals.conftest import BY_ADA, Desk
from tests.pipeline.conftest import flows_url

PATIENCE = 60  # seconds
Rebuilt = Callable[[], Any]


@pytest.fixture
def running(desk: Desk, any_url: str) -> Rebuilt:
    """A process that works: `async with running():`. Each time it is built anew, as after an upgrade."""

    @asynccontextmanager
    async def process() -> AsyncIterator[Flows]:
        flows = Flows(desk.core.database, flows_url(any_url), executor_id="tests")
        consumers = Consumers(desk.core.database, owner="tests")
        consumers.subscribe("approvals", "approvers", approved.on_events(desk.core, flows))
        await flows.start()
        await consumers.start()
        try:
            yield flows
        finally:
            await consumers.stop()
            await flows.stop(0.1)

    return process


async def until(found: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await found():
            await asyncio.sleep(0.02)


async def sent(desk: Desk) -> list[str]:
    return [row.idempotency_key for row in await desk.outbox() if row.idempotency_key.startswith("approval:")]


async def say_yes(desk: Desk, asked: Approval) -> None:
    await desk.core.write(lambda tx: approvals.approve(tx, desk.core, asked.id, BY_ADA, user_id=desk.ada))


async def settled(desk: Desk, asked: Approval, status: str = "done") -> None:
    async def is_so() -> bool:
        return (await desk.load(asked)).status == status

    await until(is_so)


async def test_asked_by_mail_clicked_and_sent(desk: Desk, running: Rebuilt) -> None:
    async with running():
        asked = await desk.ask()

        async def mailed() -> bool:
            return len(await desk.outbox()) == 1

        await until(mailed)
        [row] = await desk.outbox()
        raw = await desk.core.blobs.read(row.blob_id)
        link = re.search(r"/approve/([\w-]{43})", mime.body_text(raw, mime.parse(raw)))
        assert link is not None
        token = link[1]
        await desk.core.write(lambda tx: approvals.decide_by_link(tx, desk.core, token, yes=True, client=""))
        await settled(desk, asked)
    assert await sent(desk) == [f"approval:{asked.id}:chen@example.org"]


async def test_a_yes_while_nothing_ran_is_carried_out_after_the_upgrade_a_week_later(
    desk: Desk, running: Rebuilt
) -> None:
    async with running():
        asked = await desk.ask()
    desk.now.moment += 7 * DAY
    await say_yes(desk, asked)
    assert await sent(desk) == []
    async with running():
        await settled(desk, asked)
    async with running():
        await asyncio.sleep(0.2)
    assert await sent(desk) == [f"approval:{asked.id}:chen@example.org"]


async def test_killed_between_the_yes_and_the_sending_it_is_sent_once(
    desk: Desk, running: Rebuilt, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, reached = await desk.ask(), asyncio.Event()

    async def hang(*_: object, **__: object) -> bytes:
        reached.set()
        await asyncio.sleep(PATIENCE)
        return b""

    with monkeypatch.context() as patch:
        async with running():
            async with asyncio.timeout(PATIENCE):
                while not await desk.outbox():  # the mail that asks reads the bytes as well
                    await asyncio.sleep(0.02)
            patch.setattr(desk.core.blobs, "read", hang)
            await say_yes(desk, asked)
            async with asyncio.timeout(PATIENCE):
                await reached.wait()
    assert (await desk.load(asked)).status == "approved"
    assert await sent(desk) == []
    async with running():
        await settled(desk, asked)
    assert await sent(desk) == [f"approval:{asked.id}:chen@example.org"]


async def test_the_event_of_a_yes_that_comes_again_starts_nothing_new(desk: Desk, running: Rebuilt) -> None:
    asked = await desk.ask()
    async with running() as flows:
        await say_yes(desk, asked)
        await settled(desk, asked)
        await flows.enqueue(approved.approved, asked.id, id=f"approved:{asked.id}")
        found = await flows.find(workflow="approved")
    assert [each.id for each in found] == [f"approved:{asked.id}"]
    assert len(await sent(desk)) == 1
