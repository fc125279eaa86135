"""Sending to the outside: the whole schedule with a moved clock, leases, breakers, several dispatchers."""

import asyncio
from pathlib import Path

import pytest

from mailwright.core import outbox, settlement
from mailwright.core.dispatch import LEASE, Dispatcher
from mailwright.domain.addresses import Address
from mailwright.domain.clock import DAY, HOUR, MINUTE, SECOND
from mailwright.domain.refusals import TryLater
from mailwright.domain.retry import API_POLICY
from mailwright.domain.sending import OutcomeUnknown, PermanentFailure, TemporaryFailure, Unavailable
from mailwright.storage import Tx, divergences, open_blobs
from mailwright.storage import outbox as rows
from tests.core.outbox.outbox_world import ADA, BASHIR, CHEN, LETTER, MovedClock, Scripted, World


async def test_what_is_taken_is_settled_with_its_receipt(world: World) -> None:
    transport = Scripted()
    [row_id] = await world.queue(CHEN)
    await world.dispatcher(transport).drain()
    row = await world.row(row_id)
    assert (row.status, row.attempts, row.uncertain, row.receipt) == ("sent", 1, 0, "250 2.0.0 taken")
    assert transport.took == [(ADA, CHEN, LETTER, "<figures@mailwright.test>", row.id)]


async def test_the_return_path_of_a_forwarded_message_stays_here(world: World) -> None:
    transport = Scripted()
    await world.queue(CHEN, raw=b"Return-Path: <dora@example.org>\r\nReturn-Path:\r\n <x@example.org>\r\n" + LETTER)
    await world.dispatcher(transport).drain()
    assert transport.took[0][2] == LETTER


async def test_a_permanent_failure_is_not_tried_again(world: World) -> None:
    transport = Scripted([PermanentFailure("refused", "5.1.1", reply="550 5.1.1 no such user", host="mx.example.net")])
    [row_id] = await world.queue(CHEN)
    dispatcher = world.dispatcher(transport)
    await dispatcher.drain()
    world.now.move(DAY)
    await dispatcher.drain()
    row = await world.row(row_id)
    assert (row.status, row.attempts) == ("failed", 1)
    assert row.last_error == "5.1.1 refused (mx.example.net: 550 5.1.1 no such user)"
    assert len(transport.tried_at) == 1
    [letter] = await world.dead()
    assert (letter.name, letter.reference, letter.attempts) == ("smtp", row_id, 1)
    assert letter.payload["recipient"] == "chen@example.net"


async def test_a_temporary_failure_follows_the_whole_schedule_for_five_days(world: World) -> None:
    transport = Scripted([TemporaryFailure("greylisted", "4.7.1") for _ in range(99)], now=world.now)
    began = world.now()
    [row_id] = await world.queue(CHEN)
    dispatcher = world.dispatcher(transport)
    while (row := await world.row(row_id)).status == "queued":
        world.now.moment = max(row.next_attempt_at, world.now())
        await dispatcher.drain()
    gaps = [later - earlier for earlier, later in zip(transport.tried_at, transport.tried_at[1:], strict=False)]
    assert gaps[:7] == [MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR]
    assert all(4 * HOUR <= gap <= 8 * HOUR for gap in gaps[7:])
    assert 4 * DAY < transport.tried_at[-1] - began <= 5 * DAY
    assert row.status == "failed"
    notices = await world.inbox(world.ada)
    assert [b"Action: delayed" in notice for notice in notices] == [True, False]
    assert b"Status: 4.7.1" in notices[1]


async def test_the_sender_hears_of_a_delay_once_after_four_hours(world: World) -> None:
    transport = Scripted([TemporaryFailure("busy") for _ in range(99)])
    await world.queue(CHEN)
    dispatcher = world.dispatcher(transport)
    told_after: list[float] = []
    for half_hours in range(24):
        await dispatcher.drain()
        if await world.inbox(world.ada) and not told_after:
            told_after.append(half_hours / 2)
        world.now.move(30 * MINUTE)
    assert told_after == [4.0]
    assert len(await world.inbox(world.ada)) == 1


async def test_a_service_with_an_api_is_asked_five_times_and_then_no_more(world: World) -> None:
    transport = Scripted([TemporaryFailure("busy") for _ in range(99)], now=world.now)
    [row_id] = await world.queue(CHEN)
    await world.core.write(lambda tx: tx.execute("UPDATE outbox SET channel = 'postmark' WHERE id = ?", (row_id,)))
    assert settlement.policy_of("postmark") is API_POLICY
    dispatcher = Dispatcher(world.core, {"postmark": transport}, now=world.now)
    while (row := await world.row(row_id)).status == "queued":
        world.now.moment = max(row.next_attempt_at, world.now())
        await dispatcher.drain()
    gaps = [later - earlier for earlier, later in zip(transport.tried_at, transport.tried_at[1:], strict=False)]
    assert gaps == [30 * SECOND, MINUTE, 2 * MINUTE, 4 * MINUTE]
    assert (row.status, row.attempts) == ("failed", 5)
    assert len(await world.dead()) == 1


async def test_while_the_smart_host_is_down_mail_waits_and_no_attempt_is_counted(world: World) -> None:
    transport = Scripted([Unavailable("the smart host is down") for _ in range(5)], now=world.now)
    [row_id] = await world.queue(CHEN)
    dispatcher = world.dispatcher(transport)
    for _ in range(100):
        await dispatcher.drain()
        assert (await world.row(row_id)).attempts == 0
        if not transport.answers:
            break
        world.now.move(5 * SECOND)
    gaps = [later - earlier for earlier, later in zip(transport.tried_at, transport.tried_at[1:], strict=False)]
    # Three failures open the breaker; then one probe after each pause.
    assert gaps == [5 * SECOND, 5 * SECOND, 30 * SECOND, MINUTE]
    world.now.move(2 * MINUTE)
    await dispatcher.drain()
    row = await world.row(row_id)
    assert (row.status, row.attempts) == ("sent", 1)


async def test_a_half_open_breaker_lets_one_message_try_and_then_all(world: World) -> None:
    transport = Scripted([Unavailable("down") for _ in range(3)], now=world.now)
    dispatcher = world.dispatcher(transport)
    for _ in range(3):
        await world.queue(CHEN)
        await dispatcher.drain()
    tried = len(transport.tried_at)
    await world.queue(CHEN)
    await dispatcher.drain()
    assert len(transport.tried_at) == tried
    world.now.move(MINUTE)
    await dispatcher.drain()
    assert len(transport.took) == 4


async def test_mail_for_a_service_that_never_returns_fails_after_five_days_untried(world: World) -> None:
    transport = Scripted([Unavailable("down") for _ in range(9999)])
    [row_id] = await world.queue(CHEN)
    dispatcher = world.dispatcher(transport)
    while (await world.row(row_id)).status == "queued":
        await dispatcher.drain()
        world.now.move(HOUR)
    row = await world.row(row_id)
    assert (row.status, row.attempts) == ("failed", 0)
    assert row.last_error.startswith("4.4.7")
    assert len(await world.inbox(world.ada)) == 2


async def test_what_a_dead_process_was_sending_is_counted_as_uncertain_and_sent_again(world: World) -> None:
    [row_id] = await world.queue(CHEN)

    def mark_and_die(tx: Tx) -> None:
        [row] = rows.due(tx, "smtp", world.now(), 1, locked=True)
        rows.mark_sending(tx, row, world.now() + LEASE)

    await world.core.write(mark_and_die)
    transport = Scripted()
    dispatcher = world.dispatcher(transport)
    await dispatcher.drain()
    assert transport.took == []
    world.now.move(LEASE + 1)
    await dispatcher.drain()
    row = await world.row(row_id)
    assert (row.status, row.attempts, row.uncertain) == ("sent", 2, 1)
    assert transport.took[0][3] == "<figures@mailwright.test>"
    assert await world.core.read(rows.uncertain_rows) == 1


async def test_a_message_that_kills_its_sender_does_not_do_so_in_a_loop(world: World) -> None:
    [row_id] = await world.queue(CHEN)
    for _ in range(2):
        await world.core.write(
            lambda tx: rows.mark_sending(tx, rows.due(tx, "smtp", world.now(), 1)[0], world.now() - 1)
        )
        await world.core.write(lambda tx: settlement.queue_lapsed(tx, ("smtp",), world.now(), 10))
    row = await world.row(row_id)
    assert (row.status, row.attempts, row.uncertain) == ("queued", 2, 2)
    assert row.next_attempt_at == world.now() + 5 * MINUTE


async def test_an_answer_that_never_came_is_uncertain_and_tried_again(world: World) -> None:
    transport = Scripted([OutcomeUnknown("no answer")])
    [row_id] = await world.queue(CHEN)
    dispatcher = world.dispatcher(transport)
    await dispatcher.drain()
    assert (await world.row(row_id)).uncertain == 1
    world.now.move(MINUTE)
    await dispatcher.drain()
    assert (await world.row(row_id)).status == "sent"


async def test_a_sender_thought_dead_that_succeeds_after_all_spares_the_second_try(world: World) -> None:
    [row_id] = await world.queue(CHEN)

    def mark(tx: Tx) -> rows.OutboxRow:
        return rows.mark_sending(tx, rows.due(tx, "smtp", world.now(), 1)[0], world.now() - 1)

    held = await world.core.write(mark)
    await world.core.write(lambda tx: settlement.queue_lapsed(tx, ("smtp",), world.now(), 10))
    assert await world.core.write(lambda tx: settlement.sent(tx, held, "250", world.now()))
    transport = Scripted()
    await world.dispatcher(transport).drain()
    assert transport.took == []
    assert (await world.row(row_id)).status == "sent"


async def test_a_sender_thought_dead_that_fails_changes_nothing_of_its_successor(world: World) -> None:
    [row_id] = await world.queue(CHEN)

    def mark(tx: Tx) -> rows.OutboxRow:
        return rows.mark_sending(tx, rows.due(tx, "smtp", world.now(), 1)[0], world.now() - 1)

    held = await world.core.write(mark)
    await world.core.write(lambda tx: settlement.queue_lapsed(tx, ("smtp",), world.now(), 10))
    await settlement.failed(world.core, held, PermanentFailure("gone"), world.now(), attempts=1)
    assert (await world.row(row_id)).status == "queued"
    assert await world.dead() == []
    assert await world.inbox(world.ada) == []


async def test_two_dispatchers_on_one_database_send_each_message_once(world: World) -> None:
    transports = [Slow(), Slow()]
    for number in range(60):
        await world.queue(Address.parse(f"chen@host{number % 7}.example.net"))
    await asyncio.gather(*(world.dispatcher(transport).drain() for transport in transports))
    sent = [key for transport in transports for *_, key in transport.took]
    assert len(sent) == len(set(sent)) == 60


async def test_a_domain_is_sent_at_most_four_at_once_and_does_not_hold_up_the_others(world: World) -> None:
    transport = Slow(blocked="slow.example.net")
    for _ in range(200):
        await world.queue(Address.parse("chen@slow.example.net"))
    for number in range(10):
        await world.queue(Address.parse(f"dora{number}@example.org"))
    dispatcher = world.dispatcher(transport)
    await dispatcher.start()
    for _ in range(300):
        if len(transport.took) == 10:
            break
        await asyncio.sleep(0.01)
    assert len(transport.took) == 10
    assert transport.most["slow.example.net"] == 4
    assert transport.most["example.org"] <= 4
    transport.gate.set()
    await dispatcher.stop()


async def test_stopping_lets_a_send_end_and_starts_no_new_one(world: World) -> None:
    transport = Slow(blocked="example.net")
    ids = [(await world.queue(CHEN))[0] for _ in range(6)]
    dispatcher = world.dispatcher(transport)
    await dispatcher.start()
    while transport.under_way.get("example.net", 0) < 4:
        await asyncio.sleep(0.01)
    stopping = asyncio.create_task(dispatcher.stop())
    await asyncio.sleep(0.05)
    transport.gate.set()
    await stopping
    statuses = sorted([(await world.row(row_id)).status for row_id in ids])
    assert statuses == ["queued"] * 2 + ["sent"] * 4


async def test_a_send_that_outlasts_the_grace_is_handed_back_as_uncertain(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailwright.core.dispatch.GRACE_SECONDS", 0.05)
    transport = Slow(blocked="example.net")
    [row_id] = await world.queue(CHEN)
    dispatcher = world.dispatcher(transport)
    await dispatcher.start()
    while not transport.under_way.get("example.net"):
        await asyncio.sleep(0.01)
    await dispatcher.stop()
    row = await world.row(row_id)
    assert (row.status, row.uncertain, row.lease_until) == ("queued", 1, None)


async def test_an_outcome_is_noted_when_the_database_comes_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailwright.core.dispatch.SETTLE_PAUSE_SECONDS", 0.01)
    real, away = settlement.sent, [True, True]

    def sometimes(tx: Tx, row: rows.OutboxRow, receipt: str, now: int) -> bool:
        if away:
            away.pop()
            raise TryLater("the database is away")
        return real(tx, row, receipt, now)

    monkeypatch.setattr(settlement, "sent", sometimes)
    transport = Scripted()
    [row_id] = await world.queue(CHEN)
    await world.dispatcher(transport).drain()
    assert (await world.row(row_id)).status == "sent"
    assert len(transport.took) == 1


async def test_a_bug_in_a_transport_keeps_the_message(world: World) -> None:
    transport = Scripted([ZeroDivisionError()])
    [row_id] = await world.queue(CHEN)
    await world.dispatcher(transport).drain()
    row = await world.row(row_id)
    assert (row.status, row.attempts) == ("queued", 1)


async def test_a_message_without_bytes_fails_and_says_so(world: World) -> None:
    [row_id] = await world.queue(CHEN)
    row = await world.row(row_id)
    await world.core.write(lambda tx: world.core.blobs.delete(tx, row.blob_id))
    await world.dispatcher(Scripted()).drain()
    assert (await world.row(row_id)).last_error.startswith("5.6.0")
    [notice] = await world.inbox(world.ada)
    assert b"Action: failed" in notice


async def test_a_message_that_is_not_where_it_should_be_waits_for_hours_and_leaves_when_it_is_back(
    world: World, tmp_path: Path
) -> None:
    world.core.blobs = open_blobs(world.core.database, f"file://{tmp_path}/mail", inline_bytes=0)
    transport = Scripted()
    await world.queue(CHEN, BASHIR)
    (tmp_path / "mail").rename(tmp_path / "not-mounted")
    await world.dispatcher(transport).drain()
    assert {row.status for row in await world.rows()} == {"queued"}
    world.now.move(HOUR)
    (tmp_path / "mail" / "blobs").mkdir(parents=True)  # another disk: nothing of ours is there
    await world.dispatcher(transport).drain()
    assert {row.status for row in await world.rows()} == {"queued"}
    while not await world.core.read(lambda tx: divergences.counts(tx)["missing"]):
        await asyncio.sleep(0.02)
    (tmp_path / "mail" / "blobs").rmdir()
    (tmp_path / "mail").rmdir()
    (tmp_path / "not-mounted").rename(tmp_path / "mail")
    world.now.move(HOUR)
    await world.dispatcher(transport).drain()
    assert {row.status for row in await world.rows()} == {"sent"}
    assert len(transport.took) == len(await world.inbox(world.bashir)) == 1


async def test_a_message_that_nobody_has_found_for_hours_fails_and_says_so(world: World, tmp_path: Path) -> None:
    world.core.blobs = open_blobs(world.core.database, f"file://{tmp_path}/mail", inline_bytes=0)
    await world.queue(CHEN, BASHIR)
    for path in (tmp_path / "mail").rglob("*.eml"):
        path.unlink()
    await world.dispatcher(Scripted()).drain()
    while not await world.core.read(lambda tx: divergences.counts(tx)["missing"]):
        await asyncio.sleep(0.02)
    world.now.move(7 * HOUR)
    await world.dispatcher(Scripted()).drain()
    assert {row.last_error[:5] for row in await world.rows() if row.sender is not None} == {"5.6.0"}


async def test_leases_are_renewed_only_by_who_holds_them(world: World) -> None:
    [row_id] = await world.queue(CHEN)
    held = await world.core.write(
        lambda tx: rows.mark_sending(tx, rows.due(tx, "smtp", world.now(), 1)[0], world.now())
    )
    await world.core.write(lambda tx: rows.renew(tx, [held], world.now() + HOUR))
    assert (await world.row(row_id)).lease_until == world.now() + HOUR
    world.now.move(2 * HOUR)
    await world.core.write(lambda tx: settlement.queue_lapsed(tx, ("smtp",), world.now(), 10))
    await world.core.write(lambda tx: rows.renew(tx, [held], world.now() + HOUR))
    assert (await world.row(row_id)).lease_until is None


async def test_rows_of_a_channel_without_a_transport_wait_in_peace(world: World) -> None:
    [row_id, _] = await world.queue(CHEN, BASHIR)
    await world.dispatcher().drain()
    assert (await world.row(row_id)).status == "queued"
    assert [depth.channel for depth in await world.core.read(outbox.depths)] == ["smtp"]


class Slow(Scripted):
    """A transport that takes its time, and for one domain until its gate is opened."""

    def __init__(self, blocked: str = "") -> None:
        super().__init__(now=MovedClock())
        self.blocked = blocked
        self.gate = asyncio.Event()
        self.under_way: dict[str, int] = {}
        self.most: dict[str, int] = {}

    async def send(
        self, sender: Address | None, recipient: Address, raw: bytes, *, message_id: str, idempotency_key: str
    ) -> str:
        domain = recipient.domain
        self.under_way[domain] = self.under_way.get(domain, 0) + 1
        self.most[domain] = max(self.most.get(domain, 0), self.under_way[domain])
        try:
            if domain == self.blocked:
                await self.gate.wait()
            else:
                await asyncio.sleep(0.005)
            return await super().send(sender, recipient, raw, message_id=message_id, idempotency_key=idempotency_key)
        finally:
            self.under_way[domain] -= 1
