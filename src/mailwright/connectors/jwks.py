"""The keys that a service signs its tokens with, as it publishes them (RFC 7517): fetched, kept, and fetched again when they change.

Used by `connectors.oidc`. `Keys(url)` knows where they are; `Keys(issuer=…)` asks the issuer first (OpenID Connect Discovery 1.0 §4).
Promises: a key is handed out for an algorithm that is its own (its kind, its curve, and its "alg" where it has one), so that what a
token asks for can never turn a key into something else; what is published as a shared secret is never a key. Keys are asked for when
a token names one that is not known, once in REFETCH_SECONDS at most, however many such tokens come. When they cannot be had that is
TryLater: the caller may be who it says, and comes back. Redirects are not followed. `web` is the way to an issuer that a tenant named:
neither it nor the addresses it names of itself lead inside our own network then.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from mailwright.connectors.publicweb import PublicTransport, PublicWeb, Unreachable
from mailwright.domain.refusals import TryLater, UnknownKey

SECONDS = 10.0  # for one fetch
KEPT_SECONDS = 1800.0  # then it is looked whether a key was withdrawn, while nobody waits
BELIEVED_SECONDS = 3600.0  # keys are believed this long without a look: then whoever comes waits for it
OUTLIVED_SECONDS = 24 * 3600.0  # ... and this long when the service that publishes them does not answer
REFETCH_SECONDS = 30.0  # between two fetches, whatever tokens ask for
MAX_OCTETS = 256 * 1024  # of one answer
MAX_KEYS = 50
MIN_KEY_BITS = 2048  # RFC 7518 §3.3
DISCOVERY = "/.well-known/openid-configuration"

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
"""What is believed of an issuer that says nothing else: RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2. No shared secrets."""

Key = RSAKey | ECKey | OKPKey
Web = Callable[[], PublicWeb]

log = structlog.get_logger(__name__)


class Keys:
    """The keys an issuer publishes: at `url`, or where the `issuer` says they are. Belongs to one event loop."""

    def __init__(
        self,
        url: str | None = None,
        *,
        issuer: str | None = None,
        algorithms: Collection[str] = ("RS256",),
        web: Web | None = None,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.algorithms = algorithms
        self._url = url
        self._issuer = issuer
        self._web = web
        self._seconds = seconds
        self._clock = clock
        self._client: httpx.AsyncClient | None = None
        self._keys: dict[tuple[str, str], Key] = {}  # by name and algorithm
        self._fetched_at: float | None = None  # the last time they came
        self._asked_at: float | None = None  # the last time they were asked for
        self._failed = ""  # why they did not come, that time
        self._fetching = asyncio.Lock()
        self._renewing: asyncio.Task[None] | None = None

    async def named(self, kid: str, algorithm: str) -> Key:
        """The key of that name, for one of `algorithms`; without a name the only one there is (OpenID Connect Core 1.0 §10.1).

        Raises UnknownKey when there is none, TryLater when that cannot be told now.
        """
        age = self._age
        known = self._known(kid, algorithm)
        if known is not None and age < BELIEVED_SECONDS:
            if age >= KEPT_SECONDS and self._may_ask() and not self._fetching.locked():
                self._renewing = asyncio.create_task(self._fetch(), name="renewing keys")  # nobody waits for it
            return known
        await self._fetch()
        known = self._known(kid, algorithm)
        if known is not None and self._age < OUTLIVED_SECONDS:
            return known
        if self._failed:
            raise TryLater(f"the issuer's keys cannot be had: {self._failed}")
        raise UnknownKey("the token is signed with a key that its issuer does not have")

    async def look(self) -> int:
        """How many keys are published that can be used. Raises TryLater, whose text says why there are none."""
        await self._fetch()
        if self._failed:
            raise TryLater(self._failed)
        return len({id(key) for key in self._keys.values()})

    async def close(self) -> None:
        """Let go of everything."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    @property
    def _age(self) -> float:
        return float("inf") if self._fetched_at is None else self._clock() - self._fetched_at

    def _known(self, kid: str, algorithm: str) -> Key | None:
        if kid:
            return self._keys.get((kid, algorithm))
        fitting = [key for (_, its), key in self._keys.items() if its == algorithm]
        return fitting[0] if len(fitting) == 1 else None

    def _may_ask(self) -> bool:
        return self._asked_at is None or self._clock() - self._asked_at >= REFETCH_SECONDS

    async def _fetch(self) -> None:
        """Ask for them, unless that was done a moment ago; who comes meanwhile waits for the same answer."""
        async with self._fetching:
            if not self._may_ask():
                return
            self._asked_at = self._clock()
            try:
                self._keys = await self._ask()
            except TryLater as refusal:
                self._failed = str(refusal)
                log.warning("oidc.keys_away", url=self._url or self._issuer, error=self._failed)
            else:
                self._failed, self._fetched_at = "", self._clock()

    async def _ask(self) -> dict[tuple[str, str], Key]:
        url = self._url or await self._place()
        keys = _keys_of(await self._get(url), self.algorithms)
        if not keys:
            raise TryLater("the answer has no keys that can be used")
        return keys

    async def _place(self) -> str:
        """Where the issuer says its keys are. OpenID Connect Discovery 1.0 §4.1 takes the slash at its end away, §4.3 compares it whole."""
        issuer = self._issuer or ""
        said = json_of(await self._get(issuer.rstrip("/") + DISCOVERY))
        if not isinstance(said, dict) or said.get("issuer") != issuer:
            named = said.get("issuer") if isinstance(said, dict) else None
            raise TryLater(f"the issuer calls itself {str(named)[:200]!r} and not {issuer!r}")
        place = said.get("jwks_uri")
        if not isinstance(place, str) or not is_address(place, secure=issuer.startswith("https://")):
            raise TryLater("the issuer does not say where its keys are")
        return place

    async def _get(self, url: str) -> bytes:
        if self._client is None:
            self._client = client_by(self._web, self._seconds)
        return await answer_of(self._client, "GET", url, seconds=self._seconds)


def client_by(web: Web | None, seconds: float) -> httpx.AsyncClient:
    """A client for an issuer that the operators named, or (`web`) for one that may lead anywhere."""
    transport = None if web is None else PublicTransport(web())
    return httpx.AsyncClient(transport=transport, timeout=seconds, follow_redirects=False, trust_env=False)


async def answer_of(client: httpx.AsyncClient, method: str, url: str, *, seconds: float, **options: Any) -> bytes:
    """The body of an answer of 200, not longer than MAX_OCTETS and within `seconds`. Raises TryLater, Unsatisfied."""
    content = bytearray()
    try:
        async with asyncio.timeout(seconds), client.stream(method, url, **options) as answer:
            if answer.status_code not in (200, 400, 401):
                raise TryLater(f"the answer was {answer.status_code}")
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > MAX_OCTETS:
                    raise TryLater("the answer is too long")
    except TimeoutError:
        raise TryLater("there was no answer in time") from None
    except Unreachable as refusal:
        raise TryLater(str(refusal)) from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise TryLater(f"there was no answer ({type(error).__name__})") from None
    if answer.status_code != 200:
        raise Unsatisfied(answer.status_code, bytes(content))
    return bytes(content)


class Unsatisfied(TryLater):
    """The answer was 400 or 401: what was asked is not right, which `content` may explain (RFC 6749 §5.2)."""

    def __init__(self, status: int, content: bytes) -> None:
        super().__init__(f"the answer was {status}")
        self.content = content


def json_of(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise TryLater("the answer cannot be read") from None


def is_address(text: str, *, secure: bool) -> bool:
    """A web address; keys of an issuer that is reached by TLS come by TLS, too."""
    try:
        parts = urlsplit(text)
        named = bool(parts.hostname) and parts.port != 0  # reading a port that is none raises ValueError
    except ValueError:
        return False
    return named and (text.startswith("https://") or (not secure and text.startswith("http://")))


def _keys_of(content: bytes, wanted: Collection[str]) -> dict[tuple[str, str], Key]:
    """The keys for signatures among what was published, by name and algorithm; what cannot be used is passed over (RFC 7517 §5)."""
    try:
        listed = json.loads(content)["keys"][:MAX_KEYS]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise TryLater("the answer is not a set of keys") from None
    found: dict[tuple[str, str], Key] = {}
    for number, each in enumerate(listed):
        if not isinstance(each, dict) or each.get("use", "sig") != "sig":
            continue
        kid = each.get("kid", f"\n{number}")  # one without a name: nobody can ask for it by that
        if not isinstance(kid, str) or not kid or not _may_verify(each.get("key_ops")):
            continue
        key, own = _key_of(each)
        fitting = [name for name in own if name in wanted and each.get("alg", name) == name]
        if key is not None:
            found.update({(kid, name): key for name in fitting})
    return found


def _may_verify(operations: object) -> bool:
    """RFC 7517 §4.3: a key that says what it is for says so of signatures, too."""
    return operations is None or (isinstance(operations, list) and "verify" in operations)


def _key_of(jwk: dict[str, Any]) -> tuple[Key | None, tuple[str, ...]]:
    """The public half of a key, and the algorithms that its kind is for."""

    def part(*names: str) -> dict[str, Any]:
        return {name: str(jwk[name]) for name in names}

    try:
        match jwk.get("kty"), jwk.get("crv"):
            case "RSA", _:
                rsa = RSAKey.import_key(part("kty", "n", "e"))
                return (rsa, ("RS256", "PS256")) if rsa.public_key.key_size >= MIN_KEY_BITS else (None, ())
            case "EC", "P-256":
                return ECKey.import_key(part("kty", "crv", "x", "y")), ("ES256",)
            case "OKP", "Ed25519":
                return OKPKey.import_key(part("kty", "crv", "x")), ("EdDSA", "Ed25519")
    except (JoseError, ValueError, TypeError, KeyError):
        pass
    return None, ()
