"""DKIM (RFC 6376, RFC 8463): which domains signed this message, and does it still say what they signed?

Called by `examination`. The library dkimpy reads signatures, canonicalises headers and does the sums; what it leaves open or
does in quadratic time is done around it: which fields are looked at and how long they may be, the body's hash, the keys, and
the rules it does not know (From must be signed; SHA-1, short keys and half a body prove nothing).
"""

from __future__ import annotations

import base64
import binascii
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dkim as dkimpy
from dkim.util import InvalidTagValueList, parse_tag_value

from mailwright.codecs.mailauth import keys
from mailwright.codecs.mailauth.bodyhash import Body, Form
from mailwright.codecs.mailauth.questions import Answers, NotNow
from mailwright.codecs.mailauth.results import MethodResult

MAX_SIGNATURES = 10  # RFC 6376 §8.4: enough for author, list and provider with two keys each
MAX_FIELDS = 1000  # of a header that is checked; a long mailing-list path with ARC seals has about 150
MAX_HEADER_OCTETS = 256 * 1024  # of it; Exchange and Gmail refuse far less
MAX_SIGNATURE_OCTETS = (
    8 * 1024
)  # of one signature field; with the largest key and every field named it has two thousand
MAX_SIGNED_NAMES = 200  # in h=; the library looks through the whole header for each
MAX_WHITE_SPACE = 100  # in one run inside a signature; the library's patterns take quadratic time over a run

# RFC 5322 §3.6 and RFC 2045: fields that a message has once.
ONCE = (
    b"from",
    b"sender",
    b"reply-to",
    b"to",
    b"cc",
    b"subject",
    b"date",
    b"message-id",
    b"in-reply-to",
    b"references",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
)

ALGORITHMS = (b"rsa-sha256", b"ed25519-sha256")  # RFC 8301 §3.1: what is signed with SHA-1 counts as not signed

# The library logs fields of the message; nobody's log is to have them.
SILENT = logging.Logger("mailwright.dkim", logging.CRITICAL + 1)

_LONG_RUN = re.compile(rb"\s{%d}" % (MAX_WHITE_SPACE + 1))


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of a message as the library wants them: name, and value with its line end."""

    fields: tuple[tuple[bytes, bytes], ...]

    def values(self, name: bytes) -> list[bytes]:
        """The values of every field of that name (lower case)."""
        return [value for each, value in self.fields if each.lower() == name]


class Distrusted(Exception):
    """A signature that is not looked at or not believed: `result` in the words of RFC 8601 §2.7.1. Stays in this package."""

    def __init__(self, result: str, reason: str) -> None:
        super().__init__(reason)
        self.result = result


@dataclass(frozen=True, slots=True)
class Signature:
    """One DKIM-Signature: its place among them, and what it says of itself, as far as that could be read."""

    index: int
    domain: str
    selector: str
    algorithm: str
    properties: tuple[tuple[str, str], ...]
    flaw: Distrusted | None = None


def signatures(header: Header) -> list[Signature]:
    """The signatures of a message, from the top; those behind the first MAX_SIGNATURES are not looked at."""
    found = header.values(b"dkim-signature")
    there = {name: count for name in ONCE if (count := len(header.values(name))) > 1}
    return [_read(index, value, there) for index, value in enumerate(found[:MAX_SIGNATURES])]


def check(answers: Answers, header: Header, body: Body, signature: Signature) -> MethodResult:
    """The result for one signature. Raises Unanswered."""
    try:
        if signature.flaw is not None:
            raise signature.flaw
        record = keys.usable(answers, signature.selector, signature.domain, signature.algorithm)
        result, reason = Verifier(header, body).result(signature.index, record)
    except NotNow:
        result, reason = "temperror", "DNS did not answer"
    except (Distrusted, keys.Unusable) as problem:
        result, reason = problem.result, str(problem)
    return MethodResult("dkim", result, signature.properties, reason)


def _read(index: int, value: bytes, repeated: Mapping[bytes, int]) -> Signature:
    """`repeated`: which of ONCE are there several times, and how often."""
    try:
        tags = tags_of(value)
    except Distrusted as unread:
        return Signature(index, "", "", "", (), unread)
    domain, selector = _name(tags.get(b"d", b"")), _name(tags.get(b"s", b""))
    algorithm = tags.get(b"a", b"").decode("ascii", "replace")
    properties = [("header.d", domain)] if domain else []
    if selector:
        properties.append(("header.s", selector))
    signed = re.sub(rb"\s+", b"", tags.get(b"b", b""))[
        :8
    ]  # RFC 6008 §4: its first eight characters tell it from others
    if signed.isalnum():
        properties.append(("header.b", signed.decode("ascii")))
    flaw: Distrusted | None = None
    names = [name.strip() for name in tags.get(b"h", b"").lower().split(b":")]
    if not domain or not selector:
        flaw = Distrusted("neutral", "the signature cannot be read")
    elif tags.get(b"a") == b"rsa-sha1":
        flaw = Distrusted("policy", "SHA-1 proves nothing")
    elif tags.get(b"a") not in ALGORITHMS:
        flaw = Distrusted("neutral", "the algorithm is not known")
    elif b"from" not in names:
        flaw = Distrusted("permerror", "the From line is not signed")  # RFC 6376 §5.4: it MUST be
    elif len(names) > MAX_SIGNED_NAMES:
        flaw = Distrusted("policy", "too many fields are named")
    elif any(0 < names.count(name) < count for name, count in repeated.items()):
        # RFC 6376 §8.15: the signed one is the last, and most readers show the first.
        flaw = Distrusted("policy", "a field that belongs there once was added after signing")
    return Signature(index, domain, selector, algorithm, tuple(properties), flaw)


def tags_of(value: bytes) -> dict[bytes, bytes]:
    """The tags of a signature field that is fit to be given to the library. Raises Distrusted."""
    if len(value) > MAX_SIGNATURE_OCTETS or _LONG_RUN.search(value):
        raise Distrusted("policy", "the signature is too long")
    try:
        tags: dict[bytes, bytes] = parse_tag_value(value)
    except (InvalidTagValueList, IndexError):
        raise Distrusted("neutral", "the signature cannot be read") from None
    return tags


def _name(octets: bytes) -> str:
    """A domain or selector in lower case, or empty when it is none."""
    text = octets.decode("ascii", "replace").lower()
    return text if re.fullmatch(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*", text) and len(text) <= 253 else ""


class BodyChecked(dkimpy.DomainSigner):  # type: ignore[misc]  # the library has no types
    """What DKIM and ARC share of the library, with the body's hash made by `bodyhash`."""

    def __init__(self, header: Header, body: Body) -> None:
        super().__init__(None, logger=SILENT, minkey=keys.MIN_RSA_BITS)
        self.headers = [list(field) for field in header.fields]
        self.body = b""
        self._body = body

    def verify_sig(
        self, sig: dict[bytes, bytes], include_headers: Sequence[bytes], sig_header: tuple[bytes, bytes], dnsfunc: Any
    ) -> bool:
        """The library's check of one signature, which would hash the body; ARC seals do not cover it. Raises Distrusted."""
        if b"bh" in sig:
            self._check_body(sig)
        rest = {tag: value for tag, value in sig.items() if tag not in (b"bh", b"l")}
        return bool(super().verify_sig(rest, list(include_headers), sig_header, dnsfunc))

    def _check_body(self, sig: dict[bytes, bytes]) -> None:
        form: Form = "relaxed" if sig.get(b"c", b"").lower().endswith(b"/relaxed") else "simple"
        digest, octets = self._body.digest(form)
        length = sig.get(b"l", b"")
        if length:
            # RFC 6376 §8.2: what may be added behind the signed part is what a forger adds.
            if not length.isdigit() or len(length) > 12 or int(length) < octets:
                raise Distrusted("policy", "only a part of the body is signed")
            if int(length) > octets:
                raise Distrusted("fail", "the body was changed")
        try:
            signed = base64.b64decode(re.sub(rb"\s+", b"", sig[b"bh"]))
        except (binascii.Error, ValueError):
            raise Distrusted("neutral", "the signature cannot be read") from None
        if signed != digest:
            raise Distrusted("fail", "the body was changed")


class Verifier(BodyChecked, dkimpy.DKIM):  # type: ignore[misc]  # the library has no types
    """The library's DKIM on our header and body."""

    def result(self, index: int, record: bytes) -> tuple[str, str]:
        """Result and reason for the signature of that index, with the key record to use. Raises Distrusted."""
        try:
            passed = self.verify(idx=index, dnsfunc=lambda _name, timeout=5: record)
        except Distrusted:
            raise
        except dkimpy.KeyFormatError:
            return "policy", "the key is not fit for use"
        except Exception:  # the library raises whatever a field makes of it; none of it is a pass
            return "neutral", "the signature cannot be read"
        return ("pass", "") if passed else ("fail", "the header was changed")
