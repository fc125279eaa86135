"""Our own mail into our own mailboxes: exactly once."""

import asyncio

import pytest

from mailwright.core import filing, settlement
from mailwright.domain.addresses import Address
from mailwright.domain.clock import DAY, MINUTE, SECOND
from mailwright.domain.envelope import Origin, Verdict
from mailwright.storage import Tx
from tests.core.outbox.outbox_world import ADA, BASHIR, CHEN, LETTER, Scripted, World


async def test_a_local_recipient_finds_it_in_the_inbox_and_the_row_is_sent(world: World) -> None:
    [row_id] = await world.queue(BASHIR)
    await world.dispatcher().drain()
    assert await world.inbox(world.bashir) == [LETTER]
    row = await world.row(row_id)
    assert (row.status, row.attempts, row.lease_until) == ("sent", 1, None)


async def test_the_copy_says_whose_words_it_is_made_of(world: World) -> None:
    await world.queue(BASHIR, verdict=Verdict(Origin.OWNER, world.ada, "ada signed in"))
    await world.dispatcher().drain()
    found = await world.core.read(lambda tx: tx.all("SELECT origin, account_id, channel FROM inbound"))
    assert found == [("owner", world.ada, "local")]


async def test_many_recipients_share_one_blob_and_each_get_one_copy(world: World) -> None:
    await world.queue(ADA, BASHIR)
    await world.dispatcher().drain()
    assert len(await world.inbox(world.ada)) == len(await world.inbox(world.bashir)) == 1
    assert await world.core.read(lambda tx: tx.scalar("SELECT count(*) FROM blobs")) == 1


async def test_two_dispatchers_on_one_database_deliver_each_message_once(world: World) -> None:
    for number in range(40):
        await world.queue(BASHIR, raw=LETTER + str(number).encode())
    await asyncio.gather(world.dispatcher().drain(), world.dispatcher().drain())
    arrived = await world.inbox(world.bashir)
    assert len(arrived) == len(set(arrived)) == 40
    assert {row.status for row in await world.rows()} == {"sent"}


async def test_a_crash_before_the_commit_leaves_neither_a_copy_nor_a_sent_row(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> bool:
        raise Killed

    [row_id] = await world.queue(BASHIR)
    with monkeypatch.context() as patched:
        patched.setattr(settlement, "sent", die)
        with pytest.raises(Killed):
            await world.dispatcher().drain()
    assert await world.inbox(world.bashir) == []
    assert (await world.row(row_id)).status == "queued"
    await world.dispatcher().drain()
    assert len(await world.inbox(world.bashir)) == 1


async def test_a_full_mailbox_is_tried_again_and_filled_when_there_is_room(world: World) -> None:
    await world.set_quota(world.bashir, len(LETTER) + 10)
    await world.queue(BASHIR)
    [second] = await world.queue(BASHIR, raw=LETTER + b"2")
    dispatcher = world.dispatcher()
    await dispatcher.drain()
    row = await world.row(second)
    assert (row.status, row.attempts) == ("queued", 1)
    assert row.last_error.startswith("4.2.2")
    assert row.next_attempt_at == world.now() + MINUTE
    await world.set_quota(world.bashir, 10_000)
    world.now.move(MINUTE)
    await dispatcher.drain()
    assert len(await world.inbox(world.bashir)) == 2


async def test_a_mailbox_that_stays_full_fails_after_five_days_and_the_sender_is_told(world: World) -> None:
    await world.set_quota(world.bashir, len(LETTER) + 10)
    await world.queue(BASHIR)
    [second] = await world.queue(BASHIR, raw=LETTER + b"2")
    dispatcher = world.dispatcher()
    while (await world.row(second)).status == "queued" and len(await world.inbox(world.ada)) < 3:
        await dispatcher.drain()
        world.now.move(30 * MINUTE)
    delayed, failed = await world.inbox(world.ada)
    assert b"Action: delayed" in delayed
    assert b"Action: failed" in failed
    assert b"Status: 4.2.2" in failed


async def test_an_unknown_local_recipient_fails_at_once_and_the_sender_is_told(world: World) -> None:
    [row_id] = await world.queue(Address.parse("nobody@mailwright.test"))
    await world.dispatcher().drain()
    assert (await world.row(row_id)).status == "failed"
    [notice] = await world.inbox(world.ada)
    assert b"Status: 5.1.1" in notice
    assert b"Final-Recipient: rfc822; nobody@mailwright.test" in notice


async def test_a_message_larger_than_the_quota_fails_at_once(world: World) -> None:
    await world.set_quota(world.bashir, 20)
    [row_id] = await world.queue(BASHIR)
    await world.dispatcher().drain()
    assert (await world.row(row_id)).last_error.startswith("5.2.2")


async def test_a_bug_in_filing_one_message_does_not_stop_the_mail_behind_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = filing.file_once

    def stumble(tx: Tx, core: object, incoming: filing.Incoming, recipient: Address) -> filing.Outcome:
        if recipient == ADA:
            raise ZeroDivisionError
        return real(tx, world.core, incoming, recipient)

    monkeypatch.setattr(filing, "file_once", stumble)
    [stuck, _] = await world.queue(ADA, BASHIR)
    await world.dispatcher().drain()
    assert len(await world.inbox(world.bashir)) == 1
    assert (await world.row(stuck)).status == "queued"


async def test_a_running_dispatcher_is_woken_by_what_is_queued(world: World) -> None:
    transport = Scripted()
    dispatcher = world.dispatcher(transport)
    await dispatcher.start()
    await asyncio.sleep(0.05)
    world.now.move(SECOND)
    await world.queue(BASHIR, CHEN)
    for _ in range(200):
        if transport.took and await world.inbox(world.bashir):
            break
        await asyncio.sleep(0.01)
    await dispatcher.stop()
    assert len(transport.took) == 1
    assert len(await world.inbox(world.bashir)) == 1


async def test_time_alone_sends_nothing_twice(world: World) -> None:
    transport = Scripted()
    await world.queue(BASHIR, CHEN)
    dispatcher = world.dispatcher(transport)
    for _ in range(5):
        await dispatcher.drain()
        world.now.move(DAY)
    assert len(transport.took) == len(await world.inbox(world.bashir)) == 1
