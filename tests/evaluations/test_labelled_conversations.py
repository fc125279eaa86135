"""The labelled conversations are whole, varied and told apart; the assistant keeps its level on those it was not tuned on."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import Counter
from pathlib import Path

import pytest
from evals import assisting, threads, triaging
from evals.gathering import Gathered
from evals.threads import HELD_OUT, PARTS, TO_TUNE_ON, UNSEEN
from evals.triaging import Decided

from mailwright.agents.models import Models
from mailwright.codecs import mime
from mailwright.domain.triage import Category, MailKind

THRESHOLD = 0.7
LANGUAGES = {"en", "de", "fr", "es", "it"}
TRAPS = {
    "newsletter",
    "receipt",
    "phishing",
    "thanks",
    "copied",
    "copied-asked",
    "elsewhere",
    "absence",
    "calendar",
    "pitch",
    "unmarked",
    "quoted",
    "answered",
    "injection",
    "forwarded",
    "mixed",
    "ok",
    "voicemail",
    "bounce",
    "discussion",
    "list-asked",
    "solved",
    "subject-only",
    "buried",
    "form",
}
EXAMPLES = re.compile(r"@(?:[\w-]+\.)*example\.(?:com|net|org)")


@pytest.fixture(scope="module")
def gathered() -> list[Gathered]:
    return assisting.load()


@pytest.fixture(scope="module")
def labelled(gathered: list[Gathered]) -> list[threads.Thread]:
    return [each.thread for each in gathered]


@pytest.fixture(scope="module")
def decided(gathered: list[Gathered]) -> list[Decided]:
    asked = asyncio.run(triaging.by_model(Models.by_rules(), gathered, "rules"))
    return triaging.together(triaging.by_layer(gathered), asked)


def test_there_are_enough_conversations_in_five_languages_and_more_than_half_are_traps(
    labelled: list[threads.Thread],
) -> None:
    languages = Counter(each.language for each in labelled)
    assert len(labelled) >= 300
    assert set(languages) == LANGUAGES
    assert min(languages.values()) >= 60
    assert sum(each.trap for each in labelled) > len(labelled) / 2


def test_every_trap_is_there_in_every_language(labelled: list[threads.Thread]) -> None:
    there = {(each.language, each.family) for each in labelled}
    assert [pair for pair in itertools.product(LANGUAGES, TRAPS) if pair not in there] == []


def test_the_parts_are_about_halves_and_each_has_every_category(labelled: list[threads.Thread]) -> None:
    counted = Counter(each.part for each in labelled)
    assert set(counted) == set(PARTS)
    assert 0.4 < counted[HELD_OUT] / (counted[HELD_OUT] + counted[TO_TUNE_ON]) < 0.6
    for part in PARTS:
        assert {each.expect for each in labelled if each.part == part} == set(Category), part
    assert all(each.held_out for each in labelled if each.part == UNSEEN)


def test_no_conversation_is_there_twice(labelled: list[threads.Thread]) -> None:
    texts = Counter(" ".join(each.mail.text.casefold().split()) for each in labelled)
    assert [text for text, count in texts.items() if count > 1] == []
    shingles = {each.id: _shingles(each.mail.text) for each in labelled}
    for one, other in itertools.combinations(labelled, 2):
        if one.language == other.language:
            a, b = shingles[one.id], shingles[other.id]
            assert len(a & b) <= 0.5 * max(len(a | b), 1), (one.id, other.id)


def test_every_address_is_an_example_and_every_message_can_be_read(gathered: list[Gathered]) -> None:
    for each in gathered:
        parsed = mime.parse(each.thread.mail.raw)
        people = [one.address for one in (*parsed.from_, *parsed.to, *parsed.cc, *parsed.reply_to)]
        for address in (*people, *re.findall(r"[\w.+-]+@[\w.-]+", each.thread.mail.text)):
            assert EXAMPLES.search(address), (each.thread.id, address)
        material = each.snapshot.material
        assert material.text or material.subject, each.thread.id
        assert each.snapshot.header_message_id == each.thread.mail.id


def test_a_draft_is_due_only_where_a_person_waits_and_says_what_it_must_address(labelled: list[threads.Thread]) -> None:
    for each in labelled:
        if each.draft:
            assert each.expect is Category.NEEDS_REPLY, each.id
            assert each.kind in (MailKind.PERSON, MailKind.LIST), each.id
            assert each.wanted.points, each.id
    assert sum(each.draft for each in labelled) >= 100
    assert sum(bool(each.facts) for each in labelled) >= 20
    assert [each.family for each in labelled if each.expect is Category.NEEDS_REPLY and not each.draft] == [
        "answered"
    ] * 5


def test_a_quotation_is_no_part_of_what_is_judged(gathered: list[Gathered]) -> None:
    for each in gathered:
        if each.thread.family == "quoted":
            assert "?" not in each.snapshot.material.text, each.thread.id
        if each.thread.family == "forwarded":
            assert each.snapshot.material.forwarded, each.thread.id


def test_a_label_that_means_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "en.toml").write_text(
        'language = "en"\nowner = "Ada <ada@example.org>"\n[[mail]]\nid = "en-x-01"\nfamily = "x"\nfrom = "a@example.com"\n'
        'subject = "s"\ntext = "t"\nexpect = "spam"\nbecause = "b"\nexpct = "typo"\n'
    )
    with pytest.raises(ValueError, match="expct"):
        threads.load(tmp_path)


def test_what_the_layer_decides_is_nearly_always_so(gathered: list[Gathered]) -> None:
    """Measured on held-out conversations: 0.98 of them right."""
    held = [each for each in triaging.by_layer(gathered) if each.thread.part == HELD_OUT]
    assert len(held) >= 50
    assert sum(each.right for each in held) / len(held) >= 0.95


def test_the_assistant_keeps_its_level_on_held_out_conversations(decided: list[Decided]) -> None:
    """The floors are a little below what is measured: 0.93, 0.93, 0.92, 0.07 and 0.07; no honest mail is called spam."""
    found = triaging.measures([each for each in decided if each.thread.part == HELD_OUT], THRESHOLD)
    assert found["accuracy"] >= 0.9
    assert found["categories"]["needs_reply"]["f1"] >= 0.9
    assert found["needs_reply_at_threshold"]["precision"] >= 0.88
    assert found["brier"] <= 0.09
    assert found["calibration_error"] <= 0.09
    assert found["honest_mail_called_spam"] == 0
    assert found["without_category"] == 0


def test_kinds_that_nothing_was_tuned_to_are_measured_apart(decided: list[Decided]) -> None:
    """Rules know what they were taught: 0.77 of these are called what they are. Honest mail is not lost among spam for that."""
    found = triaging.measures([each for each in decided if each.thread.part == UNSEEN], THRESHOLD)
    assert found["accuracy"] >= 0.72
    assert found["brier"] <= 0.2
    assert found["honest_mail_called_spam"] == 0
    assert found["drafts_not_due"] <= 2


def test_the_assistant_keeps_its_level_in_every_language(decided: list[Decided]) -> None:
    by_language = triaging.by([each for each in decided if each.thread.part == HELD_OUT], "language")
    assert min(by_language.values()) >= 0.78, by_language


async def test_no_answer_counts_as_a_mistake(gathered: list[Gathered]) -> None:
    silent = Models({"triage": (), "draft": ()})
    found = triaging.measures(await triaging.by_model(silent, gathered[:5], "nobody"), THRESHOLD)
    assert (found["accuracy"], found["without_category"], found["brier"]) == (0, 5, 0.25)


def test_the_measures_count_what_was_said(labelled: list[threads.Thread]) -> None:
    due = next(each for each in labelled if each.expect is Category.NEEDS_REPLY)
    told = next(each for each in labelled if each.expect is Category.INFORMATIONAL)
    spam = next(each for each in labelled if each.expect is Category.SPAM)
    some = [
        Decided(due, "needs_reply", 0.9, "", "x"),
        Decided(due, "informational", 0.8, "", "x"),
        Decided(told, "needs_reply", 0.6, "", "x"),
        Decided(told, "spam", 0.9, "", "x"),
        Decided(spam, "spam", 0.9, "", "x"),
    ]
    found = triaging.measures(some, THRESHOLD)
    assert found["accuracy"] == 0.4
    assert found["categories"]["needs_reply"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert found["needs_reply_at_threshold"]["precision"] == 1.0
    assert (found["honest_mail_called_spam"], found["drafts_not_due"]) == (1, 0)
    assert found["confusion"]["informational"] == {"needs_reply": 1, "informational": 0, "spam": 1}
    assert found["brier"] == pytest.approx((0.01 + 0.64 + 0.36 + 0.81 + 0.01) / 5)


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = text.casefold().split()
    return {tuple(words[at : at + 3]) for at in range(len(words) - 2)}
