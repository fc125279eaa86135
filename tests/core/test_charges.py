"""Charging: once a task, never past the limit, and a failed task costs nothing; on both databases, with many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailwright.core import Core, CoreSettings, accounts, charges, domains, tasks, usage
from mailwright.core.accounts import Account
from mailwright.core.charges import Charged
from mailwright.domain.clock import DAY, now
from mailwright.domain.ids import new_id
from mailwright.domain.plans import Plan
from mailwright.domain.refusals import NotFound
from mailwright.domain.tasks import Stage, TaskStatus
from mailwright.storage import Database, Tx, open_blobs
from mailwright.storage import accounts as account_rows
from mailwright.storage import billing as billing_rows
from mailwright.storage import charges as charge_rows

ADA = "ada@mailwright.test"


def plan(tasks: int | None = 2, period: str = "ever") -> Plan:
    return Plan("small", "Small", 0, tasks, period)  # type: ignore[arg-type]


def with_plan(core: Core, wanted: Plan) -> Core:
    return Core(core.database, core.blobs, replace(core.settings, plans=(wanted,)))


def begun(tx: Tx, user_id: str | None) -> str:
    """A task that has begun; its id."""
    task = tasks.create(
        tx,
        tenant_id=new_id(),
        agent="employee",
        assignment_id=new_id(),
        message_id=new_id(),
        correspondent="eve@example.org",
        user_id=user_id,
    )
    tasks.start_attempt(tx, task.id, Stage.GATHER, attempt=1)
    return task.id


@dataclass
class Ada:
    """Her account, and what is done with it."""

    core: Core
    account: Account = field(init=False)

    def __post_init__(self) -> None:
        self.account = self.core.database.read_now(lambda tx: accounts.find(tx, ADA))

    def task(self) -> str:
        return self.core.database.write_now(lambda tx: begun(tx, self.account.id))

    def charge(self, task_id: str | None = None) -> Charged:
        wanted = task_id or self.task()
        return self.core.database.write_now(lambda tx: charges.charge(tx, self.core, wanted))

    def give_back(self, task_id: str) -> bool:
        return self.core.database.write_now(lambda tx: charges.give_back(tx, task_id))

    def used(self) -> int:
        return self.core.database.read_now(lambda tx: usage.of_account(tx, self.core, self.account)).tasks_used


@pytest.fixture
def ada(core: Core) -> Ada:
    return Ada(with_plan(core, plan()))


def test_a_task_is_charged_and_says_what_is_used(ada: Ada) -> None:
    found = ada.charge()
    assert (found.granted, found.because) == (True, "charged: 1 of 2 tasks of the plan Small are used")
    assert found.usage is not None
    assert (found.usage.tasks_used, found.usage.tasks_limit, ada.used()) == (1, 2, 1)


def test_a_step_that_runs_again_charges_nothing_more(ada: Ada) -> None:
    task_id = ada.task()
    ada.charge(task_id)
    again = ada.charge(task_id)
    assert (again.granted, again.because, ada.used()) == (True, "it is charged already", 1)


def test_the_limit_is_not_passed_and_the_refusal_says_why(ada: Ada) -> None:
    assert [ada.charge().granted for _ in range(4)] == [True, True, False, False]
    refused = ada.charge()
    assert refused.because == "the limit is reached: 2 of 2 tasks of the plan Small are used"
    assert ada.used() == 2


def test_a_task_that_is_charged_goes_on_at_the_limit(ada: Ada) -> None:
    charged = ada.task()
    ada.charge(charged)
    ada.charge()
    assert ada.charge(charged).granted


def test_a_charge_that_is_given_back_makes_room_for_one(ada: Ada) -> None:
    first = ada.task()
    for task_id in (first, None):
        ada.charge(task_id)
    assert ada.give_back(first)
    assert not ada.give_back(first)
    assert ada.used() == 1
    assert [ada.charge().granted for _ in range(2)] == [True, False]


@pytest.mark.parametrize("end", [each for each in TaskStatus if each.is_final])
def test_a_task_that_ends_without_its_work_costs_nothing_whoever_ends_it(ada: Ada, end: TaskStatus) -> None:
    task_id = ada.task()
    ada.charge(task_id)
    ended = ada.core.database.write_now(lambda tx: tasks.finish(tx, task_id, end, because="it ended"))
    assert ended.charged is (end is TaskStatus.COMPLETE)
    assert ada.used() == int(end is TaskStatus.COMPLETE)
    assert not ada.give_back(task_id) or end is TaskStatus.COMPLETE


def test_a_move_that_is_refused_gives_nothing_back(ada: Ada) -> None:
    task_id = ada.task()
    ada.charge(task_id)
    ada.core.database.write_now(lambda tx: tasks.finish(tx, task_id, TaskStatus.COMPLETE, because="done"))
    with pytest.raises(tasks.IllegalMove):
        ada.core.database.write_now(lambda tx: tasks.finish(tx, task_id, TaskStatus.FAILED, because="late"))
    assert ada.used() == 1


def test_what_was_never_charged_gives_nothing_back(ada: Ada) -> None:
    assert not ada.give_back(ada.task())
    assert not ada.give_back(new_id())


def test_a_settled_task_is_not_charged_any_more(ada: Ada) -> None:
    task_id = ada.task()
    ada.core.database.write_now(lambda tx: tasks.finish(tx, task_id, TaskStatus.FAILED, because="no model"))
    found = ada.charge(task_id)
    assert (found.granted, found.because, ada.used()) == (False, "the task is failed already", 0)


def test_a_failed_task_that_is_asked_for_again_is_charged_again(ada: Ada) -> None:
    task_id = ada.task()
    ada.charge(task_id)

    def fail_and_ask_again(tx: Tx) -> None:
        tasks.finish(tx, task_id, TaskStatus.FAILED, because="no model")
        tasks.requeue(tx, task_id)

    ada.core.database.write_now(fail_and_ask_again)
    assert ada.used() == 0
    assert ada.charge(task_id).granted
    assert ada.used() == 1


@pytest.mark.parametrize("charged_before", [False, True])
def test_a_blocked_person_gets_no_work(ada: Ada, charged_before: bool) -> None:
    task_id = ada.task()
    if charged_before:
        ada.charge(task_id)
    ada.core.database.write_now(lambda tx: account_rows.set_status(tx, ada.account.id, "blocked"))
    found = ada.charge(task_id)
    assert (found.granted, found.because) == (False, f"{ADA} is blocked")


def test_nobody_is_charged_for_a_stranger(ada: Ada) -> None:
    task_id = ada.core.database.write_now(lambda tx: begun(tx, None))
    found = ada.charge(task_id)
    assert (found.granted, found.usage) == (True, None)
    assert found.because == "nobody is charged: the sender is not proven to be anybody"
    assert not ada.core.database.read_now(lambda tx: tasks.get(tx, task_id)).charged


def test_a_task_of_an_account_that_is_gone_is_refused(ada: Ada) -> None:
    task_id = ada.core.database.write_now(lambda tx: begun(tx, new_id()))
    assert ada.charge(task_id).because == "the account is gone"


def test_a_task_there_is_not_is_not_found(ada: Ada) -> None:
    with pytest.raises(NotFound):
        ada.charge(new_id())


def test_a_plan_without_a_limit_counts_and_never_refuses(core: Core) -> None:
    ada = Ada(with_plan(core, plan(None, "month")))
    assert all(ada.charge().granted for _ in range(5))
    assert ada.charge().because == "charged: 6 tasks are used this month, and the plan Small has no limit"


def test_a_year_ends_and_the_count_starts_again(core: Core) -> None:
    ada = Ada(with_plan(core, plan(1, "year")))
    old = ada.task()
    ada.core.database.write_now(
        lambda tx: tx.execute("UPDATE users SET created_at = ? WHERE id = ?", (now() - 400 * DAY, ada.account.id))
    )
    ada.core.database.write_now(lambda tx: charge_rows.mark(tx, old, now() - 100 * DAY))
    assert ada.charge().granted
    refused = ada.charge()
    assert not refused.granted
    assert "the count starts again on 2" in refused.because


def test_a_year_is_counted_from_when_the_subscription_began(core: Core) -> None:
    ada = Ada(with_plan(core, plan(2, "year")))
    begun_at = now() - 10 * DAY

    def subscribe(tx: Tx) -> None:
        tx.execute("UPDATE users SET plan = 'small' WHERE id = ?", (ada.account.id,))
        billing_rows.add_customer(tx, ada.account.id, "cus_1", now())
        held = billing_rows.of_user(tx, ada.account.id)
        assert held is not None
        billing_rows.put(tx, replace(held, plan="small", status="active", began_at=begun_at))

    for at in (now() - 20 * DAY, now() - 5 * DAY):
        task_id = ada.task()
        ada.core.database.write_now(lambda tx, t=task_id, a=at: charge_rows.mark(tx, t, a))  # type: ignore[misc]
    assert ada.used() == 0  # the account is a moment old
    ada.core.database.write_now(subscribe)
    assert ada.used() == 1


# --- many at once ---------------------------------------------------------------------------------------------------

Pool = Callable[[Iterable[Callable[[], object]]], None]


@pytest.fixture
def together() -> Iterator[Pool]:
    """Runs functions in threads that stay: each keeps its connection to the database."""
    with ThreadPoolExecutor(12) as pool:

        def run(work: Iterable[Callable[[], object]]) -> None:
            for done in [pool.submit(each) for each in work]:
                done.result()

        yield run


@dataclass
class Run:
    """What several workers do: each charges tasks, some again, and gives some back."""

    limit: int
    workers: list[list[tuple[int, bool]]]
    """For every worker the tasks it charges, each with whether it fails afterwards."""


@st.composite
def runs(draw: st.DrawFn) -> Run:
    count = draw(st.integers(1, 8))
    step = st.tuples(st.integers(0, count - 1), st.booleans())
    return Run(draw(st.integers(0, 5)), draw(st.lists(st.lists(step, min_size=1, max_size=4), min_size=2, max_size=6)))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(run=runs())
def test_many_tasks_at_once_never_pass_the_limit(
    any_database: Database, tmp_path: Path, together: Pool, run: Run
) -> None:
    core = Core(
        any_database,
        open_blobs(any_database, f"file://{tmp_path}"),
        CoreSettings(plans=(Plan("small", "Small", 0, run.limit, "ever"),)),
    )

    def people(tx: Tx) -> str:
        if tx.one("SELECT 1 FROM domains WHERE name = 'mailwright.test'") is None:
            domains.add(tx, "mailwright.test")
        return accounts.add_user(tx, core, f"u{new_id()}@mailwright.test").id

    user_id = any_database.write_now(people)
    account = any_database.read_now(lambda tx: account_rows.by_id(tx, user_id))
    assert account is not None
    ids = [any_database.write_now(lambda tx: begun(tx, user_id)) for _ in range(8)]
    said: list[tuple[int, Charged]] = []
    returned: list[int] = []

    def work(steps: list[tuple[int, bool]]) -> None:
        for index, fails in steps:
            said.append((index, any_database.write_now(lambda tx, i=index: charges.charge(tx, core, ids[i]))))  # type: ignore[misc]
            if fails and any_database.write_now(lambda tx, i=index: charges.give_back(tx, ids[i])):  # type: ignore[misc]
                returned.append(index)

    together([lambda steps=steps: work(steps) for steps in run.workers])  # type: ignore[misc]

    used = any_database.read_now(lambda tx: usage.of_account(tx, core, account)).tasks_used
    charged = Counter(index for index, found in said if found.because.startswith("charged:"))
    given = Counter(returned)
    assert all(found.usage is not None and found.usage.tasks_used <= run.limit for _, found in said)
    # What was charged and not given back is what is used: nothing was counted twice, and nothing lost.
    assert used == sum(charged.values()) - sum(given.values()) <= run.limit
    assert all(charged[index] - given[index] in (0, 1) for index in range(8))
    # Whoever was refused was refused by the limit, and with room left nobody is.
    assert all(found.granted or found.because.startswith("the limit is reached") for _, found in said)
    free = run.limit - used
    fresh = [any_database.write_now(lambda tx: begun(tx, user_id)) for _ in range(free + 1)]
    granted = [any_database.write_now(lambda tx, t=each: charges.charge(tx, core, t)).granted for each in fresh]  # type: ignore[misc]
    assert granted == [True] * free + [False]


def test_fifty_tasks_at_once_get_what_the_plan_has(core: Core, together: Pool) -> None:
    ada = Ada(with_plan(core, plan(5)))
    made = [ada.task() for _ in range(50)]
    answers: list[Charged] = []
    together([lambda t=each: answers.append(ada.charge(t)) for each in made])  # type: ignore[misc]
    assert sum(found.granted for found in answers) == ada.used() == 5
