"""The session: commands in three feedings, legality, replies in turn, bounded memory."""

import pytest
from conversation import converse, singly

from mailwright.codecs.smtp import (
    Auth,
    AuthAnswer,
    Data,
    Garbled,
    Hello,
    LocalError,
    Mail,
    Message,
    Noop,
    Offer,
    Quit,
    Rcpt,
    Reply,
    ServerSession,
    State,
)
from mailwright.domain.addresses import Address

ADA = Address.parse("ada@mailwright.test")
BASHIR = Address.parse("bashir@example.org")
TALK = (
    b"EHLO client.example\r\n"
    b"MAIL FROM:<bashir@example.org> SIZE=12 BODY=8BITMIME\r\n"
    b"RCPT TO:<ada@mailwright.test>\r\n"
    b"DATA\r\n"
    b"Hi\r\n..dot\r\n.\r\n"
    b"QUIT\r\n"
)
SAID = [
    Hello("EHLO", "client.example"),
    Mail(BASHIR, 12, "8BITMIME"),
    Rcpt(ADA),
    Data(),
    Message(b"Hi\r\n.dot\r\n"),
    Quit(),
]


def test_a_whole_conversation_fed_at_once() -> None:
    assert converse([TALK]) == (SAID, State.CLOSED)


def test_the_same_octet_by_octet() -> None:
    assert converse(singly(TALK)) == (SAID, State.CLOSED)


def test_the_same_with_a_tail() -> None:
    assert converse([TALK + b"MAIL FROM:<chen@example.net>\r\nand more"]) == (SAID, State.CLOSED)


def test_every_way_to_cut_it_in_two_says_the_same() -> None:
    for cut in range(len(TALK)):
        assert converse([TALK[:cut], TALK[cut:]]) == (SAID, State.CLOSED), cut


def test_commands_may_be_taken_ahead_of_their_answers() -> None:
    session = _greeted()
    session.receive(b"MAIL FROM:<bashir@example.org>\r\nRCPT TO:<ada@mailwright.test>\r\nDA")
    assert [command.name for command in session.commands()] == ["MAIL", "RCPT"]
    assert session.reply(250, "2.1.0", "sender ok") == b"250 2.1.0 sender ok\r\n"
    assert session.state is State.MAIL
    assert session.reply(250, "2.1.5", "recipient ok") == b"250 2.1.5 recipient ok\r\n"
    assert session.recipients == [ADA]


def test_smtputf8_counts_for_recipients_taken_ahead() -> None:
    session = _greeted()
    session.receive("MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<jürgen@mailwright.test>\r\n".encode())
    assert [command.name for command in session.commands()] == ["MAIL", "RCPT"]


def test_nothing_is_read_past_a_command_whose_answer_decides_how() -> None:
    session = _greeted()
    session.receive(b"MAIL FROM:<>\r\nRCPT TO:<ada@mailwright.test>\r\nDATA\r\nQUIT\r\n.\r\n")
    assert [command.name for command in session.commands()] == ["MAIL", "RCPT", "DATA"]
    session.reply(250, "2.1.0", "ok")
    session.reply(250, "2.1.5", "ok")
    assert list(session.commands()) == []
    session.reply(354, "", "go on")
    assert list(session.commands()) == [Message(b"QUIT\r\n")]


def test_a_success_that_a_refusal_before_it_made_illegal_is_our_error() -> None:
    session = _greeted()
    session.receive(b"MAIL FROM:<>\r\nRCPT TO:<ada@mailwright.test>\r\n")
    assert len(list(session.commands())) == 2
    session.reply(550, "5.7.1", "no")
    with pytest.raises(LocalError):
        session.reply(250, "2.1.5", "ok")


def test_a_reply_nobody_waits_for_is_our_error() -> None:
    with pytest.raises(LocalError):
        ServerSession().reply(250, "2.0.0", "ok")


def test_a_reply_that_asks_for_more_where_there_is_no_more_is_our_error() -> None:
    session = _greeted()
    session.receive(b"NOOP\r\n")
    assert list(session.commands()) == [Noop()]
    with pytest.raises(LocalError):
        session.reply(354, "", "go on")


def test_a_garbled_command_cannot_succeed() -> None:
    session = _greeted()
    session.receive(b"FROB\r\n")
    assert [type(command) for command in session.commands()] == [Garbled]
    with pytest.raises(LocalError):
        session.reply(250, "2.0.0", "ok")


def test_a_421_ends_the_conversation_whatever_it_answers() -> None:
    session = _greeted()
    session.receive(b"NOOP\r\nNOOP\r\n")
    session.next_command()
    assert session.reply(421, "4.3.2", "bye") == b"421 4.3.2 bye\r\n"
    session.receive(b"NOOP\r\n")
    assert session.state is State.CLOSED
    assert list(session.commands()) == []


def test_tls_forgets_what_was_said_before_it() -> None:
    session = _greeted(Offer(starttls=True))
    session.receive(b"STARTTLS\r\n")
    session.next_command()
    session.reply(220, "2.0.0", "go on")
    session.receive(b"EHLO inside.example\r\n")
    assert list(session.commands()) == [], "nothing is read before the handshake is done"
    session.tls_started()
    assert (session.secured, session.hello, session.state) == (True, None, State.CONNECTED)
    assert list(session.commands()) == [Hello("EHLO", "inside.example")]


def test_clear_text_behind_starttls_can_never_be_read_as_if_it_came_through_tls() -> None:
    session = _greeted(Offer(starttls=True))
    session.receive(b"STARTTLS\r\nMAIL FROM:<>\r\n")
    session.next_command()
    assert session.buffered
    with pytest.raises(LocalError):
        session.reply(220, "2.0.0", "go on")


def test_tls_nobody_asked_for_is_our_error() -> None:
    with pytest.raises(LocalError):
        ServerSession().tls_started()


def test_lmtp_wants_one_reply_for_each_recipient_that_was_taken() -> None:
    session = _greeted(Offer(lmtp=True))
    session.receive(b"MAIL FROM:<>\r\nRCPT TO:<ada@mailwright.test>\r\nRCPT TO:<chen@mailwright.test>\r\nDATA\r\n")
    for code in (250, 250, 250, 354):
        session.next_command()
        session.reply(code, "", "ok")
    session.receive(b".\r\n")
    session.next_command()
    with pytest.raises(LocalError):
        session.reply_each([Reply(250, "2.0.0", "ok")])
    assert session.reply_each([Reply(250, "2.0.0", "a"), Reply(452, "4.2.2", "b")]) == b"250 2.0.0 a\r\n452 4.2.2 b\r\n"


def test_an_endless_line_is_refused_once_and_takes_no_memory() -> None:
    session = _greeted()
    for _ in range(1000):
        session.receive(b"x" * 1000)
        for command in session.commands():
            assert isinstance(command, Garbled)
            session.answer(command.reply)
        assert session.buffered <= 3000
    session.receive(b"\r\nNOOP\r\n")
    assert list(session.commands()) == [Noop()]


def test_an_endless_message_takes_no_more_memory_than_one_may() -> None:
    session = _in_data(Offer(max_size=10_000))
    for _ in range(1000):
        session.receive(b"y" * 998 + b"\r\n")
        assert list(session.commands()) == []
        assert session.message_held + session.buffered < 20_000
    session.receive(b".\r\n")
    assert list(session.commands()) == [Message(b"", "large")]


def test_a_message_the_server_cannot_keep_is_read_to_its_end() -> None:
    session = _in_data(Offer())
    for chunk in (b"a", b"\r", b"x\r\n"):
        session.receive(chunk)
        assert list(session.commands()) == []
        session.give_up_message()
    assert session.message_held <= 4
    session.receive(b"more\r\n.\r\nNOOP\r\n")
    message = session.next_command()
    assert message == Message(b"", "stray")


def test_a_message_given_up_says_so() -> None:
    session = _in_data(Offer())
    session.receive(b"half")
    assert session.next_command() is None
    session.give_up_message()
    session.receive(b"\r\n.\r\n")
    assert session.next_command() == Message(b"", "storage")


def test_secrets_do_not_print() -> None:
    assert "AGFkYQ" not in repr(converse([b"EHLO c\r\nAUTH PLAIN AGFkYQBzZWNyZXQ=\r\nc2VjcmV0\r\n"])[0])
    assert b"secret" not in repr(Auth("PLAIN", b"secret")).encode()
    assert "secret" not in repr(AuthAnswer(b"secret"))


def test_a_reply_cannot_inject_another() -> None:
    assert Reply(550, "5.1.1", "a\r\n250 ok\x00é").encode() == b"550-5.1.1 a?\r\n550 5.1.1 250 ok??\r\n"
    assert Reply(550, "5.1.1", "é\x85").encode(utf8=True) == "550 5.1.1 é?\r\n".encode()
    assert len(Reply(550, "5.1.1", "é" * 1000).encode(utf8=True)) <= 512


def _greeted(offer: Offer | None = None) -> ServerSession:
    session = ServerSession(offer or Offer())
    session.receive(b"LHLO client.example\r\n" if session.offer.lmtp else b"EHLO client.example\r\n")
    assert len(list(session.commands())) == 1
    session.answer(session.capabilities())
    return session


def _in_data(offer: Offer) -> ServerSession:
    session = _greeted(offer)
    session.receive(b"MAIL FROM:<>\r\nRCPT TO:<ada@mailwright.test>\r\nDATA\r\n")
    for code in (250, 250, 354):
        session.next_command()
        session.reply(code, "", "ok")
    return session
