"""Tenants, domains, addresses and mailboxes, with the policies that hang on them."""

from __future__ import annotations

from collections.abc import Iterable

from mailwright.core import Core
from mailwright.core.administration import Reach, places
from mailwright.core.administration.places import Policies
from mailwright.domain.clock import DAY
from mailwright.domain.refusals import BadInput
from mailwright.protocols.api.admin.aliases import MAX_TARGETS
from mailwright.protocols.api.admin.retention import MAX_CHANGES
from mailwright.protocols.grpc.talk import Methods, Talk
from mailwright.protocols.grpc.words import MAX_PAGE, PAGE, checked_id, cut, looked_for, page_size, stamp, storable
from mailwright.storage import Tx
from mailwright.storage.administration import Alias, Place, Tenant
from mailwright.storage.mailboxes import Mailbox
from mailwright.v1 import admin_pb2 as pb
from mailwright.v1 import admin_places_pb2 as places_pb

# --- tenants


async def list_tenants(talk: Talk, _asked: places_pb.ListTenantsRequest) -> places_pb.ListTenantsResponse:
    """Every tenant, by name."""
    reach = talk.reach()
    found = await talk.core.read(lambda tx: places.tenants(tx, reach))
    return places_pb.ListTenantsResponse(tenants=[_tenant(each) for each in found])


async def add_tenant(talk: Talk, asked: places_pb.AddTenantRequest) -> places_pb.AddTenantResponse:
    """Make a tenant."""
    reach = talk.reach()
    made = await talk.core.write(lambda tx: places.add_tenant(tx, reach, asked.name))
    return places_pb.AddTenantResponse(tenant=_tenant(made))


async def update_tenant(talk: Talk, asked: places_pb.UpdateTenantRequest) -> places_pb.UpdateTenantResponse:
    """Give a tenant another name."""
    reach = talk.reach()
    reach.check_operates()
    tenant_id = checked_id(asked.tenant_id, "tenant")
    made = await talk.core.write(lambda tx: places.rename_tenant(tx, reach, tenant_id, asked.name))
    return places_pb.UpdateTenantResponse(tenant=_tenant(made))


def _tenant(tenant: Tenant) -> places_pb.Tenant:
    return places_pb.Tenant(
        id=tenant.id,
        name=tenant.name,
        domains=tenant.domains,
        users=tenant.users,
        created_at=stamp(tenant.created_at),
    )


# --- domains


async def list_domains(talk: Talk, _asked: pb.ListDomainsRequest) -> pb.ListDomainsResponse:
    """Domains within reach, by name."""
    reach = talk.reach()
    reach.check_changes()  # as under /api/admin: support has no business with them
    found = await talk.core.read(lambda tx: places.domain_listing(tx, reach))
    return pb.ListDomainsResponse(domains=[_domain(each) for each in found])


async def add_domain(talk: Talk, asked: pb.AddDomainRequest) -> pb.AddDomainResponse:
    """Make a domain ours."""
    reach, tenant = talk.reach(), looked_for(asked.tenant)
    return pb.AddDomainResponse(domain=_domain(await places.add_domain(talk.core, reach, asked.name, tenant=tenant)))


async def update_domain(talk: Talk, asked: pb.UpdateDomainRequest) -> pb.UpdateDomainResponse:
    """Set a domain's policies."""
    reach, name = talk.reach(), storable(asked.name, "a domain")
    wanted = Policies(
        retain_days=_days(asked.retain_days) if asked.HasField("retain_days") else "unchanged",
        journal_address=(asked.journal_address or None) if asked.HasField("journal_address") else "unchanged",
        on_failure=asked.on_failure if asked.HasField("on_failure") else None,
    )
    changed = await talk.core.write(lambda tx: places.change_domain(tx, reach, name, wanted))
    return pb.UpdateDomainResponse(domain=_domain(changed))


async def remove_domain(talk: Talk, asked: pb.RemoveDomainRequest) -> pb.RemoveDomainResponse:
    """Let go of a domain without addresses."""
    reach, name = talk.reach(), storable(asked.name, "a domain")
    await talk.core.write(lambda tx: places.remove_domain(tx, talk.core, reach, name))
    return pb.RemoveDomainResponse()


def _domain(domain: Place) -> pb.Domain:
    return pb.Domain(
        name=domain.name,
        tenant=domain.tenant,
        addresses=domain.addresses,
        created_at=stamp(domain.created_at),
        retain_days=domain.retain_days,
        journal_address=domain.journal_address or "",
        on_failure=domain.on_failure,
    )


# --- addresses


async def list_aliases(talk: Talk, asked: places_pb.ListAliasesRequest) -> places_pb.ListAliasesResponse:
    """Those within reach, by address."""
    reach, size = talk.reach(), page_size(asked.page_size, PAGE, MAX_PAGE)
    text, after = looked_for(asked.query), storable(asked.page_token, "page_token") or None

    def look(tx: Tx) -> list[Alias]:
        return places.aliases(tx, reach, text=text, after=after, limit=size + 1)

    found = await talk.core.read(look)
    rows, more = cut(found, size, lambda row: row.address)
    return places_pb.ListAliasesResponse(aliases=[_alias(each) for each in rows], next_page_token=more)


async def add_alias(talk: Talk, asked: places_pb.AddAliasRequest) -> places_pb.AddAliasResponse:
    """Make an address that leads to others."""
    reach = talk.reach()
    if not 1 <= len(asked.targets) <= MAX_TARGETS:
        raise BadInput(f"an address leads to 1 to {MAX_TARGETS} others")
    made = await talk.core.write(lambda tx: places.add_alias(tx, reach, asked.address, asked.targets))
    return places_pb.AddAliasResponse(alias=_alias(made))


async def remove_alias(talk: Talk, asked: places_pb.RemoveAliasRequest) -> places_pb.RemoveAliasResponse:
    """Take one away."""
    reach = talk.reach()
    await talk.core.write(lambda tx: places.remove_alias(tx, reach, asked.address))
    return places_pb.RemoveAliasResponse()


def _alias(alias: Alias) -> places_pb.Alias:
    return places_pb.Alias(
        address=alias.address, kind=alias.kind, targets=alias.targets, created_at=stamp(alias.created_at)
    )


# --- mailboxes, and how long mail is kept


async def list_mailboxes(talk: Talk, asked: places_pb.ListUserMailboxesRequest) -> places_pb.ListUserMailboxesResponse:
    """Somebody's mailboxes."""
    reach, user_id = talk.reach(), checked_id(asked.user_id, "user")
    found = await talk.core.read(lambda tx: places.mailboxes_of(tx, reach, user_id))
    return places_pb.ListUserMailboxesResponse(mailboxes=[_mailbox(each) for each in found])


async def get_retention(talk: Talk, _asked: places_pb.GetRetentionRequest) -> places_pb.GetRetentionResponse:
    """Every policy within reach."""
    reach = talk.reach()
    reach.check_changes()  # as under /api/admin
    return places_pb.GetRetentionResponse(retention=await talk.core.read(lambda tx: _retention(tx, talk.core, reach)))


async def update_retention(talk: Talk, asked: places_pb.UpdateRetentionRequest) -> places_pb.UpdateRetentionResponse:
    """Set policies of several domains and mailboxes."""
    reach = talk.reach()
    reach.check_changes()
    if max(len(asked.domains), len(asked.mailboxes)) > MAX_CHANGES:
        raise BadInput(f"at most {MAX_CHANGES} policies are set at once")
    domains = [(storable(each.name, "a domain"), _days(each.retain_days)) for each in asked.domains]
    mailboxes = [(checked_id(each.mailbox_id, "mailbox"), _days(each.retain_days)) for each in asked.mailboxes]

    def write(tx: Tx) -> places_pb.Retention:
        places.retain(tx, reach, domains, mailboxes)
        return _retention(tx, talk.core, reach)

    return places_pb.UpdateRetentionResponse(retention=await talk.core.write(write))


def _days(given: int) -> int | None:
    """For how long mail is kept; 0 takes the policy away."""
    return given or None


def _mailbox(mailbox: Mailbox) -> places_pb.UserMailbox:
    return places_pb.UserMailbox(
        id=mailbox.id,
        name=mailbox.name,
        role=mailbox.role or "",
        total_messages=mailbox.total,
        unread_messages=mailbox.unseen,
        size_bytes=mailbox.size_bytes,
        retain_days=mailbox.retain_days,
    )


def _retention(tx: Tx, core: Core, reach: Reach) -> places_pb.Retention:
    settings = core.settings
    domains, mailboxes = places.retained(tx, reach)
    return places_pb.Retention(
        redact_after_days=None if settings.redact_after is None else settings.redact_after // DAY,
        audit_kept_days=settings.audit_kept // DAY,
        deliveries_kept_days=settings.inbound_kept // DAY,
        outbox_kept_days=settings.outbox_kept // DAY,
        domains=[places_pb.DomainRetention(name=each.name, retain_days=each.retain_days) for each in domains],
        mailboxes=list(_retained(mailboxes)),
    )


def _retained(mailboxes: Iterable[tuple[str, Mailbox]]) -> Iterable[places_pb.MailboxRetention]:
    for owner, each in mailboxes:
        yield places_pb.MailboxRetention(
            mailbox_id=each.id, retain_days=each.retain_days, user=owner, user_id=each.user_id, name=each.name
        )


METHODS: Methods = {
    "ListTenants": list_tenants,
    "AddTenant": add_tenant,
    "UpdateTenant": update_tenant,
    "ListDomains": list_domains,
    "AddDomain": add_domain,
    "UpdateDomain": update_domain,
    "RemoveDomain": remove_domain,
    "ListAliases": list_aliases,
    "AddAlias": add_alias,
    "RemoveAlias": remove_alias,
    "ListUserMailboxes": list_mailboxes,
    "GetRetention": get_retention,
    "UpdateRetention": update_retention,
}
