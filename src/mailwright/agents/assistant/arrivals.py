"""Arrivals: which mails the assistant looks after, and the hand-off to a workflow.

Called by the pipeline's consumers (group `triage-arrivals` of `mail_ingest`), by who looks at accounts elsewhere, by people who ask for
a mail to be processed again, and by the engine when a workflow died. Idempotent: a mail is one row, its task one row, and a workflow
one id for each mail and generation.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailwright.agents.assistant.handing import request_for, requests_for
from mailwright.agents.assistant.parts import AGENT
from mailwright.agents.deliveries import into_inbox
from mailwright.core import Core, assistants, messages, tasks
from mailwright.core import triage as triaging
from mailwright.core.filing import JUNK
from mailwright.core.messages import StoredMessage
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Origin
from mailwright.domain.events import Event
from mailwright.domain.refusals import BadAddress, NotFound
from mailwright.domain.tasks import TaskStatus
from mailwright.pipeline import Commit, Flows, Handler
from mailwright.pipeline.dead_letters import Replayer
from mailwright.storage import Tx, triage
from mailwright.storage import accounts as account_rows
from mailwright.storage.dead_letters import DeadLetter
from mailwright.storage.tasks import Task
from mailwright.storage.triage import Item

__all__ = [
    "GROUP",
    "again",
    "again_all",
    "item_of",
    "on_dead",
    "on_delivered",
    "open_items",
    "open_task",
    "replayer",
    "request_for",
    "requests_for",
]

GROUP = "triage-arrivals"


def on_delivered(core: Core, flows: Flows) -> Handler:
    """The consumer: what was delivered into the INBOX of a mailbox here that is looked after becomes a task and a workflow."""

    async def handle(events: Sequence[Event]) -> Commit | None:
        arrived = into_inbox(events)
        if not arrived:
            return None
        users = sorted(set(arrived.values()))
        served = await core.read(lambda tx: assistants.all_serving(tx, users))
        wanted = [
            message_id
            for message_id, user_id in arrived.items()
            if user_id in served and served[user_id].options.own_mailbox
        ]
        if not wanted:
            return None
        opened = await core.write(lambda tx: open_items(tx, _items(tx, wanted)), shared=True)
        return await flows.hand_off(requests_for(opened))

    return handle


def item_of(tx: Tx, message: StoredMessage) -> Item:
    """The row of a mail in a mailbox here: a new one, or the one there is."""
    name = next((name for name, address in message.headers.get("from", ()) if address), "")
    sender = sender_key(message.sender)
    return triage.insert(
        tx,
        tenant_id=message.tenant_id,
        user_id=message.user_id,
        sender=sender,
        sender_name=name,
        subject=message.subject,
        header_id=message.message_id or "",
        # Whoever only writes under that name does not go first.
        vip=message.origin is not Origin.STRANGER and triaging.is_vip(tx, message.user_id, sender),
        received_at=message.received_at,
        now=clock.now(),
        item_id=message.id,
    )


def open_items(tx: Tx, items: Sequence[Item]) -> list[Item]:
    """A queued task for each mail whose owner's assistant is on; those whose task is not at its end already."""
    served = assistants.all_serving(tx, sorted({item.user_id for item in items}))
    opened = []
    for item in items:
        if item.user_id in served and not open_task(tx, item, served[item.user_id].id).status.is_final:
            opened.append(item)
    return opened


def open_task(
    tx: Tx, item: Item, assignment_id: str, *, thread_id: str | None = None, correlation_id: str = ""
) -> Task:
    """The task for a mail, queued; the one there is when there is one."""
    if thread_id is None and not correlation_id and item.connection_id is None:
        try:
            message = messages.load(tx, item.id)
            thread_id, correlation_id = message.thread_id, message.correlation_id
        except NotFound:  # removed since; the workflow says so
            pass
    task = tasks.create(
        tx,
        tenant_id=item.tenant_id,
        agent=AGENT,
        assignment_id=assignment_id,
        message_id=item.id,
        correspondent=item.sender,
        user_id=item.user_id,
        thread_id=thread_id,
        correlation_id=correlation_id,
    )
    if item.task_id != task.id:
        triage.update(tx, item.id, now=clock.now(), task_id=task.id)
    return task


async def again(core: Core, flows: Flows, item_id: str, *, force: bool = True, bulk: bool = False) -> Task:
    """Have a mail processed (once more). With `force` also one whose task came to its end: it is judged anew, and a draft that nobody
    edited is written anew. Without it what failed is tried again, and what was done stays. A message here that was never looked at
    gets its row and task by this.

    The task, which may be running still. Raises NotFound (no such mail, or its owner has no assistant), TryLater.
    """
    return (await again_all(core, flows, [item_id], force=force, bulk=bulk))[0]


async def again_all(
    core: Core, flows: Flows, item_ids: Sequence[str], *, force: bool = True, bulk: bool = False
) -> list[Task]:
    """`again` for many, all or none: their tasks, in their order. Raises NotFound, TryLater."""
    found = await core.write(lambda tx: [_asked(tx, each, force=force) for each in item_ids])
    # Also those that were queued: a process that died in between left them without a workflow.
    waiting = [(item, task) for item, task in found if task.status is TaskStatus.QUEUED]
    commit = await flows.hand_off([request_for(item, task, force=force, bulk=bulk) for item, task in waiting])
    if commit is not None:
        await core.write(commit)
    return [task for _, task in found]


def _asked(tx: Tx, item_id: str, *, force: bool) -> tuple[Item, Task]:
    item = triage.by_id(tx, item_id) or item_of(tx, messages.load(tx, item_id))
    serving = assistants.serving(tx, item.user_id)
    if serving is None:
        raise NotFound("the assistant is not switched on")
    task = open_task(tx, item, serving.id)
    undone = (
        not item.category and task.status is not TaskStatus.COMPLETE
    )  # it came while the assistant was stopped or off
    if task.status.is_final and (force or undone or task.status in (TaskStatus.FAILED, TaskStatus.CANCELLED)):
        task = tasks.requeue(tx, task.id, even_complete=True)
    return item, task


def replayer(core: Core, flows: Flows, others: Replayer) -> Replayer:
    """How the dead letter of a workflow is offered again: ours as a new generation of its task. `others` is for other workflows."""

    async def replay(letter: DeadLetter) -> None:
        if letter.name != AGENT:
            await others(letter)
            return
        await again(core, flows, item_id_of(letter), force=False)

    return replay


def on_dead(tx: Tx, letter: DeadLetter) -> None:
    """A workflow died (its process was killed by it too often, or even giving up failed): its task has failed."""
    if letter.source != "workflow" or letter.name != AGENT:
        return
    task = tasks.find(tx, AGENT, item_id_of(letter))
    if task is not None and not task.status.is_final:
        error = task.last_error or "the workflow did not come to an end"
        tasks.finish(tx, task.id, TaskStatus.FAILED, because="it did not come to an end", error=error)


def item_id_of(letter: DeadLetter) -> str:
    """Which mail a dead letter of ours is about."""
    return str((letter.payload.get("args") or [""])[0])


def sender_key(address: str) -> str:
    """An address as senders are compared; what is no address is itself."""
    try:
        return Address.parse(address).key
    except BadAddress:
        return address.lower()[:320]


def _items(tx: Tx, message_ids: Sequence[str]) -> list[Item]:
    found = []
    for message_id in message_ids:
        try:
            message = messages.load(tx, message_id)
        except NotFound:  # removed since
            continue
        owner = account_rows.by_id(tx, message.user_id)
        if owner is None or owner.role == "agent" or JUNK in message.keywords:
            continue
        found.append(item_of(tx, message))
    return found
