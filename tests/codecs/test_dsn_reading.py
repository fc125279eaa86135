"""What a report about delivery says: the message, for whom it failed, and why; anything else says nothing."""

from __future__ import annotations

import pytest

from mailwright.codecs import dsn, dsnreading, mime
from mailwright.codecs.dsnreading import Failed
from mailwright.domain.addresses import Address
from mailwright.domain.clock import SECOND

AMARA = Address.parse("amara@tides.example")


def ours(**changes: object) -> bytes:
    """A report as this server writes it."""
    values: dict[str, object] = {
        "action": "failed",
        "to": Address.parse("ada@mailwright.test"),
        "recipient": AMARA,
        "host": "mx.tides.example",
        "message_id": "<r1@mx.tides.example>",
        "status": "5.1.1",
        "reason": "there is no such mailbox",
        "reply": "550 5.1.1 no such mailbox here",
        "remote": "mx.tides.example",
        "arrived_at": 1_780_000_000 * SECOND,
        "now": 1_780_000_100 * SECOND,
        "header": b"Message-ID: <m1@mailwright.test>\r\nSubject: Tidal energy\r\n",
    }
    return dsn.compose(dsn.Report(**(values | changes)))  # type: ignore[arg-type]


def report(status: str, original: str, *, kind: str = "message/rfc822") -> bytes:
    """A report of another server."""
    return (
        "From: MAILER-DAEMON@tides.example\r\nTo: ada@mailwright.test\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="r"\r\n\r\n'
        "--r\r\nContent-Type: text/plain\r\n\r\nIt failed.\r\n"
        f"--r\r\nContent-Type: message/delivery-status\r\n\r\n{status}\r\n"
        f"--r\r\nContent-Type: {kind}\r\n\r\n{original}\r\n--r--\r\n"
    ).encode()


ORIGINAL = "Message-ID: <m1@mailwright.test>\r\nSubject: Tidal energy\r\n\r\nDear Dr. Okafor"


def test_a_report_of_ours_is_read_back() -> None:
    found = dsnreading.read(mime.parse(ours()))
    assert found is not None
    assert found.message_ids == ("<m1@mailwright.test>",)
    assert found.failed == (Failed(AMARA, "5.1.1", "550 5.1.1 no such mailbox here"),)


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_a_report_with_an_original_recipient_names_both(kind: str) -> None:
    status = (
        "Reporting-MTA: dns; mx.tides.example\r\n\r\n"
        "Original-Recipient: rfc822;Amara@tides.example\r\nFinal-Recipient: RFC822; <a.okafor@inside.tides.example>\r\n"
        "Action: Failed\r\nStatus: 5.1.1 (no such user)\r\nDiagnostic-Code: smtp; 550 no\r\n\tsuch user\r\n\r\n"
        "Final-Recipient: rfc822; bo@tides.example\r\nAction: delivered\r\nStatus: 2.0.0\r\n"
    )
    found = dsnreading.read(mime.parse(report(status, ORIGINAL, kind=kind)))
    assert found is not None
    assert found.message_ids == ("<m1@mailwright.test>",)
    assert [str(each.recipient) for each in found.failed] == ["Amara@tides.example", "a.okafor@inside.tides.example"]
    assert found.failed[0].said == "550 no such user"


def test_what_is_late_only_and_what_is_no_report_says_nothing() -> None:
    assert dsnreading.read(mime.parse(ours(action="delayed", status="4.4.1"))) is None
    assert dsnreading.read(mime.parse(b"Subject: 5.1.1\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n")) is None


@pytest.mark.parametrize(
    "status",
    [
        "",
        "\r\n\r\n\r\n",
        "Action: failed",
        "Action: failed\r\nStatus: 5",
        "Action: failed\r\nStatus: 5.1.1\r\nFinal-Recipient: x",
    ],
    ids=["empty", "blank", "no status", "half a status", "no address"],
)
def test_a_malformed_report_says_nothing(status: str) -> None:
    assert dsnreading.read(mime.parse(report(status, ORIGINAL))) is None


def test_a_report_of_any_length_is_bounded() -> None:
    group = "Final-Recipient: rfc822; a@tides.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
    found = dsnreading.read(mime.parse(report(group * 5_000, ORIGINAL)))
    assert found is not None
    assert len(found.failed) <= dsnreading.MAX_RECIPIENTS
