"""The whole way on the real workflow engine: event, hand-off, recorded steps, reply; and what its tables may not hold."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from mailwright.agents import employee
from mailwright.agents.employee import gather, think
from mailwright.agents.models import Asker, ModelFailed, Models, Question, Reply
from mailwright.agents.models.asking import T
from mailwright.domain.tasks import TaskStatus
from mailwright.pipeline import Consumers, Flows
from tests.agents.conftest import Office

SECRET = "swordfish"
PATIENCE = 60  # seconds


async def until_settled(office: Office, message_id: str) -> TaskStatus:
    from mailwright.core import tasks

    async with asyncio.timeout(PATIENCE):
        while True:
            task = await office.core.read(lambda tx: tasks.find(tx, "employee", message_id))
            if task is not None and task.status.is_final:
                return task.status
            await asyncio.sleep(0.05)


@pytest.fixture
async def engine(office: Office, tmp_path: Path) -> Any:
    flows = Flows(office.core.database, f"sqlite:///{tmp_path}/flows.db", on_dead=employee.on_dead)
    consumers = Consumers(office.core.database)
    consumers.subscribe("mail_ingest", "ingesters", employee.on_delivered(office.core, flows))
    await flows.start()
    await consumers.start()
    yield tmp_path
    await consumers.stop()
    await flows.stop()


@pytest.mark.slow
async def test_a_delivered_mail_is_answered_once_and_no_mail_text_is_in_the_engine(
    office: Office, engine: Path
) -> None:
    message_id = await office.receive(f"Please summarise: the word is {SECRET}. And what is 12 * 12?", subject=SECRET)
    assert await until_settled(office, message_id) is TaskStatus.COMPLETE
    assert len(await office.sent()) == 1
    task = await office.task(message_id)
    assert (task.kind, task.attempts) == ("reply", 1)
    for file in engine.glob("flows.db*"):
        assert SECRET.encode() not in file.read_bytes()


@pytest.mark.slow
async def test_a_model_that_comes_back_is_waited_for_and_one_that_does_not_is_told(
    office: Office, engine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shaky(Models):
        """Away for the first questions; `for_good` for all."""

        asked = 0
        for_good = False

        async def ask(self, question: Question[T], *, who: Asker | None = None) -> Reply[T]:
            type(self).asked += 1
            if self.for_good:
                raise ModelFailed("openai:x does not accept our key", transient=False)
            if self.asked == 1:
                raise ModelFailed("openai:x could not be reached", transient=True)
            return await Models.by_rules().ask(question)

    models = Shaky({"judge": ("openai:x",), "work": ("openai:x",)})
    employee.configure(office.core, models)
    first = await office.receive("What is 2 * 21?")
    assert await until_settled(office, first) is TaskStatus.COMPLETE
    assert (await office.task(first)).attempts == 1  # the step repeated, not the attempt
    Shaky.for_good, Shaky.asked = True, 0
    second = await office.receive("What is 2 * 22?")
    assert await until_settled(office, second) is TaskStatus.FAILED
    assert Shaky.asked == 2
    assert (await office.task(second)).kind == "apology"
    assert [row.status for row, _ in await office.sent()] == ["queued", "queued"]


def test_steps_repeat_what_may_pass_and_nothing_else() -> None:
    assert think.worth_repeating(ModelFailed("x", transient=True))
    assert not think.worth_repeating(ModelFailed("x", transient=False))
    assert not gather.worth_repeating(ValueError("a bug"))
