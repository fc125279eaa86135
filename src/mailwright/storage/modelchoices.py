"""Model choices: which models serve a purpose, where somebody chose others than the settings name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """One purpose's, the first to be asked first; `changed_by` is an address or a part of the system."""

    purpose: str
    models: tuple[str, ...]
    changed_by: str
    changed_at: Instant


def listing(tx: Tx) -> list[ModelChoice]:
    """Every choice."""
    rows = tx.all("SELECT purpose, models, changed_by, changed_at FROM model_choices ORDER BY purpose")
    return [ModelChoice(row[0], tuple(json.loads(row[1])), row[2], row[3]) for row in rows]


def put(tx: Tx, purpose: str, models: Sequence[str], *, by: str, at: Instant) -> None:
    """Choose, or choose others."""
    tx.execute(
        "INSERT INTO model_choices (purpose, models, changed_by, changed_at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (purpose) DO UPDATE SET models = excluded.models, changed_by = excluded.changed_by, "
        "changed_at = excluded.changed_at",
        (purpose, json.dumps([*models]), by, at),
    )


def remove(tx: Tx, purpose: str) -> bool:
    """Back to the settings; False when there was no choice."""
    return tx.execute("DELETE FROM model_choices WHERE purpose = ?", (purpose,)) == 1
