"""Handing mails to workflows when their turn comes, asking for one once more, and what becomes of one whose workflow died.

Called by the pipeline's consumers (group `scribes` of the stream `outreach`), every minute by a scheduled workflow, by people who ask for a
mail again, and by the engine. Idempotent: a mail is taken once (`core.outreach.turns`), and a workflow is one id for each mail and generation.
Promises: a mail that was taken and not handed off, or whose process ended, is handed off again within minutes; the id makes that a no-op
where somebody is at it still.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog

from mailwright.agents.scribe.ending import ended_total
from mailwright.agents.scribe.parts import AGENT
from mailwright.core import Core, tasks
from mailwright.core.outreach import editing, turns
from mailwright.domain import clock, spans
from mailwright.domain.events import TASK_CHANGED, Event
from mailwright.domain.refusals import NotFound, TryLater
from mailwright.domain.tasks import TaskStatus
from mailwright.pipeline import Commit, Flows, Handler, Request, step, workflow
from mailwright.pipeline.dead_letters import Replayer
from mailwright.pipeline.lanes import Lane
from mailwright.storage import Tx, accounts, outreach
from mailwright.storage import tasks as task_rows
from mailwright.storage.audit import SYSTEM
from mailwright.storage.dead_letters import DeadLetter
from mailwright.storage.tasks import Task

log = structlog.get_logger(__name__)

STREAM, GROUP = "outreach", "scribes"
EVERY_MINUTE = "* * * * *"
LANE: Final[Lane] = "execute"  # few are at work at once, whatever waits: it crowds nobody out

_MOVES: Final = frozenset({TaskStatus.QUEUED.value, *(each.value for each in TaskStatus if each.is_final)})


@dataclass(frozen=True, slots=True)
class _Parts:
    core: Core
    flows: Flows


_parts: list[_Parts] = []


def prepare(core: Core, flows: Flows) -> None:
    """Give the looking its parts, in every process that runs workflows: who schedules a look need not be who does it. The last call counts."""
    _parts[:] = [_Parts(core, flows)]


def schedule(flows: Flows) -> None:
    """Look every minute; before the engine starts."""
    flows.schedule(EVERY_MINUTE, look)


def on_changed(core: Core, flows: Flows) -> Handler:
    """The consumer: when a mail was asked for, or one has ended, as many begin as there is room for."""

    async def handle(events: Sequence[Event]) -> Commit | None:
        moved = (each for each in events if each.kind == TASK_CHANGED and each.payload.get("agent") == AGENT)
        if not any(each.payload.get("status") in _MOVES for each in moved):
            return None
        return await flows.hand_off(await _taken(core))

    return handle


@workflow(name="scribe-look", lane="notify")
async def look(due: datetime, _context: Any = None) -> None:
    """Begin what may begin, and hand off again what was left lying."""
    await look_once()


@step(name="scribe.look", attempts=1)
async def look_once() -> int:
    """How many were handed off."""
    core, flows = _parts[0].core, _parts[0].flows
    try:
        requests = await _taken(core)
        left = await core.write(lambda tx: [_request(tx, *each) for each in turns.stale(tx, clock.now())])
        commit = await flows.hand_off([*requests, *left])
        if commit is not None:
            await core.write(commit)
    except TryLater as refusal:  # the next look is a minute away
        log.warning("scribe.look_waits", error=str(refusal))
        return 0
    return len(requests) + len(left)


async def _taken(core: Core) -> list[Request]:
    limits = core.settings.outreach
    return await core.write(lambda tx: [_request(tx, *each) for each in turns.take(tx, limits, clock.now())])


def _request(tx: Tx, task_id: str, generation: int) -> Request:
    task = tasks.get(tx, task_id)
    trace = spans.trace_of(task.correlation_id)
    return Request(AGENT, (task_id, generation), f"{AGENT}:{task_id}:{generation}", LANE, task.tenant_id, trace=trace)


async def again(core: Core, flows: Flows, task_id: str) -> Task:
    """A mail that failed or was cancelled is tried once more, from the step where it ended; it waits for its turn like any other.

    Raises NotFound, and what `editing.again` raises: it is written, or at work, or its batch was cancelled. TryLater.
    """

    def queued(tx: Tx) -> Task:
        known = outreach.by_id(tx, task_id)
        owner = accounts.by_id(tx, known.user_id) if known is not None else None
        if known is None or owner is None:
            raise NotFound(f"there is no mail {task_id}")
        editing.again(tx, owner, known.id, by=SYSTEM)
        return tasks.get(tx, task_id)

    return await core.write(queued)


def replayer(core: Core, flows: Flows, others: Replayer) -> Replayer:
    """How the dead letter of a workflow is offered again: ours as a new generation of its task. `others` is for other workflows."""

    async def replay(letter: DeadLetter) -> None:
        if letter.name != AGENT:
            await others(letter)
            return
        await again(core, flows, _task_id(letter))

    return replay


def on_dead(tx: Tx, letter: DeadLetter) -> None:
    """A workflow died (its process was killed by it too often, or even giving up failed): its task has failed."""
    if letter.source != "workflow" or letter.name != AGENT:
        return
    task = task_rows.by_id(tx, _task_id(letter))
    if task is not None and not task.status.is_final and [task.generation] == letter.payload.get("args", [])[1:]:
        error = task.last_error or "the workflow did not come to an end"
        ended_total.labels("failed").inc()
        tasks.finish(tx, task.id, TaskStatus.FAILED, because="it did not come to an end", error=error)


def _task_id(letter: DeadLetter) -> str:
    return str((letter.payload.get("args") or [""])[0])
