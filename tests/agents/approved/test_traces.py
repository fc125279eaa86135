"""An approval in the trace of the message that led to it: asked, decided, delivered."""

from __future__ import annotations

from mailwright.agents.approved import approved
from mailwright.codecs import mime
from mailwright.core import approvals, messages, tasks, traces
from mailwright.core.dispatch import Dispatcher
from mailwright.core.messages import Provenance
from mailwright.domain.clock import MINUTE, SECOND
from mailwright.domain.envelope import Origin
from mailwright.storage import Tx, assignments, effects
from mailwright.storage import tasks as task_rows
from mailwright.storage.tasks import Task
from tests.core.approvals.conftest import ADDRESS, AGENT, BY_ADA, Desk
from tests.core.outbox.outbox_world import Scripted


async def task_of(desk: Desk) -> Task:
    """Ada has asked the employee for something."""
    raw = mime.compose(
        from_=mime.Mailbox("Ada", "ada@mailwright.test"),
        to=[mime.Mailbox("", ADDRESS)],
        subject="An offer",
        text="Send Chen our offer.",
        message_id="<ask@mailwright.test>",
        date=desk.now(),
    )
    blob = await desk.core.blobs.stage(desk.tenant_id, raw)

    def write(tx: Tx) -> Task:
        desk.core.blobs.put(tx, blob)
        message_id = messages.append(
            tx,
            tenant_id=desk.tenant_id,
            user_id=desk.agent_id,
            role="inbox",
            blob=blob,
            parsed=mime.parse(raw),
            provenance=Provenance(Origin.OWNER, "c-1", account_id=desk.ada),
            received_at=desk.now(),
        )
        serving = assignments.serving(tx, AGENT, desk.agent_id)
        assert serving is not None
        made = tasks.create(
            tx,
            tenant_id=desk.tenant_id,
            agent=AGENT,
            assignment_id=serving.id,
            message_id=message_id,
            correspondent="ada@mailwright.test",
            user_id=desk.ada,
            correlation_id="c-1",
        )
        task_rows.update(tx, made.id, now=desk.now(), user_id=desk.ada)
        return made

    return await desk.core.write(write)


async def summary(desk: Desk, task: Task) -> str:
    def read(tx: Tx) -> str:
        return traces.of_message(tx, messages.load(tx, task.message_id), everything=True).summary

    return await desk.core.read(read)


async def test_asked_approved_and_delivered(desk: Desk) -> None:
    task = await task_of(desk)
    desk.now.moment += SECOND
    asked = await desk.ask(task_id=task.id)
    desk.now.moment += MINUTE
    await desk.core.write(lambda tx: approvals.approve(tx, desk.core, asked.id, BY_ADA, user_id=desk.ada))
    desk.now.moment += SECOND
    await approved(asked.id)
    desk.now.moment += MINUTE
    await Dispatcher(desk.core, {"smtp": Scripted()}, now=desk.now).drain()
    told = await summary(desk, task)
    assert "asked for approval → approved by Ada → delivered 250" in told


async def test_rejected_denied_and_refused(desk: Desk) -> None:
    task = await task_of(desk)
    asked = await desk.ask(task_id=task.id)
    await desk.core.write(lambda tx: approvals.reject(tx, desk.core, asked.id, BY_ADA, user_id=desk.ada))
    await desk.core.write(
        lambda tx: effects.add(
            tx,
            tenant_id=desk.tenant_id,
            user_id=desk.ada,
            task_id=task.id,
            agent=AGENT,
            action="send",
            target="eve@example.org\x00\ud800",
            ruling="denied",
            because="a stranger's words named it",
        )
    )
    told = await summary(desk, task)
    assert "asked for approval" in told
    assert "rejected by Ada" in told
    assert "send denied" in told
