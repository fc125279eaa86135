"""Who the author is, and the words of RFC 8601: written by us, read from a relay."""

from __future__ import annotations

import pytest

from mailwright.codecs.mailauth import MethodResult, results_field, summary, told_by
from mailwright.codecs.mailauth.author import author
from mailwright.domain.addresses import Address

ADA = Address.parse("ada@mailwright.test")


@pytest.mark.parametrize(
    "value",
    [
        b"ada@mailwright.test",
        b" <ada@mailwright.test>\r\n",
        b'"Lovelace, Ada" <ada@mailwright.test>',
        b"=?utf-8?q?Ada_=22eve=40example=2Eorg=22?= <ada@mailwright.test>",
        "Ada Lovelace \N{EM DASH} <ada@Mailwright.test>".encode(),
        b"ada@mailwright.test (Ada)",
        b"Ada\r\n\t<ada@mailwright.test>",
    ],
)
def test_one_address_is_the_author(value: bytes) -> None:
    assert author([value]) == ADA


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"Ada",
        b"ada@mailwright.test, eve@example.org",
        b"Group: ada@mailwright.test;",
        b"ada@mailwright.test <eve@example.org>",
        b"<ada@mailwright.test> <eve@example.org>",
        b"<@relay.example:ada@mailwright.test>",
        b'"ada"@mailwright.test',
        b"ada(x)@mailwright.test",
        b"ada @ mailwright.test",
        b"=?utf-8?q?ada=40mailwright=2Etest?=",
        b"=?utf-8?q?ada?=@mailwright.test",
        b"ad\xe4@mailwright.test",
        b"ada@mailwright.test\x00",
        b"<ada@mailwright.test",
        b"ada@mailwright.test>",
        b"ada@mailwright.test (a (b))",
        b'"\\" <ada@mailwright.test>',
        "ada@mailwright\N{ZERO WIDTH SPACE}.test".encode(),
        b"x" * 3000 + b" <ada@mailwright.test>",
    ],
)
def test_what_could_be_read_two_ways_has_no_author(value: bytes) -> None:
    assert author([value]) is None


def test_two_fields_have_no_author() -> None:
    assert author([b"ada@mailwright.test", b"ada@mailwright.test"]) is None
    assert author([]) is None


def test_what_is_written_is_read_again() -> None:
    results = (
        MethodResult("spf", "pass", (("smtp.mailfrom", "example.org"),)),
        MethodResult("dkim", "fail", (("header.d", "example.org"), ("header.b", "AbCd12")), "the body was changed"),
        MethodResult("dmarc", "pass", (("header.from", 'odd "name"\r\n'),)),
    )
    field = results_field("mail.mailwright.test", results)
    assert field.startswith(
        b"Authentication-Results: mail.mailwright.test;\r\n\tspf=pass smtp.mailfrom=example.org;\r\n"
    )
    assert field.endswith(b"\r\n")
    assert max(map(len, field.split(b"\r\n"))) < 100
    told = told_by(field.partition(b":")[2])
    assert told is not None
    assert told.authserv_id == "mail.mailwright.test"
    assert told.results[:2] == results[:2]
    assert told.results[2].property("header.from") == 'odd "name"??'
    assert summary(results[:2]) == (
        "spf=pass smtp.mailfrom=example.org; dkim=fail (the body was changed) header.d=example.org header.b=AbCd12"
    )


def test_nothing_found_is_said_so() -> None:
    assert results_field("mail.mailwright.test", ()) == b"Authentication-Results: mail.mailwright.test;\r\n\tnone\r\n"
    told = told_by(b"mail.mailwright.test; none")
    assert told is not None
    assert told.results == ()


@pytest.mark.parametrize(
    ("value", "because"),
    [
        (
            b"mx.example.net; dmarc=pass (p=reject dis=none) header.from=mailwright.test",
            "mx.example.net found dmarc=pass",
        ),
        (
            b"mx.example.net 1; dkim=pass (2048-bit key) header.d=mailwright.test header.i=@mailwright.test",
            "found dkim",
        ),
        (b"mx.example.net;dkim=pass header.d=news.mailwright.test", "found dkim"),
        (b'mx.example.net; spf=pass (x "; dmarc=fail") smtp.mailfrom="ada@mailwright.test"', "found spf"),
        (b"mx.example.net; dmarc=none header.from=mailwright.test; dkim/1=pass header.d=mailwright.test", "found dkim"),
        (b"mx.example.net; dmarc=fail header.from=mailwright.test; dkim=pass header.d=mailwright.test", ""),
        (b"mx.example.net; dmarc=fail header.from=x.test; dmarc=pass header.from=mailwright.test", ""),
        (b"mx.example.net; dmarc=pass header.from=example.org", ""),
        (b"mx.example.net; dmarc=pass", ""),
        (b"mx.example.net; (dmarc=pass header.from=mailwright.test)", ""),
        (b'mx.example.net; dkim=fail reason="dmarc=pass header.from=mailwright.test"', ""),
        (b"mx.example.net; dkim=pass header.d=test", ""),
        (b"mx.example.net; dkim=pass header.d=evil.example header.i=@mailwright.test", ""),
        (b"mx.example.net; spf=softfail smtp.mailfrom=mailwright.test", ""),
        (b"mx.example.net; none", ""),
    ],
)
def test_what_a_relay_found_vouches_for_the_author_or_not(value: bytes, because: str) -> None:
    told = told_by(value)
    assert told is not None
    found = told.vouches_for(ADA)
    assert because in found
    assert bool(found) == bool(because)


def test_who_signed_in_at_the_relay_is_told() -> None:
    told = told_by(b"mx.example.net; auth=pass (plain) smtp.auth=ada@mailwright.test smtp.mailfrom=eve@example.org")
    assert told is not None
    assert told.signed_in() == ADA
    for value in (b"mx; auth=fail smtp.auth=ada@mailwright.test", b"mx; auth=pass smtp.auth=ada", b"mx; dkim=pass"):
        told = told_by(value)
        assert told is not None
        assert told.signed_in() is None


@pytest.mark.parametrize("value", [b"", b";", b"= x; dkim=pass", b"(only a comment)", b"x" * 20_000])
def test_a_field_that_names_no_writer_is_not_read(value: bytes) -> None:
    assert told_by(value) is None
