"""Identity providers, as administrators look after them. Operators name issuers (it makes us ask servers that they choose, and an issuer
is one tenant's for all), and say for whom its word is and how far; its roles and its services are the tenant's own affair, but for those of
operators, whom no tenant's admin reaches.

Called by the administration pages.
"""

from __future__ import annotations

from typing import Protocol

from mailwright.core import Core, accounts
from mailwright.core import providers as core_providers
from mailwright.core.administration import reach as within
from mailwright.core.administration.reach import Reach
from mailwright.core.providers import Provider, Wanted
from mailwright.domain.refusals import NotFound, NotPermitted
from mailwright.storage import Tx, credentials
from mailwright.storage import accounts as account_rows
from mailwright.storage import administration as people
from mailwright.storage import providers as rows
from mailwright.storage.accounts import Account
from mailwright.storage.credentials import Link

OPERATORS_ONLY = ("client_id", "client_secret", "audience", "trusts_mail")
"""Who may come with whose tokens hangs on these: with another program's an admin could come as anybody who uses it."""


class Looking(Protocol):
    """Who asks a provider how it does."""

    async def check(self, provider_id: str) -> list[tuple[str, bool, str]]:
        """What was looked at, whether it is well, and why. Raises NotFound."""


def listing(tx: Tx, reach: Reach) -> list[Provider]:
    """Those within reach, by tenant and name."""
    reach.check_changes()
    return rows.listing(tx, reach.tenant_id)


def find(tx: Tx, reach: Reach, provider_id: str) -> Provider:
    """One of them. Raises NotFound."""
    reach.check_changes()
    found = rows.by_id(tx, provider_id)
    if found is None or not reach.covers(found.tenant_id):
        raise NotFound("there is no such provider")
    return found


def add(tx: Tx, core: Core, reach: Reach, issuer: str, wanted: Wanted, *, tenant: str | None) -> Provider:
    """Believe an issuer of a tenant's people (the caller's, when none is named). Raises NotPermitted, NotFound, BadInput, AlreadyExists."""
    reach.check_operates()
    tenant_id = reach.account.tenant_id if tenant is None else core_providers.tenant_named(tx, tenant)
    within.check_tenant(tx, reach, tenant_id)
    return core_providers.add(tx, core, tenant_id, issuer, wanted, by=reach.by)


def change(
    tx: Tx, core: Core, reach: Reach, provider_id: str, wanted: dict[str, object], *, enabled: bool | None
) -> Provider:
    """Change what is named. Raises NotFound, NotPermitted, BadInput."""
    found = find(tx, reach, provider_id)
    if wanted:
        known = core_providers.wanted_of(found)
        _check_may_change(reach, known, wanted)
        values = {name: getattr(known, name) for name in Wanted.__slots__}
        found = core_providers.change(tx, core, found, Wanted(**{**values, **wanted}), by=reach.by)
    if enabled is not None and enabled != found.enabled:
        _check_no_operator(tx, reach, set(credentials.people_of(tx, found.issuer, found.tenant_id)))
        found = core_providers.switch(tx, found, on=enabled, by=reach.by)
    return found


def remove(tx: Tx, reach: Reach, provider_id: str) -> None:
    """Believe it no more, and forget who was who there. Raises NotFound, NotPermitted."""
    found = find(tx, reach, provider_id)
    _check_no_operator(tx, reach, set(credentials.people_of(tx, found.issuer, found.tenant_id)))
    core_providers.remove(tx, found, by=reach.by)


def services(tx: Tx, reach: Reach, provider_id: str) -> list[tuple[Account, Link]]:
    """The programs that come with its tokens. Raises NotFound."""
    found = find(tx, reach, provider_id)
    return core_providers.services(tx, found.issuer, found.tenant_id)


def add_service(
    tx: Tx, core: Core, reach: Reach, provider_id: str, email: str, subject: str, doors: tuple[str, ...]
) -> Account:
    """Link a program. Raises NotFound, NotPermitted, BadInput, BadAddress, AlreadyExists."""
    found = find(tx, reach, provider_id)
    known = account_rows.with_mailbox(tx, accounts.key_of(email))
    if known is not None and reach.covers(known.tenant_id):
        within.user_to_change(tx, reach, known.id)
    return core_providers.add_service(
        tx, core, found.issuer, found.tenant_id, email, subject=subject, doors=doors, by=reach.by
    )


def remove_service(tx: Tx, reach: Reach, provider_id: str, link_id: str) -> None:
    """Its tokens open nothing any more. Raises NotFound, NotPermitted."""
    found = find(tx, reach, provider_id)
    of_link = {
        account.id for account, link in core_providers.services(tx, found.issuer, found.tenant_id) if link.id == link_id
    }
    _check_no_operator(tx, reach, of_link)
    core_providers.remove_service(tx, found.issuer, link_id, tenant_id=found.tenant_id, by=reach.by)


def _check_may_change(reach: Reach, known: Wanted, wanted: dict[str, object]) -> None:
    """Raises NotPermitted."""
    changed = [
        each
        for each in OPERATORS_ONLY
        # Of the secret only that it is named can be told: an empty one takes it away.
        if each in wanted and (each == "client_secret" or (wanted[each] or None) != (getattr(known, each) or None))
    ]
    if changed and not reach.is_operator:
        raise NotPermitted(f"{changed[0]} is changed by those who look after the whole installation")


def _check_no_operator(tx: Tx, reach: Reach, user_ids: set[str]) -> None:
    """Raises NotPermitted when some of these are operators, and the caller is none."""
    if not reach.is_operator and user_ids & set(people.operators(tx)):
        raise NotPermitted("who looks after the whole installation signs in by it: it is for operators")
