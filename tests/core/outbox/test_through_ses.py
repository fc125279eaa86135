"""Mail for other servers through Amazon SES, which cannot be asked: the pace of an API, hours without it, a kill, a replay."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from mailwright.connectors.ses import Ses
from mailwright.core import outbox
from mailwright.core.dispatch import Dispatcher
from mailwright.domain.clock import MINUTE, SECOND
from mailwright.storage import outbox as rows
from tests.core.outbox.outbox_world import CHEN, World
from tests.servers.ses import ACCESS, REGION, SECRET, SesService, Trouble


@pytest.fixture
def service() -> Iterator[SesService]:
    with SesService() as made:
        yield made


@pytest.fixture
async def dispatcher(world: World, service: SesService) -> AsyncIterator[Dispatcher]:
    way = Ses(REGION, access_key_id=ACCESS, secret_access_key=SECRET, url=service.url, seconds=5)
    yield Dispatcher(world.core, {outbox.SES: way}, now=world.now)
    await way.close()


async def test_mail_is_taken_over_by_ses_when_the_settings_name_it(
    world: World, service: SesService, dispatcher: Dispatcher
) -> None:
    [row_id] = await world.queue(CHEN)
    await dispatcher.drain()
    row = await world.row(row_id)
    assert (row.status, row.channel, row.attempts) == ("sent", "ses", 1)
    assert row.receipt == f"200 taken by SES as {service.taken[0].id}"


async def test_hours_without_ses_cost_no_attempt_and_lose_nothing(
    world: World, service: SesService, dispatcher: Dispatcher
) -> None:
    service.close()
    queued = [row_id for _ in range(5) for row_id in await world.queue(CHEN)]
    for _ in range(30):
        await dispatcher.drain()
        world.now.move(10 * MINUTE)
    assert [((await world.row(each)).status, (await world.row(each)).attempts) for each in queued] == [
        ("queued", 0)
    ] * 5
    service.open()
    await dispatcher.drain()
    world.now.move(MINUTE)
    await dispatcher.drain()
    assert [((await world.row(each)).status, (await world.row(each)).attempts) for each in queued] == [("sent", 1)] * 5
    assert len(service.taken) == 5


async def test_a_rate_that_is_used_up_opens_the_breaker_and_costs_no_attempt(
    world: World, service: SesService, dispatcher: Dispatcher
) -> None:
    service.trouble.extend([Trouble(429, "TooManyRequestsException")] * 4)
    [row_id] = await world.queue(CHEN)
    for _ in range(10):
        await dispatcher.drain()
        world.now.move(MINUTE)
    row = await world.row(row_id)
    assert (row.status, row.attempts, len(service.taken), len(service.calls)) == ("sent", 1, 1, 5)


async def test_calls_without_an_answer_are_five_attempts_at_the_pace_of_an_api_and_then_a_person_decides(
    world: World, service: SesService, dispatcher: Dispatcher
) -> None:
    service.trouble.extend([Trouble()] * 5)
    [row_id] = await world.queue(CHEN)
    waits = []
    for _ in range(5):
        await dispatcher.drain()
        row = await world.row(row_id)
        waits.append((row.next_attempt_at - world.now()) // SECOND)
        world.now.move(5 * MINUTE)
    assert (row.status, row.attempts, waits[:4]) == ("failed", 5, [30, 60, 120, 240])
    assert row.uncertain > 0
    [letter] = await world.dead()
    assert (letter.name, letter.reference) == ("ses", row_id)
    await world.core.write(lambda tx: outbox.retry(tx, row_id))
    await dispatcher.drain()
    assert ((await world.row(row_id)).status, len(service.taken)) == ("sent", 1)


async def test_what_was_taken_without_an_answer_is_sent_once_more_and_counted(
    world: World, service: SesService, dispatcher: Dispatcher
) -> None:
    service.trouble.append(Trouble(taken=True))
    [row_id] = await world.queue(CHEN)
    await dispatcher.drain()
    assert ((await world.row(row_id)).status, (await world.row(row_id)).uncertain) == ("queued", 1)
    world.now.move(MINUTE)
    await dispatcher.drain()
    assert ((await world.row(row_id)).status, len(service.taken)) == ("sent", 2)


async def test_what_a_process_was_sending_when_it_died_is_sent_by_the_next_one(
    world: World, service: SesService, dispatcher: Dispatcher
) -> None:
    [row_id] = await world.queue(CHEN)
    row = await world.row(row_id)
    await world.core.write(lambda tx: tx.execute("UPDATE outbox SET channel = 'ses' WHERE id = ?", (row_id,)))
    await world.core.write(lambda tx: rows.mark_sending(tx, row, world.now()))  # and dies
    world.now.move(MINUTE)
    await dispatcher.drain()
    row = await world.row(row_id)
    assert (row.status, row.attempts, row.uncertain, len(service.taken)) == ("sent", 2, 1, 1)


async def test_a_message_that_ses_rejects_fails_at_once_and_its_author_hears_of_it(
    world: World, service: SesService, dispatcher: Dispatcher
) -> None:
    service.backend.email_identities.clear()
    [row_id] = await world.queue(CHEN)
    await dispatcher.drain()
    row = await world.row(row_id)
    assert (row.status, row.attempts) == ("failed", 1)
    assert "MessageRejected" in row.last_error
    assert len(await world.inbox(world.ada)) == 1
