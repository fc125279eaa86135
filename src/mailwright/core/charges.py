"""Charges: a confirmed task is paid for by its person's plan, once, at its start; a task that fails gives the charge back.

Called by agents in their steps, and by the command line, which only looks. Plain functions over a transaction.
Promises: what is used never passes the plan's limit, not even by one, however many tasks begin at once; a task is charged at most
once, so a step that runs again, a retry and a resumed crash cost nothing more; no answer without its because.
Does not: decide what is a task, or tell its sender.
"""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import Counter

from mailwright.core import Core, tasks, usage
from mailwright.core.usage import Usage
from mailwright.domain.clock import now, to_iso
from mailwright.storage import Tx
from mailwright.storage import accounts as account_rows
from mailwright.storage import charges as rows
from mailwright.storage.accounts import Account

charged_total = Counter("mailwright_tasks_charged_total", "Tasks charged, by plan.", ["plan"])
refused_total = Counter("mailwright_tasks_refused_total", "Tasks a plan did not pay for, by why.", ["reason"])


@dataclass(frozen=True, slots=True)
class Charged:
    """Whether a task may begin, and why. `usage` with this task counted; None for a stranger, who has no plan."""

    granted: bool
    because: str
    usage: Usage | None


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether one more task would be granted now. `reason` is a short word for figures: ok, limit, blocked."""

    allowed: bool
    reason: str
    because: str
    usage: Usage

    @property
    def remaining(self) -> int | None:
        """Tasks left in the period; None is no limit."""
        limit = self.usage.tasks_limit
        return None if limit is None else max(0, limit - self.usage.tasks_used)


def charge(tx: Tx, core: Core, task_id: str) -> Charged:
    """Charge a task that is about to begin, unless it is charged already; or say why not.

    A stranger whose address is not proven has no plan: nobody is charged for what a forger asks, and the caller's limits on
    strangers hold. Raises NotFound (task).
    """
    user_id = tasks.get(tx, task_id).user_id
    if user_id is None:
        return Charged(True, "nobody is charged: the sender is not proven to be anybody", None)
    lock(tx, user_id)
    task = tasks.get(tx, task_id)  # as it is now that nobody else charges for this person
    account = account_rows.by_id(tx, user_id)
    if account is None:
        return _refused("gone", "the account is gone", None)
    found = allowance(tx, core, account)
    if task.charged and found.reason != "blocked":
        return Charged(True, "it is charged already", found.usage)
    if task.status.is_final:
        return _refused("settled", f"the task is {task.status.value} already", found.usage)
    if not found.allowed:
        return _refused(found.reason, found.because, found.usage)
    rows.mark(tx, task_id, now())
    counted = usage.of_account(tx, core, account)
    charged_total.labels(counted.plan.id).inc()
    return Charged(True, f"charged: {_told(counted)}", counted)


def give_back(tx: Tx, task_id: str) -> bool:
    """The task failed and costs nothing: what `tasks` does by itself when it ends one without its work. False: it was not charged.

    Takes no lock: what is used only gets less.
    """
    return tasks.give_back(tx, task_id)


def allowance(tx: Tx, core: Core, account: Account) -> Allowance:
    """Whether the account may have one more task begun now. Writes nothing."""
    found = usage.of_account(tx, core, account)
    if account.status != "active":
        return Allowance(False, "blocked", f"{account.email} is {account.status}", found)
    limit = found.tasks_limit
    if limit is not None and found.tasks_used >= limit:
        again = "" if found.until is None else f"; the count starts again on {to_iso(found.until)[:10]}"
        return Allowance(False, "limit", f"the limit is reached: {_told(found)}{again}", found)
    return Allowance(True, "ok", _told(found), found)


def lock(tx: Tx, user_id: str) -> None:
    """Let nobody else charge for this person, or change their plan, until this transaction ends."""
    tx.lock(f"charges:{user_id}")


def _refused(reason: str, because: str, found: Usage | None) -> Charged:
    refused_total.labels(reason).inc()
    return Charged(False, because, found)


def _told(found: Usage) -> str:
    limit = found.tasks_limit
    when = {"ever": "", "month": " this month", "year": " this year"}[found.plan.period]
    if limit is None:
        return f"{found.tasks_used} tasks are used{when}, and the plan {found.plan.name} has no limit"
    return f"{found.tasks_used} of {limit} tasks of the plan {found.plan.name} are used{when}"
