"""What operators' own scripts call: `/admin/tasks`, `/admin/outbox` and `/admin/retention`. What failed, why, and once more.

The same rights as under `/api/admin`; the administration pages call these paths, too.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from mailwright.core import Core, retention
from mailwright.core.administration import Reach, failedtasks, queues
from mailwright.domain.clock import to_iso
from mailwright.protocols.api.admin.outbox import OutboxItem, OutboxOut, told
from mailwright.protocols.api.admin.parts import Machine
from mailwright.protocols.api.admin.reaching import Reaching
from mailwright.protocols.api.admin.words import Cursor, Limit, RowId, Words, cursor_of, iso, place_of, refusals
from mailwright.protocols.identity import Identity
from mailwright.storage import Tx, audit
from mailwright.storage.tasks import Task


class TaskItem(BaseModel):
    """A task; never what it is about."""

    id: str
    agent: str = Field(examples=["concierge"])
    status: str = Field(examples=["failed"])
    because: str
    last_error: str
    generation: int = Field(description="how often it was begun")
    attempts: int
    user_id: str | None
    due_at: str | None
    correlation_id: str
    created_at: str
    completed_at: str | None


class TasksOut(BaseModel):
    """A page, newest first."""

    tasks: list[TaskItem]
    next: str | None = Field(description="the `cursor` of the next page; null: this is the last")


class EventOut(BaseModel):
    """One line of a task's history."""

    at: str
    status: str = Field(examples=["pending"])
    stage: str
    detail: str


class RedactedOut(BaseModel):
    """What was done."""

    redacted: int = Field(description="messages and follow-ups whose text is gone")
    skipped: int = Field(description="messages that could not be read or written now; the night tries again")


class EventsOut(BaseModel):
    """What happened to a task, oldest first."""

    task: TaskItem
    events: list[EventOut]


def create_router(core: Core, identity: Identity, machine: Machine) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["administration: operations"], prefix="/admin")
    reaching = Reaching(identity)
    support = Depends(reaching.looks)

    @router.get("/tasks/failed", responses=refusals(400))
    async def failed_tasks(
        reach: Annotated[Reach, support],
        agent: Annotated[Words, Query(description="only that agent's", examples=["concierge"])] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> TasksOut:
        """Tasks and follow-ups that failed."""
        place = place_of(cursor, UUID)
        before = None if place is None else place[0]
        found = await core.read(lambda tx: failedtasks.failed(tx, reach, agent=agent, before=before, limit=limit + 1))
        more = cursor_of(found[limit - 1].id) if len(found) > limit else None
        return TasksOut(tasks=[_task(each) for each in found[:limit]], next=more)

    @router.get("/tasks/{task_id}/events", responses=refusals(404))
    async def task_events(task_id: RowId, reach: Annotated[Reach, support]) -> EventsOut:
        """What happened to a task; a follow-up's states in a follow-up's words."""

        def look(tx: Tx) -> EventsOut:
            task, lines = failedtasks.history(tx, reach, str(task_id))
            events = [
                EventOut(at=to_iso(each.created_at), status=state, stage=each.stage, detail=each.detail)
                for state, each in lines
            ]
            return EventsOut(task=_task(task), events=events)

        return await core.read(look)

    @router.post(
        "/tasks/{task_id}/retry", responses={**refusals(404), 409: {"description": "It has not failed (`conflict`)"}}
    )
    async def retry_task(task_id: RowId, reach: Annotated[Reach, support]) -> TaskItem:
        """Try one that failed once more: a follow-up is due now."""
        return _task(await failedtasks.retry(core, reach, str(task_id), machine.again))

    @router.get("/outbox/failed", responses=refusals(400))
    async def failed_messages(reach: Annotated[Reach, support], limit: Limit = 50, cursor: Cursor = None) -> OutboxOut:
        """Messages that could not be sent."""
        place = place_of(cursor, UUID)
        before = None if place is None else place[0]
        found = await core.read(
            lambda tx: queues.outbox_page(tx, reach, status="failed", recipient=None, before=before, limit=limit + 1)
        )
        more = cursor_of(found[limit - 1].id) if len(found) > limit else None
        return OutboxOut(items=[told(row) for row in found[:limit]], next=more)

    @router.post("/outbox/{row_id}/retry", responses=refusals(400, 404))
    async def retry_message(row_id: RowId, reach: Annotated[Reach, support]) -> OutboxItem:
        """Try one once more, with the same Message-ID."""
        return told(await core.write(lambda tx: queues.retry(tx, reach, str(row_id))))

    @router.post("/retention/redact", responses=refusals())
    async def redact(reach: Annotated[Reach, Depends(reaching.operates)]) -> RedactedOut:
        """Remove now the texts that are old enough by the settings, as every night does."""
        swept = retention.Swept()
        await retention.redact_old(core, swept)

        def note(tx: Tx) -> None:
            audit.note(tx, reach.by, "retention.redacted", resource=str(swept.redacted))

        await core.write(note)
        return RedactedOut(redacted=swept.redacted, skipped=len(swept.errors))

    return router


def _task(task: Task) -> TaskItem:
    return TaskItem(
        id=task.id,
        agent=task.agent,
        status=task.status.value,
        because=task.because,
        last_error=task.last_error,
        generation=task.generation,
        attempts=task.attempts,
        user_id=task.user_id,
        due_at=iso(task.due_at),
        correlation_id=task.correlation_id,
        created_at=to_iso(task.created_at),
        completed_at=iso(task.completed_at),
    )
