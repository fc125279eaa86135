"""Acting: what was decided is done, in one transaction, once.

The reply's blob, its outbox row, its copy in the agent's Sent mailbox and the end of the task are committed together; the outbox
key and the Message-ID are made of the task and its generation, so that a repeat of the step is a no-op. Inside that transaction
the facts are read again and the monitor is asked: a person may have answered, the agent may have been switched off or stopped, the
sender may have been answered too often meanwhile. Who is written to comes from the snapshot's correspondent and from nowhere else.
What was charged and did not end in an answer is given back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from mailwright.agents import policy
from mailwright.agents.employee import letters
from mailwright.agents.employee.decide import MAX_REFUSED_A_DAY, Decision, asked_enough, silence
from mailwright.agents.employee.facts import fresh, sent_id
from mailwright.agents.employee.gather import worth_repeating
from mailwright.agents.employee.parts import AGENT, parts
from mailwright.agents.employee.snapshot import Advice, Facts, Snapshot
from mailwright.agents.employee.think import load_advice, load_snapshot
from mailwright.agents.employee.working import monitor_of
from mailwright.agents.policy import Action, Effect
from mailwright.codecs import mime
from mailwright.codecs.mime import Attachment
from mailwright.core import Core, approvals, journaling, madefiles, messages, outbox, tasks, usage
from mailwright.core.messages import Flag, Provenance
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Origin, Verdict
from mailwright.domain.refusals import NotFound
from mailwright.domain.tasks import Stage, TaskStatus
from mailwright.pipeline import step
from mailwright.storage import StoredBlob, Tx, assignments, domains
from mailwright.storage import accounts as account_rows
from mailwright.storage import approvals as approval_rows
from mailwright.storage import messages as message_rows
from mailwright.storage.tasks import Task

Kind: TypeAlias = Literal["reply", "clarify", "acknowledge", "limit", "apology"]

_ENDS: dict[Kind, TaskStatus] = {
    "reply": TaskStatus.COMPLETE,
    "clarify": TaskStatus.COMPLETE,
    "acknowledge": TaskStatus.COMPLETE,
    "limit": TaskStatus.SKIPPED,
    "apology": TaskStatus.FAILED,
}


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
        waiting = await core.read(lambda tx: approval_rows.of_task(tx, known.task_id))
        text = letters.with_waiting(snapshot, advice.text, [each for each in waiting if each.status == "pending"])
        return await _send(core, known, snapshot, "reply", text, wanted.because, advice)
    if wanted.action == "limit":
        text = letters.limit(snapshot, await core.read(lambda tx: _usage(tx, core, known)))
    else:
        text = letters.clarification(snapshot) if wanted.action == "clarify" else letters.acknowledgement(snapshot)
    return await _send(core, known, snapshot, wanted.action, text, wanted.because)


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
    return await _send(core, known, snapshot, "apology", letters.apology(snapshot, task), because)


async def _send(
    core: Core,
    known: Facts,
    snapshot: Snapshot,
    kind: Kind,
    text: str,
    because: str,
    advice: Advice | None = None,
) -> str:
    task = await core.read(lambda tx: tasks.get(tx, known.task_id))
    recipient = policy.answer_to(snapshot.correspondent)
    if recipient is None:  # decide has seen to that; a snapshot edited by hand must not get further either
        return await core.write(lambda tx: _skip(tx, known, "there is no address to answer"))
    files = await _files(core, task) if kind == "reply" else []
    raw = letters.compose(core, snapshot, task, recipient, text, files)
    blob = await core.blobs.stage(task.tenant_id, raw)
    letter = _Letter(kind, because, recipient, raw, blob, advice.written_by if advice is not None else "")
    return await core.write(lambda tx: _commit(tx, core, known, snapshot, letter))


@dataclass(frozen=True, slots=True)
class _Letter:
    """What is about to leave."""

    kind: Kind
    because: str
    recipient: Address
    raw: bytes
    blob: StoredBlob
    model: str


def _commit(tx: Tx, core: Core, known: Facts, snapshot: Snapshot, letter: _Letter) -> str:
    """The sending transaction. Everything that may have changed is looked at again first."""
    kind, because = letter.kind, letter.because
    tx.lock(f"answers to {letter.recipient.key}")  # two answers at once would each see the limit not yet reached
    task = tasks.get(tx, known.task_id)
    if task.status.is_final:
        return task.status.value
    message = messages.load(tx, snapshot.message_id)
    now_known = fresh(tx, task, message, known, hostname=core.settings.hostname)
    quiet = silence(now_known)
    if quiet is not None:
        return _fail(tx, message.id, because) if kind == "apology" else _skip(tx, known, quiet.because)
    if kind in ("clarify", "acknowledge") and (asked := asked_enough(now_known)):
        return _skip(tx, known, asked)  # two mails in the same second: the other one was asked
    if kind == "limit" and now_known.refused_last_day >= MAX_REFUSED_A_DAY:
        return _skip(tx, known, because)
    serving = assignments.serving(tx, AGENT, message.user_id)
    assert serving is not None  # `fresh` has looked in this transaction
    person = account_rows.by_id(tx, task.user_id) if task.user_id is not None else None
    ruling = monitor_of(core, task, snapshot, serving.grants, person).rule_in(
        tx, Effect(Action.REPLY, recipients=(str(letter.recipient),))
    )
    if ruling.verdict == "ask" and person is not None and kind == "reply":
        return _wait(tx, core, task, snapshot, letter, ruling.because)
    if not ruling.allowed:
        return _fail(tx, message.id, ruling.because) if kind == "apology" else _skip(tx, known, ruling.because)
    return _queue(tx, core, task, snapshot, letter)


def _queue(tx: Tx, core: Core, task: Task, snapshot: Snapshot, letter: _Letter) -> str:
    kind, because, status = letter.kind, letter.because, _ENDS[letter.kind]
    if status is TaskStatus.COMPLETE:
        if task.stage != Stage.WORK.value:
            tasks.enter(tx, task.id, Stage.DECIDE, detail=because)
        tasks.enter(tx, task.id, Stage.ACT)
    core.blobs.put(tx, letter.blob)
    key = f"{AGENT}:{task.id}:{task.generation}:{kind}"
    verdict = Verdict(Origin.CORRESPONDENT, snapshot.agent_user_id, f"written by the {AGENT} of this server")
    sender = Address.parse(snapshot.agent_address)
    message_id = sent_id(task, task.generation, core.settings.hostname)
    not_before = clock.now() + core.settings.agent_held if core.settings.agent_held else 0
    queued = outbox.enqueue(
        tx,
        tenant_id=task.tenant_id,
        user_id=snapshot.agent_user_id,
        # RFC 3834 §3.3 lets a responder that expects failures use its own address; what comes back to it is never answered.
        sender=sender,
        recipients=[letter.recipient],
        blob_id=letter.blob.id,
        message_id=message_id,
        idempotency_key=key,
        correlation_id=task.correlation_id,
        verdict=verdict,
        dsn=False,
        not_before=not_before,
        agent=AGENT,
        served_id=task.user_id,
    )
    journaling.keep_copy(
        tx,
        domains.named(tx, sender.domain),
        blob_id=letter.blob.id,
        message_id=message_id,
        key=key,
        correlation_id=task.correlation_id,
        verdict=verdict,
        not_before=not_before,
        agent=AGENT,
        served_id=task.user_id,
    )
    sent_copy = _file_copy(tx, snapshot, task, letter.raw, letter.blob) if queued else None
    result = {"kind": kind, "outbox_ids": queued, "sent_message_id": sent_copy, "model": letter.model}
    madefiles.let_go(tx, task.id, snapshot.agent_user_id)  # a stranger's: they are in the mail now
    error = (task.last_error or because) if status is TaskStatus.FAILED else ""
    return tasks.finish(tx, task.id, status, kind=kind, because=because, result=result, error=error).status.value


def _wait(tx: Tx, core: Core, task: Task, snapshot: Snapshot, letter: _Letter, because: str) -> str:
    """The answer waits for its asker's yes, as it is; the task is done with that, and stays charged."""
    assert task.user_id is not None  # the caller has looked
    core.blobs.put(tx, letter.blob)
    asked = approvals.ask(
        tx,
        core,
        tenant_id=task.tenant_id,
        user_id=task.user_id,
        task_id=task.id,
        agent=AGENT,
        blob=letter.blob,
        sender=snapshot.agent_address,
        recipients=[str(letter.recipient)],
        subject=snapshot.subject,
        message_id=sent_id(task, task.generation, core.settings.hostname),
        summary="the answer to your mail",
        because=because,
        correlation_id=task.correlation_id,
    )
    result = {"kind": "", "approval_id": asked.id, "model": letter.model}
    told = f"{letter.because}; its answer waits for approval: {because}"
    return tasks.finish(tx, task.id, TaskStatus.COMPLETE, because=told, result=result).status.value


def _usage(tx: Tx, core: Core, known: Facts) -> usage.Usage:
    task = tasks.get(tx, known.task_id)
    person = account_rows.by_id(tx, task.user_id or "")
    if person is None:
        raise NotFound("the one who asked is gone")
    return usage.of_account(tx, core, person)


async def _files(core: Core, task: Task) -> list[Attachment]:
    """What the run made to go with its answer."""
    return [
        Attachment(each.path.rpartition("/")[2], await core.blobs.read(each.blob_id), each.content_type)
        for each in await core.read(lambda tx: madefiles.made(tx, task.id))
    ]


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


def _skip(tx: Tx, known: Facts, because: str) -> str:
    if not known.task_id:
        return TaskStatus.SKIPPED.value
    task = tasks.get(tx, known.task_id)
    if task.status.is_final:
        return task.status.value
    _let_files_go(tx, task)
    return tasks.finish(tx, task.id, TaskStatus.SKIPPED, because=because).status.value


def _fail(tx: Tx, message_id: str, because: str) -> str:
    task = tasks.find(tx, AGENT, message_id)
    if task is None:
        return TaskStatus.FAILED.value
    if task.status.is_final:
        return task.status.value
    _let_files_go(tx, task)
    finished = tasks.finish(tx, task.id, TaskStatus.FAILED, because=because, error=task.last_error or because)
    return finished.status.value


def _let_files_go(tx: Tx, task: Task) -> None:
    """What was made for a stranger lies in the agent's own workspace until it is sent; this will not be."""
    message = message_rows.by_id(tx, task.message_id)
    if message is not None:
        madefiles.let_go(tx, task.id, message.user_id)
