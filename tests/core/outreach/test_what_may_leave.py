"""What may leave: a text that is whole, and that its owner has seen; as many in a day as its owner may send, wherever they say they are."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time

import pytest

from mailwright.core import approvals, grants
from mailwright.core.outreach import drafts, letter, making, refusals, sending
from mailwright.core.outreach.editing import NotNow
from mailwright.domain.clock import DAY, HOUR, MINUTE, to_datetime
from mailwright.domain.outreach import SentState
from mailwright.domain.refusals import BadInput, NotPermitted, TooManyRequests
from mailwright.storage import Tx, outreach, preferences
from mailwright.storage import approvals as approval_rows
from mailwright.storage.preferences import Preferences
from tests.core.outreach.conftest import everybody, wish
from tests.core.outreach.sent import AMARA, BY_ADA, Desk
from tests.core.outreach.sent import desk as desk
from tests.core.outreach.sent import now as now

MARKED = {"text": "You lead 40 people.", "paragraph": 1, "state": "marked", "sources": []}
ZONES = [
    "Etc/GMT" + (f"{hours:+d}" if hours else "") for hours in range(12, -13, -1)
]  # the signs are the other way round


async def moved(desk: Desk, zone: str) -> None:
    """Ada says that she is there now."""
    await desk.core.write(lambda tx: preferences.set_for(tx, desk.ada.id, Preferences(time_zone=zone)))


@pytest.mark.parametrize("text", ["I liked [interest].", "I liked [ Interest ]!"])
async def test_a_gap_where_nothing_was_found_does_not_leave_unnoticed(desk: Desk, text: str) -> None:
    known = await desk.written(body=text)
    for leaves in (desk.send(known), desk.send(known, by_session=False), drafts.put(desk.core, desk.ada, known.id)):
        with pytest.raises(BadInput, match="nothing was found for"):
            await leaves
    assert await desk.outbox() == []


async def test_a_gap_in_the_subject_does_not_leave_either_and_other_brackets_do(desk: Desk) -> None:
    with pytest.raises(BadInput, match=r"\[name\]"):
        await desk.send(await desk.written(subject="For [name]"))
    assert (await desk.send(await desk.written(body="See [1], [sic], and [book]."))).sent_state is SentState.QUEUED


async def test_no_grant_lets_a_program_send_what_nothing_shows(desk: Desk) -> None:
    await desk.core.write(lambda tx: grants.give(tx, desk.ada.id, "scribe", "send", "@tides.example", by=BY_ADA))
    asked = await desk.send(await desk.written(sentences=[MARKED], is_confident=False), by_session=False)
    assert asked.sent_state is SentState.ASKED
    [approval] = await desk.core.read(lambda tx: approval_rows.of_task(tx, asked.id))
    assert "1 sentence in it could not be verified" in approval.because


async def test_a_click_is_a_yes_to_the_text_that_was_seen_and_to_no_other(desk: Desk) -> None:
    known = await desk.written()
    seen = letter.version_of(known)
    await desk.core.write(lambda tx: outreach.update(tx, known.id, now=desk.now(), body="Buy this."))
    with pytest.raises(NotNow, match="not the one you saw"):
        await desk.send(known, version=seen)
    assert await desk.outbox() == []
    assert (await desk.send(known, version=letter.version_of(await desk.load(known)))).sent_state is SentState.QUEUED


async def test_what_a_program_planned_goes_when_it_was_planned_and_not_with_the_yes(desk: Desk) -> None:
    from mailwright.agents import approved

    approved.configure(desk.core)
    at = desk.now() + 3 * DAY
    asked = await desk.send(await desk.written(), by_session=False, at=at)
    assert (asked.sent_state, asked.send_at) == (SentState.ASKED, at)
    [approval] = await desk.core.read(lambda tx: approval_rows.of_task(tx, asked.id))
    assert "planned for 2026-" in approval.summary
    await desk.core.write(lambda tx: approvals.approve(tx, desk.core, approval.id, BY_ADA, user_id=desk.ada.id))
    assert await approved.approved(approval.id) == "done"
    assert (await desk.load(asked)).send_at == at
    assert (await desk.leave()).took == []
    desk.now.moment = at
    assert len((await desk.leave()).took) == 1


async def test_what_was_refused_has_no_moment_any_more(desk: Desk) -> None:
    asked = await desk.send(await desk.written(), by_session=False, at=desk.now() + DAY)
    await desk.core.write(lambda tx: approvals.reject(tx, desk.core, asked.approval_id or "", BY_ADA))
    refused = await desk.load(asked)
    assert (refused.sent_state, refused.send_at) == (SentState.REFUSED, None)


async def test_nobody_gets_a_new_day_by_saying_every_hour_that_they_are_elsewhere(desk: Desk) -> None:
    everybody(desk.core, sends_per_day=1, per_day=100)
    today = 0
    for number, zone in enumerate(ZONES):
        await moved(desk, zone)
        sent = await desk.send(await desk.written(email=f"p{number}@b{number}.example"))
        today += (sent.send_at or 0) <= desk.now() + MINUTE
        desk.now.moment += HOUR
    assert today <= 3  # the day they began in, the first one elsewhere, and the morning after


async def test_nobody_has_more_written_in_a_day_by_saying_that_they_are_elsewhere(desk: Desk) -> None:
    everybody(desk.core, per_day=1)
    made = 0

    def make(tx: Tx) -> None:
        making.make(tx, desk.core, desk.ada, wish())

    for zone in ZONES:
        await moved(desk, zone)
        try:
            await desk.core.write(make)
            made += 1
        except TooManyRequests:
            pass
    assert made <= 2


async def test_who_moves_has_the_days_of_the_new_place_and_a_week_later_those_of_the_next(desk: Desk) -> None:
    everybody(desk.core, sends_per_day=1)
    mornings = []
    journey = (("Asia/Tokyo", 0), ("Pacific/Auckland", 2), ("Europe/Berlin", 2), ("Europe/Berlin", 8))
    for number, (zone, later) in enumerate(journey):
        desk.now.moment += later * DAY
        await moved(desk, zone)
        for again in range(2):
            planned = await desk.send(await desk.written(email=f"p{again}@b{number}.example"))
        mornings.append(to_datetime(planned.send_at or 0).hour)
    assert mornings == [0, 20, 20, 8]  # nine in the morning in Tokyo, in Auckland twice, in Berlin


async def test_who_got_a_mail_from_drafts_can_ask_to_be_left_alone(desk: Desk) -> None:
    from mailwright.storage import outreachsending

    known = await desk.written()
    await drafts.put(desk.core, desk.ada, known.id)
    assert await desk.core.read(lambda tx: outreachsending.was_sent_to(tx, desk.ada.id, AMARA))
    assert not await desk.core.read(lambda tx: outreachsending.was_sent_to(tx, desk.ada.id, "bo@tides.example"))
    assert (await desk.send(known)).sent_state is SentState.QUEUED
    assert (await sending.unsend(desk.core, desk.ada, known.id, by=BY_ADA)).sent_state is SentState.NONE


async def test_who_wants_none_in_the_moment_in_which_it_is_sent_gets_none(desk: Desk) -> None:
    known, begun = await desk.written(), threading.Event()

    def refuse(tx: Tx) -> None:
        refusals.add(tx, desk.core, desk.ada.tenant_id, AMARA, because="no more", by=BY_ADA)
        begun.set()
        time.sleep(0.5)  # it is said, and nobody else sees it yet

    async def send() -> None:
        await asyncio.to_thread(begun.wait, 10)
        with contextlib.suppress(NotPermitted):
            await desk.send(known)

    await asyncio.gather(desk.core.write(refuse), send())
    assert (await desk.load(known)).sent_state in (SentState.NONE, SentState.REFUSED)
    assert (await desk.leave()).took == []
