"""Header fields as octets: each where it stands, and nothing else moved."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs import fields

LETTER = (
    b"From: Ada <ada@mailwright.test>\r\n"
    b"Bcc: chen@example.net,\r\n bashir@mailwright.test\r\n"
    b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"bcC : eve@example.org\r\n"
    b"\r\n"
    b"Bcc: not a field\r\n"
)


def _is_bcc(name: bytes, _field: bytes) -> bool:
    return name == b"bcc"


def test_each_field_with_its_continuations() -> None:
    found = fields.of_header(LETTER)
    assert [field.name for field in found] == [b"from", b"bcc", b"subject", b"bcc"]
    assert LETTER[found[1].start : found[1].end] == b"Bcc: chen@example.net,\r\n bashir@mailwright.test\r\n"
    assert LETTER[fields.body_start(LETTER) :] == b"Bcc: not a field\r\n"


def test_a_message_without_some_fields_keeps_every_other_octet() -> None:
    assert fields.without(LETTER, _is_bcc) == (
        b"From: Ada <ada@mailwright.test>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nBcc: not a field\r\n"
    )
    untouched = fields.without(LETTER, lambda name, _field: name == b"resent-bcc")
    assert untouched is LETTER


@pytest.mark.parametrize(
    ("raw", "left"),
    [
        (b"", b""),
        (b"\r\nBcc: body\r\n", b"\r\nBcc: body\r\n"),
        (b"Bcc: a@b.c", b""),
        (b"Bcc: a@b.c\n\nBcc: body", b"\nBcc: body"),
        (b"To: x\r\nno field at all\r\nBcc: a@b.c\r\n\r\nHi", b"To: x\r\nno field at all\r\n\r\nHi"),
        (b"To: x\r\nBcc: a\r\n \r\n b\r\nCc: y\r\n\r\nHi", b"To: x\r\nCc: y\r\n\r\nHi"),
        (b"Bcc:\r\n\r\n folded into the body?", b"\r\n folded into the body?"),
    ],
)
def test_odd_headers(raw: bytes, left: bytes) -> None:
    assert fields.without(raw, _is_bcc) == left


@given(st.binary(max_size=300))
def test_nothing_is_lost_and_no_field_reaches_into_the_body(raw: bytes) -> None:
    assert fields.without(raw, lambda _name, _field: False) == raw
    assert all(0 <= each.start < each.end <= fields.body_start(raw) for each in fields.of_header(raw))


def test_a_long_header_is_read_in_a_moment() -> None:
    raw = b"".join(b"Bcc: a%d@example.org\r\n folded\r\n" % number for number in range(50_000)) + b"\r\n" + b"x" * 100
    assert fields.without(raw, _is_bcc) == b"\r\n" + b"x" * 100
    assert fields.of_header(b" " * 1_000_000 + b"\n" * 1_000) == []
