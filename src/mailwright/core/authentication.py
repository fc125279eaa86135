"""Authentication of what comes in: who is speaking, and what becomes of mail that is not from whom it says.

Called by the SMTP and LMTP entrance and by the hooks of services we trust, before a message is accepted.
Expects: a resolver for the look-ups (none: nothing is checked), the networks of our own relays and the names under which they
write Authentication-Results.
Promises: nothing is refused because DNS was silent; at most CHECK_SECONDS for a message; a From address of ours that nothing
proves is never more than a stranger's, and from another server it goes to Junk.
Does not: file anything (accept does), or believe a word that a message says about itself.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal, Protocol, TypeAlias

from prometheus_client import Counter

from mailwright.codecs import fields
from mailwright.codecs.mailauth import FIELD_NAME, Answer, Examination, Findings, Question, Told, results_field, summary
from mailwright.codecs.mailauth import told_by as read_results
from mailwright.codecs.mailauth.author import author, claimed
from mailwright.codecs.mailauth.score import THRESHOLD, signs
from mailwright.codecs.rspamd import Opinion
from mailwright.core import Core, filing, routing
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Authentication, Channel, Envelope, Origin, Verdict
from mailwright.domain.refusals import LooksLikeSpam, NotAuthentic, TryLater
from mailwright.storage import Tx, accounts

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

CHECK_SECONDS = 10.0  # for all look-ups about one message; RFC 5321 §4.5.3.2.6 lets the sender wait ten minutes
ANSWER_SECONDS = 4.0  # for one of them, so that an organisation's policy can be asked for after its subdomain's
SEEN_SECONDS = 2.0  # how long it is remembered whether a domain is ours
MAX_SEEN = 10_000
NEVER = (0.0, False)  # it was looked up
MAX_CLAIMED = 100  # domains in the From lines of one message that are looked for among ours; one is the rule

# Networks behind which a client's address says nothing about its sender (RFC 1918 §3, RFC 4193 §3.1, RFC 3927 §2.1, RFC 4291 §2.5.6).
_INSIDE = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")
)
_AR = FIELD_NAME.lower().encode()
_SIGNED = b"dkim-signature"
_FROM = re.compile(rb"^from[ \t]*:([^\n]*+(?:\n[ \t][^\n]*+)*+)", re.MULTILINE | re.IGNORECASE)

_judged = Counter(
    "mailwright_authentication_total",
    "Messages of other servers, by what DMARC says and what was done.",
    ["dmarc", "action"],
)

Action: TypeAlias = Literal["accept", "junk", "reject"]


class Resolver(Protocol):
    """Whoever can look something up in DNS."""

    async def look_up(self, question: Question) -> Answer:
        """The answer; a failed one when nobody knows. Does not raise."""


class SpamFilter(Protocol):
    """Whoever has an opinion about spam."""

    async def ask(self, envelope: Envelope, raw: bytes) -> Opinion | None:
        """Its opinion, or None when it gives none. Does not raise."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be accepted: the verdict, the field to put on top (or nothing), and the message as it is to be kept (None: as it
    came)."""

    verdict: Verdict
    found: bytes = b""
    kept: bytes | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose word counts: clients in `relays`, and of what they bring, results written under one of `authserv_ids`."""

    relays: tuple[Network, ...] = ()
    authserv_ids: frozenset[str] = frozenset()

    @classmethod
    def of(cls, relays: Iterable[str], authserv_ids: Iterable[str]) -> Trust:
        """From the settings. Raises ValueError for what is no network."""
        networks = tuple(ipaddress.ip_network(each, strict=False) for each in relays)
        return cls(networks, frozenset(each.strip().lower() for each in authserv_ids))

    def is_relay(self, channel: Channel, client: str) -> bool:
        """Whether that client is a relay of ours: a listed one, or whoever hands over by LMTP on this machine."""
        address = _address(client)
        if address is None or channel is Channel.HOOK:  # there it is another server's client, and no word of it is ours
            return False
        return (channel is Channel.LMTP and address.is_loopback) or any(address in each for each in self.relays)


STRANGER = Verdict()


@dataclass(frozen=True, slots=True)
class _Mail:
    """A message at the door. `from_values` are the values of its From fields; `is_near`: the client's address says nothing about who
    sent it, since it is a relay of ours or on our own network; `is_whole`: with the signatures it was sent with."""

    envelope: Envelope
    raw: bytes
    header: Sequence[fields.Field]
    from_values: Sequence[bytes]
    is_relayed: bool
    is_near: bool
    is_whole: bool = True

    @property
    def is_heard(self) -> bool:
        """Whether its sender would hear of a refusal, and not somebody in between, or nobody."""
        return not self.is_near and self.envelope.channel is not Channel.HOOK


@dataclass(slots=True)
class Authenticator:
    """`await judge(envelope, raw)`, for what comes by SMTP and LMTP, and by a service's hook as that service had it by SMTP.
    `resolver` None: nothing is checked."""

    core: Core
    trust: Trust = field(default_factory=Trust)
    resolver: Resolver | None = None
    spam_filter: SpamFilter | None = None
    _ours: dict[str, tuple[float, bool]] = field(default_factory=dict)

    async def judge(self, envelope: Envelope, raw: bytes, *, is_whole: bool = True) -> Judgement:
        """Who is speaking. `is_whole` False: the message was written anew from its parts, and its signatures are not known.

        Raises NotAuthentic, LooksLikeSpam, MessageTooLarge, TryLater.
        """
        filing.check_size(self.core, raw)
        is_brought = envelope.channel in (Channel.SMTP, Channel.HOOK)
        is_checked = is_brought and (self.resolver is not None or self.spam_filter is not None)
        head = raw[: fields.body_start(raw)]
        lowered = head.lower()
        if not is_checked and _AR not in lowered:
            return Judgement(STRANGER)  # most of what a relay hands over: nothing in it to believe or to take out
        is_relayed = self.trust.is_relay(envelope.channel, envelope.client)
        is_near = is_relayed or _is_near(envelope.client)
        if is_near and self.spam_filter is None and _AR not in lowered and _SIGNED not in lowered:
            # Most of what a program on this machine hands over. A signature or a relay's word is all that could prove it.
            named = [found[1] for found in _FROM.finditer(head)]
            if is_relayed or not await self._one_of_ours(named):
                _judged.labels("unchecked", "accept").inc()
                return Judgement(STRANGER)
        header = fields.of_header(raw)
        named = [raw[each.start : each.end].partition(b":")[2] for each in header if each.name == b"from"]
        mail = _Mail(envelope, raw, header, named, is_relayed=is_relayed, is_near=is_near, is_whole=is_whole)
        believed, told = self._told(mail) if is_relayed else (None, None)
        kept = self._without_claims(mail, believed)
        verdict = STRANGER if told is None else await self._by_word(told, author(mail.from_values))
        if not is_checked:
            return Judgement(verdict, kept=kept)
        findings = None
        if self.resolver is not None:
            findings = await self._findings(self.resolver, mail, told)
            verdict = await self._by_ourselves(mail, findings, verdict)
        verdict = await self._weighed(mail, findings, verdict)
        found = results_field(self.core.settings.hostname, findings.results) if findings is not None else b""
        return Judgement(verdict, found, kept)

    # --- a relay's word -----------------------------------------------------------------------------------------------

    def _told(self, mail: _Mail) -> tuple[int | None, Told | None]:
        """What a trusted relay wrote: where that field begins, and what it says.

        The first field with a trusted name counts, and only above the second Received: below that is what the relay was sent.
        """
        hops = 0
        for each in mail.header:
            hops += each.name == b"received"
            if hops > 1:
                break
            if each.name == _AR:
                told = _results_in(mail, each)
                if told is not None and told.authserv_id in self.trust.authserv_ids:
                    return each.start, told
        return None, None

    def _without_claims(self, mail: _Mail, believed: int | None) -> bytes | None:
        """RFC 8601 §5: without the results that claim to be ours or a relay's of ours, but for the one that is. None: untouched."""
        ours = self.trust.authserv_ids | {self.core.settings.hostname.lower()}
        kept, position = [], 0
        for each in mail.header:
            if each.name != _AR or each.start == believed:
                continue
            told = _results_in(mail, each)
            if told is None or told.authserv_id in ours:  # what we cannot read, others may read as a claim
                kept.append(mail.raw[position : each.start])
                position = each.end
        return b"".join([*kept, mail.raw[position:]]) if kept else None

    async def _by_word(self, told: Told, writer: Address | None) -> Verdict:
        """The verdict of a relay of ours."""
        proven = ""
        if writer is not None:
            signed_in = told.signed_in()
            if signed_in is not None and (
                signed_in.key == writer.key or await self.core.read(lambda tx: _same_person(tx, signed_in, writer))
            ):
                proven = f"{signed_in} signed in at {told.authserv_id}"
            proven = proven or told.vouches_for(writer)
        known = Authentication(str(writer) if proven else "", summary(told.results), told.authserv_id)
        if proven:
            return Verdict(Origin.CORRESPONDENT, None, proven, known)
        return Verdict(Origin.STRANGER, None, f"{told.authserv_id} found nothing that proves the author", known)

    # --- our own checks -----------------------------------------------------------------------------------------------

    async def _findings(self, resolver: Resolver, mail: _Mail, told: Told | None) -> Findings | None:
        """What we find out; None when there is nothing that could tell us, as with most mail of our own network."""
        spf_told = told.first("spf") if told is not None else None
        if mail.is_near and spf_told is None and not any(each.name == _SIGNED for each in mail.header):
            return None
        exam = Examination(
            mail.raw,
            client=None if mail.is_near else str(_address(mail.envelope.client)),
            helo=mail.envelope.helo,
            sender=mail.envelope.sender,
            spf_told=spf_told,
        )
        findings = await _examined(resolver, exam)
        return findings if mail.is_whole else findings.without_signatures()

    async def _by_ourselves(self, mail: _Mail, findings: Findings | None, by_word: Verdict) -> Verdict:
        """The verdict of our own checks, and what follows from it. Raises NotAuthentic."""
        verdict = by_word
        if findings is not None and findings.proven:
            known = Authentication(str(findings.author), summary(findings.results))
            verdict = Verdict(Origin.CORRESPONDENT, None, findings.because, known)
        elif findings is not None and by_word.origin is Origin.STRANGER:
            verdict = Verdict(
                Origin.STRANGER, None, findings.because, Authentication(results=summary(findings.results))
            )
        action: Action = "accept"
        why = ""
        if verdict.origin is Origin.STRANGER:
            action, why = await self._consequence(mail, findings)
        if action == "reject" and not mail.is_heard:
            action = "junk"  # who would hear of it is not who sent it
        dmarc = findings.result_of("dmarc") if findings is not None else "unchecked"
        _judged.labels(dmarc, action).inc()
        if action == "reject":
            raise NotAuthentic(why)
        return verdict if action == "accept" else _to_junk(verdict, why)

    async def _consequence(self, mail: _Mail, findings: Findings | None) -> tuple[Action, str]:
        """What is done because nothing proves who it is from, by the policies of the recipients' domains: the strictest of them,
        but refused only when all would refuse."""
        spoofed = "" if mail.is_relayed else await self._one_of_ours(mail.from_values)
        failed = findings is not None and findings.failed
        wish = findings.wish if findings is not None else "none"
        if not spoofed and not failed and wish == "none":
            return "accept", ""
        ours = await filing.domains_of(self.core, mail.envelope.recipients)
        wishes = {domain.on_failure for domain in ours.values()} or {"policy"}
        if (failed or spoofed) and wishes <= ({"policy", "reject"} if wish == "reject" else {"reject"}):
            action: Action = "reject"
        elif spoofed or (failed and wishes & {"quarantine", "reject"}) or (wish != "none" and wishes - {"mark"}):
            action = "junk"
        else:
            return "accept", ""
        if spoofed:
            return action, f"it says it is from {spoofed}, and nothing proves it"
        return action, findings.because if findings is not None else ""

    async def _one_of_ours(self, from_values: Sequence[bytes]) -> str:
        """The first of our own domains that the From lines name, however they name it."""
        named = dict.fromkeys(claimed(from_values))
        if len(named) > MAX_CLAIMED:
            return "more domains than anybody has, so that ours may be among them"
        moment = time.monotonic()
        known = {
            domain: is_ours for domain in named for until, is_ours in [self._ours.get(domain, NEVER)] if until >= moment
        }
        unseen = [domain for domain in named if domain not in known]
        if unseen:
            found = await self.core.read(lambda tx: {each: routing.is_local_domain(tx, each) for each in unseen})
            known |= found
            if len(self._ours) + len(found) > MAX_SEEN:
                self._ours.clear()
            self._ours |= {domain: (moment + SEEN_SECONDS, is_ours) for domain, is_ours in found.items()}
        ours = next((domain for domain in named if known[domain]), "")
        return f"{ours}, which is ours" if ours else ""

    # --- spam ---------------------------------------------------------------------------------------------------------

    async def _weighed(self, mail: _Mail, findings: Findings | None, verdict: Verdict) -> Verdict:
        """The verdict with what the spam filter thinks, or what our own few signs say. Raises LooksLikeSpam, TryLater."""
        opinion = None if self.spam_filter is None else await self.spam_filter.ask(mail.envelope, mail.raw)
        if opinion is None:
            return verdict if findings is None or mail.is_near else self._scored(mail, findings, verdict)
        if opinion.action == "reject" and mail.is_heard:
            raise LooksLikeSpam("this looks like spam")
        if (
            opinion.action == "later" and mail.envelope.channel is not Channel.HOOK
        ):  # a service comes back whoever sent it
            raise TryLater("try again in some minutes")
        known = replace(verdict.authentication, score=opinion.score, signs=opinion.symbols)
        verdict = replace(verdict, authentication=known)
        return (
            verdict
            if opinion.action in ("accept", "later")
            else _to_junk(verdict, f"it looks like spam ({opinion.score:g})")
        )

    def _scored(self, mail: _Mail, findings: Findings, verdict: Verdict) -> Verdict:
        found = signs(
            findings,
            {each.name for each in mail.header},
            helo=mail.envelope.helo,
            hostname=self.core.settings.hostname,
            recipients=len(mail.envelope.recipients),
        )
        score = sum(sign.weight for sign in found)
        known = replace(verdict.authentication, score=score, signs=tuple(sign.name for sign in found))
        verdict = replace(verdict, authentication=known)
        return verdict if score < THRESHOLD else _to_junk(verdict, f"it looks like spam ({score:g} of {THRESHOLD:g})")


def _to_junk(verdict: Verdict, why: str) -> Verdict:
    known = verdict.authentication
    return replace(verdict, authentication=replace(known, junk=known.junk or why))


def _results_in(mail: _Mail, found: fields.Field) -> Told | None:
    return read_results(mail.raw[found.start : found.end].partition(b":")[2])


async def _examined(resolver: Resolver, exam: Examination) -> Findings:
    """Ask what the examination wants to know, together, for CHECK_SECONDS at most."""

    async def ask(question: Question) -> None:
        try:
            answer = await asyncio.wait_for(resolver.look_up(question), ANSWER_SECONDS)
        except TimeoutError:
            answer = Answer(failed=True)
        exam.answer({question: answer})  # at once: the time may be over before the others have come

    try:
        async with asyncio.timeout(CHECK_SECONDS):
            while questions := exam.questions():
                await asyncio.gather(*(ask(question) for question in questions))
    except TimeoutError:
        pass  # what is not known by now is a temporary error
    return await asyncio.to_thread(exam.findings) if exam.has_signatures else exam.findings()


def _same_person(tx: Tx, one: Address, other: Address) -> bool:
    """Whether both addresses are the same user's of ours."""
    found = [accounts.address(tx, each.key) for each in (one, other)]
    users = [row.user_id for row in found if row is not None and row.user_id is not None]
    return len(users) == 2 and users[0] == users[1]


@lru_cache(maxsize=4096)
def _is_near(client: str) -> bool:
    """Whether the address of a client says nothing about who sent what it brings: this machine's, or one of a private network."""
    address = _address(client)
    return address is None or address.is_loopback or any(address in each for each in _INSIDE)


@lru_cache(maxsize=4096)  # a relay brings thousands of messages
def _address(client: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address of an envelope's client, an address literal (RFC 5321 §4.1.3)."""
    try:
        found = ipaddress.ip_address(client.strip("[]").removeprefix("IPv6:").partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped or found
