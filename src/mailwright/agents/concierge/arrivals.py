"""Arrivals: which deliveries are work for the concierge, and the hand-off to a workflow.

Called by the pipeline's consumers (group `concierge-arrivals` of `mail_ingest`), by people who ask for a message to be worked on again, and by
the engine when a workflow died. Idempotent: a task is one row for each message, a workflow one id for each message and generation.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailwright.agents.concierge.gather import open_task
from mailwright.agents.concierge.parts import AGENT, parts
from mailwright.agents.concierge.workflow import attend
from mailwright.agents.deliveries import into_inbox
from mailwright.agents.employee import switches
from mailwright.core import Core, messages, tasks
from mailwright.core.filing import JUNK
from mailwright.core.followups import changing
from mailwright.domain import clock, spans
from mailwright.domain.events import Event
from mailwright.domain.followups import FollowupStatus
from mailwright.domain.refusals import NotFound
from mailwright.domain.tasks import TaskStatus
from mailwright.pipeline import Commit, Flows, Handler, Request
from mailwright.pipeline.dead_letters import Replayer
from mailwright.storage import Tx, assignments, followups
from mailwright.storage.dead_letters import DeadLetter
from mailwright.storage.tasks import Task

GROUP = "concierge-arrivals"
REMINDS = "followup"
"""The workflow of one that is due; its first argument is the follow-up."""


def on_delivered(core: Core, flows: Flows) -> Handler:
    """The consumer: what was delivered into the INBOX of a mailbox the concierge serves becomes a task and a workflow."""

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
    return Request(attend, (task.message_id, task.generation), id=workflow_id, tenant=task.tenant_id, trace=trace)


async def again(core: Core, flows: Flows, task_id: str) -> Task:
    """A message that failed, was skipped or cancelled is worked on once more; a follow-up that failed is due now. Raises NotFound,
    IllegalMove, TryLater."""

    def queued(tx: Tx) -> Task:
        task = tasks.get(tx, task_id)
        if followups.by_id(tx, task_id) is not None:
            changing.retry(tx, core, task_id, by=None)
            return tasks.get(tx, task_id)
        return task if task.status is TaskStatus.QUEUED else tasks.requeue(tx, task_id)

    task = await core.write(queued)
    if task.status is TaskStatus.QUEUED:
        commit = await flows.hand_off([request_for(task)])
        if commit is not None:
            await core.write(commit)
    return task


def replayer(core: Core, flows: Flows, others: Replayer) -> Replayer:
    """How the dead letter of a workflow is offered again: ours as a new generation of its task. `others` is for other workflows."""

    async def replay(letter: DeadLetter) -> None:
        if letter.name not in (AGENT, REMINDS):
            await others(letter)
            return
        task = await core.read(lambda tx: _task_of(tx, letter))
        if task is None:
            raise NotFound("the task of this letter is gone")
        if letter.name == REMINDS and await core.write(lambda tx: _made_up(tx, core, task.id)):
            return
        await again(core, flows, task.id)

    return replay


def _made_up(tx: Tx, core: Core, followup_id: str) -> bool:
    """One that comes again waits for its next time already: the reminder that died is made up now."""
    known = followups.hold(tx, followup_id)
    if known is None or known.status is not FollowupStatus.PENDING or not known.rule:
        return False
    changing.snooze(tx, core, followup_id, clock.now(), by=None, because="the reminder that died is tried again")
    return True


def on_dead(tx: Tx, letter: DeadLetter) -> None:
    """A workflow died (its process was killed by it too often, or even giving up failed): its task, or that occurrence, has failed."""
    if letter.source != "workflow" or letter.name not in (AGENT, REMINDS):
        return
    task = _task_of(tx, letter)
    if task is None or task.status.is_final:
        return
    because = "it did not come to an end"
    error = task.last_error or "the workflow did not come to an end"
    known = followups.hold(tx, task.id)
    if known is None:
        tasks.finish(tx, task.id, TaskStatus.FAILED, because=because, error=error)
        return
    begun = known.status in (FollowupStatus.DUE, FollowupStatus.EXECUTING)
    if begun and letter.name == REMINDS and letter.payload["args"][1:] == [known.generation, known.occurrence]:
        changing.fail(tx, parts().core, known.id, because=because, error=error)


def _task_of(tx: Tx, letter: DeadLetter) -> Task | None:
    args = letter.payload.get("args") or [""]
    if letter.name == AGENT:
        return tasks.find(tx, AGENT, str(args[0]))
    try:
        return tasks.get(tx, str(args[0]))
    except NotFound:
        return None


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
        if not task.status.is_final and task.status is not TaskStatus.WAITING:
            opened.append(task)
    return opened
