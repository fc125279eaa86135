"""Identities: under which names and addresses a person writes, and what goes with it. The rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from mailwright.storage.database import Row, Tx

Person = dict[str, str | None]
"""{name, email}; the name may be None."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One identity. `reply_to` and `bcc` None: nothing is said."""

    id: str
    user_id: str
    email: str
    name: str
    reply_to: list[Person] | None
    bcc: list[Person] | None
    text_signature: str
    html_signature: str
    created_modseq: int
    modseq: int


_COLUMNS = "id, user_id, email, name, reply_to, bcc, text_signature, html_signature, created_modseq, modseq"


def of_user(tx: Tx, user_id: str) -> list[Identity]:
    """Those of a user, by id: in the order they were made."""
    return [
        _identity(row) for row in tx.all(f"SELECT {_COLUMNS} FROM identities WHERE user_id = ? ORDER BY id", (user_id,))
    ]


def by_id(tx: Tx, user_id: str, identity_id: str) -> Identity | None:
    """That identity of a user."""
    row = tx.one(f"SELECT {_COLUMNS} FROM identities WHERE id = ? AND user_id = ?", (identity_id, user_id))
    return _identity(row) if row else None


def add(tx: Tx, identity: Identity) -> None:
    """A new one; none when it is there already."""
    tx.insert(
        "identities",
        unless_exists=True,
        id=identity.id,
        user_id=identity.user_id,
        email=identity.email,
        created_modseq=identity.created_modseq,
        **_changeable(identity),
    )


def change(tx: Tx, identity: Identity) -> None:
    """Write everything but its address."""
    values = _changeable(identity)
    tx.execute(
        f"UPDATE identities SET {', '.join(f'{name} = ?' for name in values)} WHERE id = ?",
        (*values.values(), identity.id),
    )


def remove(tx: Tx, identity_id: str) -> None:
    """Take it away."""
    tx.execute("DELETE FROM identities WHERE id = ?", (identity_id,))


def _changeable(identity: Identity) -> dict[str, Any]:
    return {
        "name": identity.name,
        "reply_to": json.dumps(identity.reply_to),
        "bcc": json.dumps(identity.bcc),
        "text_signature": identity.text_signature,
        "html_signature": identity.html_signature,
        "modseq": identity.modseq,
    }


def _identity(row: Row) -> Identity:
    values = list(row)
    values[4:6] = [json.loads(value) for value in values[4:6]]
    return Identity(*values)
