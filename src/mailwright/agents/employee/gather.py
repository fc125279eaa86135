"""Gathering: one message, its thread and its owner become one typed snapshot. No model is asked here.

A step: it may run twice, and the second time it writes the same. Creates or finds the task, registers an outside sender, keeps
the attachments and the thread's history in the sender's workspace, and returns the facts the next steps decide by.

Whose mail is shown: of the thread only what this correspondent wrote, or what was written to this correspondent. A stranger who
names somebody's Message-ID lands in that thread and must not be told what it says, nor put words there in somebody's name.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from mailwright.agents import policy
from mailwright.agents.employee import attachedtext, contents
from mailwright.agents.employee.contents import Contents
from mailwright.agents.employee.facts import Correspondent, correspondent_of, fresh, is_addressed
from mailwright.agents.employee.parts import AGENT, parts
from mailwright.agents.employee.snapshot import Facts, Snapshot
from mailwright.agents.models import Earlier, Material, rules
from mailwright.agents.models.rules import language
from mailwright.codecs import mime
from mailwright.core import Core, messages, tasks, workspaces
from mailwright.core.messages import StoredMessage
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Origin
from mailwright.domain.refusals import BadAddress, DamagedBlob, NotFound, TryLater
from mailwright.domain.tasks import Stage
from mailwright.pipeline import step
from mailwright.storage import Tx, assignments, preferences
from mailwright.storage import accounts as account_rows
from mailwright.storage import tasks as task_rows
from mailwright.storage.accounts import Account
from mailwright.storage.preferences import Preferences
from mailwright.storage.tasks import Task

MAX_EARLIER = 30  # messages of a thread that are read again: thread.md tells of these, the newest
MAX_SHOWN_EARLIER = 10  # of them go into the snapshot
MAX_EARLIER_CHARACTERS = 8_000  # of each
MAX_PARTICIPANTS = 100
THREADED_BYTES = 16 * 1024  # reading a larger message takes long enough to be done in a thread


@dataclass(frozen=True, slots=True)
class _Found:
    """The rows a run begins with."""

    task: Task
    message: StoredMessage
    agent: Account
    writer: Correspondent
    preferences: Preferences
    thread: tuple[StoredMessage, ...]


def worth_repeating(error: BaseException) -> bool:
    """For the steps that only touch our own storage: the database or the disk may be back in a moment."""
    return isinstance(error, TryLater)


@step(name="employee.gather", attempts=6, interval=1.0, backoff=2.0, retry_if=worth_repeating)
async def gather(message_id: str, attempt: int) -> dict[str, Any]:
    """`Facts` of the message as values. Raises TryLater."""
    core = parts().core
    begun = await core.write(lambda tx: _begin(tx, message_id, attempt))
    if isinstance(begun, Facts):
        return begun.as_values()
    raw = await core.blobs.read(begun.message.blob_id)
    shop = parts().reach.shop
    found = await attachedtext.read(shop.extractor if shop is not None else None, await _read(raw, with_files=True))
    earlier = await _earlier(core, begun)
    if begun.writer.person is not None and begun.message.origin is not Origin.STRANGER:
        await _keep(core, begun, begun.writer.person, found, earlier)
    facts = await core.write(lambda tx: _conclude(tx, core, begun, found, earlier))
    return facts.as_values()


def _begin(tx: Tx, message_id: str, attempt: int) -> _Found | Facts:
    """Find the rows, create the task when the consumer did not, and mark it running; or say why there is nothing to do."""
    message = messages.load(tx, message_id)
    serving = assignments.serving(tx, AGENT, message.user_id)
    task = tasks.find(tx, AGENT, message_id)
    if task is not None and task.status.is_final:
        return Facts(task.id, "", settled=f"the task is {task.status.value}")
    agent = account_rows.by_id(tx, message.user_id)
    if agent is None:
        raise NotFound(f"the mailbox of message {message_id} is gone")
    if serving is None:
        return Facts(task.id if task else "", "", settled="the agent does not serve this mailbox any more")
    writer = correspondent_of(tx, message)
    if task is None:
        task = open_task(tx, message, serving.id)
    person = writer.person
    task_rows.update(tx, task.id, now=clock.now(), user_id=person.id if person else None, thread_id=message.thread_id)
    task = tasks.start_attempt(tx, task.id, Stage.GATHER, attempt=attempt)
    thread = [each for each in messages.in_thread(tx, message.thread_id, message.user_id) if each.id != message.id]
    shown = [
        each
        for each in thread
        if each.received_at <= message.received_at
        and _between(each, writer, agent)
        # Whose words these are is proven: what only says that it is theirs, or ours, is no part of their history.
        and (message.origin is Origin.STRANGER or each.origin is not Origin.STRANGER)
    ]
    likes = preferences.of_user(tx, person.id) if person else Preferences()
    return _Found(task, message, agent, writer, likes, tuple(shown[-MAX_EARLIER:]))


def open_task(tx: Tx, message: StoredMessage, assignment_id: str) -> Task:
    """The task for a message, queued; the one there is when there is one."""
    return tasks.create(
        tx,
        tenant_id=message.tenant_id,
        agent=AGENT,
        assignment_id=assignment_id,
        message_id=message.id,
        correspondent=_key(message.sender),
        thread_id=message.thread_id,
        correlation_id=message.correlation_id,
    )


def _between(message: StoredMessage, writer: Correspondent, agent: Account) -> bool:
    """Whether the correspondent wrote this message, or got it from us."""
    if writer.address is None:
        return False
    own = writer.address.key
    if _key(message.sender) == own:
        return True
    named = [*message.headers.get("to", ()), *message.headers.get("cc", ())]
    return _key(message.sender) == agent.email and any(_key(address) == own for _name, address in named)


async def _read(raw: bytes, *, with_files: bool) -> Contents:
    if len(raw) > THREADED_BYTES:
        return await asyncio.to_thread(contents.read, raw, with_files=with_files)
    return contents.read(raw, with_files=with_files)


async def _earlier(core: Core, found: _Found) -> list[tuple[StoredMessage, Contents]]:
    out = []
    for message in found.thread:
        try:
            raw = await core.blobs.read(message.blob_id)
        except (NotFound, DamagedBlob):  # redacted or removed since, or unreadable: the thread goes on without it
            continue
        out.append((message, await _read(raw, with_files=False)))
    return out


async def _keep(
    core: Core, found: _Found, person: Account, now_read: Contents, earlier: list[tuple[StoredMessage, Contents]]
) -> None:
    entries = [_entry(message, read) for message, read in [*earlier, (found.message, now_read)]]
    await workspaces.keep(
        core,
        tenant_id=found.message.tenant_id,
        user_id=person.id,
        thread_id=found.message.thread_id,
        message_id=found.message.id,
        files=now_read.files,
        entries=entries,
    )


def _entry(message: StoredMessage, read: Contents) -> workspaces.Entry:
    names = tuple(f"{each.name} ({each.type}, {each.size} bytes)" for each in read.attachments)
    name = next((name for name, address in message.headers.get("from", ()) if address), "")
    sender = f"{name} <{message.sender}>" if name else message.sender
    split = read.split
    return workspaces.Entry(message.id, sender, message.received_at, message.subject, split.new, split.forwarded, names)


def _conclude(
    tx: Tx, core: Core, found: _Found, read: Contents, earlier: list[tuple[StoredMessage, Contents]]
) -> Facts:
    """Write the snapshot and read the facts, in one transaction."""
    message, writer = found.message, found.writer
    sent = task_rows.sent_in_thread(
        tx,
        user_id=writer.person.id if writer.person else None,
        correspondent=_key(message.sender),
        thread_id=message.thread_id,
    )
    material = _material(found, read, earlier, asked=sent[-1:] == ["clarify"])
    meant = is_addressed(tx, message)
    snapshot = Snapshot(
        task_id=found.task.id,
        message_id=message.id,
        header_message_id=message.message_id,
        references=mime.reply_references(read.parsed),
        subject=message.subject,
        agent_user_id=found.agent.id,
        agent_address=found.agent.email,
        agent_name=found.agent.display_name,
        correspondent=str(writer.address) if writer.address else "",
        correspondent_name=writer.name,
        origin=policy.words_of_author(message.origin),
        participants=_addressed(message) if meant else (),
        own=read.own if meant else "",
        own_subject=read.own_subject if meant else "",
        language=language.guess(read.split.new or read.split.forwarded or message.subject),
        material=material,
    )
    snapshot_id = task_rows.add_snapshot(tx, found.task.id, snapshot.model_dump_json(), clock.now())
    key = writer.address.key if writer.address else ""
    known = Facts(
        found.task.id,
        snapshot_id,
        automatic=read.automatic or rules.machine(material),
        bounce=message.inbound_id is not None and message.envelope_sender is None,
        from_an_agent=key == found.agent.email or (bool(key) and assignments.is_agent_address(tx, key)),
        answerable=writer.address is not None,
        origin=snapshot.origin.value,
        threshold=parts().options.threshold,
    )
    return fresh(tx, found.task, message, known, hostname=core.settings.hostname)


def _addressed(message: StoredMessage) -> tuple[str, ...]:
    """Whom the author wrote to beside us. The words are the author's, and count as far as it is proven who that is."""
    named = [*message.headers.get("to", ()), *message.headers.get("cc", ())][:MAX_PARTICIPANTS]
    return tuple(f"{' '.join(name.split())} <{address}>" if name else address for name, address in named)


def _material(found: _Found, read: Contents, earlier: list[tuple[StoredMessage, Contents]], *, asked: bool) -> Material:
    shown = [
        Earlier(message.sender, message.received_at, before.split.new[:MAX_EARLIER_CHARACTERS])
        for message, before in earlier[-MAX_SHOWN_EARLIER:]
        if before.split.new.strip()
    ]
    if not earlier and read.split.quoted.strip():
        # It answers something we do not have: what it quotes is all there is of it.
        shown = [
            Earlier("(quoted in the message)", found.message.received_at, read.split.quoted[:MAX_EARLIER_CHARACTERS])
        ]
    return Material(
        subject=found.message.subject,
        text=read.split.new,
        sent_at=found.message.sent_at or found.message.received_at,
        forwarded=read.split.forwarded,
        sender=found.message.sender,
        sender_name=found.writer.name or (found.writer.person.display_name if found.writer.person else ""),
        time_zone=found.preferences.time_zone,
        tone=found.preferences.tone,
        asked=asked,
        attachments=read.attachments,
        earlier=tuple(shown),
    )


def _key(address: str) -> str:
    try:
        return Address.parse(address).key
    except BadAddress:
        return address.lower()[:320]
