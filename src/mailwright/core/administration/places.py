"""Tenants, domains, addresses and mailboxes, as administrators look after them, with the policies that hang on them.

Called by the administration pages; `core.domains`, `core.accounts` and `core.dkimkeys` do what the command line shares.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from mailwright.core import Core, accounts, dkimkeys, domains
from mailwright.core.administration import reach as within
from mailwright.core.administration.reach import Reach
from mailwright.core.dkimkeys import Keys
from mailwright.domain.addresses import Address
from mailwright.domain.refusals import AlreadyExists, BadInput, NotFound, NotPermitted
from mailwright.storage import Tx, audit, mailboxes
from mailwright.storage import accounts as account_rows
from mailwright.storage import administration as rows
from mailwright.storage import domains as domain_rows
from mailwright.storage.administration import Alias, Place, Tenant
from mailwright.storage.domains import Domain
from mailwright.storage.mailboxes import Mailbox

MAX_TENANT_NAME = 100  # characters
MAX_RETAIN_DAYS = 36_500  # a century; what is kept longer is kept for good


@dataclass(frozen=True, slots=True)
class Policies:
    """What is to be different about a domain; `unchanged` stays, None takes the policy away."""

    retain_days: int | Literal["unchanged"] | None = "unchanged"
    journal_address: str | None = "unchanged"
    on_failure: str | None = None


# --- tenants --------------------------------------------------------------------------------------------------------


def tenants(tx: Tx, reach: Reach) -> list[Tenant]:
    """All of them. Raises NotPermitted."""
    reach.check_operates()
    return rows.tenants(tx)


def add_tenant(tx: Tx, reach: Reach, name: str) -> Tenant:
    """Make one. Raises NotPermitted, BadInput, AlreadyExists."""
    reach.check_operates()
    wanted = _tenant_name(name)
    made = domain_rows.add_tenant(tx, wanted)
    if made is None:
        raise AlreadyExists(f"there is a tenant {wanted} already")
    audit.note(tx, reach.by, "tenant.added", resource=wanted, tenant_id=made)
    return _tenant(tx, made)


def rename_tenant(tx: Tx, reach: Reach, tenant_id: str, name: str) -> Tenant:
    """Give one another name. Raises NotPermitted, NotFound, BadInput, AlreadyExists."""
    reach.check_operates()
    within.check_tenant(tx, reach, tenant_id)
    wanted = _tenant_name(name)
    tx.lock("tenants")
    taken = domain_rows.tenant_named(tx, wanted)
    if taken not in (None, tenant_id):
        raise AlreadyExists(f"there is a tenant {wanted} already")
    rows.rename_tenant(tx, tenant_id, wanted)
    audit.note(tx, reach.by, "tenant.renamed", resource=wanted, tenant_id=tenant_id)
    return _tenant(tx, tenant_id)


def _tenant_name(name: str) -> str:
    wanted = name.strip()
    if not wanted or len(wanted) > MAX_TENANT_NAME or not wanted.isprintable():
        raise BadInput(f"a tenant's name has 1 to {MAX_TENANT_NAME} characters that can be shown")
    return wanted


def _tenant(tx: Tx, tenant_id: str) -> Tenant:
    found = rows.tenant(tx, tenant_id)
    if found is None:
        raise NotFound(f"there is no tenant {tenant_id}")
    return found


# --- domains --------------------------------------------------------------------------------------------------------


def domain_listing(tx: Tx, reach: Reach) -> list[Place]:
    """Those within reach, by name."""
    return rows.places(tx, reach.tenant_id)


async def add_domain(core: Core, reach: Reach, name: str, *, tenant: str | None) -> Place:
    """Make a domain a tenant's (the caller's own, when none is named), with keys. Raises BadInput, NotFound, NotPermitted, AlreadyExists.

    The admin of a tenant adds what is below a domain of theirs; anything else an operator does: a tenant that could name any domain
    would get the mail that other tenants write to it.
    """
    reach.check_changes()
    wanted = domains.checked(name)
    await core.read(lambda tx: _check_may_add(tx, reach, wanted))
    prepared = await asyncio.to_thread(dkimkeys.prepare, core, wanted)

    def write(tx: Tx) -> Place:
        _check_may_add(tx, reach, wanted)
        whose = reach.account.tenant_id if tenant is None else domain_rows.tenant_named(tx, tenant.strip())
        if whose is None or not reach.covers(whose):
            raise NotFound(f"there is no tenant {tenant}")
        dkimkeys.add(tx, domains.add(tx, wanted, tenant=_tenant(tx, whose).name, by=reach.by), prepared)
        return _place(tx, wanted)

    return await core.write(write)


def _check_may_add(tx: Tx, reach: Reach, name: str) -> None:
    if domain_rows.named(tx, name) is not None:
        raise AlreadyExists(f"{name} is a domain of this server already")
    labels = name.split(".")
    above = (domain_rows.named(tx, ".".join(labels[start:])) for start in range(1, len(labels) - 1))
    nearest = next((domain for domain in above if domain is not None), None)
    if not reach.is_operator and (nearest is None or not reach.covers(nearest.tenant_id)):
        raise NotPermitted(f"{name} is not below a domain of yours: an operator can add it")


def _place(tx: Tx, name: str) -> Place:
    found = rows.place(tx, name)
    assert found is not None
    return found


def change_domain(tx: Tx, reach: Reach, name: str, wanted: Policies) -> Place:
    """Set a domain's policies. Raises NotFound, BadAddress, BadInput."""
    reach.check_changes()
    domain = within.domain(tx, reach, name)
    if wanted.retain_days != "unchanged" or wanted.journal_address != "unchanged":
        days = domain.retain_days if wanted.retain_days == "unchanged" else _days(wanted.retain_days)
        archive = domain.journal_address if wanted.journal_address == "unchanged" else wanted.journal_address
        domains.set_policies(tx, domain.name, journal_address=archive, retain_days=days, by=reach.by)
    if wanted.on_failure is not None:
        domains.set_on_failure(tx, domain.name, wanted.on_failure, by=reach.by)
    return _place(tx, domain.name)


def remove_domain(tx: Tx, core: Core, reach: Reach, name: str) -> None:
    """Let go of a domain without addresses. Raises NotFound, BadInput."""
    reach.check_changes()
    domains.remove(tx, core, within.domain(tx, reach, name).name, by=reach.by)


async def keys_of(core: Core, reach: Reach, name: str) -> tuple[Domain, Keys]:
    """A domain with its keys, which are made when it has none. Raises NotFound."""

    def look(tx: Tx) -> tuple[Domain, Keys]:
        domain = within.domain(tx, reach, name)
        return domain, dkimkeys.of_domain(tx, domain)

    domain, keys = await core.read(look)
    if not keys.active:
        prepared = await asyncio.to_thread(dkimkeys.prepare, core, domain.name)
        keys = await core.write(lambda tx: dkimkeys.add(tx, within.domain(tx, reach, name), prepared))
    return domain, keys


async def rotate(core: Core, reach: Reach, name: str, *, activate: bool) -> tuple[Domain, Keys]:
    """The first step of exchanging a domain's keys, or (`activate`) the second. Raises NotFound, BadInput."""
    reach.check_changes()
    domain, _ = await keys_of(core, reach, name)
    if activate:
        return domain, await core.write(
            lambda tx: dkimkeys.end_rotation(tx, within.domain(tx, reach, name), by=reach.by)
        )
    prepared = await asyncio.to_thread(dkimkeys.prepare, core, domain.name)
    return domain, await core.write(
        lambda tx: dkimkeys.begin_rotation(tx, within.domain(tx, reach, name), prepared, by=reach.by)
    )


# --- addresses ------------------------------------------------------------------------------------------------------


def aliases(tx: Tx, reach: Reach, *, text: str | None, after: str | None, limit: int) -> list[Alias]:
    """Addresses that are nobody's main one, by name, behind the last of the page before."""
    return rows.aliases(tx, reach.tenant_id, text=text, after=after, limit=limit)


def add_alias(tx: Tx, reach: Reach, address: str, targets: Sequence[str]) -> Alias:
    """Make one. Raises BadAddress, BadInput, NotFound (domain), AlreadyExists."""
    reach.check_changes()
    parsed = Address.parse(address)
    if parsed.tag:
        raise BadInput("an address that leads elsewhere has no +tag: tags come with every address by themselves")
    within.domain(tx, reach, parsed.domain)
    accounts.add_alias(tx, address, tuple(dict.fromkeys(targets)), by=reach.by)
    return _alias(tx, parsed.key)


def remove_alias(tx: Tx, reach: Reach, address: str) -> None:
    """Take one away. Raises BadAddress, NotFound, BadInput (a main address)."""
    reach.check_changes()
    known = account_rows.address(tx, Address.parse(address).key)
    if known is None or not reach.covers(known.tenant_id):
        raise NotFound(f"there is no address {address[:255]}")
    accounts.remove_alias(tx, known.address, by=reach.by)


def _alias(tx: Tx, key: str) -> Alias:
    found = rows.alias(tx, key)
    assert found is not None
    return found


# --- mailboxes ------------------------------------------------------------------------------------------------------


def mailboxes_of(tx: Tx, reach: Reach, user_id: str) -> list[Mailbox]:
    """A person's, by name: names and sizes, nothing of what is in them. Raises NotFound."""
    return mailboxes.of_user(tx, within.user(tx, reach, user_id).id)


def retain_mailbox(tx: Tx, reach: Reach, mailbox_id: str, days: int | None) -> Mailbox:
    """How long mail is kept in a mailbox; None: as its domain says. Raises NotFound, BadInput."""
    reach.check_changes()
    found = within.mailbox(tx, reach, mailbox_id)
    mailboxes.set_retention(tx, found.id, _days(days))
    owner = account_rows.by_id(tx, found.user_id)
    whose = owner.email if owner is not None else found.user_id
    audit.note(tx, reach.by, "mailbox.retention-changed", resource=f"{whose}/{found.name}", tenant_id=found.tenant_id)
    return within.mailbox(tx, reach, mailbox_id)


def retain(
    tx: Tx, reach: Reach, of_domains: Iterable[tuple[str, int | None]], of_mailboxes: Iterable[tuple[str, int | None]]
) -> None:
    """How long mail is kept in several domains (by name) and mailboxes (by id), all or none. Raises NotFound, BadInput."""
    for name, days in of_domains:
        change_domain(tx, reach, name, Policies(retain_days=days))
    for mailbox_id, days in of_mailboxes:
        retain_mailbox(tx, reach, mailbox_id, days)


def _days(days: int | None) -> int | None:
    if days is not None and not 1 <= days <= MAX_RETAIN_DAYS:
        raise BadInput(f"mail is kept for 1 to {MAX_RETAIN_DAYS} days, or (null) for good")
    return days


def retained(tx: Tx, reach: Reach) -> tuple[list[Place], list[tuple[str, Mailbox]]]:
    """Every retention policy within reach: the domains, and the mailboxes with one of their own, each with its owner's address."""
    return domain_listing(tx, reach), rows.retained_mailboxes(tx, reach.tenant_id)
