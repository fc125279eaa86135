"""Garbage and malice in what authentication reads: nothing raises, nothing takes long, nothing passes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.servers.mailworld import World, letter, results, signed

from mailwright.codecs.mailauth import told_by
from mailwright.codecs.mailauth.author import author, claimed
from mailwright.codecs.mailauth.questions import MAX_QUESTIONS

SECONDS = 10.0  # far above what it takes, far below what a quadratic reader takes


def _timed(world: World, raw: bytes) -> list[str]:
    began = time.thread_time()
    found = world.examine(raw)
    assert time.thread_time() - began < SECONDS
    assert not found.proven or results(found, "spf") == ["pass"]
    return results(found, "dkim")


@pytest.mark.parametrize(
    "field",
    [
        b"v=1; a=rsa-sha256; d=example.org; s=s1; h=from; bh=AAAA; b" + b" " * 200_000 + b"=AAAA",
        b"v=1; a=rsa-sha256; d=example.org; s=s1; h=from; bh=AAAA; b=" + b"A" * 200_000 + b"!",
        b"v=1; a=rsa-sha256; d=example.org; s=s1; bh=AAAA; b=AAAA; h=from" + b":x" * 3_000,
        b"v=1; a=rsa-sha256; d=example.org; s=s1; bh=AAAA; b=AAAA; h=from" + b" " * 7_000,
        b"\r\n ;" * 2_000,
        b"=" * 8_000,
        b"a=" + b"\xff" * 8_000,
        b"v=1; a=rsa-sha256; d=" + b"a." * 3_000 + b"; s=s1; h=from; bh=AAAA; b=AAAA",
        b"v=1; a=rsa-sha256; d=example.org; s=s1; h=from; bh=AAAA; b=AAAA; t=" + b"9" * 7_000,
    ],
)
def test_a_hostile_signature_costs_little(field: bytes) -> None:
    hostile = b"DKIM-Signature: " + field + b"\r\n"
    assert set(_timed(World.usual(), hostile * 12 + letter())) <= {"neutral", "policy", "permerror", "fail", "none"}


@pytest.mark.parametrize(
    "body",
    [
        b" " * 3_000_000 + b"x\r\n",
        (b" \t" * 40 + b"x") * 30_000,
        b"\r\n" * 1_500_000,
        (b"a b" * 400_000),
        b" \r\n" * 700_000,
    ],
)
def test_a_hostile_body_costs_little(body: bytes) -> None:
    raw = signed(letter()) + body
    assert _timed(World.usual(), raw) in (["fail"], ["pass"])  # empty lines at the end are not part of it


def test_a_hostile_header_costs_little() -> None:
    long = b"X-Long: a\r\n" + b" b\r\n" * 60_000
    many = b"".join(b"X-%d: y\r\n" % number for number in range(20_000))
    assert _timed(World.usual(), signed(letter()).replace(b"To: ", long + b"To: ")) == ["pass"]  # it is not signed
    assert _timed(World.usual(), signed(letter()).replace(b"To: ", many + b"To: ")) == ["none"]


def test_a_thousand_signatures_ask_for_little() -> None:
    world = World.usual()
    fields = b"".join(
        b"DKIM-Signature: v=1; a=rsa-sha256; d=d%d.example; s=s; h=from; bh=AAAA; b=AAAA\r\n" % number
        for number in range(400)
    )
    world.examine(fields + letter())
    assert len(world.asked) <= MAX_QUESTIONS
    assert sum("_domainkey" in question.name for question in world.asked) == 10


def test_a_policy_that_leads_everywhere_asks_a_bounded_number_of_questions() -> None:
    world = World.usual()
    world.texts["example.org"] = [b"v=spf1 " + b" ".join(b"mx:m%d.example" % n for n in range(10)) + b" -all"]
    for n in range(10):
        world.others[f"m{n}.example", "MX"] = [(1, f"h{n}-{host}.example") for host in range(10)]
        for host in range(10):
            world.others[f"h{n}-{host}.example", "A"] = ["203.0.113.9"]
    found = world.examine(letter())
    assert len(world.asked) <= MAX_QUESTIONS
    assert results(found, "spf") == ["temperror"]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=200))
def test_no_signature_and_no_key_record_breaks_the_check(field: bytes, record: bytes) -> None:
    world = World.usual()
    world.texts["s._domainkey.a.example"] = [record]
    value = b"v=1; a=rsa-sha256; d=a.example; s=s; h=from; bh=AAAA; b=AAAA; " + field.replace(b"\n", b"")
    raw = b"DKIM-Signature: " + value + b"\r\nARC-Seal: i=1; " + value + b"\r\n" + letter()
    assert "pass" not in results(world.examine(raw), "dkim")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_no_policy_in_dns_breaks_the_check(record: bytes) -> None:
    world = World.usual()
    world.texts["example.org"] = [b"v=spf1 " + record]
    world.texts["_dmarc.example.org"] = [b"v=DMARC1;" + record]
    world.examine(letter())


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_no_written_result_breaks_the_reader(value: bytes) -> None:
    told_by(value)
    told_by(b"mx.example.org; " + value)
    author([value])
    claimed([value, b"ada@mailwright.test"])


@pytest.mark.parametrize(
    "value", [b'"' * 16_000, b"(" * 16_000, b'"\\' * 8_000, b"=" * 16_000, b"a=b;" * 4_000, b"\\" * 9_000]
)
def test_a_hostile_written_result_costs_little(value: bytes) -> None:
    began = time.thread_time()
    told_by(value)
    told_by(b"mx.example.org; " + value)
    author([b'"' + value])
    claimed([value])
    assert time.thread_time() - began < SECONDS
