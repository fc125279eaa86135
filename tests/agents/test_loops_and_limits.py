"""What keeps answers from multiplying, from being suppressed, and tasks from being lost between two commits."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from mailwright.agents import employee
from mailwright.agents.employee import act
from mailwright.agents.employee.decide import Decision, decide
from mailwright.agents.employee.snapshot import Facts, Verdict
from mailwright.core import tasks
from mailwright.core.tasks import IllegalMove
from mailwright.domain import clock
from mailwright.domain.refusals import NotFound
from mailwright.domain.tasks import TaskStatus
from mailwright.pipeline import Flows
from mailwright.storage import dead_letters
from mailwright.storage import tasks as task_rows
from tests.agents.conftest import Office


async def test_what_waited_for_hours_does_not_all_leave_at_once(office: Office) -> None:
    ids = [await office.receive(f"What is {n} * 7?") for n in range(1, 8)]
    from mailwright.agents.employee.gather import open_task
    from mailwright.core import messages
    from mailwright.storage import assignments

    long_ago = clock.now() - 3 * clock.DAY

    def waiting(message_id: str) -> None:
        [serving] = office.core.database.read_now(assignments.listing)
        task = office.core.database.write_now(lambda tx: open_task(tx, messages.load(tx, message_id), serving.id))
        office.core.database.write_now(
            lambda tx: tx.execute("UPDATE tasks SET created_at = ? WHERE id = ?", (long_ago, task.id))
        )

    for each in ids:
        waiting(each)
    assert [await office.run(each) for each in ids] == ["complete"] * 5 + ["skipped"] * 2


async def test_a_robot_that_opens_a_new_thread_for_every_question_is_asked_twice_a_day(office: Office) -> None:
    for _ in range(4):
        await office.run(await office.receive("The lift is out of order again.", sender="lift@example.org"))
    assert len(await office.sent()) == 2


def test_it_says_that_it_asked_often_enough() -> None:
    verdict = Verdict("advice", "neither", 0.9)
    assert decide(replace(Facts("task", "snapshot"), asked_last_day=2), verdict) == Decision(
        "silent", "judged no task (0.90); the sender was asked 2 times within a day already"
    )


async def test_two_thanks_in_the_same_second_are_asked_about_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await office.receive("Thanks!", message_id="<t@x.test>")
    second = await office.receive("Thank you.", extra="In-Reply-To: <t@x.test>\n", subject="Re: Work")
    sending = act._send

    async def meanwhile(*args: object) -> str:  # the other one is decided and sent between decision and sending
        monkeypatch.setattr(act, "_send", sending)
        await office.run(first)
        return await sending(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(act, "_send", meanwhile)
    assert await office.run(second) == "skipped"
    assert len(await office.sent()) == 1


async def test_a_stranger_cannot_keep_an_answer_from_being_sent(office: Office) -> None:
    message_id = await office.receive("What is 2 * 2?", message_id="<asked@x.test>")
    await office.receive("4", sender="mallory@example.net", extra="In-Reply-To: <asked@x.test>\n")
    assert await office.run(message_id) == "complete"


async def test_one_whom_the_asker_wrote_to_as_well_may_answer_first(office: Office) -> None:
    message_id = await office.receive("What is 2 * 2?", message_id="<asked@x.test>", extra="Cc: chen@example.net\n")
    await office.receive("4", sender="chen@example.net", extra="In-Reply-To: <asked@x.test>\n")
    assert await office.run(message_id) == "skipped"


class Kept(Flows):
    """Takes hand-offs down instead of running them."""

    def __init__(self, office: Office) -> None:
        super().__init__(office.core.database, "sqlite:///:memory:")
        self.ids: list[str] = []

    async def hand_off(self, requests):  # type: ignore[no-untyped-def]
        self.ids += [request.id for request in requests]


async def failed(office: Office) -> str:
    """A task that failed, by its message."""
    message_id = await office.receive("What is 2 * 2?")
    await office.run(message_id)
    task = await office.task(message_id)
    await office.core.write(lambda tx: tx.execute("UPDATE tasks SET status = 'failed' WHERE id = ?", (task.id,)))
    return message_id


async def test_a_task_queued_again_by_a_process_that_died_is_handed_off_after_all(office: Office) -> None:
    message_id = await failed(office)
    task = await office.task(message_id)
    await office.core.write(lambda tx: tasks.requeue(tx, task.id))  # and then the power went
    flows = Kept(office)
    again = await employee.again(office.core, flows, task.id)
    assert (again.status, again.generation) == (TaskStatus.QUEUED, 2)
    assert flows.ids == [f"employee:{message_id}:2"]


async def test_replaying_the_letter_of_a_dead_workflow_does_the_task_again(office: Office) -> None:
    message_id = await failed(office)
    letter_id = await office.core.write(
        lambda tx: dead_letters.add(
            tx,
            source="workflow",
            name="employee",
            reference=f"employee:{message_id}:1",
            payload={"args": [message_id, 1]},
            error="gone",
            attempts=5,
        )
    )
    letter = await office.core.read(lambda tx: dead_letters.find(tx, letter_id))
    flows, passed_on = Kept(office), []

    async def others(other: dead_letters.DeadLetter) -> None:
        passed_on.append(other.name)

    replay = employee.replayer(office.core, flows, others)
    await replay(letter)
    assert flows.ids == [f"employee:{message_id}:2"]
    assert (await office.task(message_id)).status is TaskStatus.QUEUED
    await replay(replace(letter, name="import"))
    assert passed_on == ["import"]
    with pytest.raises(NotFound):
        await replay(replace(letter, payload={}))


async def test_a_task_that_another_process_moved_meanwhile_is_not_moved_from_where_it_was(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await office.task(await failed(office))
    stale = replace(task, status=TaskStatus.RUNNING)
    answers = itertools.cycle([stale, task])  # as it was read, and as it is
    monkeypatch.setattr(tasks, "get", lambda tx, task_id: next(answers))
    with pytest.raises(IllegalMove):
        await office.core.write(lambda tx: tasks.move(tx, task.id, TaskStatus.COMPLETE))
    found = await office.core.read(lambda tx: task_rows.by_id(tx, task.id))
    assert found is not None
    assert found.status is TaskStatus.FAILED
