"""Queueing, listing, cancelling, and trying again."""

import pytest
from prometheus_client import REGISTRY

from mailwright.core import outbox
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Origin, Verdict
from mailwright.domain.refusals import BadInput, NotFound
from mailwright.domain.sending import PermanentFailure
from mailwright.storage.outbox import OutboxRow
from tests.core.outbox.outbox_world import ADA, BASHIR, CHEN, Scripted, World


async def test_each_recipient_gets_a_row_local_when_the_domain_is_ours(world: World) -> None:
    ids = await world.queue(BASHIR, CHEN)
    assert [(await world.row(row_id)).channel for row_id in ids] == ["local", "smtp"]


async def test_queueing_the_same_thing_twice_queues_it_once(world: World) -> None:
    first = await world.queue(BASHIR, CHEN, key="reply:1")
    again = await world.queue(BASHIR, CHEN, Address.parse("dora@example.net"), key="reply:1")
    assert len(first) == 2
    assert len(again) == 1
    assert len(await world.rows()) == 3


async def test_queueing_twice_is_once_even_after_it_was_sent(world: World) -> None:
    transport = Scripted()
    await world.queue(CHEN, key="reply:1")
    await world.dispatcher(transport).drain()
    assert await world.queue(CHEN, key="reply:1") == []
    await world.dispatcher(transport).drain()
    assert len(transport.took) == 1


async def test_a_row_keeps_who_spoke_and_whether_the_sender_wants_to_hear(world: World) -> None:
    verdict = Verdict(Origin.OWNER, world.ada, "ada@mailwright.test signed in")
    [row_id] = await world.queue(CHEN, verdict=verdict, dsn=False)
    row = await world.row(row_id)
    assert (row.verdict, row.dsn, row.sender, row.since) == (verdict, False, ADA, row.created_at)


async def test_what_was_queued_is_announced_with_the_transaction(world: World) -> None:
    [row_id] = await world.queue(CHEN)
    found = await world.core.read(
        lambda tx: tx.all("SELECT key, correlation_id FROM events WHERE kind = 'OutboxQueued'")
    )
    assert found == [(row_id, "c-1")]


async def test_a_queued_message_can_be_cancelled_and_then_never_leaves(world: World) -> None:
    transport = Scripted()
    [row_id] = await world.queue(CHEN)
    row = await world.core.write(lambda tx: outbox.cancel(tx, row_id))
    await world.dispatcher(transport).drain()
    assert row.status == "cancelled"
    assert transport.took == []


async def test_what_is_sent_cannot_be_called_back(world: World) -> None:
    [row_id] = await world.queue(CHEN)
    await world.dispatcher(Scripted()).drain()
    with pytest.raises(BadInput, match="this one is sent"):
        await world.core.write(lambda tx: outbox.cancel(tx, row_id))


async def test_a_failed_message_can_be_tried_again_with_the_same_message_id_and_key(world: World) -> None:
    transport = Scripted([PermanentFailure("no such user", "5.1.1")])
    [row_id] = await world.queue(CHEN)
    dispatcher = world.dispatcher(transport)
    await dispatcher.drain()
    before = await world.row(row_id)
    assert before.status == "failed"
    await world.core.write(lambda tx: outbox.retry(tx, row_id))
    await world.dispatcher(transport).drain()
    after = await world.row(row_id)
    assert (after.status, after.receipt) == ("sent", "250 2.0.0 taken")
    assert transport.took[0][3:] == (before.message_id, before.id)
    assert await world.dead() == []


async def test_a_dead_letter_of_the_outbox_is_replayed_by_queueing_it_again(world: World) -> None:
    transport = Scripted([PermanentFailure("no such user", "5.1.1")])
    [row_id] = await world.queue(CHEN)
    await world.dispatcher(transport).drain()
    [letter] = await world.dead()
    await outbox.replayer(world.core)(letter)
    assert (await world.row(row_id)).status == "queued"


async def test_only_what_failed_can_be_tried_again(world: World) -> None:
    [row_id] = await world.queue(CHEN)
    with pytest.raises(BadInput):
        await world.core.write(lambda tx: outbox.retry(tx, row_id))
    with pytest.raises(NotFound):
        await world.core.write(lambda tx: outbox.retry(tx, "01890000-0000-7000-8000-000000000000"))


async def test_the_listing_is_newest_first_by_status_and_in_pages(world: World) -> None:
    ids = [(await world.queue(CHEN))[0] for _ in range(3)]
    await world.core.write(lambda tx: outbox.cancel(tx, ids[1]))

    async def listed(**options: object) -> list[str]:
        rows: list[OutboxRow] = await world.core.read(lambda tx: outbox.listing(tx, **options))  # type: ignore[arg-type]
        return [row.id for row in rows]

    assert await listed() == ids[::-1]
    assert await listed(status="queued") == [ids[2], ids[0]]
    assert await listed(limit=1, before=ids[2]) == [ids[1]]
    assert await listed(user_id=world.bashir) == []


async def test_metrics_show_what_waits_and_how_long(world: World) -> None:
    await world.queue(BASHIR, CHEN, CHEN)
    depths = await world.core.read(outbox.depths)
    oldest = min(depth.oldest_at for depth in depths)
    outbox.publish(depths, oldest + 90 * clock.SECOND)
    assert REGISTRY.get_sample_value("mailwright_outbox", {"status": "queued", "channel": "smtp"}) == 1
    waited = REGISTRY.get_sample_value("mailwright_outbox_oldest_seconds", {"status": "queued", "channel": "local"})
    assert waited is not None
    assert 89 <= waited <= 90
    outbox.publish([], oldest)
    assert REGISTRY.get_sample_value("mailwright_outbox", {"status": "queued", "channel": "smtp"}) is None
