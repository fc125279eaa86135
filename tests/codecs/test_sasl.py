"""Signing in: every mechanism by its own grammar, and nothing secret in what prints."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs.sasl import (
    BEARER_MECHANISMS,
    PASSWORD_MECHANISMS,
    Challenge,
    Credentials,
    SaslError,
    Token,
    UnknownMechanism,
    exchange_for,
)


def test_plain_takes_one_step_or_two() -> None:
    assert exchange_for("PLAIN").step(None) == Challenge(b"")
    assert exchange_for("PLAIN").step(b"\0ada\0pw") == Credentials("ada", "pw")
    assert exchange_for("PLAIN").step("ada\0ada\0pässword".encode()) == Credentials("ada", "pässword")
    assert exchange_for("PLAIN").refused() is None


@pytest.mark.parametrize(
    ("message", "malformed"),
    [
        (b"", True),
        (b"ada\0pw", True),
        (b"\0\xff\0x", True),
        (b"\0ada\0" + b"x" * 2000, True),
        (b"\0\0pw", False),
        (b"\0ada\0", False),
        (b"chen\0ada\0pw", False),
    ],
)
def test_plain_that_is_not(message: bytes, malformed: bool) -> None:
    with pytest.raises(SaslError) as caught:
        exchange_for("PLAIN").step(message)
    assert caught.value.malformed is malformed


def test_login_asks_twice_or_once_when_the_name_came_along() -> None:
    exchange = exchange_for("LOGIN")
    assert exchange.step(None) == Challenge(b"Username:")
    assert exchange.step(b"ada") == Challenge(b"Password:")
    assert exchange.step(b"pw") == Credentials("ada", "pw")
    shorter = exchange_for("LOGIN")
    assert shorter.step(b"ada") == Challenge(b"Password:")
    assert shorter.step(b"pw") == Credentials("ada", "pw")


def test_secrets_do_not_print() -> None:
    assert "pw" not in repr(Credentials("ada", "pw"))
    assert "vF9dft" not in repr(Token("ada", "vF9dft"))


def test_mechanisms_we_do_not_know() -> None:
    for mechanism in (*PASSWORD_MECHANISMS, *BEARER_MECHANISMS):
        assert exchange_for(mechanism).refused() is None or mechanism in BEARER_MECHANISMS
    with pytest.raises(UnknownMechanism):
        exchange_for("CRAM-MD5")


# The first message of RFC 7628 §4.1.
BEARER = b"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer vF9dft4qmT=\x01\x01"


def test_a_token_comes_with_a_name_or_without() -> None:
    assert exchange_for("OAUTHBEARER").step(None) == Challenge(b"")
    assert exchange_for("OAUTHBEARER").step(BEARER) == Token("user@example.com", "vF9dft4qmT=")
    assert exchange_for("OAUTHBEARER").step(b"n,,\x01auth=bearer abc\x01\x01") == Token("", "abc")
    assert exchange_for("OAUTHBEARER").step(b"y,a=a=2Cb=3D,\x01auth=Bearer abc\x01\x01") == Token("a,b=", "abc")
    assert exchange_for("XOAUTH2").step(b"user=ada@mailwright.test\x01auth=Bearer abc\x01\x01") == Token(
        "ada@mailwright.test", "abc"
    )


@pytest.mark.parametrize("mechanism", BEARER_MECHANISMS)
def test_a_refused_token_is_told_in_json_and_the_clients_dummy_answer_ends_it(mechanism: str) -> None:
    exchange = exchange_for(mechanism)
    first = BEARER if mechanism == "OAUTHBEARER" else b"user=ada\x01auth=Bearer abc\x01\x01"
    assert isinstance(exchange.step(first), Token)
    challenge = exchange.refused()
    assert challenge is not None
    assert json.loads(challenge.data)["status"] in ("invalid_token", "401")
    with pytest.raises(SaslError) as caught:
        exchange.step(b"\x01")
    assert not caught.value.malformed


@pytest.mark.parametrize(
    ("mechanism", "message"),
    [
        ("OAUTHBEARER", b""),
        ("OAUTHBEARER", b"\x01"),
        ("OAUTHBEARER", b"n,a=ada,"),
        ("OAUTHBEARER", b"p=tls-unique,,\x01auth=Bearer abc\x01\x01"),
        ("OAUTHBEARER", b"n,a=a=b,\x01auth=Bearer abc\x01\x01"),
        ("OAUTHBEARER", b"n,,\x01auth=Basic abc\x01\x01"),
        ("OAUTHBEARER", b"n,,\x01nothing\x01\x01"),
        ("OAUTHBEARER", b"n,,\x01\x01"),
        ("OAUTHBEARER", b"n,,\x01auth=Bearer " + b"x" * 9000 + b"\x01\x01"),
        ("XOAUTH2", b"user=ada\x01auth=Bearer abc"),
        ("XOAUTH2", b"user=ada\x01\x01"),
        ("XOAUTH2", b"\xff\x01\x01"),
    ],
)
def test_what_holds_no_token_is_malformed(mechanism: str, message: bytes) -> None:
    with pytest.raises(SaslError) as caught:
        exchange_for(mechanism).step(message)
    assert caught.value.malformed


@given(st.sampled_from((*PASSWORD_MECHANISMS, *BEARER_MECHANISMS)), st.lists(st.binary(max_size=60), max_size=3))
def test_whatever_comes_the_answer_is_a_step_or_a_sasl_error(mechanism: str, answers: list[bytes]) -> None:
    exchange = exchange_for(mechanism)
    with contextlib.suppress(SaslError):
        for answer in answers:
            if not isinstance(exchange.step(answer), Challenge):
                exchange.refused()
