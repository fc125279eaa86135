"""Sending by SMTP: through a smart host, or directly to the recipient's exchangers.

Both are the outbox's transport of channel `smtp`; `app.py` makes the one the settings ask for.
Promises: a smart host that is down is `Unavailable` (everything waits, no attempt is counted); with direct delivery an
exchanger that is down is an ordinary temporary failure of that destination. Mail for the outside never connects to the inside:
loopback, private and link-local addresses are refused unless a setting allows them.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import structlog

from mailwright.connectors.dns import MailHost, Resolver
from mailwright.connectors.smtpsession import Session, TlsFailed, Unreachable
from mailwright.domain.addresses import Address
from mailwright.domain.sending import PermanentFailure, SendFailure, TemporaryFailure, Unavailable

log = structlog.get_logger(__name__)

SMTP_PORT = 25
MAX_ADDRESSES = 6  # tried for one message; RFC 5321 §5.1 wants at least two

# RFC 4954 §6: the host wants a sign-in we did not give, or did not like ours: our settings are wrong, not the messages.
_NOT_SIGNED_IN = frozenset({"530", "534", "535", "538"})

Tls = Literal["starttls", "tls", "opportunistic", "none"]


@dataclass(slots=True)
class SmartHost:
    """The server all our mail leaves through.

    `tls`: `starttls` (required), `tls` (from the first byte), `opportunistic` (when offered) or `none`. The certificate is
    verified, `ca_file` adding to the system's authorities, unless `verify` is off or TLS is only opportunistic. Without
    `username` nobody signs in. `helo` is our own name.
    """

    host: str
    port: int = 587
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Tls = "starttls"
    verify: bool = True
    ca_file: str | None = None
    helo: str = "localhost"
    at_once: int = 8  # what providers let one customer open
    at_once_per_domain: int = 8

    async def send(
        self, sender: Address | None, recipient: Address, raw: bytes, *, message_id: str, idempotency_key: str
    ) -> str:
        """Hand the message to the smart host; its answer. Raises as `domain.sending` says."""
        session = Session(self.host, self.port, host=self.host, helo=self.helo)
        try:
            await self._open(session)
            return await session.deliver(sender, recipient, raw)
        except Unreachable as error:
            raise Unavailable(error.text, error.code, reply=error.reply, host=self.host) from error
        except PermanentFailure as refusal:
            if refusal.reply[:3] in _NOT_SIGNED_IN:
                raise Unavailable(refusal.text, refusal.code, reply=refusal.reply, host=self.host) from refusal
            raise
        finally:
            await session.close()

    async def _open(self, session: Session) -> None:
        if self.tls == "tls":
            await session.open(tls=_context(verify=self.verify, ca_file=self.ca_file))
        else:
            await session.open()
            if self.tls == "starttls":
                await session.secure(_context(verify=self.verify, ca_file=self.ca_file))
            elif self.tls == "opportunistic" and session.offers("starttls"):
                await session.secure(_context(verify=False))
        if self.username is not None:
            await session.sign_in(self.username, self.password or "")


class DirectMx:
    """To the exchangers of the recipient's domain (RFC 5321 §5.1), with TLS when they offer it.

    `helo` is our own name: exchangers that are ourselves, and those behind them, are passed over. `allow_private` lets it
    connect to addresses inside; `port` differs from 25 only in tests.
    """

    def __init__(
        self,
        resolver: Resolver,
        *,
        helo: str,
        allow_private: bool = False,
        port: int = SMTP_PORT,
        at_once: int = 32,
        at_once_per_domain: int = 4,
    ) -> None:
        self._resolver = resolver
        self._helo = helo
        self._allow_private = allow_private
        self._port = port
        self.at_once = at_once
        self.at_once_per_domain = at_once_per_domain

    async def send(
        self, sender: Address | None, recipient: Address, raw: bytes, *, message_id: str, idempotency_key: str
    ) -> str:
        """Hand the message to the first exchanger that answers; its answer. Raises as `domain.sending` says.

        An exchanger that cannot be reached, or closes (421), gives the turn to the next one; an answer about the message or its
        recipient is an answer.
        """
        last: SendFailure | None = None
        for host, address in await self._ways(recipient.domain):
            try:
                return await self._try(host, address, sender, recipient, raw)
            except Unreachable as error:
                kind = PermanentFailure if error.permanent else TemporaryFailure
                failure: SendFailure = kind(error.text, error.code, reply=error.reply, host=host)
                log.info("smtp.exchanger_failed", host=host, code=error.code)
            if last is None or isinstance(failure, TemporaryFailure):
                last = failure  # for good only when every exchanger says so
        assert last is not None, "there is at least one way"
        raise last

    async def _try(self, host: str, address: str, sender: Address | None, recipient: Address, raw: bytes) -> str:
        try:
            return await self._converse(host, address, sender, recipient, raw, secure=True)
        except TlsFailed:
            # RFC 7435 §3: opportunistic means that a broken offer of TLS is no worse than none.
            log.info("smtp.tls_failed", host=host)
            return await self._converse(host, address, sender, recipient, raw, secure=False)

    async def _converse(
        self, host: str, address: str, sender: Address | None, recipient: Address, raw: bytes, *, secure: bool
    ) -> str:
        session = Session(address, self._port, host=host, helo=self._helo)
        try:
            await session.open()
            if secure and session.offers("starttls"):
                await session.secure(_context(verify=False))
            return await session.deliver(sender, recipient, raw)
        finally:
            await session.close()

    async def _ways(self, domain: str) -> list[tuple[str, str]]:
        """Host names with an address each, in the order to try them; never empty."""
        if domain.startswith("["):
            address = _literal(domain)
            if not self._allow_private and not is_outside(address):
                raise _inside(domain)
            return [(domain, address)]
        ways: list[tuple[str, str]] = []
        failure: SendFailure = PermanentFailure(f"no mail server of {domain} has an address", "5.4.4")
        for host in self._before_us(await self._resolver.mx(domain), domain):
            if len(ways) >= MAX_ADDRESSES:
                break  # more would only be asked for, at the pace of the other side's name servers
            try:
                for address in await self._resolver.addresses(host.name):
                    if self._allow_private or is_outside(address):
                        ways.append((host.name, address))
                    elif not isinstance(failure, TemporaryFailure):
                        failure = _inside(host.name)
            except TemporaryFailure as unknown:
                failure = unknown
        if not ways:
            raise failure
        return ways[:MAX_ADDRESSES]

    def _before_us(self, hosts: Sequence[MailHost], domain: str) -> list[MailHost]:
        """RFC 5321 §5.1: when we are among the exchangers, only those before us may be tried, or mail would go in circles."""
        ours = [host.preference for host in hosts if host.name == self._helo.lower()]
        if not ours:
            return list(hosts)
        before = [host for host in hosts if host.preference < min(ours)]
        if not before:
            raise PermanentFailure(f"mail for {domain} leads back to this server, which does not serve it", "5.4.6")
        return before


def is_outside(address: str) -> bool:
    """Whether an IP address belongs to the public Internet, an IPv4 address inside an IPv6 one included."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_outside(str(inner))
        if ip.is_site_local:
            return False
    # What is reserved is nowhere on the Internet yet, and may be anything inside.
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052 §2.1


def _inside(host: str) -> PermanentFailure:
    """Anybody can point an MX anywhere; our own network is not reached that way."""
    return PermanentFailure(f"the mail server {host} has an address that is not on the Internet", "5.4.4")


def _literal(domain: str) -> str:
    """The address in an address literal (RFC 5321 §4.1.3)."""
    try:
        return str(ipaddress.ip_address(domain[1:-1].removeprefix("ipv6:")))
    except ValueError:
        raise PermanentFailure(f"{domain} is not an address mail can be sent to", "5.1.2") from None


@lru_cache
def _context(*, verify: bool, ca_file: str | None = None) -> ssl.SSLContext:
    """Made once: reading the authorities takes long enough to be felt by everybody else in the event loop."""
    if verify:
        context = ssl.create_default_context()
        if ca_file is not None:
            context.load_verify_locations(cafile=ca_file)
        return context
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
