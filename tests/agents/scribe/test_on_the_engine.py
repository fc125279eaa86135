"""On the real workflow engine: mails wait for their turn, one that was left lying is handed off again, and no text is in the engine's tables."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailwright.agents import scribe
from mailwright.agents.scribe import handing
from mailwright.agents.scribe.stepping import RETRIES
from mailwright.core import tasks
from mailwright.domain import clock
from mailwright.domain.clock import MINUTE
from mailwright.domain.outreach import ScribeStep
from mailwright.domain.tasks import TaskStatus
from mailwright.pipeline import Consumers, Flows, Retries
from mailwright.storage import outreach
from mailwright.storage import tasks as task_rows
from tests.agents.scribe.study import Study, away

SECRET = "swordfish"
PATIENCE = 90  # seconds


@pytest.fixture
async def flows(study: Study, tmp_path: Path) -> AsyncIterator[Flows]:
    flows = Flows(study.core.database, f"sqlite:///{tmp_path}/flows.db", on_dead=scribe.on_dead)
    scribe.prepare(study.core, flows)
    scribe.schedule(flows)
    await flows.start()
    yield flows
    await flows.stop()


@pytest.fixture
async def consumers(study: Study, flows: Flows) -> AsyncIterator[Consumers]:
    consumers = Consumers(study.core.database)
    consumers.subscribe(scribe.STREAM, scribe.GROUP, scribe.on_changed(study.core, flows))
    await consumers.start()
    yield consumers
    await consumers.stop()


async def ended(study: Study, task_id: str) -> TaskStatus:
    async with asyncio.timeout(PATIENCE):
        while not (mail := await study.mail(task_id)).status.is_final:
            await asyncio.sleep(0.05)
    return mail.status


@pytest.mark.slow
async def test_mails_are_written_in_turn_and_no_text_is_in_the_engine(
    study: Study, consumers: Consumers, tmp_path: Path
) -> None:
    study.core.settings = replace(study.core.settings, outreach=replace(study.core.settings.outreach, at_once=2))
    template = f"Dear {{{{name}}}},\n\nthe word is {SECRET}. I grow plants. May I ask you something?\n\nAda"
    asked = [await study.ask(template, fields={"note": SECRET}) for _ in range(5)]
    assert [await ended(study, each) for each in asked] == [TaskStatus.COMPLETE] * 5
    for each in asked:
        assert SECRET in (await study.mail(each)).body
    for file in tmp_path.glob("flows.db*"):
        assert SECRET.encode() not in file.read_bytes()
    assert await study.generated() == 5


@pytest.mark.slow
async def test_a_mail_that_was_taken_and_left_is_handed_off_again(study: Study, flows: Flows) -> None:
    task_id = await study.ask()
    assert await study.take()  # and the process that took it ends
    assert await handing.look_once() == 0  # it may be at work still
    long_ago = clock.now() - 3 * MINUTE
    await study.core.write(lambda tx: task_rows.update(tx, task_id, now=long_ago))
    await handing.look(datetime.now(UTC))
    assert await ended(study, task_id) is TaskStatus.COMPLETE


@pytest.mark.slow
async def test_a_step_whose_service_comes_back_is_repeated(
    study: Study, consumers: Consumers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RETRIES, ScribeStep.COMPOSE, Retries(attempts=3, interval=0.05, longest=1))
    failures = [away(), away()]

    def fails() -> Exception:
        if len(failures) == 1:
            study.models.failing.clear()
        return failures.pop()

    study.models.failing["compose"] = fails
    task_id = await study.ask()
    assert await ended(study, task_id) is TaskStatus.COMPLETE
    steps = await study.steps(task_id)
    assert steps[ScribeStep.COMPOSE].attempts == 3
    assert study.models.asked.count("template") == study.models.asked.count("research") == 1


@pytest.mark.slow
async def test_a_person_tries_what_failed_once_more(
    study: Study, flows: Flows, consumers: Consumers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RETRIES, ScribeStep.COMPOSE, Retries(attempts=1, interval=0.05, longest=1))
    study.models.failing["compose"] = away
    task_id = await study.ask()
    assert await ended(study, task_id) is TaskStatus.FAILED
    study.models.failing.clear()
    await scribe.again(study.core, flows, task_id)
    assert await ended(study, task_id) is TaskStatus.COMPLETE
    history = await study.core.read(lambda tx: tasks.history(tx, task_id))
    assert [each.stage for each in history if each.status is TaskStatus.RUNNING][-1] == "composer"
    mail = await study.core.read(lambda tx: outreach.by_id(tx, task_id))
    assert mail is not None
    assert mail.generation == 2
