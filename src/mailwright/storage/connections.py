"""Connections: accounts elsewhere that people let the assistant look after. The rows.

`secret` is sealed (core/secrets.py) and never shown; `cursor` says how far the account was read, in the words of its kind.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mailwright.domain.clock import Instant
from mailwright.domain.ids import new_id
from mailwright.storage.database import Row, Tx


@dataclass(frozen=True, slots=True)
class Connection:
    """One account elsewhere. `kind` is gmail or imap; `state` a word of `domain.triage.ConnectionState`."""

    id: str
    tenant_id: str
    user_id: str
    kind: str
    address: str
    enabled: bool
    state: str
    because: str
    secret: str = field(repr=False)
    settings: dict[str, Any]
    cursor: str
    announced: str
    failures: int
    watch_expires_at: Instant | None
    watched_at: Instant | None
    pushed_at: Instant | None
    looked_at: Instant | None
    next_look_at: Instant
    created_at: Instant
    updated_at: Instant


_COLUMNS = (
    "id, tenant_id, user_id, kind, address, enabled, state, because, secret, settings, cursor, announced, failures, watch_expires_at, "
    "watched_at, pushed_at, looked_at, next_look_at, created_at, updated_at"
)
_CHANGEABLE = frozenset(
    [
        "enabled",
        "state",
        "because",
        "secret",
        "settings",
        "cursor",
        "announced",
        "failures",
        "watch_expires_at",
        "watched_at",
        "pushed_at",
        "looked_at",
        "next_look_at",
    ]
)


def add(
    tx: Tx,
    *,
    tenant_id: str,
    user_id: str,
    kind: str,
    address: str,
    state: str,
    secret: str,
    settings: dict[str, Any],
    now: Instant,
) -> str | None:
    """The id of a new one, due to be looked at now; None when the user has that account already."""
    connection_id = new_id()
    made = tx.insert(
        "connections",
        unless_exists=True,
        id=connection_id,
        tenant_id=tenant_id,
        user_id=user_id,
        kind=kind,
        address=address,
        state=state,
        secret=secret,
        settings=json.dumps(settings, ensure_ascii=False),
        next_look_at=now,
        created_at=now,
        updated_at=now,
    )
    return connection_id if made else None


def by_id(tx: Tx, connection_id: str) -> Connection | None:
    """The connection of that id."""
    row = tx.one(f"SELECT {_COLUMNS} FROM connections WHERE id = ?", (connection_id,))
    return _connection(row) if row else None


def of_user(tx: Tx, user_id: str) -> list[Connection]:
    """What a person has connected, oldest first."""
    rows = tx.all(f"SELECT {_COLUMNS} FROM connections WHERE user_id = ? ORDER BY created_at, id", (user_id,))
    return [_connection(row) for row in rows]


def of_address(tx: Tx, kind: str, address: str) -> list[Connection]:
    """Everybody's connection to one account elsewhere."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM connections WHERE kind = ? AND address = ? ORDER BY created_at, id", (kind, address)
    )
    return [_connection(row) for row in rows]


def due(tx: Tx, now: Instant, limit: int) -> list[Connection]:
    """The enabled ones whose next look is due, the longest due first."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM connections WHERE next_look_at <= ? AND enabled = ? ORDER BY next_look_at LIMIT ?",
        (now, True, limit),
    )
    return [_connection(row) for row in rows]


def watch_ends(tx: Tx, kind: str, before: Instant, limit: int, *, watched_before: Instant = 0) -> list[Connection]:
    """The enabled ones of a kind that are watched until before then, or not at all, or since before `watched_before`."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM connections WHERE kind = ? AND enabled = ? "
        "AND (watch_expires_at IS NULL OR watch_expires_at < ? OR watched_at < ?) "
        "ORDER BY coalesce(watch_expires_at, 0), created_at LIMIT ?",
        (kind, True, before, watched_before, limit),
    )
    return [_connection(row) for row in rows]


def listing(tx: Tx, tenant_id: str | None = None) -> list[Connection]:
    """Every one, oldest first."""
    where, params = ("", ()) if tenant_id is None else (" WHERE tenant_id = ?", (tenant_id,))
    rows = tx.all(f"SELECT {_COLUMNS} FROM connections{where} ORDER BY created_at, id", params)
    return [_connection(row) for row in rows]


def update(tx: Tx, connection_id: str, *, now: Instant, **changes: Any) -> bool:
    """Set the given columns; whether there is such a connection. `settings` is a dict, kept as JSON."""
    unknown = changes.keys() - _CHANGEABLE
    if unknown:
        raise ValueError(f"not a changeable column: {sorted(unknown)}")
    if "settings" in changes:
        changes["settings"] = json.dumps(changes["settings"], ensure_ascii=False)
    names = ", ".join(f"{name} = ?" for name in (*changes, "updated_at"))
    return tx.execute(f"UPDATE connections SET {names} WHERE id = ?", (*changes.values(), now, connection_id)) == 1


def count_of_user(tx: Tx, user_id: str) -> int:
    """How many a person has connected."""
    return int(tx.scalar("SELECT count(*) FROM connections WHERE user_id = ?", (user_id,)))


def known_header_ids(tx: Tx, connection_id: str, header_ids: Sequence[str]) -> set[str]:
    """Which of these Message-IDs mails of the account have that are looked after already."""
    if not header_ids:
        return set()
    marks = ", ".join("?" * len(header_ids))
    rows = tx.all(
        f"SELECT header_id FROM triage WHERE connection_id = ? AND header_id IN ({marks})", (connection_id, *header_ids)
    )
    return {row[0] for row in rows}


def has_mail_of(tx: Tx, connection_id: str, after: Instant, before: Instant) -> bool:
    """Whether a mail of the account that is looked after came between those moments."""
    if after >= before:
        return False
    found = tx.one(
        "SELECT 1 FROM triage WHERE connection_id = ? AND received_at > ? AND received_at < ? LIMIT 1",
        (connection_id, after, before),
    )
    return found is not None


def remove(tx: Tx, connection_id: str) -> None:
    """It is looked after no more: what was gathered of its mail goes with it."""
    tx.execute(
        "DELETE FROM snapshots WHERE task_id IN "
        "(SELECT task_id FROM triage WHERE connection_id = ? AND task_id IS NOT NULL)",
        (connection_id,),
    )
    tx.execute("DELETE FROM triage WHERE connection_id = ?", (connection_id,))
    tx.execute("DELETE FROM connections WHERE id = ?", (connection_id,))


# --- people who are on their way to allow us an account --------------------------------------------------------------


def add_attempt(tx: Tx, token: str, user_id: str, *, now: Instant, expires_at: Instant) -> None:
    """Somebody sets out, known by the SHA-256 of what comes back with them. Attempts that are over are forgotten."""
    tx.execute("DELETE FROM connection_attempts WHERE expires_at < ?", (now,))
    tx.insert("connection_attempts", token=token, user_id=user_id, expires_at=expires_at)


def take_attempt(tx: Tx, token: str, user_id: str, now: Instant) -> bool:
    """Somebody is back: whether they set out, not too long ago, and had not come back before."""
    return (
        tx.execute(
            "DELETE FROM connection_attempts WHERE token = ? AND user_id = ? AND expires_at >= ?", (token, user_id, now)
        )
        == 1
    )


def _connection(row: Row) -> Connection:
    values = list(row)
    values[5] = bool(values[5])
    values[9] = json.loads(values[9])
    return Connection(*values)
