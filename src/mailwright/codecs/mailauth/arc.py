"""ARC (RFC 8617): the seals of those who passed a message on and may have broken its signatures.

Called by `examination`. A chain that holds is told of, and is no proof of the author by itself: whose seals to trust is a
decision nobody has made here. The library is dkimpy, with the same guards as in `dkim`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dkim as dkimpy

from mailwright.codecs.mailauth import keys
from mailwright.codecs.mailauth.bodyhash import Body
from mailwright.codecs.mailauth.dkim import ALGORITHMS, MAX_SIGNED_NAMES, BodyChecked, Distrusted, Header, tags_of
from mailwright.codecs.mailauth.questions import Answers, NotNow
from mailwright.codecs.mailauth.results import MethodResult

MAX_SETS = 50  # RFC 8617 §4.2.1
FIELDS = (b"arc-seal", b"arc-message-signature", b"arc-authentication-results")
_SIGNED = FIELDS[:2]


def check(answers: Answers, header: Header, body: Body) -> MethodResult | None:
    """The result for the chain, or None when there is none. Raises Unanswered: for one key, `keys_named` has them all."""
    if not any(header.values(name) for name in FIELDS):
        return None
    sealer = ""
    try:
        records = _records(answers, header)
        for value in header.values(b"arc-seal")[:1]:
            sealer = tags_of(value).get(b"d", b"").decode("ascii", "replace").lower()
        result, reason = _Chain(header, body).result(records)
    except NotNow:
        result, reason = "temperror", "DNS did not answer"
    except (Distrusted, keys.Unusable) as problem:
        result, reason = "fail", str(problem)
    return MethodResult("arc", result, (("header.d", sealer),) if sealer else (), reason)


def keys_named(header: Header) -> list[str]:
    """The names under which the keys of the chain are; empty when it is not to be checked."""
    try:
        return [keys.key_name(selector, domain) for selector, domain, _ in _named(header)]
    except Distrusted:
        return []


def _named(header: Header) -> list[tuple[str, str, str]]:
    """Selector, domain and algorithm of every seal and signature of the chain, each once. Raises Distrusted."""
    if any(len(header.values(name)) > MAX_SETS for name in FIELDS):
        raise Distrusted("fail", f"there are more than {MAX_SETS} seals")
    found: dict[tuple[str, str, str], None] = {}
    for value in [value for name in _SIGNED for value in header.values(name)]:
        tags = tags_of(value)
        if tags.get(b"a") not in ALGORITHMS or tags.get(b"h", b"").count(b":") >= MAX_SIGNED_NAMES:
            raise Distrusted("fail", "a seal cannot be read")
        named = [tags.get(tag, b"").decode("ascii", "replace").lower() for tag in (b"s", b"d", b"a")]
        found[named[0], named[1], named[2]] = None
    return list(found)


def _records(answers: Answers, header: Header) -> dict[str, bytes]:
    return {
        keys.key_name(selector, domain): keys.usable(answers, selector, domain, algorithm)
        for selector, domain, algorithm in _named(header)
    }


class _Chain(BodyChecked, dkimpy.ARC):  # type: ignore[misc]  # the library has no types
    """The library's ARC on our header and body."""

    def verify_sig(
        self, sig: dict[bytes, bytes], include_headers: Sequence[bytes], sig_header: tuple[bytes, bytes], dnsfunc: Any
    ) -> bool:
        """One signature or seal. RFC 8617 §5.2: of the signatures only the newest must hold, older ones may well be broken."""
        try:
            return super().verify_sig(sig, include_headers, sig_header, dnsfunc)
        except Distrusted:
            return False

    def result(self, records: dict[str, bytes]) -> tuple[str, str]:
        """Result and reason, with the key records by name."""

        def record(name: bytes, timeout: int = 5) -> bytes:
            return records.get(name.decode("ascii", "replace").rstrip(".").lower(), b"")

        try:
            outcome, _, _ = self.verify(dnsfunc=record)
        except Exception:  # the library raises whatever a field makes of it; none of it is a pass
            return "fail", "a seal cannot be read"
        if outcome == dkimpy.CV_Pass:
            return "pass", ""
        return ("none", "") if outcome == dkimpy.CV_None else ("fail", "the chain of seals is broken")
