"""The audit trail: who did what, from where, to what. Rows are only ever added (and expire)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from mailwright.domain import clock
from mailwright.storage.database import Tx


class Entry(NamedTuple):
    """One row, its fields in the order of the columns."""

    tenant_id: str | None
    actor: str
    address: str
    action: str
    resource: str
    correlation_id: str
    created_at: clock.Instant


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: an address or the name of a part of the system, the network peer, and the id of the request."""

    name: str
    address: str = ""
    correlation_id: str = ""


SYSTEM = Actor("system")
"""Nobody who signed in: the command line, and what happens by itself."""


def note(tx: Tx, by: Actor, action: str, *, resource: str = "", tenant_id: str | None = None) -> None:
    """Add one row for what `by` does."""
    record(
        tx,
        actor=by.name,
        action=action,
        resource=resource,
        address=by.address,
        tenant_id=tenant_id,
        correlation_id=by.correlation_id,
    )


def record(
    tx: Tx,
    *,
    actor: str,
    action: str,
    resource: str = "",
    address: str = "",
    tenant_id: str | None = None,
    correlation_id: str = "",
) -> None:
    """Add one row. `actor` is an address or the name of a part of the system; `address` is the network peer."""
    tx.insert(
        "audit_events",
        tenant_id=tenant_id,
        actor=actor,
        address=address,
        action=action,
        resource=resource,
        correlation_id=correlation_id,
        created_at=clock.now(),
    )


def record_all(tx: Tx, entries: Iterable[Entry]) -> None:
    """Add many rows."""
    tx.executemany(
        "INSERT INTO audit_events (tenant_id, actor, address, action, resource, correlation_id, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        list(entries),
    )


def listing(
    tx: Tx, *, actor: str | None = None, before: int | None = None, limit: int = 100
) -> list[tuple[int, Entry]]:
    """The newest rows (of one actor, with ids below `before`) with their ids, newest first."""
    where, params = ["1 = 1"], []  # type: list[str], list[object]
    if actor is not None:
        where.append("actor = ?")
        params.append(actor)
    if before is not None:
        where.append("id < ?")
        params.append(before)
    rows = tx.all(
        "SELECT id, tenant_id, actor, address, action, resource, correlation_id, created_at FROM audit_events "
        f"WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?",
        (*params, limit),
    )
    return [(row[0], Entry(*row[1:])) for row in rows]


def resources(tx: Tx, actor: str, action: str) -> list[str]:
    """What `actor` has done that to, the newest first; for those who do little."""
    rows = tx.all(
        "SELECT resource FROM audit_events WHERE actor = ? AND action = ? ORDER BY created_at DESC", (actor, action)
    )
    return [row[0] for row in rows]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the trail is looked for; None is everything. `action` is one, or the start of several (`user.`)."""

    tenant_id: str | None = None
    actor: str | None = None
    action: str | None = None
    resource: str | None = None
    since: clock.Instant | None = None
    until: clock.Instant | None = None


def search(
    tx: Tx, wanted: Wanted, *, before: int | None = None, limit: int, look_at: int
) -> tuple[list[tuple[int, Entry]], int | None]:
    """Rows that match, newest first, with their ids, and the id to go on before (None: there is no more).

    Looks at `look_at` ids at most, so that a rare action does not read the whole trail in one go: then there may be few rows, or
    none, and more behind them.
    """
    first, last = tx.one("SELECT min(id), max(id) FROM audit_events") or (None, None)
    if first is None:
        return [], None
    top = last + 1 if before is None else min(before, last + 1)
    low = max(top - look_at, first)
    where, params = ["id < ? AND id >= ?"], [top, low]  # type: list[str], list[object]
    for condition, value in (
        ("tenant_id = ?", wanted.tenant_id),
        ("actor = ?", wanted.actor),
        ("created_at >= ?", wanted.since),
        ("created_at < ?", wanted.until),
    ):
        if value is not None:
            where.append(condition)
            params.append(value)
    for column, start in (("action", wanted.action), ("resource", wanted.resource)):
        if start is not None:
            where.append(f"substr({column}, 1, ?) = ?")
            params += [len(start), start]
    rows = tx.all(
        "SELECT id, tenant_id, actor, address, action, resource, correlation_id, created_at FROM audit_events "
        f"WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?",
        (*params, limit),
    )
    found = [(row[0], Entry(*row[1:])) for row in rows]
    if len(found) == limit:
        return found, found[-1][0]
    older_is_wanted = wanted.since is None or _written_at(tx, low) >= wanted.since
    return found, low if low > first and older_is_wanted else None


def _written_at(tx: Tx, row_id: int) -> clock.Instant:
    """When the oldest row from that id on was written; ids grow with time."""
    return int(tx.scalar("SELECT created_at FROM audit_events WHERE id >= ? ORDER BY id LIMIT 1", (row_id,)) or 0)


def purge(tx: Tx, before: clock.Instant, limit: int) -> int:
    """Remove rows older than `before`: of the first `limit`. How many."""
    return tx.execute(
        "DELETE FROM audit_events WHERE created_at < ? AND id IN (SELECT id FROM audit_events ORDER BY id LIMIT ?)",
        (before, limit),
    )
