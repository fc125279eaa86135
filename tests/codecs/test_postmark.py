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
        ({"ToFull": ["x"]}, "ToFull[0] must be an object with Email and Name"),
        (
            {"OriginalRecipient": "", "ToFull": [], "CcFull": [], "To": "", "Cc": ""},
            "OriginalRecipient is missing, and ToFull names nobody",
        ),
        ({"OriginalRecipient": "x"}, "OriginalRecipient: 'x' is not a mail address: an address is local@domain"),
        ({"Headers": [{"Value": "x"}]}, "Headers[0].Name is missing"),
        ({"Headers": ["x"]}, "Headers[0] must be an object"),
        ({"TextBody": 1}, "TextBody must be text"),
        ({"Attachments": [{"Name": "a", "Content": "%"}]}, "Attachments[0]: the content is not base64"),
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


TRACE = [
    {"Name": "Return-Path", "Value": "<ada+bounces@example.org>"},
    {
        "Name": "Received",
        "Value": "by p-pm-inboundg01a-aws-useast1a.inbound.postmarkapp.com (Postfix, from userid 996)\tid 3C96F453B34;"
        " Sat, 24 May 2025 20:17:36 +0000 (UTC)",
    },
    {"Name": "X-Spam-Status", "Value": "No"},
    {
        "Name": "Received-SPF",
        "Value": "pass (example.org: Sender is authorized to use 'ada@example.org' in 'mfrom' identity"
        " (mechanism 'ip4:192.0.2.0/28' matched)) receiver=p-pm-inboundg01a-aws-useast1a; identity=mailfrom;"
        ' envelope-from="ada@example.org"; helo=mx.example.org; client-ip=192.0.2.7',
    },
    {
        "Name": "Received",
        "Value": "from mx.example.org (mx.example.org [192.0.2.7])\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384"
        " (256/256 bits))\t(No client certificate requested)\tby p-pm-inboundg01a-aws-useast1a.inbound.postmarkapp.com"
        " (Postfix) with ESMTPS id 06\tfor <x@inbound.postmarkapp.com>; Sat, 24 May 2025 20:17:35 +0000 (UTC)",
    },
]
FORGED = [
    {"Name": "Return-Path", "Value": "<chen@example.net>"},
    {
        "Name": "Received-SPF",
        "Value": 'pass envelope-from="chen@example.net"; helo=mx.example.net; client-ip=198.51.100.9',
    },
    {
        "Name": "Received",
        "Value": "from mx.example.net (mx.example.net [198.51.100.9]) by p-pm-inboundg01a.inbound.postmarkapp.com (Postfix)"
        " with ESMTPS id 1; Sat, 24 May 2025 20:17:35 +0000",
    },
]


def with_headers(*headers: dict[str, str]) -> postmark.PostmarkMessage:
    return postmark.to_message(BODY | {"Headers": list(headers)})


def test_what_postmark_wrote_on_top_tells_of_the_connection() -> None:
    found = with_headers(*TRACE, *BODY["Headers"]).connection
    assert found is not None
    assert (found.client, found.helo, str(found.sender)) == ("192.0.2.7", "mx.example.org", "ada+bounces@example.org")


def test_without_a_return_path_the_sender_is_that_of_received_spf() -> None:
    found = with_headers(*TRACE[1:], *FORGED).connection
    assert found is not None
    assert str(found.sender) == "ada@example.org"


def test_line_ends_that_are_left_out_do_no_harm() -> None:
    squeezed = [each | {"Value": each["Value"].replace("\t", "")} for each in TRACE]
    found = with_headers(*squeezed).connection
    assert found is not None
    assert found.client == "192.0.2.7"


def test_what_a_sender_writes_stands_below_and_says_nothing() -> None:
    honest = with_headers(*TRACE).connection
    assert with_headers(*TRACE, *FORGED).connection == honest
    # Postmark leaves Received-SPF out at times, and a Return-Path may be missing: then the sender's are not taken for its own.
    assert with_headers(TRACE[1], TRACE[4], *FORGED).connection is None
    assert with_headers(*FORGED[:2], *BODY["Headers"]).connection is None


@pytest.mark.parametrize(
    "line",
    [
        "from x (y [192.0.2.7]) by mx.evil.example (Postfix) with ESMTPS id 1; Sat, 24 May 2025 20:17:35 +0000",
        "from x (y [192.0.2.7]) by mx.inbound.postmarkapp.com.evil.example (Postfix) with ESMTPS id 1",
        "from x by p-pm.inbound.postmarkapp.com (Postfix) with ESMTPS id 1",
        "from x (a (b [192.0.2.7]) by p-pm.inbound.postmarkapp.com (Postfix) with ESMTPS id 1",
        "",
    ],
)
def test_a_line_that_is_not_postmarks_ends_the_search(line: str) -> None:
    assert with_headers(TRACE[0], {"Name": "Received", "Value": line}, *TRACE[1:]).connection is None


def test_the_null_sender_is_known_as_one() -> None:
    null = {"Name": "Return-Path", "Value": "<>"}
    message = with_headers(null, *TRACE[1:])
    assert message.is_notice
    assert message.connection is not None
    assert message.connection.sender is None
    assert with_headers(null).is_notice
    assert not with_headers(*TRACE).is_notice


def test_the_tag_of_a_recipient_is_kept_and_put_back_where_a_server_left_it_out() -> None:
    said = [
        ({"OriginalRecipient": "main@mailwright.test", "MailboxHash": "task7"}, "main+task7@mailwright.test"),
        ({"OriginalRecipient": "main+task7@mailwright.test", "MailboxHash": "task7"}, "main+task7@mailwright.test"),
        ({"OriginalRecipient": "main@mailwright.test", "MailboxHash": "no tag at all"}, "main@mailwright.test"),
        ({"OriginalRecipient": "main@mailwright.test", "MailboxHash": ""}, "main@mailwright.test"),
    ]
    for change, address in said:
        assert [str(each) for each in postmark.to_message(BODY | change).recipients] == [address]


def test_mail_forwarded_to_postmarks_own_address_is_for_whom_it_names() -> None:
    own = "451d9b70cf9364d23ff6f9d51d870251569e+task7@inbound.postmarkapp.com"
    named = postmark.to_message(BODY | {"OriginalRecipient": own, "BccFull": [{"Email": own, "Name": ""}]})
    assert [str(each) for each in named.recipients] == [
        "main+task7@mailwright.test",
        "chen@mailwright.test",
        "bashir@example.net",
    ]
    only = {"OriginalRecipient": own, "ToFull": [{"Email": own}], "CcFull": [], "To": own, "Cc": ""}
    assert [str(each) for each in postmark.to_message(BODY | only).recipients] == [own]


def test_what_is_no_address_in_to_keeps_the_mail_from_nobody() -> None:
    change = {"ToFull": [{"Email": "undisclosed-recipients:;", "Name": ""}], "ReplyTo": "nobody at all", "CcFull": []}
    message = postmark.to_message(BODY | change | {"Cc": ""})
    assert [str(each) for each in message.recipients] == ["main+task7@mailwright.test"]
    parsed = mime.parse(message.raw)
    assert (parsed.to, parsed.cc, parsed.reply_to) == ((), (), ())


def test_a_mail_to_a_whole_company_is_taken() -> None:
    everybody = [{"Email": f"person{number}@example.org", "Name": ""} for number in range(300)]
    message = postmark.to_message(BODY | {"ToFull": everybody})
    assert [str(each) for each in message.recipients] == ["main+task7@mailwright.test"]


def test_a_date_nobody_can_read_is_that_of_its_arrival() -> None:
    said = [("someday", TRACE, "2025-05-24T20:17:36.000Z"), ("", [], "1970-01-01T00:00:00.000Z")]
    for date, headers, moment in said:
        assert to_iso(postmark.to_message(BODY | {"Date": date, "Headers": headers}).timestamp) == moment


def test_a_length_that_is_wrong_loses_nothing() -> None:
    file = {"Name": "a", "Content": "YQ==", "ContentType": "text/plain", "ContentLength": 2}
    raw = postmark.to_message(BODY | {"Attachments": [file]}).raw
    assert [mime.decode_body(raw, part) for part in mime.parse(raw).attachments] == [b"a"]


def test_what_makes_mail_automatic_is_kept_and_so_are_its_hops() -> None:
    names = ["List-Id", "List-Unsubscribe", "Precedence", "X-Auto-Response-Suppress", "Feedback-ID", "X-Loop"]
    hops = [
        {"Name": "Received", "Value": f"from a by b{number}; Sat, 24 May 2025 20:17:35 +0000"} for number in range(30)
    ]
    raw = with_headers(*hops, *({"Name": name, "Value": "bulk"} for name in names)).raw
    parsed = mime.parse(raw)
    assert [name for name in names if name in parsed.header] == names
    assert parsed.hops == 30


def test_the_id_of_a_body_that_is_wrong_otherwise_is_found() -> None:
    assert postmark.provider_id_of(json.dumps({"MessageID": "m-1", "To": 3}).encode()) == "m-1"
    assert [postmark.provider_id_of(each) for each in (b"{", b"[]", b"{}", b'{"MessageID": 3}')] == [""] * 4
