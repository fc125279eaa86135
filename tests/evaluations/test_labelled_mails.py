"""The labelled mails are whole and varied, and the rules judge keeps its level on those it was not tuned on."""

from __future__ import annotations

from collections import Counter

import pytest
from evals import judging, mails
from evals.judging import Judged

from mailwright.agents.models import Models

THRESHOLD = 0.6


@pytest.fixture(scope="module")
def labelled() -> list[mails.Labelled]:
    return mails.load()


@pytest.fixture
async def judged(labelled: list[mails.Labelled]) -> list[Judged]:
    return await judging.judge_all(Models.by_rules(), labelled)


def test_there_are_enough_mails_in_enough_languages_and_half_of_them_are_traps(labelled: list[mails.Labelled]) -> None:
    assert len(labelled) >= 300
    languages = Counter(each.language for each in labelled)
    assert len([name for name, count in languages.items() if count >= 20]) >= 6
    assert sum(each.trap for each in labelled) >= len(labelled) / 2
    assert {each.expect for each in labelled} == {"task", "answer", "neither"}


def test_a_third_is_held_out_and_has_every_kind(labelled: list[mails.Labelled]) -> None:
    held = [each for each in labelled if each.held_out]
    assert len(labelled) / 4 < len(held) < len(labelled) / 2
    assert {each.expect for each in held} == {"task", "answer", "neither"}


def test_a_history_is_no_part_of_what_is_judged_and_a_forwarded_mail_is(labelled: list[mails.Labelled]) -> None:
    for each in labelled:
        if each.family == "history":
            assert each.material.earlier, each.id
            assert not each.material.forwarded, each.id
        if each.family == "forwarded":
            assert each.material.forwarded, each.id


def test_mail_that_says_it_is_automatic_is_never_a_task(labelled: list[mails.Labelled]) -> None:
    assert {each.expect for each in labelled if each.automatic} == {"neither"}


async def test_the_rules_judge_keeps_its_level_on_held_out_mails(judged: list[Judged]) -> None:
    """The floors are a little below what is measured: 0.925, 0.933, 0.918, 0.049 and 0.072."""
    found = judging.measures([each for each in judged if each.mail.held_out], THRESHOLD)
    assert found["accuracy"] >= 0.88
    assert found["precision"] >= 0.88
    assert found["recall"] >= 0.87
    assert found["brier"] <= 0.08
    assert found["calibration_error"] <= 0.12
    assert found["without_verdict"] == 0


async def test_the_rules_judge_keeps_its_level_in_every_language(judged: list[Judged]) -> None:
    by_language = judging.by(judged, "language", THRESHOLD)
    assert min(by_language.values()) >= 0.75, by_language


async def test_no_verdict_counts_as_a_mistake(labelled: list[mails.Labelled]) -> None:
    silent = Models({"judge": (), "work": ()})
    found = judging.measures(await judging.judge_all(silent, labelled[:5]), THRESHOLD)
    assert (found["accuracy"], found["without_verdict"], found["brier"]) == (0, 5, 0.25)
