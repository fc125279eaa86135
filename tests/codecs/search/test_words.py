"""Words in many scripts, and what they have in common with what is typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs.search.words import MAX_WORD, fold, spans, words


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Grüße von Müller", "muller"),
        ("die Straße", "STRASSE"),
        ("ein Cafe\u0301 in Łódź", "café"),
        ("Привет, Ёлка!", "елка"),
        ("Привет, Ёлка!", "ПРИВЕТ"),
        ("مُحَمَّد", "محمد"),
        ("مدرسة", "مدرسه"),
        ("שָׁלוֹם", "שלום"),
        ("हिन्दी में लिखा", "हिन्दी"),
        ("ΟΔΟΣ", "οδός"),
        ("İstanbul", "istanbul"),
        ("Tiếng Việt", "tieng viet"),
        ("\uff21\uff22\uff23 widths", "abc"),
    ],
)
def test_a_word_is_found_however_it_is_written(written: str, typed: str) -> None:
    assert set(words(typed)) <= set(words(written))


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("昨日東京都へ行きました", "東京"),
        ("ภาษาไทยง่าย", "ภาษาไทย"),
        ("서울에서 만나요", "서울"),
        ("カタカナとﾊﾝｶｸ", "ハンカク"),
    ],
)
def test_scripts_without_spaces_are_found_inside_a_run(written: str, typed: str) -> None:
    there, looked_for = words(written), words(typed)
    assert any(there[i : i + len(looked_for)] == looked_for for i in range(len(there)))


def test_addresses_and_file_names_fall_into_their_words() -> None:
    assert words("Bashir.Khan@mailwright.test report_v1.pdf") == [
        "bashir",
        "khan",
        "mailwright",
        "test",
        "report",
        "v1",
        "pdf",
    ]


def test_a_vowel_sign_makes_another_word() -> None:
    assert words("की") != words("का")


def test_an_endless_word_is_known_by_its_beginning() -> None:
    assert words("x" * 100_000) == ["x" * MAX_WORD]


@given(st.text())
def test_folding_is_done_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=200))
def test_words_hold_no_space_and_are_never_empty(text: str) -> None:
    found = words(text)
    assert all(word and not any(c.isspace() for c in word) for word in found)
    assert " ".join(found).split() == found


@given(st.text(max_size=200))
def test_words_of_words_are_the_same(text: str) -> None:
    found = words(text)
    assert words(" ".join(found)) == found


@given(st.text(max_size=200))
def test_spans_lie_in_the_text_and_do_not_overlap(text: str) -> None:
    after = 0
    for word, start, end in spans(text):
        assert word
        assert after <= start < end <= len(text)
        after = end
