"""Signing in: the exchanges of AUTH PLAIN and AUTH LOGIN (RFC 4954, RFC 4616).

Used by the AUTH verb. An exchange is fed what the client sends and gives back a challenge or, in the end, credentials.
Does not: check them; that is core's.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from mailwright.codecs.smtp.errors import PeerError

MAX_SECRET_OCTETS = 1024  # a name or password longer than this is an attack on the password hash, not a password


@dataclass(frozen=True, slots=True)
class Challenge:
    """What to send after 334, before base64."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who wants to sign in. The password does not print."""

    name: str
    password: str = field(repr=False)


class Plain:
    """RFC 4616: one message, `[authzid] NUL authcid NUL passwd`."""

    def step(self, answer: bytes | None) -> Challenge | Credentials:
        """None: the client sent nothing yet. Raises PeerError."""
        if answer is None:
            return Challenge(b"")  # RFC 4954 §4: an empty challenge asks for the first message
        parts = answer.split(b"\0")
        if len(parts) != 3:
            raise PeerError(501, "5.5.2", "PLAIN is three fields parted by NUL: (nothing), name, password")
        authorize, name, password = (_text(part) for part in parts)
        # RFC 4616 §2: acting as somebody else needs a right that nobody has here.
        if authorize not in ("", name):
            raise PeerError(535, "5.7.8", "you cannot sign in as yourself and act as somebody else")
        return _credentials(name, password)


class Login:
    """LOGIN: never a standard, still what some clients know best. Two questions, two answers."""

    def __init__(self) -> None:
        self._name: str | None = None

    def step(self, answer: bytes | None) -> Challenge | Credentials:
        """None: the client sent nothing yet. Raises PeerError."""
        if answer is None:
            return Challenge(b"Username:")
        if self._name is None:
            self._name = _text(answer)
            return Challenge(b"Password:")
        return _credentials(self._name, _text(answer))


_EXCHANGES: dict[str, Callable[[], Plain | Login]] = {"PLAIN": Plain, "LOGIN": Login}


def exchange_for(mechanism: str) -> Plain | Login:
    """A new exchange for a mechanism in capitals. Raises PeerError for one we do not know."""
    make = _EXCHANGES.get(mechanism)
    if make is None:
        # RFC 4954 §4: 504 with 5.5.4 for a mechanism that is not supported.
        raise PeerError(504, "5.5.4", "only PLAIN and LOGIN are spoken here")
    return make()


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise PeerError(501, "5.5.2", "names and passwords are UTF-8") from None
    if len(data) > MAX_SECRET_OCTETS:
        raise PeerError(501, "5.5.2", f"names and passwords have at most {MAX_SECRET_OCTETS} octets")
    return text


def _credentials(name: str, password: str) -> Credentials:
    # RFC 4616 §2: neither may be empty.
    if not name or not password:
        raise PeerError(535, "5.7.8", "a name and a password are needed")
    return Credentials(name, password)
