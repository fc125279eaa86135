"""Carrying out an approval: the stored bytes, once, and only if what was true at the yes still is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from mailwright.agents.approved import approved
from mailwright.codecs import mime
from mailwright.core import approvals, stops
from mailwright.core.dispatch import Dispatcher
from mailwright.domain.clock import DAY, MINUTE
from mailwright.storage import Tx, accounts, assignments, effects, mailboxes, views
from mailwright.storage.approvals import Approval
from mailwright.storage.audit import SYSTEM
from tests.core.approvals.conftest import ADDRESS, AGENT, BY_ADA, Desk
from tests.core.outbox.outbox_world import Scripted


async def say_yes(desk: Desk, asked: Approval) -> None:
    await desk.core.write(lambda tx: approvals.approve(tx, desk.core, asked.id, BY_ADA, user_id=asked.user_id))


async def in_sent(desk: Desk) -> int:
    def count(tx: Tx) -> int:
        mailbox = mailboxes.by_role(tx, desk.agent_id, "sent")
        assert mailbox is not None
        return len(views.first_uids(tx, mailbox.id, 10))

    return await desk.core.read(count)


async def test_the_stored_bytes_leave_once_and_are_in_the_agent_s_sent(desk: Desk) -> None:
    raw = desk.letter("Exactly this.")
    asked = await desk.ask(raw=raw, recipients=["chen@example.org", "dora@example.net"])
    await say_yes(desk, asked)
    assert await approved(asked.id) == "done"
    assert await approved(asked.id) == "done"
    rows = await desk.outbox()
    assert [row.idempotency_key for row in rows] == [
        f"approval:{asked.id}:chen@example.org",
        f"approval:{asked.id}:dora@example.net",
    ]
    assert {(row.agent, row.served_id, str(row.sender)) for row in rows} == {(AGENT, desk.ada, ADDRESS)}
    transport = Scripted()
    desk.now.moment += MINUTE
    await Dispatcher(desk.core, {"smtp": transport}, now=desk.now).drain()
    assert [took[2].endswith(raw) for took in transport.took] == [True, True]  # signed, and otherwise as it was
    assert await in_sent(desk) == 1
    settled = await desk.load(asked)
    assert (settled.status, settled.outcome) == ("done", "queued for 2 recipients")
    noted = await desk.core.read(lambda tx: effects.of_task(tx, asked.task_id or ""))
    assert [(each.ruling, each.because) for each in noted] == [("allowed", "approved by ada@mailwright.test")]


async def test_what_was_not_approved_is_not_sent(desk: Desk) -> None:
    pending, rejected, old = await desk.ask(), await desk.ask(), await desk.ask()
    await desk.core.write(lambda tx: approvals.reject(tx, desk.core, rejected.id, BY_ADA, user_id=desk.ada))
    assert await approved(pending.id) == "pending"
    assert await approved(rejected.id) == "rejected"
    desk.now.moment += 15 * DAY
    await desk.core.write(lambda tx: approvals.expire(tx, desk.now()))
    assert await approved(old.id) == "expired"
    assert await approved("01900000-0000-7000-8000-000000000009") == "gone"
    assert await desk.outbox() == []


async def test_two_processes_at_once_send_once(desk: Desk) -> None:
    asked = await desk.ask()
    await say_yes(desk, asked)
    assert await asyncio.gather(*(approved(asked.id) for _ in range(6))) == ["done"] * 6
    assert len(await desk.outbox()) == 1
    assert await in_sent(desk) == 1
    assert len(await desk.core.read(lambda tx: effects.of_task(tx, asked.task_id or ""))) == 1


async def test_a_yes_after_a_week_is_carried_out_just_the_same(desk: Desk) -> None:
    asked = await desk.ask()
    desk.now.moment += 7 * DAY
    await say_yes(desk, asked)
    desk.now.moment += 2 * DAY  # the server was away
    assert await approved(asked.id) == "done"
    [row] = await desk.outbox()
    assert await desk.core.blobs.read(row.blob_id) == await desk.core.blobs.read(asked.blob_id)


def _stop(desk: Desk, tx: Tx) -> None:
    stops.engage(tx, "tenant", desk.tenant_id, because="an audit", by=SYSTEM)


def _block(desk: Desk, tx: Tx) -> None:
    accounts.set_status(tx, desk.ada, "blocked")


def _unassign(desk: Desk, tx: Tx) -> None:
    serving = assignments.serving(tx, AGENT, desk.agent_id)
    assert serving is not None
    assignments.set_enabled(tx, serving.id, enabled=False)


def _unsend(desk: Desk, tx: Tx) -> None:
    tx.execute("UPDATE assignments SET grants = ?", ('["read"]',))


def _readdress(desk: Desk, tx: Tx) -> None:
    accounts.remove_address(tx, ADDRESS)


def _suppress(desk: Desk, tx: Tx) -> None:
    tx.insert(
        "suppressions",
        tenant_id=desk.tenant_id,
        address="chen@example.org",
        because="it bounced for good",
        created_at=desk.now(),
    )


def _tamper(desk: Desk, tx: Tx) -> None:
    raw = desk.letter("Something else altogether.")
    tx.execute("UPDATE blobs SET data = ?, size = ?", (raw, len(raw)))


def _lose(desk: Desk, tx: Tx) -> None:
    tx.execute("DELETE FROM blobs")


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (_stop, "an audit"),
        (_block, "no active account"),
        (_unassign, "does not serve"),
        (_unsend, "does not let it send"),
        (_readdress, "does not serve"),
        (_suppress, "it bounced for good"),
        (_tamper, "not the one that was approved"),
        (_lose, "the bytes of the message are gone"),
    ],
)
async def test_what_changed_since_the_yes_is_seen_and_nothing_leaves(
    desk: Desk, change: Callable[[Desk, Tx], None], because: str
) -> None:
    asked = await desk.ask()
    await say_yes(desk, asked)
    await desk.core.write(lambda tx: change(desk, tx))
    assert await approved(asked.id) == "refused"
    assert await approved(asked.id) == "refused"
    assert await desk.outbox() == []
    settled = await desk.load(asked)
    assert because in settled.outcome
    noted = await desk.core.read(lambda tx: effects.of_task(tx, asked.task_id or ""))
    assert [each.ruling for each in noted] == ["denied"]


async def test_a_yes_that_nobody_carried_out_for_weeks_is_too_old(desk: Desk) -> None:
    asked = await desk.ask()
    await say_yes(desk, asked)
    desk.now.moment += 29 * DAY
    assert await approved(asked.id) == "refused"
    assert await desk.outbox() == []


async def test_a_message_that_says_it_is_from_somebody_else_is_not_sent(desk: Desk) -> None:
    raw = mime.compose(
        from_=mime.Mailbox("Ada", "ada@mailwright.test"),
        to=[mime.Mailbox("", "chen@example.org")],
        subject="Our offer",
        text="As if by Ada.",
        message_id="<offer@mail.mailwright.test>",
        date=desk.now(),
    )
    asked = await desk.ask(raw=raw)
    await say_yes(desk, asked)
    assert await approved(asked.id) == "refused"
    assert await desk.outbox() == []


async def test_the_switch_thrown_after_it_was_queued_holds_it_still(desk: Desk) -> None:
    asked, transport = await desk.ask(), Scripted()
    await say_yes(desk, asked)
    assert await approved(asked.id) == "done"
    await desk.core.write(lambda tx: stops.engage(tx, "user", desk.ada, because="", by=SYSTEM))
    desk.now.moment += MINUTE
    await Dispatcher(desk.core, {"smtp": transport}, now=desk.now).drain()
    assert transport.took == []
