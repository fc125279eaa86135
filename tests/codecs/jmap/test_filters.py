"""Filters and sorts of Email/query: what is read from JSON, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs.jmap import filters
from mailwright.codecs.jmap.filters import (
    All,
    Attached,
    BadFilter,
    Comparator,
    Either,
    In,
    Keyword,
    Not,
    Received,
    Says,
    Size,
)
from mailwright.domain import clock

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def _read(value: Any) -> filters.Filter:
    return filters.parse_filter(value, NOW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("budget", Says(("budget",), "anywhere", True)),
        ("ok", Says(("ok",), "anywhere", False)),  # too short to be the beginning of something
        ('"third quarter"', Says(("third", "quarter"), "anywhere")),
        ("'third quarter'", Says(("third", "quarter"), "anywhere")),
        (r'"say \"yes\""', Says(("say", "yes"), "anywhere")),
        ("Café", Says(("cafe",), "anywhere", True)),
        ("ada@example.org", Says(("ada", "example", "org"), "anywhere", True)),
        ("one two", All((Says(("one",), "anywhere", True), Says(("two",), "anywhere", True)))),
        ("don't", Says(("don", "t"), "anywhere")),
        ("", All(())),
        ("!?", Either(())),
        ("東京", Says(("東", "京"), "anywhere")),
    ],
)
def test_words_and_phrases(text: str, expected: filters.Filter) -> None:
    assert _read({"text": text}) == expected


def test_operators_that_people_type() -> None:
    found = _read({"text": "from:ada is:unread -has:attachment in:Work larger:2k"})
    assert isinstance(found, All)
    inner = [each.parts[0] for each in found.parts if isinstance(each, Either)]
    assert inner == [
        Says(("ada",), "from"),
        Not(Keyword("$seen")),
        Not(Attached()),
        In("Work", named=True),
        Size(2049, None),
    ]
    # In quotes, and in a field, they are words like any others.
    assert _read({"text": '"from:ada"'}) == Says(("from", "ada"), "anywhere")
    assert _read({"subject": "from:ada"}) == Says(("from", "ada"), "subject", True)


def test_operators_and_empty_conditions() -> None:
    assert _read(None) == _read({}) == _read({"operator": "AND", "conditions": []}) == All(())
    assert _read({"operator": "NOT", "conditions": [{}]}) == Not(Either((All(()),)))
    moment = clock.from_datetime(NOW)
    assert _read({"before": "2026-11-20T10:00:00Z"}) == Received(end=moment)
    assert _read({"inMailbox": "nobody's"}) == In("")
    assert _read({"hasKeyword": "$SEEN"}) == Keyword("$seen")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=10),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["text", "inMailbox", "header", "before", "minSize", "from", "x"]), inner, max_size=3
            )
        ),
        max_leaves=8,
    )
)
def test_whatever_is_sent_is_a_filter_or_is_refused(value: Any) -> None:
    try:
        found = _read(value)
    except BadFilter:
        return
    hash(found)  # lists are remembered by it
    list(filters.conditions(found))


def test_nesting_has_an_end() -> None:
    value: Any = {}
    for _ in range(20):
        value = {"operator": "NOT", "conditions": [value]}
    with pytest.raises(BadFilter):
        _read(value)


def test_sorts() -> None:
    assert filters.parse_sort([]) == (Comparator("receivedAt", ascending=False),)
    found = filters.parse_sort(
        [
            {"property": "someInThreadHaveKeyword", "keyword": "$Flagged", "isAscending": False},
            {"property": "subject", "collation": "i;ascii-casemap"},
        ]
    )
    assert found == (
        Comparator("someInThreadHaveKeyword", False, "$flagged"),
        Comparator("subject", True, "", "i;ascii-casemap"),
    )


@pytest.mark.parametrize(
    ("condition", "most"),
    [
        ({"subject": "budget"}, filters.MAX_TEXTS),
        ({"header": ["X-Mailer"]}, filters.MAX_HEADERS),
        ({"someInThreadHaveKeyword": "$seen"}, filters.MAX_OF_THREADS),
        ({"inMailboxOtherThan": ["01900000-0000-7000-8000-000000000001"] * 2}, filters.MAX_MAILBOXES // 2),
    ],
)
def test_what_costs_much_is_asked_for_so_often_only(condition: dict[str, Any], most: int) -> None:
    _read({"operator": "OR", "conditions": [condition] * most})
    with pytest.raises(BadFilter) as failed:
        _read({"operator": "OR", "conditions": [condition] * (most + 1)})
    assert failed.value.type == "unsupportedFilter"
