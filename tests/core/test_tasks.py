"""Tasks: one a message, moved along the table only, each move told once."""

from __future__ import annotations

import pytest

from mailwright.core import Core, tasks
from mailwright.core.tasks import IllegalMove
from mailwright.domain.events import TASK_CHANGED
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import NotFound
from mailwright.domain.tasks import TRANSITIONS, Stage, TaskStatus
from mailwright.storage import Tx
from mailwright.storage.tasks import Task


def make(tx: Tx, message_id: str | None = None) -> Task:
    return tasks.create(
        tx,
        tenant_id=new_id(),
        agent="employee",
        assignment_id=new_id(),
        message_id=message_id or new_id(),
        correspondent="eve@example.org",
        correlation_id="c",
    )


async def test_there_is_one_task_for_a_message(core: Core) -> None:
    message_id = new_id()
    first = await core.write(lambda tx: make(tx, message_id))
    second = await core.write(lambda tx: make(tx, message_id))
    assert first.id == second.id
    assert len(await core.read(lambda tx: tasks.history(tx, first.id))) == 1


async def test_a_move_writes_history_and_an_event_without_mail_text(core: Core) -> None:
    task = await core.write(make)
    await core.write(lambda tx: tasks.start_attempt(tx, task.id, Stage.GATHER, attempt=1))
    await core.write(lambda tx: tasks.enter(tx, task.id, Stage.THINK))
    await core.write(lambda tx: tasks.enter(tx, task.id, Stage.THINK))
    done = await core.write(
        lambda tx: tasks.finish(
            tx, task.id, TaskStatus.COMPLETE, because="judged a task", kind="reply", result={"n": 1}
        )
    )
    assert (done.status, done.kind, done.because, done.result, done.attempts) == (
        "complete",
        "reply",
        "judged a task",
        {"n": 1},
        1,
    )
    assert done.completed_at is not None
    told = await core.read(lambda tx: [(e.status, e.stage) for e in tasks.history(tx, task.id)])
    assert told == [("queued", ""), ("running", "gather"), ("running", "think"), ("complete", "think")]
    payloads = await core.read(
        lambda tx: [p for (p,) in tx.all("SELECT payload FROM events WHERE kind = ?", (TASK_CHANGED,))]
    )
    assert len(payloads) == 4
    assert all("judged" not in payload for payload in payloads)


@pytest.mark.parametrize(
    ("start", "wanted"),
    [(a, b) for a in TaskStatus for b in TaskStatus if b not in TRANSITIONS[a]],
    ids=lambda s: s.value,
)
async def test_a_move_that_is_not_on_the_table_is_refused_and_changes_nothing(
    core: Core, start: TaskStatus, wanted: TaskStatus
) -> None:
    task = await core.write(make)
    await core.write(lambda tx: tx.execute("UPDATE tasks SET status = ? WHERE id = ?", (start.value, task.id)))
    with pytest.raises(IllegalMove):
        await core.write(lambda tx: tasks.move(tx, task.id, wanted))
    assert (await core.read(lambda tx: tasks.get(tx, task.id))).status is start
    assert len(await core.read(lambda tx: tasks.history(tx, task.id))) == 1


async def test_a_failed_task_is_queued_again_as_a_new_generation(core: Core) -> None:
    task = await core.write(make)
    await core.write(lambda tx: tasks.finish(tx, task.id, TaskStatus.FAILED, because="it failed", error="no model"))
    again = await core.write(lambda tx: tasks.requeue(tx, task.id))
    assert (again.status, again.generation, again.attempts, again.last_error, again.completed_at) == (
        "queued",
        2,
        0,
        "",
        None,
    )


async def test_lists_are_newest_first_filtered_and_paged(core: Core) -> None:
    made = [await core.write(make) for _ in range(5)]
    await core.write(lambda tx: tasks.finish(tx, made[2].id, TaskStatus.SKIPPED, because="x"))
    page = await core.read(lambda tx: tasks.listing(tx, limit=2))
    assert [task.id for task in page] == [made[4].id, made[3].id]
    rest = await core.read(lambda tx: tasks.listing(tx, before=page[-1].id))
    assert [task.id for task in rest] == [made[2].id, made[1].id, made[0].id]
    skipped = await core.read(lambda tx: tasks.listing(tx, statuses=[TaskStatus.SKIPPED]))
    assert [task.id for task in skipped] == [made[2].id]


async def test_an_unknown_task_is_not_found(core: Core) -> None:
    with pytest.raises(NotFound):
        await core.read(lambda tx: tasks.get(tx, new_id()))


def test_every_state_has_a_word_in_every_api() -> None:
    for status in TaskStatus:
        assert tasks.in_words(status, tasks.EMPLOYEE_WORDS)
