"""How a person uses the scribe: what they have seen, their default template and note, and how much was written. The rows.

Used by `core.outreach` and the scribe. Who has no row has used nothing yet; where they stand in the round is `outreachturns`'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class Scribe:
    """One person's. `note` says who they are and where, as it stands below mail to strangers; `generated` and `templates` only grow."""

    user_id: str
    onboarded: bool = False
    template_id: str | None = None
    note: str = ""
    generated: int = 0
    templates: int = 0


_CHANGEABLE = frozenset({"onboarded", "template_id", "note"})


def of_user(tx: Tx, user_id: str) -> Scribe:
    """A person's, also when there is no row."""
    row = tx.one(
        "SELECT user_id, onboarded, template_id, note, generated, templates FROM scribes WHERE user_id = ?", (user_id,)
    )
    return Scribe(user_id) if row is None else Scribe(row[0], bool(row[1]), *row[2:])


def update(tx: Tx, user_id: str, *, now: Instant, **values: Any) -> None:
    """Change some of it."""
    unknown = values.keys() - _CHANGEABLE
    if unknown:
        raise ValueError(f"not columns that change: {sorted(unknown)}")
    tx.insert("scribes", unless_exists=True, user_id=user_id, updated_at=now)
    names = ", ".join(f"{name} = ?" for name in (*values, "updated_at"))
    tx.execute(f"UPDATE scribes SET {names} WHERE user_id = ?", (*values.values(), now, user_id))


def zone_of(tx: Tx, user_id: str) -> tuple[str, Instant]:
    """The time zone that a person's days are counted in, and when it was another one last."""
    row = tx.one("SELECT zone, zone_at FROM scribes WHERE user_id = ?", (user_id,))
    return ("", 0) if row is None else (row[0], row[1])


def set_zone(tx: Tx, user_id: str, zone: str, changed_at: Instant, now: Instant) -> None:
    """Say in which time zone their days are counted."""
    tx.insert("scribes", unless_exists=True, user_id=user_id, updated_at=now)
    tx.execute("UPDATE scribes SET zone = ?, zone_at = ? WHERE user_id = ?", (zone, changed_at, user_id))


def count(tx: Tx, user_id: str, *, now: Instant, generated: int = 0, templates: int = 0) -> None:
    """So many more were written, or made. In the transaction of what is counted."""
    tx.insert("scribes", unless_exists=True, user_id=user_id, updated_at=now)
    tx.execute(
        "UPDATE scribes SET generated = generated + ?, templates = templates + ?, updated_at = ? WHERE user_id = ?",
        (generated, templates, now, user_id),
    )
