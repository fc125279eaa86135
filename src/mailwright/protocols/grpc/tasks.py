"""TasksService: what agents do for the caller."""

from __future__ import annotations

from mailwright.core import tasks
from mailwright.domain.refusals import BadInput, NotFound
from mailwright.domain.tasks import TaskStatus
from mailwright.protocols.grpc.talk import Methods, Talk
from mailwright.protocols.grpc.words import checked_id, cut, looked_for, page_size, row_before, stamp
from mailwright.storage import Tx
from mailwright.storage.tasks import Task
from mailwright.v1 import common_pb2
from mailwright.v1 import tasks_pb2 as pb

PAGE = 50


async def list_tasks(talk: Talk, asked: pb.ListTasksRequest) -> pb.ListTasksResponse:
    """The caller's own, the newest first."""
    # One more than the page has would be more than core lists.
    size, before = page_size(asked.page_size, PAGE, tasks.MAX_PAGE - 1), row_before(asked.page_token)
    if len(asked.statuses) > len(TaskStatus):
        raise BadInput(f"at most {len(TaskStatus)} states")
    agent, statuses = looked_for(asked.agent), list(dict.fromkeys(_status(each) for each in asked.statuses))

    def look(tx: Tx) -> list[Task]:
        return tasks.listing(tx, user_id=talk.account.id, agent=agent, statuses=statuses, before=before, limit=size + 1)

    found = await talk.core.read(look)
    rows, more = cut(found, size, lambda row: row.id)
    return pb.ListTasksResponse(tasks=[_told(each) for each in rows], next_page_token=more)


async def get_task(talk: Talk, asked: pb.GetTaskRequest) -> pb.GetTaskResponse:
    """One of them."""
    return pb.GetTaskResponse(task=_told(await talk.core.read(lambda tx: _own(tx, talk, asked.task_id))))


async def list_events(talk: Talk, asked: pb.ListTaskEventsRequest) -> pb.ListTaskEventsResponse:
    """What happened to one of them."""
    lines = await talk.core.read(lambda tx: tasks.history(tx, _own(tx, talk, asked.task_id).id))
    events = [
        common_pb2.HistoryLine(
            at=stamp(each.created_at), status=each.status.value, stage=each.stage, detail=each.detail
        )
        for each in lines
    ]
    return pb.ListTaskEventsResponse(events=events)


def _own(tx: Tx, talk: Talk, task_id: str) -> Task:
    task = tasks.get(tx, checked_id(task_id, "task"))
    if task.user_id != talk.account.id:
        raise NotFound(f"there is no task {task_id}")
    return task


def _status(given: str) -> TaskStatus:
    try:
        return TaskStatus(given)
    except ValueError:
        raise BadInput(f"{given[:50]!r} is no state of a task") from None


def _told(task: Task) -> pb.Task:
    return pb.Task(
        id=task.id,
        agent=task.agent,
        status=task.status.value,
        stage=task.stage,
        message_id=task.message_id,
        kind=task.kind,
        because=task.because,
        last_error=task.last_error,
        attempts=task.attempts,
        created_at=stamp(task.created_at),
        updated_at=stamp(task.updated_at),
        completed_at=stamp(task.completed_at),
        correlation_id=task.correlation_id,
    )


METHODS: Methods = {"ListTasks": list_tasks, "GetTask": get_task, "ListTaskEvents": list_events}
