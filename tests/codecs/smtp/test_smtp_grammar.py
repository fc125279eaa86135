"""Command lines, paths, sign-in exchanges and trace fields, one by one."""

import base64

import pytest
from conversation import converse

from mailwright.codecs.smtp import (
    Garbled,
    Mail,
    PeerError,
    Rcpt,
    protocol_name,
    received_field,
    return_path_field,
)
from mailwright.codecs.smtp.grammar import parse_cached
from mailwright.codecs.smtp.paths import forward_path, reverse_path
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Channel, Envelope

ADA = Address.parse("ada@mailwright.test")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("MAIL FROM:<>", Mail(None)),
        ("mail From:<ada@mailwright.test>", Mail(ADA)),
        ("MAIL FROM: <ada@mailwright.test>", Mail(ADA)),  # quirks.SPACE_AFTER_COLON, as Outlook Express sends it
        ("MAIL FROM:<ada@mailwright.test>  ", Mail(ADA)),  # quirks.TRAILING_SPACE, as Lotus Notes sends it
        ("MAIL FROM:<ada@MAILWRIGHT.test>", Mail(ADA)),
        ("MAIL FROM:<@a.example,@b.example:ada@mailwright.test>", Mail(ADA)),
        ("MAIL FROM:<ada@mailwright.test> size=5 body=8bitmime smtputf8", Mail(ADA, 5, "8BITMIME", True)),
        ("MAIL FROM:<ada@mailwright.test> AUTH=ada+40mailwright.test", Mail(ADA)),
    ],
)
def test_senders_that_are_understood(line: str, wanted: Mail) -> None:
    assert converse([b"EHLO c\r\n", line.encode() + b"\r\n"])[0][1] == wanted


@pytest.mark.parametrize(
    ("line", "code", "enhanced"),
    [
        ("MAIL", 501, "5.5.4"),
        ("MAIL TO:<ada@mailwright.test>", 501, "5.5.4"),
        ("MAIL FROM:<ada>", 501, "5.1.7"),
        ("MAIL FROM:<@a.example>", 501, "5.1.7"),
        ("MAIL FROM:<a b@mailwright.test>", 501, "5.1.7"),
        ("MAIL FROM:<" + "a" * 65 + "@mailwright.test>", 501, "5.1.7"),
        ("MAIL FROM:<ada@mailwright.test>SIZE=1", 501, "5.5.4"),
        ("MAIL FROM:<ada@mailwright.test> SIZE=" + "1" * 21, 501, "5.5.4"),
        ("MAIL FROM:<ada@mailwright.test> SIZE=²", 501, "5.5.4"),
        ("MAIL FROM:<ada@mailwright.test> SMTPUTF8=yes", 501, "5.5.4"),
        ("MAIL FROM:<ada@mailwright.test> AUTH=", 501, "5.5.4"),
        ("MAIL FROM:<ada@mailwright.test> X=1", 555, "5.5.4"),
        ("MAIL FROM:<ädä@mailwright.test>", 553, "5.6.7"),
        ("EHLO ünï", 501, "5.5.4"),
        ("\0NOOP", 500, "5.5.1"),
        ("NOOP\tx", 500, "5.5.1"),
    ],
)
def test_lines_that_are_refused(line: str, code: int, enhanced: str) -> None:
    command = converse([b"EHLO c\r\n", line.encode() + b"\r\n"])[0][1]
    assert isinstance(command, Garbled)
    assert (command.reply.code, command.reply.enhanced) == (code, enhanced)


@pytest.mark.parametrize("line", [b"DATAX", b"DATA\0", b"RSETX", b"RSET\t.", b"RCPT:TO:<chen@mailwright.test>"])
def test_a_verb_ends_at_a_space_or_with_its_line(line: bytes) -> None:
    """Every other server calls these unknown: whoever takes them for DATA reads another conversation than its client."""
    talk = b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<ada@mailwright.test>\r\n"
    command = converse([talk, line + b"\r\n"])[0][3]
    assert isinstance(command, Garbled)
    assert command.reply.code == 500


def test_a_garbled_command_does_not_drag_the_next_one_down() -> None:
    talk = b'EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<"\r\nRCPT TO:<ada@mailwright.test>\r\n'
    assert converse([talk])[0][3] == Rcpt(ADA)


def test_the_postmaster_without_a_domain_is_ours() -> None:
    assert forward_path("pOsTmAsTeR", "mailwright.test") == Address("postmaster", "mailwright.test")
    assert reverse_path("") is None
    with pytest.raises(PeerError):
        forward_path("", "mailwright.test")


def test_secrets_are_not_cached() -> None:
    parse_cached.cache_clear()
    secret = base64.b64encode(b"\0ada\0pw")
    converse([b"EHLO c\r\nAUTH PLAIN " + secret + b"\r\n" + secret + b"\r\n"])
    assert parse_cached.cache_info().currsize == 0


def test_the_received_field_names_the_only_recipient() -> None:
    envelope = Envelope(
        Channel.SMTP, None, (ADA,), 1_772_357_400_000_000, "0190-id", "[192.0.2.7]", "client.example", "ESMTPS"
    )
    assert received_field(envelope, "mx.mailwright.test") == (
        b"Received: from client.example ([192.0.2.7])\r\n\tby mx.mailwright.test with ESMTPS id 0190-id"
        b"\r\n\tfor <ada@mailwright.test>;\r\n\tSun, 1 Mar 2026 09:30:00 +0000\r\n"
    )


def test_the_received_field_shows_no_recipients_to_each_other_and_injects_nothing() -> None:
    two = (ADA, Address.parse("chen@mailwright.test"))
    envelope = Envelope(Channel.SMTP, None, two, 0, "id", "[192.0.2.7]", "evil\r\nX: y (", "SMTP")
    field = received_field(envelope, "mx.mailwright.test")
    assert b"for <" not in field
    assert b"from evil??X:?y?? (" in field


def test_the_return_path_of_a_bounce_is_empty() -> None:
    assert return_path_field(None) == b"Return-Path: <>\r\n"
    assert return_path_field(ADA) == b"Return-Path: <ada@mailwright.test>\r\n"


@pytest.mark.parametrize(
    ("lmtp", "extended", "secured", "authenticated", "smtputf8", "name"),
    [
        (False, False, False, False, False, "SMTP"),
        (False, True, False, False, False, "ESMTP"),
        (False, True, True, False, False, "ESMTPS"),
        (False, True, True, True, False, "ESMTPSA"),
        (False, True, True, True, True, "UTF8SMTPSA"),
        (True, True, False, False, False, "LMTP"),
        (True, True, False, False, True, "UTF8LMTP"),
    ],
)
def test_the_word_after_with(
    lmtp: bool, extended: bool, secured: bool, authenticated: bool, smtputf8: bool, name: str
) -> None:
    assert name == protocol_name(
        lmtp=lmtp, extended=extended, secured=secured, authenticated=authenticated, smtputf8=smtputf8
    )
