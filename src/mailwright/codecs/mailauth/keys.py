"""The public keys that signatures name (RFC 6376 §3.6.1, RFC 8463 §4.2): read, judged, and written anew for the library.

Called by `dkim` and `arc`. Whoever signs brings a key of any size and exponent along, and the library computes with it as it is:
so that a key cannot cost us minutes, what the library gets is made here from a key that was found sound.
"""

from __future__ import annotations

import base64
import binascii
import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mailwright.codecs.mailauth.questions import Answers

MIN_RSA_BITS = 1024  # RFC 8301 §3.2: shorter keys must not be believed
MAX_RSA_BITS = 4096  # RFC 8301 §3.2: what every verifier must be able to check; more is work for us
MAX_EXPONENT_BITS = 32  # 65537 has 17
MAX_RECORD_OCTETS = 4 * 1024  # a key of 4096 bits takes 800
ED25519_OCTETS = 32


class Unusable(Exception):
    """There is no key to check with: `result` is the word of RFC 8601 §2.7.1 for that, the text says why. Stays in this package."""

    def __init__(self, result: str, reason: str) -> None:
        super().__init__(reason)
        self.result = result


def key_name(selector: str, domain: str) -> str:
    """Where the key is (RFC 6376 §3.6.2.1)."""
    return f"{selector}._domainkey.{domain}"


def usable(answers: Answers, selector: str, domain: str, algorithm: str) -> bytes:
    """The key record, for the library, that a signature made with `algorithm` needs. Raises Unanswered, NotNow, Unusable."""
    texts = answers.texts(key_name(selector, domain))
    records = [tags for text in texts if len(text) <= MAX_RECORD_OCTETS and (tags := _tags(text)) is not None]
    if not records:
        raise Unusable("permerror", "there is no key under that name")
    # RFC 6376 §3.6.2.2: what several records mean is undefined; the first is taken, as others do.
    tags = records[0]
    kind = tags.get("k", "rsa")
    if not tags["p"]:
        raise Unusable("permerror", "the key was revoked")
    if kind != algorithm.partition("-")[0]:
        raise Unusable("permerror", "the key is of another kind than the signature")
    if not {"*", "email"} & set(re.split(r"\s*:\s*", tags.get("s", "*"))):
        raise Unusable("permerror", "the key is not for mail")
    if "sha256" not in re.split(r"\s*:\s*", tags.get("h", "sha256")):
        raise Unusable("permerror", "the key is not for this algorithm")
    try:
        octets = base64.b64decode(re.sub(r"\s+", "", tags["p"]), validate=True)
    except (binascii.Error, ValueError):
        raise Unusable("permerror", "the key cannot be read") from None
    return _ed25519(octets) if kind == "ed25519" else _rsa(octets)


def _tags(text: bytes) -> dict[str, str] | None:
    """RFC 6376 §3.2: a tag list with a p=, or None. A version, where there is one, comes first and is DKIM1."""
    tags: dict[str, str] = {}
    for part in text.decode("utf-8", "replace").split(";"):
        name, equals, value = part.partition("=")
        if equals and name.strip() not in tags:
            tags[name.strip()] = value.strip()
    return tags if "p" in tags and tags.get("v", "DKIM1") == "DKIM1" else None


def _ed25519(octets: bytes) -> bytes:
    if len(octets) != ED25519_OCTETS:
        raise Unusable("permerror", "the key cannot be read")
    return b"v=DKIM1; k=ed25519; p=" + base64.b64encode(octets)


def _rsa(octets: bytes) -> bytes:
    try:
        key = serialization.load_der_public_key(octets)
    except (ValueError, UnsupportedAlgorithm):
        raise Unusable("permerror", "the key cannot be read") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise Unusable("permerror", "the key is of another kind than it says")
    if key.key_size < MIN_RSA_BITS:
        raise Unusable("policy", f"the key is shorter than {MIN_RSA_BITS} bits")
    if key.key_size > MAX_RSA_BITS or key.public_numbers().e.bit_length() > MAX_EXPONENT_BITS:
        raise Unusable("policy", f"the key is longer than {MAX_RSA_BITS} bits, or odd")
    written = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(written)
