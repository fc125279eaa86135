"""Postfix from Debian: hands over to us by LMTP, and takes what we send as our smart host."""

from __future__ import annotations

import smtplib
from email import message_from_bytes, policy

import pytest

from tests.clients.conftest import Place
from tests.reliability.senders import TASK, message
from tests.servers.mailwright import DOMAIN
from tests.servers.postfix import PostfixServer

pytestmark = pytest.mark.server

EVE = "eve@example.org"


def _hand_to(postfix: PostfixServer, sender: str, recipients: list[str], raw: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=30) as client:
        client.sendmail(sender, recipients, raw)


def test_mail_through_postfix_arrives_whole(place: Place) -> None:
    recipients = [f"{name}@{DOMAIN}" for name in ("ada", "bashir", "chen")]
    raw = message("through postfix", recipients, 1, body="One line.\r\n.\r\n..and dots.\r\n")
    _hand_to(place.postfix, EVE, recipients, raw)
    for name in ("ada", "bashir", "chen"):
        kept = place.inbox(name, "through postfix")
        assert kept.startswith(b"Return-Path: <eve@example.org>\r\nReceived: from mx.example.net ")
        assert kept.endswith(b"\r\n\r\nOne line.\r\n.\r\n..and dots.\r\n")
    assert "status=sent (250 2.0.0" in place.postfix.wait_for(f"to=<ada@{DOMAIN}>")


def test_an_unknown_recipient_comes_back_to_the_sender_and_the_others_get_theirs(place: Place) -> None:
    nobody, ada = f"nobody@{DOMAIN}", f"ada@{DOMAIN}"
    _hand_to(place.postfix, "bounced@example.org", [nobody, ada], message("half known", [nobody, ada], 1))
    place.inbox("ada", "half known")
    assert "dsn=5.1.1, status=bounced" in place.postfix.wait_for(f"to=<{nobody}>")
    _, notice = place.outside.next_for("bounced@example.org")
    assert notice.get_content_type() == "multipart/report"
    status = notice.get_payload(1)
    assert "Status: 5.1.1" in status.as_string()  # type: ignore[union-attr] # a part, not text
    assert nobody in status.as_string()  # type: ignore[union-attr]


def test_a_colleague_behind_the_same_postfix_may_write(place: Place) -> None:
    ada, bashir = f"ada@{DOMAIN}", f"bashir+colleague@{DOMAIN}"
    _hand_to(place.postfix, ada, [bashir], message("from a colleague", [bashir], 1, sender=ada))
    assert "status=sent (250 2.0.0" in place.postfix.wait_for(f"to=<{bashir}>")
    place.inbox("bashir", "from a colleague")


def test_postfix_may_ask_about_a_recipient_before_it_takes_a_message(place: Place) -> None:
    asking = PostfixServer(DOMAIN, lmtp_port=place.server.lmtp_port, relay_port=place.outside.port, asks_first=True)
    try:
        _hand_to(asking, EVE, [f"ada@{DOMAIN}"], message("asked first", [f"ada@{DOMAIN}"], 1))
        place.inbox("ada", "asked first")
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            _hand_to(asking, EVE, [f"nobody@{DOMAIN}"], message("for nobody", [f"nobody@{DOMAIN}"], 1))
        ((code, words),) = refused.value.recipients.values()
        assert code // 100 in (4, 5)
        assert b"5.1.1" in words or b"nobody here" in words or b"there is no" in words
    finally:
        asking.destroy()


def test_a_task_comes_through_postfix_and_the_answer_leaves_through_it(place: Place) -> None:
    asker, main = "asker@example.org", f"main@{DOMAIN}"
    _hand_to(place.postfix, asker, [main], message("a task by postfix", [main], 1, sender=asker, body=TASK))
    _, answer = place.outside.next_for(asker)
    assert answer["Subject"] == "Re: a task by postfix"
    assert answer["In-Reply-To"] == "<a-task-by-postfix@example.org>"
    assert answer["Auto-Submitted"] == "auto-replied"
    assert "51" in answer.get_body(("plain",)).get_content()  # type: ignore[union-attr] # a reply has text


def test_what_our_users_send_leaves_through_the_smart_host(place: Place) -> None:
    ada, friend = f"ada@{DOMAIN}", "friend@example.org"
    place.server.submit("ada", message("to the outside", [friend], 1, sender=ada), [friend])
    sender, received = place.outside.next_for(friend)
    assert sender == ada
    assert received["Subject"] == "to the outside"
    assert "by mx.example.net" in received["Received"]


def test_a_forwarded_bounce_of_the_smart_host_reaches_our_user(place: Place) -> None:
    ada = f"ada@{DOMAIN}"
    raw = message("bounce", [ada], 1, sender="MAILER-DAEMON@example.net")
    with smtplib.SMTP("127.0.0.1", place.postfix.port, timeout=30) as client:
        client.sendmail("", [ada], raw)
    kept = message_from_bytes(place.inbox("ada", "bounce"), policy=policy.default)
    assert kept["Return-Path"] == "<>"
