"""The session: literals, IDLE, AUTHENTICATE, legality, limits, and that a garbled command never drags the next one down."""

import pytest

from mailwright.codecs.imap import (
    Announced,
    Append,
    AuthAnswer,
    Done,
    Garbled,
    Idle,
    Limits,
    LocalError,
    Login,
    Noop,
    Select,
    ServerSession,
    State,
)

from .conversation import converse, feed, signed_in, singly

GO = b"+ go ahead\r\n"
SMALL = Limits(command=200, literal=20, literals=30, stranger=10, message=50, append=80)
TALK = (
    b"a1 LOGIN {3}\r\nada {6+}\r\nsecret\r\n"
    b"a2 select INBOX\r\n"
    b"a3 FETCH 1:* (FLAGS\r\n"
    b"a4 IDLE\r\nDONE\r\n"
    b"a5 APPEND INBOX {5}\r\nab\r\nc {2+}\r\nde\r\n"
    b"a6 LOGOUT\r\n"
)


def test_a_whole_conversation_in_three_feedings_and_cut_anywhere() -> None:
    whole = converse([TALK])
    names = [item if isinstance(item, bytes) else item.name for item in whole[0]]
    assert names == [GO, "LOGIN", "SELECT", "(garbled)", "IDLE", b"+ idling\r\n", "(done)", GO, "APPEND", "LOGOUT"]
    assert whole[1] is State.LOGOUT
    assert converse(singly(TALK)) == whole
    assert converse([TALK + b"a7 NOOP\r\n and more"]) == whole
    for cut in range(len(TALK)):
        assert converse([TALK[:cut], TALK[cut:]]) == whole, cut


def test_a_synchronizing_literal_waits_for_our_word_and_asks_once() -> None:
    session = ServerSession()
    session.receive(b"a LOGIN ada {6}\r\n")
    assert session.next_command() is None
    assert session.wants_continuation() == GO
    assert session.wants_continuation() is None
    session.receive(b"secret\r\n")
    assert session.next_command() == Login(b"a", "ada", "secret")


def test_a_literal_may_hold_lines_and_what_looks_like_one() -> None:
    [command] = feed(signed_in(), b"a APPEND INBOX {13+}\r\nb NOOP\r\n{5}\r\n\r\n")
    assert isinstance(command, Append)
    assert command.messages[0].data == b"b NOOP\r\n{5}\r\n"


def test_a_literal_that_is_not_wanted_is_refused_before_it_is_sent() -> None:
    session = signed_in(SMALL)
    for line, code in (
        (b"a APPEND INBOX {51}", "TOOBIG"),
        (b"a SEARCH SUBJECT {21}", "LIMIT"),
        (b"a APPEND R&D {5}", "CANNOT"),
        (b"a APPEND {21}", "LIMIT"),
        (b"a XYZZY {5}", ""),
        (b"a LOGIN {5}", ""),
        (b"a NOOP {5}", ""),
        (b"a APPEND INBOX (\\Recent) {5}", ""),
        (b"a APPEND INBOX {99999999999999999999}", "TOOBIG"),
    ):
        [answer] = feed(session, line + b"\r\n")
        assert isinstance(answer, Garbled), line
        assert (answer.tag, answer.code, answer.condition) == (b"a", code, "NO" if code else "BAD"), line
    assert feed(session, b"b NOOP\r\n") == [Noop(b"b")]


def test_a_literal_that_comes_unasked_is_swallowed_and_the_next_command_is_whole() -> None:
    session = signed_in(SMALL)
    said = feed(session, b"a APPEND INBOX {60+}\r\n" + b"x" * 30)
    assert [(item.tag, item.code) for item in said if isinstance(item, Garbled)] == [(b"a", "TOOBIG")]
    assert session.swallowing == 30
    assert session.buffered == 0
    tail = b"x" * 30 + b" (flags) {5+}\r\nabcde ~{0+}\r\n\r\nb NOOP\r\n"
    assert feed(session, tail) == [Noop(b"b")]


def test_messages_of_one_append_are_bounded_together() -> None:
    session = signed_in(SMALL)
    said = feed(session, b"a APPEND INBOX {50+}\r\n" + b"x" * 50 + b" {40}\r\nb NOOP\r\n")
    assert [getattr(item, "code", item.name) for item in said if not isinstance(item, bytes)] == ["TOOBIG", "NOOP"]


def test_literals_of_other_commands_are_bounded_together() -> None:
    said = feed(signed_in(SMALL), b"a RENAME {20+}\r\n" + b"x" * 20 + b" {20}\r\nb NOOP\r\n")
    assert [getattr(item, "code", item.name) for item in said if not isinstance(item, bytes)] == ["LIMIT", "NOOP"]


def test_a_stranger_gets_room_for_a_name_and_a_password() -> None:
    said = feed(ServerSession(SMALL), b"a LOGIN {5+}\r\nadaxx {6}\r\nb APPEND x {1}\r\nc NOOP\r\n")
    assert [getattr(item, "code", item.name) for item in said] == ["LIMIT", "", "NOOP"]


def test_the_first_message_of_an_append_is_announced() -> None:
    session = signed_in()
    session.receive(b"a7 APPEND Archive/2026 (\\Seen) {310}\r\n")
    assert session.next_command() is None
    assert session.announced == Announced(b"a7", "Archive/2026", 310)
    session.refuse_announced()
    assert session.wants_continuation() is None
    assert feed(session, b"b NOOP\r\n") == [Noop(b"b")]
    with pytest.raises(LocalError):
        session.refuse_announced()


def test_a_mailbox_as_a_literal_is_no_message_and_the_second_literal_is() -> None:
    session = signed_in(SMALL)
    session.receive(b"a APPEND {5}\r\n")
    assert (session.next_command(), session.announced, session.wants_continuation()) == (None, None, GO)
    session.receive(b"INBOX {30}\r\n")
    assert session.next_command() is None
    assert session.announced == Announced(b"a", "INBOX", 30)
    assert session.wants_continuation() == GO
    assert session.announced is None


def test_idle_ends_with_done_and_with_anything_else_too() -> None:
    session = signed_in()
    assert feed(session, b"a IDLE\r\n") == [Idle(b"a"), b"+ idling\r\n"]
    assert session.state is State.IDLE
    assert feed(session, b"done\r\nb NOOP\r\n") == [Done(b"a"), Noop(b"b")]
    said = feed(session, b"c IDLE\r\nd NOOP\r\ne NOOP\r\n")
    assert [item.tag for item in said if not isinstance(item, bytes)] == [b"c", b"c", b"e"]
    assert isinstance(said[2], Garbled)
    assert session.state is State.SELECTED


def test_idle_may_be_refused_and_its_mailbox_may_go() -> None:
    session = signed_in()
    session.receive(b"a IDLE\r\nDONE\r\n")
    idle = session.next_command()
    assert idle is not None
    session.answered(idle, ok=False)
    assert isinstance(session.next_command(), Garbled)
    feed(session, b"b IDLE\r\n")
    session.deselect()
    feed(session, b"DONE\r\n")
    assert session.state is State.AUTHENTICATED


def test_authenticate_with_questions() -> None:
    session = ServerSession()
    said = feed(session, b"a AUTHENTICATE LOGIN\r\n")
    assert said[1] == b"+ \r\n"
    session.receive(b"YWRh\r\n")
    answer = session.next_command()
    assert answer == AuthAnswer(b"a", b"ada")
    assert session.challenge(b"Password:") == b"+ UGFzc3dvcmQ6\r\n"
    assert feed(session, b"c2VjcmV0\r\n") == [AuthAnswer(b"a", b"secret")]
    assert session.state is State.AUTHENTICATED


@pytest.mark.parametrize("line", [b"*", b"no base64!", b"abc", b"x" * 70_000])
def test_authenticate_that_comes_to_nothing(line: bytes) -> None:
    for chunks in ([line + b"\r\n"], singly(line + b"\r\n") if len(line) < 99 else [line, b"\r\n"]):
        session = ServerSession()
        feed(session, b"a AUTHENTICATE PLAIN\r\n")
        said, state = converse(chunks, session)
        assert [(item.name, item.tag) for item in said if not isinstance(item, bytes)] == [
            ("(answer)" if line == b"*" else "(garbled)", b"a")
        ]
        assert state is State.NOT_AUTHENTICATED
        assert feed(session, b"b NOOP\r\n") == [Noop(b"b")]


def test_nothing_is_read_behind_a_command_whose_answer_decides() -> None:
    session = ServerSession()
    session.receive(b"a LOGIN ada secret\r\nb SELECT INBOX\r\nc FETCH 1 FLAGS\r\n")
    login = session.next_command()
    assert isinstance(login, Login)
    assert session.next_command() is None
    session.answered(login, ok=False)
    assert [item.text for item in (session.next_command(), session.next_command()) if isinstance(item, Garbled)] == [
        "SELECT: sign in first",
        "FETCH: sign in first",
    ]


def test_which_command_may_come_when() -> None:
    session = ServerSession()
    assert isinstance(feed(session, b"a LIST x y\r\n")[0], Garbled)
    feed(session, b"a LOGIN ada secret\r\n")
    for line, text in (
        (b"a LOGIN ada secret", "you are signed in already"),
        (b"a STARTTLS", "you are signed in already"),
        (b"a CLOSE", "CLOSE: select a mailbox first"),
        (b"a UID EXPUNGE 1", "UID EXPUNGE: select a mailbox first"),
        (b"a UID FETCH 1 FLAGS", "FETCH: select a mailbox first"),
    ):
        [answer] = feed(session, line + b"\r\n")
        assert isinstance(answer, Garbled)
        assert (answer.text, answer.condition) == (text, "BAD")
    feed(session, b"a SELECT INBOX\r\n")
    assert session.state is State.SELECTED
    assert isinstance(feed(session, b"a ENABLE CONDSTORE\r\n")[0], Garbled)
    session.receive(b"b SELECT Nothing\r\n")
    select = session.next_command()
    assert isinstance(select, Select)
    session.answered(select, ok=False)
    assert session.state is State.AUTHENTICATED, "a SELECT that fails leaves nothing selected"


def test_starttls_forgets_what_came_in_clear_text() -> None:
    session = ServerSession()
    session.receive(b"a STARTTLS\r\nb LOGIN mallory injected\r\n")
    command = session.next_command()
    assert command is not None
    session.answered(command, ok=True)
    assert session.next_command() is None
    session.tls_started()
    assert session.next_command() is None
    assert feed(session, b"c NOOP\r\n") == [Noop(b"c")]


def test_compress_gives_back_what_was_not_read() -> None:
    session = signed_in()
    session.receive(b"a COMPRESS DEFLATE\r\nsqueezed")
    command = session.next_command()
    assert command is not None
    assert session.next_command() is None
    session.answered(command, ok=True)
    assert session.take_unread() == b"squeezed"
    assert session.buffered == 0


def test_our_own_mistakes_are_called_so() -> None:
    session = ServerSession()
    for mistake in (session.begin_idle, session.tls_started, lambda: session.challenge(b"")):
        with pytest.raises(LocalError):
            mistake()
    with pytest.raises(LocalError):
        session.answered(Login(b"a", "ada", "secret"), ok=True)
    session.answered(Noop(b"a"), ok=True)
    session.close()
    assert feed(session, b"a NOOP\r\n") == []


@pytest.mark.parametrize(
    ("line", "tag"),
    [
        (b"", None),
        (b" a NOOP", None),
        (b"(", None),
        (b"+ NOOP", None),
        (b"\xff NOOP", None),
        (b"\0", None),
        (b"x" * 200 + b" NOOP", None),
        (b"a", b"a"),
        (b"a ", b"a"),
        (b"GET / HTTP/1.1", b"GET"),
        (b"a NO\0OP", b"a"),
        (b"a FETCH 1 (FLAGS", b"a"),
        (b'a LOGIN "ada x', b"a"),
        (b"a NOOP\n", b"a"),
        (b"a NOOP\r", b"a"),
    ],
)
def test_a_garbled_command_has_its_tag_where_there_is_one_and_harms_no_other(line: bytes, tag: bytes | None) -> None:
    ending = b"b NOOP\r\n" if line.endswith(b"\n") else b"\r\nb NOOP\r\n"
    for chunks in ([line + ending], singly(line + ending)):
        said, _ = converse(chunks, signed_in())
        assert isinstance(said[0], Garbled)
        assert said[0].tag == tag
        assert said[0].text
        assert said[1:] == [Noop(b"b")]
