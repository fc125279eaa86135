"""What the ManageSieve server is told: where, how much and how long.

Filled by `app.py` from the settings of the platform. Limits have their unit and their reason beside them.
"""

import ssl
from dataclasses import dataclass, field

from mailwright.protocols.proxied import Network


@dataclass(frozen=True, slots=True)
class ManageSieveLimits:
    """How much one client, or all of them, may take."""

    connections: int = 200  # of the server; people change their rules seldom
    connections_per_client: int = 50  # from one address: a webmail speaks for all its users
    garbled: int = 3  # broken commands in a row
    failed_sign_ins: int = 3  # on one connection
    stranger_seconds: float = 60.0  # for a command to arrive before signing in
    idle_seconds: float = 1800.0  # signed in and silent; RFC 5804 §1.2: at least thirty minutes
    handshake_seconds: float = 30.0  # for TLS
    read_ahead_octets: int = 256 * 1024  # kept while a command runs; past it we stop reading
    write_ahead_octets: int = 128 * 1024  # kept for a client that does not read; past it the next command waits


@dataclass(frozen=True, slots=True)
class ManageSieveSettings:
    """One server. `port` 0 picks a free one (see `ManageSieveServer.port`). `tls` None: no STARTTLS.

    `allow_clear_auth`: passwords without TLS, for clients on this machine only.
    `proxies`: load balancers that begin each connection with who it is of (PROXY protocol).
    """

    host: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext | None = None
    allow_clear_auth: bool = False
    proxies: tuple[Network, ...] = ()
    limits: ManageSieveLimits = field(default_factory=ManageSieveLimits)
