"""Web Push as bytes: encrypting what only the browser that subscribed can read, and the token that says who sends it.

Called by `core.pushsubscriptions` (are these keys?) and `core.pushing` (the request). No I/O; randomness comes from the system.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from joserfc import jwt
from joserfc.jwk import ECKey

MAX_PLAIN_OCTETS = (
    3993  # RFC 8291 §4: what fits a record of 4096 octets, which every push service takes (RFC 8030 §7.2)
)
POINT_OCTETS = 65  # RFC 8291 §3.1: an uncompressed point of P-256
AUTH_OCTETS = 16  # RFC 8291 §3.2
TOKEN_SECONDS = 12 * 60 * 60  # RFC 8292 §2: at most 24 hours


class BadKeys(Exception):
    """The keys of a subscription are not what RFC 8291 says; the text says which is not, and fits "auth …"."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Of one subscription: the browser's public key, and a secret it shares with us. Neither prints."""

    p256dh: str = field(repr=False)
    auth: str = field(repr=False)

    @classmethod
    def parse(cls, p256dh: str, auth: str) -> Keys:
        """From URL-safe Base64, padded or not. Raises BadKeys."""
        point, secret = _octets(p256dh, "p256dh"), _octets(auth, "auth")
        if len(secret) != AUTH_OCTETS:
            raise BadKeys(f"auth has {AUTH_OCTETS} octets")
        if len(point) != POINT_OCTETS:
            raise BadKeys(f"p256dh has {POINT_OCTETS} octets")
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        except ValueError:
            raise BadKeys("p256dh is not a point of P-256") from None
        return cls(encode(point), encode(secret))

    def encrypt(self, plain: bytes) -> bytes:
        """RFC 8291 §4: one record of `aes128gcm` (RFC 8188 §2). Raises ValueError when it is too long for one."""
        if len(plain) > MAX_PLAIN_OCTETS:
            raise ValueError("too long for one push message")
        sealed: bytes = http_ece.encrypt(
            plain,
            private_key=ec.generate_private_key(ec.SECP256R1()),  # RFC 8291 §3.1: a new one for every message
            dh=decode(self.p256dh),
            auth_secret=decode(self.auth),
            version="aes128gcm",
            rs=4096,
        )
        return sealed


class ServerKey:
    """The key an installation is known by to push services (RFC 8292). Its private half is `pem`."""

    def __init__(self, pem: bytes) -> None:
        """Raises ValueError when that is no private key of P-256."""
        private = load_pem_private_key(pem, password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != "secp256r1":
            raise ValueError("a server key is one of P-256")
        self._key = ECKey.import_key(pem)
        self.public = encode(private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    @classmethod
    def generate(cls) -> tuple[ServerKey, bytes]:
        """A new one, and its private half to be kept."""
        private = ec.generate_private_key(ec.SECP256R1())
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return cls(pem), pem

    def authorization(self, url: str, *, contact: str, now: float) -> str:
        """The Authorization field for a push service's `url`: `contact` is a mailto: of ours, `now` in seconds (RFC 8292 §3)."""
        claims = {"aud": origin(url), "exp": int(now) + TOKEN_SECONDS, "sub": contact}  # RFC 8292 §2, §2.1
        token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, self._key)
        return f"vapid t={token}, k={self.public}"


def origin(url: str) -> str:
    """RFC 6454 §6.1: scheme, host and the port unless it is the usual one."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{parts.port}" if parts.port not in (None, 443) else "")


def headers(*, ttl: int, urgency: str, topic: str | None, encrypted: bool, authorization: str) -> Mapping[str, str]:
    """The fields of a push request. `ttl` in seconds: how long the push service keeps it for a browser that is away."""
    found = {
        "Content-Type": "application/json",  # RFC 8620 §7.2
        "TTL": str(ttl),  # RFC 8030 §5.2
        "Urgency": urgency,  # RFC 8030 §5.3
        "Authorization": authorization,
    }
    if topic is not None:
        found["Topic"] = topic  # RFC 8030 §5.4: a younger message takes the place of one that waits
    if encrypted:
        found["Content-Encoding"] = "aes128gcm"  # RFC 8291 §4
    return found


def encode(octets: bytes) -> str:
    """URL-safe Base64 without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Back again. Raises ValueError."""
    return base64.b64decode(
        text.rstrip("=").encode("ascii") + b"=" * (-len(text.rstrip("=")) % 4), b"-_", validate=True
    )


def _octets(text: str, name: str) -> bytes:
    try:
        return decode(text)
    except (binascii.Error, ValueError):
        raise BadKeys(f"{name} is not URL-safe Base64") from None
