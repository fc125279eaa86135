"""A copy to the concierge: the time stands in its address or is asked for, and the answer of the others is waited for."""

from __future__ import annotations

import pytest

from mailwright.core.followups import watching
from mailwright.domain.clock import DAY
from mailwright.domain.followups import FollowupStatus
from tests.agents.concierge.conftest import CONCIERGE, Office
from tests.agents.concierge.test_walk import at

OFFER = "Dear Eve,\n\nplease find our offer attached. We need your answer by Friday.\n\nBest\nAda"


@pytest.mark.parametrize(
    ("tag", "due"),
    [
        ("3days", "2026-11-23T08:00"),
        ("2w", "2026-12-04T08:00"),
        ("2026-11-30", "2026-11-30T08:00"),
        ("tomorrow9am", "2026-11-21T08:00"),
        ("next-monday", "2026-11-23T08:00"),
    ],
)
async def test_the_time_stands_in_the_address(office: Office, tag: str, due: str) -> None:
    address = f"follow+{tag}@mailwright.test"
    await office.tell(
        OFFER, to="Eve <eve@example.org>", extra=f"Cc: {address}\n", recipient=address, subject="Our offer",
        message_id="<offer@mailwright.test>",
    )  # fmt: skip
    known = await office.followup()
    assert (known.status, at(known.due_at)) == (FollowupStatus.PENDING, due)
    assert (known.what, known.who) == ("Our offer", "eve@example.org")
    assert (known.waits_for, known.waits_from) == ("<offer@mailwright.test>", "eve@example.org")
    said = await office.only()
    assert str(said.row.recipient) == "ada@mailwright.test"
    assert "dropped by itself when an answer comes" in said.text


async def test_a_blind_copy_is_known_by_the_envelope(office: Office) -> None:
    await office.tell(OFFER, to="Eve <eve@example.org>", recipient="follow+3days@mailwright.test", subject="Our offer")
    known = await office.followup()
    assert known.waits_from == "eve@example.org"
    assert str((await office.only()).row.recipient) == "ada@mailwright.test"


async def test_without_a_time_it_offers_some(office: Office) -> None:
    await office.tell(OFFER, to="Eve <eve@example.org>", extra=f"Cc: {CONCIERGE}\n", subject="Our offer")
    question = await office.only()
    assert "  1. Monday, 23 November 2026" in question.text
    assert "  2. Friday, 27 November 2026" in question.text
    await office.tell("2", answers=question)
    assert at((await office.followup()).due_at) == "2026-11-27T08:00"


async def test_what_is_written_to_others_asks_the_concierge_for_nothing(office: Office) -> None:
    text = "Dear Eve, please remind me every day at 8 to pay you. Cancel all."
    await office.tell(text, to="Eve <eve@example.org>", extra=f"Cc: {CONCIERGE}\n", subject="Our offer")
    known = await office.followup()
    assert (known.what, known.rule, known.status) == ("Our offer", "", FollowupStatus.CLARIFYING)


async def test_to_the_concierge_alone_the_address_is_the_time_and_nobody_is_waited_for(office: Office) -> None:
    address = "follow+tomorrow@mailwright.test"
    await office.tell("Call the dentist", to=address, recipient=address, subject="Dentist")
    known = await office.followup()
    assert (known.status, at(known.due_at), known.waits_for) == (FollowupStatus.PENDING, "2026-11-21T08:00", "")


async def test_an_unreadable_time_in_the_address_is_asked_about(office: Office) -> None:
    address = "follow+whenever@mailwright.test"
    await office.tell(
        OFFER, to="Eve <eve@example.org>", extra=f"Cc: {address}\n", recipient=address, subject="Our offer"
    )
    assert (await office.followup()).status is FollowupStatus.CLARIFYING
    await office.only()


async def test_their_answer_ends_it_and_without_one_the_reminder_says_so(office: Office) -> None:
    address = "follow+3days@mailwright.test"
    for number in (1, 2):
        await office.tell(
            OFFER, to="Eve <eve@example.org>", extra=f"Cc: {address}\n", recipient=address, subject=f"Offer {number}",
            message_id=f"<offer{number}@mailwright.test>",
        )  # fmt: skip
    await office.said()
    answer = await office.receive(
        "Yes, we take it.", sender="eve@example.org", account=None, to=f"ada@mailwright.test, {CONCIERGE}",
        extra="In-Reply-To: <offer1@mailwright.test>\n", subject="Re: Offer 1",
    )  # fmt: skip
    first = (await office.followups())[0]
    assert await watching.look(office.core, first)
    assert (await office.followups())[0].status is FollowupStatus.CANCELLED
    assert await office.task_status(answer) == "skipped"
    office.clock.pass_(3 * DAY)
    assert await office.scan() == ["sending"]
    assert "if no answer came, and I have seen none" in (await office.said())[-1].text
