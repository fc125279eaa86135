"""Ending: a task of the assistant comes to its end, with or without a draft, in the transaction that makes it true.

Used by every step and by who gives up. Called inside transactions; tells nothing of the mail's text.
"""

from __future__ import annotations

from mailwright.agents.assistant.parts import AGENT
from mailwright.agents.assistant.stepping import Settled, drafts_total, seconds
from mailwright.core import tasks
from mailwright.domain import clock
from mailwright.domain.events import TRIAGE_CHANGED
from mailwright.domain.tasks import TaskStatus
from mailwright.domain.triage import DraftState
from mailwright.storage import Tx, events, triage
from mailwright.storage.tasks import Task
from mailwright.storage.triage import Item


def settled(tx: Tx, item_id: str, why: Settled) -> str:
    """Nothing more is done: the task is complete when the mail was judged and only its draft is left out, and skipped when the assistant
    was kept from it. Its status."""
    task = tasks.find(tx, AGENT, item_id)
    if task is None:
        return TaskStatus.SKIPPED.value
    if task.status.is_final or not why.ends:
        return task.status.value
    item = triage.by_id(tx, item_id)
    if item is not None and why.no_draft:
        return without_draft(tx, item, task, why.because)
    _count(item, task, "skipped")
    return tasks.finish(tx, task.id, TaskStatus.SKIPPED, because=why.because).status.value


def without_draft(tx: Tx, item: Item, task: Task, because: str) -> str:
    """The mail has its category, and gets no draft; one that is there already stays as it is. The task's status."""
    if item.draft_state in ("", DraftState.NONE.value):
        changes = {"draft_state": DraftState.NONE.value, "draft_because": because}
        triage.update(tx, item.id, now=clock.now(), **changes)
        tell(tx, item)
    _count(item, task, "no_draft")
    result = {"category": item.category, "confidence": item.confidence}
    return tasks.finish(tx, task.id, TaskStatus.COMPLETE, because=because, result=result).status.value


def with_draft(tx: Tx, item: Item, task: Task, *, because: str, model: str, advice_id: str) -> str:
    """The draft is filed and stands in the row. The task's status."""
    tell(tx, item)
    _count(item, task, "drafted")
    drafts_total.labels("made").inc()
    result = {
        "category": item.category,
        "confidence": item.confidence,
        "draft_id": item.draft_id,
        "model": model,
        "snapshot_id": advice_id,
    }
    return tasks.finish(tx, task.id, TaskStatus.COMPLETE, because=because, result=result).status.value


def failed(tx: Tx, item_id: str, because: str) -> Task | None:
    """It was given up. The task, None when there is none, or it had ended."""
    task = tasks.find(tx, AGENT, item_id)
    if task is None or task.status.is_final:
        return None
    _count(triage.by_id(tx, item_id), task, "failed")
    return tasks.finish(tx, task.id, TaskStatus.FAILED, because=because, error=because)


def task_of(tx: Tx, item_id: str) -> Task | None:
    """The task of a mail."""
    return tasks.find(tx, AGENT, item_id)


def tell(tx: Tx, item: Item) -> None:
    """What is known of a mail changed."""
    events.append(tx, TRIAGE_CHANGED, item.user_id, {"user_id": item.user_id, "item_ids": [item.id]})


def _count(item: Item | None, task: Task, outcome: str) -> None:
    if item is not None and not task.result:  # what was done once and is asked for again did not just arrive
        # Of mail that was looked at long after it came, only how long we took says something.
        seconds.labels(outcome).observe(max(0, clock.now() - max(item.received_at, item.created_at)) / clock.SECOND)
