"""Traces, usage, contacts and figures ask both databases the same."""

import pytest

from mailwright.core import Core, accept, accounts, charges, contacts, messages, status, tasks, traces, usage
from mailwright.domain.envelope import Verdict
from mailwright.domain.ids import new_id
from mailwright.domain.tasks import Stage, TaskStatus
from mailwright.storage import Tx
from mailwright.storage.accounts import Account
from tests.core.conftest import envelope, letter


@pytest.fixture
async def message_id(core: Core) -> str:
    """A letter to Ada that became a task of hers, done."""
    came = envelope("ada@mailwright.test")
    await accept.accept(core, came, letter(), Verdict())

    def write(tx: Tx) -> str:
        ada = accounts.find(tx, "ada@mailwright.test")
        found: str = tx.scalar("SELECT id FROM messages WHERE user_id = ?", (ada.id,))
        task = tasks.create(
            tx,
            tenant_id=ada.tenant_id,
            agent="employee",
            assignment_id=new_id(),
            message_id=found,
            correspondent="eve@example.org",
            user_id=ada.id,
            correlation_id=came.correlation_id,
        )
        tasks.start_attempt(tx, task.id, Stage.GATHER, attempt=1)
        charges.charge(tx, core, task.id)
        tasks.enter(tx, task.id, Stage.DECIDE, detail="judged a task (0.90)")
        tasks.finish(tx, task.id, TaskStatus.COMPLETE, because="judged a task (0.90)", kind="reply")
        return found

    return await core.write(write)


async def ada_of(core: Core) -> Account:
    return await core.read(lambda tx: accounts.find(tx, "ada@mailwright.test"))


@pytest.mark.parametrize("everything", [True, False])
async def test_a_message_has_a_way(core: Core, message_id: str, everything: bool) -> None:
    def read(tx: Tx) -> str:
        return traces.of_message(tx, messages.load(tx, message_id), everything=everything).summary

    assert await core.read(read) == "received → filed (INBOX) → judged a task (0.90) → answered"


@pytest.mark.parametrize("asked", ["<1@example.org>", "1@example.org", "eve@example.org", "ada@mailwright.test", None])
async def test_a_message_is_found(core: Core, message_id: str, asked: str | None) -> None:
    def find(tx: Tx) -> list[str]:
        message = messages.load(tx, message_id)
        found = traces.find(tx, asked or message.correlation_id, tenant_id=message.tenant_id)
        assert traces.find(tx, asked or message.correlation_id, tenant_id=None) == found
        return [each.id for each in found]

    assert await core.read(find) == [message_id]


async def test_a_correlation_of_a_client_is_found_too(core: Core, message_id: str) -> None:
    await core.write(lambda tx: tx.execute("UPDATE messages SET correlation_id = 'order-7'"))
    found = await core.read(lambda tx: traces.find(tx, "order-7", tenant_id=None))
    assert [each.id for each in found] == [message_id]


async def test_usage_and_tasks_add_up(core: Core, message_id: str) -> None:
    ada = await ada_of(core)
    assert (await core.read(lambda tx: usage.of_account(tx, core, ada))).tasks_used == 1
    views, following = await core.read(lambda tx: usage.tasks_of(tx, ada, limit=5, word="complete"))
    assert [(view.subject, view.own_message_id, following) for view in views] == [("Hello", message_id, None)]


async def test_the_median_and_contacts_are_asked(core: Core, message_id: str) -> None:
    assert message_id
    assert await core.read(status.median_response) is not None
    people = await contacts.Contacts(core).find(await ada_of(core), "")
    assert [person.email for person in people] == ["eve@example.org", "bashir@mailwright.test", "chen@mailwright.test"]
