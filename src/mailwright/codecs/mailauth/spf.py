"""SPF (RFC 7208): may this client send mail for that domain?

Called by `examination`. The rules are the library pyspf's; only its way to DNS is replaced, for each query by itself, so that
nothing global is touched and no socket is opened. Its ten look-ups, two empty answers and ten exchangers stay as they are.
"""

from __future__ import annotations

import spf as pyspf

from mailwright.codecs.mailauth.questions import Answers, Kind, Unanswered
from mailwright.codecs.mailauth.results import MethodResult
from mailwright.domain.addresses import Address

MAX_RECORD_OCTETS = 4 * 1024  # RFC 7208 §3.4 asks for 512; a longer one is work for us and nobody's honest policy

_KINDS: dict[str, Kind] = {"TXT": "TXT", "A": "A", "AAAA": "AAAA", "MX": "MX", "PTR": "PTR"}
_REASONS = {
    "temperror": "DNS did not answer",
    "permerror": "the policy of the domain cannot be read",
}


def identity(sender: Address | None, helo: str) -> tuple[str, str]:
    """Which name is checked and what RFC 8601 §2.7.2 calls it. RFC 7208 §2.4: a null sender is asked for by its HELO."""
    if sender is not None:
        return "smtp.mailfrom", sender.domain
    return "smtp.helo", helo.rstrip(".").lower()


def check(answers: Answers, client: str, sender: Address | None, helo: str) -> MethodResult:
    """The result for a client's IP address. Raises Unanswered."""
    name, domain = identity(sender, helo)
    properties = ((name, domain),) if domain else ()
    if "." not in domain or not domain.isascii() or domain.startswith("["):
        # RFC 7208 §4.3: a name that is no domain name of at least two labels has the result none.
        return MethodResult("spf", "none", properties)
    try:
        asked = _Query(answers, client, "" if sender is None else str(sender), helo if helo.isascii() else "unknown")
        result = str(asked.check()[0])
    except Unanswered:
        raise
    except (Exception, RecursionError):  # whatever a policy in DNS makes of the library, it permits nothing
        result = "permerror"
    if result not in ("none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"):
        result = "permerror"
    return MethodResult("spf", result, properties, _REASONS.get(result, ""))


class _Query(pyspf.query):  # type: ignore[misc]  # the library has no types
    """The library's query, asking `Answers` instead of the network."""

    def __init__(self, answers: Answers, client: str, sender: str, helo: str) -> None:
        super().__init__(i=client, s=sender, h=helo, strict=True)
        self._answers = answers

    def dns(
        self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False
    ) -> list[str] | list[tuple[int, str]] | list[tuple[bytes]]:
        """What the library calls for every look-up: all values of one name and type."""
        kind = _KINDS.get(qtype)
        answer = self._answers.get(str(name), kind) if kind is not None else None
        if answer is not None and answer.failed:
            raise pyspf.TempError("DNS did not answer")
        values = answer.values if answer is not None else ()
        if not values and not ignore_void:
            self.void_lookups += 1
            # RFC 7208 §4.6.4: more than two empty answers are a permanent error.
            if self.void_lookups > pyspf.MAX_VOID_LOOKUPS:
                raise pyspf.PermError("too many look-ups without an answer")
        if kind == "TXT":
            return [(value,) for value in values if isinstance(value, bytes) and len(value) <= MAX_RECORD_OCTETS]
        if kind == "MX":
            return [value for value in values if isinstance(value, tuple)]
        return [value for value in values if isinstance(value, str)]

    def get_explanation(self, spec: str) -> None:
        """Nobody is shown the domain's own explanation (RFC 7208 §6.2): it costs a look-up and is a stranger's text."""
