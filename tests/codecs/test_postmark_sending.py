"""A message in Postmark's form, and what Postmark's answers mean."""

import base64
import json

import pytest

from mailwright.codecs import mime
from mailwright.codecs import postmarksending as form
from mailwright.domain.addresses import Address
from mailwright.domain.clock import now
from mailwright.domain.refusals import BadInput

CHEN = Address.parse("chen@example.net")
PICTURE = mime.Attachment("logo.png", b"png", "image/png", "logo@x")


def message(**changes: object) -> bytes:
    values: dict[str, object] = {
        "from_": mime.Mailbox("Ada Lovelace", "ada@mailwright.test"),
        "to": [mime.Mailbox('Chen "C." Ü', "chen@example.net"), mime.Mailbox("", "bashir@mailwright.test")],
        "subject": "Zahlen für März",
        "text": "Here they are.\n",
        "message_id": "<figures@mailwright.test>",
        "date": now(),
        "in_reply_to": "<before@example.net>",
        "references": ["<root@example.net>", "<before@example.net>"],
        "headers": [("Auto-Submitted", "auto-replied"), ("X-Note", "grün")],
        **changes,
    }
    return mime.compose(**values)  # type: ignore[arg-type]


def test_a_message_says_the_same_in_postmarks_form() -> None:
    files = [mime.Attachment("figures.csv", b"1,2\n", "text/csv"), PICTURE]
    raw = message(
        html='<p>Here. <img src="cid:logo@x"></p>', attachments=files, reply_to=[mime.Mailbox("", "a@b.example")]
    )
    body = form.request(raw, CHEN, stream="outbound", outbox_id="o-1")
    assert body["From"] == '"Ada Lovelace" <ada@mailwright.test>'
    assert body["To"] == '"Chen \\"C.\\" Ü" <chen@example.net>'
    assert (body["Subject"], body["ReplyTo"]) == ("Zahlen für März", "a@b.example")
    assert body["TextBody"] == "Here they are."
    assert body["HtmlBody"].strip() == '<p>Here. <img src="cid:logo@x"></p>'
    assert {each["Name"]: each["Value"] for each in body["Headers"]} == {
        "X-PM-KeepID": "true",
        "Message-ID": "<figures@mailwright.test>",
        "In-Reply-To": "<before@example.net>",
        "References": "<root@example.net> <before@example.net>",
        "Auto-Submitted": "auto-replied",
        "X-Note": "=?utf-8?b?Z3LDvG4=?=",
    }
    assert [(each["Name"], each["ContentType"], base64.b64decode(each["Content"])) for each in body["Attachments"]] == [
        ("logo.png", "image/png", b"png"),
        ("figures.csv", "text/csv", b"1,2\n"),
    ]
    assert body["Attachments"][0]["ContentID"] == "cid:logo@x"
    assert (body["Metadata"], body["MessageStream"]) == ({"outbox_id": "o-1"}, "outbound")
    assert (body["TrackOpens"], body["TrackLinks"]) == (False, "None")
    json.dumps(body)


def test_only_the_recipient_is_named_however_many_the_message_has() -> None:
    body = form.request(message(), Address.parse("eve@example.org"), stream="s", outbox_id="o")
    assert body["To"] == "eve@example.org"
    assert not {"Cc", "Bcc"} & body.keys()


def test_what_belongs_to_the_way_here_is_not_handed_on() -> None:
    top = b"Return-Path: <x@y.example>\r\nReceived: from a by b; now\r\nDKIM-Signature: v=1\r\nResent-From: a@b.example\r\n"
    names = {each["Name"] for each in form.request(top + message(), CHEN, stream="s", outbox_id="o")["Headers"]}
    assert names == {"X-PM-KeepID", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "X-Note"}


def test_a_message_of_html_alone_has_no_text_and_an_empty_one_has_some() -> None:
    html = b"From: ada@mailwright.test\r\nContent-Type: text/html\r\n\r\n<p>Hi</p>\r\n"
    body = form.request(html, CHEN, stream="s", outbox_id="o")
    assert (body["HtmlBody"], "TextBody" in body) == ("<p>Hi</p>\n", False)
    assert form.request(b"From: ada@mailwright.test\r\n\r\n", CHEN, stream="s", outbox_id="o")["TextBody"] == "\n"


def test_what_the_form_has_no_place_for_goes_as_files() -> None:
    raw = (
        b"From: mailer@mailwright.test\r\nContent-Type: multipart/report; boundary=b; report-type=delivery-status\r\n\r\n"
        b"--b\r\n\r\nIt failed.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: The figures\r\n\r\nHi\r\n--b--\r\n"
    )
    body = form.request(raw, CHEN, stream="s", outbox_id="o")
    assert body["TextBody"] == "It failed."
    assert [(each["Name"], each["ContentType"]) for each in body["Attachments"]] == [
        ("part-1.eml", "message/delivery-status"),
        ("part-2.eml", "message/rfc822"),
    ]


@pytest.mark.parametrize("raw", [b"", b"Subject: x\r\n\r\nHi", b"From: nobody\r\n\r\nHi"])
def test_a_message_from_nobody_cannot_go_this_way(raw: bytes) -> None:
    with pytest.raises(BadInput, match="no From line"):
        form.request(raw, CHEN, stream="s", outbox_id="o")


@pytest.mark.parametrize(
    ("status", "number", "meaning", "code"),
    [
        (200, 0, "taken", ""),
        (401, 10, "closed", "4.7.0"),
        (422, 10, "closed", "4.3.2"),
        (422, 100, "closed", "4.3.2"),
        (422, 405, "closed", "4.3.2"),
        (422, 412, "closed", "4.3.2"),
        (422, 413, "closed", "4.3.2"),
        (429, 429, "closed", "4.3.2"),
        (503, 0, "closed", "4.3.2"),
        (404, 0, "closed", "4.3.5"),
        (422, 406, "never", "5.1.1"),
        (422, 400, "never", "5.7.1"),
        (422, 300, "never", "5.6.0"),
        (422, 9999, "never", "5.5.0"),
        (413, 0, "never", "5.3.4"),
        (500, 0, "unknown", "4.3.0"),
        (502, 0, "unknown", "4.3.0"),
    ],
)
def test_an_answer_means_what_postmark_says_it_means(status: int, number: int, meaning: str, code: str) -> None:
    said = form.answer(status, json.dumps({"ErrorCode": number, "Message": "so\r\nit is", "MessageID": "m-1"}).encode())
    assert (said.meaning, said.code, said.text) == (meaning, code, "so it is")
    assert said.message_id == ("m-1" if meaning == "taken" else "")


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"ErrorCode": "x"}', b"[" * 100_000])
def test_an_answer_nobody_can_read_is_no_yes(content: bytes) -> None:
    assert form.answer(200, content).meaning == "unknown"
    assert form.answer(403, content).meaning == "closed"
    with pytest.raises(BadInput):
        form.found(content)


def test_a_search_tells_what_was_taken() -> None:
    assert form.found(b'{"TotalCount": 0, "Messages": []}') is None
    assert form.found(b'{"TotalCount": 1, "Messages": [{"MessageID": "m-1"}]}') == "m-1"
