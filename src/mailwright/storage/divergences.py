"""Divergences: where the rows and what is kept outside the database disagree, until it is settled.

Written by the reconciler (core/reconciling.py) and by `blobs.py` when somebody stumbled over one; read by doctor, the
administration pages and the figures. One row for each kind and key: found again, it is the same one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mailwright.domain.clock import Instant, now
from mailwright.domain.ids import new_id
from mailwright.storage.database import Tx

Kind: TypeAlias = Literal["missing", "damaged", "orphaned"]
KINDS: tuple[Kind, ...] = ("missing", "damaged", "orphaned")
MAX_DETAIL = 500


@dataclass(frozen=True, slots=True)
class Divergence:
    """One of them. `blob_id` is None for an object that no row names."""

    id: str
    kind: Kind
    tenant_id: str | None
    key: str
    blob_id: str | None
    detail: str
    found_at: Instant
    seen_at: Instant


def note(tx: Tx, kind: Kind, *, key: str, tenant_id: str | None, blob_id: str | None, detail: str) -> None:
    """It is so now; the first time it was seen stays."""
    moment = now()
    tx.execute(
        "INSERT INTO divergences (id, kind, tenant_id, blob_key, blob_id, detail, found_at, seen_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kind, blob_key) DO UPDATE SET detail = excluded.detail, "
        "seen_at = excluded.seen_at, settled_at = NULL, outcome = '', "
        "found_at = CASE WHEN divergences.settled_at IS NULL THEN divergences.found_at ELSE excluded.found_at END",
        (new_id(), kind, tenant_id, key, blob_id, detail[:MAX_DETAIL], moment, moment),
    )


def settle(tx: Tx, divergence_id: str, outcome: str) -> None:
    """It is no more: repaired, collected, or gone again."""
    tx.execute(
        "UPDATE divergences SET settled_at = ?, outcome = ? WHERE id = ? AND settled_at IS NULL",
        (now(), outcome, divergence_id),
    )


def settle_keys(tx: Tx, kind: Kind, keys: Sequence[str], outcome: str) -> None:
    """`settle` by key, for those of the keys that are open."""
    tx.executemany(
        "UPDATE divergences SET settled_at = ?, outcome = ? WHERE kind = ? AND blob_key = ? AND settled_at IS NULL",
        [(now(), outcome, kind, key) for key in keys],
    )


def unsettled(tx: Tx, after: str, limit: int, *, tenant_id: str | None = None) -> list[Divergence]:
    """The open ones, by id, behind `after`."""
    where, more = ("", ()) if tenant_id is None else (" AND tenant_id = ?", (tenant_id,))
    rows = tx.all(
        "SELECT id, kind, tenant_id, blob_key, blob_id, detail, found_at, seen_at FROM divergences "
        f"WHERE id > ? AND settled_at IS NULL{where} ORDER BY id LIMIT ?",
        (after, *more, limit),
    )
    return [Divergence(*row) for row in rows]


def counts(tx: Tx) -> dict[str, int]:
    """How many are open, by kind; every kind is there."""
    rows = tx.all("SELECT kind, count(*) FROM divergences WHERE settled_at IS NULL GROUP BY kind")
    return dict.fromkeys(KINDS, 0) | {str(kind): int(count) for kind, count in rows}


def open_since(tx: Tx, kind: Kind, key: str) -> Instant | None:
    """Since when it is so; None when nobody saw it, or it is settled."""
    found: Instant | None = tx.scalar(
        "SELECT found_at FROM divergences WHERE kind = ? AND blob_key = ? AND settled_at IS NULL", (kind, key)
    )
    return found


def purge(tx: Tx, before: Instant, limit: int) -> int:
    """Forget what was settled before a moment, `limit` at most; how many."""
    return tx.execute(
        "DELETE FROM divergences WHERE id IN (SELECT id FROM divergences WHERE settled_at < ? ORDER BY id LIMIT ?)",
        (before, limit),
    )
