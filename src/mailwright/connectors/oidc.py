"""Tokens that another service signed to say who calls or who signed in (OpenID Connect): they are checked here, with the keys it publishes.

`verify` (or a `Trusted`) says what a token of a program says: used for the calls of Gmail's pushes. A `Provider` says which person a token
is of: used for every door that takes bearer tokens (`core.bearers`), and for signing in with a browser (`connectors.signon`).
Promises: RFC 8725 §3.1: an algorithm is taken when the reader chose it and the key is of its kind, whatever a token's header asks for. A
shared secret (HS256) is one that the settings name, and is never a key that somebody publishes. Issuer, audience, expiry and signature
are always looked at, and there is no token without an expiry. What is no proof of a sign-in (a logout token, a refresh token, one that
is bound to a key its bearer must show) opens nothing. A mail address counts when the issuer says that it was verified, in its own claim:
never what people write into their profiles themselves.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, JoseError, UnsupportedAlgorithmError
from joserfc.jwk import OctKey
from joserfc.jws import JWSRegistry

from mailwright.connectors.jwks import Key, Keys
from mailwright.domain.clock import SECOND
from mailwright.domain.refusals import AuthenticationFailed, TokenExpired
from mailwright.domain.tokens import Proven, Voucher

GOOGLE = ("https://accounts.google.com", "accounts.google.com")  # as its tokens name their issuer
SHARED = "HS256"  # the algorithm of a shared secret
LEEWAY_SECONDS = 60  # clocks differ
MAX_TOKEN_CHARACTERS = 8 * 1024
MAX_SUBJECT = 255  # OpenID Connect Core 1.0 §2
MAX_NAME = 200
MAX_ROLES = 500  # of one token
LAST_MOMENT = 2**62 // SECOND  # a later time than this is none

KINDS = ("", "jwt", "at+jwt", "application/at+jwt")
"""RFC 8725 §3.11: what the header of a token may say it is; at+jwt is RFC 9068 §2.1. A logout token says logout+jwt."""

OWN_KINDS = ("", "bearer", "id")
"""What Keycloak's claim of that name says of tokens for sign-in; its refresh, logout and action tokens say otherwise."""

PROGRAMS = ("anon", "service_role", "supabase_admin")
"""Roles in Supabase's tokens that are nobody: the project's public key, and its own programs."""


class _Registry(JWSRegistry):
    """Only what was chosen by the caller. RFC 7515 §4: a header field that is not known is no reason to refuse, unless it is critical."""

    def __init__(self, algorithm: str) -> None:
        super().__init__(algorithms=(algorithm,), strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError(f"Algorithm of '{name}' is not allowed")
        return self.algorithms[name]


async def verify(
    token: str, keys: Keys, *, issuers: Collection[str], audience: str, account: str | None = None
) -> dict[str, Any]:
    """What a token says, proven. `account`: the verified mail address it must be of (a service account).

    Raises AuthenticationFailed, whose text says what is wrong with it, and TryLater when the keys cannot be had.
    """
    header = header_of(token)
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise AuthenticationFailed("the token does not name its key")
    claims = await signed(token, header, keys, None)
    try:
        check(claims, issuers, audience)
    except TokenExpired as refusal:
        raise AuthenticationFailed(str(refusal)) from None  # a program is told nothing of its tokens
    # OpenID Connect Core 1.0 §3.1.3.7: an audience that we do not trust beside ourselves spoils it.
    if claims["aud"] not in (audience, [audience]):
        raise AuthenticationFailed("the token is for others, too")
    if account is not None and (claims.get("email") != account or claims.get("email_verified") is not True):
        raise AuthenticationFailed("the token is of another account")
    return claims


@dataclass(frozen=True, slots=True)
class Trusted:
    """Whose tokens are believed, and for whom: what `verify` is told, in one piece."""

    keys: Keys
    issuers: Collection[str]
    audience: str
    account: str | None = None

    async def verify(self, token: str) -> dict[str, Any]:
        """What a token says. Raises AuthenticationFailed, TryLater."""
        return await verify(token, self.keys, issuers=self.issuers, audience=self.audience, account=self.account)

    async def close(self) -> None:
        """Let go of everything."""
        await self.keys.close()


class Provider:
    """The service that people sign in to elsewhere, and whose tokens they bring.

    `secret` is what it shares with us where it signs so (HS256). `trusts_mail`: an address counts in a token that does not say whether it
    was verified, since the service verifies all of them; one that says it was not never does. `roles_claim` is where its tokens have
    roles, with dots between the names of objects in each other.
    """

    def __init__(
        self,
        issuer: str,
        audience: str,
        keys: Keys,
        *,
        secret: str | None = None,
        trusts_mail: bool = False,
        roles_claim: str = "",
        voucher: Voucher | None = None,
    ) -> None:
        self.issuer = issuer
        self.keys = keys
        self._audience = audience
        self._secret = None if secret is None else OctKey.import_key(secret)
        self._trusts_mail = trusts_mail
        self._roles_claim = roles_claim
        self._voucher = voucher or Voucher()

    async def prove(self, token: str) -> Proven:
        """Whose token it is. Raises AuthenticationFailed, TokenExpired, TryLater."""
        header = header_of(token)
        claims = await signed(token, header, self.keys, self._secret)
        check(claims, (self.issuer,), self._audience)
        _check_kind(header, claims)
        return self.proven(claims)

    async def identity(self, token: str, client_id: str) -> tuple[dict[str, Any], str]:
        """What an ID token for that client of ours says, and its algorithm. A shared secret signs none: its tokens may be anybody's who
        knows it. Raises AuthenticationFailed, TokenExpired, TryLater."""
        header = header_of(token)
        claims = await signed(token, header, self.keys, None)
        check(claims, (self.issuer,), client_id)
        _check_kind(header, claims)
        # OpenID Connect Core 1.0 §3.1.3.7: who is named as the one it was made for is us; more than one audience names somebody.
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", client_id if not several else None) != client_id:
            raise AuthenticationFailed("the token was made for another client")
        return claims, str(header["alg"])

    def proven(self, claims: dict[str, Any]) -> Proven:
        """What claims prove that were checked. Raises AuthenticationFailed."""
        name = claims.get("name")
        return Proven(
            issuer=self.issuer,
            subject=subject_of(claims),
            issued_at=int(claims["iat"] * SECOND),
            expires_at=int(claims["exp"] * SECOND),
            address=self._address_of(claims),
            name="".join(filter(str.isprintable, name))[:MAX_NAME] if isinstance(name, str) else "",
            strong=_is_strong(claims),
            roles=roles_of(claims, self._roles_claim),
            voucher=self._voucher,
        )

    async def look(self) -> int:
        """How many keys it publishes, for who looks whether all is well. Raises TryLater."""
        return await self.keys.look()

    async def close(self) -> None:
        """Let go of everything."""
        await self.keys.close()

    def _address_of(self, claims: dict[str, Any]) -> str | None:
        """OpenID Connect Core 1.0 §5.1: `email_verified` is true or false; a word is neither."""
        address = claims.get("email")
        if not isinstance(address, str) or not address:
            return None
        # None is what is not said at all: a claim of null is said.
        verified = claims["email_verified"] is True if "email_verified" in claims else self._trusts_mail
        return address if verified else None


def roles_of(claims: dict[str, Any], path: str) -> tuple[str, ...] | None:
    """The roles at that place of the claims (a list, or one word); None where it is not there."""
    if not path:
        return None
    # A claim may have dots in its own name, as those of some issuers that are addresses do.
    found: Any = claims.get(path, claims)
    if path not in claims:
        for name in path.split("."):
            if not isinstance(found, dict) or name not in found:
                return None
            found = found[name]
    listed = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    return tuple(each for each in listed[:MAX_ROLES] if isinstance(each, str))


def header_of(token: str) -> dict[str, Any]:
    if not token or len(token) > MAX_TOKEN_CHARACTERS or not token.isascii():
        raise AuthenticationFailed("there is no token")
    try:
        return dict(jws.extract_compact(token.encode()).headers())
    except (JoseError, ValueError, TypeError, RecursionError):
        raise AuthenticationFailed("the token cannot be read") from None


async def signed(token: str, header: dict[str, Any], keys: Keys, secret: OctKey | None) -> dict[str, Any]:
    """The claims, when the signature is right. A token of an algorithm that we did not choose costs nobody a question."""
    algorithm, kid = header.get("alg"), header.get("kid", "")
    if not isinstance(algorithm, str) or not isinstance(kid, str):
        raise AuthenticationFailed("the token cannot be read")
    key: Key | OctKey
    if algorithm == SHARED and secret is not None:
        key = secret
    elif algorithm in keys.algorithms and algorithm != SHARED:
        key = await keys.named(kid, algorithm)
    else:
        raise AuthenticationFailed("the token is signed in a way that is not taken here")
    try:
        return jwt.decode(token, key, algorithms=[algorithm], registry=_Registry(algorithm)).claims
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise AuthenticationFailed(f"the token's signature is not right ({type(error).__name__})") from None


def check(claims: dict[str, Any], issuers: Collection[str], audience: str) -> None:
    """Whether it is theirs, for us, and for now: in this order, so that what has expired was good otherwise."""
    rules = jwt.JWTClaimsRegistry(
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "values": list(issuers)},
        aud={"essential": True, "value": audience},
        iat={"essential": True},
    )
    try:
        rules.validate({name: value for name, value in claims.items() if name != "exp"})
        timely = jwt.JWTClaimsRegistry(leeway=LEEWAY_SECONDS, exp={"essential": True})
        timely.validate({"exp": claims.get("exp")})
    except ExpiredTokenError:
        raise TokenExpired("the token has expired") from None
    except (JoseError, OverflowError) as error:
        raise AuthenticationFailed(f"the token is not for now or not for us ({error})") from None
    if max(claims["exp"], claims["iat"]) > LAST_MOMENT:
        raise AuthenticationFailed("the token is not for now or not for us (its times are none)")


def _check_kind(header: dict[str, Any], claims: dict[str, Any]) -> None:
    """RFC 8725 §3.12: what was signed for another purpose must not be taken for a sign-in, though issuer and audience are the same."""
    if str(header.get("typ", "")).lower() not in KINDS or str(claims.get("typ", "")).lower() not in OWN_KINDS:
        raise AuthenticationFailed("the token is not one to sign in with")
    if "events" in claims:  # OpenID Connect Back-Channel Logout 1.0 §2.4
        raise AuthenticationFailed("the token is not one to sign in with")
    if claims.get("cnf") is not None:  # RFC 9449 §7.2: who has only copied it cannot show the key
        raise AuthenticationFailed("the token is bound to a key, which cannot be shown here")
    if claims.get("role") in PROGRAMS or claims.get("is_anonymous") not in (None, False):
        raise AuthenticationFailed("the token is of nobody in particular")


def subject_of(claims: dict[str, Any]) -> str:
    subject = claims.get("sub")
    # NUL and halves of characters are in nobody's name, and no table takes them.
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT or not subject.isprintable():
        raise AuthenticationFailed("the token does not say whose it is")
    return subject


def _is_strong(claims: dict[str, Any]) -> bool:
    """RFC 8176 §2 has the word for several factors; Supabase tells by its assurance level."""
    methods = claims.get("amr")
    return claims.get("aal") in ("aal2", "aal3") or (isinstance(methods, list) and "mfa" in methods)
