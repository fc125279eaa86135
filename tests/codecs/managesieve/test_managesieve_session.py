"""The ManageSieve session: what a client sends, whole, byte by byte and with a tail, as commands."""

import base64
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs.managesieve import (
    Answer,
    Authenticate,
    Capability,
    CheckScript,
    Command,
    DeleteScript,
    Garbled,
    GetScript,
    HaveSpace,
    ListScripts,
    Logout,
    Noop,
    PutScript,
    RenameScript,
    ServerSession,
    SetActive,
    StartTls,
    State,
    Unauthenticate,
    responses,
)
from mailwright.codecs.managesieve.session import (
    MAX_COMMAND_OCTETS,
    MAX_LINE_OCTETS,
    MAX_SWALLOWED_OCTETS,
)

SIGNED_IN: list[tuple[bytes, Command]] = [
    (b"CAPABILITY\r\n", Capability()),
    (b"noop\r\n", Noop(None)),
    (b'NOOP "STARTTLS-SYNC-42"\r\n', Noop(b"STARTTLS-SYNC-42")),
    (b'HaveSpace "my script" 999999\r\n', HaveSpace("my script", 999999)),
    (b'PUTSCRIPT "foo" {7+}\r\nkeep;\r\n\r\n', PutScript("foo", b"keep;\r\n")),
    (b'PUTSCRIPT {3+}\r\nfoo "keep;"\r\n', PutScript("foo", b"keep;")),
    (b"PUTSCRIPT {3+}\r\nfoo {0+}\r\n\r\n", PutScript("foo", b"")),
    (b'PUTSCRIPT "a\\"b\\\\c" "x \\"y\\""\r\n', PutScript('a"b\\c', b'x "y"')),
    (b'PUTSCRIPT "foo" {20+}\r\nLOGOUT\r\n"{9+}\r\nxxx\r\n\r\n', PutScript("foo", b'LOGOUT\r\n"{9+}\r\nxxx\r\n'[:20])),
    (b'CHECKSCRIPT "keep;"\r\n', CheckScript(b"keep;")),
    (b"LISTSCRIPTS\r\n", ListScripts()),
    (b'SETACTIVE ""\r\n', SetActive("")),
    (b'SETACTIVE "Ferien in \xc3\xb6sterreich"\r\n', SetActive("Ferien in österreich")),
    (b'GETSCRIPT "foo"\r\n', GetScript("foo")),
    (b'DELETESCRIPT "foo"\r\n', DeleteScript("foo")),
    (b'RENAMESCRIPT "foo" "bar"\r\n', RenameScript("foo", "bar")),
    (b"UNAUTHENTICATE\r\n", Unauthenticate()),
    (b"LOGOUT\r\n", Logout()),
]

GARBLED = [
    b"\r\n",
    b"NONSENSE\r\n",
    b"123\r\n",
    b" LISTSCRIPTS\r\n",
    b"LISTSCRIPTS \r\n",
    b'LISTSCRIPTS "x"\r\n',
    b'GETSCRIPT  "x"\r\n',
    b'GETSCRIPT"x"\r\n',
    b"GETSCRIPT x\r\n",
    b"GETSCRIPT\r\n",
    b'GETSCRIPT ""\r\n',
    b'GETSCRIPT "x\r\n',
    b'GETSCRIPT "a\\b"\r\n',
    b'GETSCRIPT "x" "y"\r\n',
    b'GETSCRIPT "\xff"\r\n',
    b'HAVESPACE "x" "5"\r\n',
    b'HAVESPACE "x" 99999999999\r\n',
    b'HAVESPACE "x" -1\r\n',
    b'HAVESPACE "x" 5x\r\n',
    b'PUTSCRIPT "x" {5}\r\n',
    b"LISTSCRIPTS\n",
    b"NOOP\x00\r\n",
]


def session(state: State = State.SIGNED_IN) -> ServerSession:
    made = ServerSession()
    if state is State.SIGNED_IN:
        made.signed_in()
    elif state is State.SIGNING_IN:
        made.signing_in()
    return made


def commands(of: ServerSession) -> Iterator[Command]:
    while (command := of.next_command()) is not None:
        yield command


@pytest.mark.parametrize(("octets", "expected"), SIGNED_IN)
def test_a_command_is_understood_whole_byte_by_byte_and_with_a_tail(octets: bytes, expected: Command) -> None:
    whole = session()
    whole.receive(octets)
    assert list(commands(whole)) == [expected]

    slow, found = session(), []
    for octet in octets:
        assert found == []
        slow.receive(bytes([octet]))
        found += commands(slow)
    assert found == [expected]

    tailed = session()
    tailed.receive(octets + b'NOOP "next')
    assert list(commands(tailed)) == [expected]
    tailed.receive(b'"\r\n')
    assert list(commands(tailed)) == [Noop(b"next")]


@pytest.mark.parametrize("octets", GARBLED)
def test_a_garbled_command_is_named_and_the_next_one_is_understood(octets: bytes) -> None:
    of = session()
    of.receive(octets + b"LISTSCRIPTS\r\n")
    first, second = commands(of)
    assert isinstance(first, Garbled)
    assert first.text
    assert not first.fatal
    assert second == ListScripts()


@pytest.mark.parametrize(
    "octets", [octets for octets, command in SIGNED_IN if command.name not in ("CAPABILITY", "NOOP", "LOGOUT")]
)
def test_before_signing_in_only_four_commands_are_taken(octets: bytes) -> None:
    # RFC 5804 §2: all others are rejected with NO.
    of = session(State.STRANGER)
    of.receive(octets)
    [command] = commands(of)
    assert isinstance(command, Garbled)
    assert not command.is_mistake


def test_signing_in_and_tls_are_only_for_strangers() -> None:
    for octets, expected in ((b"STARTTLS\r\n", StartTls()), (b'AUTHENTICATE "plain"\r\n', Authenticate("PLAIN", None))):
        of = session(State.STRANGER)
        of.receive(octets)
        assert list(commands(of)) == [expected]
        of = session()
        of.receive(octets)
        [refused] = commands(of)
        assert isinstance(refused, Garbled)


def test_an_initial_response_and_an_answer_are_base64() -> None:
    of = session(State.STRANGER)
    word = base64.b64encode(b"\0ada\0secret")
    of.receive(b'AUTHENTICATE "PLAIN" "%b"\r\nAUTHENTICATE "PLAIN" {%d+}\r\n%b\r\n' % (word, len(word), word))
    assert list(commands(of)) == [Authenticate("PLAIN", b"\0ada\0secret")] * 2
    of.signing_in()
    of.receive(b'"%b"\r\n"*"\r\n""\r\n' % word)
    assert of.next_command() == Answer(b"\0ada\0secret")
    assert of.next_command() == Answer(None)
    assert of.next_command() == Answer(b"")
    of.receive(b'"no base64!"\r\n')
    assert isinstance(of.next_command(), Garbled)
    assert of.state is State.STRANGER


def test_secrets_do_not_print() -> None:
    assert "secret" not in repr(Authenticate("PLAIN", b"secret")) + repr(Answer(b"secret"))


def test_what_was_said_in_clear_is_forgotten_when_tls_begins() -> None:
    of = session(State.STRANGER)
    of.receive(b'STARTTLS\r\nNOOP "injected"\r\nPUTSCRIPT "x" {100+}\r\n')
    assert of.next_command() == StartTls()
    of.tls_started()
    assert of.next_command() is None
    assert of.buffered == 0
    of.receive(b"NOOP\r\n")
    assert of.next_command() == Noop(None)


def test_a_literal_that_is_too_large_is_thrown_away_and_the_next_command_understood() -> None:
    of, size = session(), MAX_COMMAND_OCTETS + 1
    of.receive(b'PUTSCRIPT "x" {%d+}\r\n' % size)
    for _ in range(size):
        of.receive(b"y")
        assert of.next_command() is None
        assert of.buffered < 100
    of.receive(b"\r\nNOOP\r\n")
    refused = of.next_command()
    assert isinstance(refused, Garbled)
    assert (refused.code, refused.fatal, refused.is_mistake) == ("QUOTA/MAXSIZE", False, False)
    assert of.next_command() == Noop(None)


def test_a_literal_beyond_all_measure_ends_the_conversation() -> None:
    of = session()
    of.receive(b'PUTSCRIPT "x" {%d+}\r\n' % (MAX_SWALLOWED_OCTETS + 1))
    refused = of.next_command()
    assert isinstance(refused, Garbled)
    assert refused.fatal
    assert of.state is State.CLOSED


def test_many_literals_together_do_not_pass_the_limit_of_one_command() -> None:
    of = session()
    for _ in range(40):
        of.receive(b"{4000+}\r\n" + b"x" * 4000)
        list(commands(of))
    assert of.buffered <= MAX_COMMAND_OCTETS


def test_an_endless_line_ends_the_conversation() -> None:
    of = session(State.STRANGER)
    of.receive(b"x" * (MAX_LINE_OCTETS + 1))
    refused = of.next_command()
    assert isinstance(refused, Garbled)
    assert refused.fatal


def test_a_stranger_may_say_less_than_somebody_who_signed_in() -> None:
    of = session(State.STRANGER)
    of.receive(b'AUTHENTICATE "PLAIN" {60000+}\r\n' + b"x" * 60000 + b"\r\n")
    [refused] = commands(of)
    assert isinstance(refused, Garbled)


@given(st.lists(st.binary(max_size=60), max_size=8), st.sampled_from(list(State)))
def test_no_octets_break_the_session(chunks: list[bytes], state: State) -> None:
    of = session(state)
    for chunk in chunks:
        of.receive(chunk)
        list(commands(of))


@given(
    st.lists(
        st.sampled_from([b"PUTSCRIPT ", b'"x"', b" ", b"{3+}", b"\r\n", b"abc", b"NOOP", b"\\", b'"', b"5"]),
        max_size=30,
    )
)
def test_what_comes_in_pieces_is_what_comes_whole(words: list[bytes]) -> None:
    octets = b"".join(words)
    whole, slow, found = session(), session(), []
    whole.receive(octets)
    for octet in octets:
        slow.receive(bytes([octet]))
        found += commands(slow)
    assert list(commands(whole)) == found


@given(st.text())
def test_a_string_reads_back_as_it_was_said(text: str) -> None:
    octets = responses.string(text)
    expected = text.encode("utf-8", "replace")
    if octets.startswith(b"{"):
        size, _, rest = octets[1:].partition(b"}\r\n")
        assert (int(size), rest) == (len(expected), expected)
        return
    of = session()
    of.receive(b"NOOP " + octets + b"\r\n")
    assert of.next_command() == Noop(expected)


def test_answers_are_spelled_as_the_standard_has_them() -> None:
    assert responses.response("OK") == b"OK\r\n"
    assert responses.response("NO", "There is no script by that name", "NONEXISTENT") == (
        b'NO (NONEXISTENT) "There is no script by that name"\r\n'
    )
    assert responses.response("OK", "Done", "TAG", b"STARTTLS-SYNC-42") == b'OK (TAG "STARTTLS-SYNC-42") "Done"\r\n'
    assert responses.response("NO", "line 1: a\nline 2: b") == b"NO {20}\r\nline 1: a\r\nline 2: b\r\n"
    assert (
        responses.scripts([("summer", False), ('clever"script', True)]) == b'"summer"\r\n"clever\\"script" ACTIVE\r\n'
    )
    assert responses.capabilities([("STARTTLS", None), ("SASL", "")]) == b'"STARTTLS"\r\n"SASL" ""\r\n'
