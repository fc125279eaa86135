"""Emails that a client wants to have created: what becomes a message, what is refused, and that it is read back as given."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailwright.codecs import mime
from mailwright.codecs.jmap import emailcreate, headers
from mailwright.codecs.jmap.emailcreate import Unfit
from mailwright.domain.clock import SECOND

NOON = 1_795_176_000 * SECOND
ID = "<made-here@mailwright.test>"


def written(email, **contents: bytes) -> mime.Parsed:
    draft = emailcreate.read(email)
    raw = emailcreate.write(draft, contents, message_id=ID, date=NOON)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    return mime.parse(raw)


def wrong(email) -> list[str]:
    with pytest.raises(Unfit) as refused:
        emailcreate.read(email)
    return refused.value.properties


def plain(text: str = "Hello\n", **more):
    return {"textBody": [{"partId": "t"}], "bodyValues": {"t": {"value": text}}, **more}


def test_a_letter_has_what_was_given_and_what_the_rfc_requires():
    parsed = written(
        plain(
            "Grüße,\nAda\n",
            **{
                "from": [{"name": "Ada Lövelace", "email": "ada@mailwright.test"}],
                "to": [{"name": None, "email": "chen@example.net"}, {"name": "Bashir, Dr.", "email": "b@example.org"}],
                "bcc": [{"email": "eve@example.org"}],
                "subject": "Übermorgen?",
                "inReplyTo": ["one@example.org"],
                "references": ["zero@example.org", "one@example.org"],
            },
        )
    )
    assert parsed.subject == "Übermorgen?"
    assert [(each.name, each.address) for each in parsed.to] == [
        ("", "chen@example.net"),
        ("Bashir, Dr.", "b@example.org"),
    ]
    assert parsed.from_[0].name == "Ada Lövelace"
    assert parsed.bcc[0].address == "eve@example.org"
    assert parsed.references == ("<zero@example.org>", "<one@example.org>")
    assert parsed.message_id == ID
    assert parsed.date == NOON
    assert parsed.raw.isascii()
    assert mime.body_text(parsed.raw, parsed) == "Grüße,\nAda"
    assert parsed.defects == ()


def test_text_html_a_picture_and_a_file_are_nested_as_readers_expect():
    parsed = written(
        {
            "textBody": [{"partId": "t", "type": "text/plain"}],
            "htmlBody": [{"partId": "h", "type": "text/html"}],
            "attachments": [
                {"blobId": "pic", "type": "image/png", "cid": "p1@x", "name": "p.png", "disposition": "inline"},
                {"blobId": "pdf", "type": "application/pdf", "name": "Bericht (ä).pdf"},
            ],
            "bodyValues": {"t": {"value": "Hi"}, "h": {"value": "<p>Hi<img src='cid:p1@x'>"}},
        },
        pic=b"\x89PNG",
        pdf=b"%PDF\x00\xff" * 100,
    )
    assert [part.media_type for part in parsed.root.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    picture, file = parsed.attachments
    assert (picture.content_id, picture.disposition) == ("<p1@x>", "inline") or picture.content_id == "p1@x"
    assert file.filename == "Bericht (ä).pdf"
    assert file.disposition == "attachment"
    assert mime.decode_body(parsed.raw, file) == b"%PDF\x00\xff" * 100


def test_a_structure_of_ones_own_is_kept():
    parsed = written(
        {
            "bodyStructure": {
                "type": "multipart/alternative",
                "header:X-Root:asText": "of the Email",
                "subParts": [
                    {"partId": "a", "language": ["de", "en-GB"], "location": "https://example.org/a"},
                    {"partId": "b", "type": "text/calendar", "header:X-Part": " raw"},
                ],
            },
            "bodyValues": {"a": {"value": "eins"}, "b": {"value": "BEGIN:VCALENDAR"}},
        }
    )
    assert parsed.header.get("x-root") == "of the Email"
    assert b"Content-Language: de, en-GB\r\n" in parsed.raw
    assert b"Content-Location: https://example.org/a\r\n" in parsed.raw
    assert b"X-Part: raw\r\n" in parsed.raw
    assert [mime.text_of(parsed.raw, part) for part in parsed.root.children] == ["eins", "BEGIN:VCALENDAR"]


def test_an_attached_message_stays_readable_and_one_that_cannot_is_a_file():
    inner = b"Subject: \xc3\xbc\r\n\r\nacht Bit \xe4\r\n"
    parsed = written({"attachments": [{"blobId": "m", "type": "message/rfc822"}]}, m=inner)
    attached = parsed.attachments[0]
    assert (attached.media_type, attached.encoding) == ("message/rfc822", "8bit")
    assert parsed.raw[attached.body_start : attached.body_end] == inner
    assert b"Content-Transfer-Encoding: 8bit\r\n" in parsed.raw[: parsed.root.body_start]
    parsed = written({"attachments": [{"blobId": "m", "type": "message/rfc822"}]}, m=b"x" * 2000)
    assert parsed.attachments[0].media_type == "application/octet-stream"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("subject", "Hello\r\nBcc: eve@example.org"),
        ("subject", "Hello\nBcc: eve@example.org"),
        ("subject", "bell\x07"),
        ("header:X-Test", " one\r\nBcc: eve@example.org"),
        ("header:X-Test", " one\r\n \r\nBcc: eve@example.org"),
        ("header:X-Test", " one\r\n"),
        ("header:X-Test", " one\r"),
        ("header:X-Test:asText", "one\x00"),
        ("to", [{"name": "Eve\r\nBcc: x@example.org", "email": "eve@example.org"}]),
        ("to", [{"name": "Eve", "email": "eve@example.org>\r\nBcc: <x@example.org"}]),
        ("header:To:asGroupedAddresses", [{"name": "A\nB", "addresses": []}]),
        ("messageId", ["a@b>\r\nBcc: x"]),
        ("references", ["a b"]),
        ("header:List-Post:asURLs", ["mailto:a@example.org>\r\nX: y"]),
        ("sentAt", "2026-11-20T10:00:00+01:00\r\nX: y"),
    ],
)
def test_nothing_breaks_out_of_its_field(name, value):
    assert wrong(plain(**{name: value})) == [name]


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ({"partId": "t", "type": "text/plain\r\nX: y"}, "textBody/0/type"),
        ({"partId": "t", "name": "a\r\nX: y"}, "textBody/0/name"),
        ({"partId": "t", "disposition": "inline\r\nX: y"}, "textBody/0/disposition"),
        ({"partId": "t", "cid": "a>\r\nX: y"}, "textBody/0/cid"),
        ({"partId": "t", "language": ["de\r\nX: y"]}, "textBody/0/language"),
        ({"partId": "t", "location": "a\r\nX: y"}, "textBody/0/location"),
        ({"partId": "t", "charset": "utf-8"}, "textBody/0/charset"),
        ({"partId": "t", "size": 3}, "textBody/0/size"),
        ({"partId": "t", "blobId": "b"}, "textBody/0"),
        ({"partId": "u"}, "textBody/0/partId"),
        ({}, "textBody/0"),
        ({"partId": "t", "header:Content-Transfer-Encoding": " 8bit"}, "textBody/0/header:Content-Transfer-Encoding"),
        ({"partId": "t", "disposition": "inline", "header:Content-Disposition": " x"}, "textBody/0/disposition"),
        ({"partId": "t", "headers": []}, "textBody/0/headers"),
        ({"subParts": [{"partId": "t"}]}, "textBody/0/subParts"),
    ],
)
def test_what_a_part_may_not_say_is_named(part, path):
    assert wrong({"textBody": [part], "bodyValues": {"t": {"value": "x"}}}) == [path]


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({"headers": []}, ["headers"]),
        ({"id": "x"}, ["id"]),
        ({"preview": "x", "size": 3}, ["preview", "size"]),
        ({"subject": "a", "header:subject:asText": "b"}, ["header:subject:asText"]),
        ({"header:X-A": " a", "header:x-a:asText": "b"}, ["header:x-a:asText"]),
        ({"header:Content-Type": " text/plain"}, ["header:Content-Type"]),
        ({"header:Subject:asAddresses": []}, ["header:Subject:asAddresses"]),
        ({"header:X-A:asNothing": "x"}, ["header:X-A:asNothing"]),
        ({"header:X A": "x"}, ["header:X A"]),
        ({"bodyStructure": {"partId": "t"}}, ["textBody"]),
        ({"messageId": ["a@b", "c@d"]}, ["messageId"]),
        ({"bodyValues": {"t": {"value": "x", "isTruncated": True}}}, ["bodyValues/t"]),
        ({"htmlBody": [{"partId": "t"}, {"partId": "t"}]}, ["htmlBody"]),
        ({"htmlBody": [{"partId": "t", "type": "text/plain"}]}, ["htmlBody/0/type"]),
        ({"from": "ada"}, ["from"]),
        ({"from": [{"email": 3}]}, ["from"]),
        ({"colour": "red"}, ["colour"]),
        ({"subject": "a\nb", "to": "x", "cid": "y"}, ["subject", "to", "cid"]),
    ],
)
def test_what_an_email_may_not_say_is_named_all_of_it(more, names):
    assert wrong({**plain(), **more}) == names


def test_a_field_of_the_email_is_not_one_of_its_root_part_too():
    structure = {"partId": "t", "header:Subject": " two"}
    assert wrong({"subject": "one", "bodyStructure": structure, "bodyValues": {"t": {"value": ""}}}) == [
        "bodyStructure"
    ]


def test_a_half_finished_draft_is_kept():
    to = [{"name": None, "email": "bash"}, {"name": "Chen", "email": ""}, {"name": None, "email": "two words, <odd"}]
    parsed = written({"to": to, "cc": [], "subject": ""})
    asked = headers.parse_property("header:to:asAddresses")
    shown = headers.value(parsed.header, asked)
    assert [each["email"] for each in shown] == ["bash", "Chen", "two words, <odd"]
    assert "cc" not in parsed.header
    assert parsed.root.media_type == "text/plain"


def test_groups_urls_dates_and_several_fields_are_written_in_their_forms():
    parsed = written(
        plain(
            **{
                "header:To:asGroupedAddresses": [
                    {"name": "Friends, all", "addresses": [{"name": "Bö", "email": "b@example.org"}]},
                    {"name": None, "addresses": [{"name": None, "email": "c@example.net"}]},
                    {"name": "Nobody", "addresses": []},
                ],
                "header:List-Post:asURLs": ["mailto:list@example.org", "https://example.org/post"],
                "header:Resent-Date:asDate": "2026-11-20T10:00:00-03:30",
                "header:X-Many:asText:all": ["eins", "zwei ü"],
                "sentAt": "2026-11-20T10:00:00+01:00",
            }
        )
    )
    shown = {
        name: headers.value(parsed.header, headers.parse_property(name))
        for name in (
            "header:To:asGroupedAddresses",
            "header:List-Post:asURLs",
            "header:Resent-Date:asDate",
            "header:X-Many:asText:all",
            "header:Date:asDate",
        )
    }
    assert shown["header:To:asGroupedAddresses"] == [
        {"name": "Friends, all", "addresses": [{"name": "Bö", "email": "b@example.org"}]},
        {"name": None, "addresses": [{"name": None, "email": "c@example.net"}]},
        {"name": "Nobody", "addresses": []},
    ]
    assert shown["header:List-Post:asURLs"] == ["mailto:list@example.org", "https://example.org/post"]
    assert shown["header:Resent-Date:asDate"] == "2026-11-20T10:00:00-03:30"
    assert shown["header:X-Many:asText:all"] == ["eins", "zwei ü"]
    assert shown["header:Date:asDate"] == "2026-11-20T10:00:00+01:00"


def test_a_raw_field_keeps_its_folds_and_a_long_one_is_folded():
    folded = " one\r\n\ttwo"
    parsed = written(
        plain(**{"header:X-A": folded, "header:X-B": " word" * 500, "header:X-C": " grüße euch ünd allen"})
    )
    assert b"X-A: one\r\n\ttwo\r\n" in parsed.raw
    assert parsed.header.get("x-b") == ("word " * 500).strip()
    assert parsed.header.get("x-c") == "grüße euch ünd allen"
    assert wrong(plain(**{"header:X-B": "x" * 2000})) == ["header:X-B"]


def test_a_part_may_bring_its_content_type_as_a_field():
    part = {"partId": "t", "header:Content-Type": ' text/calendar; method=REQUEST; charset="us-ascii"; boundary=x'}
    parsed = written({"bodyStructure": part, "bodyValues": {"t": {"value": "ü"}}})
    assert parsed.root.params == {"method": "REQUEST", "charset": "utf-8"}
    assert mime.text_of(parsed.raw, parsed.root) == "ü"


def test_a_part_without_disposition_keeps_its_name_and_stays_without():
    parsed = written({"bodyStructure": {"blobId": "b", "type": "image/png", "name": "ü.png"}}, b=b"x")
    assert (parsed.root.filename, parsed.root.disposition) == ("ü.png", None)


def test_too_many_parts_are_refused_and_not_walked():
    deep = {"partId": "t"}
    for _ in range(50):
        deep = {"type": "multipart/mixed", "subParts": [deep]}
    assert wrong({"bodyStructure": deep, "bodyValues": {"t": {"value": ""}}})
    wide = {"type": "multipart/mixed", "subParts": [{"partId": "t"}] * 10_000}
    assert wrong({"bodyStructure": wide, "bodyValues": {"t": {"value": ""}}})


TEXT = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), max_size=300)
WORDS = TEXT.map(lambda text: " ".join(text.split()))
BODY = st.text(st.characters(blacklist_characters="\r\x00\ufeff", blacklist_categories=("Cs",)), max_size=2000)
ADDRESS = st.from_regex(r"[a-z0-9]{1,20}(\.[a-z0-9]{1,5}){0,2}@[a-z]{1,10}\.example", fullmatch=True)


@settings(max_examples=150, deadline=None)
@given(
    subject=WORDS,
    name=WORDS,
    address=ADDRESS,
    body=BODY,
    html=BODY,
    filename=st.text(st.characters(whitelist_categories=("L", "N")), min_size=1, max_size=60),
    content=st.binary(max_size=500),
)
def test_what_is_read_back_is_what_was_given(subject, name, address, body, html, filename, content):
    parsed = written(
        {
            "subject": subject,
            "from": [{"name": name, "email": address}],
            "textBody": [{"partId": "t"}],
            "htmlBody": [{"partId": "h"}],
            "attachments": [{"blobId": "b", "name": filename, "type": "application/x-test"}],
            "bodyValues": {"t": {"value": body}, "h": {"value": html}},
        },
        b=content,
    )
    assert parsed.subject == subject
    assert parsed.from_[0].address == address
    expected = name[1:-1].strip() if len(name) >= 2 and name[0] == name[-1] == "'" else name
    assert parsed.from_[0].name == expected
    alternative, file = parsed.root.children
    shown = [mime.text_of(parsed.raw, part) for part in alternative.children]
    assert shown == [body, html]
    assert file.filename == filename
    assert mime.decode_body(parsed.raw, file) == content
