"""Tenants and domains: adding, listing, removing, and the policies that hang on a domain.

Called by the command line, the demo and `administration`.
"""

from __future__ import annotations

import re

from mailwright.core import Core
from mailwright.domain.addresses import Address
from mailwright.domain.refusals import AlreadyExists, BadInput, NotFound
from mailwright.storage import Tx, audit
from mailwright.storage import domains as rows
from mailwright.storage.audit import SYSTEM, Actor
from mailwright.storage.domains import Domain

# RFC 1035 §2.3.1 as RFC 1123 §2.1 relaxed it; an international name is given in its A-label form (RFC 5890 §2.3.2.1).
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")

ON_FAILURE = ("policy", "reject", "quarantine", "mark")


def add(tx: Tx, name: str, *, tenant: str = "default", by: Actor = SYSTEM) -> Domain:
    """Make a domain ours, for a tenant that is made when it is new. Raises BadInput, AlreadyExists."""
    wanted = checked(name)
    tenant_id = rows.tenant_named(tx, tenant) or rows.add_tenant(tx, tenant)
    assert tenant_id is not None
    if rows.add(tx, tenant_id, wanted) is None:
        raise AlreadyExists(f"{wanted} is a domain of this server already")
    audit.note(tx, by, "domain.added", resource=wanted, tenant_id=tenant_id)
    return find(tx, wanted)


def checked(name: str) -> str:
    """The name as it is kept: lower case, without the final dot. Raises BadInput."""
    wanted = name.strip().rstrip(".").lower()
    if not _NAME.fullmatch(wanted):
        raise BadInput(f"{name!r} is not a domain name")
    return wanted


def find(tx: Tx, name: str) -> Domain:
    """The domain of that name. Raises NotFound."""
    domain = rows.named(tx, name.lower())
    if domain is None:
        raise NotFound(f"{name} is not a domain of this server")
    return domain


def listing(tx: Tx) -> list[Domain]:
    """Every domain, by name."""
    return rows.listing(tx)


def set_policies(
    tx: Tx, name: str, *, journal_address: str | None, retain_days: int | None, by: Actor = SYSTEM
) -> Domain:
    """Replace the domain's journaling address and retention (days; None keeps mail). Raises NotFound, BadAddress, BadInput."""
    domain = find(tx, name)
    if retain_days is not None and retain_days < 1:
        raise BadInput("mail is kept for at least one day")
    archive = None if journal_address is None else str(Address.parse(journal_address))
    rows.change(tx, domain.id, journal_address=archive, retain_days=retain_days)
    audit.note(tx, by, "domain.changed", resource=domain.name, tenant_id=domain.tenant_id)
    return find(tx, name)


def set_on_failure(tx: Tx, name: str, choice: str, *, by: Actor = SYSTEM) -> Domain:
    """What happens to mail for the domain that fails its sender's DMARC: one of ON_FAILURE. Raises NotFound, BadInput."""
    domain = find(tx, name)
    if choice not in ON_FAILURE:
        raise BadInput(f"{choice!r} is none of {', '.join(ON_FAILURE)}")
    rows.set_on_failure(tx, domain.id, choice)
    audit.note(tx, by, "domain.changed", resource=domain.name, tenant_id=domain.tenant_id)
    return find(tx, name)


def remove(tx: Tx, core: Core, name: str, *, by: Actor = SYSTEM) -> None:
    """Let go of a domain that has no address left. Raises NotFound, BadInput."""
    domain = find(tx, name)
    if left := rows.address_count(tx, domain.name):
        raise BadInput(f"{domain.name} still has {left} addresses: remove them first")
    rows.remove(tx, domain.id)
    core.domains_seen.pop(domain.name, None)
    audit.note(tx, by, "domain.removed", resource=domain.name, tenant_id=domain.tenant_id)
