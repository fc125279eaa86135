"""Mail for other servers through Postmark: handed over once, whatever breaks, and taken over from the way out before it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from mailwright.connectors.postmark import Postmark
from mailwright.core import outbox
from mailwright.core.dispatch import Dispatcher
from mailwright.domain.clock import HOUR, MINUTE, SECOND
from mailwright.domain.sending import TemporaryFailure, Unavailable
from mailwright.storage import outbox as rows
from tests.core.outbox.outbox_world import BASHIR, CHEN, Scripted, World
from tests.servers.postmark import TOKEN, PostmarkApi


@pytest.fixture
async def api() -> AsyncIterator[PostmarkApi]:
    made = PostmarkApi()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def dispatcher(world: World, api: PostmarkApi) -> AsyncIterator[Dispatcher]:
    way = Postmark(TOKEN, url=api.url, seconds=5)
    yield Dispatcher(world.core, {outbox.POSTMARK: way}, now=world.now)
    await way.close()


async def test_mail_leaves_by_the_way_out_of_the_settings(
    world: World, api: PostmarkApi, dispatcher: Dispatcher
) -> None:
    remote, near = await world.queue(CHEN, BASHIR)
    await dispatcher.drain()
    [mail] = api.taken
    row = await world.row(remote)
    assert (row.status, row.channel, row.attempts) == ("sent", "postmark", 1)
    assert row.receipt == f"200 taken by Postmark as {mail['MessageID']}"
    assert mail["Metadata"] == {"outbox_id": remote}
    assert (await world.row(near)).channel == "local"


async def test_what_waited_for_a_closed_way_out_is_taken_over_and_begins_anew(
    world: World, api: PostmarkApi, dispatcher: Dispatcher
) -> None:
    [row_id] = await world.queue(CHEN)
    closed = Scripted([TemporaryFailure("not now")] * 20)
    for _ in range(7):  # more often than an API may be tried
        await world.dispatcher(closed).drain()
        world.now.move(2 * 3600 * SECOND)
    assert (await world.row(row_id)).attempts > 5
    await dispatcher.drain()
    assert (await world.row(row_id)).channel == "postmark"
    assert api.taken == []  # its hour is what it was: it may be one that its author chose
    world.now.move(4 * 3600 * SECOND)
    await dispatcher.drain()
    assert (await world.row(row_id)).status == "sent"
    assert len(api.taken) == 1


async def test_what_waited_for_postmark_leaves_by_smtp_when_the_settings_go_back(
    world: World, api: PostmarkApi, dispatcher: Dispatcher
) -> None:
    api.answers.append(("", 503, None))
    [row_id] = await world.queue(CHEN)
    await dispatcher.drain()
    assert (await world.row(row_id)).channel == "postmark"
    world.now.move(MINUTE)
    smtp = Scripted()
    await world.dispatcher(smtp).drain()
    row = await world.row(row_id)
    assert (row.status, row.channel, len(smtp.took)) == ("sent", "smtp", 1)


async def test_whoever_wrote_hears_of_a_service_that_takes_nothing_for_days(world: World) -> None:
    [row_id] = await world.queue(CHEN)
    closed = Scripted([Unavailable("Postmark does not know our token", "4.3.5")] * 99)
    dispatcher = Dispatcher(world.core, {outbox.POSTMARK: closed}, now=world.now)
    for _ in range(21):
        await dispatcher.drain()
        world.now.move(6 * HOUR)
    delayed, failed = await world.inbox(world.ada)
    assert b"Action: delayed" in delayed
    assert b"Action: failed" in failed
    assert (await world.row(row_id)).status == "failed"


async def test_while_nothing_is_sent_to_the_outside_nothing_is_moved(world: World) -> None:
    [row_id] = await world.queue(CHEN)
    await world.dispatcher().drain()
    assert (await world.row(row_id)).channel == "smtp"


@pytest.mark.parametrize("answer", [("take, hang up", 0), ("take", 500), ("take", 502)])
async def test_what_was_taken_without_an_answer_is_not_sent_twice(
    world: World, api: PostmarkApi, dispatcher: Dispatcher, answer: tuple[str, int]
) -> None:
    api.answers.append((*answer, None))
    [row_id] = await world.queue(CHEN)
    await dispatcher.drain()
    assert ((await world.row(row_id)).status, (await world.row(row_id)).uncertain) == ("queued", 1)
    world.now.move(MINUTE)
    await dispatcher.drain()
    row = await world.row(row_id)
    assert (row.status, len(api.taken), len(api.asked)) == ("sent", 1, 1)
    assert row.receipt.endswith(api.taken[0]["MessageID"])


@pytest.mark.parametrize("answer", [("hang up", 0), ("", 500)])
async def test_what_was_not_taken_is_sent_again_after_a_look(
    world: World, api: PostmarkApi, dispatcher: Dispatcher, answer: tuple[str, int]
) -> None:
    api.answers.append((*answer, None))
    [row_id] = await world.queue(CHEN)
    await dispatcher.drain()
    world.now.move(MINUTE)
    await dispatcher.drain()
    assert ((await world.row(row_id)).status, len(api.taken), len(api.asked)) == ("sent", 1, 1)


async def test_what_a_process_was_sending_when_it_died_is_looked_for_first(
    world: World, api: PostmarkApi, dispatcher: Dispatcher
) -> None:
    [row_id] = await world.queue(CHEN)
    way = Postmark(TOKEN, url=api.url)
    row = await world.row(row_id)
    await world.core.write(lambda tx: tx.execute("UPDATE outbox SET channel = 'postmark' WHERE id = ?", (row_id,)))
    await world.core.write(lambda tx: rows.mark_sending(tx, row, world.now()))
    raw = await world.core.blobs.read(row.blob_id)
    await way.send(None, CHEN, raw, message_id=row.message_id, idempotency_key=row.id)  # and dies
    await way.close()
    world.now.move(MINUTE)
    await dispatcher.drain()
    assert ((await world.row(row_id)).status, len(api.taken)) == ("sent", 1)


async def test_a_service_that_is_away_costs_no_attempt_and_loses_nothing(
    world: World, api: PostmarkApi, dispatcher: Dispatcher
) -> None:
    await api.stop()
    [row_id] = await world.queue(CHEN)
    for _ in range(30):
        await dispatcher.drain()
        world.now.move(10 * MINUTE)
    row = await world.row(row_id)
    assert (row.status, row.attempts) == ("queued", 0)
    await api.start()
    await dispatcher.drain()
    assert ((await world.row(row_id)).status, len(api.taken)) == ("sent", 1)


async def test_five_attempts_and_no_more_at_the_pace_of_an_api(
    world: World, api: PostmarkApi, dispatcher: Dispatcher
) -> None:
    api.answers.extend([("hang up", 0, None)] * 5)
    [row_id] = await world.queue(CHEN)
    waits = []
    for _ in range(5):
        await dispatcher.drain()
        row = await world.row(row_id)
        waits.append((row.next_attempt_at - world.now()) // SECOND)
        world.now.move(10 * MINUTE)
    assert (row.status, row.attempts, waits[:4]) == ("failed", 5, [30, 60, 120, 240])
    [notice] = await world.inbox(world.ada)
    assert b"chen@example.net" in notice


async def test_a_recipient_who_is_struck_off_is_told_to_the_sender_at_once(
    world: World, api: PostmarkApi, dispatcher: Dispatcher
) -> None:
    api.inactive.add(str(CHEN))
    [row_id] = await world.queue(CHEN)
    await dispatcher.drain()
    row = await world.row(row_id)
    assert (row.status, row.attempts) == ("failed", 1)
    assert "marked as inactive" in row.last_error
    assert len(await world.inbox(world.ada)) == 1
