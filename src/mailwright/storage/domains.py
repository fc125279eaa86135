"""Tenants and their domains: the rows."""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.domain import clock
from mailwright.domain.ids import new_id
from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain we are responsible for. `journal_address` gets a copy of all its mail; `retain_days` None keeps mail for good.

    `on_failure` is what happens to mail that fails its sender's DMARC: policy (as the sender asks), reject, quarantine or mark.
    """

    id: str
    tenant_id: str
    name: str
    journal_address: str | None
    retain_days: int | None
    on_failure: str = "policy"


_COLUMNS = "id, tenant_id, name, journal_address, retain_days, on_failure"


def add_tenant(tx: Tx, name: str) -> str | None:
    """The id of the new tenant, or None when the name is taken."""
    tenant_id = new_id()
    made = tx.insert("tenants", unless_exists=True, id=tenant_id, name=name, created_at=clock.now())
    return tenant_id if made else None


def tenant_named(tx: Tx, name: str) -> str | None:
    """The id of the tenant of that name."""
    found: str | None = tx.scalar("SELECT id FROM tenants WHERE name = ?", (name,))
    return found


def tenant_name(tx: Tx, tenant_id: str) -> str | None:
    """What the tenant of that id is called."""
    found: str | None = tx.scalar("SELECT name FROM tenants WHERE id = ?", (tenant_id,))
    return found


def add(tx: Tx, tenant_id: str, name: str) -> str | None:
    """The id of the new domain, or None when somebody has it."""
    domain_id = new_id()
    made = tx.insert(
        "domains", unless_exists=True, id=domain_id, tenant_id=tenant_id, name=name, created_at=clock.now()
    )
    return domain_id if made else None


def named(tx: Tx, name: str) -> Domain | None:
    """The domain of that name (lower case), or None when it is not ours."""
    row = tx.one(f"SELECT {_COLUMNS} FROM domains WHERE name = ?", (name,))
    return Domain(*row) if row else None


def first(tx: Tx) -> Domain | None:
    """The oldest domain: whose people look after the machine."""
    row = tx.one(f"SELECT {_COLUMNS} FROM domains ORDER BY created_at, id LIMIT 1")
    return Domain(*row) if row else None


def listing(tx: Tx) -> list[Domain]:
    """Every domain, by name."""
    return [Domain(*row) for row in tx.all(f"SELECT {_COLUMNS} FROM domains ORDER BY name")]


def change(tx: Tx, domain_id: str, *, journal_address: str | None, retain_days: int | None) -> None:
    """Set journaling and retention."""
    tx.execute(
        "UPDATE domains SET journal_address = ?, retain_days = ? WHERE id = ?",
        (journal_address, retain_days, domain_id),
    )


def set_on_failure(tx: Tx, domain_id: str, choice: str) -> None:
    """What happens to mail that fails its sender's DMARC."""
    tx.execute("UPDATE domains SET on_failure = ? WHERE id = ?", (choice, domain_id))


def remove(tx: Tx, domain_id: str) -> None:
    """Take the domain's row and keys away; the caller has seen that no address is left on it."""
    tx.execute("DELETE FROM dkim_keys WHERE domain_id = ?", (domain_id,))
    tx.execute("DELETE FROM domains WHERE id = ?", (domain_id,))


def address_count(tx: Tx, name: str) -> int:
    """How many addresses of ours end in that domain."""
    return int(tx.scalar("SELECT count(*) FROM addresses WHERE address LIKE ?", (f"%@{name}",)))
