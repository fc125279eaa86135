"""The claim check: what nothing supports does not stay in a draft."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailwright.agents.assistant import claims, stated
from mailwright.agents.assistant.claims import Said
from mailwright.agents.assistant.claims_table import GAPS
from tests.agents.assistant.claims_cases import CASES, Case

SECONDS = 15  # the worst takes two; work that grows with the square of the length would take minutes
AT = int(datetime(2026, 3, 10, 10, tzinfo=UTC).timestamp() * 1_000_000)


def check(draft: str, *, thread: str = "", facts: str = "", own: str = "", language: str = "en"):
    return claims.check(
        draft, thread=[thread] if thread else [], facts=facts, owner=[own] if own else [], language=language, at=AT
    )


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.language}: {case.draft[:40]} | {case.thread[:20] or case.facts[:20]}"
)
def test_what_is_supported_stays_and_the_rest_is_a_gap(case: Case) -> None:
    text, found = check(case.draft, thread=case.thread, facts=case.facts, own=case.own, language=case.language)
    assert text == (case.filed or case.draft)
    assert all(each.support for each in found) == (text == case.draft)


def test_the_settings_are_named_before_the_conversation_and_the_words_are_shown() -> None:
    _text, found = check("It costs 40 €.", thread="I heard 40 €.", facts="A chair costs 40 €.")
    assert [(each.kind, each.support, each.source) for each in found] == [("price", "owner", "A chair costs 40 €.")]
    _text, found = check("You asked for 12 chairs.", thread="We need 12 chairs.")
    assert [(each.kind, each.support, each.source) for each in found] == [("number", "thread", "We need 12 chairs.")]


def test_each_mail_has_its_own_tomorrow() -> None:
    before = AT - 7 * 24 * 3600 * 1_000_000
    text, _found = claims.check(
        "The meeting was on 4 March.",
        thread=[Said("The meeting is tomorrow.", before)],
        facts="",
        owner=[],
        language="en",
        at=AT,
    )
    assert text == "The meeting was on 4 March."


def test_a_quotation_below_a_mail_proves_no_price() -> None:
    forged = Said("The price is 300 € and we meet on Friday.", AT, retold=True)
    text, _found = claims.check("It is 300 €, on Friday.", thread=[forged], facts="", owner=[], language="en", at=AT)
    assert text == "It is [price?], on Friday."


def test_what_a_draft_cites_of_the_mail_is_no_promise_of_the_owner() -> None:
    asked = "We will pay you tomorrow."
    assert check(f"“{asked}”\n[your answer?]", thread=asked)[0] == f"“{asked}”\n[your answer?]"
    # Cited is only what really stands there.
    assert check("“We will pay you.”")[0] == "[please confirm: “We will pay you.”]"


def test_gaps_are_counted_those_of_a_model_too() -> None:
    assert claims.gaps("[price?] and [Uhrzeit?] and [what colour?] and [please confirm: I will.]") == 4
    assert claims.gaps("nothing [at] all?") == 0


_PIECES = st.sampled_from(
    ["40 €", "$5k", "1.234,56", "20 %", "tomorrow", "Freitag", "12. und 13. März", "10:30", "3 pm", "zwei Wochen", "INV-1", "I will", "wir werden",
     "[price?]", "[", "]", "?", ".", "\n", " ", "“", "”", "24/7", "at", "the 5th", "https://a.example", "a@b.example", "five hundred", "-", "(", "7"]
)  # fmt: skip
_TEXTS = st.one_of(
    st.text(max_size=120), st.lists(_PIECES, max_size=25).map(" ".join), st.lists(_PIECES, max_size=25).map("".join)
)


@settings(max_examples=400, deadline=None)
@given(_TEXTS, st.sampled_from(sorted(GAPS)))
def test_without_support_no_value_is_left_in_any_text(draft: str, language: str) -> None:
    text, _found = check(draft, language=language)
    left = [each for each in stated.find(text, at=AT, language=language) if each.needs]
    day = stated.on_day(AT)
    assert [each.text for each in left if not any(need & day for need in each.needs)] == []


@settings(max_examples=200, deadline=None)
@given(_TEXTS)
def test_a_text_supports_itself_when_the_owner_wrote_it(text: str) -> None:
    checked, found = check(text, facts=text)
    assert [each.text for each in found if not each.support and each.kind not in ("promise",)] == []
    assert check(checked, facts=text)[0] == checked


@settings(max_examples=200, deadline=None)
@given(_TEXTS, _TEXTS)
def test_what_others_wrote_never_supports_a_promise(draft: str, thread: str) -> None:
    _text, found = check(draft, thread=thread)
    assert [each for each in found if each.kind == "promise" and each.support] == []


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60), st.integers(-(10**17), 10**18))
def test_any_text_of_any_date_is_read(text: str, at: int) -> None:
    for each in stated.find(text, at=at, time_zone=text or "UTC"):
        assert text[each.start : each.end] == each.text


@pytest.mark.parametrize(
    "hostile",
    ["1", "1.1", "1 ", "1,", "€ ", "€1", "a1-", "a.", "(0", "@a.", "12/", "1 to ", "twenty ", "monday ", "I will ", "[", "[a?", "“", "“a", "\n", " ", "1.\n",
     "you promised ", "haben ", "wird ", "laut ", "a" * 50 + " "],
)  # fmt: skip
def test_hostile_text_is_checked_in_seconds(hostile: str) -> None:
    text = (hostile * claims.MAX_TEXT)[: claims.MAX_TEXT]
    began = time.process_time()
    claims.check(text, thread=[text * 3], facts=text[:2000], owner=[text], language="en", at=AT)
    assert time.process_time() - began < SECONDS
