"""DKIM signatures (RFC 6376), with RSA and with Ed25519 (RFC 8463), relaxed in header and body; and their keys' two forms.

Called by `core.signing` (signatures), `core.dkimkeys` (keys) and `core.dnsrecords` (what DNS must say of a key).
Expects: a message with CRLF line ends.
Promises: every field that is signed is signed as often as it is there, and those that readers believe once more, so that nobody
can add another. Signing is CPU work of about a millisecond and some for each MiB: large messages belong in a thread.
Does not: check signatures (a library does that for what comes in), or know whose key is to be used.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from mailwright.codecs import fields
from mailwright.domain.clock import SECOND, Instant

Algorithm = Literal["rsa", "ed25519"]
ALGORITHMS: tuple[Algorithm, ...] = ("rsa", "ed25519")
PrivateKey: TypeAlias = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

RSA_BITS = 2048  # RFC 8301 §3.2: at least 1024, and 2048 for those who can; more does not fit into many a DNS answer
MAX_OF_ONE_NAME = (
    20  # fields of one name that are signed, from the last up: a hostile header must not grow the signature
)

# RFC 6376 §5.4.1: what says who writes what to whom. Each is named once more than it is there (§8.15): a second Subject, put on
# top on the way, breaks the signature.
OVERSIGNED: tuple[bytes, ...] = (
    b"from",
    b"reply-to",
    b"subject",
    b"date",
    b"message-id",
    b"to",
    b"cc",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
    b"in-reply-to",
    b"references",
)
# Signed when they are there; a mailing list may add its own.
SIGNED: tuple[bytes, ...] = (
    b"sender",
    b"resent-date",
    b"resent-from",
    b"resent-sender",
    b"resent-to",
    b"resent-cc",
    b"resent-message-id",
    b"list-id",
    b"list-post",
    b"list-help",
    b"list-subscribe",
    b"list-unsubscribe",
    b"list-unsubscribe-post",  # RFC 8058 §4: must be covered by a signature
    b"auto-submitted",
)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private half of a key, which does not print, and where its public half is found."""

    domain: str
    selector: str
    algorithm: Algorithm
    private: PrivateKey = field(repr=False)


def sign(raw: bytes, keys: Sequence[SigningKey], moment: Instant) -> bytes:
    """The DKIM-Signature fields of `raw`, one for each key, to be put on top of it."""
    split = fields.body_start(raw)
    body_hash = base64.b64encode(hashlib.sha256(_relaxed_body(raw[split:])).digest())
    names, signed = _signed_header(raw)
    return b"".join(_signature(key, names, signed, body_hash, moment // SECOND) for key in keys)


def generate(algorithm: Algorithm) -> PrivateKey:
    """A new key. RSA takes some tenths of a second."""
    if algorithm == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)


def to_pem(private: PrivateKey) -> bytes:
    """The private key as PEM, to be sealed before it is kept."""
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def from_pem(pem: bytes) -> PrivateKey:
    """What `to_pem` wrote. Raises ValueError for anything else."""
    private = serialization.load_pem_private_key(pem, None)
    if not isinstance(private, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
        raise ValueError("neither an RSA nor an Ed25519 key")
    return private


def public_text(private: PrivateKey) -> str:
    """The public half as the p= tag has it: RFC 6376 §3.6.1 for RSA, the bare 32 octets for Ed25519 (RFC 8463 §4.2)."""
    if isinstance(private, ed25519.Ed25519PrivateKey):
        octets = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    else:
        octets = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    return base64.b64encode(octets).decode()


def record(algorithm: Algorithm, public: str) -> str:
    """The TXT record at `<selector>._domainkey.<domain>` (RFC 6376 §3.6.1)."""
    return f"v=DKIM1; k={algorithm}; p={public}"


def _signature(key: SigningKey, names: bytes, signed: bytes, body_hash: bytes, second: int) -> bytes:
    unsigned = (
        f"DKIM-Signature: v=1; a={key.algorithm}-sha256; c=relaxed/relaxed; d={key.domain};\r\n"
        f"\ts={key.selector}; t={second};\r\n"
    ).encode() + b"\th=%s;\r\n\tbh=%s;\r\n\tb=" % (_folded(names, b":"), body_hash)
    # RFC 6376 §3.7: the signature field itself comes last, its b= empty, without its line end.
    subject = signed + _relaxed_field(unsigned).removesuffix(b"\r\n")
    if isinstance(key.private, ed25519.Ed25519PrivateKey):
        # RFC 8463 §3: Ed25519 signs the SHA-256 of what RSA signs.
        value = key.private.sign(hashlib.sha256(subject).digest())
    else:
        value = key.private.sign(subject, padding.PKCS1v15(), hashes.SHA256())
    return unsigned + _folded(base64.b64encode(value)) + b"\r\n"


def _signed_header(raw: bytes) -> tuple[bytes, bytes]:
    """The h= tag, and the fields it names as they are hashed: RFC 6376 §5.4.2, of several the last one first."""
    found: dict[bytes, list[bytes]] = {}
    for each in fields.of_header(raw):
        found.setdefault(each.name, []).append(raw[each.start : each.end])
    names: list[bytes] = []
    signed: list[bytes] = []
    for name in (*OVERSIGNED, *SIGNED):
        there = found.get(name, [])
        once_more = name in OVERSIGNED and len(there) < MAX_OF_ONE_NAME
        there = there[-MAX_OF_ONE_NAME:]
        names += [name] * (len(there) + once_more)
        signed += [_relaxed_field(each) for each in reversed(there)]
    return b":".join(names), b"".join(signed)


_LINE_ENDS = re.compile(rb"\r?\n")
_BLANKS = re.compile(rb"[ \t]+")


def _relaxed_field(octets: bytes) -> bytes:
    """RFC 6376 §3.4.2: name in lower case, unfolded, runs of white space one space, none around the colon or at the end."""
    name, _, value = octets.partition(b":")
    unfolded = _BLANKS.sub(b" ", _LINE_ENDS.sub(b"", value)).strip(b" ")
    return name.rstrip(b" \t").lower() + b":" + unfolded + b"\r\n"


def _relaxed_body(body: bytes) -> bytes:
    """RFC 6376 §3.4.4: runs of white space one space, none before a line end, no empty lines at the end."""
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    reduced = _BLANKS.sub(b" ", body).replace(b" \r\n", b"\r\n").rstrip(b"\r\n")
    return reduced + b"\r\n" if reduced else b""


def _folded(value: bytes, after: bytes = b"") -> bytes:
    """`value` in lines of a readable length. RFC 6376 §3.5 allows white space in b= anywhere, in h= around the colons."""
    if not after:
        return b"\r\n\t".join(value[start : start + 72] for start in range(0, len(value), 72))
    lines, line = [], b""
    for item in value.split(after):
        if line and len(line) + len(item) > 68:
            lines.append(line)
            line = b""
        line += item + after
    lines.append(line.removesuffix(after))
    return b"\r\n\t".join(lines)
