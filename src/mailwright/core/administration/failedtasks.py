"""Tasks that failed, follow-ups among them, as those who look after the server see them: what broke and when; never what they are about.

Called by the operators' paths and the administration pages. Support may look and try again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from mailwright.core import Core, tasks
from mailwright.core.administration.reach import Reach
from mailwright.core.followups import changing
from mailwright.domain.followups import FollowupStatus, status_of
from mailwright.domain.refusals import NotFound, TryLater
from mailwright.domain.tasks import TaskStatus
from mailwright.storage import Tx, audit, followups
from mailwright.storage import tasks as task_rows
from mailwright.storage.tasks import Task, TaskEvent

Again = Callable[[Task], Awaitable[None]]
"""Hands a task that failed to its agent once more. Raises IllegalMove, NotFound, TryLater."""


def failed(tx: Tx, reach: Reach, *, agent: str | None, before: str | None, limit: int) -> list[Task]:
    """Tasks that failed, the newest first, behind the id of the page before."""
    return task_rows.listing(
        tx,
        tenant_id=reach.tenant_id,
        agent=agent,
        statuses=[TaskStatus.FAILED],
        before=before,
        limit=limit,
    )


def within(tx: Tx, reach: Reach, task_id: str) -> Task:
    """A task within reach. Raises NotFound."""
    task = tasks.get(tx, task_id)
    if not reach.covers(task.tenant_id):
        raise NotFound(f"there is no task {task_id}")
    return task


def history(tx: Tx, reach: Reach, task_id: str) -> tuple[Task, list[tuple[str, TaskEvent]]]:
    """A task with what happened to it, oldest first: each line with its state, a follow-up's in a follow-up's words. Raises NotFound."""
    task = within(tx, reach, task_id)
    spoken = followups.by_id(tx, task.id) is not None
    lines = tasks.history(tx, task.id)
    return task, [(state_of(each.status, each.stage, spoken), each) for each in lines]


def state_of(status: TaskStatus, stage: str, is_followup: bool) -> str:
    """The word for a state: a follow-up has its own."""
    found: TaskStatus | FollowupStatus = status_of(status, stage) if is_followup else status
    return found.value


async def retry(core: Core, reach: Reach, task_id: str, again: Again | None) -> Task:
    """Try one that failed once more: a follow-up is due now, any other task goes to its agent. Raises NotFound, IllegalMove, TryLater."""

    def offer(tx: Tx) -> Task | None:
        task = within(tx, reach, task_id)
        if followups.by_id(tx, task.id) is None:
            return None
        changing.retry(tx, core, task.id, by=reach.by)
        return tasks.get(tx, task.id)

    moved = await core.write(offer)
    if moved is not None:
        return moved
    task = await core.read(lambda tx: within(tx, reach, task_id))
    if task.status is not TaskStatus.FAILED:
        raise tasks.IllegalMove(task, TaskStatus.QUEUED)
    if again is None:
        raise TryLater("this process cannot hand tasks to agents")
    await again(task)

    def note(tx: Tx) -> Task:
        audit.note(tx, reach.by, "task.retried", resource=task.id, tenant_id=task.tenant_id)
        return tasks.get(tx, task.id)

    return await core.write(note)
