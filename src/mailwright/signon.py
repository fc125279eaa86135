"""The identity providers, as this process reaches them: the one that the settings name and those of the tenants, by one way.

Made by the application where doors are opened. See `core.signon.SignOnService`; `prove` is `core.bearer`. A row is read when it is asked
for, so that what an administrator changes counts at once, in every process; keys and connections are kept beside it. Operators chose
the one of the settings; what a row names, and what its provider says of itself, leads to no place inside our own network.
Light to make: nothing is imported or opened before the first token comes.
"""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from mailwright.core import Core
from mailwright.core.providers import SECRET, check_own
from mailwright.core.signon import Offered
from mailwright.domain.ids import is_id
from mailwright.domain.refusals import AuthenticationFailed, NotFound, TryLater
from mailwright.domain.signon import Ended, Errand, Returned
from mailwright.domain.tokens import OF_SETTINGS, Proven, Voucher
from mailwright.storage import providers
from mailwright.storage.providers import Provider as Row

if TYPE_CHECKING:
    from mailwright.connectors.jwks import Web
    from mailwright.connectors.oidc import Provider
    from mailwright.connectors.signon import Client
    from mailwright.settings import Settings

LOOK_SECONDS = 10.0  # how soon programs are told that tokens are taken, once there is a provider
CLOSED_AFTER_SECONDS = 60.0  # whoever was on the way with a provider as it was comes to an end
MAX_TOKEN_CHARACTERS = 8 * 1024

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _At:
    """A provider as it was made of `row`, and how it is spoken with."""

    row: Row
    provider: Provider
    client: Client | None

    async def close(self) -> None:
        await self.provider.close()
        if self.client is not None:
            await self.client.close()


class SignOn:
    """Every provider of the installation. Belongs to one event loop."""

    def __init__(self, settings: Settings, core: Core) -> None:
        self._settings = settings
        self._core = core
        self._own = row_of_settings(settings)
        self._made: dict[str, _At] = {}
        self._closing: dict[asyncio.Task[None], _At] = {}
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Say of the core that tokens are taken, while there is somebody whose are. Raises TryLater, BadInput."""
        if self._own is not None:
            issuer = self._own.issuer
            await self._core.read(lambda tx: check_own(tx, issuer))
        await self._look()
        self._looking = asyncio.create_task(self._look_now_and_then(), name="identity providers")

    async def close(self) -> None:
        """Let go of everything."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        late = dict(self._closing)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for each in (*self._made.values(), *late.values()):
            await each.close()
        self._made.clear()

    async def prove(self, token: str) -> Proven:
        """Whose token it is. Raises AuthenticationFailed, TokenExpired, TryLater."""
        issuer = _issuer_of(
            token
        )  # only to find who can tell: what the token says is believed afterwards, of that issuer alone
        if self._own is not None and issuer == self._own.issuer:
            row: Row | None = self._own
        else:
            row = await self._core.read(lambda tx: providers.by_issuer(tx, issuer))
        if row is None or not row.enabled:
            raise AuthenticationFailed("the token is of an issuer that is not known here")
        return await (await self._at(row)).provider.prove(token)

    async def offered(self) -> list[Offered]:
        """See `SignOnService`, here and below."""
        rows = await self._core.read(providers.listing)
        own = [self._own] if self._own is not None and self._own.client_id else []
        return [
            Offered(each.id, each.name, None if each.id == OF_SETTINGS else each.tenant_id)
            for each in (*own, *rows)
            if each.enabled
        ]

    async def errand(self, provider_id: str, redirect_uri: str, *, hint: str = "") -> Errand:
        return await (await self._client(provider_id)).errand(redirect_uri, hint=hint)

    async def returned(
        self, provider_id: str, code: str, redirect_uri: str, *, verifier: str, nonce: str, iss: str | None
    ) -> Returned:
        client = await self._client(provider_id)
        return await client.returned(code, redirect_uri, verifier=verifier, nonce=nonce, iss=iss)

    async def ended(self, provider_id: str, token: str) -> Ended:
        return await (await self._client(provider_id)).ended(token)

    async def farewell(self, provider_id: str, back: str, *, id_token: str | None, hint: str) -> str | None:
        row = await self._row(provider_id)
        if not row.signs_out:
            return None
        return await (await self._client(provider_id)).farewell(back, id_token=id_token, hint=hint)

    async def check(self, provider_id: str) -> list[tuple[str, bool, str]]:
        """How a provider does: what was looked at, whether it is well, and why. Raises NotFound."""
        row = await self._row(provider_id, enabled=False)
        return await checked(row, self._secret_of(row), self._settings)

    async def _client(self, provider_id: str) -> Client:
        found = (await self._at(await self._row(provider_id))).client
        if found is None:
            raise NotFound("nobody signs in at that provider with a browser")
        return found

    async def _row(self, provider_id: str, *, enabled: bool = True) -> Row:
        row = self._own if provider_id == OF_SETTINGS else None
        if row is None and is_id(provider_id):
            row = await self._core.read(lambda tx: providers.by_id(tx, provider_id))
        if row is None or (enabled and not row.enabled):
            raise NotFound("there is no such provider")
        return row

    async def _at(self, row: Row) -> _At:
        known = self._made.get(row.id)
        if known is not None and known.row == row:
            return known
        made = self._make(row)
        self._made[row.id] = made
        if known is not None:
            self._close_later(known)
        return made

    def _close_later(self, former: _At) -> None:
        async def close() -> None:
            await asyncio.sleep(CLOSED_AFTER_SECONDS)
            await former.close()

        task = asyncio.create_task(close(), name="closing a provider")
        self._closing[task] = former
        task.add_done_callback(lambda done: self._closing.pop(done, None))

    def _make(self, row: Row) -> _At:
        from mailwright.connectors.signon import Client  # brings much with it

        provider = provider_of(row, self._settings)
        if not row.client_id:
            return _At(row, provider, None)
        web = _web_to(row, self._settings)
        return _At(row, provider, Client(provider, row.client_id, self._secret_of(row), row.scopes, web=web))

    def _secret_of(self, row: Row) -> str | None:
        if row.id == OF_SETTINGS:
            given = self._settings.oidc_client_secret
            return None if given is None else given.get_secret_value()
        sealed = row.client_secret
        return None if sealed is None else self._core.secrets.open(sealed, purpose=SECRET).decode()

    async def _look(self) -> None:
        taken = self._own is not None or await self._core.read(providers.any_enabled)
        self._core.bearer = self.prove if taken else None
        if self._made:
            there = {row.id for row in await self._core.read(providers.listing)} | {OF_SETTINGS}
            for gone in self._made.keys() - there:
                self._close_later(self._made.pop(gone))

    async def _look_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look()
            except TryLater:
                log.warning("signon.look_postponed")
            except Exception:  # else no provider that is added later would be heard of
                log.exception("signon.look_failed")


def row_of_settings(settings: Settings) -> Row | None:
    """The provider that the settings name, as if it were a row; of the first domain's tenant."""
    issuer = settings.oidc_issuer
    if issuer is None:
        return None
    return Row(
        id=OF_SETTINGS,
        tenant_id="",
        tenant="",
        name=settings.oidc_name,
        issuer=issuer,
        client_id=settings.oidc_client_id or "",
        client_secret=None,
        audience=settings.oidc_audience,
        scopes=settings.oidc_scopes,
        roles_claim=settings.oidc_roles_claim,
        roles=settings.oidc_roles,
        adds_users=settings.oidc_adds_users,
        trusts_mail=settings.oidc_trusts_mail,
        signs_out=settings.oidc_signs_out,
        enabled=True,
        created_at=0,
    )


def provider_of(row: Row, settings: Settings) -> Provider:
    """Who can tell what tokens of a provider prove."""
    from mailwright.connectors.jwks import ALGORITHMS, Keys
    from mailwright.connectors.oidc import Provider

    own = row.id == OF_SETTINGS
    shared = settings.oidc_shared_secret if own else None
    return Provider(
        row.issuer,
        row.audience or row.client_id,
        Keys(
            settings.oidc_keys_url if own else None,
            issuer=row.issuer,
            algorithms=ALGORITHMS,
            web=_web_to(row, settings),
        ),
        secret=None if shared is None else shared.get_secret_value(),
        trusts_mail=row.trusts_mail,
        roles_claim=row.roles_claim,
        voucher=Voucher(row.id, None if own else row.tenant_id, row.adds_users, dict(row.roles)),
    )


def _web_to(row: Row, settings: Settings) -> Web | None:
    """How a provider is reached that operators did not choose; None where they trust it, or let it be inside."""
    if row.id == OF_SETTINGS or settings.allow_private_providers:
        return None
    from mailwright.connectors.dns import DnsResolver
    from mailwright.connectors.jwks import SECONDS
    from mailwright.connectors.publicweb import PublicWeb

    return lambda: PublicWeb(DnsResolver(), seconds=SECONDS)


async def checked(row: Row, secret: str | None, settings: Settings) -> list[tuple[str, bool, str]]:
    """Ask a provider for what it says of itself and for its keys. What was looked at, whether it is well, and why."""
    from mailwright.connectors.jwks import ALGORITHMS, Keys
    from mailwright.connectors.oidc import Provider
    from mailwright.connectors.signon import Client

    web = _web_to(row, settings)
    provider = Provider(row.issuer, row.client_id, Keys(issuer=row.issuer, algorithms=ALGORITHMS, web=web))
    client = Client(provider, row.client_id, secret, row.scopes, web=web)
    found = [
        ("address", row.issuer.startswith("https://"), "whoever can answer in its place can let anybody in: use https")
    ]
    found = [("address", True, "it is reached by TLS")] if found[0][1] else found
    try:
        place = await client.place()
        found.append(("discovery", True, f"people sign in at {place.authorization}"))
        told = place.end_session is not None
        found.append(
            ("sign-out", told, place.end_session or "it has no page for sign-out: people stay signed in there")
        )
    except TryLater as refusal:
        found.append(("discovery", False, str(refusal)))
    try:
        count = await provider.look()
        found.append(("keys", True, f"{count} key{'' if count == 1 else 's'} that can be used"))
    except TryLater as refusal:
        found.append(("keys", False, str(refusal)))
    await client.close()
    await provider.close()
    return found


def _issuer_of(token: str) -> str:
    """The issuer a token names, before anything of it is believed."""
    try:
        if len(token) > MAX_TOKEN_CHARACTERS or not token.isascii():
            raise ValueError
        payload = token.split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        issuer = said["iss"]
        if not isinstance(issuer, str) or not issuer.isprintable() or len(issuer) > MAX_TOKEN_CHARACTERS:
            raise ValueError
        return issuer
    except (ValueError, IndexError, KeyError, TypeError, RecursionError):
        raise AuthenticationFailed("the token cannot be read") from None
