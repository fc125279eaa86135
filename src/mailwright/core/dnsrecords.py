"""What DNS must say of a domain, so that others find it, believe it, and mail programs set themselves up.

Called by `mailwright domain add` and `domain dns`, by `dnscheck`, and by the administration pages. Pure: names, ports and keys in,
records out.
Does not: ask or change DNS; whoever runs the zone does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mailwright.codecs import dkim
from mailwright.core.dkimkeys import Keys
from mailwright.domain.ids import derived_token
from mailwright.storage.dkim_keys import DkimKey

STRING_OCTETS = 255  # RFC 1035 §3.3: of one character-string; a TXT record has as many as it needs
POLICY_SECONDS = 7 * 24 * 3600  # RFC 8461 §3.2: how long others keep the MTA-STS policy; weeks are the rule


Kind = Literal["mx", "spf", "dkim", "dkim-retired", "dmarc", "mta-sts", "tls-rpt", "service", "set-up"]


@dataclass(frozen=True, slots=True)
class Record:
    """One record: `name` without the final dot, `value` as the zone file has it but for long texts (see `zone_line`).

    `optional`: mail works without it; for a retired DKIM key, it is to go.
    """

    name: str
    type: str
    value: str
    purpose: str
    kind: Kind
    optional: bool = False

    @property
    def strings(self) -> tuple[str, ...]:
        """The value of a TXT record, cut into strings of at most STRING_OCTETS (RFC 6376 §3.6.2.2: joined without a space)."""
        step = STRING_OCTETS
        return tuple(self.value[start : start + step] for start in range(0, len(self.value), step)) or ("",)

    @property
    def zone_line(self) -> str:
        """The record as a line of a zone file (RFC 1035 §5.1)."""
        if self.type != "TXT":
            return f"{self.name}. IN {self.type} {self.value}"
        texts = " ".join('"' + re.sub(r'(["\\])', r"\\\1", string) + '"' for string in self.strings)
        return f"{self.name}. IN TXT {texts}"


@dataclass(frozen=True, slots=True)
class Doors:
    """Where clients reach the server: the ports as they are seen from outside."""

    imaps: int = 993
    submissions: int = 465
    submission: int = 587
    sieve: int = 4190


def records(
    domain: str, hostname: str, keys: Keys, doors: Doors | None = None, *, relayed: bool = False
) -> list[Record]:
    """Every record for `domain`, whose mail is at `hostname`. `relayed`: it leaves through another server, a smart host."""
    open_doors = doors or Doors()
    found = [
        Record(domain, "MX", f"10 {hostname}.", "where mail for the domain goes", "mx"),
        _spf(domain, relayed=relayed),
        *(_key(domain, key, "DKIM: signs mail of the domain") for key in keys.active),
        *(_key(domain, key, "DKIM: the next key, before it is used") for key in keys.waiting),
        *(
            replace(
                _key(domain, key, "DKIM: the last key; to be removed in a week"), kind="dkim-retired", optional=True
            )
            for key in keys.retired
        ),
        Record(
            f"_dmarc.{domain}",
            "TXT",
            # RFC 7489 §6.3.
            f"v=DMARC1; p=quarantine; adkim=r; aspf=r; rua=mailto:postmaster@{domain}",
            "DMARC: what others do with mail that only pretends to be from the domain",
            "dmarc",
        ),
        # RFC 8461 §3.1: the id changes whenever the policy does.
        Record(
            f"_mta-sts.{domain}",
            "TXT",
            f"v=STSv1; id={derived_token(mta_sts_policy(hostname))}",
            "MTA-STS: others should insist on TLS",
            "mta-sts",
            optional=True,
        ),
        Record(
            f"mta-sts.{domain}",
            "CNAME",
            f"{hostname}.",
            "MTA-STS: where the policy is (see below)",
            "mta-sts",
            optional=True,
        ),
        Record(
            f"_smtp._tls.{domain}",
            "TXT",
            f"v=TLSRPTv1; rua=mailto:postmaster@{domain}",  # RFC 8460 §3
            "TLS-RPT: where others report that TLS failed",
            "tls-rpt",
            optional=True,
        ),
    ]
    # RFC 6186 §3 and RFC 8314 §5.1: priority, weight, port, host; "." where there is no such service.
    for service, port, purpose in (
        ("_imaps._tcp", open_doors.imaps, "reading mail"),
        ("_submissions._tcp", open_doors.submissions, "sending mail"),
        ("_submission._tcp", open_doors.submission, "sending mail, for older programs"),
        ("_sieve._tcp", open_doors.sieve, "rules"),  # RFC 5804 §1.6
    ):
        value, told = f"0 1 {port} {hostname}.", f"mail programs: {purpose}"
        found.append(Record(f"{service}.{domain}", "SRV", value, told, "service", optional=True))
    for name, programs in (("autoconfig", "Thunderbird and its like"), ("autodiscover", "Outlook and its like")):
        told = f"mail programs: {programs}"
        found.append(Record(f"{name}.{domain}", "CNAME", f"{hostname}.", told, "set-up", optional=True))
    return found


def mta_sts_policy(hostname: str) -> str:
    """The policy to serve at `https://mta-sts.<domain>/.well-known/mta-sts.txt` (RFC 8461 §3.2).

    `testing` has failures reported and nothing refused; `enforce` is for when the reports stay away.
    """
    return f"version: STSv1\r\nmode: testing\r\nmx: {hostname}\r\nmax_age: {POLICY_SECONDS}\r\n"


def of_keys(domain: str, keys: Sequence[DkimKey]) -> list[Record]:
    """The records of some keys alone."""
    return [_key(domain, key, "DKIM") for key in keys]


def _spf(domain: str, *, relayed: bool) -> Record:
    if relayed:
        # RFC 7208 §5.2: the smart host says with which include: it is to be named; until then the rest is not refused.
        return Record(
            domain, "TXT", "v=spf1 mx ~all", "SPF: who sends mail of the domain; add what your smart host names", "spf"
        )
    # RFC 7208 §5.4: who the MX is may send; nobody else.
    return Record(domain, "TXT", "v=spf1 mx -all", "SPF: who sends mail of the domain", "spf")


def _key(domain: str, key: DkimKey, purpose: str) -> Record:
    algorithm: dkim.Algorithm = "rsa" if key.algorithm == "rsa" else "ed25519"
    return Record(f"{key.selector}._domainkey.{domain}", "TXT", dkim.record(algorithm, key.public), purpose, "dkim")
