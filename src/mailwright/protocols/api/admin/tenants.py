"""Tenants: `/api/admin/tenants`, for operators. A tenant's people, domains and mail are strictly apart from every other's."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from mailwright.core import Core
from mailwright.core.administration import Reach, places
from mailwright.domain.clock import to_iso
from mailwright.protocols.api.admin.reaching import Reaching
from mailwright.protocols.api.admin.words import Line, RowId, refusals
from mailwright.storage import administration as rows


class TenantOut(BaseModel):
    """One tenant, with how many domains and people it has."""

    id: str
    name: str = Field(examples=["default"])
    domains: int
    users: int
    created_at: str


class TenantsOut(BaseModel):
    """All of them, by name."""

    tenants: list[TenantOut]


class TenantIn(BaseModel):
    """What it is called."""

    name: Annotated[Line, Field(min_length=1, max_length=places.MAX_TENANT_NAME, examples=["Example & Sons"])]


def create_router(core: Core, reaching: Reaching) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["administration: tenants"], prefix="/tenants")
    operator = Depends(reaching.operates)

    @router.get("", responses=refusals())
    async def list_tenants(reach: Annotated[Reach, operator]) -> TenantsOut:
        """Every tenant of the installation."""
        found = await core.read(lambda tx: places.tenants(tx, reach))
        return TenantsOut(tenants=[_told(tenant) for tenant in found])

    @router.post("", status_code=201, responses=refusals(400, 409))
    async def add_tenant(given: TenantIn, reach: Annotated[Reach, operator]) -> TenantOut:
        """Make a tenant. It has nobody and nothing yet: add a domain to it, then people."""
        return _told(await core.write(lambda tx: places.add_tenant(tx, reach, given.name)))

    @router.patch("/{tenant_id}", responses=refusals(400, 404, 409))
    async def rename_tenant(tenant_id: RowId, given: TenantIn, reach: Annotated[Reach, operator]) -> TenantOut:
        """Give a tenant another name."""
        return _told(await core.write(lambda tx: places.rename_tenant(tx, reach, str(tenant_id), given.name)))

    return router


def _told(tenant: rows.Tenant) -> TenantOut:
    return TenantOut(
        id=tenant.id,
        name=tenant.name,
        domains=tenant.domains,
        users=tenant.users,
        created_at=to_iso(tenant.created_at),
    )
