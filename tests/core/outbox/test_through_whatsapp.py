"""Messages for phones through WhatsApp: the pace of an API, hours without it, a kill in the middle, a replay, and nothing twice."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from mailwright.codecs import mime
from mailwright.codecs import whatsapp as wire
from mailwright.codecs.mime import Mailbox
from mailwright.connectors.whatsapp import Template, WhatsApp
from mailwright.core import outbox, whatsappsent
from mailwright.core.dispatch import LEASE, Dispatcher
from mailwright.core.whatsappsent import SentLedger
from mailwright.domain.addresses import Address
from mailwright.domain.clock import DAY, HOUR, MINUTE, SECOND
from mailwright.domain.ids import new_id
from mailwright.domain.whatsapp import address_of
from mailwright.storage import Tx
from mailwright.storage import outbox as outbox_rows
from mailwright.storage import whatsapp as rows
from tests.core.outbox.outbox_world import Scripted, World
from tests.servers import whatsapp as meta
from tests.servers.whatsapp import ADAS_PHONE, NUMBER_ID, TOKEN, Answer, GraphApi

ADA = address_of(ADAS_PHONE)


@pytest.fixture
async def api() -> AsyncIterator[GraphApi]:
    made = GraphApi(templates={("reminder", "en")})
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def way(world: World, api: GraphApi) -> AsyncIterator[WhatsApp]:
    ledger = SentLedger(world.core, now=world.now)
    made = WhatsApp(NUMBER_ID, TOKEN, ledger, url=api.url, template=Template("reminder"), seconds=5, now=world.now)
    yield made
    await made.close()


@pytest.fixture
async def dispatcher(world: World, way: WhatsApp) -> Dispatcher:
    await hear(world)
    return dispatcher_of(world, way)


def dispatcher_of(world: World, way: WhatsApp, *, alone: bool = False) -> Dispatcher:
    return Dispatcher(world.core, {"smtp": Scripted(), outbox.WHATSAPP: way}, now=world.now, alone=alone)


async def hear(world: World) -> None:
    """Ada writes to us, now."""
    await world.core.write(lambda tx: rows.heard(tx, ADAS_PHONE, world.now()))


async def queue(
    world: World, text: str = "Call the clinic today.", *, agent: str = "concierge", to: Address = ADA
) -> str:
    """One message of an agent's for a phone; its row."""
    message_id = f"<{new_id()}@mailwright.test>"
    raw = mime.compose(
        from_=Mailbox("Concierge", "concierge@mailwright.test"),
        to=[Mailbox("", str(to))],
        subject="Reminder",
        text=text,
        message_id=message_id,
        date=world.now() // SECOND * SECOND,
    )
    blob = await world.core.blobs.stage(world.tenant_id, raw)

    def enqueue(tx: Tx) -> list[str]:
        world.core.blobs.put(tx, blob)
        return outbox.enqueue(
            tx,
            tenant_id=world.tenant_id,
            user_id=world.ada,
            sender=None,
            recipients=[to],
            blob_id=blob.id,
            message_id=message_id,
            idempotency_key=message_id,
            correlation_id="c-1",
            agent=agent,
            served_id=world.ada,
        )

    [row_id] = await world.core.write(enqueue)
    return row_id


async def hear_of(world: World, api: GraphApi, state: str, *, number: int = -1, error: int = 0) -> bool:
    """WhatsApp tells what became of a message it took."""
    taken = api.taken[number]
    told = meta.status(
        taken["id"],
        state,
        tracker=taken["biz_opaque_callback_data"],
        error=error,
        at=world.now() // SECOND,
    )
    [status] = wire.read(json.dumps(meta.call(told)).encode(), world.now()).statuses
    return await whatsappsent.note(world.core, status)


async def test_what_the_concierge_says_to_a_phone_leaves_by_whatsapp(
    world: World, api: GraphApi, dispatcher: Dispatcher
) -> None:
    row_id = await queue(world)
    await dispatcher.drain()
    row = await world.row(row_id)
    assert (row.status, row.channel, row.attempts) == ("sent", "whatsapp", 1)
    assert row.receipt == f"200 taken by WhatsApp as {api.taken[0]['id']}"
    assert api.texts == ["Call the clinic today."]


@pytest.mark.parametrize("agent", ["", "employee"])
async def test_nobody_else_can_write_to_a_phone(
    world: World, api: GraphApi, dispatcher: Dispatcher, agent: str
) -> None:
    row_id = await queue(world, agent=agent)
    await dispatcher.drain()
    assert (await world.row(row_id)).channel == "smtp"
    assert api.calls == []


async def test_an_address_there_that_is_no_phone_is_like_any_other(world: World) -> None:
    assert (await world.row(await queue(world, to=Address.parse("ada@whatsapp.invalid")))).channel == "smtp"


async def test_hours_without_whatsapp_cost_no_attempt_and_lose_nothing(
    world: World, api: GraphApi, dispatcher: Dispatcher
) -> None:
    await api.stop()
    queued = [await queue(world, f"reminder {number}") for number in range(5)]
    for _ in range(24):
        await dispatcher.drain()
        world.now.move(10 * MINUTE)
    assert [((await world.row(each)).status, (await world.row(each)).attempts) for each in queued] == [
        ("queued", 0)
    ] * 5
    await api.start()
    await dispatcher.drain()
    world.now.move(MINUTE)
    await dispatcher.drain()
    assert [((await world.row(each)).status, (await world.row(each)).attempts) for each in queued] == [("sent", 1)] * 5
    assert sorted(api.texts) == [f"reminder {number}" for number in range(5)]


async def test_hours_of_a_service_that_breaks_cost_no_attempt_either(
    world: World, api: GraphApi, dispatcher: Dispatcher
) -> None:
    api.answers.extend([Answer(status=502)] * 40)
    row_id = await queue(world)
    for _ in range(18):
        await dispatcher.drain()
        world.now.move(10 * MINUTE)
    row = await world.row(row_id)
    assert (row.status, row.attempts, api.taken) == ("queued", 0, [])
    api.answers.clear()
    await dispatcher.drain()
    assert ((await world.row(row_id)).status, len(api.taken)) == ("sent", 1)


async def test_after_days_without_it_the_reminder_fails_and_a_later_one_leaves(
    world: World, api: GraphApi, dispatcher: Dispatcher
) -> None:
    await api.stop()
    row_id = await queue(world)
    while (await world.row(row_id)).status == "queued":
        await dispatcher.drain()
        world.now.move(6 * HOUR)
    assert [(each.name, each.reference) for each in await world.dead()] == [("whatsapp", row_id)]


async def test_five_attempts_at_the_pace_of_an_api_then_a_dead_letter_then_a_person_tries_again(
    world: World, api: GraphApi, dispatcher: Dispatcher
) -> None:
    api.answers.extend([Answer(error=131000)] * 5)
    row_id = await queue(world)
    waits = []
    for _ in range(5):
        await dispatcher.drain()
        row = await world.row(row_id)
        waits.append((row.next_attempt_at - world.now()) // SECOND)
        world.now.move(5 * MINUTE)
    assert (row.status, row.attempts, waits[:4]) == ("failed", 5, [30, 60, 120, 240])
    assert [(each.name, each.reference, each.attempts) for each in await world.dead()] == [("whatsapp", row_id, 5)]
    await world.core.write(lambda tx: outbox.retry(tx, row_id))
    await dispatcher.drain()
    assert ((await world.row(row_id)).status, len(api.taken)) == ("sent", 1)


async def test_silence_is_five_attempts_at_most(world: World, api: GraphApi, dispatcher: Dispatcher) -> None:
    api.answers.extend([Answer()] * 9)
    row_id = await queue(world)
    for _ in range(60):
        await dispatcher.drain()
        world.now.move(30 * SECOND)
    row = await world.row(row_id)
    assert (row.status, row.attempts, len(api.calls), row.uncertain) == ("failed", 5, 5, 4)


async def test_what_was_taken_without_an_answer_is_not_sent_twice_when_word_comes_of_it(
    world: World, api: GraphApi, dispatcher: Dispatcher
) -> None:
    api.answers.append(Answer(taken=True))
    row_id = await queue(world)
    await dispatcher.drain()
    assert ((await world.row(row_id)).status, (await world.row(row_id)).uncertain) == ("queued", 1)
    assert await hear_of(world, api, "sent")
    world.now.move(MINUTE)
    await dispatcher.drain()
    assert ((await world.row(row_id)).status, len(api.calls)) == ("sent", 1)


async def test_what_a_killed_process_had_sent_is_not_sent_twice_when_word_comes_of_it(
    world: World, api: GraphApi, way: WhatsApp, dispatcher: Dispatcher
) -> None:
    row_id = await queue(world)
    row = await world.row(row_id)
    await world.core.write(lambda tx: outbox_rows.mark_sending(tx, row, world.now() + LEASE - SECOND))
    raw = await world.core.blobs.read(row.blob_id)
    ledger = SentLedger(world.core, now=world.now)
    await way.send(None, ADA, raw, message_id=row.message_id, idempotency_key=row.id)

    def killed(tx: Tx) -> None:  # between the call and what would have been written down
        tx.execute("DELETE FROM whatsapp_sent")

    await world.core.write(killed)
    await ledger.begin(row.id, 1, row.message_id)
    alone = dispatcher_of(world, way, alone=True)
    await alone.start()  # the next process of the same folder, at once
    await alone.stop()
    await dispatcher.drain()
    assert ((await world.row(row_id)).status, len(api.calls)) == ("queued", 1)
    await hear_of(world, api, "delivered")
    world.now.move(MINUTE)
    await dispatcher.drain()
    assert ((await world.row(row_id)).status, len(api.calls)) == ("sent", 1)


async def test_a_process_that_was_killed_before_it_called_has_its_message_sent_by_the_next(
    world: World, api: GraphApi, way: WhatsApp, dispatcher: Dispatcher
) -> None:
    row_id = await queue(world)
    row = await world.row(row_id)
    await world.core.write(lambda tx: outbox_rows.mark_sending(tx, row, world.now() + LEASE))
    await SentLedger(world.core, now=world.now).begin(row.id, 1, row.message_id)
    world.now.move(LEASE + SECOND)
    await dispatcher.drain()
    assert ((await world.row(row_id)).status, len(api.taken)) == ("sent", 1)


async def test_a_message_that_fails_late_is_tried_again_by_a_template_when_24_hours_are_over(
    world: World, api: GraphApi, dispatcher: Dispatcher
) -> None:
    row_id = await queue(world)
    await dispatcher.drain()
    await hear_of(world, api, "failed", error=131047)
    row = await world.row(row_id)
    assert (row.status, "131047" in row.last_error) == ("failed", True)
    await world.core.write(lambda tx: outbox.retry(tx, row_id))
    await dispatcher.drain()
    assert ((await world.row(row_id)).status, [each["type"] for each in api.taken]) == ("sent", ["text", "template"])


async def test_a_failure_that_is_told_before_the_call_returned_stands(
    world: World, api: GraphApi, way: WhatsApp, dispatcher: Dispatcher
) -> None:
    row_id = await queue(world)
    row = await world.row(row_id)
    seen = await world.core.write(lambda tx: outbox_rows.mark_sending(tx, row, world.now() + LEASE))
    raw = await world.core.blobs.read(row.blob_id)
    receipt = await way.send(None, ADA, raw, message_id=row.message_id, idempotency_key=row.id)
    await hear_of(world, api, "failed", error=131026)
    assert not await world.core.write(lambda tx: outbox_rows.settle_sent(tx, seen, world.now(), receipt))
    assert (await world.row(row_id)).status == "failed"


async def test_24_hours_after_somebody_wrote_a_template_is_sent(
    world: World, api: GraphApi, dispatcher: Dispatcher
) -> None:
    world.now.move(DAY)
    await queue(world)
    await dispatcher.drain()
    await hear(world)
    await queue(world)
    await dispatcher.drain()
    assert [each["type"] for each in api.taken] == ["template", "text"]


async def test_the_bytes_of_a_message_are_kept_until_it_is_delivered(
    world: World, api: GraphApi, dispatcher: Dispatcher
) -> None:
    row_id = await queue(world)
    await dispatcher.drain()

    def released(tx: Tx) -> int:
        return int(tx.scalar("SELECT count(*) FROM events WHERE kind = 'BlobReleased'"))

    assert await world.core.read(released) == 0
    await hear_of(world, api, "delivered")
    assert await world.core.read(released) == 1
    assert (await world.row(row_id)).status == "sent"


async def test_while_there_is_no_number_messages_wait_and_fail_in_the_end(world: World) -> None:
    row_id = await queue(world)
    dispatcher = world.dispatcher(Scripted())
    await dispatcher.drain()
    assert (await world.row(row_id)).channel == "whatsapp"
    world.now.move(6 * DAY)
    await dispatcher.drain()
    assert ((await world.row(row_id)).status, (await world.row(row_id)).channel) == ("failed", "whatsapp")


async def test_what_is_old_is_forgotten(world: World, api: GraphApi, dispatcher: Dispatcher) -> None:
    await queue(world)
    await dispatcher.drain()
    assert await whatsappsent.forget(world.core) == 0
    world.now.move(whatsappsent.KEPT + DAY)
    assert await whatsappsent.forget(world.core) == 2
