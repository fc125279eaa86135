"""Preferences: how a person wants to be worked for. The rows."""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class Preferences:
    """`time_zone` is an IANA name; `tone` is free text of the person's own; `default_action` a word of the agent's.

    `undo_seconds` is how long what the person sends is held, to be taken back; 0: not at all.
    """

    time_zone: str = "UTC"
    tone: str = ""
    default_action: str = ""
    undo_seconds: int = 0


def of_user(tx: Tx, user_id: str) -> Preferences:
    """A person's preferences, or the defaults."""
    row = tx.one("SELECT time_zone, tone, default_action, undo_seconds FROM preferences WHERE user_id = ?", (user_id,))
    return Preferences(*row) if row else Preferences()


def set_for(tx: Tx, user_id: str, wanted: Preferences) -> None:
    """Replace a person's preferences."""
    tx.execute("DELETE FROM preferences WHERE user_id = ?", (user_id,))
    tx.insert(
        "preferences",
        user_id=user_id,
        time_zone=wanted.time_zone,
        tone=wanted.tone,
        default_action=wanted.default_action,
        undo_seconds=wanted.undo_seconds,
    )


def set_undo_seconds(tx: Tx, user_id: str, seconds: int) -> None:
    """Change how long what a person sends is held, and nothing else."""
    tx.execute(
        "INSERT INTO preferences (user_id, undo_seconds) VALUES (?, ?) "
        "ON CONFLICT (user_id) DO UPDATE SET undo_seconds = excluded.undo_seconds",
        (user_id, seconds),
    )
