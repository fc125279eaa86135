"""Tasks: one for each agent and message, moved only along the arrows of `domain.tasks.TRANSITIONS`.

Called by agents (in their steps), the APIs (lists, states) and the command line. Plain functions over a transaction.
Promises: every move writes a line of the task's history and a TASK_CHANGED event with ids and states, never mail text; a move
that is not on the table is refused and changes nothing; a task that ends without its work being done is not charged any more,
whoever ends it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prometheus_client import Counter

from mailwright.domain import clock
from mailwright.domain.events import TASK_CHANGED
from mailwright.domain.refusals import NotFound, Refusal
from mailwright.domain.tasks import TRANSITIONS, Stage, TaskStatus
from mailwright.storage import charges, events
from mailwright.storage import tasks as rows
from mailwright.storage.database import Tx
from mailwright.storage.tasks import Task, TaskEvent

MAX_DETAIL = 500  # characters of a reason or error that are kept; longer ones are somebody's stack trace
MAX_PAGE = 200  # tasks in one list
SLICE = 500  # tasks of one statement

given_back_total = Counter("mailwright_tasks_given_back_total", "Charges given back because the task failed.")

EMPLOYEE_WORDS: Mapping[TaskStatus, str] = {
    TaskStatus.QUEUED: "queued",
    TaskStatus.RUNNING: "running",
    TaskStatus.WAITING: "running",
    TaskStatus.COMPLETE: "complete",
    TaskStatus.FAILED: "failed",
    TaskStatus.SKIPPED: "skipped",
    TaskStatus.CANCELLED: "skipped",
}
"""The words of the employee's API and dashboard."""


class IllegalMove(Refusal):
    """The task is not where this move begins: somebody else moved it, or it is settled."""

    code = "conflict"

    def __init__(self, task: Task, status: TaskStatus) -> None:
        super().__init__(f"task {task.id} is {task.status.value} and cannot become {status.value}")


def create(
    tx: Tx,
    *,
    tenant_id: str,
    agent: str,
    assignment_id: str,
    message_id: str,
    correspondent: str,
    user_id: str | None = None,
    thread_id: str | None = None,
    correlation_id: str = "",
    id: str = "",
) -> Task:
    """The task of that agent for that message: a new queued one (with that id, when it is given), or the one there is. Calling twice is a
    no-op."""
    now = clock.now()
    task_id = rows.insert(
        tx,
        tenant_id=tenant_id,
        agent=agent,
        assignment_id=assignment_id,
        message_id=message_id,
        correspondent=correspondent,
        user_id=user_id,
        thread_id=thread_id,
        correlation_id=correlation_id,
        now=now,
        id=id,
    )
    if task_id is not None:
        task = get(tx, task_id)
        _tell(tx, task, "", now)
        return task
    found = rows.by_message(tx, agent, message_id)
    assert found is not None
    return found


def create_all(
    tx: Tx,
    made: Sequence[tuple[str, str]],
    *,
    tenant_id: str,
    agent: str,
    assignment_id: str,
    correspondent: str,
    user_id: str | None,
    correlation_id: str = "",
) -> None:
    """New queued tasks for messages that have none, each with its id and that of the message, in as many statements as for one."""
    now = clock.now()
    rows.insert_all(
        tx,
        made,
        tenant_id=tenant_id,
        agent=agent,
        assignment_id=assignment_id,
        correspondent=correspondent,
        user_id=user_id,
        correlation_id=correlation_id,
        now=now,
    )
    rows.add_events(tx, [(task_id, TaskStatus.QUEUED.value, "", "", now) for task_id, _ in made])
    shared = {
        "tenant_id": tenant_id,
        "agent": agent,
        "user_id": user_id,
        "status": TaskStatus.QUEUED.value,
        "stage": "",
    }
    facts = [
        (TASK_CHANGED, task_id, {"task_id": task_id, "message_id": message_id, **shared}, correlation_id)
        for task_id, message_id in made
    ]
    events.append_many(tx, facts)


def get(tx: Tx, task_id: str) -> Task:
    """Raises NotFound."""
    task = rows.by_id(tx, task_id)
    if task is None:
        raise NotFound(f"there is no task {task_id}")
    return task


def find(tx: Tx, agent: str, message_id: str) -> Task | None:
    """The task an agent has for a message."""
    return rows.by_message(tx, agent, message_id)


def listing(
    tx: Tx,
    *,
    tenant_id: str | None = None,
    user_id: str | None = None,
    agent: str | None = None,
    statuses: Sequence[TaskStatus] = (),
    before: str | None = None,
    limit: int = 50,
) -> list[Task]:
    """Tasks that match everything given, newest first, at most MAX_PAGE; `before` is the last id of the page before."""
    return rows.listing(
        tx,
        tenant_id=tenant_id,
        user_id=user_id,
        agent=agent,
        statuses=statuses,
        before=before,
        limit=max(1, min(limit, MAX_PAGE)),
    )


def history(tx: Tx, task_id: str) -> list[TaskEvent]:
    """What happened to it, oldest first."""
    return rows.events(tx, task_id)


def in_words(status: TaskStatus, words: Mapping[TaskStatus, str]) -> str:
    """A public API's word for a state. `words` has one for every state; its absence is a bug that shows at once."""
    return words[status]


def start_attempt(tx: Tx, task_id: str, stage: Stage, *, attempt: int) -> Task:
    """Begin the n-th attempt; beginning the same one twice is a no-op. Raises IllegalMove, NotFound."""
    task = get(tx, task_id)
    if task.status is TaskStatus.RUNNING and task.attempts == attempt and task.stage == stage.value:
        return task
    return move(tx, task_id, TaskStatus.RUNNING, stage=stage, attempts=attempt)


def enter(tx: Tx, task_id: str, stage: Stage, *, detail: str = "") -> Task:
    """Tell which step a running task has reached. Telling it twice is a no-op. Raises IllegalMove, NotFound."""
    task = get(tx, task_id)
    if task.status is TaskStatus.RUNNING and task.stage == stage.value and not detail:
        return task
    return move(tx, task_id, TaskStatus.RUNNING, stage=stage, detail=detail)


def finish(
    tx: Tx,
    task_id: str,
    status: TaskStatus,
    *,
    because: str,
    kind: str = "",
    result: dict[str, Any] | None = None,
    error: str = "",
) -> Task:
    """Settle it. `kind` is what was sent (`reply`, …) or empty; `result` holds ids and small values. Raises IllegalMove."""
    if not status.is_final:
        raise ValueError(f"{status.value} is not an end")
    changes: dict[str, Any] = {"because": because[:MAX_DETAIL], "kind": kind, "completed_at": clock.now()}
    if error:
        changes["last_error"] = error[:MAX_DETAIL]
    return move(tx, task_id, status, detail=because, result=result, **changes)


def note_error(tx: Tx, task_id: str, error: str) -> None:
    """Keep what went wrong with an attempt that will be repeated. `error` is ours: no mail text."""
    rows.update(tx, task_id, now=clock.now(), last_error=error[:MAX_DETAIL])


def requeue(tx: Tx, task_id: str, *, even_complete: bool = False) -> Task:
    """A person asks for it again: one generation more, so that keys and workflow ids are new. What is complete stays so, unless doing it
    once more does no harm (`even_complete`: nothing was sent). Raises IllegalMove, NotFound."""
    task = get(tx, task_id)
    if task.status is TaskStatus.COMPLETE and not even_complete:
        raise IllegalMove(task, TaskStatus.QUEUED)
    return move(
        tx,
        task_id,
        TaskStatus.QUEUED,
        detail="asked for again",
        generation=task.generation + 1,
        attempts=0,
        stage_text="",
        last_error="",
        progress_at=None,
        completed_at=None,
    )


def move(
    tx: Tx,
    task_id: str,
    status: TaskStatus,
    *,
    stage: Stage | None = None,
    detail: str = "",
    result: dict[str, Any] | None = None,
    stage_text: str | None = None,
    **changes: Any,
) -> Task:
    """One step along TRANSITIONS, with its line of history and its event. Raises IllegalMove, NotFound."""
    task = get(tx, task_id)
    if status not in TRANSITIONS[task.status]:
        raise IllegalMove(task, status)
    now = clock.now()
    text = stage.value if stage is not None else task.stage if stage_text is None else stage_text
    done = rows.update(
        tx,
        task_id,
        now=now,
        result=result,
        unless_moved_from=task.status,  # PostgreSQL: another process may have moved it since it was read
        status=status.value,
        stage=text,
        **changes,
    )
    if done and status.is_final and status is not TaskStatus.COMPLETE:
        give_back(tx, task_id)
    moved = get(tx, task_id)
    if not done:
        raise IllegalMove(moved, status)
    _tell(tx, moved, detail, now)
    return moved


def move_all(tx: Tx, held: Sequence[Task], status: TaskStatus, *, stage: Stage, detail: str) -> None:
    """One step along TRANSITIONS for many tasks that the caller holds, in as many statements as for one. Raises IllegalMove, and then
    none is moved. Not for steps to an end."""
    if status.is_final:
        raise ValueError(f"{status.value} is an end")
    for task in held:
        if status not in TRANSITIONS[task.status]:
            raise IllegalMove(task, status)
    now = clock.now()
    rows.move_all(tx, [task.id for task in held], status, stage.value, detail, now)
    rows.add_events(tx, [(task.id, status.value, stage.value, detail[:MAX_DETAIL], now) for task in held])
    facts = [(TASK_CHANGED, task.id, _fact(task, status, stage.value), task.correlation_id) for task in held]
    events.append_many(tx, facts)


def cancel_waiting(tx: Tx, task_ids: Sequence[str], *, because: str) -> int:
    """Cancel those of these tasks that wait for an agent to begin, in as many statements as for a few; how many. For agents whose tasks
    are charged for when they begin, if ever."""
    now, count = clock.now(), 0
    for start in range(0, len(task_ids), SLICE):
        gone = rows.cancel_queued(tx, task_ids[start : start + SLICE], because[:MAX_DETAIL], now)
        status = TaskStatus.CANCELLED
        rows.add_events(tx, [(task.id, status.value, task.stage, because[:MAX_DETAIL], now) for task in gone])
        facts = [(TASK_CHANGED, task.id, _fact(task, status, task.stage), task.correlation_id) for task in gone]
        events.append_many(tx, facts)
        count += len(gone)
    return count


def remark(tx: Tx, task_id: str, detail: str) -> None:
    """A line of history and an event without a move: something around the task is another. Raises NotFound."""
    _tell(tx, get(tx, task_id), detail, clock.now())


def give_back(tx: Tx, task_id: str) -> bool:
    """The task costs its person nothing. False when it was not charged (see `charges`); then nothing happens."""
    given = charges.unmark(tx, task_id)
    if given:
        given_back_total.inc()
    return given


def _tell(tx: Tx, task: Task, detail: str, now: clock.Instant) -> None:
    rows.add_event(tx, task.id, task.status, task.stage, detail[:MAX_DETAIL], now)
    payload = _fact(task, task.status, task.stage)
    events.append(tx, TASK_CHANGED, task.id, payload, correlation_id=task.correlation_id)


def _fact(task: Task, status: TaskStatus, stage: str) -> dict[str, Any]:
    return {
        "task_id": task.id,
        "tenant_id": task.tenant_id,
        "agent": task.agent,
        "message_id": task.message_id,
        "user_id": task.user_id,
        "status": status.value,
        "stage": stage,
    }
