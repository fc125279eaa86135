"""What no client sends and somebody will: floods, endless lines, deep nesting, half commands."""

import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailwright.codecs.imap import Append, Garbled, Limits, Noop, Search, ServerSession, Store

from .conversation import converse, feed, signed_in, singly

PIECES = [
    b"a ", b"NOOP", b"\r\n", b"\n", b"\r", b" ", b"LOGIN ", b"ada secret\r\n", b"b SELECT INBOX\r\n", b"UID ", b"FETCH 1:* ", b"SEARCH ",
    b"(FLAGS BODY[1.HEADER.FIELDS (From)]<0.5>)\r\n", b"{3}\r\n", b"{3+}\r\n", b"~{2+}\r\n", b"{99+}\r\n", b"{99999}", b"abc", b"(", b")", b'"', b"\\",
    b"\0", b"\xff", b"APPEND INBOX ", b"STORE 1 +FLAGS (\\Seen)\r\n", b"IDLE\r\n", b"DONE\r\n", b"AUTHENTICATE PLAIN\r\n", b"AAAA\r\n", b"*\r\n",
    b"OR NOT ", b"$", b"STARTTLS\r\n", b"ENABLE UTF8=ACCEPT\r\n", b"LIST (SUBSCRIBED) \"\" *\r\n", b"x" * 300, b"CREATE &AOQ-/&\r\n", b"LOGOUT\r\n",
]  # fmt: skip
talks = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20)), max_size=25).map(b"".join)
SMALL = Limits(command=250, literal=20, literals=30, stranger=10, message=50, append=80)


@settings(deadline=None, max_examples=300)
@given(talks, st.booleans(), st.data())
def test_how_it_is_cut_does_not_change_what_was_said(talk: bytes, known: bool, data: st.DataObject) -> None:
    def session() -> ServerSession:
        return signed_in(SMALL) if known else ServerSession(SMALL)

    whole = converse([talk], session())
    assert converse(singly(talk), session()) == whole
    cuts = sorted(data.draw(st.lists(st.integers(0, len(talk)), max_size=5)))
    chunks = [talk[a:b] for a, b in zip([0, *cuts], [*cuts, len(talk)], strict=True)]
    assert converse(chunks, session()) == whole
    for item in whole[0]:
        if isinstance(item, Garbled):
            assert item.text.isprintable()
            assert "\n" not in item.code


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_random_octets_are_garbled_and_nothing_worse(octets: bytes) -> None:
    for session in (ServerSession(), signed_in()):
        for item in feed(session, octets + b"\r\n"):
            assert isinstance(item, bytes) or item.name
        for item in feed(session, b"a SEARCH " + octets + b"\r\n"):
            assert isinstance(item, bytes) or item.name


@pytest.mark.parametrize(
    "line",
    [
        b"a FETCH 1 (" + b"FLAGS " * 9000,
        b"a SEARCH " + b"(" * 60_000,
        b"a SEARCH " + b"NOT " * 16_000,
        b'a SEARCH SUBJECT "' + b'\\"' * 30_000,
        b"a SEARCH SUBJECT " + b'"a" ' * 15_000,
        b"a STORE 1 FLAGS " + b"x " * 30_000,
        b"a FETCH " + b"1:" * 30_000,
        b"a FETCH " + b"," * 60_000,
        b"a FETCH " + b"1:9," * 15_000 + b"1 FLAGS",
        b"a FETCH 1 BODY[" + b"1." * 30_000,
        b"a FETCH 1 BODY[HEADER.FIELDS (" + b"a " * 30_000,
        b'a LIST "" (' + b"* " * 30_000,
        b"a CREATE " + b"&" * 60_000,
        b"a CREATE " + b"&AOQ-" * 12_000,
        b"a CREATE " + b"/" * 60_000,
        b"a ENABLE" + b" x" * 30_000,
        b'a ID ("' + b"a" * 60_000,
        b"a " + b" " * 60_000,
        b"a NOOP" + b" " * 60_000,
        b"a APPEND INBOX " + b"{0+}\r\n " * 8_000,
        b"a SETMETADATA INBOX (" + b"/shared/x {0+}\r\n " * 3_500,
        b"a GETMETADATA INBOX (" + b"/shared/x " * 6_000,
        b"x" * 60_000,
    ],
    ids=lambda line: repr(line[:30]),
)
def test_a_full_line_of_anything_is_read_in_a_moment(line: bytes) -> None:
    session = signed_in()
    session.receive(line + b"\r\n")
    before = time.thread_time()
    command = session.next_command()
    assert time.thread_time() - before < 10
    assert command is not None
    if not isinstance(command, Garbled):
        session.answered(command, ok=True)
    assert feed(session, b"b NOOP\r\n") == [Noop(b"b")]


def test_an_endless_line_is_refused_early_and_not_kept() -> None:
    session = signed_in()
    said = []
    for _ in range(100):
        said += feed(session, b"a SEARCH SUBJECT " + b"x" * 10_000)
        assert session.buffered <= 64 * 1024
    assert [item.tag for item in said if isinstance(item, Garbled)] == [b"a"]
    assert feed(session, b"\r\nb NOOP\r\n") == [Noop(b"b")]


def test_literals_of_a_refused_line_are_skipped_with_it() -> None:
    session = signed_in(SMALL)
    [answer] = feed(session, b"a SEARCH " + b"x" * 300 + b" {9+}\r\nc NOOP\r\n  {8+}\r\nd NOOP\r\n\r\nb NOOP\r\n")[:-1]
    assert isinstance(answer, Garbled)
    session = signed_in(SMALL)
    said, _ = converse(
        singly(b"a SEARCH " + b"x" * 300 + b" {9+}\r\nc NOOP\r\n  {8+}\r\nd NOOP\r\n\r\nb NOOP\r\n"), session
    )
    assert said == [answer, Noop(b"b")]


def test_a_flood_of_small_commands_in_one_piece_takes_time_in_proportion() -> None:
    session = signed_in()
    session.receive(b"a NOOP\r\n" * 50_000)
    before = time.thread_time()
    count = sum(1 for _ in iter(session.next_command, None))
    assert count == 50_000
    assert time.thread_time() - before < 10


def test_a_large_message_in_small_pieces_takes_memory_and_time_in_proportion() -> None:
    size = 8 * 1024 * 1024
    session = signed_in()
    tracemalloc.start()
    try:
        session.receive(b"a APPEND INBOX {%d}\r\n" % size)
        assert session.next_command() is None
        assert session.wants_continuation()
        piece = b"x" * 64
        before = time.thread_time()
        for _ in range(size // 64):
            session.receive(piece)
            session.next_command()
        session.receive(b"\r\n")
        command = session.next_command()
        assert time.thread_time() - before < 10
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(command, Append)
    assert len(command.messages[0].data) == size
    assert peak < 2.5 * size


def test_many_messages_in_one_append_take_time_in_proportion() -> None:
    session = signed_in(Limits(append=10**9))
    session.receive(b"a APPEND INBOX" + b" (\\Seen) {10000+}\r\n" + b"x" * 10_000)
    for _ in range(2000):
        session.receive(b" {10000+}\r\n" + b"x" * 10_000)
        assert session.next_command() is None
    session.receive(b"\r\n")
    command = session.next_command()
    assert isinstance(command, Append)
    assert len(command.messages) == 2001


def test_the_usual_commands_are_quick() -> None:
    session = signed_in()
    lines = [
        b"a UID FETCH 1:* (FLAGS UID)\r\n",
        b"a STORE 5 +FLAGS.SILENT (\\Seen)\r\n",
        b"a UID SEARCH RETURN (ALL) UNDELETED SINCE 1-Jul-2026\r\n",
    ]
    before = time.thread_time()
    kinds = set()
    for number in range(3000):
        session.receive(lines[number % 3])
        kinds.add(type(session.next_command()))
        assert session.next_command() is None
    assert time.thread_time() - before < 10
    assert Store in kinds
    assert Search in kinds
