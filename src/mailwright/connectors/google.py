"""Google's OAuth: a person allows us their Gmail, and we get, renew and give back the tokens for it.

Made by `installation`, once for a process; `core.connections` asks it while an account is connected, `connectors.gmail` when a token
has to be renewed. Promises: a code is worth nothing without the verifier of whoever began (PKCE, RFC 7636); tokens and the client's
secret stand in no error, log or repr. Refused and AuthenticationFailed say that the person must allow it (again); TryLater that Google, or what
our settings say of the client, is not well, and the log says which.
Does not: keep tokens (core seals them), ask for more than reading, labelling and drafting mail.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx
import structlog

from mailwright.domain import clock
from mailwright.domain.clock import SECOND, Instant
from mailwright.domain.elsewhere import Refused
from mailwright.domain.refusals import AuthenticationFailed, BadInput, TryLater

if TYPE_CHECKING:
    from mailwright.connectors.gmailwire import Wire

SCOPE = "https://www.googleapis.com/auth/gmail.modify"
"""Read, label, draft. It covers sending, too, which nothing of ours asks for: `gmail` has no call that sends."""
AUTH_URL = "https://accounts.google.com/o/oauth2/v2/auth"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
REVOKE_URL = "https://oauth2.googleapis.com/revoke"
SECONDS = 15.0  # for one call: somebody waits for the page
MAX_ANSWER_OCTETS = 64 * 1024
VERIFIER_OCTETS = 64  # RFC 7636 §4.1: 43 to 128 characters; this makes 86
LIFE_SECONDS = 3600  # of an access token, when nobody says
MAX_LIFE_SECONDS = 24 * 3600
_FINAL = frozenset(
    ["invalid_grant", "access_denied"]
)  # the person's word is needed; all else is ours or Google's to mend

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What lets us at one account. `access` is good until `expires_at`; `refresh` gets new ones until its owner takes it back."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: Instant
    scope: str

    def as_json(self) -> str:
        """For core to seal and keep."""
        values = {"access": self.access, "refresh": self.refresh, "expires_at": self.expires_at, "scope": self.scope}
        return json.dumps(values)

    @classmethod
    def of_json(cls, text: str) -> Tokens:
        """What `as_json` wrote. Raises BadInput."""
        try:
            values = json.loads(text)
            return cls(
                str(values["access"]), str(values["refresh"]), int(values["expires_at"]), str(values.get("scope", ""))
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BadInput("these are no tokens of Google's") from None


class Google:
    """The OAuth client of this installation. Belongs to one event loop; `await close()` ends it and every Gmail made with it."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        *,
        auth_url: str = AUTH_URL,
        token_url: str = TOKEN_URL,
        revoke_url: str = REVOKE_URL,
        seconds: float = SECONDS,
    ) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._auth_url = auth_url
        self._token_url = token_url
        self._revoke_url = revoke_url
        self._seconds = seconds
        self._client: httpx.AsyncClient | None = None
        self._wires: dict[str, Wire] = {}

    def __repr__(self) -> str:
        return "Google()"

    async def close(self) -> None:
        """Let connections and threads go."""
        if self._client is not None:
            await self._client.aclose()
        for wire in self._wires.values():
            wire.close()

    def wire(self, url: str) -> Wire:
        """Where calls of Gmail's API at that address go through; every account shares it."""
        if url not in self._wires:
            from mailwright.connectors.gmailwire import Wire  # with the first account, not at start

            self._wires[url] = Wire(url)
        return self._wires[url]

    def authorization(self, redirect_uri: str, state: str, *, hint: str = "") -> tuple[str, str]:
        """The page where a person allows us their mail, and the verifier to keep until they come back. `hint` is their address."""
        verifier = secrets.token_urlsafe(VERIFIER_OCTETS)
        # RFC 7636 §4.2: the page sees only the digest.
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": SCOPE,
            "state": state,
            "access_type": "offline",  # with a refresh token …
            "prompt": "consent",  # … which Google gives again only when it asks again
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if hint:
            asked["login_hint"] = hint
        return f"{self._auth_url}{'&' if '?' in self._auth_url else '?'}{urlencode(asked)}", verifier

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """The tokens for the code that a person came back with. Raises Refused, TryLater."""
        try:
            said = await self._ask(
                grant_type="authorization_code", code=code, code_verifier=verifier, redirect_uri=redirect_uri
            )
        except AuthenticationFailed:  # RFC 6749 §5.2: the code was used before, is too old, or is another's
            raise Refused("expired") from None
        tokens = _tokens(said, refresh="")
        if SCOPE not in tokens.scope.split():  # people may untick it on Google's page
            raise Refused("scope")
        if not tokens.refresh:
            log.error("google.no_refresh_token")
            raise Refused("failed")
        return tokens

    async def refresh(self, tokens: Tokens) -> Tokens:
        """New ones. Raises AuthenticationFailed when its owner took them back, TryLater."""
        said = await self._ask(grant_type="refresh_token", refresh_token=tokens.refresh)
        return _tokens(said, refresh=tokens.refresh, scope=tokens.scope)

    async def revoke(self, tokens: Tokens) -> None:
        """Give them back; what Google does not know any more is given back already. Raises TryLater."""
        status, said = await self._post(self._revoke_url, {"token": tokens.refresh or tokens.access})
        if status != 200 and said.get("error") != "invalid_token":
            raise _failed(status, said)

    async def _ask(self, **form: str) -> dict[str, Any]:
        # RFC 6749 §2.3.1 (the client) and §4.1.3, §6 (what is asked for).
        asked = {"client_id": self._client_id, "client_secret": self._client_secret, **form}
        status, said = await self._post(self._token_url, asked)
        if status == 200 and isinstance(said.get("access_token"), str) and said["access_token"]:
            return said
        raise _failed(status, said)

    async def _post(self, url: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if self._client is None:
            # A proxy of the environment has no business with people's tokens.
            self._client = httpx.AsyncClient(timeout=self._seconds, trust_env=False, follow_redirects=False)
        try:
            async with self._client.stream("POST", url, data=form) as answer:
                body = bytearray()
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > MAX_ANSWER_OCTETS:
                        break
        except httpx.HTTPError as error:
            log.warning("google.away", error=type(error).__name__)
            raise TryLater("Google cannot be reached; it is tried again") from None
        try:
            said = json.loads(bytes(body))
        except (ValueError, RecursionError):
            said = None
        return answer.status_code, said if isinstance(said, dict) else {}


def _failed(status: int, said: dict[str, Any]) -> AuthenticationFailed | TryLater:
    word = said.get("error")
    code = word if isinstance(word, str) and len(word) <= 60 and word.isascii() else ""
    if code in _FINAL and 400 <= status < 500:
        return AuthenticationFailed("Google does not let us in any more: sign in there again")
    away = status >= 500 or status == 429
    tell = log.warning if away else log.error  # the rest is wrong in our settings, or in Google's
    tell("google.failed", status=status, code=code)
    return TryLater("Google gives no access just now; it is tried again")


def _tokens(said: dict[str, Any], *, refresh: str, scope: str = "") -> Tokens:
    given, life, told = said.get("refresh_token"), said.get("expires_in"), said.get("scope")
    seconds = life if isinstance(life, int) and 0 <= life <= MAX_LIFE_SECONDS else LIFE_SECONDS
    return Tokens(
        said["access_token"],
        given if isinstance(given, str) and given else refresh,
        clock.now() + seconds * SECOND,
        told if isinstance(told, str) and told else scope,
    )
