"""Arrivals: which deliveries are work for the employee, and the hand-off to a workflow.

Called by the pipeline's consumers (group `ingesters` of `mail_ingest`), by people who ask for a task again, and by the engine when
a workflow died. Idempotent: a task is one row for each message, a workflow one id for each message and generation.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailwright.agents.deliveries import into_inbox
from mailwright.agents.employee import switches
from mailwright.agents.employee.gather import open_task
from mailwright.agents.employee.parts import AGENT
from mailwright.agents.employee.workflow import answer
from mailwright.core import Core, messages, tasks
from mailwright.core.filing import JUNK
from mailwright.domain import spans
from mailwright.domain.events import Event
from mailwright.domain.refusals import NotFound
from mailwright.domain.tasks import TaskStatus
from mailwright.pipeline import Commit, Flows, Handler, Request
from mailwright.pipeline.dead_letters import Replayer
from mailwright.storage import Tx, assignments
from mailwright.storage.dead_letters import DeadLetter
from mailwright.storage.tasks import Task


def on_delivered(core: Core, flows: Flows) -> Handler:
    """The consumer: what was delivered into the INBOX of a mailbox the employee serves becomes a task and a workflow."""

    async def handle(events: Sequence[Event]) -> Commit | None:
        arrived = into_inbox(events)
        if not arrived:
            return None
        users = sorted(set(arrived.values()))
        served = await core.read(lambda tx: assignments.all_serving(tx, AGENT, users))
        wanted = {message_id: served[user_id].id for message_id, user_id in arrived.items() if user_id in served}
        wanted = await switches.take(core, wanted)
        if not wanted:
            return None
        opened = await core.write(lambda tx: _open(tx, wanted), shared=True)
        return await flows.hand_off([request_for(task) for task in opened])

    return handle


def request_for(task: Task) -> Request:
    """The workflow of a task's present generation."""
    workflow_id = f"{AGENT}:{task.message_id}:{task.generation}"
    trace = spans.trace_of(task.correlation_id)
    return Request(answer, (task.message_id, task.generation), id=workflow_id, tenant=task.tenant_id, trace=trace)


async def again(core: Core, flows: Flows, task_id: str) -> Task:
    """A person asks for a failed, skipped or cancelled task once more. Raises NotFound, IllegalMove, TryLater.

    A task that is queued is handed off again: a process that died between the two left it without a workflow.
    """

    def queued(tx: Tx) -> Task:
        task = tasks.get(tx, task_id)
        return task if task.status is TaskStatus.QUEUED else tasks.requeue(tx, task_id)

    task = await core.write(queued)
    commit = await flows.hand_off([request_for(task)])
    if commit is not None:
        await core.write(commit)
    return task


def replayer(core: Core, flows: Flows, others: Replayer) -> Replayer:
    """How the dead letter of a workflow is offered again: ours as a new generation of its task, since the task of the dead one
    has failed and a failed task is left alone by every step. `others` is for the letters of other workflows.
    """

    async def replay(letter: DeadLetter) -> None:
        if letter.name != AGENT:
            await others(letter)
            return
        args = letter.payload.get("args") or [""]
        task = await core.read(lambda tx: tasks.find(tx, AGENT, str(args[0])))
        if task is None:
            raise NotFound("the task of this letter is gone")
        await again(core, flows, task.id)

    return replay


def on_dead(tx: Tx, letter: DeadLetter) -> None:
    """A workflow died (its process was killed by it too often, or even giving up failed): its task has failed."""
    if letter.source != "workflow" or letter.name != AGENT:
        return
    args = letter.payload.get("args") or [""]
    task = tasks.find(tx, AGENT, str(args[0]))
    if task is not None and not task.status.is_final:
        error = task.last_error or "the workflow did not come to an end"
        tasks.finish(tx, task.id, TaskStatus.FAILED, because="it did not come to an end", error=error)


def _open(tx: Tx, wanted: dict[str, str]) -> list[Task]:
    opened = []
    for message_id, assignment_id in wanted.items():
        try:
            message = messages.load(tx, message_id)
        except NotFound:  # removed since
            continue
        if JUNK in message.keywords:  # it is in the INBOX only because there is no other mailbox for it
            continue
        task = open_task(tx, message, assignment_id)
        if not task.status.is_final:
            opened.append(task)
    return opened
