"""Reading Authentication-Results as a relay wrote them (RFC 8601 §2.2).

Called by `core.authentication` with fields of messages that a trusted relay handed over; anybody else's are not read.
Promises: never raises, linear; what cannot be understood counts as not said.
Kind to: results without a space after ";", values in quotes, an address as `smtp.auth`, comments anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailwright.codecs.mailauth.dmarc import aligned
from mailwright.codecs.mailauth.results import MethodResult
from mailwright.domain.addresses import Address
from mailwright.domain.refusals import BadAddress

MAX_FIELD_OCTETS = 16 * 1024  # a mailing list with a dozen signatures writes three thousand
MAX_RESULTS = 100  # of one field

_TOKEN = re.compile(
    r'(?P<space>\s++)|"(?P<quoted>(?:[^"\\]++|\\.)*+)\\?(?:"|\Z)|(?P<special>[()=;\\])|(?P<word>[^\s"()=;\\]++)',
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Told:
    """One field: who wrote it, in lower case, and what was found."""

    authserv_id: str
    results: tuple[MethodResult, ...]

    def first(self, method: str) -> MethodResult | None:
        """The first result of a method: of two that contradict each other only that one counts."""
        return next((result for result in self.results if result.method == method), None)

    def signed_in(self) -> Address | None:
        """Whom the relay let send after signing in (RFC 8601 §2.7.4, `auth=pass smtp.auth=…`), when that is an address."""
        result = self.first("auth")
        if result is None or result.result != "pass":
            return None
        try:
            return Address.parse(result.property("smtp.auth"))
        except BadAddress:
            return None

    def vouches_for(self, author: Address) -> str:
        """Why what was found proves the author's domain, in words; empty when it does not.

        DMARC's answer is the answer. Without one, a signature or SPF counts when it is aligned as relaxed DMARC has it.
        """
        dmarc = self.first("dmarc")
        if dmarc is not None and dmarc.result != "none":
            proven = dmarc.result == "pass" and _domain(dmarc.property("header.from")) == author.domain
            return f"{self.authserv_id} found dmarc=pass for {author.domain}" if proven else ""
        for result in self.results:
            names = _ALIGNABLE.get(result.method, ())
            domain = next((_domain(value) for name in names if (value := result.property(name))), "")
            if result.result == "pass" and domain and aligned(domain, author.domain):
                return f"{self.authserv_id} found {result.method}=pass for {domain}"
        return ""


_ALIGNABLE = {"dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom",)}


def told_by(value: bytes) -> Told | None:
    """Read the value of one field, folded as it is. None when it names no writer."""
    if len(value) > MAX_FIELD_OCTETS:
        return None
    parts = list(_parts(value.decode("utf-8", "replace")))
    # RFC 8601 §2.2: the identifier may be followed by a version.
    written_by = parts[0][0] if parts and parts[0] else ""
    if not written_by or written_by == "=":
        return None
    found = (_result(part) for part in parts[1 : MAX_RESULTS + 1])
    return Told(written_by.lower(), tuple(result for result in found if result is not None))


def _parts(text: str) -> Iterator[list[str]]:
    """The words of each part between semicolons, without comments; "=" is a word of its own, what is written together is one."""
    words: list[str] = []
    depth, joined = 0, False
    for token in _TOKEN.finditer(text):
        special = token["special"]
        if special == "(":
            depth += 1
        elif special == ")":
            depth = max(0, depth - 1)
        if depth or special in ("(", ")") or token["space"]:
            joined = False
        elif special == ";":
            yield words
            words, joined = [], False
        elif special == "=" and not (joined and "=" in words[-2:-1]):
            words.append("=")
            joined = False
        else:
            piece = special or token["word"] or re.sub(r"\\(.)", r"\1", token["quoted"] or "", flags=re.DOTALL)
            if joined:
                words[-1] += piece
            else:
                words.append(piece)
            joined = True
    yield words


def _result(words: list[str]) -> MethodResult | None:
    """`method[/version] = result`, then `reason = …` and `ptype.property = …`; what is no such pair is passed over."""
    pairs = []
    index = 0
    while index < len(words):
        if index + 2 < len(words) and words[index + 1] == "=" and words[index] != "=" and words[index + 2] != "=":
            pairs.append((words[index].lower(), words[index + 2]))
            index += 3
        else:
            index += 1
    if not pairs or words[1:2] != ["="]:
        return None
    method, result = pairs[0]
    reason = next((value for name, value in pairs[1:] if name == "reason"), "")
    properties = tuple((name, value) for name, value in pairs[1:] if "." in name)
    return MethodResult(method.partition("/")[0], result.lower(), properties, reason)


def _domain(value: str) -> str:
    """The domain of a property, which may be an address or only a name, in the form that domains are compared in."""
    try:
        return Address.parse(f"x@{value.rpartition('@')[2]}").domain
    except BadAddress:
        return ""
