"""Ending: a mail of the scribe's comes to its end, in the transaction that makes it true. Used by every step and by who gives up."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

from mailwright.core import tasks
from mailwright.domain import clock
from mailwright.domain.outreach import MAX_ERROR
from mailwright.domain.refusals import Refusal
from mailwright.domain.tasks import TaskStatus
from mailwright.storage import Tx, outreach
from mailwright.storage import tasks as task_rows
from mailwright.storage.tasks import Task

ended_total = Counter(
    "mailwright_scribe_ended_total",
    "Mails of the scribe that came to an end: confident, unsure, failed, cancelled.",
    ["outcome"],
)
mail_seconds = Histogram(
    "mailwright_scribe_seconds",
    "From a mail's turn to its text.",
    buckets=(0.5, 1, 2, 5, 10, 15, 20, 30, 45, 60, 120, 300, 600),
)
mail_cost = Histogram(
    "mailwright_scribe_cost_usd",
    "What models cost for one finished mail, where prices are known.",
    buckets=(0.0001, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1),
)


class Settled(Refusal):
    """There is nothing more to do for the mail; the text says why. `status` is where its task ends by that; None: it has ended, or another
    run has it."""

    code = "settled"

    def __init__(self, because: str, status: TaskStatus | None = None) -> None:
        super().__init__(because)
        self.because = because
        self.status = status


def settled(tx: Tx, task_id: str, generation: int, why: Settled) -> str:
    """The run has nothing more to do. The task's status."""
    task = task_rows.by_id(tx, task_id)
    if task is None:
        return TaskStatus.CANCELLED.value
    if task.status.is_final or task.generation != generation or why.status is None:
        return task.status.value
    if why.status is TaskStatus.FAILED:
        return failed(tx, task, why.because).status.value
    ended_total.labels("cancelled").inc()
    return tasks.finish(tx, task_id, why.status, because=why.because).status.value


def failed(tx: Tx, task: Task, because: str) -> Task:
    """It was given up; the step it stands at is the one that failed."""
    ended_total.labels("failed").inc()
    return tasks.finish(tx, task.id, TaskStatus.FAILED, because=because, error=because[:MAX_ERROR])


def written(tx: Tx, task_id: str, *, is_confident: bool, because: str, cost_usd: float) -> Task:
    """The mail is there."""
    ended_total.labels("confident" if is_confident else "unsure").inc()
    mail_cost.observe(cost_usd)
    mail = outreach.by_id(tx, task_id)
    if mail is not None and mail.started_at is not None:
        mail_seconds.observe(max(0, clock.now() - mail.started_at) / clock.SECOND)
    return tasks.finish(tx, task_id, TaskStatus.COMPLETE, because=because)
