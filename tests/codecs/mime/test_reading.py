"""The small readers: addresses, dates, words, parameters, transfer encodings, HTML, automatic mail."""

import pytest

from mailwright.codecs import mime
from mailwright.codecs.mime import dates, mailboxes, messageids, parameters, transfer, words
from mailwright.domain.clock import to_iso


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Thu, 5 Nov 2026 10:00:00 +0000", "2026-11-05T10:00:00.000Z"),
        ("Thu, 05 Nov 2026 10:00:00 +0530 (IST)", "2026-11-05T04:30:00.000Z"),
        ("5 Nov 2026 10:00 -0000", "2026-11-05T10:00:00.000Z"),
        ("Thu, 5 Nov 26 10:00:00 PST", "2026-11-05T18:00:00.000Z"),
        ("Thu, 5 Nov 99 10:00:00 Z", "1999-11-05T10:00:00.000Z"),
        ("Thu, 5 Nov 126 10:00:00 GMT", "2026-11-05T10:00:00.000Z"),
        ("Thursday, 5-Nov-26 10:00:00 UTC", "2026-11-05T10:00:00.000Z"),
        ("Thu Nov  5 10:00:00 2026", "2026-11-05T10:00:00.000Z"),
        ("Thu Nov  5 10:00:00 EST 2026", "2026-11-05T15:00:00.000Z"),
        ("Thu (a day), 5 (the fifth) Nov 2026 10:00:00 +0000", "2026-11-05T10:00:00.000Z"),
        ("Thu, 5 Nov 2026 10:00:00 GMT+0100", "2026-11-05T09:00:00.000Z"),
        ("Thu, 5 Nov 2026 10.00.00 +01:00", "2026-11-05T09:00:00.000Z"),
        ("Thu, 5 Nov 2026 23:59:60 +0000", "2026-11-05T23:59:59.000Z"),
        ("2026-11-05T10:00:00+02:00", "2026-11-05T08:00:00.000Z"),
        ("2026-11-05 10:00:00.25", "2026-11-05T10:00:00.250Z"),
        ("Mon, 29 Feb 2027 10:00:00 +0000", None),
        ("Thu, 5 Brumaire 2026 10:00:00 +0000", None),
        ("Thu, 5 Nov 1026 10:00:00 +0000", None),
        ("Thu, 5 Nov 2026 10:99:00 +0000", None),
        ("31 Dec 9999 23:59:59 -1200", None),
        ("", None),
        ("now", None),
        ("1" * 5000, None),
    ],
)
def test_a_date_is_read_or_refused(text: str, moment: str | None) -> None:
    found = dates.parse(text)
    assert (None if found is None else to_iso(found)) == moment


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ada@example.org", [("", "ada@example.org")]),
        ("Ada <ada@example.org>", [("Ada", "ada@example.org")]),
        ('"Ada L." <ada@example.org>, chen@example.net', [("Ada L.", "ada@example.org"), ("", "chen@example.net")]),
        ("=?utf-8?q?L=C3=A9a=2C_A?= <lea@example.org>", [("Léa, A", "lea@example.org")]),
        ("ada@example.org (Ada (the first))", [("Ada (the first)", "ada@example.org")]),
        ("'Ada' <ada@example.org>", [("Ada", "ada@example.org")]),
        ("undisclosed-recipients:;", []),
        (
            "A: ada@example.org, b@example.net; , c@example.net",
            [("", x) for x in ("ada@example.org", "b@example.net", "c@example.net")],
        ),
        ("Ada Lovelace ada@example.org", [("Ada Lovelace", "ada@example.org")]),
        ("Ada <ada@example.org", [("Ada", "ada@example.org")]),
        ("Ada <mailto:ada@example.org>", [("Ada", "ada@example.org")]),
        ("Ada <>", [("Ada <>", "")]),
        ("MAILER-DAEMON", [("MAILER-DAEMON", "")]),
        ('"unclosed <ada@example.org>', [("unclosed <ada@example.org>", "")]),
        ("müller@bücher.example", [("", "müller@bücher.example")]),
        (f"<{'a' * 65}@example.org>", [(f"<{'a' * 65}@example.org>", "")]),
        ("Ada <ada@example.org> <eve@example.net>", [("Ada", "ada@example.org")]),
        ("ada@example.org <eve@example.net>", [("ada@example.org", "eve@example.net")]),
    ],
)
def test_an_address_field_is_read(value: str, expected: list[tuple[str, str]]) -> None:
    assert [(mailbox.name, mailbox.address) for mailbox in mailboxes.parse(value)] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("=?utf-8?q?caf=C3=A9?= au =?utf-8?q?lait?=", "café au lait"),
        ("=?utf-8*fr?q?caf=C3=A9?=", "café"),
        ("=?UTF-8?Q?with spaces?=", "with spaces"),
        ("=?utf-8?b?Y2Fmw6k?=", "café"),
        ("=?gb2312?b?1tDOxA==?=", "中文"),
        ("=?iso-8859-1?q?=80?=", "€"),
        ("=?utf-8?q?a=0D=0ABcc:_eve?=", "a Bcc: eve"),
        ("=?utf-7?q?+2D8-?=", "\ufffd"),
        ("a\r\n\tb", "a b"),
    ],
)
def test_header_text_is_decoded_to_one_line(value: str, expected: str) -> None:
    assert words.decode_text(value) == expected


def test_a_file_name_too_long_keeps_its_extension() -> None:
    _main, params = parameters.parse(f'attachment; filename="{"x" * 400}.pdf"')
    name = parameters.filename_of(params, {})
    assert name is not None
    assert len(name) == 255
    assert name.endswith("x.pdf")


def test_message_ids_keep_the_first_and_the_last_of_a_long_list() -> None:
    ids = messageids.parse(" ".join(f"<{i}@x>" for i in range(250)))
    assert len(ids) == messageids.MAX_IDS
    assert (ids[0], ids[1], ids[-1]) == ("<0@x>", "<151@x>", "<249@x>")


def test_an_id_that_was_written_as_encoded_words_is_read() -> None:
    written = "<a@b> =?utf-8?q?=3Ca-long-one=2E01a1ff7b?=\r\n =?utf-8?q?=40mail=2Eexample=2Eorg=3E?="
    assert messageids.parse(words.unfold(written)) == ("<a@b>", "<a-long-one.01a1ff7b@mail.example.org>")
    assert messageids.parse("<=?utf-8?q?a?=@b>") == ("<=?utf-8?q?a?=@b>",), (
        "inside the brackets it is an id as it stands"
    )


@pytest.mark.parametrize(
    ("data", "encoding", "expected"),
    [
        (b"SGk=", "base64", b"Hi"),
        (b"SGk", "base64", b"Hi"),
        (b"SGkx\r\nSGkx", "base64", b"Hi1Hi1"),
        (b"SGk=SGk=", "base64", b"HiHi"),
        (b"S", "base64", b""),
        (b"a=\r\nb=20 \r\nc", "quoted-printable", b"ab \r\nc"),
        (b"=C3=A9=", "quoted-printable", "é".encode()),
        (b"no begin", "x-uuencode", b"no begin"),
        (b"text", "8bit", b"text"),
    ],
)
def test_a_transfer_encoding_is_undone(data: bytes, encoding: str, expected: bytes) -> None:
    assert transfer.decode(data, encoding) == expected


def test_decoding_can_be_limited() -> None:
    raw = mime.compose(
        from_=mime.Mailbox("", "ada@example.org"), to=[], subject="", text="x", date=0, message_id="<a@b>",
        attachments=[mime.Attachment("a", bytes(range(256)) * 50)],
    )  # fmt: skip
    (part,) = mime.parse(raw).attachments
    assert mime.decode_body(raw, part, limit=1000) == (bytes(range(256)) * 50)[:1000]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a<br>b", "a\nb"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1\t2\n3"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ('<a href="https://example.org/x">here</a>!', "here (https://example.org/x)!"),
        ('<a href="https://www.example.org/">example.org</a>', "example.org"),
        ('<a href="mailto:ada@example.org?subject=x">ada@example.org</a>', "ada@example.org"),
        ('<a href="javascript:alert(1)">here</a>', "here"),
        ("<p title='a > b'>x</p>", "x"),
        ("1 < 2 &amp;&nbsp;3 &gt; 2", "1 < 2 & 3 > 2"),
        ("<head><title>no</title></head><body>yes", "yes"),
        ("a<!-- b -->c<script>d</script>e<style>f</style>", "ace"),
        ("a <b>b</b> <i>c</i>", "a b c"),
        ("", ""),
    ],
)
def test_html_becomes_text(source: str, expected: str) -> None:
    assert mime.html_to_text(source) == expected


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ("Auto-Submitted: auto-generated (x)\r\n", "Auto-Submitted: auto-generated (x)"),
        ("Auto-Submitted: no\r\n", None),
        ("Precedence: Bulk\r\n", "Precedence: bulk"),
        ("Precedence: first-class\r\n", None),
        ("List-Unsubscribe: <https://example.org>\r\n", "List-Unsubscribe (a mailing list)"),
        ("X-Auto-Response-Suppress: DR, OOF\r\n", "X-Auto-Response-Suppress"),
        ("X-Auto-Response-Suppress: None\r\n", None),
        ("Return-Path: < >\r\n", "Return-Path: <>"),
        ("Return-Path: <ada@example.org>\r\n", None),
        ("Content-Type: multipart/report; boundary=x\r\n", "Content-Type: multipart/report"),
        ("From: No Reply <no-reply+7@example.org>\r\n", "From: no-reply+7@…"),
        ("From: MAILER-DAEMON@example.org\r\n", "From: MAILER-DAEMON@…"),
        ("From: Ada <ada@example.org>\r\nSubject: Out of office?\r\n", None),
        ("", None),
    ],
)
def test_automatic_mail_is_known_by_its_header(fields: str, reason: str | None) -> None:
    assert mime.is_automatic(mime.Header.parse(fields.encode())) == reason


def test_a_header_is_compared_without_case_and_keeps_its_order() -> None:
    header = mime.Header.parse(b"X-A: 1\r\nx-a:2\r\nB : 3\r\n")
    assert header.fields == (("X-A", " 1\r"), ("x-a", "2\r"), ("B", " 3\r"))
    assert header.all("X-a") == ("1", "2")
    assert header.get("b") == "3"
    assert header.get("c") is None
    assert "B" in header
    assert header.count("x-A") == 2


def test_the_structure_is_read_back_from_its_json() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--"
    root = mime.parse(raw).root
    assert mime.Part.from_json(root.to_json()) == root
    assert root.find("1") == root.children[0]
    assert root.find("7") is None
    for wrong in ("", "{}", "[]", "[1]", "null", '"x"'):
        with pytest.raises(ValueError):
            mime.Part.from_json(wrong)


def test_text_that_is_quoted_only_in_part_previews_what_is_new() -> None:
    body = "> " + "old " * 1500 + "\r\n\r\nNew words.\r\n"
    assert mime.parse(b"Subject: x\r\n\r\n" + body.encode()).preview == "New words."
