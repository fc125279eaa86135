"""Usage: which plan somebody is on, and how much of it is used.

Called by the dashboard, the landing page and the administration. Plans are settings (`domain.plans`); a user's is in its row.
Promises: only what is charged counts: a task that failed, was skipped or only asked something costs nothing.
Does not: enforce anything; `charges` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mailwright.core import Core, tasks
from mailwright.domain.clock import Instant, from_datetime, now, to_datetime
from mailwright.domain.ids import is_id
from mailwright.domain.plans import Plan
from mailwright.domain.refusals import BadInput, NotFound
from mailwright.domain.tasks import TaskStatus
from mailwright.storage import Tx, assignments, billing, charges, model_calls, usage
from mailwright.storage import accounts as account_rows
from mailwright.storage.accounts import Account
from mailwright.storage.model_calls import ModelCall
from mailwright.storage.tasks import Task, TaskEvent
from mailwright.storage.usage import Spent

MAX_PAGE = 100  # tasks of one answer
YEAR = 12  # months
EMPLOYEE, ASSISTANT = "employee", "assistant"

DESCRIPTIONS = {
    "employee": "Mail it a task; it does the work and answers in the same conversation.",
    "assistant": "Sorts an inbox and prepares answers for its owner.",
    "concierge": "Reminds and drafts at the right time.",
    "scribe": "Writes researched, personal letters.",
}


@dataclass(frozen=True, slots=True)
class Usage:
    """A plan and what is used of it. The period is `since` to `until` (None: it has no end); `tasks_limit` None is no limit."""

    plan: Plan
    tasks_used: int
    since: Instant
    until: Instant | None

    @property
    def tasks_limit(self) -> int | None:
        return self.plan.tasks


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as the one it is done for sees it. `own_message_id` is the mail that asked for it in their own account, if it is there."""

    task: Task
    subject: str
    own_message_id: str | None
    spent: Spent


@dataclass(frozen=True, slots=True)
class AgentView:
    """An agent that serves somebody's tenant."""

    id: str
    agent: str
    name: str
    email: str
    enabled: bool

    @property
    def description(self) -> str:
        return DESCRIPTIONS.get(self.agent, "")


def plan_of(core: Core, account: Account) -> Plan:
    """The account's plan; the first of all when its own is none of ours (any more)."""
    plans = core.settings.plans
    return next((plan for plan in plans if plan.id == account.plan), plans[0])


def of_account(tx: Tx, core: Core, account: Account) -> Usage:
    """What the account has used in the present period of its plan.

    Months and years are counted from when the subscription to it began; without one, from when the account was made.
    """
    plan = plan_of(core, account)
    made = usage.registered_at(tx, account.id)
    if plan.period == "ever":
        return Usage(plan, charges.count(tx, account.id, 0), made, None)
    months = 1 if plan.period == "month" else YEAR
    since, until = period(billing.counted_from(tx, account.id, plan.id) or made, now(), months)
    return Usage(plan, charges.count(tx, account.id, since), since, until)


def tasks_of(
    tx: Tx, account: Account, *, limit: int, before: str | None = None, word: str | None = None
) -> tuple[list[TaskView], str | None]:
    """The account's tasks, newest first, and the cursor of the next page. `word` is a state in the words of the API.

    Raises BadInput for a cursor or word that is none.
    """
    if before is not None and not is_id(before):
        raise BadInput("before is the id of the last task of the page before")
    statuses = _statuses(word) if word else ()
    limit = max(1, min(limit, MAX_PAGE))
    found = tasks.listing(tx, user_id=account.id, agent=EMPLOYEE, statuses=statuses, before=before, limit=limit + 1)
    mine = [task for task in found[:limit] if task.tenant_id == account.tenant_id]
    return _views(tx, account, mine), found[limit - 1].id if len(found) > limit else None


def task_of(tx: Tx, account: Account, task_id: str) -> tuple[TaskView, list[TaskEvent], list[ModelCall]]:
    """One task of the account's, its history and the calls of models made for it. Raises NotFound, whosever else it is."""
    task = tasks.get(tx, task_id) if is_id(task_id) else None
    if task is None or task.user_id != account.id or task.tenant_id != account.tenant_id:
        raise NotFound("there is no such task")
    return _views(tx, account, [task])[0], tasks.history(tx, task.id), model_calls.of_task(tx, task.id)


def agents_of(tx: Tx, account: Account) -> list[AgentView]:
    """The agents that serve the account's tenant, and the account's own assistant: who else has one is nobody's business."""
    found = []
    for serving in assignments.listing(tx, account.tenant_id):
        if serving.agent == ASSISTANT and serving.user_id != account.id:
            continue
        who = account_rows.by_id(tx, serving.user_id)
        if who is not None:
            name = who.display_name or who.email
            found.append(AgentView(serving.id, serving.agent, name, who.email, serving.enabled))
    return found


def _statuses(word: str) -> tuple[TaskStatus, ...]:
    found = tuple(status for status, said in tasks.EMPLOYEE_WORDS.items() if said == word)
    if not found:
        raise BadInput(f"{word[:40]!r} is not a state of a task; there are {', '.join(_words())}")
    return found


def _words() -> list[str]:
    return list(dict.fromkeys(tasks.EMPLOYEE_WORDS.values()))


def _views(tx: Tx, account: Account, found: Sequence[Task]) -> list[TaskView]:
    costs = usage.spent(tx, [task.id for task in found])
    about = usage.subjects(tx, [task.message_id for task in found])
    views = []
    for task in found:
        subject, header_id = about.get(task.message_id, ("", None))
        own = usage.own_copy(tx, account.id, header_id) if header_id and account.has_mailbox else None
        views.append(TaskView(task, subject, own, costs.get(task.id, Spent())))
    return views


def period(begin: Instant, moment: Instant, months: int) -> tuple[Instant, Instant]:
    """The period of that many months, counted from `begin`, that `moment` is in."""
    first = to_datetime(begin)
    passed = (to_datetime(moment).year - first.year) * 12 + to_datetime(moment).month - first.month
    count = passed // months
    if from_datetime(_later(first, count * months)) > moment:
        count -= 1
    count = max(count, 0)
    return from_datetime(_later(first, count * months)), from_datetime(_later(first, (count + 1) * months))


def _later(moment: datetime, months: int) -> datetime:
    """The same day and time some months later, or the last day of a month that is too short for it."""
    year, month = divmod(moment.month - 1 + months, 12)
    for day in range(moment.day, 27, -1):
        try:
            return moment.replace(year=moment.year + year, month=month + 1, day=day)
        except ValueError:
            continue
    return moment.replace(year=moment.year + year, month=month + 1)
