"""DNS, as far as mail needs it: the mail hosts of a domain and their addresses, and what the checks of incoming mail ask.

Called by `smtp.DirectMx` and `core.authentication`. Answers come from dnspython's asynchronous resolver; tests bring a resolver of
their own.
Promises: what a domain says about its mail is told apart from our not knowing: the first may be permanent, the second never is.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
from prometheus_client import Histogram

from mailwright.codecs.mailauth import Answer, Question
from mailwright.domain.sending import PermanentFailure, TemporaryFailure

ANSWER_SECONDS = 20.0  # for one question, all servers and repetitions included
CHECK_SECONDS = 4.0  # for one question about incoming mail, whose sender waits for the answer to all of them
MAX_VALUES = 50  # of one answer about incoming mail; a name with more verification texts than that has lost count
MAX_HOSTS = 20  # of one domain; nobody honest has more

dns_seconds = Histogram(
    "mailwright_dns_seconds",
    "How long questions to DNS took, repetitions included",
    ["outcome"],
    buckets=(0.005, 0.025, 0.1, 0.25, 1, 4, 20),
)


@dataclass(frozen=True, slots=True)
class MailHost:
    """One exchanger: its name in ASCII without the final dot, and its preference (the lowest is tried first)."""

    name: str
    preference: int


class Resolver(Protocol):
    """Where mail for a domain goes. Both raise TemporaryFailure when nobody answers."""

    async def mx(self, domain: str) -> Sequence[MailHost]:
        """The hosts in the order to try them, never empty. Raises PermanentFailure when the domain takes no mail."""

    async def addresses(self, host: str) -> Sequence[str]:
        """IPv4 and IPv6 addresses in text form; empty when the host has none."""


class DnsResolver:
    """The system's resolver, or the servers given as `nameservers` (addresses). One question takes `seconds` at most."""

    def __init__(self, nameservers: Sequence[str] = (), *, port: int = 53, seconds: float = ANSWER_SECONDS) -> None:
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=not nameservers)
        except dns.resolver.NoResolverConfiguration:  # a machine without DNS: every question is a temporary failure
            self._resolver = dns.asyncresolver.Resolver(configure=False)
        if nameservers:
            self._resolver.nameservers = list(nameservers)
            self._resolver.port = port
        self._resolver.lifetime = seconds
        self._resolver.cache = dns.resolver.LRUCache()

    async def mx(self, domain: str) -> list[MailHost]:
        """RFC 5321 §5.1: MX by preference, equals in random order; without any, the domain is its own exchanger."""
        name = _name(domain)
        answer = await self._ask(name, "MX", domain)
        if not answer:
            if not await self.addresses(domain):
                raise PermanentFailure(f"the domain {domain} has no mail server", "5.1.2")
            return [MailHost(ascii_domain(domain), 0)]
        # RFC 7505 §3: one MX with an empty name says that the domain takes no mail; §4.1 names the status.
        if len(answer) == 1 and answer[0].exchange == dns.name.root:
            raise PermanentFailure(f"the domain {domain} does not accept mail", "5.1.10", reply="556 5.1.10 null MX")
        hosts = [
            MailHost(record.exchange.to_text(omit_final_dot=True).lower(), record.preference)
            for record in answer
            if record.exchange != dns.name.root
        ]
        if not hosts:
            raise PermanentFailure(f"the domain {domain} names no usable mail server", "5.1.2")
        random.shuffle(hosts)  # RFC 5321 §5.1: MUST randomize among equals, to spread the load
        return sorted(hosts, key=lambda host: host.preference)[:MAX_HOSTS]

    async def addresses(self, host: str) -> list[str]:
        """Both families, in the order IPv6, IPv4."""
        name = _name(host)
        found: list[str] = []
        failures: list[TemporaryFailure] = []
        for kind in ("AAAA", "A"):
            try:
                found += [record.address for record in await self._ask(name, kind, host, must_exist=False)]
            except TemporaryFailure as failure:
                failures.append(failure)
        if failures and not found:
            raise failures[0]
        return found

    async def look_up(self, question: Question) -> Answer:
        """What `core.authentication` asks. Never raises: a name that is none has no records, and trouble is a failed answer."""
        try:
            found = await self._ask(dns.name.from_text(question.name), question.kind, question.name, must_exist=False)
        except TemporaryFailure:
            return Answer(failed=True)
        except dns.exception.DNSException:
            return Answer()
        return Answer(tuple(_value(record, question.kind) for record in found[:MAX_VALUES]))

    async def _ask(self, name: dns.name.Name, kind: str, shown: str, *, must_exist: bool = True) -> list[Any]:
        started = time.monotonic()
        outcome = "no answer"
        try:
            answer = await self._resolver.resolve(name, kind, raise_on_no_answer=False, search=False)
            outcome = "answer"
        except dns.resolver.NXDOMAIN:
            outcome = "no such name"
            if must_exist:
                raise PermanentFailure(f"the domain {shown} does not exist", "5.1.2") from None
            return []
        except dns.exception.DNSException as error:
            # No server answered, SERVFAIL, a broken answer: none of them says anything final about the domain.
            kind_of_error = type(error).__name__
            raise TemporaryFailure(f"the name servers did not answer for {shown} ({kind_of_error})", "4.4.3") from error
        finally:
            dns_seconds.labels(outcome).observe(time.monotonic() - started)
        return list(answer.rrset or ())


def _value(record: Any, kind: str) -> bytes | str | tuple[int, str]:
    if kind == "TXT":
        return b"".join(record.strings)
    if kind == "MX":
        return int(record.preference), str(record.exchange.to_text(omit_final_dot=True)).lower()
    if kind in ("PTR", "CNAME"):
        return str(record.target.to_text(omit_final_dot=True)).lower()
    if kind == "SRV":
        target = str(record.target.to_text(omit_final_dot=True)).lower()
        return f"{record.priority} {record.weight} {record.port} {target}"
    return str(record.address)


def ascii_domain(domain: str) -> str:
    """The domain in A-labels (RFC 5890), which every server understands. Raises PermanentFailure when it has no such form."""
    return _name(domain).to_text(omit_final_dot=True).lower()


def _name(domain: str) -> dns.name.Name:
    try:
        return dns.name.from_text(domain)
    except dns.exception.DNSException as error:
        raise PermanentFailure(f"{domain} is not a domain name", "5.1.2") from error
