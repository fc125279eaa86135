"""Credentials besides passwords: second factors, recovery codes, and who somebody is elsewhere (OpenID Connect). The rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mailwright.domain import clock
from mailwright.domain.clock import Instant
from mailwright.domain.ids import new_id
from mailwright.storage.database import Tx

OIDC = "oidc"
"""The kind of what says who somebody is elsewhere."""


@dataclass(frozen=True, slots=True)
class Credential:
    """One of them. `secret` is sealed or a digest, by its kind."""

    id: str
    secret: str = field(repr=False)
    created_at: Instant
    used_at: Instant | None


def of_kind(tx: Tx, user_id: str, kind: str) -> list[Credential]:
    """Those of a user, the oldest first."""
    rows = tx.all(
        "SELECT id, secret, created_at, used_at FROM credentials WHERE user_id = ? AND kind = ? ORDER BY id",
        (user_id, kind),
    )
    return [Credential(*row) for row in rows]


def stand(tx: Tx, user_id: str) -> tuple[str, ...]:
    """What opens the account now, of every kind: another answer when one was added, changed or taken away, or tokens were ended."""
    # Who vouches for somebody may be switched off: then their tokens open nothing.
    rows = tx.all(
        "SELECT c.id, c.kind, c.used_at, c.scopes, p.enabled FROM credentials c LEFT JOIN identity_providers p "
        "ON p.issuer = c.label AND c.kind = 'oidc' WHERE c.user_id = ? ORDER BY c.id",
        (user_id,),
    )
    return tuple(f"{row[0]}:{row[2]}:{row[3]}:{row[4]}" if row[1] == OIDC else row[0] for row in rows)


def add(tx: Tx, user_id: str, kind: str, secret: str) -> str:
    """A new one; its id."""
    made = new_id()
    tx.insert("credentials", id=made, user_id=user_id, kind=kind, secret=secret, created_at=clock.now())
    return made


def mark_used(tx: Tx, credential_id: str, moment: Instant) -> None:
    """It was used for that moment."""
    tx.execute("UPDATE credentials SET used_at = ? WHERE id = ?", (moment, credential_id))


def use_after(tx: Tx, credential_id: str, moment: Instant) -> bool:
    """Mark it used for `moment`. False when it was used for that moment or a later one already."""
    return (
        tx.execute(
            "UPDATE credentials SET used_at = ? WHERE id = ? AND (used_at IS NULL OR used_at < ?)",
            (moment, credential_id, moment),
        )
        == 1
    )


def remove(tx: Tx, user_id: str, credential_id: str) -> bool:
    """False when there is none."""
    return tx.execute("DELETE FROM credentials WHERE id = ? AND user_id = ?", (credential_id, user_id)) == 1


def remove_kind(tx: Tx, user_id: str, *kinds: str) -> None:
    """Take away all of those kinds."""
    for kind in kinds:
        tx.execute("DELETE FROM credentials WHERE user_id = ? AND kind = ?", (user_id, kind))


# --- who somebody is elsewhere --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Link:
    """An account and whose tokens open it. Tokens that were issued until `ended_at` do so no more. `scopes`: the doors that are open to
    them, when they are a service's; none for a person's, to whom all are."""

    id: str
    user_id: str
    issuer: str
    created_at: Instant
    ended_at: Instant | None
    scopes: tuple[str, ...] = ()


_LINK = "SELECT id, user_id, label, created_at, used_at, scopes FROM credentials"


def _link(row: Sequence[Any]) -> Link:
    values = [*row[:5], tuple(row[5].split())]
    return Link(*values)


def link_of(tx: Tx, subject: str) -> Link | None:
    """The one of that subject (a digest of issuer and subject)."""
    row = tx.one(f"{_LINK} WHERE kind = 'oidc' AND secret = ?", (subject,))
    return _link(row) if row else None


def links(tx: Tx, user_id: str) -> list[Link]:
    """Those of a user, the oldest first."""
    return [_link(row) for row in tx.all(f"{_LINK} WHERE user_id = ? AND kind = 'oidc' ORDER BY id", (user_id,))]


def add_link(tx: Tx, user_id: str, subject: str, issuer: str, *, scopes: Sequence[str] = ()) -> str | None:
    """A new one; its id. None when the subject has one."""
    made = new_id()
    added = tx.insert(
        "credentials",
        unless_exists=True,
        id=made,
        user_id=user_id,
        kind=OIDC,
        secret=subject,
        label=issuer,
        scopes=" ".join(scopes),
        created_at=clock.now(),
    )
    return made if added else None


_WITHIN = " AND user_id IN (SELECT id FROM users WHERE tenant_id = ?)"


def services(tx: Tx, issuer: str, tenant_id: str | None = None) -> list[Link]:
    """The services (not people) that tokens of an issuer's are of, of one tenant or all, the oldest first."""
    within, params = ("", (issuer,)) if tenant_id is None else (_WITHIN, (issuer, tenant_id))
    where = f"kind = 'oidc' AND label = ? AND scopes <> ''{within}"
    return [_link(row) for row in tx.all(f"{_LINK} WHERE {where} ORDER BY id", params)]


def people_of(tx: Tx, issuer: str, tenant_id: str) -> list[str]:
    """Whose accounts of a tenant tokens of an issuer's open."""
    wanted = f"SELECT user_id FROM credentials WHERE kind = 'oidc' AND label = ?{_WITHIN}"
    return [row[0] for row in tx.all(wanted, (issuer, tenant_id))]


def end_link(tx: Tx, link_id: str, moment: Instant) -> None:
    """Tokens of that one that were issued until then open nothing any more."""
    tx.execute("UPDATE credentials SET used_at = ? WHERE id = ?", (moment, link_id))


def end_tokens(tx: Tx, user_id: str, moment: Instant) -> None:
    """Tokens that were issued until then open nothing any more."""
    tx.execute("UPDATE credentials SET used_at = ? WHERE user_id = ? AND kind = 'oidc'", (moment, user_id))
