"""Signing in: the SASL exchanges (RFC 4422) PLAIN, LOGIN, OAUTHBEARER and XOAUTH2, for every protocol that has them.

Used by the AUTH verb of SMTP, by AUTHENTICATE of IMAP and of ManageSieve. An exchange is fed what the client sends, after
base64, and gives back a challenge or, in the end, who wants to sign in and by what. Errors name no protocol: each maps
`SaslError` to its own words.

    exchange = exchange_for("PLAIN")
    said = exchange.step(initial)  # Challenge: send it, and step again with the answer
    # Credentials or Token: let core look at them; where it refuses them, `exchange.refused()` may have a last challenge

Does not: check a password or a token; that is core's.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

PASSWORD_MECHANISMS = ("PLAIN", "LOGIN")
BEARER_MECHANISMS = ("OAUTHBEARER", "XOAUTH2")
"""To be offered where somebody can tell whose a token is."""

MAX_SECRET_OCTETS = 1024  # a name or password longer than this is an attack on the password hash, not a password
MAX_TOKEN_OCTETS = 8192  # of a bearer token: signed ones with many claims reach some 4 KiB


class SaslError(Exception):
    """The exchange ends without a sign-in. `malformed`: what the client sent breaks the mechanism's grammar."""

    def __init__(self, text: str, *, malformed: bool = False) -> None:
        super().__init__(text)
        self.malformed = malformed


class UnknownMechanism(SaslError):
    """There is no such mechanism here."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What to send to the client, before base64."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who wants to sign in with a password, which does not print."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Token:
    """Who wants to sign in with a bearer token (RFC 6750), which does not print. `name` may be empty: the token tells."""

    name: str
    token: str = field(repr=False)


Step: TypeAlias = Challenge | Credentials | Token


class Exchange(Protocol):
    """One exchange under way."""

    def step(self, answer: bytes | None) -> Step:
        """What the client sent; None: nothing yet. Raises SaslError."""

    def refused(self) -> Challenge | None:
        """Core took neither password nor token. A challenge: send it, and the next step raises. None: it is over."""


def exchange_for(mechanism: str) -> Exchange:
    """A new exchange for a mechanism in capitals. Raises UnknownMechanism; whether it is offered is the caller's to know."""
    make = _EXCHANGES.get(mechanism)
    if make is None:
        raise UnknownMechanism("that way of signing in is not spoken here")
    return make()


class Plain:
    """RFC 4616: one message, `[authzid] NUL authcid NUL passwd`."""

    def step(self, answer: bytes | None) -> Step:
        """See `Exchange`."""
        if answer is None:
            return Challenge(b"")  # RFC 4422 §5: an empty challenge asks a mechanism that speaks first for its message
        parts = answer.split(b"\0")
        if len(parts) != 3:
            raise SaslError("PLAIN is three fields parted by NUL: (nothing), name, password", malformed=True)
        authorize, name, password = (_text(part) for part in parts)
        # RFC 4616 §2: acting as somebody else needs a right that nobody has here.
        if authorize not in ("", name):
            raise SaslError("you cannot sign in as yourself and act as somebody else")
        return _credentials(name, password)

    def refused(self) -> Challenge | None:
        """See `Exchange`."""
        return None


class Login:
    """LOGIN: never a standard, still what some clients know best. Two questions, two answers."""

    def __init__(self) -> None:
        self._name: str | None = None

    def step(self, answer: bytes | None) -> Step:
        """See `Exchange`. With an initial response that is the name."""
        if answer is None:
            return Challenge(b"Username:")
        if self._name is None:
            self._name = _text(answer)
            return Challenge(b"Password:")
        return _credentials(self._name, _text(answer))

    def refused(self) -> Challenge | None:
        """See `Exchange`."""
        return None


class OAuthBearer:
    """RFC 7628: `gs2-header kvsep *(key "=" value kvsep) kvsep`, where kvsep is one octet 1 and `auth` holds the token."""

    def __init__(self) -> None:
        self._refused = False

    def step(self, answer: bytes | None) -> Step:
        """See `Exchange`."""
        if answer is None:
            return Challenge(b"")
        if self._refused:
            # RFC 7628 §3.2.3: to the error the client answers with one octet 1, or anything; then the server fails it.
            raise SaslError("the token was not accepted")
        header, separator, rest = answer.partition(b"\x01")
        if not separator or not rest.endswith(b"\x01"):
            raise SaslError("OAUTHBEARER is a GS2 header and key-value pairs, each ended by octet 1", malformed=True)
        name = _gs2_name(_text(header, MAX_SECRET_OCTETS))
        pairs = dict(_pair(item) for item in rest[:-1].split(b"\x01") if item)
        return Token(name, _bearer(pairs.get("auth", "")))

    def refused(self) -> Challenge | None:
        """See `Exchange`. RFC 7628 §3.2.2: the error as JSON."""
        self._refused = True
        return Challenge(json.dumps({"status": "invalid_token"}).encode())


class XOAuth2:
    """XOAUTH2, the forerunner that some clients know: `user=` name, octet 1, `auth=Bearer` token, octet 1 twice."""

    def __init__(self) -> None:
        self._refused = False

    def step(self, answer: bytes | None) -> Step:
        """See `Exchange`."""
        if answer is None:
            return Challenge(b"")
        if self._refused:
            raise SaslError("the token was not accepted")
        if not answer.endswith(b"\x01\x01"):
            raise SaslError("XOAUTH2 is user=name and auth=Bearer token, each ended by octet 1", malformed=True)
        pairs = dict(_pair(item) for item in answer[:-2].split(b"\x01"))
        return Token(pairs.get("user", ""), _bearer(pairs.get("auth", "")))

    def refused(self) -> Challenge | None:
        """See `Exchange`."""
        self._refused = True
        return Challenge(json.dumps({"status": "401", "schemes": "bearer"}).encode())


_EXCHANGES: dict[str, Callable[[], Exchange]] = {
    "PLAIN": Plain,
    "LOGIN": Login,
    "OAUTHBEARER": OAuthBearer,
    "XOAUTH2": XOAuth2,
}


def _gs2_name(header: str) -> str:
    """RFC 5801 §4: `n,` or `y,` (no channel binding), then the name to act as, or nothing, then a comma."""
    found = _GS2.fullmatch(header)
    if found is None:
        raise SaslError("the GS2 header is n,a=name, and channel binding is not offered", malformed=True)
    # RFC 5801 §4: in a name, "," is written =2C and "=" is written =3D.
    return (found[1] or "").replace("=2C", ",").replace("=3D", "=")


_GS2 = re.compile(r"[ny],(?:a=((?:[^=,\0]|=2C|=3D)+))?,")


def _pair(item: bytes) -> tuple[str, str]:
    key, separator, value = _text(item, MAX_TOKEN_OCTETS).partition("=")
    if not separator:
        raise SaslError("what stands between two octets 1 is key=value", malformed=True)
    return key, value


def _bearer(value: str) -> str:
    found = _BEARER.fullmatch(value)
    if found is None:
        # RFC 7628 §3.1: without `auth` a client asks what is wanted; nothing more can be told here.
        raise SaslError("auth is the word Bearer, a space and the token", malformed=True)
    return found[1]


_BEARER = re.compile(r"(?i:bearer) +([A-Za-z0-9._~+/-]+=*)")  # RFC 6750 §2.1


def _text(data: bytes, most: int = MAX_SECRET_OCTETS) -> str:
    if len(data) > most:
        raise SaslError(f"what is said to sign in has at most {most} octets", malformed=True)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise SaslError("names and passwords are UTF-8", malformed=True) from None


def _credentials(name: str, password: str) -> Credentials:
    # RFC 4616 §2: neither may be empty.
    if not name or not password:
        raise SaslError("a name and a password are needed")
    return Credentials(name, password)
