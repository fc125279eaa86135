"""Follow-ups of Ada's, spoken for by the concierge of mailwright.test, on a core of each kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mailwright.core import Core, accounts
from mailwright.core.accounts import Account
from mailwright.core.followups import making
from mailwright.core.followups.making import NewFollowup
from mailwright.domain import clock
from mailwright.domain.clock import HOUR
from mailwright.domain.followups import Action
from mailwright.storage import Tx, assignments
from mailwright.storage.audit import Actor
from mailwright.storage.followups import Followup

ADA = Actor("ada@mailwright.test")

Make = Callable[..., Followup]


def wanted(**changes: Any) -> NewFollowup:
    """To call the clinic in an hour."""
    values: dict[str, Any] = {
        "what": "Call the clinic",
        "who": "Dr. Okafor",
        "context": "about the test results",
        "action": Action.REMIND,
        "phrase": "in an hour",
        "zone": "Europe/Vienna",
        "readings": ({"begins": "2026-11-20T09:00:00"},),
        "rule": "",
        "language": "en",
        "waits_for": "",
        "waits_from": "",
        "due_at": clock.now() + HOUR,
        "question": False,
    }
    return NewFollowup(**(values | changes))


@pytest.fixture
def concierge(core: Core) -> Account:
    """The concierge's mailbox."""

    def make(tx: Tx) -> Account:
        account = accounts.add_agent(tx, core, "concierge@mailwright.test", display_name="Concierge")
        assignments.add(tx, account.tenant_id, making.AGENT, account.id, grants=("read", "reply"))
        return account

    return core.database.write_now(make)


@pytest.fixture
def ada(core: Core) -> Account:
    return core.database.read_now(lambda tx: accounts.find(tx, "ada@mailwright.test"))


@pytest.fixture
def make(core: Core, concierge: Account, ada: Account) -> Make:
    """Makes a follow-up of Ada's, each another one."""
    made = iter(range(1_000_000))

    def make_one(**changes: Any) -> Followup:
        key = changes.pop("key", f"the {next(made)}th")
        return core.database.write_now(lambda tx: making.add(tx, core, ada, wanted(**changes), key=key))

    return make_one
