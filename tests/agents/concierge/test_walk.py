"""From a message to the confirmation, and from the confirmation to the reminder, through the real core."""

from __future__ import annotations

import re

import pytest

from mailwright.agents import concierge
from mailwright.domain.clock import DAY, HOUR, MINUTE, Instant, to_iso
from mailwright.domain.followups import Action, FollowupStatus
from tests.agents.concierge.conftest import Office


def at(moment: Instant | None) -> str:
    """An instant as a short text."""
    return to_iso(moment or 0)[:16]


async def test_a_clear_wish_is_planned_and_confirmed_in_full(office: Office) -> None:
    assert await office.tell("Follow up with Dr office next Friday morning about test results.") == "waiting"
    said = await office.only()
    known = await office.followup()
    assert known.status is FollowupStatus.PENDING
    assert (known.what, known.who) == ("Follow up with Dr office about test results", "Dr office")
    assert at(known.due_at) == "2026-11-27T08:00"
    assert "Friday, 27 November 2026, 09:00 (CET, Europe/Vienna)" in said.text
    assert '"make it Monday"' in said.text
    assert str(said.row.recipient) == "ada@mailwright.test"
    assert said.mail.header.get("Auto-Submitted") == "auto-replied"
    assert said.mail.message_id.startswith(f"<followup.{known.id}.")


async def test_it_reminds_on_time_once_and_is_done_when_that_was_sent(office: Office) -> None:
    await office.tell("Remind me tomorrow at 9 to call the dentist")
    await office.said()
    assert await office.scan() == []
    office.clock.pass_(23 * HOUR)
    assert await office.scan() == ["sending"]
    assert await office.scan() == []
    reminder = await office.only()
    assert reminder.mail.subject == "Reminder: Call the dentist"
    assert "you wanted to be reminded" in reminder.text
    assert "This was due" not in reminder.text
    await office.arrives(reminder)
    assert (await office.followup()).status is FollowupStatus.DONE


async def test_hours_without_a_scheduler_delay_and_the_reminder_says_when_it_was_due(office: Office) -> None:
    await office.tell("Remind me tomorrow at 9 to call the dentist")
    await office.said()
    office.clock.pass_(30 * HOUR)
    assert await office.scan() == ["sending"]
    assert "This was due at Saturday, 21 November 2026, 09:00 (CET, Europe/Vienna)" in (await office.only()).text


async def test_an_unclear_time_is_asked_about_and_the_number_settles_it(office: Office) -> None:
    await office.tell("Follow up with the clinic next week")
    question = await office.only()
    assert (await office.followup()).status is FollowupStatus.CLARIFYING
    assert "  1. Monday, 23 November 2026" in question.text
    assert "  2. Friday, 27 November 2026" in question.text
    assert await office.tell("2", answers=question) == "complete"
    known = await office.followup()
    assert (known.status, at(known.due_at)) == (FollowupStatus.PENDING, "2026-11-27T08:00")
    assert "noted" in (await office.only()).text


async def test_a_question_is_answered_with_another_time_as_well(office: Office) -> None:
    await office.tell("Follow up with the clinic next week")
    question = await office.only()
    await office.tell("Thursday at 3pm please\n\nThanks\nAda", answers=question)
    known = await office.followup()
    assert (known.status, at(known.due_at)) == (FollowupStatus.PENDING, "2026-11-26T14:00")


async def test_a_number_that_was_not_offered_is_asked_again(office: Office) -> None:
    await office.tell("Follow up with the clinic next week")
    question = await office.only()
    await office.tell("7", answers=question)
    assert "  1. Monday, 23 November 2026" in (await office.only()).text
    assert (await office.followup()).status is FollowupStatus.CLARIFYING


async def test_without_a_time_it_asks_when(office: Office) -> None:
    await office.tell("Remind me to buy milk")
    assert "when shall this be?" in (await office.only()).text
    assert (await office.followup()).what == "Buy milk"


async def test_an_open_question_is_put_once_more_and_then_given_up_with_a_word(office: Office) -> None:
    await office.tell("Follow up with the clinic next week")
    await office.said()
    office.clock.pass_(4 * DAY)
    assert await office.scan() == ["asked"]
    assert "my question is still open" in (await office.only()).text
    assert await office.scan() == []
    office.clock.pass_(4 * DAY)
    assert await office.scan() == ["expired"]
    last = await office.only()
    assert "I have dropped it" in last.text
    assert (await office.followup()).status is FollowupStatus.CANCELLED
    await office.tell("tomorrow at 9", answers=last)
    assert (await office.followup()).status is FollowupStatus.PENDING


@pytest.mark.parametrize(
    ("words", "due"),
    [
        ("make it Monday", "2026-11-23T08:00"),
        ("Please move it to 2 December at 15:00.", "2026-12-02T14:00"),
        ("in two hours", "2026-11-20T11:00"),
        ("rather 5pm", "2026-11-27T16:00"),
        ("push it back by 2 days", "2026-11-29T08:00"),
    ],
)
async def test_an_answer_gives_it_another_time(office: Office, words: str, due: str) -> None:
    await office.tell("Follow up with Dr office next Friday morning about test results.")
    said = await office.only()
    assert await office.tell(words, answers=said) == "complete"
    known = await office.followup()
    assert (known.status, at(known.due_at)) == (FollowupStatus.PENDING, due)
    assert "changed" in (await office.only()).text


async def test_every_week_makes_it_come_again(office: Office) -> None:
    await office.tell("Remind me tomorrow at 9 to water the plants")
    await office.tell("every Monday at 8", answers=await office.only())
    known = await office.followup()
    assert known.rule.startswith("FREQ=WEEKLY")
    confirmed = await office.only()
    assert "Comes again: every week" in confirmed.text
    office.clock.at = known.due_at or 0
    assert await office.scan() == ["sending"]
    reminder = await office.only()
    assert "The next time: Monday, 30 November 2026" in reminder.text
    await office.arrives(reminder)
    again = await office.followup()
    assert (again.status, at(again.due_at)) == (FollowupStatus.PENDING, "2026-11-30T07:00")


async def test_cancel_and_done_end_it(office: Office) -> None:
    await office.tell("Remind me tomorrow at 9 to call the dentist")
    await office.tell("cancel", answers=await office.only())
    assert (await office.followup()).status is FollowupStatus.CANCELLED
    assert "cancelled" in (await office.only()).text
    await office.tell("Remind me on Sunday at 9 to call mum")
    await office.tell("Already done, thanks!", answers=await office.only())
    assert (await office.followups())[1].status is FollowupStatus.DONE


async def test_what_was_reminded_of_can_be_snoozed(office: Office) -> None:
    await office.tell("Remind me tomorrow at 9 to call the dentist")
    await office.said()
    office.clock.pass_(23 * HOUR)
    await office.scan()
    reminder = await office.only()
    await office.arrives(reminder)
    await office.tell("snooze 2 hours", answers=reminder)
    known = await office.followup()
    assert (known.status, at(known.due_at)) == (FollowupStatus.PENDING, "2026-11-21T10:00")
    await office.said()
    office.clock.pass_(2 * HOUR)
    assert await office.scan() == ["sending"]


async def test_the_list_has_numbers_and_an_answer_cancels_one_of_them(office: Office) -> None:
    await office.tell("Remind me tomorrow at 9 to call the dentist")
    await office.tell("Remind me on Sunday at 9 to call mum")
    await office.said()
    await office.tell("list", subject="list")
    listed = await office.only()
    assert "  1. Call the dentist\n     Saturday, 21 November 2026, 09:00" in listed.text.replace("\r", "")
    await office.tell("cancel 2", answers=listed)
    assert [each.status for each in await office.followups()] == [FollowupStatus.PENDING, FollowupStatus.CANCELLED]


async def test_cancel_without_saying_which_asks_and_the_number_chooses(office: Office) -> None:
    await office.tell("Remind me tomorrow at 9 to call the dentist")
    await office.tell("Remind me on Sunday at 9 to call mum")
    await office.said()
    await office.tell("cancel")
    which = await office.only()
    assert "which one do you mean" in which.text
    await office.tell("1", answers=which)
    assert [each.status for each in await office.followups()] == [FollowupStatus.CANCELLED, FollowupStatus.PENDING]


async def test_cancel_finds_it_by_its_words(office: Office) -> None:
    await office.tell("Remind me tomorrow at 9 to call the dentist")
    await office.tell("Remind me on Sunday at 9 to call mum")
    await office.tell("Cancel the reminder for the dentist")
    assert [each.status for each in await office.followups()] == [FollowupStatus.CANCELLED, FollowupStatus.PENDING]


async def test_several_wishes_of_one_message_are_confirmed_in_one_letter(office: Office) -> None:
    await office.tell("- Call Bob on Monday\n- Email Jane on Wednesday at 10\n- Pay rent on 1 December")
    said = await office.only()
    assert [each.what for each in await office.followups()] == ["Call Bob", "Email Jane", "Pay rent"]
    assert all(each in said.text for each in ("Call Bob", "Email Jane", "Pay rent"))
    await office.tell("cancel 3", answers=said)
    assert [each.status.value for each in await office.followups()] == ["pending", "pending", "cancelled"]


async def test_running_a_workflow_again_makes_and_says_nothing_twice(office: Office) -> None:
    message = await office.receive("- Call Bob on Monday\n- Email Jane on Wednesday at 10")
    assert [await concierge.attend(message, 1) for _ in range(3)] == ["waiting"] * 3
    assert len(await office.said()) == 1
    assert len(await office.followups()) == 2
    office.clock.pass_(4 * DAY)
    due = await office.followups()
    assert await office.scan() == ["sending"]
    assert await concierge.remind(due[0].id, 1, 1) == ""
    assert len(await office.said()) == 1


async def test_a_reminder_with_a_draft_puts_it_into_drafts_too(office: Office) -> None:
    await office.tell("Remind me with a draft on Monday at 9 to ask Ms Smith about the invoice")
    known = await office.followup()
    assert known.action is Action.REMIND_AND_DRAFT
    await office.said()
    office.clock.pass_(3 * DAY)
    assert await office.scan() == ["sending"]
    reminder = await office.only()
    assert "This is a draft; nothing was sent to anybody: It is in your Drafts, too." in " ".join(reminder.text.split())
    assert "Ask Ms Smith about the invoice" in reminder.text
    known = await office.followup()
    from mailwright.storage import mailboxes, messages

    drafts = await office.core.read(lambda tx: mailboxes.by_role(tx, office.people["ada"], "drafts"))
    assert drafts is not None
    [draft] = await office.core.read(lambda tx: messages.in_mailbox(tx, drafts.id, 10))
    assert draft.id == known.draft_id


async def test_quiet_hours_put_a_reminder_off(office: Office) -> None:
    await office.tell("no reminders between 22 and 7")
    assert "22:00 – 07:00" in (await office.only()).text
    await office.tell("Remind me tonight at 23:00 to lock the door")
    await office.said()
    office.clock.pass_(13 * HOUR + MINUTE)
    assert await office.scan() == []
    assert at((await office.followup()).due_at) == "2026-11-21T06:00"
    office.clock.pass_(8 * HOUR)
    assert await office.scan() == ["sending"]


async def test_the_time_zone_is_set_by_mail_and_counts_from_then_on(office: Office) -> None:
    await office.tell("My time zone is America/New_York")
    assert "America/New_York" in (await office.only()).text
    await office.tell("Remind me tomorrow at 9 to call the dentist")
    assert at((await office.followup()).due_at) == "2026-11-21T14:00"


async def test_the_agenda_is_told_once_a_day(office: Office) -> None:
    await office.tell("daily agenda at 7")
    await office.tell("Remind me tomorrow at 15:00 to call the dentist")
    await office.said()
    office.clock.pass_(21 * HOUR + MINUTE)
    assert await office.scan() == ["told"]
    agenda = await office.only()
    assert "Call the dentist" in agenda.text
    assert await office.scan() == []


async def test_a_confirmation_with_a_time_of_day_brings_a_calendar_file(office: Office) -> None:
    await office.tell("Remind me tomorrow at 9 to call the dentist")
    [attached] = (await office.only()).mail.attachments
    assert attached.media_type == "text/calendar"
    await office.tell("Remind me on Monday to call mum")
    assert not (await office.only()).mail.attachments


async def test_while_agents_are_stopped_a_reminder_waits_and_is_not_lost(office: Office) -> None:
    from mailwright.core import stops
    from mailwright.storage.audit import SYSTEM

    await office.tell("Remind me tomorrow at 9 to call the dentist")
    await office.said()
    office.clock.pass_(23 * HOUR)
    await office.core.write(lambda tx: stops.engage(tx, "user", office.people["ada"], by=SYSTEM))
    assert await office.scan() == [""]
    assert await office.said() == []
    await office.core.write(lambda tx: stops.release(tx, "user", office.people["ada"], by=SYSTEM))
    office.clock.pass_(15 * MINUTE)
    assert await office.scan() == ["sending"]


async def test_help_tells_how_the_time_stands_in_an_address(office: Office) -> None:
    await office.tell("help")
    assert "follow+3days@mailwright.test" in (await office.only()).text


async def test_what_quiet_hours_or_a_stop_held_up_says_when_it_was_due_by_its_person(office: Office) -> None:
    await office.tell("no reminders between 22 and 7")
    await office.tell("Remind me tonight at 23:00 to lock the door")
    await office.said()
    office.clock.pass_(13 * HOUR + MINUTE)
    assert await office.scan() == []
    office.clock.pass_(8 * HOUR)
    assert await office.scan() == ["sending"]
    assert "This was due at Friday, 20 November 2026, 23:00" in (await office.only()).text


async def test_what_its_person_put_off_themselves_is_not_late(office: Office) -> None:
    await office.tell("Remind me tomorrow at 9 to call the dentist")
    await office.tell("snooze 2 days", answers=await office.only())
    await office.said()
    known = await office.followup()
    assert known.due_at is not None
    office.clock.at = known.due_at
    assert await office.scan() == ["sending"]
    reminder = await office.only()
    assert "This was due" not in reminder.text
    await office.arrives(reminder)
    await office.tell("snooze 2 hours", answers=reminder)
    await office.said()
    office.clock.pass_(5 * HOUR)
    assert await office.scan() == ["sending"]
    assert "This was due at Monday, 23 November 2026, 11:00" in (await office.only()).text


async def test_one_that_comes_again_and_was_put_off_once_is_late_by_its_own_time_the_next(office: Office) -> None:
    await office.tell("Remind me every Monday at 8 to water the plants")
    await office.tell("snooze until Tuesday at 10", answers=await office.only())
    await office.said()
    known = await office.followup()
    assert (at(known.due_at), at(known.wanted_at)) == ("2026-11-24T09:00", "2026-11-24T09:00")
    office.clock.at = known.due_at or 0
    assert await office.scan() == ["sending"]
    reminder = await office.only()
    assert "This was due" not in reminder.text
    await office.arrives(reminder)
    known = await office.followup()
    assert (known.snoozed_until, at(known.wanted_at)) == (None, "2026-11-30T07:00")
    office.clock.at = (known.due_at or 0) + HOUR
    assert await office.scan() == ["sending"]
    assert "This was due at Monday, 30 November 2026, 08:00" in (await office.only()).text


async def test_whatever_is_said_has_an_id_that_fits_a_line(office: Office) -> None:
    await office.tell("- Call Bob on Monday\n- Email Jane next week")
    for each in await office.said():
        assert len(f" {each.mail.message_id}") <= 78
        assert re.match(r"<(followup|concierge)\.", each.mail.message_id)
