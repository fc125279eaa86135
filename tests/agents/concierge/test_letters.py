"""What the concierge says, in seven languages: every sentence is there, every command it names is one, and dates are written out in full."""

from __future__ import annotations

import re
import string
from datetime import datetime

import pytest

from mailwright.agents.concierge import letters, letters_table, recurring
from mailwright.agents.concierge.letters import Reader, Shown
from mailwright.agents.models.rules import commands
from mailwright.agents.models.rules import preferences as wishes
from mailwright.codecs import dates
from mailwright.domain.clock import SECOND
from mailwright.domain.followups import LANGUAGES

WHEN = 1_795_766_400 * SECOND  # Friday, 27 November 2026, 08:00 UTC
QUOTED = re.compile(r"[\"„«“]\s?([^\"“”»„«]+?)\s?[\"“”»]")
TABLES = {
    "says": letters_table.SAYS,
    "labels": letters_table.LABELS,
    "then": letters_table.THEN,
    "set": letters_table.SETTINGS,
}


def _gaps(text: str) -> set[str]:
    return {each[1] for each in string.Formatter().parse(text) if each[1]}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("table", sorted(TABLES))
def test_every_sentence_is_there_with_the_same_gaps(language: str, table: str) -> None:
    for name, said in TABLES[table].items():
        gaps = _gaps(said[language])
        assert gaps == _gaps(said["en"]), name


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "name", ["hint", "due_hint", "list_hint", "answer_choice", "answer_time", "prove", "full", "unsure", "help"]
)
def test_every_command_that_a_letter_names_is_understood(language: str, name: str) -> None:
    now = datetime(2026, 11, 20, 10)
    named = QUOTED.findall(letters_table.SAYS[name][language].replace("{until}", "").replace("{plus}", ""))
    assert named
    for said in named:
        habits = dates.habits_of("", language)
        command = commands.read(said)
        understood = command is not None or wishes.read(said).any
        phrase = command.phrase if command is not None else ""
        if phrase or not understood:
            found = dates.read(phrase or said, now, language=language, habits=habits)
            parts = dates.find(phrase or said, now, language=language, habits=habits)
            assert found is not None or parts, said


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Friday, 27 November 2026, 09:00 (CET, Europe/Vienna)"),
        ("de", "Freitag, 27. November 2026, 09:00 (MEZ, Europe/Vienna)"),
        ("fr", "vendredi 27 novembre 2026, 09:00"),
        ("es", "viernes, 27 de noviembre de 2026, 9:00 (CET, Europe/Vienna)"),
        ("it", "venerdì 27 novembre 2026, 09:00 (CET, Europe/Vienna)"),
        ("pt", "sexta-feira, 27 de novembro de 2026, 09:00 (CET, Europe/Vienna)"),
        ("nl", "vrijdag 27 november 2026, 09:00 (CET, Europe/Vienna)"),
    ],
)
def test_a_date_is_said_in_full_with_its_zone(language: str, told: str) -> None:
    assert letters.when(Reader(language, "Europe/Vienna"), WHEN).startswith(told)


def test_a_person_of_another_country_reads_their_own_dates() -> None:
    assert letters.when(Reader("en", "America/New_York", "en-US"), WHEN) == (
        "Friday, November 27, 2026, 3:00\u202fAM (EST, America/New_York)"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_can_be_written(language: str) -> None:
    reader = Reader(language, "Europe/Vienna", "", "Ada")
    shown = Shown("Anruf", WHEN, "Eve", "Kontext", "remind_and_draft", "FREQ=WEEKLY;BYDAY=MO,WE", True, "gap")
    for text in (
        letters.confirmation(reader, [shown, shown]),
        letters.confirmation(reader, [shown], "changed"),
        letters.question(reader, "x", "phrase", [WHEN, WHEN], "several", WHEN),
        letters.question(reader, "x", "", [], "none", WHEN),
        letters.question(reader, "x", "phrase", [], "past", WHEN, again=True),
        letters.question(reader, "x", "phrase", [], "too often", WHEN),
        letters.expired(reader, "x"),
        letters.reminder(reader, shown, due_at=WHEN, late=True, draft="Text", filed=True, next_at=WHEN),
        letters.reminder(reader, shown, due_at=WHEN, late=False, draft="", filed=False, next_at=None),
        letters.listed(reader, [shown] * 3, 5),
        letters.listed(reader, [], 0),
        letters.agenda(reader, [shown], 1),
        letters.which(reader, [shown, Shown("y")], 2),
        letters.settings(reader, {"time_zone": "UTC"}, "no_phone"),
    ):
        assert text.startswith(letters_table.HELLO[language][0].format(name="Ada"))
        assert "{" not in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "rule", ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO", "FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=MONTHLY;BYDAY=1FR", "FREQ=WEEKLY;INTERVAL=2", "nonsense"]
)  # fmt: skip
def test_a_recurrence_is_said_in_words(language: str, rule: str) -> None:
    told = recurring.told(rule, letters._locale("", language))
    assert "FREQ" not in told
    assert "BY" not in told
