"""The dashboard: everybody's own plan, tasks and agents, and nobody else's."""

from datetime import UTC, datetime

import pytest

from mailwright.core import Core, accounts, charges, domains, tasks, usage
from mailwright.domain.clock import DAY, from_datetime, now
from mailwright.domain.ids import new_id
from mailwright.domain.tasks import Stage, TaskStatus
from mailwright.storage import Tx, assignments, model_calls
from mailwright.storage.model_calls import ModelCall
from tests.protocols.api.people import Browser, MakeBrowser, give_password
from tests.protocols.api.test_mailviews import file_message

ADA, BASHIR = "ada@mailwright.test", "bashir@mailwright.test"


def task_for(core: Core, email: str, *, kind: str = "reply", status: TaskStatus = TaskStatus.COMPLETE) -> str:
    """A settled task that was done for somebody."""
    message_id = file_message(core, email)

    def write(tx: Tx) -> str:
        account = accounts.find(tx, email)
        task = tasks.create(
            tx,
            tenant_id=account.tenant_id,
            agent="employee",
            assignment_id=new_id(),
            message_id=message_id,
            correspondent=email,
            user_id=account.id,
        )
        tasks.start_attempt(tx, task.id, Stage.GATHER, attempt=1)
        call = ModelCall("work", "rules", 100, 20, 0.0125, 1_500_000, "ok", now())
        model_calls.add(tx, call, task_id=task.id)
        if kind in ("reply", "apology"):  # what was asked for was work
            charges.charge(tx, core, task.id)
        tasks.finish(tx, task.id, status, because="judged a task (0.90)", kind=kind)
        return task.id

    return core.database.write_now(write)


@pytest.fixture
async def ada(browser: MakeBrowser) -> Browser:
    made = browser()
    await made.sign_in(ADA)
    return made


async def test_only_work_that_was_done_counts(core: Core, ada: Browser) -> None:
    task_for(core, ADA)
    task_for(core, ADA, kind="clarify")
    task_for(core, ADA, kind="", status=TaskStatus.SKIPPED)
    task_for(core, ADA, kind="apology", status=TaskStatus.FAILED)
    task_for(core, BASHIR)
    body = (await ada.get("/api/user/usage")).json()
    assert (body["tasks_used"], body["tasks_limit"], body["plan"], body["plan_name"]) == (1, 5, "free", "Free")
    assert body["period"] is None
    assert set(body["mailbox"]) == {"used_bytes", "quota_bytes"}


async def test_a_plan_of_a_year_begins_with_the_account(core: Core, ada: Browser) -> None:
    task_for(core, ADA)
    core.database.write_now(
        lambda tx: tx.execute(
            "UPDATE users SET plan = 'paid_20', created_at = ? WHERE email = ?", (now() - 400 * DAY, ADA)
        )
    )
    body = (await ada.get("/api/user/usage")).json()
    assert (body["tasks_used"], body["tasks_limit"]) == (1, 50)
    subscription = (await ada.get("/api/user/subscription")).json()
    assert subscription["renewal_date"] == body["period"]["to"]
    assert (subscription["status"], subscription["manageable"]) == ("active", False)


async def test_a_plan_without_a_limit_says_null(core: Core, ada: Browser) -> None:
    core.database.write_now(lambda tx: tx.execute("UPDATE users SET plan = 'paid_200' WHERE email = ?", (ADA,)))
    assert (await ada.get("/api/user/usage")).json()["tasks_limit"] is None


async def test_a_plan_that_is_no_more_counts_as_the_first(core: Core, ada: Browser) -> None:
    core.database.write_now(lambda tx: tx.execute("UPDATE users SET plan = 'gold' WHERE email = ?", (ADA,)))
    body = (await ada.get("/api/user/subscription")).json()
    assert (body["plan"], body["renewal_date"]) == ("free", None)


@pytest.mark.parametrize(
    ("begin", "moment", "months", "since", "until"),
    [
        ((2026, 1, 31), (2026, 2, 28, 12), 1, (2026, 2, 28), (2026, 3, 31)),
        ((2026, 1, 31), (2026, 2, 27), 1, (2026, 1, 31), (2026, 2, 28)),
        ((2024, 2, 29), (2026, 2, 28), 12, (2026, 2, 28), (2027, 2, 28)),
        ((2026, 5, 5), (2026, 5, 5), 12, (2026, 5, 5), (2027, 5, 5)),
        ((2026, 12, 15), (2027, 1, 14), 1, (2026, 12, 15), (2027, 1, 15)),
    ],
)
def test_a_period_is_counted_from_the_day_of_the_account(
    begin: tuple[int, ...], moment: tuple[int, ...], months: int, since: tuple[int, ...], until: tuple[int, ...]
) -> None:
    found = usage.period(_at(begin), _at(moment), months)
    assert found == (_at(since), _at(until))


def _at(parts: tuple[int, ...]) -> int:
    return from_datetime(datetime(*parts, tzinfo=UTC))  # type: ignore[arg-type,misc]


async def test_a_task_is_shown_with_its_history_and_cost(core: Core, ada: Browser) -> None:
    task_id = task_for(core, ADA)
    listed = (await ada.get("/api/user/tasks")).json()
    assert listed["next"] is None
    shown = listed["tasks"][0]
    assert (shown["id"], shown["status"], shown["subject"]) == (task_id, "complete", "Plugh")
    assert (shown["cost_usd"], shown["tokens"], shown["because"]) == (0.0125, 120, "judged a task (0.90)")
    one = (await ada.get(f"/api/user/tasks/{task_id}")).json()
    assert [event["status"] for event in one["events"]] == ["queued", "running", "complete"]
    assert one["model_calls"][0]["seconds"] == 1.5


async def test_tasks_come_in_pages(core: Core, ada: Browser) -> None:
    made = [task_for(core, ADA) for _ in range(3)]
    first = (await ada.get("/api/user/tasks?limit=2")).json()
    second = (await ada.get(f"/api/user/tasks?limit=2&before={first['next']}")).json()
    assert [task["id"] for task in first["tasks"] + second["tasks"]] == made[::-1]
    assert second["next"] is None
    assert (await ada.get("/api/user/tasks?status=failed")).json()["tasks"] == []
    assert len((await ada.get("/api/user/tasks?status=complete")).json()["tasks"]) == 3


@pytest.mark.parametrize("query", ["before=x", "before=%00", "status=odd", "limit=0", "limit=x", "limit=101"])
async def test_a_query_that_makes_no_sense_is_refused(ada: Browser, query: str) -> None:
    assert (await ada.get(f"/api/user/tasks?{query}")).status_code in (400, 422)


async def test_nobody_sees_the_tasks_of_somebody_else(core: Core, browser: MakeBrowser) -> None:
    task_id = task_for(core, ADA)
    bashir, nobody = browser(), browser()
    await bashir.sign_in(BASHIR)
    assert (await bashir.get("/api/user/tasks")).json()["tasks"] == []
    assert (await bashir.get(f"/api/user/tasks/{task_id}")).status_code == 404
    for path in ("usage", "subscription", "tasks", f"tasks/{task_id}", "agents"):
        assert (await nobody.get(f"/api/user/{path}")).status_code == 401


async def test_another_tenant_sees_neither_tasks_nor_agents(core: Core, browser: MakeBrowser) -> None:
    task_id = task_for(core, ADA)

    def people(tx: Tx) -> None:
        domains.add(tx, "other.test", tenant="other")
        accounts.add_user(tx, core, "chen@other.test", role="admin")
        agent = accounts.add_agent(tx, core, "main@mailwright.test", display_name="Mini Mouse")
        assignments.add(tx, agent.tenant_id, "employee", agent.id, grants=[])

    core.database.write_now(people)
    give_password(core, "chen@other.test")
    chen, ada = browser(), browser()
    await chen.sign_in("chen@other.test")
    await ada.sign_in(ADA)
    assert (await chen.get(f"/api/user/tasks/{task_id}")).status_code == 404
    assert (await chen.get("/api/user/agents")).json() == {"agents": []}
    shown = (await ada.get("/api/user/agents")).json()["agents"]
    assert [(each["agent"], each["name"], each["email"], each["enabled"]) for each in shown] == [
        ("employee", "Mini Mouse", "main@mailwright.test", True)
    ]


async def test_the_plans_are_public(browser: MakeBrowser) -> None:
    plans = (await browser().get("/api/user/plans")).json()["plans"]
    assert [(plan["id"], plan["tasks"], plan["period"]) for plan in plans] == [
        ("free", 5, "ever"),
        ("paid_20", 50, "year"),
        ("paid_200", None, "month"),
    ]
