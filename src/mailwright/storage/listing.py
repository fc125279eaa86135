"""Listing messages for a webmail and for JMAP: what matches, in which order it came, and what changed or went since a modseq.

Called by core (`listing`, `reading`). A plain list of one mailbox comes from an index alone (`ix_messages_arrived`), without
touching the wide rows; everything else is one statement. `mailbox_ids` are those the asker may see.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from mailwright.storage.database import Row, Tx
from mailwright.storage.filtering import VISIBLE, Sql
from mailwright.storage.mailboxes import REMOVED
from mailwright.storage.messages import REDACTED, Flag

SLICE = 500  # ids in one question


class Changed(NamedTuple):
    """A message that is there and changed after a modseq."""

    id: str
    modseq: int
    created_modseq: int
    mailbox_id: str
    thread_id: str
    flags: int


class Gone(NamedTuple):
    """A place that a message left: it was destroyed, or moved (then its row is still there)."""

    id: str
    modseq: int
    mailbox_id: str
    thread_id: str | None


def arrived(tx: Tx, mailbox_id: str, *, newest_first: bool) -> list[Row]:
    """(id, thread, received at) of every visible message of one mailbox, by when they came and their ids."""
    way = "DESC" if newest_first else "ASC"
    rows = tx.all(
        f"SELECT id, thread_id, received_at FROM messages WHERE mailbox_id = ? ORDER BY received_at {way}, id {way}",
        (mailbox_id,),
    )
    hidden = _deleted(tx, mailbox_id)
    return [row for row in rows if row[0] not in hidden] if hidden else rows


def matching(
    tx: Tx, mailbox_ids: Sequence[str], where: Sql, columns: Sequence[Sql], among: Sequence[str] | None = None
) -> list[Row]:
    """(id, thread, received at, and `columns`) of the visible messages of these mailboxes for which `where` holds.

    With `among`, only of those ids.
    """
    if not mailbox_ids:
        return []
    names = "".join(f", {column.text}" for column in columns)
    params = [param for column in columns for param in column.params]
    select = f"SELECT m.id, m.thread_id, m.received_at{names} FROM messages m WHERE {VISIBLE} AND ({where.text})"
    inside = f"m.mailbox_id IN ({_marks(mailbox_ids)})"
    if among is None:
        return tx.all(f"{select} AND {inside}", (*params, *where.params, *mailbox_ids))
    # The odd comparison keeps SQLite on the primary key.
    return [
        row
        for part in _slices(among)
        for row in tx.all(
            f"{select} AND m.id IN ({_marks(part)}) AND ({inside}) = (1 = 1)",
            (*params, *where.params, *part, *mailbox_ids),
        )
    ]


def by_ids(tx: Tx, user_id: str, ids: Sequence[str], columns: Sequence[str]) -> list[Row]:
    """(id, mailbox, flags, and the asked-for columns of `messages`) of those of a user's messages that are there."""
    names = "".join(f", m.{column}" for column in columns)
    return [
        row
        for part in _slices(ids)
        for row in tx.all(
            f"SELECT m.id, m.mailbox_id, m.flags{names} FROM messages m WHERE m.id IN ({_marks(part)}) "
            "AND (m.user_id = ?) = (1 = 1)",
            (*part, user_id),
        )
    ]


def ids_in(tx: Tx, mailbox_ids: Sequence[str], limit: int) -> list[str]:
    """The visible messages of these mailboxes, at most `limit`."""
    if not mailbox_ids:
        return []
    rows = tx.all(
        f"SELECT m.id FROM messages m WHERE {VISIBLE} AND m.mailbox_id IN ({_marks(mailbox_ids)}) LIMIT ?",
        (*mailbox_ids, limit),
    )
    return [row[0] for row in rows]


def in_threads(tx: Tx, user_id: str, thread_ids: Sequence[str]) -> list[str]:
    """Every message of these threads, wherever it lies."""
    return [
        row[0]
        for part in _slices(thread_ids)
        for row in tx.all(
            f"SELECT id FROM messages WHERE thread_id IN ({_marks(part)}) AND (user_id = ?) = (1 = 1)", (*part, user_id)
        )
    ]


# --- what changed ---------------------------------------------------------------------------------------------------


def changed(tx: Tx, user_id: str, modseq: int, limit: int) -> list[Changed]:
    """Messages of a user with a higher modseq, at most `limit`, in no order."""
    rows = tx.all(
        "SELECT id, modseq, created_modseq, mailbox_id, thread_id, flags FROM messages "
        "WHERE user_id = ? AND modseq > ? LIMIT ?",
        (user_id, modseq, limit),
    )
    return [Changed(*row) for row in rows]


def gone(tx: Tx, user_id: str, modseq: int, limit: int) -> list[Gone]:
    """The places that messages of a user left after `modseq`, at most `limit`, in no order."""
    rows = tx.all(
        "SELECT message_id, modseq, mailbox_id, thread_id FROM tombstones WHERE user_id = ? AND modseq > ? LIMIT ?",
        (user_id, modseq, limit),
    )
    return [Gone(*row) for row in rows]


def first_changed(tx: Tx, user_id: str, modseq: int, after: str, limit: int) -> list[Changed]:
    """The messages that were made or changed after a place in the journal, which is a modseq and, where not all of its changes
    are behind that place, the id `after` which they are.

    One that was made since and can be seen stands where it was made, another where it last changed: the first `limit` of each
    kind. Not those that `being_removed` tells of, which stand elsewhere: they would take the place of others here.
    """
    going = tx.all(
        f"SELECT id FROM mailboxes WHERE user_id = ? AND substr(name, 1, {len(REMOVED)}) = '{REMOVED}'", (user_id,)
    )
    elsewhere = [row[0] for row in going]
    select = (
        "SELECT id, modseq, created_modseq, mailbox_id, thread_id, flags FROM messages WHERE user_id = ? AND modseq >= ?"
        + (f" AND mailbox_id NOT IN ({_marks(elsewhere)})" if elsewhere else "")
    )
    where = (user_id, modseq if after else modseq + 1, *elsewhere)
    made, made_params = _behind("created_modseq", "id", modseq, after)
    made = f"({made}) AND flags & {Flag.DELETED.value} = 0"
    last, last_params = _behind("modseq", "id", modseq, after)
    rows = tx.all(
        f"{select} AND NOT ({made}) AND ({last}) ORDER BY modseq, id LIMIT ?",
        (*where, *made_params, *last_params, limit),
    ) + tx.all(f"{select} AND ({made}) ORDER BY created_modseq, id LIMIT ?", (*where, *made_params, limit))
    return [Changed(*row) for row in rows]


def first_gone(tx: Tx, user_id: str, modseq: int, after: str, limit: int) -> list[Gone]:
    """The places that messages left for good after a place in the journal (as in `first_changed`), at most `limit`, in order."""
    behind, params = _behind("t.modseq", "t.message_id", modseq, after)
    rows = tx.all(
        "SELECT t.message_id, t.modseq, t.mailbox_id, t.thread_id FROM tombstones t WHERE t.user_id = ? AND t.modseq >= ? "
        f"AND ({behind}) AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = t.message_id) "
        "ORDER BY t.modseq, t.message_id LIMIT ?",
        (user_id, modseq if after else modseq + 1, *params, limit),
    )
    return [Gone(*row) for row in rows]


def _behind(column: str, key: str, modseq: int, after: str) -> tuple[str, tuple[Any, ...]]:
    if not after:
        return f"{column} > ?", (modseq,)
    return f"{column} > ? OR ({column} = ? AND {key} > ?)", (modseq, modseq, after)


def being_removed(tx: Tx, user_id: str, modseq: int) -> list[tuple[str, int]]:
    """Messages in mailboxes that were removed after `modseq` and are still being emptied: (id, when the mailbox went)."""
    rows = tx.all(
        "SELECT m.id, r.modseq FROM removed r JOIN mailboxes b ON b.id = r.object_id JOIN messages m ON m.mailbox_id = b.id "
        f"WHERE r.user_id = ? AND r.modseq > ? AND r.kind = 'mailbox' AND substr(b.name, 1, {len(REMOVED)}) = '{REMOVED}'",
        (user_id, modseq),
    )
    return [(row[0], row[1]) for row in rows]


# --- what the index may not know ------------------------------------------------------------------------------------


class Unsettled(NamedTuple):
    """A message that the search index may not have, or not as it is now."""

    id: str
    blob_id: str
    structure: str
    size: int


def unsettled(tx: Tx, user_id: str) -> list[Unsettled]:
    """The newest first."""
    progress = tx.scalar("SELECT modseq FROM search_progress WHERE user_id = ?", (user_id,)) or 0
    rows = tx.all(
        "SELECT id, blob_id, structure, size, received_at FROM messages WHERE user_id = ? AND modseq > ? "
        "AND (created_modseq > ? OR checksum LIKE ?)",
        (user_id, progress, progress, f"{REDACTED}%"),
    )
    rows += tx.all(
        "SELECT m.id, m.blob_id, m.structure, m.size, m.received_at FROM search_missing s "
        "JOIN messages m ON m.id = s.message_id WHERE s.user_id = ?",
        (user_id,),
    )
    found = {row[0]: row for row in sorted(rows, key=lambda row: row[4], reverse=True)}
    return [Unsettled(*row[:4]) for row in found.values()]


def _deleted(tx: Tx, mailbox_id: str) -> set[str]:
    """The messages of a mailbox with \\Deleted: first from the index of flags, which has no ids, and is mostly all there is."""
    uids = [
        row[0]
        for row in tx.all(
            f"SELECT uid FROM messages WHERE mailbox_id = ? AND flags & {Flag.DELETED.value} <> 0", (mailbox_id,)
        )
    ]
    found: set[Any] = set()
    for start in range(0, len(uids), SLICE):
        part = uids[start : start + SLICE]
        rows = tx.all(f"SELECT id FROM messages WHERE mailbox_id = ? AND uid IN ({_marks(part)})", (mailbox_id, *part))
        found.update(row[0] for row in rows)
    return found


def _slices(values: Sequence[str]) -> list[Sequence[str]]:
    return [values[start : start + SLICE] for start in range(0, len(values), SLICE)]


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))
