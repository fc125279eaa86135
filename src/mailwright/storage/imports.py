"""Imports: which messages of which source an account has taken over already, so that an import goes on where it ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailwright.domain import clock
from mailwright.domain.ids import checksum, new_id
from mailwright.storage.database import Tx

MAX_NAME = 500  # characters: PostgreSQL's indexes hold 2,704 octets


def begin(tx: Tx, user_id: str, source: str) -> str:
    """The id of the import of that source, made now or earlier."""
    now, source = clock.now(), _kept(source)
    tx.insert(
        "imports", unless_exists=True, id=new_id(), user_id=user_id, source=source, created_at=now, updated_at=now
    )
    found: str = tx.scalar("SELECT id FROM imports WHERE user_id = ? AND source = ?", (user_id, source))
    return found


def known(tx: Tx, import_id: str, items: Sequence[str]) -> set[str]:
    """Those of `items` (at most a few hundred) that were taken over."""
    if not items:
        return set()
    names = {_kept(item): item for item in items}
    marks = ", ".join("?" * len(names))
    rows = tx.all(f"SELECT item FROM import_items WHERE import_id = ? AND item IN ({marks})", (import_id, *names))
    return {names[row[0]] for row in rows}


def note(tx: Tx, import_id: str, items: Iterable[str]) -> None:
    """Remember items, in the transaction that files their messages."""
    tx.executemany(
        "INSERT INTO import_items (import_id, item) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(import_id, _kept(item)) for item in items],
    )
    tx.execute("UPDATE imports SET updated_at = ? WHERE id = ?", (clock.now(), import_id))


def _kept(name: str) -> str:
    """The name as the row has it: text that both databases take, and no longer than their indexes do."""
    plain = name.replace("\x00", "\\0").encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return plain if len(plain) <= MAX_NAME else f"{plain[:MAX_NAME]}…{checksum(plain.encode())}"


def finish(tx: Tx, import_id: str) -> None:
    """Every message of the source was seen."""
    tx.execute("UPDATE imports SET finished_at = ? WHERE id = ?", (clock.now(), import_id))


def forget(tx: Tx, user_id: str) -> None:
    """Forget every import of an account."""
    tx.execute("DELETE FROM import_items WHERE import_id IN (SELECT id FROM imports WHERE user_id = ?)", (user_id,))
    tx.execute("DELETE FROM imports WHERE user_id = ?", (user_id,))
