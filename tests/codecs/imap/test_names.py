"""Names of mailboxes on the wire and inside, and the patterns of LIST."""

import contextlib
import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs.imap import Pattern, PeerError, names

levels = st.text(st.characters(exclude_categories=("C", "Zl", "Zp"), exclude_characters="/"), min_size=1, max_size=20)
paths = st.lists(levels, min_size=1, max_size=5).map("/".join)


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        (b"INBOX", "INBOX"),
        (b"inBox", "INBOX"),
        (b"Inbox/Travel", "INBOX/Travel"),
        (b"inboxes", "inboxes"),
        (b"Entw&APw-rfe", "Entwürfe"),
        (b"R&-D", "R&D"),
        (b"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),  # the example of RFC 3501 §5.1.3
        (b"&2D3eCg-", "😊"),
    ],
)
def test_modified_utf7_both_ways(wire: bytes, name: str) -> None:
    assert names.decode(wire, utf8=False) == name
    assert names.decode(names.encode(name, utf8=False), utf8=False) == name


@given(paths)
def test_every_name_reads_back(path: str) -> None:
    name = names.check(path)
    for utf8 in (False, True):
        assert names.decode(names.encode(name, utf8=utf8), utf8=utf8) == name
    assert names.check(name) == name == unicodedata.normalize("NFC", name)


@given(st.binary(max_size=60), st.booleans())
def test_any_octets_are_a_name_or_refused(octets: bytes, utf8: bool) -> None:
    with contextlib.suppress(PeerError):
        name = names.decode(octets, utf8=utf8)
        assert names.decode(names.encode(name, utf8=utf8), utf8=utf8) == name
        assert not re.search(r"[\0-\x1f\x7f-\x9f]", name)


@pytest.mark.parametrize(
    "wire",
    [
        b"R&D",
        b"&",
        b"&AGE-",  # "a", which stands for itself
        b"&APw-&APw-",  # a split shift
        b"&2D0-",  # half a surrogate pair
        b"&APx-",  # bits that mean nothing
        b"&A-",
        b"&AAo-",  # a line feed
        b"a\x07b",
        b"\xc3\xbc",
    ],
)
def test_a_name_in_no_spelling_is_refused(wire: bytes) -> None:
    with pytest.raises(PeerError):
        names.decode(wire, utf8=False)


@pytest.mark.parametrize("wire", [b"\xc3", b"\xed\xa0\x80", "a\u2028b".encode(), "a\x85b".encode(), b"a\0"])
def test_utf8_names_are_checked_too(wire: bytes) -> None:
    with pytest.raises(PeerError):
        names.decode(wire, utf8=True)


def test_two_spellings_of_one_word_are_one_mailbox() -> None:
    assert names.decode("u\u0308".encode(), utf8=True) == "ü"


def test_a_letter_that_only_looks_like_inbox_in_capitals_is_not_inbox() -> None:
    assert names.check("ınbox") == "ınbox"


@pytest.mark.parametrize("name", ["", "/", "a//b", "/a", "a/", "x" * 1001, "ü" * 501, "/".join(["a"] * 51)])
def test_empty_levels_and_endless_names_are_refused(name: str) -> None:
    with pytest.raises(PeerError) as refusal:
        names.check(name)
    assert (refusal.value.condition, refusal.value.code) == ("NO", "CANNOT")


def test_the_longest_and_deepest_names_are_fine() -> None:
    assert len(names.check("x" * 1000)) == 1000
    assert names.check("/".join(["a"] * 50)).count("/") == 49


@pytest.mark.parametrize(
    ("reference", "pattern", "matching", "others"),
    [
        ("", "*", ["INBOX", "a/b/c", ""], []),
        ("", "%", ["INBOX", "Work"], ["a/b"]),
        ("", "inbox", ["INBOX"], ["inbo", "INBOX/a"]),
        ("", "inb%", ["INBOX"], ["INBOX/a", "infos"]),
        ("", "inbox/t*", ["INBOX/travel"], ["INBOX/Travel"]),
        ("Work/", "%", ["Work/a", "Work/"], ["Work", "Work/a/b"]),
        ("", "a%b*c", ["abc", "axbyc", "axb/y/c"], ["a/bc", "ab"]),
        ("", "a**%*b", ["ab", "a/b", "axyb"], ["a"]),
        ("", "%/%", ["a/b", "/"], ["a", "a/b/c"]),
        ("", "Work", ["Work"], ["work", "Works"]),
    ],
)
def test_patterns(reference: str, pattern: str, matching: list[str], others: list[str]) -> None:
    judge = Pattern(reference, pattern)
    assert [name for name in matching if not judge.matches(name)] == []
    assert [name for name in others if judge.matches(name)] == []


@given(st.text("ab/*%", max_size=8), st.text("ab/", max_size=10))
def test_a_pattern_says_what_the_regular_expression_says(pattern: str, name: str) -> None:
    expression = "".join([{"*": ".*", "%": "[^/]*"}.get(character, character) for character in pattern])
    assert Pattern("", pattern).matches(name) is (re.fullmatch(expression, name) is not None)


def test_a_pattern_made_to_be_slow_is_not() -> None:
    judge = Pattern("", "*a" * 480 + "b")
    before = time.thread_time()
    for _ in range(50):
        assert not judge.matches("a" * 1000)
    assert time.thread_time() - before < 10
