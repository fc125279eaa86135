"""Tokens of people, of any issuer: which are believed, what they prove, and every way one can be wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import warnings
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from mailwright.connectors.jwks import ALGORITHMS, KEPT_SECONDS, REFETCH_SECONDS, Keys
from mailwright.connectors.oidc import Provider
from mailwright.domain.refusals import AuthenticationFailed, TokenExpired, TryLater
from mailwright.domain.tokens import Proven
from tests.servers.issuer import ADA, AUDIENCE, DROPPED, HOUR, SECRET, Issuer, shared

NOW = int(time.time())


class Clock:
    """Seconds that pass when a test says so."""

    at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = Issuer()
        yield made
        made.stop()


@pytest.fixture
def turning() -> Iterator[Issuer]:
    """An issuer that a test may change."""
    made = Issuer()
    yield made
    made.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Providers:
    """Makes providers and closes them."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.made: list[Provider] = []

    def of(
        self, issuer: Issuer, *, audience: str = AUDIENCE, name: str | None = None, url: str | None = None, **more: Any
    ) -> Provider:
        named = issuer.name if name is None else name
        keys = Keys(url, issuer=named, algorithms=ALGORITHMS, clock=self.clock)
        self.made.append(Provider(named, audience, keys, **more))
        return self.made[-1]


@pytest.fixture
async def providers(clock: Clock) -> AsyncIterator[Providers]:
    made = Providers(clock)
    yield made
    for each in made.made:
        await each.close()


@pytest.mark.filterwarnings("ignore:EdDSA")
@pytest.mark.parametrize("alg", ALGORITHMS)
async def test_a_token_of_each_algorithm_is_believed(issuer: Issuer, providers: Providers, alg: str) -> None:
    proven = await providers.of(issuer).prove(issuer.token(alg=alg))
    assert (proven.issuer, proven.subject, proven.address, proven.name) == (issuer.name, "f3a1c9", ADA, "Ada")
    assert proven.expires_at - proven.issued_at == HOUR * 1_000_000
    assert not proven.strong


WRONG: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://login.eve.example"},
    "an issuer that begins like ours": {"iss": "http://127.0.0.1"},
    "no issuer": {"iss": DROPPED},
    "an issuer that is a list": {"iss": ["http://127.0.0.1"]},
    "another audience": {"aud": "somebody-else"},
    "other audiences": {"aud": ["account", "somebody-else"]},
    "an audience that only begins like ours": {"aud": AUDIENCE + "s"},
    "no audience": {"aud": DROPPED},
    "an empty audience": {"aud": []},
    "an audience in a table": {"aud": {AUDIENCE: True}},
    "no expiry": {"exp": DROPPED},
    "an expiry of null": {"exp": None},
    "an expiry in words": {"exp": "tomorrow"},
    "an expiry that is true": {"exp": True},
    "an expiry at the end of time": {"exp": 10**30},
    "an expiry that is infinite": {"exp": float("inf")},
    "not yet valid": {"nbf": NOW + HOUR},
    "issued in the future": {"iat": NOW + HOUR, "exp": NOW + 2 * HOUR},
    "no time of issue": {"iat": DROPPED},
    "nobody": {"sub": DROPPED},
    "an empty subject": {"sub": ""},
    "a subject that is a number": {"sub": 1},
    "a subject that is too long": {"sub": "x" * 256},
    "a subject with a NUL": {"sub": "f3a1c9\x00"},
    "half a character as a subject": {"sub": "\ud800"},
    "the public key of a project": {"role": "anon"},
    "the programs of a project": {"role": "service_role"},
    "somebody without a name": {"is_anonymous": True},
    "somebody without a name, in words": {"is_anonymous": "true"},
    "a logout token": {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}},
    "a refresh token": {"typ": "Refresh"},
    "a token that works offline": {"typ": "Offline"},
    "a token of an action": {"typ": "reset-credentials"},
    "bound to a key": {"cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}},
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_token_that_says_the_wrong_thing_is_refused(issuer: Issuer, providers: Providers, wrong: str) -> None:
    with pytest.raises(AuthenticationFailed) as refused:
        await providers.of(issuer).prove(issuer.token(claims=WRONG[wrong]))
    assert not isinstance(refused.value, TokenExpired)


async def test_the_issuer_is_compared_whole_with_a_slash_at_its_end_or_without(providers: Providers) -> None:
    for slash in (False, True):
        issuer = Issuer(slash=slash)
        try:
            assert (await providers.of(issuer).prove(issuer.token())).issuer == issuer.name
            # The discovery of both is at the same address: what it calls itself must be what the settings call it.
            other = issuer.url if slash else issuer.url + "/"
            with pytest.raises(TryLater, match="calls itself"):
                await providers.of(issuer, name=other).prove(issuer.token(claims={"iss": other}))
            straight = providers.of(issuer, url=f"{issuer.url}/certs")
            with pytest.raises(AuthenticationFailed):
                await straight.prove(issuer.token(claims={"iss": other}))
        finally:
            issuer.stop()


async def test_what_has_expired_is_told_from_what_never_was_right(issuer: Issuer, providers: Providers) -> None:
    provider = providers.of(issuer)
    old = NOW - 2 * HOUR
    with pytest.raises(TokenExpired):
        await provider.prove(issuer.token(at=old))
    for claims in ({"aud": "somebody-else"}, {"iss": "https://login.eve.example"}):
        with pytest.raises(AuthenticationFailed) as refused:
            await provider.prove(issuer.token(at=old, claims=claims))
        assert not isinstance(refused.value, TokenExpired)
    with pytest.raises(AuthenticationFailed) as forged:
        await provider.prove(issuer.token(at=old, key=ECKey.generate_key("P-256"), kid=issuer.keys["EC"].kid))
    assert not isinstance(forged.value, TokenExpired)


@pytest.mark.parametrize("kind", ["logout+jwt", "secevent+jwt", "dpop+jwt", "JWE", "application/logout+jwt"])
async def test_what_calls_itself_something_else_is_no_sign_in(issuer: Issuer, providers: Providers, kind: str) -> None:
    with pytest.raises(AuthenticationFailed):
        await providers.of(issuer).prove(issuer.token(header={"typ": kind}))


@pytest.mark.parametrize("kind", ["at+jwt", "AT+JWT", "application/at+jwt", "jwt", None])
async def test_access_tokens_may_say_so(issuer: Issuer, providers: Providers, kind: str | None) -> None:
    assert await providers.of(issuer).prove(issuer.token(header={"typ": kind}))


async def test_header_fields_that_nobody_knows_change_nothing_unless_they_are_critical(
    issuer: Issuer, providers: Providers
) -> None:
    provider = providers.of(issuer)
    assert await provider.prove(issuer.token(header={"ver": "2"}))
    token = issuer.token()
    for critical in (["ver"], ["b64"], [], "b64"):
        head = {"alg": "ES256", "kid": issuer.keys["EC"].kid, "crit": critical, "ver": "2", "b64": True}
        with pytest.raises(AuthenticationFailed):
            await provider.prove(_b64(json.dumps(head).encode()) + token[token.index(".") :])


# --- algorithms and keys --------------------------------------------------------------------------------------------


async def test_a_published_key_is_no_shared_secret(issuer: Issuer, providers: Providers) -> None:
    """The old trick: HS256 with a key that everybody can read; also where a shared secret is taken beside the keys."""
    for secret in (None, SECRET):
        provider = providers.of(issuer, secret=secret)
        for key in issuer.keys.values():
            public = key.as_dict(private=False)
            for octets in (
                key.as_pem(private=False),
                key.as_der(private=False),
                json.dumps(public).encode(),
                str(public.get("n", public.get("x"))).encode(),
                b"",
            ):
                for kid in (key.kid, None):
                    with pytest.raises(AuthenticationFailed):
                        await provider.prove(_hs256(issuer, octets, kid))


async def test_a_shared_secret_is_believed_when_the_settings_have_it_and_no_other(
    issuer: Issuer, providers: Providers
) -> None:
    token = issuer.token(alg="HS256", key=shared())
    assert await providers.of(issuer, secret=SECRET).prove(token)
    for secret in (None, SECRET + " ", "another secret that is long enough, too"):
        with pytest.raises(AuthenticationFailed):
            await providers.of(issuer, secret=secret).prove(token)
    # The keys go on beside it: a project that moves from one to the other has both for a while.
    assert await providers.of(issuer, secret=SECRET).prove(issuer.token())


async def test_a_shared_secret_that_is_published_is_never_a_key(turning: Issuer, providers: Providers) -> None:
    turning.jwks = {
        "keys": [
            {"kty": "oct", "k": _b64(SECRET.encode()), "kid": "shared", "alg": "HS256"},
            *turning.published()["keys"],
        ]
    }
    provider = providers.of(turning)
    for alg in ("HS256", "HS384", "HS512"):
        with pytest.raises(AuthenticationFailed):
            await provider.prove(turning.token(alg=alg, key=shared(), kid="shared"))
    assert await provider.prove(turning.token())


@pytest.mark.filterwarnings("ignore:EdDSA")
async def test_a_key_is_used_for_its_own_kind_only(issuer: Issuer, providers: Providers) -> None:
    provider = providers.of(issuer)
    for alg, other in (("RS256", "EC"), ("ES256", "RSA"), ("EdDSA", "RSA"), ("PS256", "OKP")):
        with pytest.raises(AuthenticationFailed):
            await provider.prove(issuer.token(alg=alg, kid=issuer.keys[other].kid))


async def test_a_key_that_says_its_algorithm_is_for_no_other(turning: Issuer, providers: Providers) -> None:
    rsa = turning.keys["RSA"].as_dict(private=False)
    turning.jwks = {"keys": [{**rsa, "alg": "RS256"}]}
    provider = providers.of(turning)
    assert await provider.prove(turning.token(alg="RS256"))
    with pytest.raises(AuthenticationFailed):
        await provider.prove(turning.token(alg="PS256"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", "HS256", "ES384", "RS384", "RS512", "ES256K", "dir"])
async def test_an_algorithm_that_was_not_chosen_is_refused_and_nobody_is_asked(
    turning: Issuer, providers: Providers, alg: str
) -> None:
    _, claims, signature = turning.token().split(".")
    for kid in (turning.keys["EC"].kid, "invented"):
        head = _b64(json.dumps({"alg": alg, "kid": kid}).encode())
        for tail in (signature, ""):
            with pytest.raises(AuthenticationFailed):
                await providers.of(turning).prove(f"{head}.{claims}.{tail}")
    assert turning.asked == []


async def test_keys_that_a_token_brings_along_are_not_looked_at(turning: Issuer, providers: Providers) -> None:
    eve = ECKey.generate_key("P-256", auto_kid=True)
    provider = providers.of(turning)
    for header in (
        {"jwk": eve.as_dict(private=False)},
        {"jku": f"http://127.0.0.1:{turning.port}/eve/certs"},
        {"x5u": f"http://127.0.0.1:{turning.port}/eve.pem"},
        {"x5c": ["MIIB"]},
    ):
        for kid in (eve.kid, turning.keys["EC"].kid, None):
            with pytest.raises(AuthenticationFailed):
                await provider.prove(turning.token(key=eve, kid=kid, header=header))
    assert all("eve" not in path for path in turning.asked)


async def test_a_signature_of_nothing_is_no_signature(issuer: Issuer, providers: Providers) -> None:
    head, claims, _ = issuer.token().split(".")
    for signature in (b"\x00" * 64, b"", b"\x00" * 63, b"\xff" * 64):  # r = s = 0 was believed elsewhere once
        with pytest.raises(AuthenticationFailed):
            await providers.of(issuer).prove(f"{head}.{claims}.{_b64(signature)}")


@pytest.mark.filterwarnings("ignore")
async def test_weak_and_odd_keys_are_passed_over(turning: Issuer, providers: Providers) -> None:
    short = RSAKey.generate_key(1024, auto_kid=True)
    p384, ed448 = ECKey.generate_key("P-384", auto_kid=True), OKPKey.generate_key("Ed448", auto_kid=True)
    good = turning.published()["keys"]
    turning.jwks = {
        "keys": [
            short.as_dict(private=False),
            p384.as_dict(private=False),
            ed448.as_dict(private=False),
            {**good[1], "kid": "off", "x": good[1]["y"]},  # not on the curve
            {**good[1], "kid": "enc", "use": "enc"},
            {**good[1], "kid": "ops", "key_ops": ["deriveKey"]},
            {**good[1], "kid": 7},
            None,
            "key",
            *good,
        ]
    }
    provider = providers.of(turning)
    for kid in (short.kid, p384.kid, ed448.kid, "off", "enc", "ops"):
        for alg in ("RS256", "ES256", "EdDSA"):
            with pytest.raises(AuthenticationFailed):
                await provider.prove(turning.token(alg=alg, kid=kid))
    assert await provider.prove(turning.token())


async def test_a_token_without_the_name_of_its_key_is_believed_when_there_is_one_only(
    turning: Issuer, providers: Providers
) -> None:
    provider = providers.of(turning)
    assert await provider.prove(turning.token(kid=None))
    turning.rotate(keep=True)
    with pytest.raises(AuthenticationFailed):  # two of that kind: which one is not ours to guess
        await providers.of(turning).prove(turning.token(kid=None))
    unnamed = {name: value for name, value in turning.keys["EC"].as_dict(private=False).items() if name != "kid"}
    turning.jwks = {"keys": [unnamed]}
    assert await providers.of(turning).prove(turning.token(kid=None))
    with pytest.raises(AuthenticationFailed):
        await providers.of(turning).prove(turning.token())


async def test_new_keys_are_found_when_the_issuer_turns_to_them_and_old_ones_end(
    turning: Issuer, providers: Providers, clock: Clock
) -> None:
    provider = providers.of(turning)
    old = turning.token()
    assert await provider.prove(old)
    clock.at += REFETCH_SECONDS
    turning.rotate(keep=True)
    assert await provider.prove(turning.token())
    assert await provider.prove(old)
    turning.old = {}
    clock.at += KEPT_SECONDS
    await provider.prove(old)  # begins to look, and waits for nothing
    assert provider.keys._renewing is not None
    await provider.keys._renewing
    with pytest.raises(AuthenticationFailed):
        await provider.prove(old)
    assert await provider.prove(turning.token())


async def test_invented_names_of_keys_do_not_make_us_ask_again_and_again(
    turning: Issuer, providers: Providers, clock: Clock
) -> None:
    provider = providers.of(turning)
    await provider.prove(turning.token())
    clock.at += REFETCH_SECONDS
    before = len(turning.asked)
    for number in range(30):
        with pytest.raises(AuthenticationFailed):
            await provider.prove(turning.token(kid=f"invented {number}"))
    assert len(turning.asked) - before == 2  # the discovery and the keys, once


# --- discovery ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"[" * 100_000,
        b"x" * 300_000,
        {"issuer": "https://login.eve.example", "jwks_uri": "http://127.0.0.1/certs"},
        {"jwks_uri": "http://127.0.0.1/certs"},
        {"issuer": ...},
        {"issuer": ..., "jwks_uri": 7},
        {"issuer": ..., "jwks_uri": "file:///etc/passwd"},
        {"issuer": ..., "jwks_uri": "/certs"},
        {"issuer": ..., "jwks_uri": "http://["},
        {"issuer": ..., "jwks_uri": "http://127.0.0.1:99999/certs"},
    ],
)
async def test_a_discovery_that_is_not_the_issuers_own_is_not_followed(
    turning: Issuer, providers: Providers, said: Any
) -> None:
    if isinstance(said, dict):
        said = {name: turning.name if value is ... else value for name, value in said.items()}
    turning.discovery = said
    with pytest.raises(TryLater):
        await providers.of(turning).prove(turning.token())
    assert turning.asked == ["/realms/people/.well-known/openid-configuration"]


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_a_discovery_that_does_not_answer_is_asked_again_later(
    turning: Issuer, providers: Providers, clock: Clock, status: int
) -> None:
    provider = providers.of(turning)
    turning.status = status
    for _ in range(3):
        with pytest.raises(TryLater):
            await provider.prove(turning.token())
    assert len(turning.asked) == 1
    turning.status = 200
    clock.at += REFETCH_SECONDS
    assert await provider.prove(turning.token())


async def test_an_issuer_reached_by_tls_publishes_its_keys_by_tls(turning: Issuer) -> None:
    from mailwright.connectors.jwks import is_address

    assert is_address("https://keys.example/certs", secure=True)
    assert not is_address("http://keys.example/certs", secure=True)
    assert is_address("http://keys.example/certs", secure=False)


# --- what a token proves --------------------------------------------------------------------------------------------


async def _address(provider: Provider, token: str) -> str | None:
    proven: Proven = await provider.prove(token)
    return proven.address


@pytest.mark.parametrize("said", [False, None, "true", "false", 1, [], DROPPED])
async def test_an_address_counts_when_its_issuer_says_that_it_was_verified(
    issuer: Issuer, providers: Providers, said: Any
) -> None:
    provider, trusting = providers.of(issuer), providers.of(issuer, trusts_mail=True)
    token = issuer.token(claims={"email_verified": said})
    assert await _address(provider, token) is None
    assert await _address(trusting, token) == (ADA if said is DROPPED else None)
    assert await _address(provider, issuer.token()) == ADA


@pytest.mark.parametrize("address", [DROPPED, None, "", 7, [ADA], {"email": ADA}])
async def test_what_is_no_address_is_none(issuer: Issuer, providers: Providers, address: Any) -> None:
    token = issuer.token(claims={"email": address, "preferred_username": ADA, "upn": ADA})
    assert await _address(providers.of(issuer, trusts_mail=True), token) is None


async def test_what_people_write_into_their_profiles_proves_nothing(issuer: Issuer, providers: Providers) -> None:
    provider = providers.of(issuer, audience="authenticated", trusts_mail=True)
    profile = {"email": "bashir@mailwright.test", "email_verified": True, "sub": "somebody else", "aal": "aal2"}
    proven = await provider.prove(issuer.supabase(claims={"user_metadata": profile}))
    assert (proven.address, proven.strong) == (ADA, False)
    assert proven.subject == "8d4f6c52-3b0e-4f3a-9c77-0a8c3a1f7e21"


@pytest.mark.parametrize("alg", ["ES256", "RS256", "HS256"])
async def test_a_token_of_supabase_is_believed_as_it_is(issuer: Issuer, providers: Providers, alg: str) -> None:
    key = shared() if alg == "HS256" else None
    token = issuer.supabase(alg=alg, key=key, kid="" if key is None else "legacy")
    for trusts, address in ((False, None), (True, ADA)):
        provider = providers.of(issuer, audience="authenticated", secret=SECRET, trusts_mail=trusts)
        assert await _address(provider, token) == address


@pytest.mark.parametrize(
    "claims",
    [
        {"role": "anon", "sub": DROPPED, "aud": DROPPED, "iss": "supabase"},
        {"role": "service_role", "sub": DROPPED, "aud": DROPPED, "iss": "supabase"},
        {"role": "anon", "aud": "anon"},
        {"role": "service_role"},
        {"is_anonymous": True, "email": ""},
        {"aud": "anon"},
    ],
)
async def test_what_a_supabase_project_gives_to_nobody_in_particular_opens_nothing(
    issuer: Issuer, providers: Providers, claims: dict[str, Any]
) -> None:
    provider = providers.of(issuer, audience="authenticated", secret=SECRET, trusts_mail=True)
    with pytest.raises(AuthenticationFailed):
        await provider.prove(issuer.supabase(claims=claims, alg="HS256", key=shared()))


@pytest.mark.parametrize(
    ("claims", "strong"),
    [
        ({"aal": "aal2"}, True),
        ({"amr": ["pwd", "mfa"]}, True),
        ({"amr": ["pwd", "otp"]}, False),
        ({"amr": "mfa"}, False),
        ({"amr": [{"method": "totp"}], "aal": "aal1"}, False),
        ({"acr": "1"}, False),
    ],
)
async def test_a_second_factor_is_what_the_issuer_calls_so(
    issuer: Issuer, providers: Providers, claims: dict[str, Any], strong: bool
) -> None:
    assert (await providers.of(issuer).prove(issuer.token(claims=claims))).strong is strong


async def test_one_of_several_audiences_may_be_ours(issuer: Issuer, providers: Providers) -> None:
    assert await providers.of(issuer).prove(issuer.token(claims={"aud": ["account", AUDIENCE], "typ": "Bearer"}))


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b", "a.b.c", "....", "e30.e30.", "é.é.é", "W10.e30.AA", "A" * 9000, "bnVsbA.e30.AA", "a.b.c.d.e"],
)
async def test_what_is_no_token_is_refused_and_nobody_is_asked(
    turning: Issuer, providers: Providers, token: str
) -> None:
    with pytest.raises(AuthenticationFailed):
        await providers.of(turning, secret=SECRET).prove(token)
    assert turning.asked == []


async def test_claims_that_are_no_table_are_refused(issuer: Issuer, providers: Providers) -> None:
    for payload in (b"[]", b"null", b"1", b'"x"', b"{", b"[" * 3000):
        with pytest.raises(AuthenticationFailed):
            await providers.of(issuer, secret=SECRET).prove(_hs256(issuer, SECRET.encode(), None, payload))


def _hs256(issuer: Issuer, secret: bytes, kid: str | None, payload: bytes | None = None) -> str:
    head = {"alg": "HS256", "typ": "JWT", **({} if kid is None else {"kid": kid})}
    if payload is None:
        said = {"iss": issuer.name, "sub": "f3a1c9", "aud": AUDIENCE, "exp": NOW + HOUR, "iat": NOW}
        payload = json.dumps({**said, "email": ADA, "email_verified": True}).encode()
    signing = f"{_b64(json.dumps(head).encode())}.{_b64(payload)}"
    return f"{signing}.{_b64(hmac.new(secret, signing.encode(), hashlib.sha256).digest())}"


def _b64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
