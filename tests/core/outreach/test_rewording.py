"""Rewording: a sentence keeps its evidence as long as it stands there as it was."""

from __future__ import annotations

from typing import Any

import pytest

from mailwright.core.outreach.rewording import sentences_of


def _sentence(text: str, paragraph: int, state: str = "verified") -> dict[str, Any]:
    sources = [{"number": 1, "quote": text[:10]}] if state == "verified" else []
    return {"text": text, "paragraph": paragraph, "state": state, "sources": sources}


KNOWN = [
    _sentence("Dear Dr. Okafor,", 0, "plain"),
    _sentence("You moved to Graz in 2024.", 1),
    _sentence("You lead the tidal group there.", 1),
    _sentence("Could we talk?", 2, "own"),
    _sentence("Ada", 3, "own"),
]
BODY = "Dear Dr. Okafor,\n\nYou moved to Graz in 2024. You lead the tidal group there.\n\nCould we talk?\n\nAda"


def _states(body: str) -> list[tuple[str, str]]:
    return [(each["text"], each["state"]) for each in sentences_of(body, KNOWN)]


def test_the_same_text_has_the_same_sentences_however_it_is_spaced() -> None:
    assert list(sentences_of(BODY, KNOWN)) == KNOWN
    spaced = BODY.replace("You lead the", "\n You lead\tthe").replace("\n\n", "\n \n\n") + "\n"
    assert list(sentences_of(spaced, KNOWN)) == KNOWN


@pytest.mark.parametrize(
    ("old", "new", "edited"),
    [
        ("2024", "2023", ["You moved to Graz in 2023."]),
        ("You lead", "I hear you lead", ["I hear you lead the tidal group there."]),
        ("there.", "there. It is the largest one!", ["It is the largest one!"]),
        ("Could we talk?", "Really? Could we talk?", ["Really?"]),
        ("Ada", "Ada Byron", ["Ada Byron"]),
        ("Dear Dr. Okafor,\n\n", "Dear Dr. Okafor,\n", []),
        ("Dear Dr. Okafor,\n\n", "Dear Dr. Okafor, ", ["Dear Dr. Okafor, You moved to Graz in 2024."]),
        ("\n\nAda", "\n\nAda no more", ["Ada no more"]),
        (
            "Graz in 2024. You",
            "Graz in 2024, and you",
            ["You moved to Graz in 2024, and you lead the tidal group there."],
        ),
    ],
)
def test_what_was_changed_is_its_owners_and_the_rest_stays(old: str, new: str, edited: list[str]) -> None:
    states = _states(BODY.replace(old, new))
    assert [text for text, state in states if state == "edited"] == edited
    assert [text for text, state in states if state == "own"][:1] == ["Could we talk?"]


def test_a_sentence_that_stands_twice_has_evidence_once() -> None:
    states = _states(BODY + "\n\nYou moved to Graz in 2024.")
    assert states[-1] == ("You moved to Graz in 2024.", "edited")
    assert ("You moved to Graz in 2024.", "verified") in states


def test_sentences_follow_their_paragraphs_and_what_was_taken_out_is_gone() -> None:
    found = sentences_of("Could we talk?\n\nYou lead the tidal group there.", KNOWN)
    assert [(each["text"], each["paragraph"], each["state"]) for each in found] == [
        ("Could we talk?", 0, "own"),
        ("You lead the tidal group there.", 1, "verified"),
    ]


def test_the_end_of_another_sentence_is_no_evidence_for_a_part_of_it() -> None:
    assert _states("It is not true that You moved to Graz in 2024.") == [
        ("It is not true that You moved to Graz in 2024.", "edited")
    ]
    assert _states("You moved to Graz in 2024.5 years") == [("You moved to Graz in 2024.5 years", "edited")]


@pytest.mark.parametrize(
    "body",
    ["e.g. " * 8_000, "a. " * 13_000, "." * 40_000, ".'" * 20_000],
    ids=["abbreviations", "short", "dots", "quotes"],
)
def test_a_text_that_is_made_to_be_slow_is_taken_apart_like_any_other(body: str) -> None:
    """Each of these kept a database from everybody for a minute."""
    alike = [_sentence("a b c d e. " * 5, number) for number in range(100)]
    assert all(each["state"] == "edited" for each in sentences_of(body, alike))


def test_of_two_equal_sentences_each_keeps_its_own_evidence() -> None:
    twice = [_sentence("It is so.", 0), _sentence("It is so.", 1, "own"), _sentence("It is", 2, "own")]
    found = sentences_of("It is so. It is so. It is so.", twice)
    assert [each["state"] for each in found] == ["verified", "own", "edited"]
