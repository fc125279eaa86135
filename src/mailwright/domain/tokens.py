"""What a token of another service proved: whose it is, and for how long. Read by a connector, judged by `core.bearers`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mailwright.domain.clock import Instant

OF_SETTINGS = "00000000-0000-7000-8000-000000000001"
"""The id of the one provider that the settings name; every other one is a row."""


@dataclass(frozen=True, slots=True)
class Voucher:
    """Who vouches for somebody: a provider, for the people of one tenant (None: of the first domain's).

    `roles` leads from a role there to one here; when it is empty roles stay as they are here.
    """

    id: str = OF_SETTINGS
    tenant_id: str | None = None
    adds_users: bool = False
    roles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proven:
    """A person, as the service that signed the token knows them: never by anything but `issuer` and `subject` together.

    `address` is a mail address only when the service has made sure of it; the person may have another one tomorrow. `strong`: the
    service asked for more than one proof (a second factor). `roles`: those it says they have; None: it says nothing of roles.
    """

    issuer: str
    subject: str
    issued_at: Instant
    expires_at: Instant
    address: str | None = None
    name: str = ""
    strong: bool = False
    roles: tuple[str, ...] | None = None
    voucher: Voucher = field(default_factory=Voucher)
