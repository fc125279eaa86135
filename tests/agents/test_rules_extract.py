"""The rules model for the concierge: what is to be done, in which words it says when, and what is a command."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailwright.agents.models.rules import commands
from mailwright.agents.models.rules import preferences as wishes
from mailwright.agents.models.rules.commands import Command
from mailwright.agents.models.rules.extract import Said, extract
from mailwright.agents.models.turns import Extraction
from mailwright.codecs import dates

NOW = datetime(2026, 11, 18, 10)


def said(text: str, language: str = "en", subject: str = "", **more: bool) -> Extraction:
    return extract(Said(text, subject, NOW, language, dates.habits_of("", language), **more))


@pytest.mark.parametrize(
    ("language", "text", "what", "phrase"),
    [
        ("en", "Remind me on Monday about the meeting on Friday", "The meeting on Friday", "Monday"),
        ("en", "Call Anna about the Friday meeting tomorrow at 9", "Call Anna about the Friday meeting", "tomorrow at 9"),
        ("en", "Tomorrow remind me at 5 to call mum", "Call mum", "Tomorrow at 5"),
        ("de", "Kannst du mich bitte am Montag daran erinnern, Anna anzurufen?", "Anna anzurufen", "Montag"),
        ("fr", "Peux-tu me rappeler lundi de relancer Paul ?", "Relancer Paul", "lundi"),
        ("es", "¿Puedes recordarme el lunes que llame a Ana?", "Llame a Ana", "el lunes"),
        ("it", "Puoi ricordarmi lunedì di sentire Anna?", "Sentire Anna", "lunedì"),
        ("pt", "Pode me lembrar na segunda-feira de enviar o relatório?", "Enviar o relatório", "segunda-feira"),
        ("nl", "Kun je me maandag herinneren aan het rapport?", "Rapport", "maandag"),
    ],
)  # fmt: skip
def test_the_matter_is_told_from_the_words_that_say_when(language: str, text: str, what: str, phrase: str) -> None:
    found = said(text, language)
    assert found.wants == "followup"
    [wanted] = found.followups
    assert wanted.what == what
    assert wanted.phrase.removeprefix("on ") == phrase


def test_a_wish_that_a_mail_program_broke_into_lines_is_one() -> None:
    [wanted] = said(
        "Hi,\n\nplease remind me on Monday to send Bashir the\ncontract for the flat.\n\nBest\nAda"
    ).followups
    assert wanted.what == "Send Bashir the contract for the flat"


def test_what_to_do_may_stand_in_the_subject() -> None:
    [wanted] = said("Remind me tomorrow at 9", subject="Fwd: Invoice 4711").followups
    assert wanted.what == "Invoice 4711"


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("Remind me on Monday to call Bob", ""),
        ("Remind me on Monday to write to Bob, with a draft", "remind_and_draft"),
        ("Draft a mail to Bob for Monday", "draft"),
    ],
)
def test_a_draft_is_wanted_only_when_it_is_asked_for(text: str, action: str) -> None:
    assert said(text).followups[0].action == action


@pytest.mark.parametrize(
    "text",
    ["Thanks a lot!", "I met Eva in May and she says hello.", "Version 2.3 costs 14 euros.", "See you!", ""],
)
def test_what_asks_for_nothing_is_nothing(text: str) -> None:
    assert said(text).wants == "nothing"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("Cancel.", Command("cancel")),
        ("cancel 2", Command("cancel", number=2)),
        ("Cancel the reminder for the dentist, please", Command("cancel", about="the reminder for the dentist")),
        ("Alle löschen", None),
        ("Lösche alle", Command("cancel", about="all")),
        ("C'est fait, merci", Command("done")),
        ("Nein, Freitag", None),
        ("2.", Command("number", number=2)),
        ("The second one", Command("number", number=2)),
        ("mach Montag draus", Command("change", phrase="montag")),
        ("liever maandag", Command("change", phrase="maandag")),
        ("snooze", Command("snooze")),
        ("später um 2 Stunden", Command("snooze", phrase="2 stunden")),
        ("Remind me on Friday to cancel the gym", None),
        ("I have to list all the things that we bought for the flat in the last year", None),
    ],
)
def test_commands_are_known_by_their_words(text: str, command: Command | None) -> None:
    assert commands.read(text) == command


def test_cancelling_something_else_by_a_day_is_a_wish() -> None:
    found = said("Please cancel the gym membership by 30 November")
    assert (found.wants, found.followups[0].what) == ("followup", "Cancel the gym membership")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("my time zone is Europe/Vienna", {"time_zone": "Europe/Vienna"}),
        ("Meine Zeitzone ist Wien", {"time_zone": "Europe/Vienna"}),
        ("zona horaria: Ciudad de México", {"time_zone": "America/Mexico_City"}),
        ("no reminders between 10pm and 7am", {"quiet": (1320, 420)}),
        ("keine Erinnerungen von 22 bis 7 Uhr", {"quiet": (1320, 420)}),
        ("pas de rappels entre 22h et 7h30", {"quiet": (1320, 450)}),
        ("remind me by WhatsApp", {"reach_by": "whatsapp"}),
        ("Tagesübersicht um 7:30", {"agenda_at": 450}),
        ("no daily agenda", {"agenda_at": -1}),
        ("Remind me by mail tomorrow about the invoice", {}),
        ("Buy milk between 3 and 5", {}),
        ("No meeting between 3 and 5 on Friday", {}),
    ],
)
def test_preferences_are_read_or_left_alone(text: str, wanted: dict[str, object]) -> None:
    found = wishes.read(text)
    assert {name: getattr(found, name) for name in wanted} == wanted
    assert found.any == bool(wanted)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400), st.sampled_from(["en", "de", "fr", "es", "it", "pt", "nl"]), st.booleans())
def test_no_text_breaks_it_and_phrases_are_words_of_the_text(text: str, language: str, answers: bool) -> None:
    found = said(text, language, answers=answers)
    wishes.read(text)
    words = text.split()
    for each in found.followups:
        assert all(any(part in word for word in words) for part in each.phrase.split())
