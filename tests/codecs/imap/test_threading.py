"""THREAD: the examples of RFC 5256, a plain model of its steps, hostile references, and speed."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailwright.codecs.imap.basesubject import base_subject
from mailwright.codecs.imap.threading import Threadable, by_references, ordered_subject


def _id(number: int) -> str:
    return f"<{number}@example.org>"


def _message(
    number: int, references: Sequence[int] = (), subject: str | None = None, sent_at: int | None = None
) -> Threadable:
    return Threadable(
        number=number,
        sent_at=number if sent_at is None else sent_at,
        subject=f"subject {number}" if subject is None else subject,
        message_id=_id(number),
        references=[_id(each) for each in references],
        in_reply_to=(),
    )


def test_children_follow_their_parents() -> None:
    messages = [_message(2), _message(3), _message(6, [3]), _message(4, [3, 6]), _message(23, [4]), _message(44, [6]),
                _message(7, [44]), _message(96, [7])]  # fmt: skip
    assert by_references(messages) == b"* THREAD (2)(3 6 (4 23)(44 7 96))\r\n"  # RFC 5256 §4


def test_a_parent_that_is_not_there_still_joins_its_children() -> None:
    assert by_references([_message(3, [99]), _message(5, [99])]) == b"* THREAD ((3)(5))\r\n"
    assert by_references([_message(3, [98, 99])]) == b"* THREAD (3)\r\n"


def test_nothing_found_is_an_empty_answer() -> None:
    assert by_references([]) == ordered_subject([]) == b"* THREAD\r\n"


def test_loops_and_self_references_do_no_harm() -> None:
    assert by_references([_message(1, [1])]) == b"* THREAD (1)\r\n"
    assert by_references([_message(1, [2]), _message(2, [1])]) == b"* THREAD (2 1)\r\n"


def test_without_references_the_first_of_in_reply_to_counts() -> None:
    reply = Threadable(2, 2, "other", None, (), (_id(1), _id(9)))
    assert by_references([_message(1), reply]) == b"* THREAD (1 2)\r\n"


def test_of_two_messages_with_one_id_the_first_has_it() -> None:
    twin = Threadable(2, 2, "twin", _id(1), (), ())
    assert by_references([_message(1), twin, _message(3, [1])]) == b"* THREAD (1 3)(2)\r\n"


def test_quotes_in_an_id_make_no_difference() -> None:
    first = Threadable(1, 1, "a", '<"x"@example.org>', (), ())
    reply = Threadable(2, 2, "b", None, ("<x@example.org>",), ())
    assert by_references([first, reply]) == b"* THREAD (1 2)\r\n"


def test_a_subject_joins_what_references_do_not() -> None:
    hello = [_message(1, subject="Hello"), _message(2, subject="Re: hello"), _message(3, subject="hello")]
    assert by_references(hello) == b"* THREAD ((1 2)(3))\r\n"
    assert by_references(hello[:2]) == b"* THREAD (1 2)\r\n"
    assert by_references(list(reversed(hello[1:]))) == b"* THREAD (3 2)\r\n"
    assert by_references([_message(1, subject=""), _message(2, subject="Re:")]) == b"* THREAD (1)(2)\r\n"


def test_threads_are_in_the_order_of_their_dates() -> None:
    assert by_references([_message(1, sent_at=9), _message(2, sent_at=3), _message(3, [2], sent_at=1)]) == (
        b"* THREAD (2 3)(1)\r\n"
    )


def test_ordered_subject_has_no_grandchildren() -> None:
    messages = [_message(1, subject="a"), _message(2, subject="b"), _message(3, subject="Re: A"),
                _message(4, subject="[x] a"), _message(5, subject="re: b", sent_at=0)]  # fmt: skip
    assert ordered_subject(messages) == b"* THREAD (5 2)(1 (3)(4))\r\n"


@dataclass(eq=False)
class _Node:
    message: Threadable | None = None
    parent: "_Node | None" = None
    children: list["_Node"] = field(default_factory=list)

    def hang(self, child: "_Node") -> None:
        child.cut()
        child.parent = self
        self.children.append(child)

    def cut(self) -> None:
        if self.parent is not None:
            self.parent.children.remove(self)
            self.parent = None

    def is_below(self, other: "_Node") -> bool:
        return self is other or (self.parent is not None and self.parent.is_below(other))

    def when(self) -> tuple[int, int]:
        shown = self.message or self.children[0].message
        assert shown is not None
        return shown.sent_at, shown.number

    def subject(self) -> tuple[str, bool]:
        shown = self.message or self.children[0].message
        assert shown is not None
        return base_subject(shown.subject)


def _model(messages: list[Threadable]) -> str:
    """RFC 5256 §3, REFERENCES, step by step and without a thought of speed."""
    table: dict[str, _Node] = {}
    own: list[_Node] = []
    for message in sorted(messages, key=lambda each: each.number):
        node = _Node(message)
        own.append(node)
        if message.message_id is not None:
            table.setdefault(message.message_id, node)
    everyone = list(own)
    for node in own:  # step 1
        assert node.message is not None
        last = None
        for reference in node.message.references or node.message.in_reply_to[:1]:
            if reference not in table:
                table[reference] = _Node()
                everyone.append(table[reference])
            current = table[reference]
            if last is not None and current.parent is None and not last.is_below(current):
                last.hang(current)
            last = current
        if last is None:
            node.cut()
        elif not last.is_below(node):
            last.hang(node)
    root = _Node()
    for node in everyone:  # step 2
        if node.parent is None:
            root.children.append(node)

    def prune(node: _Node, at_root: bool) -> None:  # step 3
        kept: list[_Node] = []
        for child in node.children:
            prune(child, False)
            if child.message is not None:
                kept.append(child)
            elif not at_root or len(child.children) == 1:
                kept += child.children
            elif child.children:
                kept.append(child)
        node.children = kept

    prune(root, True)

    def sort(node: _Node) -> None:
        for child in node.children:
            sort(child)
        node.children.sort(key=_Node.when)

    sort(root)  # step 4
    subjects: dict[str, _Node] = {}
    for node in root.children:  # step 5
        text, is_reply = node.subject()
        if not text:
            continue
        known = subjects.setdefault(text, node)
        if known.message is not None and (node.message is None or (known.subject()[1] and not is_reply)):
            subjects[text] = node
    for node in list(root.children):
        text, is_reply = node.subject()
        if not text or subjects[text] is node:
            continue
        known = subjects[text]
        root.children.remove(node)
        if known.message is None and node.message is None:
            known.children += node.children
        elif known.message is None or (is_reply and not known.subject()[1]):
            known.children.append(node)
        else:
            subjects[text] = _Node(children=[known, node])
            root.children[root.children.index(known)] = subjects[text]
    sort(root)  # step 6

    def write(node: _Node) -> str:
        words = "" if node.message is None else str(node.message.number)
        if len(node.children) == 1:
            return f"{words} {write(node.children[0])}"
        return f"{words} {''.join([f'({write(child)})' for child in node.children])}".strip()

    return "".join([f"({write(node)})" for node in root.children])


_NUMBERS = st.integers(min_value=1, max_value=9)
_MESSAGES = st.lists(
    st.builds(
        Threadable,
        number=st.integers(min_value=1, max_value=1000),
        sent_at=_NUMBERS,
        subject=st.sampled_from(["a", "Re: a", "b", "Fwd: b", "", "[x] a"]),
        message_id=st.one_of(st.none(), _NUMBERS.map(_id)),
        references=st.lists(_NUMBERS.map(_id), max_size=4),
        in_reply_to=st.lists(_NUMBERS.map(_id), max_size=2),
    ),
    max_size=9,
    unique_by=lambda message: message.number,
)


@settings(max_examples=500)
@given(_MESSAGES)
def test_the_answer_is_that_of_the_steps_of_the_rfc(messages: list[Threadable]) -> None:
    expected = _model(messages)
    assert by_references(messages).decode() == (f"* THREAD {expected}\r\n" if messages else "* THREAD\r\n")


@given(_MESSAGES)
def test_every_message_is_in_the_answer_once(messages: list[Threadable]) -> None:
    for answer in (by_references(messages), ordered_subject(messages)):
        numbers = answer[len("* THREAD") :].replace(b"(", b" ").replace(b")", b" ").split()
        assert sorted(map(int, numbers)) == sorted(message.number for message in messages)


MANY = 50_000


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([_message(n, [n - 1], "x") for n in range(1, MANY)], id="one chain"),
        pytest.param([_message(n, [n + 1], "x") for n in range(1, MANY)], id="one chain, newest first"),
        pytest.param([_message(n, range(max(1, n - 10), n), "x") for n in range(1, MANY)], id="long references"),
        pytest.param([_message(n, [n % (MANY - 1) + 1], "x") for n in range(1, MANY)], id="one ring"),
        pytest.param([_message(n, [], "x") for n in range(1, MANY)], id="one subject"),
        pytest.param([_message(n, [n * 7919 % MANY, n * 104729 % MANY]) for n in range(1, MANY)], id="nonsense"),
    ],
)
def test_a_large_mailbox_is_threaded_in_no_long_time(messages: list[Threadable]) -> None:
    started = time.thread_time()
    by_references(messages)
    assert time.thread_time() - started < 10  # a fraction of a second on an idle machine
