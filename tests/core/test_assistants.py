"""Switching the assistant on and off, what its owner chooses, and how long what it gathered is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailwright.agents.policy import ASSISTANT_GRANTS
from mailwright.core import Core, CoreSettings, accounts, assistants, domains, tasks
from mailwright.core.usage import agents_of, tasks_of
from mailwright.domain import clock
from mailwright.domain.clock import DAY
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import BadInput, NotFound, NotPermitted
from mailwright.domain.tasks import TaskStatus
from mailwright.storage import Database, Tx, assignments, open_blobs, triage
from mailwright.storage import tasks as task_rows
from mailwright.storage.accounts import Account
from mailwright.storage.audit import SYSTEM


@pytest.fixture
def core(any_database: Database, tmp_path: Path) -> Core:
    made = Core(any_database, open_blobs(any_database, f"file://{tmp_path}"), CoreSettings(hostname="mail.test"))
    any_database.write_now(lambda tx: domains.add(tx, "mailwright.test", tenant="demo"))
    return made


@pytest.fixture
def ada(core: Core) -> Account:
    return core.database.write_now(lambda tx: accounts.add_user(tx, core, "ada@mailwright.test", display_name="Ada"))


async def on(core: Core, account: Account, **chosen: Any) -> assistants.Assistant:
    return await core.write(lambda tx: assistants.switch_on(tx, core, account, by=SYSTEM, **chosen))


def test_what_core_grants_is_what_policy_says_and_sending_is_not_in_it() -> None:
    assert [each.value for each in ASSISTANT_GRANTS] == list(assistants.GRANTS)
    assert "send" not in assistants.GRANTS


async def test_what_was_chosen_stays_while_it_is_off(core: Core, ada: Account) -> None:
    assert await core.read(lambda tx: assistants.of(tx, ada.id)) is None
    await on(core, ada, threshold=0.9, facts="  We are open from 9 to 5.\n", languages=["de", "en", "de"])
    assert await core.write(lambda tx: assistants.switch_off(tx, core, ada, by=SYSTEM))
    assert not await core.write(lambda tx: assistants.switch_off(tx, core, ada, by=SYSTEM))
    assert await core.read(lambda tx: assistants.serving(tx, ada.id)) is None
    again = await on(core, ada)
    assert again.options == assistants.Options(threshold=0.9, facts="We are open from 9 to 5.", languages=("de", "en"))
    told = await core.read(lambda tx: [row[0] for row in tx.all("SELECT action FROM audit_events ORDER BY id")])
    assert [each for each in told if each.startswith("assistant.")] == [
        "assistant.switched-on",
        "assistant.switched-off",
        "assistant.switched-on",
    ]


@pytest.mark.parametrize(
    "chosen",
    [
        {"threshold": 1.1},
        {"threshold": "high"},
        {"kept_days": 0},
        {"kept_days": True},
        {"facts": "x" * 10_001},
        {"languages": ["tlh"]},
        {"drafts": "yes"},
        {"sends": True},
    ],
)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(core: Core, ada: Account, chosen: Any) -> None:
    await on(core, ada)
    with pytest.raises(BadInput):
        await core.write(lambda tx: assistants.change(tx, core, ada, by=SYSTEM, **chosen))
    found = await core.read(lambda tx: assistants.of(tx, ada.id))
    assert found is not None
    assert found.options == assistants.Options()


async def test_agents_have_none_and_guests_have_no_mailbox_here(core: Core, ada: Account) -> None:
    agent = await core.write(lambda tx: accounts.add_agent(tx, core, "main@mailwright.test", display_name="Mini Mouse"))
    with pytest.raises(NotPermitted):
        await on(core, agent)
    guest = await core.write(lambda tx: accounts.add_guest(tx, ada.tenant_id, "eve@example.org"))
    assert (await on(core, guest)).options.own_mailbox is False
    with pytest.raises(BadInput):
        await core.write(lambda tx: assistants.change(tx, core, guest, by=SYSTEM, own_mailbox=True))


async def test_who_never_had_one_cannot_choose(core: Core, ada: Account) -> None:
    with pytest.raises(NotFound):
        await core.write(lambda tx: assistants.change(tx, core, ada, by=SYSTEM, drafts=False))


async def test_whose_assistant_is_on_is_no_agent_and_nobody_elses_business(core: Core, ada: Account) -> None:
    bashir = await core.write(lambda tx: accounts.add_user(tx, core, "bashir@mailwright.test", display_name="Bashir"))
    await on(core, ada)
    assert not await core.read(lambda tx: assignments.is_agent_address(tx, ada.email))
    assert [each.agent for each in await core.read(lambda tx: agents_of(tx, ada))] == ["assistant"]
    assert await core.read(lambda tx: agents_of(tx, bashir)) == []


async def test_what_is_older_than_its_owner_wants_is_forgotten_and_the_rest_kept(core: Core, ada: Account) -> None:
    serving = await on(core, ada)

    def gathered(tx: Tx, age: int) -> str:
        item = triage.insert(
            tx,
            tenant_id=ada.tenant_id,
            user_id=ada.id,
            sender="eve@example.org",
            received_at=0,
            now=clock.now() - age,
            item_id=new_id(),
        )
        triage.update(
            tx, item.id, now=clock.now(), claims=[{"kind": "price", "text": "12 EUR"}], category="needs_reply"
        )
        task = tasks.create(
            tx,
            tenant_id=ada.tenant_id,
            agent="assistant",
            assignment_id=serving.id,
            message_id=item.id,
            correspondent="eve@example.org",
            user_id=ada.id,
        )
        task_rows.add_snapshot(tx, task.id, '{"task_id": "x"}', clock.now() - age)
        return item.id

    old = await core.write(lambda tx: gathered(tx, 91 * DAY))
    middle = await core.write(lambda tx: gathered(tx, 31 * DAY))
    new = await core.write(lambda tx: gathered(tx, DAY))

    async def left() -> list[bool]:
        items = [await core.read(lambda tx, id=each: triage.by_id(tx, id)) for each in (old, middle, new)]  # type: ignore[misc]
        assert all(item is not None and item.category == "needs_reply" for item in items)
        return [bool(item.claims) for item in items if item is not None]

    assert await assistants.forget(core) == 1
    assert await left() == [False, True, True]
    await core.write(lambda tx: assistants.change(tx, core, ada, by=SYSTEM, kept_days=30))
    assert await assistants.forget(core) == 1
    assert await left() == [False, False, True]
    assert await assistants.forget(core) == 0


async def test_its_tasks_are_not_among_those_a_person_asked_for(core: Core, ada: Account) -> None:
    serving = await on(core, ada)
    await core.write(
        lambda tx: tasks.create(
            tx,
            tenant_id=ada.tenant_id,
            agent="assistant",
            assignment_id=serving.id,
            message_id=new_id(),
            correspondent="eve@example.org",
            user_id=ada.id,
        )
    )
    assert await core.read(lambda tx: tasks_of(tx, ada, limit=10)) == ([], None)


async def test_what_is_complete_is_done_once_more_only_where_that_does_no_harm(core: Core, ada: Account) -> None:
    def made(tx: Tx) -> str:
        task = tasks.create(
            tx,
            tenant_id=ada.tenant_id,
            agent="assistant",
            assignment_id=new_id(),
            message_id=new_id(),
            correspondent="eve@example.org",
        )
        tasks.move(tx, task.id, TaskStatus.RUNNING)
        return tasks.finish(tx, task.id, TaskStatus.COMPLETE, because="done").id

    task_id = await core.write(made)
    with pytest.raises(tasks.IllegalMove):
        await core.write(lambda tx: tasks.requeue(tx, task_id))
    again = await core.write(lambda tx: tasks.requeue(tx, task_id, even_complete=True))
    assert (again.status, again.generation) == (TaskStatus.QUEUED, 2)
