"""What one listening server is told: where, how much and how long.

Filled by `app.py` from the settings of the platform. Limits have their unit and their reason beside them.
"""

import ssl
from dataclasses import dataclass, field

from mailwright.protocols.proxied import Network


@dataclass(frozen=True, slots=True)
class ImapLimits:
    """How much one client, or all of them, may take. The defaults serve a busy server and stop a rude guest."""

    connections: int = 1000  # of one server
    connections_per_client: int = 300  # from one address: an office behind one router, each program with five of them
    garbled: int = 3  # broken commands in a row
    failed_sign_ins: int = 5  # on one connection
    refusal_seconds: float = 1.0  # the first failed sign-in waits so long for its answer, the second twice as long …
    stranger_seconds: float = 60.0  # for a command to arrive before signing in
    idle_seconds: float = 1800.0  # signed in and silent, IDLE included; RFC 9051 §5.4: at least thirty minutes
    stall_seconds: float = 300.0  # for a client to read on while we have something to say
    handshake_seconds: float = 30.0  # for TLS
    read_ahead_octets: int = 256 * 1024  # kept while a command runs; past it we stop reading
    write_ahead_octets: int = 64 * 1024  # kept for a client that does not read; past it the command waits
    append_octets: int = 100 * 1024 * 1024  # of all messages of one APPEND
    held_octets: int = 1024 * 1024 * 1024  # of all commands coming in at once, in one server
    swallowed_octets: int = 256 * 1024 * 1024  # of a refused message that comes all the same; more ends the connection


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """One server. `port` 0 picks a free one (see `ImapServer.port`). `max_message` is in octets (APPENDLIMIT).

    `tls` None: neither STARTTLS nor implicit TLS. `implicit_tls`: TLS from the first octet (RFC 8314 §3.2).
    `allow_clear_auth`: passwords without TLS, for clients on this machine only.
    `proxies`: load balancers that begin each connection with who it is of (PROXY protocol).
    """

    host: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    allow_clear_auth: bool = False
    max_message: int = 50 * 1024 * 1024
    proxies: tuple[Network, ...] = ()
    limits: ImapLimits = field(default_factory=ImapLimits)

    def __post_init__(self) -> None:
        if self.implicit_tls and self.tls is None:
            raise ValueError("implicit TLS needs a certificate")
