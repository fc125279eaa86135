"""Traces: the way of one message, step by step, each with its because. "received → filed (INBOX) → judged a task (0.91) → delivered 250".

Called by the webmail (a person looks at a message of theirs) and by the administration (by message, address or correlation id).
Promises: no word of the mail itself; a person sees what happened to their own: never to whom else somebody's mail went.
Does not: decide who may look (the caller asks `core.access`, or is an admin).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from mailwright.domain.addresses import Address
from mailwright.domain.clock import DAY, MINUTE, Instant, now
from mailwright.domain.envelope import Authentication
from mailwright.domain.ids import is_id
from mailwright.domain.refusals import BadAddress
from mailwright.domain.tasks import Stage, TaskStatus
from mailwright.storage import (
    Tx,
    accounts,
    approvals,
    effects,
    email_submissions,
    mailboxes,
    messages,
    model_calls,
    reports,
    tracing,
)
from mailwright.storage import outbox as outbox_rows
from mailwright.storage import tasks as task_rows
from mailwright.storage.approvals import Approval
from mailwright.storage.effects import EffectRow
from mailwright.storage.messages import StoredMessage
from mailwright.storage.model_calls import ModelCall
from mailwright.storage.outbox import OutboxRow
from mailwright.storage.tasks import Task, TaskEvent

MAX_FOUND = 50  # messages of one search
MAX_RECIPIENTS = 200  # of a sending, that are told of
MAX_EFFECTS = 100  # of a task, that are told of
NEAR: Instant = 2 * MINUTE  # between what happens in one go

# What the audit trail says of a message beyond what its own rows do: the others would tell the same twice.
_AUDITED = {"message.submitted": ("sent", "sent"), "message.taken-back": ("taken-back", "taken back")}
_CHANNELS = {
    "smtp": "by SMTP",
    "lmtp": "by LMTP",
    "submission": "from a mail program of its author",
    "hook": "by a hook",
    "local": "from this server",
}
_REPORTED = {
    "bounce": ("came back", "the server of {} sent it back"),
    "complaint": ("complained of", "{} says it is spam"),
    "delivered": ("", "the server of {} has it"),
}
_ANSWERS = {"reply": "answered", "clarify": "asked back", "acknowledge": "acknowledged", "apology": "apologised"}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. `stage` is a word for programs, `label` the few words of the summary, `detail` a sentence."""

    at: Instant
    stage: str
    label: str
    detail: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """The way of a message, oldest step first."""

    message: StoredMessage
    steps: tuple[Step, ...]

    @property
    def summary(self) -> str:
        """In one line."""
        return " → ".join(dict.fromkeys(step.label for step in self.steps if step.label))


def of_message(tx: Tx, message: StoredMessage, *, everything: bool = False) -> Trace:
    """The way of a message as its owner may know it; `everything` for those who look after the server."""
    whose = None if everything else message.user_id
    steps = [*_arrival(tx, message)]
    sent = _submitted(tx, message)
    correlations = {message.correlation_id, *(row.correlation_id for row in sent)} - {""}
    moments = {message.received_at, _made_at(message.id), *(row.created_at for row in sent)}
    rows = {row.id: row for row in sent}
    known = tracing.tasks_about(tx, message.id) + tracing.tasks(
        tx,
        correlation_ids=correlations,
        windows=[(at - NEAR, at + DAY) for at in moments],
        user_id=whose,
        tenant_id=message.tenant_id,
    )
    for task_id in dict.fromkeys(known):
        task = task_rows.by_id(tx, task_id)
        if task is not None:
            steps += _of_task(tx, task)
            rows |= {row.id: row for row in _by_ids(tx, task.result.get("outbox_ids", ()))}
            for approval in approvals.of_task(tx, task.id):
                steps += _of_approval(tx, approval)
                rows |= {row.id: row for row in _sent_by(tx, approval)}
    left = tracing.outbox(
        tx,
        correlation_ids=correlations,
        windows=[(at - NEAR, at + NEAR) for at in moments],
        user_id=whose,
        tenant_id=message.tenant_id,
    )
    rows |= {row.id: row for row in _by_ids(tx, [each for each in left if each not in rows])}
    steps += [step for row in rows.values() for step in (*_of_row(row), *_of_reports(tx, row))]
    owner = accounts.by_id(tx, message.user_id)
    steps += [
        Step(entry.created_at, *_AUDITED[entry.action], f"{_AUDITED[entry.action][1]} by {entry.actor}")
        for entry in tracing.audited(tx, message.tenant_id, correlations)
        if entry.action in _AUDITED and (everything or (owner is not None and entry.actor == owner.email))
    ]
    return Trace(message, tuple(sorted(steps, key=lambda step: step.at)))


def find(tx: Tx, asked: str, *, tenant_id: str | None, limit: int = MAX_FOUND) -> list[StoredMessage]:
    """The newest messages that `asked` means: our id, a Message-ID field, an address, or a correlation id.

    `tenant_id` None looks in the whole installation.
    """
    asked, limit = asked.strip(), max(1, min(limit, MAX_FOUND))
    ids: list[str] = []
    if is_id(asked):
        ids = [asked] if messages.by_id(tx, asked) is not None else []
    if not ids and "@" in asked:
        ids = tracing.with_header_id(tx, asked if asked.startswith("<") else f"<{asked}>", tenant_id, limit)
        ids += _of_address(tx, asked, tenant_id, limit) if not ids else []
    if not ids and asked:
        made = _made_at(asked) if is_id(asked) else None
        window = None if made is None else (made - MINUTE, made + DAY)
        ids = tracing.with_correlation(tx, asked, window, tenant_id, limit)
    found = [each for each in messages.with_ids(tx, ids[:limit]) if tenant_id is None or each.tenant_id == tenant_id]
    return sorted(found, key=lambda message: message.id, reverse=True)


def _of_address(tx: Tx, asked: str, tenant_id: str | None, limit: int) -> list[str]:
    try:
        address = Address.parse(asked)
    except BadAddress:
        return []
    row = accounts.address(tx, address.key)
    own = []
    if row is not None and row.user_id is not None and (tenant_id is None or row.tenant_id == tenant_id):
        own = tracing.of_user(tx, row.user_id, limit)
    return sorted({*own, *tracing.from_address(tx, str(address), tenant_id, limit)}, reverse=True)


def _arrival(tx: Tx, message: StoredMessage) -> list[Step]:
    mailbox = mailboxes.by_id(tx, message.mailbox_id)
    place = mailbox.name if mailbox is not None else "a mailbox that is gone"
    row = tracing.inbound(tx, message.inbound_id) if message.inbound_id is not None else None
    filed_at = max(message.received_at, _made_at(message.id))
    if message.inbound_id is None:
        detail = f"put into {place} by its owner or an agent; it is in {place} now"
        return [Step(filed_at, "filed", f"filed ({place})", detail)]
    if row is None:
        return [
            Step(message.received_at, "received", "received", "received; how is not kept any more"),
            Step(filed_at, "filed", f"filed ({place})", f"it is in {place} now"),
        ]
    came = f"{_CHANNELS.get(row.channel, row.channel)} for {row.recipient}, from {row.sender or 'nobody (a notice)'}"
    steps = [Step(row.received_at, "received", "received", came, row.because)]
    if row.authentication != Authentication():
        steps.append(_checked(row.received_at, row.authentication))
    junk = row.authentication.junk
    return [*steps, Step(filed_at, "filed", f"filed ({place})", f"it is in {place} now", junk)]


def _checked(at: Instant, found: Authentication) -> Step:
    by = f", says {found.told_by}" if found.told_by else ""
    proven = f"the author is proven: {found.author}" if found.author else "the author is not proven"
    signs = f"; signs of spam: {', '.join(found.signs)}" if found.signs else ""
    return Step(at, "checked", "", f"{proven}{signs}", f"{found.results}{by}" if found.results else "")


def _submitted(tx: Tx, message: StoredMessage) -> list[OutboxRow]:
    """What a JMAP client sent of this message: its outbox rows have a correlation of their own."""
    if message.message_id is None or message.inbound_id is not None:
        return []
    ids = tracing.submitted_as(tx, message.user_id, message.message_id)
    keys = [
        f"{sending.outbox_key}:{Address.parse(each['email'])}"
        for sending in email_submissions.with_ids(tx, message.user_id, ids)
        for each in sending.envelope["rcptTo"]
    ]
    return outbox_rows.with_keys(tx, keys[:MAX_RECIPIENTS])


def _by_ids(tx: Tx, ids: object) -> list[OutboxRow]:
    wanted = [each for each in ids if isinstance(each, str) and is_id(each)] if isinstance(ids, list | tuple) else []
    return [row for row in (outbox_rows.by_id(tx, each) for each in wanted) if row is not None]


def _of_task(tx: Tx, task: Task) -> list[Step]:
    events = task_rows.events(tx, task.id)
    steps = [_of_event(task, event) for event in events]
    steps += [_of_effect(row) for row in effects.of_task(tx, task.id, limit=MAX_EFFECTS)]
    return steps + [_of_call(task, call) for call in model_calls.of_task(tx, task.id)]


def _of_event(task: Task, event: TaskEvent) -> Step:
    status, stage = event.status, event.stage
    if status is TaskStatus.QUEUED:
        return Step(event.created_at, "task", "", f"taken on by the {task.agent}", event.detail)
    if status is TaskStatus.RUNNING:
        known = {
            Stage.GATHER.value: ("gathered", "", "thread and attachments are read"),
            Stage.THINK.value: ("thinking", "", "a model is asked"),
            Stage.DECIDE.value: ("judged", event.detail, "it is decided what to do"),
            Stage.WORK.value: ("working", "", "the work is done"),
            Stage.ACT.value: ("drafted", "drafted", "the answer is written"),
        }
        word, label, sentence = known.get(stage, (stage or "running", "", "at work"))
        return Step(event.created_at, word, label, sentence, event.detail)
    if status is TaskStatus.COMPLETE:
        word = _ANSWERS.get(task.kind, "done")
        return Step(event.created_at, "complete", word, f"the {task.agent} {word}", event.detail)
    if task.kind == "limit":
        return Step(
            event.created_at,
            status.value,
            "plan used up",
            f"the {task.agent} said that the plan is used up",
            event.detail,
        )
    label = {"skipped": "left alone", "failed": "failed", "cancelled": "cancelled", "waiting": "waiting"}[status.value]
    return Step(event.created_at, status.value, label, f"the {task.agent}: {label}", event.detail)


def _of_effect(effect: EffectRow) -> Step:
    """What the monitor said to something the agent wanted; only a no is worth a word of the summary."""
    wanted = f"{effect.action} {effect.target}".strip()
    said = {"allowed": "may", "ask": "must ask first to", "denied": "may not"}[effect.ruling]
    label = f"{effect.action} denied" if effect.ruling == "denied" else ""
    return Step(effect.created_at, "effect", label, f"the {effect.agent} {said} {wanted}", effect.because)


def _of_approval(tx: Tx, approval: Approval) -> list[Step]:
    """Asked, decided, carried out. Who decided is named as people know them."""
    whom = f"the {approval.agent} asked whether it may write to {', '.join(approval.recipients)}"
    steps = [Step(approval.created_at, "asked", "asked for approval", whom, approval.because)]
    settled_at = approval.settled_at or approval.expires_at
    if approval.decided_at is not None:
        person = accounts.by_id(tx, approval.user_id)
        known = person is not None and approval.decided_by == person.email
        name = person.display_name if person is not None and known and person.display_name else approval.decided_by
        word = "rejected" if approval.status == "rejected" else "approved"
        steps.append(Step(approval.decided_at, word, f"{word} by {name}", f"{word} by {approval.decided_by}"))
    if approval.status == "expired":
        steps.append(Step(settled_at, "expired", "expired", "nobody answered in time; nothing was sent"))
    if approval.status == "refused":
        steps.append(Step(settled_at, "refused", "not sent", "what was approved was not sent", approval.outcome))
    return steps


def _sent_by(tx: Tx, approval: Approval) -> list[OutboxRow]:
    if approval.status != "done":
        return []
    return outbox_rows.with_keys(tx, [f"approval:{approval.id}:{each}" for each in approval.recipients])


def _of_call(task: Task, call: ModelCall) -> Step:
    ended = "" if call.outcome == "ok" else f", which ended in: {call.outcome}"
    used = f"{call.input_tokens + call.output_tokens} tokens, ${call.cost_usd:.4f}, {call.latency_us / 1_000_000:.1f} s"
    detail = f"{call.model} was asked to {call.purpose} ({used}){ended}"
    return Step(min(call.created_at, task.completed_at or call.created_at), "model", "", detail)


def _of_row(row: OutboxRow) -> list[Step]:
    steps = [Step(row.created_at, "queued", "", f"queued for {row.recipient}", row.verdict.because)]
    at = row.settled_at or row.created_at
    if row.status == "sent":
        code = row.receipt.strip()[:3]
        shown = f"delivered {code}" if code.isdigit() else "delivered"
        steps.append(Step(at, "delivered", shown, f"delivered to {row.recipient}", row.receipt))
    elif row.status == "failed":
        steps.append(Step(at, "undelivered", "not delivered", f"given up for {row.recipient}", row.last_error))
    elif row.status == "cancelled":
        steps.append(Step(at, "cancelled", "taken back", f"taken back before it left for {row.recipient}"))
    else:
        tried = f"tried {row.attempts} times" if row.attempts else "not tried yet"
        steps.append(Step(now(), "waiting", "waits to be sent", f"{tried} for {row.recipient}", row.last_error))
    return steps


def _of_reports(tx: Tx, row: OutboxRow) -> list[Step]:
    """What the service that carried it told later."""
    found = [(_REPORTED.get(report.kind), report) for report in reports.of_outbox(tx, row.id)]
    return [
        Step(report.created_at, report.kind, said[0], said[1].format(row.recipient), report.detail)
        for said, report in found
        if said is not None
    ]


def _made_at(key: str) -> Instant:
    """When a row was made: its key says so (RFC 9562 §5.7)."""
    return (uuid.UUID(key).int >> 80) * 1000
