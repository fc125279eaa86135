"""Postmark's inbound JSON: what becomes of it, what is refused and how that is said."""

import base64
import json
from typing import Any

import pytest

from mailwright.codecs import mime, postmark
from mailwright.domain.clock import to_iso
from mailwright.domain.refusals import BadInput

BODY: dict[str, Any] = {
    "FromName": "Ada Lovelace",
    "MessageStream": "inbound",
    "From": "ada@example.org",
    "FromFull": {"Email": "ada@example.org", "Name": "Ada Lovelace", "MailboxHash": ""},
    "To": '"Main" <main+task7@mailwright.test>, chen@mailwright.test',
    "ToFull": [
        {"Email": "main+task7@mailwright.test", "Name": "Main", "MailboxHash": "task7"},
        {"Email": "chen@mailwright.test", "Name": "", "MailboxHash": ""},
    ],
    "Cc": "bashir@example.net",
    "CcFull": [{"Email": "bashir@example.net", "Name": "Bashir", "MailboxHash": ""}],
    "Bcc": "",
    "BccFull": [],
    "OriginalRecipient": "main+task7@mailwright.test",
    "Subject": "Figures",
    "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b",
    "ReplyTo": "ada.l@example.org",
    "MailboxHash": "task7",
    "Date": "Thu, 5 Nov 2026 10:00:00 +0100",
    "TextBody": "Please add these.",
    "HtmlBody": '<p>Please add these. <img src="cid:logo@x"></p>',
    "StrippedTextReply": "",
    "Tag": "",
    "Headers": [
        {"Name": "Message-ID", "Value": "<figures@example.org>"},
        {"Name": "In-Reply-To", "Value": "<before@example.org>"},
        {"Name": "References", "Value": "<root@example.org> <before@example.org>"},
        {"Name": "Auto-Submitted", "Value": "no"},
        {"Name": "X-Spam-Status", "Value": "No"},
        {"Name": "Content-Type", "Value": "multipart/mixed"},
    ],
    "Attachments": [
        {
            "Name": "figures.csv",
            "Content": base64.b64encode(b"1,2\n").decode(),
            "ContentType": "text/csv",
            "ContentLength": 4,
        },
        {
            "Name": "logo.png",
            "Content": base64.b64encode(b"png").decode(),
            "ContentType": "image/png",
            "ContentID": "logo@x",
            "ContentLength": 3,
        },
    ],
}


def test_postmarks_json_becomes_a_message() -> None:
    message = postmark.to_message(json.dumps(BODY).encode())
    assert str(message.sender) == "ada@example.org"
    assert [str(address) for address in message.recipients] == ["main+task7@mailwright.test"]
    assert message.provider_id == BODY["MessageID"]
    assert to_iso(message.timestamp) == "2026-11-05T09:00:00.000Z"
    parsed = mime.parse(message.raw)
    assert parsed.defects == ()
    assert parsed.from_ == (mime.Mailbox("Ada Lovelace", "ada@example.org"),)
    assert [mailbox.address for mailbox in parsed.to] == ["main+task7@mailwright.test", "chen@mailwright.test"]
    assert parsed.cc == (mime.Mailbox("Bashir", "bashir@example.net"),)
    assert parsed.reply_to == (mime.Mailbox("", "ada.l@example.org"),)
    assert parsed.message_id == "<figures@example.org>"
    assert parsed.in_reply_to == ("<before@example.org>",)
    assert parsed.references == ("<root@example.org>", "<before@example.org>")
    assert parsed.header.get("Auto-Submitted") == "no"
    assert parsed.header.get("X-Spam-Status") == "No"
    assert mime.body_text(message.raw, parsed) == "Please add these."
    assert {(part.filename, mime.decode_body(message.raw, part)) for part in parsed.attachments} == {
        ("figures.csv", b"1,2\n"),
        ("logo.png", b"png"),
    }


def test_the_raw_mail_is_taken_as_it_is_where_postmark_sends_it() -> None:
    raw = "From: ada@example.org\nSubject: raw\n\nwith bare line ends and ü\n"
    message = postmark.to_message(BODY | {"RawEmail": raw})
    assert message.raw == raw.replace("\n", "\r\n").encode()


def test_without_a_message_id_of_its_own_the_mail_gets_a_stable_one() -> None:
    body = BODY | {"Headers": []}
    first, second = postmark.to_message(body), postmark.to_message(json.dumps(body).encode())
    assert first == second
    assert (mime.parse(first.raw).message_id or "").endswith("@hook.invalid>")


def test_the_plain_fields_do_where_the_full_ones_are_missing() -> None:
    body = {key: value for key, value in BODY.items() if not key.endswith("Full") and key != "OriginalRecipient"}
    message = postmark.to_message(body)
    assert [str(address) for address in message.recipients] == [
        "main+task7@mailwright.test",
        "chen@mailwright.test",
        "bashir@example.net",
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"MessageID": ""}, "MessageID is missing"),
        ({"FromFull": None, "From": ""}, "From is missing"),
        ({"FromFull": []}, "FromFull must be an object with Email and Name"),
        ({"FromFull": {"Name": "Ada"}}, "FromFull.Email is missing"),
        ({"FromFull": {"Email": "ada"}}, "FromFull.Email: 'ada' is not a mail address: an address is local@domain"),
        ({"ToFull": {}}, "ToFull must be a list"),
        ({"ToFull": [{"Email": 1}]}, "ToFull[0].Email must be text"),
        (
            {"OriginalRecipient": "", "ToFull": [], "CcFull": [], "To": "", "Cc": ""},
            "OriginalRecipient is missing, and ToFull names nobody",
        ),
        ({"OriginalRecipient": "x"}, "OriginalRecipient: 'x' is not a mail address: an address is local@domain"),
        ({"Date": "someday"}, "Date must be a date like Thu, 5 Nov 2026 10:00:00 +0000"),
        ({"Headers": [{"Value": "x"}]}, "Headers[0].Name is missing"),
        ({"Headers": ["x"]}, "Headers[0] must be an object"),
        ({"TextBody": 1}, "TextBody must be text"),
        ({"Attachments": [{"Name": "a", "Content": "%"}]}, "Attachments[0]: the content is not base64"),
        (
            {"Attachments": [{"Name": "a", "Content": "YQ==", "ContentLength": 2}]},
            "Attachments[0].ContentLength is 2, the content has 1 octets",
        ),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput) as refused:
        postmark.to_message(json.dumps(BODY | change).encode())
    assert str(refused.value) == says


def test_headers_of_the_json_cannot_add_others() -> None:
    evil = [
        {"Name": "Auto-Submitted", "Value": "no\r\nBcc: eve@example.net"},
        {"Name": "X\r\nBcc", "Value": "eve@example.net"},
    ]
    parsed = mime.parse(postmark.to_message(BODY | {"Headers": evil}).raw)
    assert "Bcc" not in parsed.header
    assert parsed.header.get("Auto-Submitted") == "no Bcc: eve@example.net"
