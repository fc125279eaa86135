"""What a token of another service proved: whose it is, and for how long. Read by a connector, judged by `core.bearers`."""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.domain.clock import Instant


@dataclass(frozen=True, slots=True)
class Proven:
    """A person, as the service that signed the token knows them: never by anything but `issuer` and `subject` together.

    `address` is a mail address only when the service has made sure of it; the person may have another one tomorrow. `strong`: the
    service asked for more than one proof (a second factor).
    """

    issuer: str
    subject: str
    issued_at: Instant
    expires_at: Instant
    address: str | None = None
    name: str = ""
    strong: bool = False
