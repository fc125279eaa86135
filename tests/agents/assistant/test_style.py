"""How an owner writes: learned, told in plain words, and written by."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from mailwright.agents.assistant import style

GERMAN = "Hallo Bashir,\n\nkannst du mir das bitte schicken? Ich habe es noch nicht.\n\nViele Grüße\nAda"
FORMAL = "Sehr geehrter Herr Müller,\n\nich danke Ihnen für die Nachricht und schicke Ihnen das.\n\nMit freundlichen Grüßen\nAda Lovelace"
ENGLISH = "Hi Chen,\n\nthank you for the report, it was what we need.\n\nBest,\nAda"


def test_a_style_is_told_in_plain_words_by_language() -> None:
    measures = style.learn([GERMAN, GERMAN, ENGLISH])
    assert style.note(measures).splitlines() == [
        "German (2 mails): greets with “Hallo {name},”, ends with “Viele Grüße”, says du, writes about 16 words.",
        "English (1 mail): greets with “Hi {name},”, ends with “Best,”, writes about 14 words.",
        "Signs as “Ada”.",
        "Uses no emoji.",
    ]
    assert json.loads(json.dumps(measures)) == measures


def test_nobody_elses_name_or_sex_is_learned() -> None:
    said = style.note(style.learn([FORMAL]))
    assert "“Sehr geehrte/r Herr/Frau {name},”" in said
    assert "says Sie" in said
    assert "Müller" not in said


def test_the_other_languages() -> None:
    texts = [
        "Bonjour Chen,\n\nmerci pour votre message, je vous réponds dans le détail.\n\nCordialement\nAda",
        "Hola Chen:\n\nmuchas gracias por el informe, es lo que necesito para tu reunión, te escribo.\n\nUn abrazo\nAda",
        "Ciao Chen,\n\ngrazie per il tuo messaggio, è quello che ci serve, ti scrivo.\n\nA presto\nAda",
    ]
    said = style.note(style.learn(texts))
    for each in (
        "French (1 mail): greets with “Bonjour {name},”, ends with “Cordialement”, says vous",
        "Spanish (1 mail): greets with “Hola {name}:”, ends with “Un abrazo”, says tú",
        "Italian (1 mail): greets with “Ciao {name},”, ends with “A presto”, says tu",
    ):
        assert each in said


def test_a_note_says_how_the_rules_model_is_to_write() -> None:
    said = style.note(style.learn([GERMAN, ENGLISH]))
    manner = style.manner(said, "de", "Ada L.")
    assert (manner.greeting, manner.ending, manner.name, manner.informal) == (
        "Hallo {name},",
        "Viele Grüße",
        "Ada",
        True,
    )
    other = style.manner("I like short mails.", "de", "Ada L.")
    assert (other.greeting, other.ending, other.name, other.informal) == ("", "", "Ada L.", False)


def test_what_an_owner_puts_right_outweighs_habits_and_survives_the_next_look() -> None:
    measures = style.learn([ENGLISH, ENGLISH])
    drafted = "Hi Chen,\n\nthis is the whole long story of the report that we need for you.\n\nBest,\nAda"
    sent = "Hey Chen,\n\nthis is the report for you.\n\nCheers\nAda"
    for _time in range(3):
        measures = style.from_edit(measures, drafted, sent)
    said = style.note(measures)
    assert "greets with “Hey {name},”, ends with “Cheers”" in said
    assert "Made 3 of 3 drafts shorter before sending them: write shorter ones." in said
    again = style.note(style.learn([ENGLISH, ENGLISH], before=measures))
    assert "greets with “Hey {name},”, ends with “Cheers”" in again
    assert "write shorter ones" in again


def test_what_was_sent_as_drafted_is_counted_and_changes_nothing() -> None:
    before = style.learn([ENGLISH])
    after = style.from_edit(before, ENGLISH, ENGLISH)
    assert style.note(after) == style.note(before)
    assert (after["edits"]["sent"], after["edits"]["as_drafted"]) == (1, 1)
    assert "edits" not in before


def test_nothing_is_said_of_nobody() -> None:
    assert style.note(style.learn([])) == ""
    assert style.note({}) == ""


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=200), max_size=5), st.text(max_size=200), st.text(max_size=200))
def test_any_mails_can_be_learned_from(sent: list[str], drafted: str, changed: str) -> None:
    measures = style.from_edit(style.learn(sent), drafted, changed)
    said = style.note(measures)
    assert len(said) < 2_000
    for language in ("en", "de", "fr", "es", "it", "nl"):
        style.manner(said, language)
    assert len(style.note(style.learn(sent, before=measures))) < 2_000
