"""Acting: what was decided is done, in one transaction, once.

The reply's blob, its outbox row, its copy in the agent's Sent mailbox and the end of the task are committed together; the outbox
key and the Message-ID are made of the task and its generation, so that a repeat of the step is a no-op. Inside that transaction
the facts are read again: a person may have answered, the agent may have been switched off, the sender may have been answered too
often meanwhile. Who is written to comes from the snapshot's correspondent and from nowhere else.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from mailwright.agents import policy
from mailwright.agents.employee import phrases_table
from mailwright.agents.employee.decide import Decision, asked_enough, silence
from mailwright.agents.employee.facts import fresh, sent_id
from mailwright.agents.employee.gather import worth_repeating
from mailwright.agents.employee.parts import AGENT, parts
from mailwright.agents.employee.snapshot import Facts, Snapshot
from mailwright.agents.employee.think import load_advice, load_snapshot
from mailwright.codecs import mime
from mailwright.codecs.mime import Mailbox
from mailwright.core import Core, journaling, messages, outbox, tasks
from mailwright.core.messages import Flag, Provenance
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Origin, Verdict
from mailwright.domain.refusals import NotFound
from mailwright.domain.tasks import Stage, TaskStatus
from mailwright.pipeline import step
from mailwright.storage import StoredBlob, Tx, assignments, domains
from mailwright.storage.tasks import Task

Kind: TypeAlias = Literal["reply", "clarify", "apology"]


@step(name="employee.act", attempts=6, interval=1.0, backoff=2.0, retry_if=worth_repeating)
async def act(facts: dict[str, Any], decision: dict[str, Any], advice_id: str) -> str:
    """Carry out a decision; the status the task has then. Raises TryLater, NotFound."""
    known, wanted = Facts.of(facts), Decision(**decision)
    core = parts().core
    if wanted.action == "silent":
        return await core.write(lambda tx: _skip(tx, known, wanted.because))
    snapshot = await load_snapshot(known.snapshot_id)
    if wanted.action == "reply":
        advice = await load_advice(advice_id)
        text, model = advice.text, advice.written_by
    else:
        text, model = _clarification(snapshot), ""
    return await _send(core, known, snapshot, wanted.action, text, TaskStatus.COMPLETE, wanted.because, model)


@step(name="employee.give_up", attempts=6, interval=1.0, backoff=2.0, retry_if=worth_repeating)
async def give_up(message_id: str, facts: dict[str, Any] | None) -> str:
    """The attempts are used up: the task fails, and its sender is told so once, if an answer was due at all.

    `facts` is None when even gathering failed. Returns the task's status. Raises TryLater.
    """
    core = parts().core
    because = "it failed in every attempt"
    known = Facts.of(facts) if facts is not None else None
    if known is None or not known.snapshot_id or silence(known) is not None:
        return await core.write(lambda tx: _fail(tx, message_id, because))
    snapshot = await load_snapshot(known.snapshot_id)
    task = await core.read(lambda tx: tasks.get(tx, known.task_id))
    return await _send(core, known, snapshot, "apology", _apology(snapshot, task), TaskStatus.FAILED, because, "")


async def _send(
    core: Core,
    known: Facts,
    snapshot: Snapshot,
    kind: Kind,
    text: str,
    status: TaskStatus,
    because: str,
    model: str,
) -> str:
    task = await core.read(lambda tx: tasks.get(tx, known.task_id))
    recipient = policy.answer_to(snapshot.correspondent)
    if recipient is None:  # decide has seen to that; a snapshot edited by hand must not get further either
        return await core.write(lambda tx: _skip(tx, known, "there is no address to answer"))
    raw = _compose(core, snapshot, task, recipient, text)
    blob = await core.blobs.stage(task.tenant_id, raw)
    return await core.write(
        lambda tx: _commit(tx, core, known, snapshot, kind, status, because, model, recipient, raw, blob)
    )


def _commit(
    tx: Tx,
    core: Core,
    known: Facts,
    snapshot: Snapshot,
    kind: Kind,
    status: TaskStatus,
    because: str,
    model: str,
    recipient: Address,
    raw: bytes,
    blob: StoredBlob,
) -> str:
    """The sending transaction. Everything that may have changed is looked at again first."""
    tx.lock(f"answers to {recipient.key}")  # two answers at once would each see the limit not yet reached
    task = tasks.get(tx, known.task_id)
    if task.status.is_final:
        return task.status.value
    message = messages.load(tx, snapshot.message_id)
    now_known = fresh(tx, task, message, known, hostname=core.settings.hostname)
    quiet = silence(now_known)
    if quiet is not None:
        return _fail(tx, message.id, because) if status is TaskStatus.FAILED else _skip(tx, known, quiet.because)
    if kind == "clarify" and (asked := asked_enough(now_known)):
        return _skip(tx, known, asked)  # two mails in the same second: the other one was asked
    serving = assignments.serving(tx, AGENT, message.user_id)
    assert serving is not None  # `fresh` has looked in this transaction
    policy.require(serving.grants, policy.Grant.SEND)
    if status is TaskStatus.COMPLETE:
        tasks.enter(tx, task.id, Stage.DECIDE, detail=because)
        tasks.enter(tx, task.id, Stage.ACT)
    core.blobs.put(tx, blob)
    verdict = Verdict(Origin.CORRESPONDENT, snapshot.agent_user_id, f"written by the {AGENT} of this server")
    queued = outbox.enqueue(
        tx,
        tenant_id=task.tenant_id,
        user_id=snapshot.agent_user_id,
        # RFC 3834 §3.3 lets a responder that expects failures use its own address; what comes back to it is never answered.
        sender=Address.parse(snapshot.agent_address),
        recipients=[recipient],
        blob_id=blob.id,
        message_id=sent_id(task, task.generation, core.settings.hostname),
        idempotency_key=f"{AGENT}:{task.id}:{task.generation}:{kind}",
        correlation_id=task.correlation_id,
        verdict=verdict,
        dsn=False,
    )
    journaling.keep_copy(
        tx,
        domains.named(tx, Address.parse(snapshot.agent_address).domain),
        blob_id=blob.id,
        message_id=sent_id(task, task.generation, core.settings.hostname),
        key=f"{AGENT}:{task.id}:{task.generation}:{kind}",
        correlation_id=task.correlation_id,
        verdict=verdict,
    )
    sent_copy = _file_copy(tx, snapshot, task, raw, blob) if queued else None
    result = {"kind": kind, "outbox_ids": queued, "sent_message_id": sent_copy, "model": model}
    finished = tasks.finish(
        tx,
        task.id,
        status,
        kind=kind,
        because=because,
        result=result,
        error=(task.last_error or because) if status is TaskStatus.FAILED else "",
    )
    return finished.status.value


def _file_copy(tx: Tx, snapshot: Snapshot, task: Task, raw: bytes, blob: StoredBlob) -> str | None:
    """The agent's own copy, in Sent: the next gather of this thread reads it there."""
    try:
        return messages.append(
            tx,
            tenant_id=task.tenant_id,
            user_id=snapshot.agent_user_id,
            role="sent",
            blob=blob,
            parsed=mime.parse(raw),
            provenance=Provenance(Origin.OWNER, task.correlation_id),
            received_at=clock.now(),
            flags=Flag.SEEN,
            enforce_quota=False,  # a full mailbox of ours must not keep an answer back
        )
    except NotFound:  # the mailbox was removed by its owner: the answer goes out without a copy
        return None


def _compose(core: Core, snapshot: Snapshot, task: Task, recipient: Address, text: str) -> bytes:
    return mime.compose(
        from_=Mailbox(_plain(snapshot.agent_name), snapshot.agent_address),
        to=[Mailbox(_plain(snapshot.correspondent_name), str(recipient))],
        subject=mime.reply_subject(snapshot.subject),
        text=policy.outgoing(text),
        message_id=sent_id(task, task.generation, core.settings.hostname),
        date=clock.now(),
        in_reply_to=snapshot.header_message_id,
        references=snapshot.references,
        # RFC 3834 §5: whoever answers automatically sees that this is an answer already.
        headers=[("Auto-Submitted", "auto-replied")],
    )


def _skip(tx: Tx, known: Facts, because: str) -> str:
    if not known.task_id:
        return TaskStatus.SKIPPED.value
    task = tasks.get(tx, known.task_id)
    if task.status.is_final:
        return task.status.value
    return tasks.finish(tx, task.id, TaskStatus.SKIPPED, because=because).status.value


def _fail(tx: Tx, message_id: str, because: str) -> str:
    task = tasks.find(tx, AGENT, message_id)
    if task is None:
        return TaskStatus.FAILED.value
    if task.status.is_final:
        return task.status.value
    finished = tasks.finish(tx, task.id, TaskStatus.FAILED, because=because, error=task.last_error or because)
    return finished.status.value


def _clarification(snapshot: Snapshot) -> str:
    text = _in(phrases_table.CLARIFY, snapshot.language)
    return text.format(hello=_hello(snapshot), agent=snapshot.agent_name or snapshot.agent_address)


def _apology(snapshot: Snapshot, task: Task) -> str:
    detail = task.last_error
    reason = (
        _in(phrases_table.NO_MODEL, snapshot.language).format(detail=detail)
        if detail
        else _in(phrases_table.UNKNOWN_REASON, snapshot.language)
    )
    return _in(phrases_table.APOLOGY, snapshot.language).format(
        hello=_hello(snapshot),
        reason=reason,
        reference=task.id,
        agent=snapshot.agent_name or snapshot.agent_address,
    )


def _hello(snapshot: Snapshot) -> str:
    named, nobody = phrases_table.HELLO.get(snapshot.language, phrases_table.HELLO["en"])
    first = snapshot.material.sender_name.split()[:1]
    return named.format(name=first[0]) if first and first[0].isalpha() else nobody


def _in(phrases: dict[str, str], language: str) -> str:
    return phrases.get(language, phrases["en"])


def _plain(name: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:200]
