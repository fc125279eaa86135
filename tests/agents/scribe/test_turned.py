"""A sentence does not use the words of its sources to say something else."""

from __future__ import annotations

import pytest

from mailwright.agents.scribe import evidence
from mailwright.agents.scribe.evidence import Support
from mailwright.agents.scribe.results import Fact

OWNER = "I grow alpine plants in Linz. Would you have 20 minutes next week? I could not find your book in our library."


def wrong(sentence: str, *quotes: str, language: str = "en") -> str:
    facts = tuple(Fact(number=n, claim=each, quote=each, source=n) for n, each in enumerate(quotes, 1))
    return evidence.supports(sentence, Support(OWNER, "Chen Lindqvist", facts, "", 0, language))


@pytest.mark.parametrize(
    ("sentence", "quotes"),
    [
        ("You received the Lake Prize.", ("Chen Lindqvist did not receive the Lake Prize",)),
        ("You received the Lake Prize.", ("The Lake Prize was never received by Chen Lindqvist",)),
        ("Sie erhielten den Lake Prize.", ("Chen Lindqvist erhielt den Lake Prize nicht",)),
        ("Vous avez reçu le Lake Prize.", ("Chen Lindqvist n’a jamais reçu le Lake Prize",)),
        ("You have never led the herbarium.", ("Chen Lindqvist leads the herbarium",)),
        ("You won the Lake Prize.", ("Chen Lindqvist was nominated for the Lake Prize",)),
        ("You received the Lake Prize.", ("Chen Lindqvist hopes to receive the Lake Prize",)),
        ("You won the Lake Prize.", ("If Chen Lindqvist had won the Lake Prize, she would have moved",)),
        ("You founded the Lake Institute.", ("Chen Lindqvist works at the Lake Institute",)),
        ("You lead the herbarium in Graz.", ("Chen Lindqvist led the herbarium in Graz until 2015",)),
        ("As head of the herbarium in Graz you know such plants.", ("former head of the herbarium in Graz",)),
        ("You are director of the herbarium.", ("Chen Lindqvist was director of the herbarium",)),
        ("You work at the University of Graz.", ("professor at the University of Graz, 2003-2015",)),
        ("You have led the herbarium since 2015.", ("Chen Lindqvist led the herbarium until 2015",)),
        ("You led the herbarium until 2019.", ("Chen Lindqvist leads the herbarium since 2019",)),
        ("You lead the herbarium since 2011.", ("leads the herbarium since 2019", "came to Graz in 2011")),
        ("Your herbarium holds 12 million plants.", ("The herbarium holds 12 thousand plants",)),
        ("Your herbarium holds 12 plants.", ("The herbarium holds 12 million plants",)),
        ("Your herbarium holds 12 tons of plants.", ("The herbarium holds 12 kg of plants",)),
        ("Your herbarium holds 1,200 plants.", ("The herbarium holds 1.2 plants",)),
    ],
)
def test_what_is_turned_round_is_not_supported(sentence: str, quotes: tuple[str, ...]) -> None:
    assert wrong(sentence, *quotes)


@pytest.mark.parametrize(
    ("sentence", "quotes"),
    [
        ("You did not receive the Lake Prize.", ("Chen Lindqvist did not receive the Lake Prize",)),
        ("You won the Lake Prize in 2021.", ("Chen Lindqvist received the Lake Prize in 2021",)),
        ("You won the Lake Prize.", ("Chen Lindqvist, nominated often, won the Lake Prize",)),
        ("You won not only the Lake Prize.", ("Chen Lindqvist received not only the Lake Prize",)),
        ("I could not find “Snow beds of Graz” in our library.", ("Snow beds of Graz",)),
        ("You study the plants of Graz.", ("studies the plants of Graz, which do not grow elsewhere",)),
        ("You led the herbarium in Graz until 2015.", ("Chen Lindqvist led the herbarium in Graz until 2015",)),
        ("You lead the herbarium.", ("She was in Oslo until 2015, and leads the herbarium in Graz",)),
        ("Your book “Salt of Graz” was published in 2021.", ("“Salt of Graz” was published in 2021",)),
        (
            "You came to Graz in 2011 and lead the herbarium since 2019.",
            ("leads the herbarium since 2019", "came to Graz in 2011"),
        ),
        ("Your herbarium holds 12 million plants.", ("The herbarium holds 12 million plants",)),
        ("Your herbarium holds 1200 plants.", ("The herbarium holds 1,200 plants",)),
        ("Would you have 20 minutes to talk about the herbarium?", ("leads the herbarium, with 20 helpers",)),
    ],
)
def test_what_says_the_same_is(sentence: str, quotes: tuple[str, ...]) -> None:
    assert wrong(sentence, *quotes) == ""
