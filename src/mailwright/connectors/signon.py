"""A client at an OpenID Connect provider: people are sent there to sign in, come back with a code, and it is exchanged for who they are.

Made by the roof (`mailwright.signon`), one for each provider; asked by `core.signon`.
Promises: the authorization code flow with PKCE (RFC 7636, S256 only), a state and a nonce for each errand; who answers is the issuer that
was asked (RFC 9207); the ID token is the issuer's, for us, for now, of this errand and of this access token. Where it says nothing of the
address the provider's user info is asked, and counts for the same person only. Nothing of this is in a log, an error or a repr.
Does not: keep tokens.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from mailwright.connectors.jwks import DISCOVERY, Unsatisfied, Web, answer_of, client_by, is_address, json_of
from mailwright.connectors.oidc import Provider, check, header_of, signed, subject_of
from mailwright.domain.clock import SECOND
from mailwright.domain.refusals import AuthenticationFailed, TryLater, UnknownKey
from mailwright.domain.signon import Ended, Errand, NotSignedOn, Returned

SECONDS = 10.0  # for one call: somebody waits for the page
KEPT_SECONDS = 1800.0  # what the provider says of itself is believed this long
MAX_WORD = 255  # characters of a session's name or a token's id
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_KINDS = ("", "jwt", "logout+jwt", "application/logout+jwt")
HASHES = {
    "EdDSA": "sha512",
    "Ed25519": "sha512",
}  # RFC 8032 §5.1: what Ed25519 hashes with; SHA-256 for every other of ours
LATE_SECONDS = 300  # a logout token without an end of its own is good for this long


@dataclass(frozen=True, slots=True)
class Place:
    """What a provider says of itself: where to go with what."""

    authorization: str
    token: str
    user_info: str | None
    end_session: str | None
    methods: tuple[str, ...]
    names_itself: bool  # RFC 9207 §3: its answers have `iss`


class Client:
    """Our client at one provider. `web` is the way to one that a tenant named, as for `Keys`. Belongs to one event loop."""

    def __init__(
        self,
        provider: Provider,
        client_id: str,
        secret: str | None,
        scopes: str,
        *,
        web: Web | None = None,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._provider = provider
        self._client_id = client_id
        self._secret = secret
        self._scopes = scopes
        self._web = web
        self._seconds = seconds
        self._clock = clock
        self._http: httpx.AsyncClient | None = None
        self._place: Place | None = None
        self._place_at = 0.0

    def __repr__(self) -> str:
        return "Client()"

    async def close(self) -> None:
        """Let go of connections."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def errand(self, redirect_uri: str, *, hint: str = "") -> Errand:
        """Send somebody. `hint` is their address, when they said it. Raises TryLater."""
        place = await self.place()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        # RFC 7636 §4.2: pages on the way see only the digest.
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": self._scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if hint:
            asked["login_hint"] = hint
        url = f"{place.authorization}{'&' if '?' in place.authorization else '?'}{urlencode(asked)}"
        return Errand(url, state, nonce, verifier)

    async def returned(self, code: str, redirect_uri: str, *, verifier: str, nonce: str, iss: str | None) -> Returned:
        """Who came back with that code. `iss` is what the answer said of who gives it. Raises NotSignedOn, TryLater."""
        place = await self.place()
        if iss is None if place.names_itself else False:
            raise NotSignedOn("failed", "the answer does not say who gives it")
        if iss is not None and iss != self._provider.issuer:  # RFC 9207 §2.4: another provider's, mixed up with ours
            raise NotSignedOn("failed", "the answer is of another issuer")
        said = await self._exchange(place, code, redirect_uri, verifier)
        access, token = said.get("access_token"), said.get("id_token")
        if not isinstance(token, str) or not isinstance(access, str) or not access.isascii():
            raise NotSignedOn("failed", "the provider gave no ID token")
        try:
            claims, algorithm = await self._provider.identity(token, self._client_id)
            _check_errand(claims, nonce, access, algorithm)
            if place.user_info is not None and "email" not in claims:
                claims = await self._with_user_info(place.user_info, claims, access)
            return Returned(self._provider.proven(claims), _word(claims.get("sid")), token)
        except NotSignedOn:
            raise
        except UnknownKey as refusal:  # it is newer than our last look, which was a moment ago
            raise NotSignedOn("away", str(refusal)) from None
        except AuthenticationFailed as refusal:
            raise NotSignedOn("failed", str(refusal)) from None

    async def ended(self, token: str) -> Ended:
        """What a logout token says (OpenID Connect Back-Channel Logout 1.0 §2.6). Raises AuthenticationFailed, TryLater."""
        header = header_of(token)
        claims = await signed(token, header, self._provider.keys, None)
        claims.setdefault("exp", _late(claims.get("iat")))
        check(claims, (self._provider.issuer,), self._client_id)
        events = claims.get("events")
        if str(header.get("typ", "")).lower() not in LOGOUT_KINDS or "nonce" in claims:
            raise AuthenticationFailed("the token is none that tells of a sign-out")
        if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
            raise AuthenticationFailed("the token is none that tells of a sign-out")
        jti, session = _word(claims.get("jti")), _word(claims.get("sid"))
        subject = None if claims.get("sub") is None else subject_of(claims)
        if jti is None or (session is None and subject is None):
            raise AuthenticationFailed("the token does not say whose sign-out it is of")
        times = int(claims["iat"] * SECOND), int(claims["exp"] * SECOND)
        return Ended(self._provider.issuer, jti, subject, session, *times)

    async def farewell(self, back: str, *, id_token: str | None, hint: str) -> str | None:
        """Where to send somebody who signs out, so that they are signed out there; None where there is no such place. Raises TryLater."""
        place = (await self.place()).end_session
        if place is None:
            return None
        # OpenID Connect RP-Initiated Logout 1.0 §2: with the token nobody is asked whether they mean it.
        asked = {"client_id": self._client_id, "post_logout_redirect_uri": back}
        asked |= {"id_token_hint": id_token} if id_token else {"logout_hint": hint}
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"

    async def place(self) -> Place:
        """What the provider says of itself. Raises TryLater."""
        if self._place is None or self._clock() - self._place_at >= KEPT_SECONDS:
            issuer = self._provider.issuer
            content = await self._ask("GET", issuer.rstrip("/") + DISCOVERY)
            self._place, self._place_at = _place_of(json_of(content), issuer), self._clock()
        return self._place

    async def _exchange(self, place: Place, code: str, redirect_uri: str, verifier: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"Accept": "application/json"}
        if self._secret is not None and "client_secret_basic" in place.methods:
            # RFC 6749 §2.3.1: both are encoded as in forms, then joined.
            pair = f"{quote(self._client_id, safe='')}:{quote(self._secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form["client_id"] = self._client_id
            form |= {} if self._secret is None else {"client_secret": self._secret}
        try:
            content = await self._ask("POST", place.token, data=form, headers=headers)
        except Unsatisfied as refusal:
            word = _error_of(refusal.content)
            # RFC 6749 §5.2: a code that was used or is too old is the person's to mend; all else is the settings'.
            if word == "invalid_grant":
                raise NotSignedOn("expired", "the provider does not take the code") from None
            raise NotSignedOn("failed", f"the provider did not take our client ({word})") from None
        said = json_of(content)
        if not isinstance(said, dict):
            raise NotSignedOn("failed", "the provider's tokens cannot be read")
        return said

    async def _with_user_info(self, url: str, claims: dict[str, Any], access: str) -> dict[str, Any]:
        """The claims, with what the provider's user info says of the person and no more. OpenID Connect Core 1.0 §5.3.2: of the same one."""
        try:
            said = json_of(await self._ask("GET", url, headers={"Authorization": f"Bearer {access}"}))
        except Unsatisfied:
            raise NotSignedOn("failed", "the provider does not take its own token") from None
        if not isinstance(said, dict) or said.get("sub") != claims.get("sub"):
            raise NotSignedOn("failed", "the provider's user info is of somebody else")
        proof = ("iss", "sub", "aud", "exp", "iat", "amr", "acr", "aal", "sid", "azp")  # never from what nobody signed
        return {**{name: value for name, value in said.items() if name not in proof}, **claims}

    async def _ask(self, method: str, url: str, **options: Any) -> bytes:
        if self._http is None:
            self._http = client_by(self._web, self._seconds)
        return await answer_of(self._http, method, url, seconds=self._seconds, **options)


def _place_of(said: Any, issuer: str) -> Place:
    """OpenID Connect Discovery 1.0 §4.3: it is the issuer's own, to the letter. Raises TryLater."""
    if not isinstance(said, dict) or said.get("issuer") != issuer:
        named = said.get("issuer") if isinstance(said, dict) else None
        raise TryLater(f"the issuer calls itself {str(named)[:200]!r} and not {issuer!r}")
    secure = issuer.startswith("https://")

    def address(name: str) -> str | None:
        found = said.get(name)
        return found if isinstance(found, str) and is_address(found, secure=secure) else None

    authorization, token = address("authorization_endpoint"), address("token_endpoint")
    if authorization is None or token is None:
        raise TryLater("the issuer does not say where people sign in")
    methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Place(
        authorization,
        token,
        address("userinfo_endpoint"),
        address("end_session_endpoint"),
        tuple(str(each) for each in methods) if isinstance(methods, list) else (),
        said.get("authorization_response_iss_parameter_supported") is True,
    )


def _check_errand(claims: dict[str, Any], nonce: str, access: str, algorithm: str) -> None:
    """That the ID token is of this errand (its nonce), and of the access token beside it (OpenID Connect Core 1.0 §3.1.3.8)."""
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode("utf-8", "replace"), nonce.encode()):
        raise NotSignedOn("failed", "the ID token is not of this sign-in")
    if "at_hash" in claims:
        digest = hashlib.new(HASHES.get(algorithm, "sha256"), access.encode()).digest()
        half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
        if claims["at_hash"] != half:
            raise NotSignedOn("failed", "the ID token is not of the access token beside it")


def _word(value: object) -> str | None:
    """A name of the provider's for something, as tables take it."""
    fits = isinstance(value, str) and 0 < len(value) <= MAX_WORD and value.isprintable()
    return str(value) if fits else None


def _late(issued: object) -> float:
    return issued + LATE_SECONDS if isinstance(issued, int | float) and not isinstance(issued, bool) else 0


def _error_of(content: bytes) -> str:
    """RFC 6749 §5.2: the word; nothing else of the answer is repeated."""
    try:
        word = str(json.loads(content)["error"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return "no word for it"
    return word[:40] if word.isascii() and word.isprintable() else "no word for it"
