"""Identity providers: whose word is taken for who the people of a tenant are (OpenID Connect). The rows, and what was used up once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mailwright.domain import clock
from mailwright.domain.clock import Instant
from mailwright.domain.ids import new_id
from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class Provider:
    """One of them. `client_secret` is sealed; None for a public client. `audience` None: bearer tokens are for the client."""

    id: str
    tenant_id: str
    tenant: str
    name: str
    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    audience: str | None
    scopes: str
    roles_claim: str
    roles: dict[str, str]
    adds_users: bool
    trusts_mail: bool
    signs_out: bool
    enabled: bool
    created_at: Instant


_SELECT = (
    "SELECT p.id, p.tenant_id, t.name, p.name, p.issuer, p.client_id, p.client_secret, p.audience, p.scopes, p.roles_claim, p.roles, "
    "p.adds_users, p.trusts_mail, p.signs_out, p.enabled, p.created_at "
    "FROM identity_providers p JOIN tenants t ON t.id = p.tenant_id"
)


def _read(row: Sequence[Any]) -> Provider:
    values = [*row[:10], json.loads(row[10]), *map(bool, row[11:15]), row[15]]
    return Provider(*values)


def add(tx: Tx, provider: Provider) -> bool:
    """A new one. False when somebody has that issuer already."""
    return tx.insert(
        "identity_providers",
        unless_exists=True,
        id=provider.id,
        tenant_id=provider.tenant_id,
        name=provider.name,
        issuer=provider.issuer,
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        audience=provider.audience,
        scopes=provider.scopes,
        roles_claim=provider.roles_claim,
        roles=json.dumps(provider.roles, sort_keys=True),
        adds_users=provider.adds_users,
        trusts_mail=provider.trusts_mail,
        signs_out=provider.signs_out,
        enabled=provider.enabled,
        created_at=provider.created_at,
    )


def change(tx: Tx, provider: Provider) -> None:
    """Keep it as it is now; its id, tenant and issuer never change."""
    tx.execute(
        "UPDATE identity_providers SET name = ?, client_id = ?, client_secret = ?, audience = ?, scopes = ?, roles_claim = ?, roles = ?, "
        "adds_users = ?, trusts_mail = ?, signs_out = ?, enabled = ? WHERE id = ?",
        (
            provider.name,
            provider.client_id,
            provider.client_secret,
            provider.audience,
            provider.scopes,
            provider.roles_claim,
            json.dumps(provider.roles, sort_keys=True),
            provider.adds_users,
            provider.trusts_mail,
            provider.signs_out,
            provider.enabled,
            provider.id,
        ),
    )


def remove(tx: Tx, provider: Provider) -> None:
    """Take it away with everything that led from its people to accounts of its tenant."""
    tx.execute(
        "DELETE FROM credentials WHERE kind = 'oidc' AND label = ? AND user_id IN (SELECT id FROM users WHERE tenant_id = ?)",
        (provider.issuer, provider.tenant_id),
    )
    tx.execute("DELETE FROM identity_providers WHERE id = ?", (provider.id,))


def by_id(tx: Tx, provider_id: str) -> Provider | None:
    """The one of that id."""
    row = tx.one(f"{_SELECT} WHERE p.id = ?", (provider_id,))
    return _read(row) if row else None


def by_issuer(tx: Tx, issuer: str) -> Provider | None:
    """The one whose tokens name that issuer, to the letter."""
    row = tx.one(f"{_SELECT} WHERE p.issuer = ?", (issuer,))
    return _read(row) if row else None


def listing(tx: Tx, tenant_id: str | None = None) -> list[Provider]:
    """Those of a tenant (None: of all), by tenant and name."""
    where, params = ("", ()) if tenant_id is None else (" WHERE p.tenant_id = ?", (tenant_id,))
    return [_read(row) for row in tx.all(f"{_SELECT}{where} ORDER BY t.name, p.name, p.id", params)]


def any_enabled(tx: Tx) -> bool:
    """Whether there is one whose word counts."""
    return bool(tx.scalar("SELECT count(*) FROM identity_providers WHERE enabled = ?", (True,)))


# --- once -----------------------------------------------------------------------------------------------------------


def use_up(tx: Tx, digest: str, expires_at: Instant) -> bool:
    """Note that something with that digest was used. False when it was used before."""
    return tx.insert("sign_on_used", unless_exists=True, id=new_id(), digest=digest, expires_at=expires_at)


def is_used_up(tx: Tx, digest: str) -> bool:
    """Whether something with that digest was used."""
    return bool(tx.scalar("SELECT count(*) FROM sign_on_used WHERE digest = ?", (digest,)))


def purge(tx: Tx) -> int:
    """Forget what would open nothing any more. How many."""
    return tx.execute("DELETE FROM sign_on_used WHERE expires_at < ?", (clock.now(),))
