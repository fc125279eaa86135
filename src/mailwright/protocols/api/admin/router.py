"""All of `/api/admin`, joined."""

from fastapi import APIRouter

from mailwright.core import Core
from mailwright.protocols.api.admin import (
    aliases,
    auditing,
    deadletters,
    domains,
    figures,
    mailboxes,
    models,
    outbox,
    providers,
    retention,
    status,
    tenants,
    tracing,
    users,
)
from mailwright.protocols.api.admin.parts import Machine
from mailwright.protocols.api.admin.reaching import Reaching
from mailwright.protocols.identity import Identity


def create_router(core: Core, identity: Identity, machine: Machine) -> APIRouter:
    """The paths."""
    router = APIRouter(prefix="/api/admin")
    reaching = Reaching(identity)
    router.include_router(tenants.create_router(core, reaching))
    router.include_router(domains.create_router(core, reaching, machine))
    router.include_router(providers.create_router(core, reaching, machine, identity.web.public_url))
    router.include_router(users.create_router(core, reaching, identity.web))
    router.include_router(aliases.create_router(core, reaching))
    router.include_router(mailboxes.create_router(core, reaching))
    router.include_router(retention.create_router(core, reaching))
    router.include_router(auditing.create_router(core, reaching))
    router.include_router(outbox.create_router(core, reaching))
    router.include_router(deadletters.create_router(core, reaching, machine))
    router.include_router(status.create_router(core, reaching, machine))
    router.include_router(figures.create_router(core, reaching))
    router.include_router(models.create_router(core, reaching, machine))
    router.include_router(tracing.create_router(core, reaching))
    return router
