"""Approvals: asked once, decided once, by the person who was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from mailwright.core import approvals, retention
from mailwright.core.approvals import AlreadyDecided
from mailwright.core.stops import Stopped
from mailwright.domain.clock import DAY
from mailwright.domain.events import APPROVAL_ASKED, APPROVAL_GIVEN
from mailwright.domain.refusals import BadAddress, BadInput, NotFound, NotPermitted
from mailwright.storage import Tx, accounts, audit, stops
from mailwright.storage.approvals import Approval
from mailwright.storage.audit import Actor
from mailwright.storage.stops import Stop
from tests.core.approvals.conftest import BY_ADA, Desk


async def test_the_same_question_is_asked_once(desk: Desk) -> None:
    task = "01900000-0000-7000-8000-000000000001"
    first = await desk.ask(task_id=task)
    again = await desk.ask(task_id=task)
    other = await desk.ask(task_id=task, recipients=["bashir@example.org"])
    assert again == first
    assert other.id != first.id
    assert first.status == "pending"
    assert first.expires_at == desk.now() + 14 * DAY
    asked = await desk.core.read(
        lambda tx: tx.all("SELECT key FROM events WHERE kind = ? ORDER BY id", (APPROVAL_ASKED,))
    )
    assert [row[0] for row in asked] == [first.id, other.id]


async def test_the_same_question_asked_twice_at_once_is_one(desk: Desk) -> None:
    task = "01900000-0000-7000-8000-000000000001"
    found = await asyncio.gather(*(desk.ask(task_id=task) for _ in range(4)))
    assert len({each.id for each in found}) == 1


async def test_other_bytes_are_another_question(desk: Desk) -> None:
    task = "01900000-0000-7000-8000-000000000001"
    first = await desk.ask(task_id=task)
    second = await desk.ask(task_id=task, raw=desk.letter("Something else."))
    assert first.id != second.id
    assert first.checksum != second.checksum


async def test_a_yes_starts_it_and_the_trail_says_who(desk: Desk) -> None:
    asked = await desk.ask()
    given = await desk.core.write(lambda tx: approvals.approve(tx, desk.core, asked.id, BY_ADA, user_id=desk.ada))
    assert (given.status, given.decided_by, given.decided_at) == ("approved", BY_ADA.name, desk.now())

    def look(tx: Tx) -> tuple[list[str], list[str]]:
        told = tx.all("SELECT key FROM events WHERE kind = ?", (APPROVAL_GIVEN,))
        return [row[0] for row in told], [entry.action for _, entry in audit.listing(tx, actor=BY_ADA.name)]

    assert await desk.core.read(look) == ([asked.id], ["approval.approved"])


async def test_of_two_clicks_at_once_one_wins(desk: Desk) -> None:
    asked = await desk.ask()

    def click(yes: bool) -> Awaitable[Approval]:
        decide = approvals.approve if yes else approvals.reject
        return desk.core.write(lambda tx: decide(tx, desk.core, asked.id, BY_ADA, user_id=desk.ada))

    ended = await asyncio.gather(*(click(number % 2 == 0) for number in range(6)), return_exceptions=True)
    won = [each for each in ended if isinstance(each, Approval)]
    assert len(won) == 1
    assert all(isinstance(each, AlreadyDecided) for each in ended if each is not won[0])
    assert (await desk.load(asked)).status == won[0].status
    given = await desk.core.read(lambda tx: tx.scalar("SELECT count(*) FROM events WHERE kind = ?", (APPROVAL_GIVEN,)))
    assert given == (won[0].status == "approved")


async def test_nobody_decides_for_another(desk: Desk) -> None:
    asked = await desk.ask()
    for decide in (approvals.approve, approvals.reject):
        with pytest.raises(NotFound):
            await desk.core.write(lambda tx, d=decide: d(tx, desk.core, asked.id, BY_ADA, user_id=desk.bashir))  # type: ignore[misc]
    with pytest.raises(NotFound):
        await desk.core.read(lambda tx: approvals.load(tx, "no id at all"))
    assert (await desk.load(asked)).status == "pending"
    assert await desk.core.read(lambda tx: approvals.listing(tx, desk.bashir)) == []


async def test_a_blocked_person_decides_nothing(desk: Desk) -> None:
    asked = await desk.ask()
    await desk.core.write(lambda tx: accounts.set_status(tx, desk.ada, "blocked"))
    with pytest.raises(NotPermitted):
        await desk.core.write(lambda tx: approvals.approve(tx, desk.core, asked.id, BY_ADA, user_id=desk.ada))


async def test_after_its_time_nothing_is_approved(desk: Desk) -> None:
    asked = await desk.ask()
    desk.now.moment += 14 * DAY
    with pytest.raises(AlreadyDecided, match="its time is over"):
        await desk.core.write(lambda tx: approvals.approve(tx, desk.core, asked.id, BY_ADA, user_id=desk.ada))
    assert await desk.core.write(lambda tx: approvals.expire(tx, desk.now())) == 1
    assert (await desk.load(asked)).status == "expired"


async def test_while_the_switch_is_thrown_nothing_is_approved_and_the_question_stays(desk: Desk) -> None:
    asked = await desk.ask()
    stop = Stop("01900000-0000-7000-8000-000000000002", "tenant", desk.tenant_id, "an audit", "ops", desk.now())
    await desk.core.write(lambda tx: stops.insert(tx, stop))
    with pytest.raises(Stopped, match="an audit"):
        await desk.core.write(lambda tx: approvals.approve(tx, desk.core, asked.id, BY_ADA, user_id=desk.ada))
    rejected = await desk.core.write(lambda tx: approvals.reject(tx, desk.core, asked.id, BY_ADA, user_id=desk.ada))
    assert rejected.status == "rejected"


async def test_a_link_opens_one_approval_once(desk: Desk) -> None:
    from mailwright.storage import approvals as rows

    asked, token = await desk.ask(), "k" * 43
    await desk.core.write(lambda tx: rows.set_token(tx, asked.id, approvals.digest_of(token)))
    found = await desk.core.read(lambda tx: approvals.by_token(tx, token))
    assert found is not None
    assert found.id == asked.id
    given = await desk.core.write(
        lambda tx: approvals.decide_by_link(tx, desk.core, token, yes=True, client="192.0.2.9")
    )
    assert (given.status, given.decided_by) == ("approved", "ada@mailwright.test")
    assert await desk.core.read(lambda tx: approvals.by_token(tx, token)) is None
    with pytest.raises(NotFound):
        await desk.core.write(lambda tx: approvals.decide_by_link(tx, desk.core, token, yes=False, client=""))
    entries = await desk.core.read(lambda tx: audit.listing(tx, actor="ada@mailwright.test"))
    assert entries[0][1].resource == f"approval:{asked.id} by link"
    assert entries[0][1].address == "192.0.2.9"


async def test_a_link_opens_nothing_after_its_time(desk: Desk) -> None:
    from mailwright.storage import approvals as rows

    asked, token = await desk.ask(), "k" * 43
    await desk.core.write(lambda tx: rows.set_token(tx, asked.id, approvals.digest_of(token)))
    desk.now.moment += 15 * DAY
    assert await desk.core.read(lambda tx: approvals.by_token(tx, token)) is None
    for wrong in ("", "k" * 42, "\ud800", "K" * 43):
        with pytest.raises(NotFound):
            await desk.core.write(
                lambda tx, w=wrong: approvals.decide_by_link(tx, desk.core, w, yes=True, client="")  # type: ignore[misc]
            )


async def test_what_cannot_be_a_letter_is_not_asked_about(desk: Desk) -> None:
    with pytest.raises(BadInput):
        await desk.ask(recipients=[])
    with pytest.raises(BadInput):
        await desk.ask(recipients=[f"p{number}@example.org" for number in range(101)])
    with pytest.raises(BadAddress):
        await desk.ask(recipients=["nobody"])
    asked = await desk.ask(summary="a\x00b\ud800", subject="\x00")
    assert "\x00" not in asked.summary + asked.subject


async def test_the_bytes_are_kept_while_they_are_asked_about_and_go_long_after(desk: Desk) -> None:
    core, asked = desk.core, await desk.ask()
    desk.now.moment += DAY
    await retention.sweep(core)
    assert await core.blobs.read(asked.blob_id)
    await core.write(lambda tx: approvals.reject(tx, core, asked.id, Actor("ada@mailwright.test"), user_id=desk.ada))
    desk.now.moment += 89 * DAY
    assert await approvals.sweep(core) == 0
    assert await core.blobs.read(asked.blob_id)
    desk.now.moment += 20 * DAY
    assert await approvals.sweep(core) == 1
    await retention.sweep(core)
    with pytest.raises(NotFound):
        await core.blobs.read(asked.blob_id)
    with pytest.raises(NotFound):
        await desk.load(asked)
