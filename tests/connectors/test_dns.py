"""Where mail for a domain goes, asked of a name server on loopback."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from mailwright.codecs.mailauth import Answer, Question
from mailwright.connectors.dns import DnsResolver, ascii_domain
from mailwright.domain.sending import PermanentFailure, TemporaryFailure

ZONE: dict[tuple[str, str], list[str]] = {
    ("example.net.", "MX"): ["20 backup.example.net.", "10 MX.example.net."],
    ("mx.example.net.", "A"): ["203.0.113.5"],
    ("mx.example.net.", "AAAA"): ["2001:db8::5"],
    ("equal.example.net.", "MX"): [f"10 mx{number}.example.net." for number in range(6)],
    ("bare.example.org.", "A"): ["203.0.113.9"],
    ("nothing.example.org.", "TXT"): ['"hello"'],
    ("example.org.", "TXT"): ['"v=spf1 " "-all"', '"with \\255 octets"'],
    ("9.113.0.203.in-addr.arpa.", "PTR"): ["Mail.example.org."],
    ("null.example.org.", "MX"): ["0 ."],
    ("odd.example.org.", "MX"): ["0 .", "10 mx.example.net."],
    ("xn--bcher-kva.example.", "MX"): ["10 mx.example.net."],
}
BROKEN = "broken.example.org."
SILENT = "silent.example.org."
HALF = "half.example.org."  # answers for IPv4, fails for IPv6


class _Server(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, client: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        name, kind = query.question[0].name.to_text().lower(), dns.rdatatype.to_text(query.question[0].rdtype)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if name == SILENT:
            return
        if name == BROKEN or (name == HALF and kind == "AAAA"):
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name == HALF:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "A", "203.0.113.7"))
        elif (name, kind) in ZONE:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *ZONE[name, kind]))
        elif not any(known == name for known, _ in ZONE):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self.transport.sendto(answer.to_wire(), client)


@asynccontextmanager
async def resolving() -> AsyncIterator[DnsResolver]:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(_Server, local_addr=("127.0.0.1", 0))
    try:
        yield DnsResolver(["127.0.0.1"], port=transport.get_extra_info("sockname")[1], seconds=0.5)
    finally:
        transport.close()


async def test_exchangers_come_by_preference_in_lower_case() -> None:
    async with resolving() as resolver:
        hosts = await resolver.mx("example.net")
    assert [(host.name, host.preference) for host in hosts] == [("mx.example.net", 10), ("backup.example.net", 20)]


async def test_equal_exchangers_come_in_random_order() -> None:
    random.seed(7)
    async with resolving() as resolver:
        orders = {tuple(host.name for host in await resolver.mx("equal.example.net")) for _ in range(20)}
    assert len(orders) > 5


async def test_a_domain_without_mx_is_its_own_exchanger() -> None:
    async with resolving() as resolver:
        assert [host.name for host in await resolver.mx("bare.example.org")] == ["bare.example.org"]


@pytest.mark.parametrize(
    ("domain", "code"),
    [
        ("null.example.org", "5.1.10"),
        ("nothing.example.org", "5.1.2"),
        ("missing.example.org", "5.1.2"),
        ("a..b", "5.1.2"),
    ],
)
async def test_a_domain_that_takes_no_mail_is_a_permanent_failure(domain: str, code: str) -> None:
    async with resolving() as resolver:
        with pytest.raises(PermanentFailure) as failed:
            await resolver.mx(domain)
    assert failed.value.code == code


async def test_an_empty_name_among_others_is_passed_over() -> None:
    async with resolving() as resolver:
        assert [host.name for host in await resolver.mx("odd.example.org")] == ["mx.example.net"]


@pytest.mark.parametrize("domain", ["broken.example.org", "silent.example.org"])
async def test_a_name_server_that_does_not_answer_is_a_temporary_failure(domain: str) -> None:
    async with resolving() as resolver:
        with pytest.raises(TemporaryFailure) as failed:
            await resolver.mx(domain)
        with pytest.raises(TemporaryFailure):
            await resolver.addresses(domain)
    assert failed.value.code == "4.4.3"


async def test_a_host_has_addresses_of_both_kinds() -> None:
    async with resolving() as resolver:
        assert await resolver.addresses("mx.example.net") == ["2001:db8::5", "203.0.113.5"]
        assert await resolver.addresses("missing.example.org") == []


async def test_one_kind_of_address_is_enough_when_the_other_question_fails() -> None:
    async with resolving() as resolver:
        assert await resolver.addresses("half.example.org") == ["203.0.113.7"]


async def test_an_international_domain_is_asked_for_in_ascii() -> None:
    async with resolving() as resolver:
        assert [host.name for host in await resolver.mx("bücher.example")] == ["mx.example.net"]
    assert ascii_domain("bücher.example") == "xn--bcher-kva.example"


async def test_on_a_machine_without_dns_mail_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    def unconfigured(*_: object) -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.asyncresolver.Resolver, "read_resolv_conf", unconfigured)
    with pytest.raises(TemporaryFailure):
        await DnsResolver().mx("example.net")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (Question("example.org", "TXT"), Answer((b"v=spf1 -all", b"with \xff octets"))),
        (Question("example.net", "MX"), Answer(((20, "backup.example.net"), (10, "mx.example.net")))),
        (Question("mx.example.net", "A"), Answer(("203.0.113.5",))),
        (Question("mx.example.net", "AAAA"), Answer(("2001:db8::5",))),
        (Question("9.113.0.203.in-addr.arpa", "PTR"), Answer(("mail.example.org",))),
        (Question("mx.example.net", "TXT"), Answer()),
        (Question("missing.example.org", "TXT"), Answer()),
        (Question("no..name", "TXT"), Answer()),
        (Question("broken.example.org", "TXT"), Answer(failed=True)),
        (Question("silent.example.org", "TXT"), Answer(failed=True)),
    ],
)
async def test_what_is_asked_about_incoming_mail(question: Question, answer: Answer) -> None:
    async with resolving() as resolver:
        found = await resolver.look_up(question)
        assert (set(found.values), found.failed) == (set(answer.values), answer.failed)
