"""Outreach leaves with its owner's yes, once, in their own name, within the limits of the day, and not to who wants none."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from mailwright.core import accounts, approvals, grants, stops
from mailwright.core.administration import people
from mailwright.core.administration.reach import Reach
from mailwright.core.outreach import drafts, refusals, sending
from mailwright.core.outreach.editing import NotNow
from mailwright.core.stops import Stopped
from mailwright.domain.clock import DAY, HOUR, to_datetime
from mailwright.domain.outreach import SentState
from mailwright.domain.refusals import BadInput, NotFound, NotPermitted
from mailwright.domain.sending import PermanentFailure, TemporaryFailure
from mailwright.storage import Tx, effects, mailboxes, outreach, preferences, reports
from mailwright.storage import approvals as approval_rows
from mailwright.storage.audit import SYSTEM
from tests.core.outbox.outbox_world import Scripted
from tests.core.outreach.conftest import everybody, person
from tests.core.outreach.sent import AMARA, BY_ADA, NOTE, Desk, public
from tests.core.outreach.sent import desk as desk
from tests.core.outreach.sent import now as now


async def test_a_click_sends_it_from_its_owner_s_own_address_with_a_copy_in_sent(desk: Desk) -> None:
    await desk.noted()
    known = await desk.send(await desk.written())
    assert (known.sent_state, known.sent_to, known.sent_because) == (SentState.QUEUED, AMARA, "")
    [row] = await desk.outbox()
    assert (str(row.sender), str(row.recipient), row.agent, row.served_id) == (
        "ada@mailwright.test",
        AMARA,
        "scribe",
        desk.ada.id,
    )
    transport = await desk.leave()
    [took] = transport.took
    text = took[2].decode()
    assert "From: Ada <ada@mailwright.test>" in text
    assert "Dear Dr. Okafor, hello." in text
    assert NOTE in text
    assert await desk.in_role("sent") == 1
    assert (await desk.load(known)).sent_state is SentState.SENT


async def test_the_click_is_an_approval_that_is_asked_and_given_at_once_and_mailed_to_nobody(desk: Desk) -> None:
    known = await desk.send(await desk.written())
    [approval] = await desk.core.read(lambda tx: approval_rows.of_task(tx, known.id))
    assert (approval.id, approval.status, approval.decided_by) == (known.approval_id, "done", "ada@mailwright.test")
    noted = await desk.core.read(lambda tx: effects.of_task(tx, known.id))
    assert [(each.action, each.target, each.ruling) for each in noted] == [("send", AMARA, "allowed")]
    done = await desk.core.read(
        lambda tx: [
            row[0] for row in tx.all("SELECT action FROM audit_events WHERE tenant_id = ?", (desk.ada.tenant_id,))
        ]
    )
    assert {"approval.asked", "approval.approved", "approval.done", "message.submitted"} <= set(done)


async def test_it_is_sent_once_however_often_it_is_asked_for(desk: Desk) -> None:
    known = await desk.written()
    await asyncio.gather(*(desk.send(known) for _ in range(5)))
    await desk.leave()
    again = await desk.send(known)
    assert again.sent_state is SentState.SENT
    assert len(await desk.outbox()) == 1
    with pytest.raises(NotNow, match="one person"):
        await desk.send(known, to="other@tides.example")


async def test_a_program_asks_first_and_what_is_allowed_leaves_as_it_was_asked(desk: Desk) -> None:
    from mailwright.agents import approved

    approved.configure(desk.core)
    asked = await desk.send(await desk.written(), by_session=False)
    assert asked.sent_state is SentState.ASKED
    assert await desk.outbox() == []
    assert (await desk.send(asked, by_session=False)).approval_id == asked.approval_id
    assert asked.approval_id is not None
    approval_id = asked.approval_id
    await desk.core.write(lambda tx: approvals.approve(tx, desk.core, approval_id, BY_ADA, user_id=desk.ada.id))
    assert await approved.approved(approval_id) == "done"
    assert await approved.approved(approval_id) == "done"
    [row] = await desk.outbox()
    assert (str(row.sender), row.user_id, row.agent) == ("ada@mailwright.test", desk.ada.id, "scribe")
    assert (await desk.load(asked)).sent_state is SentState.QUEUED
    assert await desk.in_role("sent") == 1


@pytest.mark.parametrize("spoils", ["edited", "refused", "deleted", "blocked"])
async def test_what_changed_after_it_was_asked_is_not_sent(desk: Desk, spoils: str) -> None:
    from mailwright.agents import approved

    approved.configure(desk.core)
    asked = await desk.send(await desk.written(), by_session=False)
    approval_id = asked.approval_id or ""
    await desk.core.write(lambda tx: approvals.approve(tx, desk.core, approval_id, BY_ADA, user_id=desk.ada.id))

    def spoil(tx: Tx) -> None:
        if spoils == "edited":
            outreach.update(tx, asked.id, now=desk.now() + 1, body="Other words.", edited_at=desk.now() + 1)
        elif spoils == "deleted":
            outreach.update(tx, asked.id, now=desk.now() + 1, deleted_at=desk.now() + 1)
        elif spoils == "blocked":
            tx.execute("UPDATE users SET status = 'blocked' WHERE id = ?", (desk.ada.id,))
        else:
            tenant = desk.ada.tenant_id
            tx.insert("outreach_refusals", tenant_id=tenant, address="@tides.example", because="no", created_at=1)

    await desk.core.write(spoil)
    assert await approved.approved(approval_id) == "refused"
    assert await desk.outbox() == []
    assert (await desk.load(asked)).sent_state is SentState.REFUSED


async def test_a_no_and_no_answer_at_all_end_the_waiting(desk: Desk) -> None:
    first = await desk.send(await desk.written(), by_session=False)
    second = await desk.send(await desk.written(email="bo@tides.example"), by_session=False)
    await desk.core.write(lambda tx: approvals.reject(tx, desk.core, first.approval_id or "", BY_ADA))
    desk.now.moment += 15 * DAY
    await desk.core.write(lambda tx: approvals.expire(tx, desk.now()))
    assert [(await desk.load(each)).sent_state for each in (first, second)] == [SentState.REFUSED] * 2
    assert (await desk.send(first)).sent_state is SentState.QUEUED  # a person may change their mind


async def test_a_click_overrides_what_a_program_asked(desk: Desk) -> None:
    asked = await desk.send(await desk.written(), by_session=False)
    sent = await desk.send(asked)
    assert (sent.sent_state, sent.approval_id != asked.approval_id) == (SentState.QUEUED, True)
    old = await desk.core.read(lambda tx: approvals.load(tx, asked.approval_id or ""))
    assert old.status == "rejected"
    assert len(await desk.outbox()) == 1


async def test_a_standing_grant_lets_programs_send(desk: Desk) -> None:
    await desk.core.write(lambda tx: grants.give(tx, desk.ada.id, "scribe", "send", "@tides.example", by=BY_ADA))
    assert (await desk.send(await desk.written(), by_session=False)).sent_state is SentState.QUEUED
    other = await desk.written(email="bo@elsewhere.example")
    assert (await desk.send(other, by_session=False)).sent_state is SentState.ASKED


async def test_what_is_beyond_a_day_s_limit_is_planned_and_leaves_then(desk: Desk) -> None:
    everybody(desk.core, sends_per_day=3, domain_per_day=2)
    sent = [await desk.send(await desk.written(email=f"p{number}@tides.example")) for number in range(3)]
    other = [await desk.send(await desk.written(email=f"p{number}@b{number}.example")) for number in range(3)]
    today = to_datetime(desk.now()).date()
    days = [(to_datetime(each.send_at or 0).date() - today).days for each in (*sent, *other)]
    assert days == [0, 0, 1, 0, 1, 1]
    assert "2 mails to tides.example" in sent[2].sent_because
    assert "3 mails on" in other[1].sent_because
    assert len((await desk.leave()).took) == 3
    desk.now.moment += DAY
    assert len((await desk.leave()).took) == 3
    assert {(await desk.load(each)).sent_state for each in (*sent, *other)} == {SentState.SENT}


async def test_a_day_is_the_owner_s_and_planned_mail_goes_in_their_morning(desk: Desk) -> None:
    everybody(desk.core, sends_per_day=1)
    await desk.core.write(
        lambda tx: preferences.set_for(tx, desk.ada.id, preferences.Preferences(time_zone="Pacific/Auckland"))
    )
    await desk.send(await desk.written())
    second = await desk.send(await desk.written(email="bo@tides.example"))
    assert to_datetime(second.send_at or 0).isoformat() == "2026-11-21T20:00:00+00:00"


async def test_it_can_be_planned_and_taken_back_and_sent_again(desk: Desk) -> None:
    known = await desk.written()
    planned = await desk.send(known, at=desk.now() + 5 * HOUR)
    assert planned.send_at == desk.now() + 5 * HOUR
    assert (await desk.leave()).took == []
    back = await sending.unsend(desk.core, desk.ada, known.id, by=BY_ADA)
    assert (back.sent_state, back.message_id) == (SentState.NONE, "")
    assert await desk.in_role("sent") == 0
    await desk.settle()
    assert (await desk.send(known)).sent_state is SentState.QUEUED
    assert len((await desk.leave()).took) == 1
    with pytest.raises(NotNow, match="left already"):
        await sending.unsend(desk.core, desk.ada, known.id, by=BY_ADA)


async def test_what_is_taken_back_on_the_dashboard_is_known(desk: Desk) -> None:
    from mailwright.core import heldmail

    known = await desk.send(await desk.written(), at=desk.now() + HOUR)
    [held] = await heldmail.listing(desk.core, desk.ada.id)
    await desk.core.write(lambda tx: heldmail.cancel(tx, held.row.id, user_id=desk.ada.id, by=BY_ADA))
    await desk.settle()
    assert (await desk.load(known)).sent_state is SentState.NONE
    assert await desk.in_role("sent") == 0


async def test_the_stop_switch_refuses_and_holds(desk: Desk) -> None:
    first, second = await desk.written(), await desk.written(email="bo@tides.example")
    await desk.send(first)
    await desk.core.write(lambda tx: stops.engage(tx, "user", desk.ada.id, by=BY_ADA))
    with pytest.raises(Stopped):
        await desk.send(second)
    assert (await desk.leave()).took == []
    await desk.core.write(lambda tx: stops.release(tx, "user", desk.ada.id, by=BY_ADA))
    assert len((await desk.leave()).took) == 1


@pytest.mark.parametrize("address", ["amara@tides.example", "Amara+work@tides.example", "@tides.example"])
async def test_who_wants_none_gets_none_and_what_waits_for_them_does_not_leave(desk: Desk, address: str) -> None:
    waits = await desk.send(await desk.written(), at=desk.now() + HOUR)
    asks = await desk.send(await desk.written(), by_session=False)
    tenant = desk.ada.tenant_id
    added = await desk.core.write(lambda tx: refusals.add(tx, desk.core, tenant, address, because="no", by=SYSTEM))
    assert added
    assert [(await desk.load(each)).sent_state for each in (waits, asks)] == [SentState.REFUSED] * 2
    with pytest.raises(NotPermitted, match="nothing is sent to"):
        await desk.send(await desk.written())
    desk.now.moment += HOUR
    assert (await desk.leave()).took == []
    assert await desk.core.write(lambda tx: refusals.allow(tx, tenant, address, SYSTEM))
    assert (await desk.send(await desk.written())).sent_state is SentState.QUEUED


async def test_what_a_service_stopped_and_one_s_own_people_are_refused(desk: Desk) -> None:
    await desk.core.write(lambda tx: reports.suppress(tx, desk.ada.tenant_id, AMARA, "a complaint", desk.now()))
    with pytest.raises(NotPermitted, match="a complaint"):
        await desk.send(await desk.written())
    with pytest.raises(NotPermitted, match="your own organisation"):
        await desk.send(await desk.written(email="bashir@mailwright.test"))
    with pytest.raises(BadInput, match="no address"):
        await desk.send(await desk.written(email=""))
    with pytest.raises(BadInput):
        await desk.send(await desk.written(email=""), to="nobody")


async def test_a_text_with_an_open_placeholder_is_not_sent(desk: Desk) -> None:
    with pytest.raises(BadInput, match=r"\{\{ book \}\}"):
        await desk.send(await desk.written(body="I liked {{ book }}."))


async def test_somebody_else_s_mail_is_not_found(desk: Desk) -> None:
    known = await desk.written(owner=person(desk.core, "bashir"))
    with pytest.raises(NotFound):
        await desk.send(known)
    with pytest.raises(NotFound):
        await sending.unsend(desk.core, desk.ada, known.id, by=BY_ADA)


async def test_an_address_that_does_not_exist_is_not_written_to_again(desk: Desk) -> None:
    known = await desk.send(await desk.written())
    await desk.leave(Scripted([PermanentFailure("no such mailbox", "5.1.1", reply="550 5.1.1 unknown")]))
    failed = await desk.load(known)
    assert (failed.sent_state, failed.sent_because[:5]) == (SentState.FAILED, "5.1.1")
    [found] = await desk.core.read(lambda tx: refusals.listing(tx))
    assert (found.address, "came back" in found.because) == (AMARA, True)
    with pytest.raises(NotPermitted):
        await desk.send(known)
    assert (await desk.send(known, to="a.okafor@tides.example")).sent_state is SentState.QUEUED


@pytest.mark.parametrize("code", ["5.7.1", "5.2.2", "5.6.0"])
async def test_a_policy_or_a_full_mailbox_is_no_such_address(desk: Desk, code: str) -> None:
    known = await desk.send(await desk.written())
    await desk.leave(Scripted([PermanentFailure("not now", code)]))
    assert (await desk.load(known)).sent_state is SentState.FAILED
    assert await desk.core.read(lambda tx: refusals.listing(tx)) == []
    assert (await desk.send(known)).sent_state is SentState.QUEUED
    assert len((await desk.leave()).took) == 1


async def test_what_is_only_late_is_tried_again_and_sent(desk: Desk) -> None:
    known = await desk.send(await desk.written())
    await desk.leave(Scripted([TemporaryFailure("busy")]))
    assert (await desk.load(known)).sent_state is SentState.QUEUED
    desk.now.moment += 2 * HOUR
    await desk.leave()
    assert (await desk.load(known)).sent_state is SentState.SENT


async def test_mail_to_many_needs_a_note_and_has_the_one_click(desk: Desk) -> None:
    public(desk.core)
    known = await desk.written(batch=True)
    with pytest.raises(NotPermitted, match="note"):
        await desk.send(known)
    await desk.noted()
    await desk.send(known)
    [row] = await desk.outbox()
    parsed = await desk.parsed(row)
    head = (await desk.raw(row)).partition(b"\r\n\r\n")[0].decode()
    assert "=?" not in head  # RFC 2369 §2: programs that offer the one click read these fields as they stand
    link = parsed.header.get("List-Unsubscribe") or ""
    assert link.startswith("<https://mail.mailwright.test/unsubscribe/")
    assert "<mailto:ada@mailwright.test?subject=unsubscribe>" in link
    assert parsed.header.get("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"


async def test_one_mail_to_one_person_says_how_to_be_left_alone_without_being_bulk(desk: Desk) -> None:
    await desk.send(await desk.written(language="de"))
    [row] = await desk.outbox()
    parsed = await desk.parsed(row)
    assert parsed.header.get("List-Unsubscribe") is None
    assert "genügt ein Wort als Antwort" in (await _text(desk, row.blob_id))


async def test_a_batch_sends_the_confident_ones_and_goes_on_where_it_was(desk: Desk) -> None:
    everybody(desk.core, sends_per_day=2)
    await desk.noted()
    first = await desk.written(batch=True)
    batch_id = first.batch_id or ""
    unsure = await desk.written(email="unsure@tides.example", is_confident=False)
    refused = await desk.written(email="bashir@mailwright.test")
    more = [await desk.written(email=f"p{number}@b{number}.example") for number in range(2)]

    def together(tx: Tx) -> None:
        for each in (unsure, refused, *more):
            outreach.update(tx, each.id, now=desk.now(), batch_id=batch_id)

    await desk.core.write(together)
    done = await sending.send_batch(desk.core, desk.ada, batch_id, by=BY_ADA, by_session=True)
    assert (done.queued, [each.id for each in done.refused]) == (3, [refused.id])
    assert to_datetime(done.last_at or 0).date().isoformat() == "2026-11-21"
    again = await sending.send_batch(desk.core, desk.ada, batch_id, by=BY_ADA, by_session=True)
    assert again.queued == 0
    assert len(await desk.outbox()) == 3


async def test_a_draft_is_put_once_and_a_changed_text_takes_its_place(desk: Desk) -> None:
    known = await desk.written()
    draft_id = await drafts.put(desk.core, desk.ada, known.id)
    assert await drafts.put(desk.core, desk.ada, known.id) == draft_id
    assert await desk.in_role("drafts") == 1
    assert (await desk.load(known)).sent_state is SentState.DRAFTED
    await desk.core.write(lambda tx: outreach.update(tx, known.id, now=desk.now(), body="Other words."))
    other = await drafts.put(desk.core, desk.ada, known.id)
    assert other != draft_id
    assert await desk.in_role("drafts") == 1
    await desk.send(known)
    assert await desk.in_role("drafts") == 0
    with pytest.raises(NotNow):
        await drafts.put(desk.core, desk.ada, known.id)


async def _text(desk: Desk, blob_id: str) -> str:
    from mailwright.codecs import mime

    raw = await desk.core.blobs.read(blob_id)
    return mime.body_text(raw, mime.parse(raw), limit=10_000)


@pytest.mark.parametrize("end", ["blocked", "removed"])
async def test_what_somebody_planned_does_not_leave_once_they_may_not_write_any_more(desk: Desk, end: str) -> None:
    known = await desk.send(await desk.written(), at=desk.now() + HOUR)
    admin = replace(person(desk.core, "bashir"), role="admin", operator=True)

    def promote(tx: Tx) -> None:
        tx.execute("UPDATE users SET role = 'admin', operator = ? WHERE id = ?", (True, admin.id))

    await desk.core.write(promote)

    def run(tx: Tx) -> None:
        if end == "removed":
            accounts.begin_removal(tx, desk.ada)
        else:
            people.change(tx, Reach(admin, SYSTEM), desk.ada.id, people.Change(status="blocked"))

    await desk.core.write(run)
    desk.now.moment += 2 * HOUR
    assert (await desk.leave()).took == []
    left = await desk.load(known)
    assert (left.sent_state, "its owner" in left.sent_because) == (SentState.REFUSED, True)


async def test_a_draft_that_its_owner_sent_is_not_sent_again(desk: Desk) -> None:
    known = await desk.written()
    draft_id = await drafts.put(desk.core, desk.ada, known.id)

    def send_it(tx: Tx) -> None:
        sent = mailboxes.by_role(tx, desk.ada.id, "sent")
        assert sent is not None
        tx.execute("UPDATE messages SET mailbox_id = ? WHERE id = ?", (sent.id, draft_id))

    await desk.core.write(send_it)
    with pytest.raises(NotNow, match="sent this draft already"):
        await desk.send(known)
    assert await desk.outbox() == []


async def test_many_at_once_do_not_get_past_the_limits(desk: Desk) -> None:
    everybody(desk.core, sends_per_day=4, domain_per_day=3)
    known = [await desk.written(email=f"p{number}@b{number % 2}.example") for number in range(10)]
    sent = await asyncio.gather(*(desk.send(each) for each in known))
    days = [to_datetime(each.send_at or 0).date().isoformat() for each in sent]
    assert {days.count(day) for day in set(days)} == {4, 2}
    places = [(day, each.sent_domain) for day, each in zip(days, sent, strict=True)]
    assert max(places.count(place) for place in places) <= 3
