"""What the how-to says one may answer, and the ways of WhatsApp, of failing models and of many open ones."""

from __future__ import annotations

import json

import pytest

from mailwright.agents import concierge
from mailwright.agents.models import Asker, ModelFailed, Models, Question, Reply
from mailwright.agents.models.asking import T
from mailwright.domain import whatsapp
from mailwright.domain.clock import DAY, HOUR
from mailwright.domain.followups import AskedIn, FollowupStatus
from mailwright.storage import phones
from tests.agents.concierge.conftest import Office
from tests.agents.concierge.test_walk import at

PHONE = "+4366012345678"


@pytest.mark.parametrize(
    ("words", "due", "rule"),
    [
        ("Tuesday at 4", "2026-11-24T15:00", ""),
        ("in two weeks", "2026-12-04T08:00", ""),
        ("tomorrow", "2026-11-21T08:00", ""),
        ("every week", "", "FREQ=WEEKLY"),
        ("every first Monday of the month", "2026-12-07T08:00", "FREQ=MONTHLY"),
    ],
)
async def test_an_answer_may_be_a_time_alone(office: Office, words: str, due: str, rule: str) -> None:
    await office.tell("Follow up with Dr office next Friday morning about test results.")
    await office.tell(words, answers=await office.only())
    known = await office.followup()
    assert known.status is FollowupStatus.PENDING
    assert known.rule.startswith(rule)
    assert not due or at(known.due_at) == due


async def test_an_answer_may_ask_for_something_new_as_well(office: Office) -> None:
    await office.tell("Remind me tomorrow at 9 to call the dentist")
    await office.tell("Also remind me on Tuesday to water the plants", answers=await office.only())
    assert [each.what for each in await office.followups()] == ["Call the dentist", "Water the plants"]


async def test_thanks_for_a_confirmation_are_not_answered(office: Office) -> None:
    await office.tell("Remind me tomorrow at 9 to call the dentist")
    said = await office.only()
    assert await office.tell("Thank you!", answers=said) == "skipped"
    assert await office.said() == []


async def test_a_time_that_does_not_suit_is_not_taken(office: Office) -> None:
    await office.tell("Follow up with the clinic next week")
    question = await office.only()
    for words in ("Friday doesn't work", "Not on Friday", "Freitag geht nicht"):
        await office.tell(words, answers=question)
        known = await office.followup()
        assert known.status is FollowupStatus.CLARIFYING
        await office.only()


async def test_what_asks_for_nothing_is_told_what_to_write(office: Office) -> None:
    assert await office.tell("I saw a cat.", subject="Cat") == "complete"
    assert '"help"' in (await office.only()).text


async def test_a_message_of_whatsapp_is_answered_and_reminded_there(office: Office) -> None:
    await office.core.write(lambda tx: phones.set_for(tx, office.people["ada"], PHONE))
    sender = str(whatsapp.address_of(PHONE))
    await office.tell("Remind me tomorrow at 9 to call the dentist", sender=sender, subject="")
    said = await office.only()
    assert (str(said.row.recipient), said.row.channel) == (sender, "whatsapp")
    assert not said.mail.attachments
    assert (await office.followup()).channel is AskedIn.WHATSAPP
    office.clock.pass_(23 * HOUR)
    await office.scan()
    reminder = await office.only()
    assert str(reminder.row.recipient) == sender
    assert json.loads(reminder.mail.header.get(whatsapp.TEMPLATE_HEADER)) == [
        "Call the dentist",
        "Saturday, 21 November 2026, 09:00",
    ]


async def test_reminders_go_where_their_person_wants_them(office: Office) -> None:
    await office.tell("remind me by WhatsApp")
    assert "no phone number" in (await office.only()).text
    await office.core.write(lambda tx: phones.set_for(tx, office.people["ada"], PHONE))
    await office.tell("remind me by WhatsApp")
    await office.tell("Remind me tomorrow at 9 to call the dentist")
    await office.said()
    office.clock.pass_(23 * HOUR)
    await office.scan()
    assert (await office.only()).row.channel == "whatsapp"


class Away(Models):
    """A model that cannot be had."""

    async def ask(self, question: Question[T], *, who: Asker | None = None) -> Reply[T]:
        raise ModelFailed("openai:x does not accept our key", transient=False)


async def test_when_no_model_answers_its_asker_is_told_and_nothing_is_planned(office: Office) -> None:
    concierge.configure(office.core, Away({"extract": ("openai:x",), "draft": ("openai:x",)}))
    message = await office.receive("Remind me tomorrow at 9 to call the dentist")
    assert await concierge.attend(message, 1) == "failed"
    assert "I could not work on your message" in (await office.only()).text
    assert await office.followups() == []
    assert (await office.task(message)).last_error == "openai:x does not accept our key"


async def test_a_draft_that_cannot_be_written_keeps_no_reminder_back(office: Office) -> None:
    await office.tell("Remind me with a draft tomorrow at 9 to write to Bob")
    await office.said()
    concierge.configure(office.core, Away({"extract": ("openai:x",), "draft": ("openai:x",)}))
    office.clock.pass_(23 * HOUR)
    assert await office.scan() == ["sending"]
    assert "A draft could not be written this time." in (await office.only()).text


async def test_a_reminder_that_could_not_be_sent_has_failed_and_can_be_tried_again(office: Office) -> None:
    from mailwright.core.followups import changing

    await office.tell("Remind me tomorrow at 9 to call the dentist")
    await office.said()
    office.clock.pass_(23 * HOUR)
    await office.scan()
    await office.arrives(await office.only(), "failed")
    known = await office.followup()
    assert known.status is FollowupStatus.FAILED
    await office.core.write(lambda tx: changing.retry(tx, office.core, known.id, by=None))
    assert await office.scan() == ["sending"]
    assert "Call the dentist" in (await office.only()).text


async def test_who_has_too_many_open_is_told_so(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    office.core.settings = replace(office.core.settings, followups_open=1)
    await office.tell("Remind me tomorrow at 9 to call the dentist")
    await office.said()
    assert await office.tell("Remind me on Sunday at 9 to call mum") == "failed"
    assert "too many follow-ups are open" in (await office.only()).text


async def test_the_answer_to_which_one_carries_out_the_change(office: Office) -> None:
    await office.tell("Remind me tomorrow at 9 to call the dentist")
    await office.tell("Remind me on Sunday at 9 to call mum")
    await office.said()
    await office.tell("snooze 2 days")
    which = await office.only()
    await office.tell("2", answers=which)
    assert at((await office.followups())[1].due_at) == "2026-11-24T08:00"


async def test_a_question_whose_choices_have_passed_is_asked_anew(office: Office) -> None:
    await office.tell("Follow up with the clinic next week")
    question = await office.only()
    office.clock.pass_(3 * DAY + 2 * HOUR)
    await office.tell("1", answers=question)
    assert (await office.followup()).status is FollowupStatus.CLARIFYING
    assert "is over" in (await office.only()).text
