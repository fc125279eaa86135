"""The stop switch: what agents have queued stays while it is thrown, and leaves once when it is put back."""

from __future__ import annotations

import asyncio

import pytest

from mailwright.core import outbox, stops
from mailwright.core.dispatch import Dispatcher
from mailwright.core.stops import Stopped
from mailwright.domain.addresses import Address
from mailwright.domain.clock import DAY, HOUR, MINUTE
from mailwright.domain.refusals import BadInput, NotFound
from mailwright.storage import Tx, audit
from mailwright.storage.audit import Actor
from mailwright.storage.stops import Scope
from tests.core.approvals.conftest import Desk
from tests.core.outbox.outbox_world import Scripted

OPS = Actor("ops@mailwright.test", "192.0.2.1")


def dispatcher(desk: Desk, transport: Scripted) -> Dispatcher:
    return Dispatcher(desk.core, {"smtp": transport}, now=desk.now)


async def throw(desk: Desk, scope: Scope, scope_id: str | None) -> None:
    await desk.core.write(lambda tx: stops.engage(tx, scope, scope_id, because="a test", by=OPS))


async def put_back(desk: Desk, scope: Scope, scope_id: str | None) -> bool:
    return await desk.core.write(lambda tx: stops.release(tx, scope, scope_id, by=OPS))


def places(desk: Desk) -> list[tuple[Scope, str | None]]:
    return [("installation", None), ("tenant", desk.tenant_id), ("user", desk.ada)]


async def test_each_scope_says_why_and_only_its_own(desk: Desk) -> None:
    for scope, scope_id in places(desk):
        await throw(desk, scope, scope_id)
        because = await desk.core.read(lambda tx: stops.engaged(tx, tenant_id=desk.tenant_id, user_id=desk.ada))
        assert "ops@mailwright.test" in because
        assert "a test" in because
        other = await desk.core.read(lambda tx: stops.engaged(tx, tenant_id=desk.tenant_id, user_id=desk.bashir))
        assert bool(other) is (scope != "user")
        elsewhere = await desk.core.read(
            lambda tx: stops.engaged(tx, tenant_id="01900000-0000-7000-8000-00000000000f", user_id=None)
        )
        assert bool(elsewhere) is (scope == "installation")
        with pytest.raises(Stopped):
            await desk.core.read(lambda tx: stops.check(tx, tenant_id=desk.tenant_id, user_id=desk.ada))
        assert await put_back(desk, scope, scope_id)
    assert await desk.core.read(lambda tx: stops.engaged(tx, tenant_id=desk.tenant_id, user_id=desk.ada)) == ""


async def test_thrown_twice_is_thrown_once_and_the_trail_says_who(desk: Desk) -> None:
    first, second = await asyncio.gather(
        *(desk.core.write(lambda tx: stops.engage(tx, "user", desk.ada, because="a", by=OPS)) for _ in range(2))
    )
    assert first.id == second.id
    assert len(await desk.core.read(stops.listing)) == 1
    assert await put_back(desk, "user", desk.ada)
    assert not await put_back(desk, "user", desk.ada)
    told = [entry.action for _, entry in await desk.core.read(lambda tx: audit.listing(tx, actor=OPS.name))]
    assert told == ["agents.resumed", "agents.stopped"]


async def test_what_there_is_not_cannot_be_stopped(desk: Desk) -> None:
    for scope, scope_id, refusal in (
        ("user", "01900000-0000-7000-8000-00000000000f", NotFound),
        ("tenant", "nobody", NotFound),
        ("tenant", "01900000-0000-7000-8000-00000000000f", NotFound),
        ("user", None, BadInput),
        ("installation", desk.ada, BadInput),
    ):
        with pytest.raises(refusal):
            await throw(desk, scope, scope_id)  # type: ignore[arg-type]


@pytest.mark.parametrize("which", [0, 1, 2])
async def test_queued_mail_of_agents_is_held_and_let_go_exactly_once(desk: Desk, which: int) -> None:
    scope, scope_id = places(desk)[which]
    transport, there = Scripted(), "chen@example.org"
    await desk.queue_as_agent("a", there)
    await desk.queue_as_agent("b", "bashir@mailwright.test")
    await throw(desk, scope, scope_id)
    await desk.queue_as_agent("c", there)  # it was being sent while the switch was thrown
    desk.now.moment += MINUTE
    await dispatcher(desk, transport).drain()
    assert transport.took == []
    assert {row.status for row in await desk.outbox()} == {"queued"}
    await put_back(desk, scope, scope_id)
    await asyncio.gather(*(dispatcher(desk, transport).drain() for _ in range(3)))
    assert len(transport.took) == 2
    assert {row.status for row in await desk.outbox()} == {"sent"}


async def test_people_s_mail_and_that_of_agents_elsewhere_goes_on(desk: Desk) -> None:
    transport = Scripted()
    await desk.queue_as_agent("ada")
    await desk.queue_as_agent("bashir", served_id=desk.bashir)
    await desk.queue_as_agent("person", agent="", served_id=None)
    await throw(desk, "user", desk.ada)
    desk.now.moment += MINUTE
    await dispatcher(desk, transport).drain()
    left = [row.idempotency_key.partition(":")[0] for row in await desk.outbox() if row.status == "sent"]
    assert left == ["bashir", "person"]


async def test_mail_held_for_longer_than_mail_may_wait_is_sent_all_the_same(desk: Desk) -> None:
    transport = Scripted()
    await desk.queue_as_agent("old")
    await throw(desk, "installation", None)
    desk.now.moment += 9 * DAY
    await dispatcher(desk, transport).drain()
    assert [row.status for row in await desk.outbox()] == ["queued"]
    await put_back(desk, "installation", None)
    await dispatcher(desk, transport).drain()
    assert [row.status for row in await desk.outbox()] == ["sent"]


async def test_a_wider_switch_still_holds_what_a_narrower_one_let_go(desk: Desk) -> None:
    transport = Scripted()
    await desk.queue_as_agent("a")
    await throw(desk, "user", desk.ada)
    await throw(desk, "tenant", desk.tenant_id)
    await put_back(desk, "user", desk.ada)
    desk.now.moment += MINUTE
    await dispatcher(desk, transport).drain()
    assert transport.took == []
    await put_back(desk, "tenant", desk.tenant_id)
    await dispatcher(desk, transport).drain()
    assert len(transport.took) == 1


async def test_a_local_copy_is_not_filed_when_the_switch_was_thrown_a_moment_before(desk: Desk) -> None:
    from mailwright.core import localdelivery
    from mailwright.storage import outbox as rows

    await desk.queue_as_agent("a", "bashir@mailwright.test")
    due = await desk.core.read(lambda tx: rows.due(tx, outbox.LOCAL, desk.now(), 10))
    await throw(desk, "user", desk.ada)
    await localdelivery.deliver(desk.core, due, desk.now())
    assert [row.status for row in await desk.outbox()] == ["queued"]


async def test_the_archive_s_copy_is_held_with_the_message(desk: Desk) -> None:
    from mailwright.core import journaling
    from mailwright.domain.envelope import Verdict
    from mailwright.storage import domains

    transport, blob = Scripted(), await desk.core.blobs.stage(desk.tenant_id, desk.letter())

    def write(tx: Tx) -> None:
        tx.execute("UPDATE domains SET journal_address = 'archive@example.net'")
        desk.core.blobs.put(tx, blob)
        journaling.keep_copy(
            tx,
            domains.named(tx, "mailwright.test"),
            blob_id=blob.id,
            message_id="<offer@mail.mailwright.test>",
            key="a",
            correlation_id="",
            verdict=Verdict(),
            agent="employee",
            served_id=desk.ada,
        )

    await desk.core.write(write)
    await throw(desk, "user", desk.ada)
    desk.now.moment += HOUR
    await dispatcher(desk, transport).drain()
    assert transport.took == []
    await put_back(desk, "user", desk.ada)
    await dispatcher(desk, transport).drain()
    assert [each[1] for each in transport.took] == [Address.parse("archive@example.net")]
