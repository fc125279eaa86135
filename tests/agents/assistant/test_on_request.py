"""What people ask of the assistant: a draft thrown away, mail processed once more, a style learned, a mail elsewhere looked at."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from mailwright.agents.assistant import looks
from mailwright.agents.assistant.looks import Account, Open
from mailwright.agents.assistant.onrequest import OnRequest
from mailwright.agents.assistant.parts import only_ours
from mailwright.core import processing, triageviews
from mailwright.core.processing import AssistantOff, Desk, DraftEdited
from mailwright.domain import clock
from mailwright.domain.clock import DAY
from mailwright.domain.refusals import NotFound
from mailwright.domain.tasks import TaskStatus
from mailwright.pipeline import Flows
from mailwright.storage.connections import Connection
from mailwright.storage.processing import Span
from tests.agents.assistant.elsewhere import MortalAccount, Watched, watched
from tests.agents.assistant.mailroom import Mailroom
from tests.agents.assistant.test_meanwhile import edits


@pytest.fixture
async def flows(room: Mailroom, tmp_path: Path) -> AsyncIterator[Flows]:
    """The engine, which keeps what is handed to it and runs nothing."""
    made = Flows(room.core.database, f"sqlite:///{tmp_path}/flows.db")
    yield made
    await made.stop(0)


@pytest.fixture
def worker(room: Mailroom, flows: Flows) -> OnRequest:
    return OnRequest(room.core, flows, only_ours(room.core))


async def test_a_draft_is_thrown_away_as_long_as_nobody_edited_it(room: Mailroom, worker: OnRequest) -> None:
    message_id = await room.receive()
    await room.run(message_id)
    assert len(await room.drafts()) == 1
    desk = Desk(lambda: worker)
    for _ in range(2):
        await processing.discard(room.core, desk, room.ada, message_id)
    assert await room.drafts() == []
    item = await room.item(message_id)
    assert (item.draft_state, item.draft_because) == ("discarded", "its owner threw it away")


async def test_a_draft_that_a_mail_program_kept_anew_is_its_owners(room: Mailroom, worker: OnRequest) -> None:
    """The old one is gone and a new one is there: that is how an edited draft looks, before anybody has told of it."""
    message_id = await room.receive()
    await room.run(message_id)
    item = await room.item(message_id)
    edited = await edits(room, message_id)
    with pytest.raises(DraftEdited):
        await worker.discard(item)
    assert [each.id for each in await room.stored("drafts")] == [edited]


async def test_mail_is_processed_and_its_task_tells_of_the_draft(
    room: Mailroom, worker: OnRequest, flows: Flows
) -> None:
    message_id = await room.receive()
    desk = Desk(lambda: worker)
    asked = await processing.process(room.core, desk, room.ada, message_id)
    assert asked.made
    flow = await flows.status(f"assistant:{message_id}:1")
    assert flow is not None
    assert (flow.args, flow.lane) == ((message_id, 1, False), "classify")
    await room.run(message_id)
    told = await triageviews.task_of(room.core, room.ada, asked.task.id)
    assert (told.status, told.stage) == ("completed", "draft_created")
    assert told.reply is not None
    assert "here is what you asked for" in told.reply
    again = await processing.process(room.core, desk, room.ada, message_id)
    assert (again.made, again.task.id) == (False, asked.task.id)
    forced = await processing.process(room.core, desk, room.ada, message_id, force=True)
    assert (forced.made, forced.task.status) == (True, TaskStatus.QUEUED)
    flow = await flows.status(f"assistant:{message_id}:2")
    assert flow is not None
    assert flow.args == (message_id, 2, True)


async def test_many_mails_go_into_the_lane_behind_the_others(room: Mailroom, worker: OnRequest, flows: Flows) -> None:
    ids = [await room.receive(subject=f"Mail {number}") for number in range(3)]
    span = Span(room.ada.id, 0, clock.now() + DAY)
    batch = await processing.process_span(room.core, Desk(lambda: worker), room.ada, span)
    assert {each.item_id for each in batch.asked} == set(ids)
    found = await flows.find(id_prefix="assistant:")
    assert {each.lane for each in found} == {"batch"}
    assert len(found) == 3


async def test_learning_is_asked_for_once_in_a_while(room: Mailroom, worker: OnRequest, flows: Flows) -> None:
    await worker.learn(room.ada.id)
    await worker.learn(room.ada.id)
    (flow, *more) = await flows.find(id_prefix="assistant-style:")
    assert (flow.workflow, flow.lane) == ("assistant-style", "batch")
    assert len(more) <= 1  # when the minute has just ended


# --- elsewhere ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def ada(sqlite_template: Path) -> AsyncIterator[Watched]:
    async with watched(sqlite_template) as made:
        yield made


def openers() -> Mapping[str, Open]:
    """As an application opens accounts: nothing dies here."""
    mortal = looks.configured().openers["gmail"]

    async def opened(connection: Connection) -> Account:
        found = await mortal(connection)
        assert isinstance(found, MortalAccount)
        return found._account

    return {"gmail": opened}


async def test_a_mail_in_gmail_is_looked_at_when_somebody_names_it(ada: Watched) -> None:
    worker = OnRequest(ada.core, ada.flows, only_ours(ada.core), openers())
    message = ada.box.receive(subject="Long ago")
    message.received_ms -= 400 * DAY // 1000
    old = message.id
    item_id = await worker.bring(ada.connection(), old)
    assert await worker.bring(ada.connection(), old) == item_id
    (task,) = await worker.again([item_id], force=False, bulk=False)
    assert task.message_id == item_id
    assert ada.handed[f"assistant:{item_id}:1"] == 1


@pytest.mark.parametrize("name", ["18c2f0000000ffff", "../drafts/1", "x" * 40, "", "18C2F0000000FFFF", "1;2"])
async def test_what_is_no_mail_there_is_not_found(ada: Watched, name: str) -> None:
    worker = OnRequest(ada.core, ada.flows, only_ours(ada.core), openers())
    with pytest.raises(NotFound):
        await worker.bring(ada.connection(), name)


async def test_an_account_that_lets_us_in_no_more_is_no_question_of_signing_in_here(ada: Watched) -> None:
    worker = OnRequest(ada.core, ada.flows, only_ours(ada.core), openers())
    message = ada.box.receive(subject="Lunch").id
    ada.google.revoke(ada.connection().address)
    with pytest.raises(AssistantOff, match="connect it anew"):
        await worker.bring(ada.connection(), message)
