"""Who hears of a failure, what they hear, and that they hear it once."""

import email
import email.policy

from mailwright.codecs import mime
from mailwright.core import bounces, outbox, settlement
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Verdict
from mailwright.domain.sending import PermanentFailure, TemporaryFailure
from tests.core.outbox.outbox_world import ADA, CHEN, Scripted, World

NO_SUCH_USER = PermanentFailure("refused", "5.1.1", reply="550 5.1.1 no such user", host="mx.example.net")


async def test_a_local_sender_finds_the_notice_in_the_thread_of_the_message(world: World) -> None:
    await world.queue(CHEN)
    await world.dispatcher(Scripted([NO_SUCH_USER])).drain()
    [raw] = await world.inbox(world.ada)
    notice = email.message_from_bytes(raw, policy=email.policy.default)
    assert notice["In-Reply-To"] == "<figures@mailwright.test>"
    text, status, header = notice.iter_parts()
    assert '"The figures" to chen@example.net' in text.get_content()
    assert "550 5.1.1 no such user" in status.as_string()
    assert "Subject: The figures" in str(header.get_payload())
    assert mime.is_automatic(mime.parse(raw).header)


async def test_the_notice_leaves_with_the_null_sender_and_derived_ids(world: World) -> None:
    [row_id] = await world.queue(CHEN)
    await world.dispatcher(Scripted([NO_SUCH_USER])).drain()
    notice, _failed = await world.rows()
    assert notice.sender is None
    assert notice.recipient == ADA
    assert notice.idempotency_key == f"dsn:{row_id}:failed:{ADA}"
    assert notice.message_id.endswith("@mx.mailwright.test>")


async def test_an_outside_sender_is_told_through_the_outbox(world: World) -> None:
    dora = Address.parse("dora@example.org")
    transport = Scripted([NO_SUCH_USER])
    await world.queue(CHEN, sender=dora)
    await world.dispatcher(transport).drain()
    [(sender, recipient, raw, *_)] = transport.took
    assert (sender, recipient) == (None, dora)
    assert b"To: dora@example.org\r\n" in raw


async def test_a_null_sender_is_never_told(world: World) -> None:
    # RFC 5321 §6.1: a notice about a notice would go round for ever.
    [row_id] = await world.queue(CHEN, sender=None)
    await world.dispatcher(Scripted([NO_SUCH_USER])).drain()
    assert (await world.row(row_id)).status == "failed"
    assert len(await world.rows()) == 1
    assert len(await world.dead()) == 1


async def test_a_sender_who_asked_for_no_notice_gets_none(world: World) -> None:
    await world.queue(CHEN, dsn=False)
    await world.dispatcher(Scripted([NO_SUCH_USER])).drain()
    assert await world.inbox(world.ada) == []


async def test_a_notice_that_cannot_be_delivered_ends_there(world: World) -> None:
    dora = Address.parse("dora@example.org")
    await world.queue(CHEN, sender=dora)
    await world.dispatcher(Scripted([NO_SUCH_USER, NO_SUCH_USER])).drain()
    assert [row.status for row in await world.rows()] == ["failed", "failed"]
    assert len(await world.dead()) == 2


async def test_a_second_failure_of_the_same_row_says_nothing_new(world: World) -> None:
    [row_id] = await world.queue(CHEN)
    dispatcher = world.dispatcher(Scripted([NO_SUCH_USER, NO_SUCH_USER]))
    await dispatcher.drain()
    await world.core.write(lambda tx: outbox.retry(tx, row_id))
    await dispatcher.drain()
    assert (await world.row(row_id)).status == "failed"
    assert len(await world.inbox(world.ada)) == 1
    assert len(await world.dead()) == 1


async def test_two_processes_that_give_up_at_once_tell_the_sender_once(world: World) -> None:
    [row_id] = await world.queue(CHEN)
    row = await world.row(row_id)
    for _ in range(2):
        await settlement.give_up(world.core, row, NO_SUCH_USER, world.now(), attempts=1)
    await world.dispatcher().drain()
    assert len(await world.inbox(world.ada)) == 1
    assert len(await world.dead()) == 1


async def test_a_notice_about_a_message_without_a_subject_or_header_is_still_one(world: World) -> None:
    await world.queue(CHEN, raw=b"\x00\xff\r\r\n")
    await world.dispatcher(Scripted([NO_SUCH_USER])).drain()
    [raw] = await world.inbox(world.ada)
    assert "Your message to chen@example.net" in " ".join(mime.body_text(raw, mime.parse(raw)).split())


async def test_the_notice_is_not_a_strangers_word_to_be_trusted(world: World) -> None:
    await world.queue(CHEN, verdict=Verdict())
    await world.dispatcher(Scripted([NO_SUCH_USER])).drain()
    assert await world.core.read(lambda tx: tx.all("SELECT origin, sender FROM inbound")) == [("stranger", None)]


async def test_nobody_to_tell_costs_no_blob(world: World) -> None:
    [row_id] = await world.queue(CHEN, sender=None)
    row = await world.row(row_id)
    assert await bounces.prepare(world.core, row, "delayed", TemporaryFailure("busy"), world.now()) is None
