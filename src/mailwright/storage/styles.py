"""Styles: how an owner writes, as it was learned and as the owner says. The rows."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class Style:
    """`note` is in the owner's own words, and stands before `learned`, which is in ours; `measures` is what was counted in `samples`
    mails."""

    note: str = ""
    learned: str = ""
    measures: dict[str, Any] = field(default_factory=dict)
    samples: int = 0
    learned_at: Instant | None = None
    edited_at: Instant | None = None

    @property
    def said(self) -> str:
        """What drafts are written by."""
        return self.note or self.learned


def of_user(tx: Tx, user_id: str) -> Style:
    """An owner's style; an empty one when nothing is known."""
    row = tx.one(
        "SELECT note, learned, measures, samples, learned_at, edited_at FROM styles WHERE user_id = ?", (user_id,)
    )
    return Style(row[0], row[1], json.loads(row[2]), *row[3:]) if row else Style()


def put_learned(
    tx: Tx, user_id: str, *, learned: str, measures: dict[str, Any], samples: int, now: Instant | None
) -> None:
    """What was learned replaces what was learned before; the owner's own note is not touched."""
    counted = json.dumps(measures, ensure_ascii=False)
    tx.execute(
        "INSERT INTO styles (user_id, learned, measures, samples, learned_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (user_id) DO UPDATE SET learned = excluded.learned, measures = excluded.measures, "
        "samples = excluded.samples, learned_at = excluded.learned_at",
        (user_id, learned, counted, samples, now),
    )


def put_note(tx: Tx, user_id: str, note: str, now: Instant | None) -> None:
    """The owner's own note; empty, it is what was learned that stands."""
    tx.execute(
        "INSERT INTO styles (user_id, note, edited_at) VALUES (?, ?, ?) "
        "ON CONFLICT (user_id) DO UPDATE SET note = excluded.note, edited_at = excluded.edited_at",
        (user_id, note, now),
    )


def forget_of_user(tx: Tx, user_id: str) -> int:
    """Nothing is known any more; how many rows went."""
    return tx.execute("DELETE FROM styles WHERE user_id = ?", (user_id,))


def not_learned_since(tx: Tx, agent: str, before: Instant, limit: int) -> list[str]:
    """The ids of people whom that agent serves and whose sent mail was not looked at since then, the longest ago first."""
    rows = tx.all(
        "SELECT a.user_id FROM assignments a LEFT JOIN styles s ON s.user_id = a.user_id "
        "WHERE a.agent = ? AND a.enabled AND (s.learned_at IS NULL OR s.learned_at <= ?) "
        "ORDER BY s.learned_at IS NOT NULL, s.learned_at, a.user_id LIMIT ?",
        (agent, before, limit),
    )
    return [row[0] for row in rows]
