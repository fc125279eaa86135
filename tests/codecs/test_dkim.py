"""DKIM signatures, as others check them: dkimpy, and Mail::DKIM of Debian for RSA."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import dkim as oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailwright.codecs import dkim
from mailwright.codecs.dkim import SigningKey
from mailwright.domain.clock import now

DOMAIN = "mailwright.test"
PRIVATE = {algorithm: dkim.generate(algorithm) for algorithm in dkim.ALGORITHMS}
KEYS = [SigningKey(DOMAIN, f"{algorithm}2026", algorithm, PRIVATE[algorithm]) for algorithm in dkim.ALGORITHMS]
RECORDS = {
    f"{key.selector}._domainkey.{DOMAIN}": dkim.record(key.algorithm, dkim.public_text(key.private)) for key in KEYS
}

PLAIN = (
    b"From: Ada <ada@mailwright.test>\r\nTo: chen@example.net\r\nSubject: Hello\r\n"
    b"Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@mailwright.test>\r\n\r\nHi Chen,\r\n\r\nbye.\r\n"
)


def look_up(name: bytes, timeout: int = 5) -> bytes | None:
    """DNS, as dkimpy asks it."""
    found = RECORDS.get(name.decode().rstrip("."))
    return None if found is None else found.encode()


def holds(signed: bytes, which: int) -> bool:
    try:
        return bool(oracle.DKIM(signed).verify(idx=which, dnsfunc=look_up))
    except oracle.ValidationError:
        return False


def signed(raw: bytes) -> bytes:
    return dkim.sign(raw, KEYS, now()) + raw


def test_both_signatures_hold() -> None:
    both = signed(PLAIN)
    assert both.endswith(PLAIN)
    assert both.count(b"DKIM-Signature: v=1;") == 2
    assert [holds(both, 0), holds(both, 1)] == [True, True]
    assert all(len(line) <= 78 for line in both.split(b"\r\n"))


SPECIMENS = sorted((Path(__file__).parents[1] / "messages").glob("*.eml"))


@pytest.mark.parametrize("path", SPECIMENS, ids=lambda path: path.stem)
def test_every_specimen_that_the_library_reads_verifies(path: Path) -> None:
    raw = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    both = signed(raw)
    try:
        answers = [holds(both, 0), holds(both, 1)]
    except oracle.DKIMException as error:
        pytest.skip(f"dkimpy does not take it for a message: {error}")
    assert answers == [True, True]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"a", b".", b"\xc3\xa4"]), max_size=40))
def test_white_space_of_a_body_is_relaxed_as_others_do(pieces: list[bytes]) -> None:
    # On the wire a message ends with a line end, whether it had one or not.
    raw = PLAIN + b"".join(pieces)
    assert holds(dkim.sign(raw, KEYS, now()) + raw + (b"" if raw.endswith(b"\r\n") else b"\r\n"), 1)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([b" ", b"\t", b"\r\n ", b"\r\n\t", b"a", b":", b"\xc3\xa4"]), max_size=20))
def test_white_space_of_a_field_is_relaxed_as_others_do(pieces: list[bytes]) -> None:
    subject = b"Subject:" + b"".join(pieces) + b"x\r\n"
    assert holds(signed(subject + PLAIN.replace(b"Subject: Hello\r\n", b"")), 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b"Hello", b"Hallo"),
        lambda raw: raw.replace(b"bye.", b"bye!"),
        lambda raw: raw.replace(b"From: Ada", b"From: Eve <eve@example.org>\r\nFrom: Ada"),
        lambda raw: raw.replace(b"\r\n\r\nHi", b"\r\nSubject: Another\r\n\r\nHi"),
        lambda raw: raw.replace(b"\r\n\r\nHi", b"\r\nReply-To: eve@example.org\r\n\r\nHi"),
        lambda raw: raw.replace(b"\r\n\r\nHi", b"\r\nContent-Type: text/html\r\n\r\nHi"),
        lambda raw: raw + b"More.\r\n",
    ],
)
def test_whoever_changes_or_adds_what_readers_believe_breaks_both(change: Callable[[bytes], bytes]) -> None:
    changed = change(signed(PLAIN))
    assert changed != signed(PLAIN)
    assert [holds(changed, 0), holds(changed, 1)] == [False, False]


def test_what_the_way_adds_does_no_harm() -> None:
    on_the_way = b"Received: from a by b; Fri, 20 Nov 2026 10:00:01 +0000\r\nReturn-Path: <ada@mailwright.test>\r\n"
    both = (on_the_way + signed(PLAIN)).replace(b"Subject: Hello", b"Subject:   Hello ")
    assert [holds(both, 0), holds(both, 1)] == [True, True]


def test_keys_travel_as_pem() -> None:
    for algorithm, private in PRIVATE.items():
        again = dkim.from_pem(dkim.to_pem(private))
        assert dkim.public_text(again) == dkim.public_text(private)
        assert "PRIVATE" not in repr(SigningKey(DOMAIN, "s", algorithm, private))
    with pytest.raises(ValueError, match=r"."):
        dkim.from_pem(b"no key")


def test_a_hundred_fields_of_one_name_do_not_grow_the_signature() -> None:
    many = b"To: x@example.org\r\n" * 10_000 + PLAIN
    assert len(dkim.sign(many, KEYS[:1], now())) < 2000
    assert holds(dkim.sign(many, KEYS[:1], now()) + many, 0)


PERL = r"""
use strict; use warnings;
use Mail::DKIM::Verifier; use Mail::DKIM::DNS; use Net::DNS::RR;
package Answer; sub new { my ($c, @rr) = @_; bless { rr => \@rr }, $c } sub answer { @{ $_[0]{rr} } } sub header { bless {}, 'Rcode' }
package Rcode; sub rcode { 'NOERROR' }
package Resolver; sub new { bless {}, shift } sub errorstring { 'NOERROR' }
sub send { my ($self, $name) = @_; my $text = $ENV{DKIM_RECORD}; my @parts = ($text =~ /(.{1,200})/g);
  return Answer->new(Net::DNS::RR->new(name => $name, type => 'TXT', txtdata => \@parts)); }
package main;
Mail::DKIM::DNS::resolver(Resolver->new);
my $verifier = Mail::DKIM::Verifier->new; binmode STDIN;
while (<STDIN>) { s/\r?\n$//; $verifier->PRINT("$_\015\012"); }
$verifier->CLOSE; print join(' ', map { $_->algorithm . '=' . $_->result } $verifier->signatures), "\n";
"""


def _perl_can() -> bool:
    perl = shutil.which("perl")
    if perl is None:
        return False
    asked = [perl, "-MMail::DKIM::Verifier", "-MNet::DNS", "-e", "1"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


@pytest.mark.server
@pytest.mark.parametrize("name", ["plain", "alternative", "tab-folded-subject", "eight-bit-utf8-header", "digest"])
def test_a_verifier_by_other_people_agrees(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not _perl_can():
        pytest.skip("Mail::DKIM is not installed (libmail-dkim-perl)")
    raw = (Path(__file__).parents[1] / "messages" / f"{name}.eml").read_bytes()
    raw = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    rsa = KEYS[0]
    monkeypatch.setenv("DKIM_RECORD", RECORDS[f"{rsa.selector}._domainkey.{DOMAIN}"])
    done = subprocess.run(
        ["perl", "-e", PERL], input=dkim.sign(raw, [rsa], now()) + raw, capture_output=True, check=False, timeout=60
    )
    assert re.fullmatch(rb"rsa-sha256=pass\s*", done.stdout), done.stdout + done.stderr
