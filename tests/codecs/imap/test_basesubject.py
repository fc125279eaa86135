"""Base subjects, and the order of SORT."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs.imap.basesubject import base_subject
from mailwright.codecs.imap.commands import SortField
from mailwright.codecs.imap.sorting import Sortable, in_order
from mailwright.codecs.mime import Mailbox


@pytest.mark.parametrize(
    ("subject", "base", "is_reply"),
    [
        ("Hello", "hello", False),
        ("  Hello \t world ", "hello world", False),
        ("Re: Hello", "hello", True),
        ("RE:hello", "hello", True),
        ("Fw: hello", "hello", True),
        ("FWD : hello", "hello", True),
        ("re [2]: hello", "hello", True),
        ("Re: Re: Fwd: hello", "hello", True),
        ("[list] hello", "hello", False),
        ("[list] Re: [list] hello", "hello", True),
        ("Re: [list] [tag] re: hello", "hello", True),
        ("[list]", "[list]", False),
        ("[a][b]", "[b]", False),
        ("[a] [b] ", "[b]", False),
        ("hello (fwd)", "hello", True),
        ("hello (FWD) (fwd) ", "hello", True),
        ("[Fwd: hello]", "hello", True),
        ("[fwd: re: [list] hello (fwd)]", "hello", True),
        ("[fwd: [fwd: hello]]", "hello", True),
        ("[a] [fwd: hello]", "hello", True),
        ("[fwd: hello] more", "more", False),
        ("reply: hello", "reply: hello", False),
        ("Regarding", "regarding", False),
        ("AW: hallo", "aw: hallo", False),
        ("", "", False),
        ("Re:", "", True),
        ("Re: (fwd)", "", True),
        ("[fwd:]", "", True),
        ("[unclosed re: x", "[unclosed re: x", False),
        ("Straße", "strasse", False),
    ],
)
def test_the_base_of_a_subject(subject: str, base: str, is_reply: bool) -> None:
    assert base_subject(subject) == (base, is_reply)


@given(st.text(alphabet="reRE:fwd[]() ax", max_size=40))
def test_a_base_subject_is_its_own_base(subject: str) -> None:
    base = base_subject(subject).text
    assert base_subject(base).text == base
    assert base_subject("Re: " + subject).text == base


@pytest.mark.parametrize("piece", ["[a]", "re: ", "[", "re ", "(fwd)", "[fwd:", "]", "re[", " "])
def test_a_hostile_subject_takes_no_long_time(piece: str) -> None:
    started = time.thread_time()
    for number in range(20):
        base_subject(piece * 20_000 + str(number))
    assert time.thread_time() - started < 10


def _message(number: int, **changes: object) -> Sortable:
    values: dict[str, object] = {
        "number": number, "received_at": number, "sent_at": number, "size": 1, "subject": "", "from_": None, "to": None,
        "cc": None,
    }  # fmt: skip
    return Sortable(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("criteria", "first", "second"),
    [
        ("ARRIVAL", {"received_at": 9}, {"received_at": 5}),
        ("DATE", {"sent_at": 9}, {"sent_at": None, "received_at": 5}),
        ("SIZE", {"size": 9}, {"size": 5}),
        ("SUBJECT", {"subject": "Re: zebra"}, {"subject": "Yak"}),
        ("FROM", {"from_": Mailbox("Ada", "zoe@example.org")}, {"from_": Mailbox("Zoe", "Ada@example.org")}),
        ("TO", {"to": Mailbox("", "a@example.org")}, {}),
        ("CC", {"cc": Mailbox("", "b@example.org")}, {"cc": Mailbox("", "A@example.org")}),
        ("DISPLAYFROM", {"from_": Mailbox("Zoe", "a@x.example")}, {"from_": Mailbox("", "b@x.example")}),
        ("DISPLAYTO", {"to": Mailbox("b", "a@x.example")}, {"to": Mailbox("A", "b@x.example")}),
    ],
)
def test_messages_are_sorted_by_a_criterion_and_in_reverse(
    criteria: SortField, first: dict[str, object], second: dict[str, object]
) -> None:
    messages = [_message(1, **first), _message(2, **second)]
    assert in_order(messages, [(criteria, False)]) == [2, 1]
    assert in_order(messages, [(criteria, True)]) == [1, 2]


def test_equals_stay_in_the_order_of_the_mailbox_even_in_reverse() -> None:
    messages = [_message(number, subject="same") for number in (3, 1, 2)]
    assert in_order(messages, [("SUBJECT", True)]) == [1, 2, 3]
    assert in_order(messages, [("SUBJECT", False), ("DATE", True)]) == [3, 2, 1]
