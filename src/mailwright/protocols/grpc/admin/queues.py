"""The queues: what leaves, what failed, what was given up, and the audit trail. Support may look, retry and replay."""

from __future__ import annotations

from typing import get_args

from mailwright.core.administration import auditing, failedtasks, queues
from mailwright.domain.refusals import TryLater
from mailwright.pipeline.dead_letters import DeadLetters
from mailwright.protocols.grpc.talk import Methods, Talk
from mailwright.protocols.grpc.words import (
    MAX_PAGE,
    PAGE,
    checked_id,
    cut,
    instant,
    looked_for,
    number_before,
    one_of,
    page_size,
    row_before,
    stamp,
)
from mailwright.storage import Tx
from mailwright.storage.audit import Entry
from mailwright.storage.dead_letters import SOURCES, DeadLetter
from mailwright.storage.outbox import OutboxRow, Status
from mailwright.storage.tasks import Task
from mailwright.v1 import admin_pb2 as pb
from mailwright.v1 import admin_queues_pb2 as queues_pb

# --- what was given up


async def list_letters(talk: Talk, asked: pb.ListDeadLettersRequest) -> pb.ListDeadLettersResponse:
    """What was given up."""
    reach, size, before = talk.reach(), page_size(asked.page_size, PAGE, MAX_PAGE), row_before(asked.page_token)
    source, replayed = one_of(asked.source, SOURCES, "source of dead letters"), asked.include_replayed
    found, more = await talk.core.read(
        lambda tx: queues.letters(tx, reach, source=source, replayed=replayed, before=before, limit=size)
    )
    return pb.ListDeadLettersResponse(dead_letters=[_letter(*each) for each in found], next_page_token=more or "")


async def replay_letter(talk: Talk, asked: pb.ReplayDeadLetterRequest) -> pb.ReplayDeadLetterResponse:
    """Offer one again."""
    reach, letter_id = talk.reach(), checked_id(asked.dead_letter_id, "dead letter")
    found = await queues.replay(talk.core, reach, letter_id, _letters(talk))
    return pb.ReplayDeadLetterResponse(dead_letter=_letter(*found))


async def resolve_letter(talk: Talk, asked: pb.ResolveDeadLetterRequest) -> pb.ResolveDeadLetterResponse:
    """Say that one needs nothing more."""
    reach, letter_id = talk.reach(), checked_id(asked.dead_letter_id, "dead letter")
    reach.check_changes()  # as under /api/admin: support replays, and settles nothing
    found = await queues.resolve(talk.core, reach, letter_id, _letters(talk))
    return pb.ResolveDeadLetterResponse(dead_letter=_letter(*found))


def _letters(talk: Talk) -> DeadLetters:
    if talk.house.machine.letters is None:
        raise TryLater("this process has no dead letters")
    return talk.house.machine.letters()


def _letter(letter: DeadLetter, whose: str | None) -> pb.DeadLetter:
    return pb.DeadLetter(
        id=letter.id,
        source=letter.source,
        name=letter.name,
        group=letter.group,
        error=queues.error_of(letter),
        facts=queues.facts_of(letter),
        attempts=letter.attempts,
        correlation_id=letter.correlation_id,
        died_at=stamp(letter.died_at),
        replayed_at=stamp(letter.replayed_at),
        resolved_at=stamp(letter.resolved_at),
        resolved_by=letter.resolved_by,
        reference=letter.reference,
        tenant_id=whose or "",
        trace=letter.trace,
    )


# --- what leaves


async def list_outbox(talk: Talk, asked: queues_pb.ListOutboxRequest) -> queues_pb.ListOutboxResponse:
    """What leaves, the newest first."""
    reach, size, before = talk.reach(), page_size(asked.page_size, PAGE, MAX_PAGE), row_before(asked.page_token)
    status = one_of(asked.status, get_args(Status), "state of the outbox")
    recipient = looked_for(asked.recipient)

    def look(tx: Tx) -> list[OutboxRow]:
        return queues.outbox_page(tx, reach, status=status, recipient=recipient, before=before, limit=size + 1)

    found = await talk.core.read(look)
    rows, more = cut(found, size, lambda row: row.id)
    return queues_pb.ListOutboxResponse(items=[_item(each) for each in rows], next_page_token=more)


async def retry_item(talk: Talk, asked: queues_pb.RetryOutboxItemRequest) -> queues_pb.RetryOutboxItemResponse:
    """Try it now."""
    reach, row_id = talk.reach(), checked_id(asked.item_id, "message in the outbox")
    return queues_pb.RetryOutboxItemResponse(
        item=_item(await talk.core.write(lambda tx: queues.retry(tx, reach, row_id)))
    )


async def cancel_item(talk: Talk, asked: queues_pb.CancelOutboxItemRequest) -> queues_pb.CancelOutboxItemResponse:
    """Take it out of the queue."""
    reach, row_id = talk.reach(), checked_id(asked.item_id, "message in the outbox")
    return queues_pb.CancelOutboxItemResponse(
        item=_item(await talk.core.write(lambda tx: queues.cancel(tx, reach, row_id)))
    )


def _item(row: OutboxRow) -> queues_pb.OutboxItem:
    return queues_pb.OutboxItem(
        id=row.id,
        channel=row.channel,
        status=row.status,
        sender="" if row.sender is None else str(row.sender),
        recipient=str(row.recipient),
        message_id=row.message_id,
        attempts=row.attempts,
        uncertain=row.uncertain,
        last_error=row.last_error,
        receipt=row.receipt,
        correlation_id=row.correlation_id,
        created_at=stamp(row.created_at),
        next_attempt_at=stamp(row.next_attempt_at) if row.status == "queued" else None,
        settled_at=stamp(row.settled_at),
    )


# --- what failed


async def list_failed(talk: Talk, asked: queues_pb.ListFailedTasksRequest) -> queues_pb.ListFailedTasksResponse:
    """Tasks that failed, the newest first."""
    reach, size, before = talk.reach(), page_size(asked.page_size, PAGE, MAX_PAGE), row_before(asked.page_token)
    agent = looked_for(asked.agent)
    found = await talk.core.read(lambda tx: failedtasks.failed(tx, reach, agent=agent, before=before, limit=size + 1))
    rows, more = cut(found, size, lambda row: row.id)
    return queues_pb.ListFailedTasksResponse(tasks=[_task(each) for each in rows], next_page_token=more)


async def retry_failed(talk: Talk, asked: queues_pb.RetryFailedTaskRequest) -> queues_pb.RetryFailedTaskResponse:
    """Try one once more."""
    reach, task_id = talk.reach(), checked_id(asked.task_id, "task")
    moved = await failedtasks.retry(talk.core, reach, task_id, talk.house.machine.again)
    return queues_pb.RetryFailedTaskResponse(task=_task(moved))


def _task(task: Task) -> queues_pb.FailedTask:
    return queues_pb.FailedTask(
        id=task.id,
        agent=task.agent,
        status=task.status.value,
        because=task.because,
        last_error=task.last_error,
        generation=task.generation,
        attempts=task.attempts,
        user_id=task.user_id or "",
        due_at=stamp(task.due_at),
        created_at=stamp(task.created_at),
        completed_at=stamp(task.completed_at),
        correlation_id=task.correlation_id,
    )


# --- what was done


async def list_audit(talk: Talk, asked: queues_pb.ListAuditEventsRequest) -> queues_pb.ListAuditEventsResponse:
    """Who did what, the newest first."""
    reach, size, before = talk.reach(), page_size(asked.page_size, PAGE, MAX_PAGE), number_before(asked.page_token)
    actor, action, resource = (looked_for(each) for each in (asked.actor, asked.action, asked.resource))
    since = instant(asked.since) if asked.HasField("since") else None
    until = instant(asked.until) if asked.HasField("until") else None
    found, more = await talk.core.read(
        lambda tx: auditing.page(
            tx,
            reach,
            actor=actor,
            action=action,
            resource=resource,
            since=since,
            until=until,
            before=before,
            limit=size,
        )
    )
    return queues_pb.ListAuditEventsResponse(
        events=[_event(number, entry) for number, entry in found], next_page_token="" if more is None else str(more)
    )


def _event(number: int, entry: Entry) -> queues_pb.AuditEvent:
    return queues_pb.AuditEvent(
        id=number,
        at=stamp(entry.created_at),
        actor=entry.actor,
        address=entry.address,
        action=entry.action,
        resource=entry.resource,
        correlation_id=entry.correlation_id,
    )


METHODS: Methods = {
    "ListDeadLetters": list_letters,
    "ReplayDeadLetter": replay_letter,
    "ResolveDeadLetter": resolve_letter,
    "ListOutbox": list_outbox,
    "RetryOutboxItem": retry_item,
    "CancelOutboxItem": cancel_item,
    "ListFailedTasks": list_failed,
    "RetryFailedTask": retry_failed,
    "ListAuditEvents": list_audit,
}
