"""Delivery status notifications, read back by the standard library and by our own parser."""

import email
import email.policy
from dataclasses import replace
from email.message import EmailMessage, Message
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs import dsn, mime
from mailwright.domain.addresses import Address
from mailwright.domain.clock import DAY, SECOND

NOON = 1_772_452_800 * SECOND  # 2 March 2026, 12:00 UTC

REPORT = dsn.Report(
    action="failed",
    to=Address.parse("ada@mailwright.test"),
    recipient=Address.parse("chen@example.net"),
    host="mx.mailwright.test",
    message_id="<notice@mx.mailwright.test>",
    status="5.1.1",
    reason="mx.example.net refused it",
    reply="550 5.1.1 no such user here",
    remote="mx.example.net",
    subject="The figures",
    original_id="<figures@mailwright.test>",
    arrived_at=NOON,
    now=NOON + 90 * SECOND,
    header=b"From: Ada <ada@mailwright.test>\r\nSubject: The figures\r\nMessage-ID: <figures@mailwright.test>\r\n",
)


def test_it_is_a_report_of_three_parts_in_the_order_of_the_standard() -> None:
    message = _read(dsn.compose(REPORT))
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    kinds = [part.get_content_type() for part in _parts(message)]
    assert kinds == ["text/plain", "message/delivery-status", "text/rfc822-headers"]


def test_its_header_says_that_it_is_automatic_and_what_it_answers() -> None:
    message = _read(dsn.compose(REPORT))
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["From"] == "Mail Delivery System <postmaster@mx.mailwright.test>"
    assert message["To"] == "ada@mailwright.test"
    assert message["Message-ID"] == "<notice@mx.mailwright.test>"
    assert message["In-Reply-To"] == message["References"] == "<figures@mailwright.test>"
    assert message["Date"] == "Mon, 02 Mar 2026 12:01:30 +0000"


def test_the_part_for_people_says_what_happened_and_why() -> None:
    text = _text(dsn.compose(REPORT))
    assert 'Your message "The figures" to chen@example.net could not be delivered' in text
    assert "it will not be tried again" in text
    assert "In the words of mx.example.net: 550 5.1.1 no such user here" in text


def test_the_part_for_programs_has_the_fields_of_rfc_3464() -> None:
    whole, recipient = _status(dsn.compose(REPORT))
    assert whole["Reporting-MTA"] == "dns; mx.mailwright.test"
    assert whole["Arrival-Date"] == "Mon, 2 Mar 2026 12:00:00 +0000"
    assert recipient["Final-Recipient"] == "rfc822; chen@example.net"
    assert recipient["Action"] == "failed"
    assert recipient["Status"] == "5.1.1"
    assert recipient["Remote-MTA"] == "dns; mx.example.net"
    assert recipient["Diagnostic-Code"] == "smtp; 550 5.1.1 no such user here"
    assert recipient["Last-Attempt-Date"] == "Mon, 2 Mar 2026 12:01:30 +0000"


def test_the_header_of_the_original_comes_back_as_it_was() -> None:
    assert _parts(_read(dsn.compose(REPORT)))[2].get_payload(decode=True) == REPORT.header


def test_a_delay_says_until_when_it_is_tried() -> None:
    raw = dsn.compose(replace(REPORT, action="delayed", status="4.4.1", until=NOON + 5 * DAY))
    _, recipient = _status(raw)
    assert (recipient["Action"], recipient["Status"]) == ("delayed", "4.4.1")
    assert recipient["Will-Retry-Until"] == "Sat, 7 Mar 2026 12:00:00 +0000"
    assert "you need not send it again" in _text(raw)


def test_a_delay_never_carries_the_status_of_a_failure() -> None:
    _, recipient = _status(dsn.compose(replace(REPORT, action="delayed", status="5.2.0")))
    assert recipient["Status"] == "4.2.0"


def test_without_another_server_there_are_no_words_of_it() -> None:
    _, recipient = _status(dsn.compose(replace(REPORT, reply="", remote="")))
    assert "Remote-MTA" not in recipient
    assert "Diagnostic-Code" not in recipient


def test_an_international_recipient_is_written_in_seven_bits() -> None:
    raw = dsn.compose(replace(REPORT, recipient=Address.parse("чен@example.net")))
    _, recipient = _status(raw)
    # RFC 6533 §3: utf-8-addr-xtext
    assert recipient["Final-Recipient"] == "utf-8; \\x{447}\\x{435}\\x{43D}@example.net"
    assert "чен@example.net" in _text(raw)
    assert raw.isascii()


def test_a_header_in_eight_bits_comes_back_in_seven() -> None:
    header = "Subject: Привет\r\n".encode()
    raw = dsn.compose(replace(REPORT, header=header, subject="Привет"))
    assert raw.isascii()
    assert _parts(_read(raw))[2].get_payload(decode=True) == header


def test_a_huge_header_is_cut_at_a_line() -> None:
    raw = dsn.compose(replace(REPORT, header=b"X-Line: 1234567890\r\n" * 10_000))
    back = _parts(_read(raw))[2].get_payload(decode=True)
    assert isinstance(back, bytes)
    assert len(back) <= dsn.MAX_HEADER_OCTETS
    assert back.endswith(b"1234567890\r\n")


@pytest.mark.parametrize("original_id", ["", "<a@b>\r\nBcc: <x@example.org>", "no brackets", "<a b@c>"])
def test_a_message_id_that_is_none_is_left_out(original_id: str) -> None:
    message = _read(dsn.compose(replace(REPORT, original_id=original_id)))
    assert message["In-Reply-To"] is None
    assert message["Bcc"] is None


def test_the_same_report_gives_the_same_bytes() -> None:
    assert dsn.compose(REPORT) == dsn.compose(replace(REPORT))


def test_our_own_parser_finds_the_notice_automatic_and_answers_nothing() -> None:
    parsed = mime.parse(dsn.compose(REPORT))
    assert parsed.defects == ()
    assert mime.is_automatic(parsed.header)
    assert [part.media_type for part in parsed.root.children] == [
        "text/plain",
        "message/delivery-status",
        "text/rfc822-headers",
    ]


@given(
    reply=st.text(max_size=900),
    reason=st.text(max_size=200),
    subject=st.text(max_size=300),
    header=st.binary(max_size=300),
)
def test_nothing_a_stranger_said_breaks_out_of_its_place(reply: str, reason: str, subject: str, header: bytes) -> None:
    raw = dsn.compose(replace(REPORT, reply=reply, reason=reason, subject=subject, header=header))
    assert raw.isascii()
    assert b"\x00" not in raw
    assert raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    message = _read(raw)
    assert message.keys() == _read(dsn.compose(REPORT)).keys()
    assert len(_parts(message)) == 3
    whole, recipient = _status(raw)
    assert whole.keys() == ["Reporting-MTA", "Arrival-Date"]
    assert set(recipient.keys()) <= {
        "Final-Recipient", "Action", "Status", "Remote-MTA", "Diagnostic-Code", "Last-Attempt-Date",
    }  # fmt: skip


def test_a_boundary_in_the_original_header_ends_nothing() -> None:
    boundary = _read(dsn.compose(REPORT)).get_boundary()
    raw = dsn.compose(replace(REPORT, header=f"X: y\r\n--{boundary}--\r\n".encode()))
    assert len(_parts(_read(raw))) == 3


def _read(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.SMTP)


def _parts(message: EmailMessage) -> list[Any]:
    parts = message.get_payload()
    assert isinstance(parts, list)
    return parts


def _text(raw: bytes) -> str:
    return " ".join(_parts(_read(raw))[0].get_content().split())


def _status(raw: bytes) -> tuple[Message, Message]:
    whole, recipient = _parts(_read(raw))[1].get_payload()
    return whole, recipient
