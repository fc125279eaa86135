"""Identity providers: `/api/admin/providers`. Whose word is taken for who the people of a tenant are (OpenID Connect), and the programs that
come with its tokens. Operators name and check issuers; admins of a tenant say what is believed of theirs."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, SecretStr

from mailwright.core import Core, signon
from mailwright.core.administration import Reach
from mailwright.core.administration import providers as core_providers
from mailwright.core.providers import MAX_NAME, MAX_TEXT, Provider, Wanted
from mailwright.domain.clock import to_iso
from mailwright.domain.refusals import NotFound
from mailwright.protocols.api.admin.parts import Machine
from mailwright.protocols.api.admin.reaching import Reaching
from mailwright.protocols.api.admin.words import Address, Line, RowId, refusals

_Text = Annotated[Line, Field(max_length=MAX_TEXT)]


class ProviderOut(BaseModel):
    """One provider. Its client's secret is never told; `redirect_uri`, `backchannel_uri` and
    `after_sign_out` are what it must know of us."""

    id: str
    tenant: str
    name: str = Field(examples=["Keycloak"])
    issuer: str = Field(examples=["https://login.example.org/realms/people"])
    client_id: str
    has_secret: bool
    audience: str | None
    scopes: str
    roles_claim: str
    roles: dict[str, str]
    adds_users: bool
    trusts_mail: bool
    signs_out: bool
    enabled: bool
    created_at: str
    redirect_uri: str
    backchannel_uri: str
    after_sign_out: str


class ProvidersOut(BaseModel):
    """Those within reach."""

    providers: list[ProviderOut]


class ProviderChange(BaseModel):
    """What is to be different; what is not given stays."""

    name: Annotated[Line, Field(min_length=1, max_length=MAX_NAME)] | None = None
    client_id: _Text | None = None
    client_secret: SecretStr | None = Field(None, max_length=MAX_TEXT, description="empty: a public client has none")
    audience: _Text | None = Field(None, description="whom bearer tokens are for; the client's id when empty")
    scopes: _Text | None = None
    roles_claim: _Text | None = Field(None, examples=["realm_access.roles"])
    roles: dict[_Text, _Text] | None = Field(None, examples=[{"mail-admin": "admin"}])
    adds_users: bool | None = None
    trusts_mail: bool | None = None
    signs_out: bool | None = None
    enabled: bool | None = None


class ProviderIn(ProviderChange):
    """A new one."""

    name: Annotated[Line, Field(min_length=1, max_length=MAX_NAME)]
    issuer: _Text
    client_id: _Text
    tenant: Annotated[Line, Field(max_length=100)] | None = Field(None, description="your own when not given")


class LookOut(BaseModel):
    """What was looked at."""

    name: str
    ok: bool
    because: str


class LooksOut(BaseModel):
    """How a provider does."""

    looks: list[LookOut]


class ServiceOut(BaseModel):
    """A program that comes with tokens of a provider, and the doors it may come through."""

    id: str
    email: str
    scopes: list[str] = Field(examples=[["api"]])
    created_at: str


class ServicesOut(BaseModel):
    """All of a provider's."""

    services: list[ServiceOut]


class ServiceIn(BaseModel):
    """Whose account it works with, and `sub` of its tokens: the client's id with most issuers."""

    email: Address
    subject: _Text
    scopes: list[_Text] = Field(default=["api"], max_length=10)


def create_router(core: Core, reaching: Reaching, machine: Machine, public_url: str) -> APIRouter:
    """The paths. `public_url`: where browsers reach us."""
    router = APIRouter(tags=["administration: identity providers"], prefix="/providers")
    changes, operates = Depends(reaching.changes), Depends(reaching.operates)

    def told(provider: Provider) -> ProviderOut:
        values = {name: getattr(provider, name) for name in ProviderOut.model_fields if hasattr(provider, name)}
        return ProviderOut(
            **{**values, "created_at": to_iso(provider.created_at)},
            has_secret=provider.client_secret is not None,
            redirect_uri=public_url + signon.redirect_path(provider.id),
            backchannel_uri=public_url + signon.logout_path(provider.id),
            after_sign_out=f"{public_url}/app/sign-in",
        )

    @router.get("", responses=refusals())
    async def list_providers(reach: Annotated[Reach, changes]) -> ProvidersOut:
        """Those within reach."""
        found = await core.read(lambda tx: core_providers.listing(tx, reach))
        return ProvidersOut(providers=[told(each) for each in found])

    @router.post("", status_code=201, responses=refusals(400, 404, 409))
    async def add_provider(given: ProviderIn, reach: Annotated[Reach, operates]) -> ProviderOut:
        """Believe an issuer of a tenant's people."""
        wanted = Wanted(**_values(given))
        made = await core.write(
            lambda tx: core_providers.add(tx, core, reach, given.issuer, wanted, tenant=given.tenant)
        )
        return told(made)

    @router.patch("/{provider_id}", responses=refusals(400, 404))
    async def change_provider(
        provider_id: RowId, given: ProviderChange, reach: Annotated[Reach, changes]
    ) -> ProviderOut:
        """Change a provider. Switched off, what it vouched for ends at once."""
        values = _values(given)
        found = await core.write(
            lambda tx: core_providers.change(tx, core, reach, str(provider_id), values, enabled=given.enabled)
        )
        return told(found)

    @router.delete("/{provider_id}", status_code=204, responses=refusals(404))
    async def remove_provider(provider_id: RowId, reach: Annotated[Reach, changes]) -> None:
        """Believe it no more, and forget who was who there."""
        await core.write(lambda tx: core_providers.remove(tx, reach, str(provider_id)))

    @router.post("/{provider_id}/check", responses=refusals(404))
    async def check_provider(provider_id: RowId, reach: Annotated[Reach, operates]) -> LooksOut:
        """Ask it for what it says of itself and for its keys."""
        await core.read(lambda tx: core_providers.find(tx, reach, str(provider_id)))
        if machine.signon is None:
            raise NotFound("this process asks no providers")
        looks = await machine.signon.check(str(provider_id))
        return LooksOut(looks=[LookOut(name=name, ok=ok, because=because) for name, ok, because in looks])

    @router.get("/{provider_id}/services", responses=refusals(404))
    async def list_services(provider_id: RowId, reach: Annotated[Reach, changes]) -> ServicesOut:
        """The programs that come with its tokens."""
        found = await core.read(lambda tx: core_providers.services(tx, reach, str(provider_id)))
        return ServicesOut(
            services=[
                ServiceOut(
                    id=link.id, email=account.email, scopes=list(link.scopes), created_at=to_iso(link.created_at)
                )
                for account, link in found
            ]
        )

    @router.post("/{provider_id}/services", status_code=201, responses=refusals(400, 404, 409))
    async def add_service(provider_id: RowId, given: ServiceIn, reach: Annotated[Reach, changes]) -> dict[str, str]:
        """Link a program to an account of its own, which is made when nobody has the address."""
        account = await core.write(
            lambda tx: core_providers.add_service(
                tx, core, reach, str(provider_id), given.email, given.subject, tuple(given.scopes)
            )
        )
        return {"email": account.email}

    @router.delete("/{provider_id}/services/{service_id}", status_code=204, responses=refusals(404))
    async def remove_service(provider_id: RowId, service_id: RowId, reach: Annotated[Reach, changes]) -> None:
        """Its tokens open nothing any more; the account stays."""
        await core.write(lambda tx: core_providers.remove_service(tx, reach, str(provider_id), str(service_id)))

    return router


def _values(given: ProviderChange) -> dict[str, Any]:
    """What a request names, as `Wanted` has it."""
    values = given.model_dump(include=set(Wanted.__slots__), exclude_unset=True, exclude_none=True)
    if isinstance(values.get("client_secret"), SecretStr):
        values["client_secret"] = values["client_secret"].get_secret_value()
    return values
