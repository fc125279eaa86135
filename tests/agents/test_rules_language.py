"""The language of a short mail: by its own words, and by what was written before where it has none."""

from __future__ import annotations

import pytest

from mailwright.agents.models.rules import language


@pytest.mark.parametrize(
    ("text", "tongue"),
    [
        ("What does it cost?", "en"),
        ("Still open?", "en"),
        ("Wann passt es?", "de"),
        ("Geht das bis Freitag?", "de"),
        ("Ça marche pour lundi ?", "fr"),
        ("Combien ?", "fr"),
        ("¿Y el martes?", "es"),
        ("Cuánto cuesta?", "es"),
        ("Quanto viene?", "it"),
        ("Va bene sabato?", "it"),
        ("Wanneer is het klaar?", "nl"),
        ("", "en"),
    ],
)
def test_a_line_is_enough(text: str, tongue: str) -> None:
    assert language.of_conversation(text) == tongue


def test_what_was_written_before_says_it_where_the_mail_does_not() -> None:
    earlier = ["Buongiorno, quando possiamo ritirare la cornice?"]
    assert language.of_conversation("ok", earlier) == "it"
    assert language.of_conversation("Danke, bis Montag!", earlier) == "de"
    assert language.of_conversation("ok", ["Können Sie es liefern?", *earlier]) == "it"  # the newest counts
    assert language.of_conversation("ok", among=("de", "fr")) == "de"
