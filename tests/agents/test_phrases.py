"""What the employee says without a model: every phrase in every language, with the same things to fill in."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from mailwright.agents.employee import phrases_table
from mailwright.agents.models.rules import language
from mailwright.agents.models.rules.phrases_table import STOP_WORDS_BY_LANGUAGE

LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv"]
PHRASES = {
    name: value for name, value in vars(phrases_table).items() if name.isupper() and name != "HELLO" and value["en"]
}
FIELDS = {
    "CLARIFY": {"hello", "agent"},
    "ACKNOWLEDGE": {"hello", "agent"},
    "LIMIT": {"hello", "used", "limit", "plan", "link", "agent"},
    "PROGRESS": {"hello", "reference", "agent"},
    "WAITING_APPROVAL": {"hello", "reference", "agent"},
    "WAITING_APPROVAL_NOTE": {"messages"},
    "REFUSED_NOTE": {"effects"},
    "APOLOGY": {"hello", "reason", "reference", "agent"},
    "UNKNOWN_REASON": set(),
    "NO_MODEL": {"detail"},
    "BUDGET_SPENT": set(),
}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_the_phrases_are_these() -> None:
    assert PHRASES.keys() == FIELDS.keys()


@pytest.mark.parametrize("name", PHRASES)
def test_a_phrase_is_there_in_every_language_with_the_same_fields(name: str) -> None:
    assert list(PHRASES[name]) == LANGUAGES
    for text in PHRASES[name].values():
        assert fields(text) == FIELDS[name], text
        assert len(set(PHRASES[name].values())) == len(LANGUAGES)


def test_a_greeting_has_a_form_with_a_name_and_one_without() -> None:
    assert list(phrases_table.HELLO) == LANGUAGES
    for named, nobody in phrases_table.HELLO.values():
        assert (fields(named), fields(nobody)) == ({"name"}, set())


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_whole_phrase_is_recognised_as_its_own_language(code: str) -> None:
    """So a reply to it is greeted in that language again."""
    assert code in STOP_WORDS_BY_LANGUAGE
    for name in ("CLARIFY", "ACKNOWLEDGE", "LIMIT", "PROGRESS", "APOLOGY"):
        text = re.sub(r"\{\w+\}", "", PHRASES[name][code])
        assert language.guess(text) == code, name


@pytest.mark.parametrize("code", LANGUAGES)
def test_an_acknowledgement_asks_nothing(code: str) -> None:
    assert "?" not in phrases_table.ACKNOWLEDGE[code]
