"""Progress: who waits longer than usual is told once that it is being worked on.

Looked for every minute by a scheduled workflow; a task is told of in the transaction that notes it, so it is once, whatever crashes.
Only work that has begun is told of: whether a mail is a task at all is known by then, and automatic mail never gets there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog

from mailwright.agents import policy
from mailwright.agents.employee import letters
from mailwright.agents.employee.decide import silence
from mailwright.agents.employee.facts import fresh
from mailwright.agents.employee.parts import AGENT, parts
from mailwright.agents.employee.snapshot import Facts, Snapshot
from mailwright.agents.employee.working import monitor_of
from mailwright.agents.policy import Action, Effect
from mailwright.core import Core, messages, outbox, tasks
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Origin, Verdict
from mailwright.domain.ids import derived_token
from mailwright.domain.refusals import NotFound, TryLater
from mailwright.domain.tasks import Stage
from mailwright.pipeline import step, workflow
from mailwright.storage import StoredBlob, Tx, assignments
from mailwright.storage import accounts as account_rows
from mailwright.storage import tasks as task_rows
from mailwright.storage.tasks import Task

log = structlog.get_logger(__name__)

MAX_TOLD = 100  # in one look; the next is a minute away


@workflow(name="employee-progress", lane="notify")
async def tell_progress(due: datetime, _context: Any = None) -> None:
    """One look for who waits long."""
    await tell_waiting()


@step(name="employee.progress", attempts=1)
async def tell_waiting() -> int:
    """Tell them; how many were told."""
    core = parts().core
    before = clock.now() - parts().options.progress
    try:
        waiting = await core.read(lambda tx: task_rows.long_at_work(tx, AGENT, Stage.WORK.value, before, MAX_TOLD))
        told = [await _tell(core, task) for task in waiting]
    except TryLater as refusal:
        log.warning("employee.progress_waiting", error=str(refusal))
        return 0
    return sum(told)


async def _tell(core: Core, task: Task) -> bool:
    content = await core.read(lambda tx: task_rows.gathered(tx, task.id))
    if content is None:
        return False
    snapshot = Snapshot.model_validate_json(content)
    recipient = policy.answer_to(snapshot.correspondent)
    if recipient is None:
        return False
    message_id = f"<{derived_token(AGENT, task.id, str(task.generation), 'progress')}@{core.settings.hostname}>"
    raw = letters.compose(core, snapshot, task, recipient, letters.progress(snapshot, task), message_id=message_id)
    blob = await core.blobs.stage(task.tenant_id, raw)
    return await core.write(lambda tx: _queue(tx, core, task.id, snapshot, recipient, message_id, blob))


def _queue(
    tx: Tx, core: Core, task_id: str, snapshot: Snapshot, recipient: Address, message_id: str, blob: StoredBlob
) -> bool:
    task = tasks.get(tx, task_id)
    if task.progress_at is not None or task.stage != Stage.WORK.value or task.status.is_final:
        return False
    task_rows.update(tx, task.id, now=clock.now(), progress_at=clock.now())
    try:
        message = messages.load(tx, snapshot.message_id)
    except NotFound:
        return False
    known = Facts(task.id, "", origin=snapshot.origin.value)
    if silence(fresh(tx, task, message, known, hostname=core.settings.hostname)) is not None:
        return False
    serving = assignments.serving(tx, AGENT, message.user_id)
    person = account_rows.by_id(tx, task.user_id) if task.user_id is not None else None
    monitor = monitor_of(core, task, snapshot, serving.grants if serving is not None else (), person)
    if not monitor.rule_in(tx, Effect(Action.NOTE, recipients=(str(recipient),))).allowed:
        return False
    core.blobs.put(tx, blob)
    outbox.enqueue(
        tx,
        tenant_id=task.tenant_id,
        user_id=snapshot.agent_user_id,
        sender=Address.parse(snapshot.agent_address),
        recipients=[recipient],
        blob_id=blob.id,
        message_id=message_id,
        idempotency_key=f"{AGENT}:{task.id}:{task.generation}:progress",
        correlation_id=task.correlation_id,
        verdict=Verdict(Origin.CORRESPONDENT, snapshot.agent_user_id, f"written by the {AGENT} of this server"),
        dsn=False,
        agent=AGENT,
        served_id=task.user_id,
    )
    return True
