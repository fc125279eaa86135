"""Numbers in one word: what they mean, and that a draft does not keep one that nothing supports."""

from __future__ import annotations

import re
import time

import pytest

from mailwright.agents.assistant import claims, joined_numbers, stated

AT = 1_773_000_000_000_000
SECONDS = 20.0  # of the processor


@pytest.mark.parametrize(
    ("word", "value", "language"),
    [
        ("vierhundertfünfzig", 450, "de"),
        ("Zweitausendfünfhundert", 2500, "de"),
        ("fünfunddreissig", 35, "de"),
        ("tausendzweihundert", 1200, "de"),
        ("hunderteins", None, "de"),
        ("einen", None, "de"),
        ("quattrocentocinquanta", 450, "it"),
        ("ventotto", 28, "it"),
        ("centottanta", 180, "it"),
        ("milleduecento", 1200, "it"),
        ("duemilacinquecento", 2500, "it"),
        ("veintidós", 22, "es"),
        ("cuatrocientas", 400, "es"),
        ("vierhundertfünfzig", None, "it"),
    ],
)
def test_words_mean_what_they_say(word: str, value: int | None, language: str) -> None:
    assert joined_numbers.value(word, language) == value
    if value is not None:
        assert re.fullmatch(joined_numbers.PATTERN, word, re.IGNORECASE)
        assert joined_numbers.value(word) == value


@pytest.mark.parametrize(
    ("language", "draft", "checked"),
    [
        ("de", "Das kostet vierhundertfünfzig Euro.", "Das kostet [Preis?]."),
        ("it", "Costa quattrocentocinquanta euro.", "Costa [prezzo?]."),
        ("es", "Cuesta cuatrocientos cincuenta euros.", "Cuesta [precio?]."),
    ],
)
def test_a_price_in_one_word_is_a_price(language: str, draft: str, checked: str) -> None:
    assert claims.check(draft, thread=[], facts="", owner=[], language=language, at=AT)[0] == checked
    same = claims.check(draft, thread=[], facts="Wir nehmen 450 €.", owner=[], language=language, at=AT)
    assert same[0] == draft


@pytest.mark.parametrize("hostile", ["zwanzig ", "cento ", "hundert", "undicia", "undeinund", "centoa"])
def test_hostile_words_are_read_in_seconds(hostile: str) -> None:
    began = time.process_time()
    stated.find((hostile * 60_000)[:60_000], at=AT)
    assert time.process_time() - began < SECONDS
