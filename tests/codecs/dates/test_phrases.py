"""Every phrase of the tables, in its sentence, with all its readings; and every sentence that only looks as if it held a date."""

from collections import Counter
from collections.abc import Sequence

import pytest
from evals.dates import phrases
from evals.dates.measuring import Judged, ours
from evals.dates.phrases import Phrase

from mailwright.codecs.dates import find, habits_of, read
from mailwright.domain.followups import LANGUAGES

TABLES = phrases.read()


def of(language: str) -> list[Phrase]:
    return [each for each in TABLES if each.language == language]


def told(wrong: Sequence[Judged]) -> str:
    """What is wrong, a phrase on each line: where it stands, the text, what was wanted and what was found."""
    lines = [f"{len(wrong)} wrong:"]
    for each in wrong:
        phrase = each.phrase
        wanted = (
            f"{phrase.span!r} {phrase.kind} {';'.join(phrase.readings)} {phrase.rule}" if phrase.span else "nothing"
        )
        lines.append(f"{phrase.name} {phrase.now:%a %Y-%m-%dT%H:%M} {phrase.locale}  {phrase.text!r}")
        lines.append(f"    wanted {wanted.rstrip()}\n    found  {' and '.join(each.found) or 'nothing'}")
    return "\n".join(lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_is_found_exactly_and_read_as_it_is_meant(language: str) -> None:
    wrong = [each for each in map(ours, of(language)) if each.phrase.span and not (each.whole and each.all)]
    assert not wrong, told(wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_without_a_date_has_none(language: str) -> None:
    wrong = [each for each in map(ours, of(language)) if not each.phrase.span and not each.whole]
    assert not wrong, told(wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrase_alone_is_read_as_in_its_sentence(language: str) -> None:
    wrong = []
    for phrase in of(language):
        if phrase.span:
            habits = habits_of(phrase.locale, phrase.language)
            alone = read(phrase.span, phrase.now, language=phrase.language, habits=habits)
            inside = phrases.its_own(phrase, find(phrase.text, phrase.now, language=phrase.language, habits=habits))
            if inside is not None and (alone is None or not set(inside.readings) <= set(alone.readings)):
                wrong.append(f"{phrase.name} {phrase.span!r}: {alone and alone.readings}, and not {inside.readings}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_table_is_big_enough_and_repeats_nothing(language: str) -> None:
    table = of(language)
    assert sum(bool(each.span) for each in table) >= 150
    assert sum(not each.span for each in table) >= 30
    twice = [key for key, times in Counter((each.text, each.now, each.locale) for each in table).items() if times > 1]
    assert not twice


def test_the_tables_hold_a_thousand_phrases_in_seven_languages() -> None:
    assert {each.language for each in TABLES} == set(LANGUAGES)
    assert sum(bool(each.span) for each in TABLES) >= 1_000


def test_a_text_has_its_findings_from_left_to_right_and_none_over_another() -> None:
    for language in LANGUAGES:
        sample = of(language)[:60]
        text = "\n".join(each.text for each in sample)
        found = find(text, sample[0].now, language=language, habits=habits_of(sample[0].locale, language))
        after = 0
        for each in found:
            assert after <= each.begin < each.end
            assert text[each.begin : each.end] == each.text
            after = each.end
