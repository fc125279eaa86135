"""Composing: what is written is read back, nothing breaks out of its field, the same in gives the same out."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailwright.codecs import mime
from mailwright.domain.clock import SECOND
from mailwright.domain.refusals import BadAddress, BadInput

ADA = mime.Mailbox("Ada Lovelace", "ada@example.org")
CHEN = mime.Mailbox("", "chen@mailwright.test")
DATE = 1_793_872_800 * SECOND

_CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"))
_LINE = (st.text(_CHARACTERS, max_size=200) | st.text("ab =?_,;:\\\"()<>@[]'*%", max_size=100)).map(
    lambda text: " ".join(text.split())
)
_BODY = st.text(_CHARACTERS | st.sampled_from("\n\r\t ="), max_size=2000)
_LOCAL = st.from_regex(r"[a-z]{1,10}(\.[a-z0-9]{1,8})?", fullmatch=True)
_ADDRESS = st.builds(
    lambda local, domain: f"{local}@{domain}.example", _LOCAL, st.from_regex(r"[a-z]{1,20}", fullmatch=True)
)
_MAILBOX = st.builds(mime.Mailbox, _LINE.map(lambda name: name[:150].strip("' ")), _ADDRESS)
_FILENAME = _LINE.map(lambda name: name.replace("/", "").replace("\\", "").strip()[:120]).filter(bool)
_FILE = st.builds(
    mime.Attachment, _FILENAME, st.binary(max_size=500), st.sampled_from(["application/pdf", "text/csv", "image/png"])
)
_ID = st.from_regex(r"<[a-z0-9.$_-]{1,60}@[a-z]{1,20}>", fullmatch=True)


def composed(**changes: object) -> bytes:
    arguments: dict[str, object] = {
        "from_": ADA, "to": [CHEN], "subject": "Figures", "text": "Ready.", "message_id": "<one@example.org>", "date": DATE,
    }  # fmt: skip
    return mime.compose(**(arguments | changes))  # type: ignore[arg-type]  # tests give wrong ones on purpose


def folded(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")


def check_lines(raw: bytes) -> None:
    """RFC 5322 §2.1.1: CRLF only, at most 998 octets a line; and seven bits."""
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", raw) is None
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.isascii()
    assert b"\x00" not in raw


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(
    sender=_MAILBOX,
    to=st.lists(_MAILBOX, max_size=4),
    cc=st.lists(_MAILBOX, max_size=3),
    subject=_LINE,
    text=_BODY,
    html=st.none() | _BODY.filter(bool),
    files=st.lists(_FILE, max_size=3),
    references=st.lists(_ID, max_size=12, unique=True),
)
def test_what_is_composed_is_read_back(
    sender: mime.Mailbox,
    to: list[mime.Mailbox],
    cc: list[mime.Mailbox],
    subject: str,
    text: str,
    html: str | None,
    files: list[mime.Attachment],
    references: list[str],
) -> None:
    raw = composed(
        from_=sender, to=to, cc=cc, subject=subject, text=text, html=html, attachments=files, references=references,
        in_reply_to=references[-1] if references else None, headers=[("Auto-Submitted", "auto-replied")],
    )  # fmt: skip
    check_lines(raw)
    parsed = mime.parse(raw)
    assert parsed.defects == ()
    assert parsed.from_ == (sender,)
    assert parsed.to == tuple(to)
    assert parsed.cc == tuple(cc)
    assert parsed.subject == subject
    assert parsed.date == DATE
    assert parsed.message_id == "<one@example.org>"
    assert parsed.references == tuple(references)
    assert parsed.in_reply_to == tuple(references[-1:])
    assert mime.body_text(raw, parsed) == folded(text)
    if html is not None:
        assert (mime.body_html(raw, parsed) or "").rstrip("\n") == folded(html)
    assert [(part.filename, mime.decode_body(raw, part), part.media_type) for part in parsed.attachments] == [
        (file.filename, file.content, file.media_type) for file in files
    ]


def test_the_same_arguments_give_the_same_bytes() -> None:
    files = [mime.Attachment("a.pdf", b"x", "application/pdf")]
    assert composed(attachments=files, html="<p>x</p>") == composed(attachments=files, html="<p>x</p>")
    assert composed(attachments=files) != composed(attachments=files, message_id="<two@example.org>")


@pytest.mark.parametrize("bad", ["x\r\nBcc: eve@example.net", "x\ny", "x\ry", "x\x00y"])
@pytest.mark.parametrize(
    "place",
    [
        "subject",
        "name",
        "address",
        "message_id",
        "in_reply_to",
        "references",
        "header",
        "filename",
        "content_id",
        "type",
    ],
)
def test_nothing_breaks_out_of_its_field(place: str, bad: str) -> None:
    changes: dict[str, dict[str, object]] = {
        "subject": {"subject": bad},
        "name": {"to": [mime.Mailbox(bad, "chen@mailwright.test")]},
        "address": {"to": [mime.Mailbox("", bad + "@example.org")]},
        "message_id": {"message_id": f"<{bad}@example.org>"},
        "in_reply_to": {"in_reply_to": f"<{bad}@example.org>"},
        "references": {"references": [f"<{bad}@example.org>"]},
        "header": {"headers": [("X-Note", bad)]},
        "filename": {"attachments": [mime.Attachment(bad, b"")]},
        "content_id": {"attachments": [mime.Attachment("a", b"", "image/png", bad)], "html": "x"},
        "type": {"attachments": [mime.Attachment("a", b"", bad)]},
    }
    with pytest.raises((BadInput, BadAddress)):
        composed(**changes[place])


@pytest.mark.parametrize("name", ["From", "subject", "Content-Type", "X Y", "X:", "", "Ü", "a\r\nb"])
def test_a_header_name_that_is_ours_or_illegal_is_refused(name: str) -> None:
    with pytest.raises(BadInput):
        composed(headers=[(name, "x")])


def test_a_mailbox_without_an_address_is_refused() -> None:
    with pytest.raises(BadAddress):
        composed(to=[mime.Mailbox("nobody", "")])


def test_an_inline_picture_goes_beside_the_html() -> None:
    raw = composed(
        html='<img src="cid:logo@x">',
        attachments=[
            mime.Attachment("logo.png", b"png", "image/png", "logo@x"),
            mime.Attachment("a.pdf", b"pdf", "application/pdf"),
        ],
    )
    parsed = mime.parse(raw)
    assert [part.media_type for part in parsed.root.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    assert [(part.content_id, part.disposition) for part in parsed.attachments] == [
        ("logo@x", "inline"),
        (None, "attachment"),
    ]


def test_a_body_that_holds_the_boundary_gets_another_one() -> None:
    first = mime.parse(composed(attachments=[mime.Attachment("a", b"x")])).root.params["boundary"]
    raw = composed(text=f"--{first}--", attachments=[mime.Attachment("a", b"x")])
    parsed = mime.parse(raw)
    assert parsed.root.params["boundary"] != first
    assert mime.body_text(raw, parsed) == f"--{first}--"
    assert len(parsed.attachments) == 1


def test_an_attached_message_keeps_its_bytes() -> None:
    inner = b"Subject: x\n\nbare LF and \xff\n"
    raw = composed(attachments=[mime.Attachment("mail.eml", inner, "message/rfc822")])
    (part,) = mime.parse(raw).attachments
    assert mime.decode_body(raw, part) == inner


def test_header_lines_are_folded_at_78_octets() -> None:
    raw = composed(
        subject="a word " * 60,
        to=[mime.Mailbox("Chen With A Long Name", f"chen{i}@mailwright.test") for i in range(30)],
        references=[f"<{i:040d}@example.org>" for i in range(40)],
    ).partition(b"\r\n\r\n")[0]
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_a_domain_beyond_ascii_is_written_as_dns_has_it() -> None:
    raw = composed(to=[mime.Mailbox("", "chen@bücher.example"), mime.Mailbox("Chen", "c@BÜCHER.example")])
    assert raw.isascii()
    assert [mailbox.address for mailbox in mime.parse(raw).to] == [
        "chen@xn--bcher-kva.example",
        "c@xn--bcher-kva.example",
    ]


def test_an_address_without_an_ascii_form_is_written_in_utf8() -> None:
    raw = composed(to=[mime.Mailbox("", "müller@example.org")])
    assert mime.parse(raw).to == (mime.Mailbox("", "müller@example.org"),)


@pytest.mark.parametrize(
    ("subject", "reply"),
    [
        ("Figures", "Re: Figures"),
        ("Re: Figures", "Re: Figures"),
        ("RE: AW: Re[2]: Figures", "Re: Figures"),
        ("", "Re:"),
        ("Re:", "Re:"),
        ("Regarding: x", "Re: Regarding: x"),
        ("re : x", "Re: x"),
    ],
)
def test_a_reply_has_one_re(subject: str, reply: str) -> None:
    assert mime.reply_subject(subject) == reply
    assert mime.reply_subject(reply) == reply


def test_the_references_of_a_reply_end_with_the_message_answered() -> None:
    raw = composed(references=["<root@x>", "<one@example.org>", "<last@x>"], in_reply_to="<last@x>")
    assert mime.reply_references(mime.parse(raw)) == ("<root@x>", "<last@x>", "<one@example.org>")
    assert mime.reply_references(mime.parse(composed(in_reply_to="<p@x>"))) == ("<p@x>", "<one@example.org>")
    assert mime.reply_references(mime.parse(b"Subject: x\r\n\r\n")) == ()
    many = mime.parse(composed(references=[f"<{i}@x>" for i in range(150)]))
    references = mime.reply_references(many)
    assert len(references) == 100
    assert references[0] == "<0@x>"
    assert references[-2:] == ("<149@x>", "<one@example.org>")


def test_long_urls_of_a_list_stand_as_they_are_and_what_is_none_is_text() -> None:
    """RFC 2369 §2: mail programs read these fields without decoding them."""
    url = f"<https://mail.example.org/unsubscribe/{'x' * 200}>, <mailto:ada@example.org?subject=unsubscribe>"
    raw = composed(headers=[("List-Unsubscribe", url), ("List-Help", "ask Chén")])
    assert b"List-Unsubscribe: <https://mail.example.org/unsubscribe/xxx" in raw
    assert b"\r\n <mailto:ada@example.org?subject=unsubscribe>\r\n" in raw
    header = mime.parse(raw).header
    assert header.get("List-Unsubscribe") == url
    assert header.get("List-Help") == "ask Chén"
