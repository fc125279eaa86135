"""The labelled messages to the concierge hold what they promise, and the rules model keeps its level on them."""

from __future__ import annotations

import asyncio
import re
from collections import Counter

import pytest
from evals import wishing
from evals.wishing import Read

from mailwright.agents.models import Models
from mailwright.domain.followups import LANGUAGES


@pytest.fixture(scope="module")
def read() -> list[Read]:
    return asyncio.run(wishing.read_all(Models.by_rules(), wishing.load()))


def test_there_are_enough_in_every_language_and_each_says_what_it_wants() -> None:
    wishes = wishing.load()
    assert len(wishes) >= 150
    assert set(Counter(each.language for each in wishes)) == set(LANGUAGES)
    assert min(Counter(each.language for each in wishes).values()) >= 20
    assert {each.situation for each in wishes} == {"new", "about", "asked"}
    for each in wishes:
        assert re.fullmatch(r"\?|-|\d{1,2}|2026-\d\d-\d\dT\d\d:\d\d", each.due), each.id
        assert (each.due == "-") == (each.wants not in ("followup", "change", "answer")), each.id


def test_the_rules_model_keeps_its_level(read: list[Read]) -> None:
    held = [each for each in read if each.wish.held_out]
    assert sum(each.right for each in held) / len(held) >= 0.85
    assert sum(each.wants == each.wish.wants for each in read) / len(read) >= 0.9


def test_no_time_is_set_that_was_not_meant(read: list[Read]) -> None:
    assert [each.wish.id for each in read if each.wrong_time] == []
