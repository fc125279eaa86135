"""Keys by which the installation is known to others: the rows. Their private halves are sealed before they come here."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailwright.domain import clock
from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key. `secret` is sealed and does not print."""

    name: str
    secret: str = field(repr=False)
    public: str


def add_unless_there(tx: Tx, key: KeyRow) -> None:
    """Keep it, if there is none of that name: whoever was first has made the key of all."""
    tx.insert(
        "server_keys",
        unless_exists=True,
        name=key.name,
        secret=key.secret,
        public=key.public,
        created_at=clock.now(),
    )


def put(tx: Tx, key: KeyRow) -> None:
    """Keep it instead of the one of that name."""
    tx.execute("DELETE FROM server_keys WHERE name = ?", (key.name,))
    add_unless_there(tx, key)


def named(tx: Tx, name: str) -> KeyRow | None:
    """The key of that name."""
    row = tx.one("SELECT name, secret, public FROM server_keys WHERE name = ?", (name,))
    return KeyRow(*row) if row else None
