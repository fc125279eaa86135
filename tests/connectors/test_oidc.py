"""Tokens of another service: what is believed, and every way a token can be wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from joserfc.jwk import OctKey, RSAKey

from mailwright.connectors.jwks import KEPT_SECONDS, OUTLIVED_SECONDS, REFETCH_SECONDS, Keys
from mailwright.connectors.oidc import verify
from mailwright.domain.refusals import AuthenticationFailed, TryLater
from tests.servers.gmail import ACCOUNT, GmailService
from tests.servers.googlekeys import Keys as Signers
from tests.servers.ports import free_port

AUDIENCE = "https://mail.example.org/api/webhook/gmail"
ISSUERS = ("https://accounts.google.com", "accounts.google.com")


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


class Published(GmailService):
    """Publishes what a test wants."""

    content: Any = None
    status = 200

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, Any]:
        if self.content is None and self.status == 200:
            return super().answer(method, target, headers, body)
        return self.status, self.content


@pytest.fixture
def google() -> Iterator[Published]:
    made = Published()
    yield made
    made.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def keys(google: GmailService, clock: Clock) -> AsyncIterator[Keys]:
    made = Keys(google.keys_url, clock=clock)
    yield made
    await made.close()


async def check(token: str, keys: Keys, account: str | None = None) -> dict[str, Any]:
    return await verify(token, keys, issuers=ISSUERS, audience=AUDIENCE, account=account)


async def test_a_token_of_the_issuer_for_us_is_believed_and_the_keys_are_fetched_once(
    google: GmailService, keys: Keys
) -> None:
    for _ in range(3):
        claims = await check(google.keys.token(AUDIENCE), keys, ACCOUNT)
        assert claims["email"] == ACCOUNT
    short = google.keys.token(AUDIENCE, claims={"iss": "accounts.google.com", "aud": [AUDIENCE]})
    assert (await check(short, keys))["iss"] == "accounts.google.com"
    assert google.keys_asked == 1


NOW = int(time.time())
WRONG: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://accounts.google.com.eve.example"},
    "no issuer": {"iss": None},
    "an issuer that is a list": {"iss": list(ISSUERS)},
    "another audience": {"aud": "https://eve.example/api/webhook/gmail"},
    "an audience that only begins like ours": {"aud": AUDIENCE + "/"},
    "others as well as us": {"aud": [AUDIENCE, "https://eve.example"]},
    "no audience": {"aud": None},
    "an audience of nothing": {"aud": ""},
    "expired": {"exp": NOW - 120, "iat": NOW - 3720},
    "no expiry": {"exp": None},
    "an expiry in words": {"exp": "tomorrow"},
    "an expiry that is true": {"exp": True},
    "not yet valid": {"nbf": NOW + 3600},
    "issued in the future": {"iat": NOW + 3600, "exp": NOW + 7200},
    "no time of issue": {"iat": None},
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_token_that_says_the_wrong_thing_is_refused(google: GmailService, keys: Keys, wrong: str) -> None:
    with pytest.raises(AuthenticationFailed):
        await check(google.keys.token(AUDIENCE, claims=WRONG[wrong]), keys)


async def test_a_clock_that_is_a_little_off_spoils_nothing(google: GmailService, keys: Keys) -> None:
    now = int(time.time())
    await check(google.keys.token(AUDIENCE, claims={"iat": now + 30}), keys)
    await check(google.keys.token(AUDIENCE, claims={"exp": now - 30, "iat": now - 3630}), keys)


@pytest.mark.parametrize(
    "said",
    [
        {"email": "eve@eve-project.iam.gserviceaccount.com"},
        {"email": None},
        {"email_verified": False},
        {"email_verified": "true"},
    ],
)
async def test_a_token_of_another_service_account_is_refused_when_one_is_named(
    google: GmailService, keys: Keys, said: dict[str, Any]
) -> None:
    token = google.keys.token(AUDIENCE, claims=said)
    with pytest.raises(AuthenticationFailed):
        await check(token, keys, ACCOUNT)
    await check(token, keys)  # nobody is named: the audience decides


async def test_a_signature_of_somebody_else_is_refused(google: GmailService, keys: Keys) -> None:
    eve = RSAKey.generate_key(2048)
    with pytest.raises(AuthenticationFailed, match="signature"):
        await check(google.keys.token(AUDIENCE, key=eve), keys)


async def test_a_token_that_was_changed_is_refused(google: GmailService, keys: Keys) -> None:
    head, _, signature = google.keys.token(AUDIENCE).split(".")
    claims = json.dumps({"iss": ISSUERS[0], "aud": AUDIENCE, "exp": NOW + 10**6, "iat": NOW}).encode()
    forged = base64.urlsafe_b64encode(claims).rstrip(b"=").decode()
    with pytest.raises(AuthenticationFailed, match="signature"):
        await check(f"{head}.{forged}.{signature}", keys)
    with pytest.raises(AuthenticationFailed, match="signature"):
        await check(f"{head}.{forged}.", keys)


@pytest.mark.parametrize("alg", ["none", "None", "NONE"])
async def test_a_token_that_nobody_signed_is_refused(google: GmailService, keys: Keys, alg: str) -> None:
    parts = [
        json.dumps({"alg": alg, "kid": google.keys.newest.kid}).encode(),
        json.dumps({"iss": ISSUERS[0], "aud": AUDIENCE, "exp": NOW + 3600, "iat": NOW}).encode(),
    ]
    token = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."
    with pytest.raises(AuthenticationFailed):
        await check(token, keys)


async def test_a_token_signed_with_the_public_key_as_a_password_is_refused(google: GmailService, keys: Keys) -> None:
    # The old trick: HS256 with the issuer's published key as the secret.
    for secret in (google.keys.newest.as_pem(private=False), json.dumps(google.keys.jwks()["keys"][0]).encode()):
        shared = OctKey.import_key(base64.urlsafe_b64encode(secret).decode())
        parts = [
            json.dumps({"alg": "HS256", "typ": "JWT", "kid": google.keys.newest.kid}).encode(),
            json.dumps({"iss": ISSUERS[0], "aud": AUDIENCE, "exp": NOW + 3600, "iat": NOW}).encode(),
        ]
        signing = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
        for key in (secret, shared.raw_value):
            mac = base64.urlsafe_b64encode(hmac.new(key, signing.encode(), hashlib.sha256).digest()).rstrip(b"=")
            with pytest.raises(AuthenticationFailed):
                await check(f"{signing}.{mac.decode()}", keys)


@pytest.mark.parametrize("alg", ["RS384", "RS512", "PS256"])
async def test_an_algorithm_we_did_not_ask_for_is_refused(google: GmailService, keys: Keys, alg: str) -> None:
    key = RSAKey.import_key(google.keys.newest.as_dict(private=True))
    with pytest.raises(AuthenticationFailed):
        await check(google.keys.token(AUDIENCE, alg=alg, key=key), keys)


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b", "a.b.c", "....", "e30.e30.", "é.é.é", "W10.e30.AA", "A" * 9000, "bnVsbA.e30.AA", "MQ.e30.AA"],
)
async def test_what_is_no_token_is_refused_without_asking_for_keys(
    google: GmailService, keys: Keys, token: str
) -> None:
    with pytest.raises(AuthenticationFailed):
        await check(token, keys)
    assert google.keys_asked == 0


async def test_a_key_that_is_not_known_is_asked_for_once_and_then_not_for_a_while(
    google: GmailService, keys: Keys, clock: Clock
) -> None:
    await check(google.keys.token(AUDIENCE), keys)
    clock.at += REFETCH_SECONDS
    for _ in range(20):
        with pytest.raises(AuthenticationFailed, match="does not have"):
            await check(google.keys.token(AUDIENCE, kid="invented"), keys)
    assert google.keys_asked == 2
    google.keys.rotate()
    with pytest.raises(AuthenticationFailed):  # asked a moment ago; Pub/Sub comes again
        await check(google.keys.token(AUDIENCE), keys)
    clock.at += REFETCH_SECONDS
    await check(google.keys.token(AUDIENCE), keys)
    assert google.keys_asked == 3


async def test_a_key_that_was_withdrawn_is_believed_no_more(google: GmailService, keys: Keys, clock: Clock) -> None:
    old = google.keys.token(AUDIENCE)
    await check(old, keys)
    google.keys.rotate(keep=False)
    clock.at += KEPT_SECONDS
    await check(old, keys)  # begins to look
    assert keys._renewing is not None
    await keys._renewing
    with pytest.raises(AuthenticationFailed):
        await check(old, keys)
    await check(google.keys.token(AUDIENCE), keys)


async def test_without_keys_nothing_is_said_of_the_token_but_to_come_again(google: GmailService) -> None:
    away = Keys(f"http://127.0.0.1:{free_port()}/certs")
    with pytest.raises(TryLater):
        await check(google.keys.token(AUDIENCE), away)
    await away.close()


async def test_keys_outlive_a_day_in_which_nobody_publishes_them_and_no_longer(
    google: Published, keys: Keys, clock: Clock
) -> None:
    token = google.keys.token(AUDIENCE)
    await check(token, keys)
    google.status = 500
    clock.at += KEPT_SECONDS
    await check(token, keys)
    assert keys._renewing is not None
    await keys._renewing
    await check(token, keys)
    unknown = google.keys.token(AUDIENCE, kid="new")
    with pytest.raises(TryLater):  # it may have been published since
        await check(unknown, keys)
    clock.at += OUTLIVED_SECONDS
    with pytest.raises(TryLater):
        await check(token, keys)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"[]", b"{}", b'{"keys": 3}', b'{"keys": [1, {}]}', b"[" * 100_000, b"x" * 300_000]
)
async def test_keys_that_cannot_be_read_are_none(content: bytes) -> None:
    google = Published()
    google.content = content
    keys = Keys(google.keys_url)
    with pytest.raises(TryLater):
        await check(google.keys.token(AUDIENCE), keys)
    await keys.close()
    google.stop()


async def test_keys_that_are_not_for_signatures_or_too_short_are_passed_over() -> None:
    google = Published()
    signer = Signers()
    [good] = signer.jwks()["keys"]
    with pytest.warns(match="2048"):
        short = RSAKey.generate_key(1024, auto_kid=True)
    google.content = {
        "keys": [
            {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"},
            {**good, "use": "enc", "kid": "enc"},
            {**good, "alg": "RS512", "kid": "other"},
            {**good, "n": "!!", "kid": "broken"},
            short.as_dict(private=False),
            good,
        ]
    }
    keys = Keys(google.keys_url)
    await check(signer.token(AUDIENCE), keys)
    for kid in ("shared", "enc", "other", "broken"):
        with pytest.raises(AuthenticationFailed):
            await check(signer.token(AUDIENCE, kid=kid), keys)
    with pytest.raises(AuthenticationFailed, match="does not have"):
        await check(signer.token(AUDIENCE, key=short, kid=short.kid), keys)
    await keys.close()
    google.stop()
