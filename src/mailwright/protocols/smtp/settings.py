"""What one listening server is told: where, as whom, how much and how long.

Filled by `app.py` from the settings of the platform. Limits have their unit and their reason beside them.
"""

import ssl
from dataclasses import dataclass, field
from typing import Literal

from mailwright.codecs.sasl import BEARER_MECHANISMS, PASSWORD_MECHANISMS
from mailwright.codecs.smtp import Offer
from mailwright.protocols.proxied import Network

Kind = Literal["smtp", "lmtp", "submission"]


@dataclass(frozen=True, slots=True)
class SmtpLimits:
    """How much one client, or all of them, may take. The defaults serve a busy server and stop a rude guest."""

    recipients: int = 1000  # of one message; RFC 5321 §4.5.3.1.8: at least 100
    connections: int = 1000  # of one server
    connections_per_client: int = 100  # from one address; a relay in front of us rarely opens more than 20
    errors: int = 20  # broken commands on one connection
    refused_recipients: int = 100  # on one connection; more is somebody guessing addresses
    idle_commands: int = 200  # commands between two messages, recipients not counted
    failed_sign_ins: int = 5  # on one connection
    command_seconds: float = 300.0  # for one command to arrive; RFC 5321 §4.5.3.2.7: at least five minutes
    data_stall_seconds: float = 300.0  # without any octet of a message; RFC 5321 §4.5.3.2.5 has three minutes
    data_seconds: float = 600.0  # for a whole message, and longer as octets arrive:
    data_octets_per_second: int = 1024  # the slowest line we wait for
    handshake_seconds: float = 30.0  # for TLS
    read_ahead_octets: int = 128 * 1024  # kept while an answer is being made; past it we stop reading
    write_ahead_octets: int = 64 * 1024  # kept for a client that does not read; past it we stop answering
    messages_octets: int = 1024 * 1024 * 1024  # of all messages coming in at once, in one server


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """One server. `port` 0 picks a free one (see `MailServer.port`). `max_size` is in octets.

    `tls` None: neither STARTTLS nor implicit TLS. `implicit_tls`: TLS from the first octet (RFC 8314 §3.3).
    `allow_clear_auth`: passwords without TLS, for clients on this machine only. `bearer`: somebody can tell whose a token is, so
    that clients may sign in with one.
    `proxies`: load balancers that begin each connection with who it is of (PROXY protocol).
    """

    host: str = "127.0.0.1"
    port: int = 0
    hostname: str = "localhost"
    max_size: int = 50 * 1024 * 1024
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    allow_clear_auth: bool = False
    bearer: bool = False
    postmaster_domain: str = ""
    proxies: tuple[Network, ...] = ()
    limits: SmtpLimits = field(default_factory=SmtpLimits)

    def __post_init__(self) -> None:
        if self.implicit_tls and self.tls is None:
            raise ValueError("implicit TLS needs a certificate")

    def offer(self, kind: Kind, *, loopback: bool) -> Offer:
        """What a connection of this kind is offered; `loopback`: the client is on this machine."""
        return Offer(
            hostname=self.hostname,
            lmtp=kind == "lmtp",
            max_size=self.max_size,
            starttls=self.tls is not None and not self.implicit_tls,
            mechanisms=PASSWORD_MECHANISMS + (BEARER_MECHANISMS if self.bearer else ()) if kind == "submission" else (),
            auth_in_clear=self.allow_clear_auth and loopback,
            postmaster_domain=self.postmaster_domain,
        )
