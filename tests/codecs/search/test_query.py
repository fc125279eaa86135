"""What people type, read."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs.search.query import (
    Choice,
    Clause,
    During,
    HasAttachment,
    InMailbox,
    IsState,
    Octets,
    Query,
    Term,
    Words,
    parse,
)
from mailwright.domain.clock import from_datetime

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def read(text: str) -> Query:
    return parse(text, now=NOW)


def terms(text: str) -> list[Term]:
    found = read(text)
    assert found.problems == ()
    return [choice.term for clause in found.clauses for choice in clause.choices]


def instant(*day: int) -> int:
    return from_datetime(datetime(*day, tzinfo=UTC))  # type: ignore[misc, arg-type]


def test_words_are_all_needed() -> None:
    assert read("budget Müller").clauses == (
        Clause((Choice(Words(("budget",))),)),
        Clause((Choice(Words(("muller",))),)),
    )


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ('"third quarter"', Words(("third", "quarter"))),
        ("invoice*", Words(("invoice",), prefix=True)),
        ('"third quart"*', Words(("third", "quart"), prefix=True)),
        ("from:bashir@mailwright.test", Words(("bashir", "mailwright", "test"), "from")),
        ('subject:"hello world"', Words(("hello", "world"), "subject")),
        ("CC:chen", Words(("chen",), "to")),
        ("filename:pdf", Words(("pdf",), "filename")),
        ("has:attachment", HasAttachment()),
        ("is:unread", IsState("unread")),
        ("is:starred", IsState("flagged")),
        ('in:"Work stuff"', InMailbox("Work stuff")),
        ("larger:2M", Octets(above=2 * 1024**2)),
        ("smaller:10kb", Octets(below=10 * 1024)),
        ("after:2026-05-17", During(instant(2026, 5, 17), None)),
        ("since:2026-05", During(instant(2026, 5, 1), None)),
        ("before:2026-05", During(None, instant(2026, 5, 1))),
        ("on:2026-12", During(instant(2026, 12, 1), instant(2027, 1, 1))),
        ("on:2025", During(instant(2025, 1, 1), instant(2026, 1, 1))),
        ("on:yesterday", During(instant(2026, 11, 19), instant(2026, 11, 20))),
        ("newer:7d", During(instant(2026, 11, 13, 12), None)),
        ("older:1y", During(None, instant(2025, 11, 20, 12))),
    ],
)
def test_each_term(text: str, term: Term) -> None:
    assert terms(text) == [term]


def test_a_day_is_the_askers_own() -> None:
    east = timezone(timedelta(hours=9))
    (clause,) = parse("on:2026-05-17", now=NOW.astimezone(east)).clauses
    start = from_datetime(datetime(2026, 5, 17, tzinfo=east))
    assert clause.choices[0].term == During(start, from_datetime(datetime(2026, 5, 18, tzinfo=east)))


def test_a_minus_turns_a_term_round() -> None:
    assert read('-draft -from:eve -"a b"').clauses == (
        Clause((Choice(Words(("draft",)), negated=True),)),
        Clause((Choice(Words(("eve",), "from"), negated=True),)),
        Clause((Choice(Words(("a", "b")), negated=True),)),
    )


def test_or_binds_its_neighbours() -> None:
    found = read("report from:ada OR from:chen budget")
    assert [len(clause.choices) for clause in found.clauses] == [1, 2, 1]


def test_a_hyphen_inside_a_word_is_no_minus() -> None:
    assert terms("e-mail") == [Words(("e", "mail"))]


@pytest.mark.parametrize("text", ["after:soon", "on:2026-02-31", "is:purple", "larger:much", "has:fleas"])
def test_what_is_not_understood_is_looked_for_and_said(text: str) -> None:
    found = read(text)
    assert isinstance(found.clauses[0].choices[0].term, Words)
    assert text in found.problems[0]


@pytest.mark.parametrize("text", ["", " ", "*", "-", ":: -", '"', "OR", "AND OR AND", "OR budget", "budget OR"])
def test_nothing_typed_breaks_it(text: str) -> None:
    assert len(read(text).clauses) <= 1


def test_an_unclosed_quote_ends_with_the_text() -> None:
    assert terms('"third quarter') == [Words(("third", "quarter"))]


def test_flags_and_words_cannot_be_alternatives() -> None:
    found = read("is:unread OR budget")
    assert len(found.clauses) == 2
    assert found.problems


def test_a_pasted_page_is_cut() -> None:
    found = read("word " * 10_000)
    assert sum(len(clause.choices) for clause in found.clauses) == 32
    assert len(found.problems) == 2


@given(st.text(alphabet='ab"-*: ()ORisfrom東é\n\x00', max_size=80))
def test_any_text_is_a_query(text: str) -> None:
    for clause in read(text).clauses:
        assert clause.choices
        assert len({isinstance(choice.term, InMailbox | IsState) for choice in clause.choices}) == 1
