"""Wildcards and comparators: right, as an oracle of another kind says, and never slow."""

import contextlib
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailwright.codecs.sieve.matching import matches_any, wildcard
from mailwright.codecs.sieve.script import Match


def free(_characters: int) -> None:
    """Work that costs nothing."""


def taken(value: str, pattern: str) -> list[str] | None:
    found = wildcard(value, pattern, free)
    return None if found is None else [value[start:end] for start, end in found]


def oracle(value: str, pattern: str) -> list[str] | None:
    """The same by a regular expression, whose lazy stars take as little as they can."""
    parts, place = [], 0
    while place < len(pattern):
        letter = pattern[place]
        if letter == "\\" and place + 1 < len(pattern):
            place += 1
            parts.append(re.escape(pattern[place]))
        else:
            parts.append({"*": "(.*?)", "?": "(.)"}.get(letter) or re.escape(letter))
        place += 1
    found = re.fullmatch("".join(parts), value, re.DOTALL)
    return None if found is None else list(found.groups())


@settings(max_examples=1500)
@given(st.text("ab", max_size=12), st.text("ab*?\\", max_size=8))
def test_wildcards_match_and_take_what_a_lazy_expression_takes(value: str, pattern: str) -> None:
    assert taken(value, pattern) == oracle(value, pattern)


@pytest.mark.parametrize(
    ("value", "pattern", "expected"),
    [
        # RFC 5229 §3.2
        ("[acme-users] [fwd] version 1.0 is out", "[*] *", ["acme-users", "[fwd] version 1.0 is out"]),
        ("coyote@ACME.Example.COM", "coyote@**.COM", ["", "ACME.Example"]),
        ("", "", []),
        ("", "*", [""]),
        ("x", "", None),
        ("a*b", "a\\*b", []),
        ("axb", "a\\*b", None),
        ("a?b", "a\\?b", []),
        ("a\\b", "a\\\\b", []),
        ("a\\", "a\\", []),
        ("naïve 🙂", "na?ve ?", ["ï", "🙂"]),
        ("line\r\nend", "line*end", ["\r\n"]),
    ],
)
def test_wildcards_as_the_standard_has_them(value: str, pattern: str, expected: list[str] | None) -> None:
    assert taken(value, pattern) == expected


def test_no_pattern_takes_long() -> None:
    value = "a" * 100_000
    hostile = [
        "*a" * 20_000 + "b",
        "a*" * 30_000,
        "*" * 60_000,
        "*?" * 5_000,
        ("*" + "a" * 100) * 300 + "b",
        "?" * 60_000 + "b",
    ]
    for pattern in hostile:
        left = 30_000_000

        def spend(characters: int) -> None:
            nonlocal left
            left -= characters
            if left < 0:
                raise TimeoutError

        started = time.thread_time()
        with contextlib.suppress(TimeoutError):
            wildcard(value, pattern, spend)
        assert time.thread_time() - started < 10, pattern[:20]


@pytest.mark.parametrize(
    ("comparator", "one", "relation", "other", "holds"),
    [
        # RFC 4790 §9.1.1
        ("i;ascii-numeric", "0", "lt", "1", True),
        ("i;ascii-numeric", "4294967298", "eq", "04294967298b", True),
        ("i;ascii-numeric", "04294967298", "lt", "", True),
        ("i;ascii-numeric", "x", "eq", "y", True),
        ("i;ascii-numeric", "9" * 400, "gt", "8" * 400, True),
        ("i;ascii-numeric", "0", "eq", "000", True),
        ("i;ascii-casemap", "Ab", "eq", "aB", True),
        ("i;ascii-casemap", "É", "eq", "é", False),  # RFC 4790 §9.2.1: only letters of ASCII
        ("i;ascii-casemap", "_", "gt", "a", True),  # small letters become capitals, not the other way round
        ("i;octet", "a", "gt", "B", True),
        ("i;octet", "a", "eq", "A", False),
        ("i;octet", "ab", "ne", "a", True),
        ("i;octet", "é", "ge", "z", True),
        ("i;octet", "a", "le", "a", True),
    ],
)
def test_comparators_order_as_the_standard_says(
    comparator: str, one: str, relation: str, other: str, holds: bool
) -> None:
    match = Match("value", comparator, relation)  # type: ignore[arg-type]
    assert matches_any([one], [other], match, free) is holds


@given(st.text(max_size=30), st.text(max_size=10))
def test_contains_with_octets_is_pythons(value: str, key: str) -> None:
    assert matches_any([value], [key], Match("contains", "i;octet"), free) is (key in value)


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_value_is_in_one_relation_with_a_key(one: str, other: str) -> None:
    for comparator in ("i;octet", "i;ascii-casemap", "i;ascii-numeric"):
        holds = [
            matches_any([one], [other], Match("value", comparator, relation), free)  # type: ignore[arg-type]
            for relation in ("lt", "eq", "gt")
        ]
        assert sum(holds) == 1
