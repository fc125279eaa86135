"""For well-formed messages the standard library's email package and our parser agree."""

import email
import email.policy
from email.message import EmailMessage, MIMEPart

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailwright.codecs import mime
from mailwright.domain.clock import from_datetime

_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp", "Cn")), max_size=80)
_LINES = st.lists(_TEXT, max_size=6).map("\n".join)
_NAMES = st.text("abcäß日 -_.()'", min_size=1, max_size=40).map(str.strip).filter(lambda name: name.strip(". ") != "")


def _leaves(message: MIMEPart) -> list[MIMEPart]:
    return [part for part in message.walk() if not part.is_multipart()]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_LINES, st.none() | _LINES, st.lists(st.tuples(_NAMES, st.binary(max_size=300)), max_size=3))
def test_what_the_library_writes_we_read(text: str, html: str | None, files: list[tuple[str, bytes]]) -> None:
    written = EmailMessage(policy=email.policy.SMTP)
    written["From"] = "Ada Lovelace <ada@example.org>"
    written["To"] = "Bashir <bashir@example.net>, chen@mailwright.test"
    written["Subject"] = "Figures for März"
    written["Date"] = "Thu, 05 Nov 2026 10:00:00 +0100"
    written["Message-ID"] = "<one@example.org>"
    written.set_content(text)
    if html is not None:
        written.add_alternative(html, subtype="html")
    for name, content in files:
        written.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    raw = written.as_bytes()
    oracle = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(oracle, EmailMessage)
    parsed = mime.parse(raw)
    ours = [part for part in parsed.root.walk() if not part.is_multipart]
    theirs = _leaves(oracle)
    assert [part.media_type for part in ours] == [part.get_content_type() for part in theirs]
    assert [mime.decode_body(raw, part) for part in ours] == [part.get_payload(decode=True) for part in theirs]
    assert [part.filename for part in ours if part.filename] == [name for name, _content in files]
    assert [part.charset for part in ours] == [part.get_content_charset() for part in theirs]
    assert parsed.subject == oracle["Subject"]
    assert [(m.name, m.address) for m in parsed.to] == [(a.display_name, a.addr_spec) for a in oracle["To"].addresses]
    assert parsed.date == from_datetime(oracle["Date"].datetime)
    assert parsed.defects == ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_LINES, st.none() | _LINES, st.lists(st.tuples(_NAMES, st.binary(max_size=300)), max_size=3))
def test_what_we_write_the_library_reads(text: str, html: str | None, files: list[tuple[str, bytes]]) -> None:
    raw = mime.compose(
        from_=mime.Mailbox("Ada Lövelace", "ada@example.org"),
        to=[mime.Mailbox('Chen, "B"', "chen@mailwright.test")],
        subject="Figures for März",
        text=text,
        html=html,
        attachments=[mime.Attachment(name, content, "application/pdf") for name, content in files],
        message_id="<one@example.org>",
        date=1_793_872_800_000_000,
    )
    oracle = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(oracle, EmailMessage)
    parsed = mime.parse(raw)
    assert not oracle.defects
    theirs = _leaves(oracle)
    ours = [part for part in parsed.root.walk() if not part.is_multipart]
    assert [mime.decode_body(raw, part) for part in ours] == [part.get_payload(decode=True) for part in theirs]
    assert [part.get_filename() for part in theirs if part.get_filename()] == [name for name, _content in files]
    assert oracle["From"].addresses[0].display_name == "Ada Lövelace"
    assert oracle["To"].addresses[0].display_name == 'Chen, "B"'
    assert oracle["Subject"] == "Figures for März"
    assert oracle["Date"].datetime.isoformat() == "2026-11-05T10:00:00+00:00"


@pytest.mark.parametrize(
    ("value", "media_type", "params"),
    [
        ("text/plain", "text/plain", {}),
        ("Text/HTML; Charset=UTF-8", "text/html", {"charset": "UTF-8"}),
        ('text/plain; charset="utf-8"; format=flowed', "text/plain", {"charset": "utf-8", "format": "flowed"}),
        ('multipart/mixed; boundary="a;b=\\"c"', "multipart/mixed", {"boundary": 'a;b="c'}),
        ("application/x; name*=iso-8859-1'en'%A3", "application/x", {"name": "£"}),
    ],
)
def test_content_types_are_read_alike(value: str, media_type: str, params: dict[str, str]) -> None:
    root = mime.parse(f"Content-Type: {value}\r\n\r\nx".encode()).root
    oracle = email.message_from_string(f"Content-Type: {value}\r\n\r\nx", policy=email.policy.default)
    if not media_type.startswith("multipart/"):
        assert root.media_type == media_type
    assert root.params == params
    assert oracle.get_content_type() == media_type
    assert dict(oracle["Content-Type"].params) == params
