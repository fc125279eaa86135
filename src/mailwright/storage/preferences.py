"""Preferences: how a person wants to be worked for. The rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class Preferences:
    """`time_zone` is an IANA name; `tone` is free text of the person's own; `default_action` a word of the agent's.

    `undo_seconds` is how long what the person sends is held, to be taken back; 0: not at all. `display`
    (the webmail's own) is JSON. `locale` (like `en-GB`) says how dates are meant and written, `reach_by` (`mail` or `whatsapp`) where
    reminders go; empty: as the person wrote. Between `quiet_from` and `quiet_until` (minutes after midnight there) nobody is reminded.
    `agenda_at` is when the day's agenda is mailed, `agenda_on` the last day it was, like 2026-11-21.
    """

    time_zone: str = "UTC"
    tone: str = ""
    default_action: str = ""
    undo_seconds: int = 0
    display: str = "{}"
    locale: str = ""
    reach_by: str = ""
    quiet_from: int | None = None
    quiet_until: int | None = None
    agenda_at: int | None = None
    agenda_on: str = ""


@dataclass(frozen=True, slots=True)
class WithAgenda:
    """A person who wants the day's agenda."""

    user_id: str
    tenant_id: str
    time_zone: str
    agenda_at: int
    agenda_on: str


_COLUMNS = ", ".join(Preferences.__slots__)


def of_user(tx: Tx, user_id: str) -> Preferences:
    """A person's preferences, or the defaults."""
    row = tx.one(f"SELECT {_COLUMNS} FROM preferences WHERE user_id = ?", (user_id,))
    return Preferences(*row) if row else Preferences()


def set_for(tx: Tx, user_id: str, wanted: Preferences) -> None:
    """Replace a person's preferences."""
    tx.execute("DELETE FROM preferences WHERE user_id = ?", (user_id,))
    tx.insert("preferences", user_id=user_id, **asdict(wanted))


def set_undo_seconds(tx: Tx, user_id: str, seconds: int) -> None:
    """Change how long what a person sends is held, and nothing else."""
    tx.execute(
        "INSERT INTO preferences (user_id, undo_seconds) VALUES (?, ?) "
        "ON CONFLICT (user_id) DO UPDATE SET undo_seconds = excluded.undo_seconds",
        (user_id, seconds),
    )


def with_agenda(tx: Tx) -> list[WithAgenda]:
    """Everybody who wants the day's agenda."""
    rows = tx.all(
        "SELECT p.user_id, u.tenant_id, p.time_zone, p.agenda_at, p.agenda_on FROM preferences p "
        "JOIN users u ON u.id = p.user_id WHERE p.agenda_at IS NOT NULL AND u.status = 'active' ORDER BY p.user_id"
    )
    return [WithAgenda(*row) for row in rows]


def claim_agenda(tx: Tx, user_id: str, day: str) -> bool:
    """Note that a person is told of that day; False when it was noted before."""
    sql = "UPDATE preferences SET agenda_on = ? WHERE user_id = ? AND agenda_on < ?"
    return tx.execute(sql, (day, user_id, day)) == 1
