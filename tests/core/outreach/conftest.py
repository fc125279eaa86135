"""Outreach of Ada's, Bashir's and Chen's, on a core of each kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mailwright.core import Core, accounts, tasks
from mailwright.core.accounts import Account
from mailwright.core.outreach import making
from mailwright.core.outreach.making import Wish
from mailwright.domain import clock
from mailwright.domain.tasks import TaskStatus
from mailwright.storage import Tx, outreachsteps
from mailwright.storage import outreach as rows
from mailwright.storage.audit import Actor
from mailwright.storage.outreach import Batch, Outreach

ADA = Actor("ada@mailwright.test")
TEMPLATE = "Dear {{name}},\n\nI read about your work on {{interest}}.\n\nAda"

Make = Callable[..., Outreach]
MakeBatch = Callable[..., Batch]


def wish(name: str = "Dr. Amara Okafor", **values: Any) -> Wish:
    """A mail to Dr. Okafor, or somebody else."""
    return Wish(**({"name": name, "template": TEMPLATE, "interest": "tidal energy"} | values))


def everybody(core: Core, **limits: int) -> None:
    """Let other limits be those of the installation."""
    core.settings = replace(core.settings, outreach=replace(core.settings.outreach, **limits))


def finished(tx: Tx, outreach_id: str, **values: Any) -> None:
    """As the scribe leaves a mail that it has written."""
    now = clock.now()
    if tasks.get(tx, outreach_id).status is TaskStatus.QUEUED:
        tasks.move(tx, outreach_id, TaskStatus.RUNNING)
    outreachsteps.begin(tx, outreach_id, "composer", now)
    outreachsteps.finish(tx, outreach_id, "composer", "{}", now=now, latency_us=1)
    rows.update(tx, outreach_id, now=now, **({"subject": "Tidal energy", "body": "Dear Dr. Okafor, hello."} | values))
    tasks.finish(tx, outreach_id, TaskStatus.COMPLETE, because="it is written")


def person(core: Core, name: str) -> Account:
    """The account of Ada, Bashir or Chen."""
    return core.database.read_now(lambda tx: accounts.find(tx, f"{name}@mailwright.test"))


@pytest.fixture
def ada(core: Core) -> Account:
    return person(core, "ada")


@pytest.fixture
def bashir(core: Core) -> Account:
    return person(core, "bashir")


@pytest.fixture
def chen(core: Core) -> Account:
    return person(core, "chen")


@pytest.fixture
def make(core: Core, ada: Account) -> Make:
    """Makes a mail of Ada's (or of `owner`), each another one."""

    def make_one(name: str = "Dr. Amara Okafor", *, owner: Account = ada, key: str = "", **values: Any) -> Outreach:
        return core.database.write_now(lambda tx: making.make(tx, core, owner, wish(name, **values), key=key))

    return make_one


@pytest.fixture
def make_batch(core: Core, ada: Account) -> MakeBatch:
    """Makes a batch of Ada's (or of `owner`) to that many recipients."""

    def make_one(many: int, *, owner: Account = ada, key: str = "", name: str = "Spring") -> Batch:
        wanted = [wish(f"Person {number}", email=f"p{number}@recipient.example") for number in range(1, many + 1)]
        return core.database.write_now(lambda tx: making.make_batch(tx, core, owner, wanted, name=name, key=key))

    return make_one
