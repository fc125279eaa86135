"""Routing: which address leads where.

Called by accept and filing (in the transaction that files) and by the outbox (is this domain ours?).
Promises: an expansion ends, however groups and forwards point at each other, and names nobody twice; one that is too large is
refused, so that nobody in it is forgotten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from mailwright.domain.addresses import Address
from mailwright.domain.refusals import BadAddress, LoopDetected
from mailwright.storage import Tx, accounts, domains
from mailwright.storage.accounts import AddressRow
from mailwright.storage.domains import Domain

MAX_EXPANSION = (
    2_000  # addresses one recipient may turn into: groups of groups stay finite and a message's fan-out bounded
)

# RFC 5321 §4.5.1: postmaster is always deliverable; RFC 2142 §4 asks the same of abuse.
_ALWAYS = frozenset({"postmaster", "abuse"})


@dataclass(frozen=True, slots=True)
class Local:
    """A mailbox of ours."""

    tenant_id: str
    user_id: str
    kind: str  # user or agent
    address: Address


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An address of somebody else, reached by a forward or a group of ours (whose tenant pays)."""

    tenant_id: str
    address: Address


def is_local_domain(tx: Tx, domain: str) -> bool:
    """Whether we are responsible for the domain (lower case)."""
    return domains.named(tx, domain) is not None


def domain_of(tx: Tx, name: str, hostname: str = "") -> Domain | None:
    """Our domain of that name. Under our own host name, where only the postmaster has mail, the first domain answers for it."""
    return domains.named(tx, name) or (domains.first(tx) if name == hostname else None)


def resolve(tx: Tx, address: Address, hostname: str = "") -> AddressRow | None:
    """Where mail to the address goes, or None when we have no such address. The plus tag is not looked at.

    `hostname` is our own name towards other servers, whose postmaster must be reachable too.
    """
    row = accounts.address(tx, address.key)
    if row is not None or address.base_local.lower() not in _ALWAYS:
        return row
    domain = domain_of(tx, address.domain, hostname)
    admin = accounts.first_admin(tx, domain.tenant_id) if domain else None
    return AddressRow(address.key, "user", admin.tenant_id, admin.id, ()) if admin else None


def expand(tx: Tx, row: AddressRow, address: Address) -> Iterator[Local | Elsewhere]:
    """Every final destination of a route, each once. Raises LoopDetected when there are more than MAX_EXPANSION."""
    seen: set[str] = set()
    waiting: deque[tuple[AddressRow | None, Address]] = deque([(row, address)])
    while waiting:
        known, towards = waiting.popleft()
        found = known or resolve(tx, towards)
        identity = found.user_id or found.address if found else towards.key
        if identity in seen:
            continue
        if len(seen) >= MAX_EXPANSION:
            raise LoopDetected(f"{address} leads to more than {MAX_EXPANSION} addresses")
        seen.add(identity)
        if found is None:
            if not is_local_domain(tx, towards.domain):
                yield Elsewhere(row.tenant_id, towards)
            continue  # a member of ours that is gone: the others still get the mail
        if found.user_id is not None:
            yield Local(found.tenant_id, found.user_id, found.kind, towards)
            continue
        for target in found.targets:
            try:
                member = Address.parse(target)
            except BadAddress:
                continue  # checked when it was written; a hand-made row must not stop the group
            waiting.append((None, member))
