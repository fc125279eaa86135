"""What is left of somebody's plan."""

from pathlib import Path
from typing import Any

import pytest

from mailwright.core import accounts, charges, tasks
from mailwright.domain.ids import new_id
from mailwright.installation import build_core
from mailwright.settings import load
from mailwright.storage import Tx
from tests.cli.conftest import Run, json_of, refusal_of

ADA = "ada@mailwright.test"


def work(count: int, email: str = ADA) -> str:
    """Some tasks are done for somebody; their id."""
    core = build_core(load())

    def write(tx: Tx) -> str:
        account = accounts.find(tx, email)
        for _ in range(count):
            task = tasks.create(
                tx,
                tenant_id=account.tenant_id,
                agent="employee",
                assignment_id=new_id(),
                message_id=new_id(),
                correspondent=email,
                user_id=account.id,
            )
            charges.charge(tx, core, task.id)
        return account.id

    found = core.database.write_now(write)
    core.database.close()
    return found


def check(run: Run, *words: str) -> Any:
    return json_of(run("quota", "check", *words))


def test_what_is_left_is_said_by_id_and_by_address(run: Run, installed: Path) -> None:
    user_id = work(2)
    assert check(run, "--user-id", user_id) == {
        "user_id": user_id,
        "email": ADA,
        "allowed": True,
        "remaining": 3,
        "used": 2,
        "limit": 5,
        "plan": "free",
        "period": None,
        "because": "2 of 5 tasks of the plan Free are used",
    }
    assert check(run, "--email", "Ada@Mailwright.test") == check(run, "--user-id", user_id)


def test_at_the_limit_it_says_no_and_why(run: Run, installed: Path) -> None:
    work(7)
    found = check(run, "--email", ADA)
    assert (found["allowed"], found["remaining"], found["used"]) == (False, 0, 5)
    assert found["because"] == "the limit is reached: 5 of 5 tasks of the plan Free are used"


def test_a_plan_given_by_hand_counts_at_once(run: Run, installed: Path) -> None:
    work(7)
    given = json_of(run("quota", "plan", "paid_200", "--email", ADA))
    assert (given["plan"], given["limit"], given["remaining"], given["allowed"]) == ("paid_200", None, None, True)
    assert "free, paid_20, paid_200" in refusal_of(run("quota", "plan", "gold", "--email", ADA))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "give one of --user-id and --email"),
        (("--user-id", "x", "--email", ADA), "give one of --user-id and --email"),
        (("--user-id", "x"), "there is no user x"),
        (("--user-id", "01890000-0000-7000-8000-000000000001"), "there is no user"),
        (("--email", "nobody@example.org"), "there is no user nobody@example.org"),
        (("--email", "nobody"), "not a mail address"),
    ],
)
def test_nobody_is_one_clear_line(run: Run, installed: Path, words: tuple[str, ...], says: str) -> None:
    assert says in refusal_of(run("quota", "check", *words))
