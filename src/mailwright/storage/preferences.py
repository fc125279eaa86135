"""Preferences: how a person wants to be worked for. The rows."""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class Preferences:
    """`time_zone` is an IANA name; `tone` is free text of the person's own; `default_action` a word of the agent's."""

    time_zone: str = "UTC"
    tone: str = ""
    default_action: str = ""


def of_user(tx: Tx, user_id: str) -> Preferences:
    """A person's preferences, or the defaults."""
    row = tx.one("SELECT time_zone, tone, default_action FROM preferences WHERE user_id = ?", (user_id,))
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
    )
