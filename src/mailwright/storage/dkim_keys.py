"""DKIM keys: the rows. The private halves are sealed before they come here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mailwright.domain import clock
from mailwright.storage.database import Row, Tx


@dataclass(frozen=True, slots=True)
class DkimKey:
    """One key of a domain. `algorithm` is rsa or ed25519; `secret` is sealed and does not print; `public` is base64 as DNS has it."""

    id: str
    domain_id: str
    selector: str
    algorithm: str
    secret: str = field(repr=False)
    public: str
    active: bool
    created_at: clock.Instant


_COLUMNS = "id, domain_id, selector, algorithm, secret, public, active, created_at"


def add(tx: Tx, key: DkimKey) -> None:
    """Keep a new key; its selector is not taken yet."""
    tx.insert(
        "dkim_keys",
        id=key.id,
        domain_id=key.domain_id,
        selector=key.selector,
        algorithm=key.algorithm,
        secret=key.secret,
        public=key.public,
        active=key.active,
        created_at=key.created_at,
    )


def of_domain(tx: Tx, domain_id: str) -> list[DkimKey]:
    """Every key of a domain, the oldest first."""
    return [
        _key(row) for row in tx.all(f"SELECT {_COLUMNS} FROM dkim_keys WHERE domain_id = ? ORDER BY id", (domain_id,))
    ]


def set_active(tx: Tx, keys: Sequence[DkimKey], *, active: bool) -> None:
    """Whether mail is signed with them."""
    tx.executemany("UPDATE dkim_keys SET active = ? WHERE id = ?", [(active, key.id) for key in keys])


def remove(tx: Tx, keys: Sequence[DkimKey]) -> None:
    """Forget them."""
    tx.executemany("DELETE FROM dkim_keys WHERE id = ?", [(key.id,) for key in keys])


def _key(row: Row) -> DkimKey:
    return DkimKey(row[0], row[1], row[2], row[3], row[4], row[5], bool(row[6]), row[7])
