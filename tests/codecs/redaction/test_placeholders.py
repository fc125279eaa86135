"""Placeholders: what is hidden comes back, exactly, and nothing else does."""

import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs.redaction import Found, Placeholders

IBAN = "DE89 3704 0044 0532 0130 00"
CARD = "4111 1111 1111 1111"


def mark_of(hidden: str) -> str:
    return hidden.rpartition("-")[2]


def test_a_value_is_hidden_and_comes_back_in_what_a_model_writes() -> None:
    run = Placeholders()
    hidden = run.hide(f"Please pay Chen, {IBAN}.")
    assert "3704" not in hidden
    assert hidden.startswith("Please pay Chen, IBAN-1-")
    assert run.show(f"I would pay to {hidden.split()[-1]} tomorrow.") == f"I would pay to {IBAN}. tomorrow."


def test_the_same_value_has_the_same_number_however_it_is_written() -> None:
    run = Placeholders()
    spaced, together = run.hide(IBAN), run.hide(IBAN.replace(" ", ""))
    mark = mark_of(spaced)
    assert (spaced, together) == (f"IBAN-1-{mark}", f"IBAN-1b-{mark}")
    assert run.hide(IBAN) == spaced
    assert run.show(f"{together} {spaced}") == f"{IBAN.replace(' ', '')} {IBAN}"
    assert run.hidden == {"iban": 1}


@pytest.mark.parametrize(
    "written",
    [
        "**{}**",
        "`{}`",
        "_{}_",
        "({})",
        "“{}”",
        "{}:",
        "<{}>",
        '{{"iban": "{}"}}',
        "tel:{}",
        "x={}&y",
    ],
)
def test_a_placeholder_survives_what_a_model_puts_around_it(written: str) -> None:
    run = Placeholders()
    hidden = run.hide(CARD)
    assert run.show(written.format(hidden)) == written.format(CARD)


@pytest.mark.parametrize(
    ("old", "new"),
    [("-", "‑"), ("-", "–"), ("-", "_"), ("-", "\\-"), ("-", "\\_"), ("-", " "), ("CARD", "Card"), ("CARD", "Karte")],
)
def test_a_placeholder_survives_being_written_another_way(old: str, new: str) -> None:
    run = Placeholders()
    hidden = run.hide(CARD)
    for repeated in (hidden, hidden.lower(), hidden.upper()):
        assert run.show(f"to {repeated.replace(old, new).replace(old.lower(), new)}!") == f"to {CARD}!"


def test_what_looks_like_a_placeholder_stays_what_it_is() -> None:
    run = Placeholders()
    mark = mark_of(run.hide(CARD))
    for text in ("CARD-1-x7k2m9q4", f"CARD-7-{mark}", f"CARD-{mark}", mark, f"CARD-1c-{mark}", "CARD-1-"):
        assert run.show(text) == text


def test_a_stranger_who_knows_the_mark_still_cannot_have_a_value_put_in() -> None:
    run = Placeholders()
    hidden = run.hide(CARD)
    for forged in (hidden, hidden.lower(), f"x {hidden} y", f"{hidden}{hidden}", mark_of(hidden)):
        again = run.hide(forged)
        assert hidden not in again
        assert run.show(again) == forged
    assert "4111" not in run.show(run.hide(f"CARD-1-{mark_of(hidden)[:-1]}{CARD}{mark_of(hidden)}"))[:15]


def test_what_another_run_hid_is_not_shown() -> None:
    ours, theirs = Placeholders(), Placeholders()
    hidden = theirs.hide(CARD)
    ours.hide(IBAN)
    assert ours.show(hidden) == hidden


def test_what_is_shown_is_not_read_again() -> None:
    run = Placeholders()
    forged = run.hide(CARD)
    assert run.show(run.hide(forged)) == forged


def test_values_come_back_in_the_arguments_of_a_tool() -> None:
    run = Placeholders()
    card, iban = run.hide(CARD), run.hide(IBAN)
    arguments = {"to": [f"pay {card}", 3, None, True], iban: {"rows": (card, 1.5)}}
    assert run.show_in(arguments) == {"to": [f"pay {CARD}", 3, None, True], IBAN: {"rows": (CARD, 1.5)}}


def test_arguments_without_bottom_do_not_break_it() -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    Placeholders().show_in(deep)


def test_nothing_hidden_is_printed() -> None:
    run = Placeholders()
    run.hide(CARD)
    assert "4111" not in repr(run)


def test_recognisers_of_others_are_asked_and_what_overlaps_is_covered_whole() -> None:
    def names(text: str) -> Iterable[Found]:
        at = text.find("Bashir")
        if at >= 0:
            yield Found(at, at + len("Bashir " + CARD[:4]), "person", "Bashir")

    run = Placeholders([names])
    hidden = run.hide(f"From Bashir {CARD}.")
    assert hidden == f"From CARD-1-{mark_of(hidden[:-1])}."
    assert run.show(hidden) == f"From Bashir {CARD}."


def test_a_recogniser_that_fails_lets_nothing_through() -> None:
    def broken(text: str) -> Iterable[Found]:
        raise RuntimeError("no model")

    with pytest.raises(RuntimeError):
        Placeholders([broken]).hide("anything")


PIECES = st.sampled_from(
    [
        CARD,
        IBAN,
        IBAN.lower(),
        "CARD-1-",
        "-",
        "1b-",
        "+49 171 2345678",
        "password: ",
        "pwd=",
        "sk-ant-api03-",
        "order no ",
        "SSN ",
        "078-05-1120",
        "\n",
        " ",
        "İ",
        "٣",
        "４",
        "\u200b",
        "eyJ",
        "-----BEGIN PRIVATE KEY-----",
        "postgres://a:b@c",
        "tel",
    ]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=30))
def test_hide_then_show_gives_the_text_back(pieces: list[str]) -> None:
    run = Placeholders()
    for text in ("".join(pieces), " ".join(pieces), "\n".join(reversed(pieces))):
        assert run.show(run.hide(text)) == text


def test_texts_made_of_pieces_of_placeholders_come_back_too() -> None:
    chance = random.Random(5)
    run = Placeholders()
    hidden = run.hide(f"{CARD} {IBAN} {IBAN.lower()}")
    mark = mark_of(hidden)
    pieces = [
        hidden,
        mark,
        mark[:4],
        mark[4:],
        mark[-1],
        "CARD",
        "-1-",
        "-1b-",
        "-",
        CARD,
        IBAN,
        " ",
        mark.upper(),
        "CARD-1",
        "b",
    ]
    for _ in range(3000):
        text = "".join(chance.choice(pieces) for _ in range(chance.randint(1, 9)))
        assert run.show(run.hide(text)) == text
