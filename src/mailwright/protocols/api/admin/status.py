"""The condition of it all: `/api/admin/status`, in one look that pages repeat every few seconds."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from mailwright.core import Core
from mailwright.core.administration import Reach, condition
from mailwright.core.administration.condition import Condition, Index
from mailwright.core.checkup import Check
from mailwright.domain.clock import to_iso
from mailwright.protocols.api.admin.looking import Remembered
from mailwright.protocols.api.admin.parts import Machine
from mailwright.protocols.api.admin.reaching import Reaching
from mailwright.protocols.api.admin.words import refusals
from mailwright.storage.workers import Worker


class WorkerOut(BaseModel):
    """A process, as its heartbeat describes it."""

    name: str
    host: str = Field(description="for operators; else empty")
    roles: list[str] = Field(examples=[["http", "worker"]])
    online: bool
    started_at: str
    heartbeat_at: str
    tasks_running: int
    activity: str


class GroupOut(BaseModel):
    """A consumer group: how far behind it is in the event log."""

    stream: str = Field(examples=["index"])
    group: str
    waiting: int
    oldest_seconds: float | None = Field(description="null when nothing waits")
    retries: int = Field(description="events that wait for another try")


class MissingOut(BaseModel):
    """A message that the search index does not have wholly."""

    message_id: str
    because: str
    since: str


class RebuildOut(BaseModel):
    """How far making the index anew is, or was."""

    state: Literal["running", "done", "failed"]
    done: int
    total: int
    missing: int
    error: str
    started_at: str


class IndexOut(BaseModel):
    """The search index."""

    ready: bool
    documents: int = Field(description="of the whole installation; 0 for others than operators")
    messages: int
    size_bytes: int = Field(description="of the whole installation; 0 for others than operators")
    behind: int = Field(description="changes that are not in it yet, of the whole installation")
    missing: int
    examples: list[MissingOut] = Field(description="the first hundred of the missing")
    rebuild: RebuildOut | None


class DepthOut(BaseModel):
    """What waits to leave, is under way, or has failed."""

    status: str
    channel: str
    rows: int
    oldest_at: str


class OutboxDepths(BaseModel):
    """How much there is."""

    queued: int
    sending: int
    failed: int
    channels: list[DepthOut]


class CheckOut(BaseModel):
    """Something that was looked at."""

    name: str = Field(examples=["disk"])
    ok: bool
    status: Literal["ok", "warn", "fail"]
    because: str


class StatusOut(BaseModel):
    """Everything at once."""

    workers: list[WorkerOut]
    groups: list[GroupOut]
    index: IndexOut
    outbox: OutboxDepths
    checks: list[CheckOut] = Field(description="what of the machine only operators see is left out for others")
    looked_at: str


def create_router(core: Core, reaching: Reaching, machine: Machine) -> APIRouter:
    """The path."""
    router = APIRouter(tags=["administration: status"], prefix="/status")
    looks = None if machine.looks is None else Remembered(machine.looks)

    @router.get("", responses=refusals())
    async def show_status(reach: Annotated[Reach, Depends(reaching.looks)]) -> StatusOut:
        """Workers, consumer groups, search index, outbox, and the checks of `mailwright doctor` that are quick."""
        found = await condition.look(core, reach, looks)
        return _told(found, operator=reach.is_operator)

    return router


def _told(found: Condition, *, operator: bool) -> StatusOut:
    depths = [
        DepthOut(status=each.status, channel=each.channel, rows=each.rows, oldest_at=to_iso(each.oldest_at))
        for each in found.outbox
    ]
    sums = {name: sum(each.rows for each in depths if each.status == name) for name in ("queued", "sending", "failed")}
    workers = [_worker(each, online=True, operator=operator) for each in found.workers]
    workers += [_worker(each, online=False, operator=operator) for each in found.gone]
    return StatusOut(
        workers=workers,
        groups=[
            GroupOut(
                stream=each.stream,
                group=each.group,
                waiting=each.waiting,
                oldest_seconds=round(each.oldest_seconds, 3) if each.waiting else None,
                retries=each.retries,
            )
            for each in found.groups
        ],
        index=_index(found.index, operator=operator),
        outbox=OutboxDepths(**sums, channels=depths),
        checks=[_check(each) for each in found.checks],
        looked_at=to_iso(found.looked_at),
    )


def _worker(worker: Worker, *, online: bool, operator: bool) -> WorkerOut:
    return WorkerOut(
        name=worker.name,
        host=worker.host if operator else "",
        roles=list(worker.roles),
        online=online,
        started_at=to_iso(worker.started_at),
        heartbeat_at=to_iso(worker.heartbeat_at),
        tasks_running=worker.tasks_running,
        activity=worker.activity,
    )


def _index(index: Index, *, operator: bool) -> IndexOut:
    rebuild = index.rebuild
    return IndexOut(
        ready=index.ready,
        documents=index.documents if operator else 0,
        messages=index.messages,
        size_bytes=index.octets if operator else 0,
        behind=index.behind,
        missing=index.missing,
        examples=[
            MissingOut(message_id=message_id, because=because, since=to_iso(since))
            for message_id, because, since in index.examples
        ],
        rebuild=None
        if rebuild is None or not operator
        else RebuildOut(
            state="done" if rebuild.state == "done" else "failed" if rebuild.state == "failed" else "running",
            done=rebuild.done,
            total=rebuild.total,
            missing=rebuild.missing,
            error=rebuild.error,
            started_at=rebuild.started_at,
        ),
    )


def _check(check: Check) -> CheckOut:
    return CheckOut(name=check.name, ok=check.status == "ok", status=check.status, because=check.because)
