"""One message examined: SPF, DKIM, ARC and DMARC, as a state machine that asks for what it must know.

    exam = Examination(raw, client="192.0.2.1", helo="mx.example.org", sender=sender)
    while questions := exam.questions():
        exam.answer({question: await ask(question) for question in questions})
    exam.findings()

Called by `core.authentication`. Expects: the message as it came, with CRLF line ends.
Promises: never raises over what is in the message; at most MAX_QUESTIONS are asked, those that decide about the From line first;
what has no answer when `findings` is called is a temporary error, and no reason to refuse anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from mailwright.codecs import fields
from mailwright.codecs.mailauth import arc, dkim, dmarc, keys, spf
from mailwright.codecs.mailauth.author import author
from mailwright.codecs.mailauth.bodyhash import Body
from mailwright.codecs.mailauth.dmarc import Policy, Wish, aligned
from mailwright.codecs.mailauth.questions import (
    MAX_QUESTIONS,
    UNKNOWN,
    Answer,
    Answers,
    NotNow,
    Question,
    Unanswered,
)
from mailwright.codecs.mailauth.results import MethodResult
from mailwright.domain.addresses import Address

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Findings:
    """What an examination found.

    `proven`: the author's domain vouches for the message, by DMARC, or where it has no policy by a signature or SPF that is aligned
    as relaxed DMARC would have it. `failed`: DMARC says it does not, and `wish` is what the domain wants done then. A wish without
    `failed`: what would decide was not to be had from DNS, and that must neither lose a mail nor let a forged one pass for good.
    """

    author: Address | None
    results: tuple[MethodResult, ...]
    proven: bool = False
    failed: bool = False
    wish: Wish = "none"
    because: str = ""

    def result_of(self, method: str) -> str:
        """The first result of a method, empty when there is none."""
        return next((each.result for each in self.results if each.method == method), "")

    def without_signatures(self) -> Findings:
        """The same of a message whose signatures are not known: what is proven stays so, and that nothing is means nothing."""
        if self.proven or self.author is None:
            return self
        reason = "its signatures are not known"
        told = MethodResult("dmarc", "temperror", (("header.from", self.author.domain),), reason)
        because = f"nothing proves that it is from {self.author.domain}: {reason}"
        kept = tuple(each for each in self.results if each.method == "spf")
        return Findings(self.author, (*kept, told), because=because)


class Examination:
    """See above. `client` None: the message came from a machine that says nothing about its sender, SPF is not asked;
    `spf_told` is then the result that a trusted relay wrote, if there is one."""

    def __init__(
        self,
        raw: bytes,
        *,
        client: str | None,
        helo: str,
        sender: Address | None,
        spf_told: MethodResult | None = None,
    ) -> None:
        found = fields.of_header(raw)
        self._raw = raw
        self._client, self._helo, self._sender = client, helo, sender
        self._spf_told = spf_told
        self._header = _header(raw, found)
        self._body = Body(raw, fields.body_start(raw))
        self._answers = Answers()
        self._asked = 0
        named = [raw[each.start : each.end].partition(b":")[2] for each in found if each.name == b"from"]
        self.author = author(named)
        self._signatures = [] if self._header is None else dkim.signatures(self._header)
        if self.author is not None:
            domain = self.author.domain
            # Those that can prove something go first: who adds others must not use up the questions.
            self._signatures.sort(key=lambda each: not (each.domain and aligned(each.domain, domain)))

    @property
    def has_signatures(self) -> bool:
        """Whether there is something to compute: then it belongs in a thread."""
        return bool(self._signatures) or (self._header is not None and bool(arc.keys_named(self._header)))

    def questions(self) -> list[Question]:
        """What must be known to go on; empty when all is."""
        wanted: dict[Question, None] = {}
        self._try(lambda: self._policy(), wanted)
        for signature in self._signatures:
            if signature.flaw is None:
                name = keys.key_name(signature.selector, signature.domain)
                self._try(lambda name=name: self._answers.get(name, "TXT"), wanted)  # type: ignore[misc]  # bound early
        self._try(lambda: self._spf(), wanted)
        for name in arc.keys_named(self._header) if self._header is not None else ():
            self._try(lambda name=name: self._answers.get(name, "TXT"), wanted)  # type: ignore[misc]  # bound early
        allowed = list(wanted)[: MAX_QUESTIONS - self._asked]
        if not allowed:
            self.answer(dict.fromkeys(wanted, UNKNOWN))
            return self.questions() if wanted else []
        self._asked += len(allowed)
        return allowed

    def answer(self, answers: Mapping[Question, Answer]) -> None:
        """What DNS said to some of the questions."""
        self._answers.known.update(answers)

    def findings(self) -> Findings:
        """All results; CPU work when there are signatures. What was not answered is a temporary error."""
        properties = (spf.identity(self._sender, self._helo),)
        no_spf: MethodResult | None = MethodResult("spf", "temperror", properties, "DNS did not answer")
        spf_result = self._surely(self._spf, no_spf)
        header, body = self._header, self._body
        dkim_results = []
        for signature in self._signatures:
            unknown = MethodResult("dkim", "temperror", signature.properties, "DNS did not answer")
            assert header is not None  # it has signatures
            dkim_results.append(
                self._surely(lambda s=signature: dkim.check(self._answers, header, body, s), unknown)  # type: ignore[misc]  # bound early
            )
        arc_result = None
        if header is not None:
            no_arc: MethodResult | None = MethodResult("arc", "temperror", (), "DNS did not answer")
            arc_result = self._surely(lambda: arc.check(self._answers, header, body), no_arc)
        each = [spf_result, *(dkim_results or [MethodResult("dkim", "none")]), arc_result]
        return self._concluded([result for result in each if result is not None], spf_result, dkim_results)

    def _concluded(
        self, results: list[MethodResult], spf_result: MethodResult | None, dkim_results: list[MethodResult]
    ) -> Findings:
        if self.author is None:
            # RFC 7489 §6.6.1: a message without exactly one author is outside of what DMARC can say something about.
            told = MethodResult("dmarc", "permerror", (), "there is not exactly one author")
            return Findings(None, (*results, told), because="it does not name exactly one author")
        domain = self.author.domain
        policy, known = None, True
        try:
            policy = self._policy()
        except (Unanswered, NotNow):
            known = False
        strict = policy or Policy("none", strict_dkim=False, strict_spf=False)
        candidates = [(each, each.property("header.d"), strict.strict_dkim) for each in dkim_results]
        if spf_result is not None:
            name = spf_result.property("smtp.mailfrom") or spf_result.property("smtp.helo")
            candidates.append((spf_result, name.rpartition("@")[2].lower(), strict.strict_spf))
        counting = [(each, name) for each, name, exact in candidates if name and aligned(name, domain, strict=exact)]
        proof = next((f"{each.method}=pass for {name}" for each, name in counting if each.result == "pass"), "")
        unsure = any(each.result == "temperror" for each, _ in counting) or spf_result is None
        header_from = (("header.from", domain),)
        if not known:
            told = MethodResult("dmarc", "temperror", header_from, "DNS did not answer")
            # Whether its domain wants strict alignment is not known: nothing is proven.
            return Findings(self.author, (*results, told), because="DNS did not answer")
        if policy is None:
            told = MethodResult("dmarc", "none", header_from)
            because = proof or f"nothing proves that it is from {domain}"
            return Findings(self.author, (*results, told), proven=bool(proof), because=because)
        if proof:
            told = MethodResult("dmarc", "pass", header_from, f"p={policy.wish}")
            return Findings(self.author, (*results, told), proven=True, because=f"dmarc=pass for {domain} ({proof})")
        wish = policy.wish_for(self._raw)
        if unsure:
            reason = "SPF says nothing behind a relay" if spf_result is None else "DNS did not answer"
            told = MethodResult("dmarc", "temperror", header_from, reason)
            because = f"nothing proves that it is from {domain}: {reason}"
            doubted: Wish = "none" if spf_result is None or wish == "none" else "quarantine"
            return Findings(self.author, (*results, told), wish=doubted, because=because)
        told = MethodResult("dmarc", "fail", header_from, f"p={policy.wish}")
        return Findings(self.author, (*results, told), failed=True, wish=wish, because=f"dmarc=fail for {domain}")

    def _policy(self) -> Policy | None:
        return None if self.author is None else dmarc.policy_of(self._answers, self.author.domain)

    def _spf(self) -> MethodResult | None:
        if self._client is None:
            return self._spf_told
        return spf.check(self._answers, self._client, self._sender, self._helo)

    def _try(self, check: Callable[[], object], wanted: dict[Question, None]) -> None:
        try:
            check()
        except Unanswered as missing:
            wanted[missing.question] = None
        except NotNow:
            pass  # findings tell of it

    def _surely(self, check: Callable[[], T], otherwise: T) -> T:
        try:
            return check()
        except (Unanswered, NotNow):
            return otherwise


def _header(raw: bytes, found: list[fields.Field]) -> dkim.Header | None:
    """The header for the checks of signatures; None when there is nothing to check, or no two readers would agree on it."""
    if not any(each.name == b"dkim-signature" or each.name in arc.FIELDS for each in found):
        return None
    end = found[-1].end
    if len(found) > dkim.MAX_FIELDS or end > dkim.MAX_HEADER_OCTETS:
        return None
    if sum(each.end - each.start for each in found) != end or raw[end : end + 2] not in (b"\r\n", b""):
        return None  # lines among them are no fields
    pieces = []
    for each in found:
        name, _, value = raw[each.start : each.end].partition(b":")
        if name != name.rstrip():
            return None  # RFC 6376 has no canonical form for a space before the colon
        pieces.append((name, value if value.endswith(b"\r\n") else value + b"\r\n"))
    return dkim.Header(tuple(pieces))
