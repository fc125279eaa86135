"""The stop switch thrown while the employee is at work: nothing leaves, whatever the model said; what is queued is held."""

from __future__ import annotations

from typing import Any

import pytest

from mailwright.agents.employee import workflow
from mailwright.core import stops
from mailwright.core.dispatch import Dispatcher
from mailwright.domain import clock
from mailwright.domain.tasks import TaskStatus
from mailwright.storage.audit import SYSTEM
from tests.agents.conftest import Office
from tests.core.outbox.outbox_world import Scripted

TASK = "Please add up 17 and 25."


async def throw(office: Office) -> None:
    await office.core.write(lambda tx: stops.engage(tx, "installation", None, because="a test", by=SYSTEM))


async def test_before_a_run_begins(office: Office) -> None:
    message_id = await office.receive(TASK, sender="ada@mailwright.test", account="ada")
    await throw(office)
    assert await office.run(message_id) == TaskStatus.SKIPPED.value
    assert "stop switch" in (await office.task(message_id)).because
    assert await office.sent() == []


@pytest.mark.parametrize("step", ["judge", "begin", "work"])
async def test_between_any_two_steps(office: Office, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    done = getattr(workflow, step)

    async def and_then_stop(*arguments: Any) -> Any:
        found = await done(*arguments)
        await throw(office)
        return found

    monkeypatch.setattr(workflow, step, and_then_stop)
    message_id = await office.receive(TASK, sender="ada@mailwright.test", account="ada")
    await office.run(message_id)
    assert await office.sent() == []
    task = await office.task(message_id)
    assert task.status is not TaskStatus.COMPLETE
    assert not task.charged


async def test_after_the_answer_was_queued_it_is_held_and_leaves_once(office: Office) -> None:
    message_id = await office.receive(TASK, sender="dora@example.org")
    assert await office.run(message_id) == TaskStatus.COMPLETE.value
    await throw(office)
    transport, later = Scripted(), clock.now() + clock.HOUR
    dispatcher = Dispatcher(office.core, {"smtp": transport}, now=lambda: later)
    await dispatcher.drain()
    assert transport.took == []
    await office.core.write(lambda tx: stops.release(tx, "installation", None, by=SYSTEM))
    await dispatcher.drain()
    await dispatcher.drain()
    assert len(transport.took) == 1


async def test_a_person_s_own_switch_holds_what_was_answered_for_them_and_its_archive_copy(office: Office) -> None:
    await office.core.write(lambda tx: tx.execute("UPDATE domains SET journal_address = 'archive@example.net'"))
    message_id = await office.receive(TASK, sender="ada@mailwright.test", account="ada")
    assert await office.run(message_id) == TaskStatus.COMPLETE.value
    ours = [row for row, _ in await office.sent() if row.recipient.local in ("ada", "archive") and row.agent]
    assert {(row.agent, row.served_id) for row in ours} == {("employee", office.people["ada"])}
    assert len(ours) == 2
    await office.core.write(lambda tx: stops.engage(tx, "user", office.people["ada"], because="a test", by=SYSTEM))
    later = clock.now() + clock.HOUR
    await Dispatcher(office.core, {"smtp": Scripted()}, now=lambda: later).drain()
    assert {row.status for row, _ in await office.sent() if row.id in {each.id for each in ours}} == {"queued"}
