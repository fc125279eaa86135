"""The assistant on the real workflow engine: arrivals, retries, dead letters, healing, replay and resolve by hand, and who goes first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailwright.agents import assistant
from mailwright.agents.assistant import arrivals, healing, stepping
from mailwright.agents.models import ModelFailed
from mailwright.core import accounts, assistants, tasks
from mailwright.core import triage as triaging
from mailwright.domain.envelope import Origin
from mailwright.domain.refusals import BadInput
from mailwright.domain.tasks import TaskStatus
from mailwright.pipeline import Consumers, DeadLetters, Flows, Retries
from mailwright.storage import Database
from mailwright.storage.audit import SYSTEM
from mailwright.storage.dead_letters import DeadLetter
from mailwright.storage.tasks import Task
from tests.agents.assistant.mailroom import QUESTION, Mailroom, away, make

SECRET = "swordfish"
PATIENCE = 90  # seconds


@dataclass
class Running:
    """A mailroom with its engine at work."""

    room: Mailroom
    flows: Flows
    consumers: Consumers
    letters: DeadLetters
    folder: Path

    async def settled(self, message_id: str, generation: int = 1) -> Task:
        """The task of a mail when it has ended."""
        async with asyncio.timeout(PATIENCE):
            while True:
                found = await self.room.core.read(lambda tx: tasks.find(tx, assistant.AGENT, message_id))
                if found is not None and found.status.is_final and found.generation >= generation:
                    return found
                await asyncio.sleep(0.05)

    async def open_letters(self) -> list[DeadLetter]:
        return await self.letters.list()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for minutes here."""
    for name, chosen in stepping.RETRIES.items():
        monkeypatch.setitem(stepping.RETRIES, name, Retries(chosen.attempts, 0.01, 1.0))


@pytest.fixture
async def running(any_database: Database, any_url: str, tmp_path: Path) -> AsyncIterator[Running]:
    room = make(any_database, tmp_path)
    url = f"sqlite:///{tmp_path}/flows.db" if any_url.startswith("sqlite") else any_url
    flows = Flows(any_database, url, on_dead=assistant.on_dead)
    assistant.configure(room.core, room.models, flows=flows)
    consumers = Consumers(any_database)
    consumers.subscribe("mail_ingest", assistant.GROUP, assistant.on_delivered(room.core, flows))
    letters = DeadLetters(any_database, flows)
    letters.replayers["workflow"] = assistant.replayer(room.core, flows, letters.replayers["workflow"])
    await flows.start()
    await consumers.start()
    yield Running(room, flows, consumers, letters, tmp_path)
    await consumers.stop()
    await flows.stop()


@pytest.mark.slow
async def test_a_delivered_mail_gets_its_draft_and_no_mail_text_is_in_the_engine(running: Running) -> None:
    room = running.room
    message_id = await room.receive(QUESTION.replace("minutes", SECRET), subject=SECRET)
    room.models.text = f"Hello Eve,\n\nhere is the {SECRET}.\n\nAda"
    assert (await running.settled(message_id)).status is TaskStatus.COMPLETE
    assert len(await room.drafts()) == 1
    for file in running.folder.glob("flows.db*"):
        assert SECRET.encode() not in file.read_bytes()


@pytest.mark.slow
async def test_mail_for_an_agent_or_for_nobody_with_an_assistant_starts_nothing(running: Running) -> None:
    room = running.room
    await room.core.write(
        lambda tx: accounts.add_agent(tx, room.core, "main@mailwright.test", display_name="Mini Mouse")
    )
    await room.receive(to="main@mailwright.test")
    await room.receive(to="bashir@mailwright.test")
    last = await room.receive()
    await running.settled(last)
    assert len(await running.flows.find(workflow=assistant.AGENT)) == 1


@pytest.mark.slow
async def test_a_model_that_comes_back_is_waited_for(running: Running) -> None:
    room = running.room
    left = 3

    def shaky() -> Exception:
        nonlocal left
        left -= 1
        if left == 0:
            room.models.failing.clear()
        return away()

    room.models.failing["triage"] = shaky
    message_id = await room.receive()
    assert (await running.settled(message_id)).status is TaskStatus.COMPLETE
    assert room.models.asked == ["triage"] * 4 + ["draft"]


@pytest.mark.slow
@pytest.mark.parametrize(("purpose", "attempts"), [("triage", 5), ("draft", 3)])
async def test_a_model_that_stays_away_is_a_dead_letter_that_heals_by_itself(
    running: Running, purpose: str, attempts: int
) -> None:
    room = running.room
    room.models.failing[purpose] = away
    message_id = await room.receive(f"{SECRET} Could you send it?")
    task = await running.settled(message_id)
    assert (task.status, task.because) == (TaskStatus.FAILED, "scripted could not be reached")
    assert room.models.asked.count(purpose) == attempts
    [letter] = await running.open_letters()
    stage = "classify" if purpose == "triage" else "generate"
    assert (letter.source, letter.name, letter.reference) == ("workflow", "assistant", f"assistant:{message_id}:1")
    assert letter.error == "ModelFailed: scripted could not be reached"
    assert (letter.payload["stage"], letter.payload["transient"]) == (stage, True)
    assert letter.attempts == attempts
    assert f"mailwright/agents/assistant/{stage}.py" in letter.trace
    assert SECRET not in f"{letter.trace}{letter.error}{letter.payload}"
    assert await healing.heal_letters() == 1  # too early
    assert (await running.settled(message_id, 2)).status is TaskStatus.FAILED
    room.models.failing.clear()
    assert await healing.heal_letters() == 1
    assert (await running.settled(message_id, 3)).status is TaskStatus.COMPLETE
    assert await running.open_letters() == []
    assert len(await room.drafts()) == 1


@pytest.mark.slow
async def test_what_no_attempt_would_mend_waits_for_a_person_who_replays_or_resolves_it(running: Running) -> None:
    room = running.room
    room.models.failing["draft"] = lambda: ModelFailed("scripted does not accept our key", transient=False)
    first, second = await room.receive(), await room.receive(subject="Another")
    for each in (first, second):
        assert (await running.settled(each)).status is TaskStatus.FAILED
    assert room.models.asked.count("draft") == 2
    assert await healing.heal_letters() == 0
    room.models.failing.clear()
    letters = {letter.payload["args"][0]: letter for letter in await running.open_letters()}
    await running.letters.replay(letters[first].id)
    assert (await running.settled(first, 2)).status is TaskStatus.COMPLETE
    resolved = await running.letters.resolve(letters[second].id, by="ada")
    assert resolved.resolved_by == "ada"
    assert await running.open_letters() == []
    for letter in letters.values():
        with pytest.raises(BadInput):
            await running.letters.replay(letter.id)
        with pytest.raises(BadInput):
            await running.letters.resolve(letter.id, by="ada")
    assert len(await room.drafts()) == 1


@pytest.mark.slow
async def test_an_error_that_quotes_the_mail_leaves_frames_and_nothing_else(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mailwright.agents.assistant import generate

    async def broken(snapshot: object) -> None:
        raise ValueError(f"no idea what {SECRET} is")

    monkeypatch.setattr(generate, "write", broken)
    message_id = await running.room.receive()
    task = await running.settled(message_id)
    assert (task.status, task.because) == (TaskStatus.FAILED, "it failed with ValueError")
    [letter] = await running.open_letters()
    assert (letter.error, letter.payload["transient"]) == ("ValueError", False)
    assert letter.trace.splitlines()[-1].endswith("broken")
    assert SECRET not in letter.trace
    for file in running.folder.glob("flows.db*"):
        assert SECRET.encode() not in file.read_bytes()


@pytest.mark.slow
async def test_nothing_heals_while_it_is_switched_off_or_after_a_day_of_attempts(running: Running) -> None:
    room = running.room
    room.models.failing["triage"] = away
    message_id = await room.receive()
    await running.settled(message_id)
    await room.core.write(lambda tx: assistants.switch_off(tx, room.core, room.ada, by=SYSTEM))
    assert await healing.heal_letters() == 0
    await room.core.write(lambda tx: assistants.switch_on(tx, room.core, room.ada, by=SYSTEM))
    await room.core.write(lambda tx: tx.execute("UPDATE tasks SET generation = ?", (healing.MAX_GENERATIONS - 1,)))
    assert await healing.heal_letters() == 1
    await running.settled(message_id, healing.MAX_GENERATIONS)
    assert await healing.heal_letters() == 0
    assert len(await running.open_letters()) == 1


@pytest.mark.slow
async def test_twenty_mails_of_one_conversation_get_one_draft_for_the_newest(running: Running) -> None:
    room = running.room
    ids = []
    for number in range(20):
        extra = "" if number == 0 else "In-Reply-To: <m0@example.org>\nReferences: <m0@example.org>\n"
        ids.append(await room.receive(message_id=f"<m{number}@example.org>", extra=extra))
    for each in ids:
        await running.settled(each)
    drafts = await room.drafts()
    assert [draft.in_reply_to for draft in drafts] == [("<m19@example.org>",)]
    items = [await room.item(each) for each in ids]
    assert items[-1].draft_state == "made"
    assert {(item.draft_state, item.draft_because) for item in items[:-1]} == {
        ("none", "a newer mail of the conversation is looked after")
    }


@pytest.mark.slow
async def test_when_the_newest_of_a_conversation_needs_no_reply_the_one_before_gets_its_draft(running: Running) -> None:
    room = running.room
    room.models.categories = {"Thanks!": "informational"}
    released = room.models.held["Thanks!"] = asyncio.Event()
    first = await room.receive(message_id="<m0@example.org>")
    second = await room.receive("Thanks!", message_id="<m1@example.org>", extra="In-Reply-To: <m0@example.org>\n")
    await running.settled(first)
    released.set()
    await running.settled(second)
    await running.settled(first, 2)
    assert [draft.in_reply_to for draft in await room.drafts()] == [("<m0@example.org>",)]


@pytest.mark.slow
async def test_a_vip_and_whatever_is_new_overtake_what_was_asked_for_by_the_hundred(running: Running) -> None:
    room = running.room
    await room.core.write(lambda tx: assistants.switch_off(tx, room.core, room.ada, by=SYSTEM))
    old = [await room.receive(subject=f"Old {number}", sender=f"p{number}@example.org") for number in range(200)]
    await room.core.write(lambda tx: assistants.switch_on(tx, room.core, room.ada, by=SYSTEM))
    await room.core.write(lambda tx: triaging.add_vip(tx, room.ada.id, sender="chen@example.org", by=SYSTEM))

    async def takes_a_moment() -> None:
        await asyncio.sleep(0.05)

    room.models.before["triage"] = takes_a_moment
    await arrivals.again_all(room.core, running.flows, old, force=False, bulk=True)
    vip, new = (
        await room.receive(sender="chen@example.org", origin=Origin.CORRESPONDENT),
        await room.receive(subject="New"),
    )
    ended = [await running.settled(each) for each in (vip, new)]
    assert all(task.status is TaskStatus.COMPLETE for task in ended)
    rest = [await running.settled(each) for each in old]
    last = max(task.completed_at or 0 for task in ended)
    assert sum(1 for task in rest if (task.completed_at or 0) > last) > 100


async def test_a_vip_goes_before_the_rest_of_its_lane_and_bulk_after_all(room: Mailroom) -> None:
    await room.core.write(lambda tx: triaging.add_vip(tx, room.ada.id, sender="chen@example.org", by=SYSTEM))
    vip, new = await room.receive(sender="chen@example.org", origin=Origin.CORRESPONDENT), await room.receive()
    items = await room.open(vip, new)
    normal, bulk = arrivals.requests_for(items), arrivals.requests_for(items, bulk=True)
    assert [(each.lane, each.priority) for each in normal] == [("classify", 10), ("classify", 100)]
    assert [(each.lane, each.priority) for each in bulk] == [("classify", 10), ("batch", 1000)]
