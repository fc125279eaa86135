"""Triage: what each mail is to its owner, and the draft made for it. The rows.

The id of a row is the id of the message when that is in a mailbox of ours, and one of its own when it is elsewhere (then
`connection_id` and `remote_id` say where). Tasks of the assistant have it as their `message_id`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mailwright.domain.clock import Instant
from mailwright.domain.ids import new_id
from mailwright.domain.triage import DraftState
from mailwright.storage.database import Row, Tx

MAX_SUBJECT = 300  # characters: what a list shows
WAITING = (DraftState.MADE.value, DraftState.EDITED.value)


@dataclass(frozen=True, slots=True)
class Item:
    """One mail. `category` is empty until it was judged, `draft_state` until that was decided; `proven`: it is its sender's beyond doubt;
    `claims` is what the claim check found; `draft_changed` the part of a draft's words that its owner changed before it was sent, 0 to 1."""

    id: str
    tenant_id: str
    user_id: str
    connection_id: str | None
    remote_id: str
    remote_thread: str
    header_id: str
    sender: str
    sender_name: str
    subject: str
    mail_kind: str
    proven: bool
    category: str
    confidence: float
    because: str
    decided_by: str
    corrected_from: str
    corrected_at: Instant | None
    shown: str
    language: str
    vip: bool
    draft_state: str
    draft_id: str
    draft_header_id: str
    draft_checksum: str
    draft_because: str
    claims: list[dict[str, Any]]
    task_id: str | None
    received_at: Instant
    created_at: Instant
    updated_at: Instant
    draft_changed: float | None = None


_COLUMNS = (
    "id, tenant_id, user_id, connection_id, remote_id, remote_thread, header_id, sender, sender_name, subject, mail_kind, proven, "
    "category, confidence, because, decided_by, corrected_from, corrected_at, shown, language, vip, draft_state, draft_id, "
    "draft_header_id, draft_checksum, draft_because, claims, task_id, received_at, created_at, updated_at, draft_changed"
)
_CHANGEABLE = frozenset(
    [
        "mail_kind",
        "proven",
        "category",
        "confidence",
        "because",
        "decided_by",
        "corrected_from",
        "corrected_at",
        "shown",
        "language",
        "vip",
        "draft_state",
        "draft_id",
        "draft_header_id",
        "draft_checksum",
        "draft_because",
        "draft_changed",
        "claims",
        "task_id",
    ]
)


def insert(
    tx: Tx,
    *,
    tenant_id: str,
    user_id: str,
    sender: str,
    received_at: Instant,
    now: Instant,
    item_id: str | None = None,
    connection_id: str | None = None,
    remote_id: str = "",
    remote_thread: str = "",
    header_id: str = "",
    sender_name: str = "",
    subject: str = "",
    vip: bool = False,
) -> Item:
    """The row of a mail: a new one, or the one there is. `item_id` is the message's id when it is in a mailbox of ours."""
    wanted = item_id or new_id()
    made = tx.insert(
        "triage",
        unless_exists=True,
        id=wanted,
        tenant_id=tenant_id,
        user_id=user_id,
        connection_id=connection_id,
        remote_id=remote_id,
        remote_thread=remote_thread,
        header_id=header_id,
        sender=sender,
        sender_name=sender_name[:MAX_SUBJECT],
        subject=subject[:MAX_SUBJECT],
        vip=vip,
        received_at=received_at,
        created_at=now,
        updated_at=now,
    )
    found = by_id(tx, wanted) if made or connection_id is None else by_remote(tx, connection_id, remote_id)
    assert found is not None
    return found


def by_id(tx: Tx, item_id: str) -> Item | None:
    """The row of that id."""
    row = tx.one(f"SELECT {_COLUMNS} FROM triage WHERE id = ?", (item_id,))
    return _item(row) if row else None


def by_remote(tx: Tx, connection_id: str, remote_id: str) -> Item | None:
    """The row of a mail elsewhere."""
    row = tx.one(f"SELECT {_COLUMNS} FROM triage WHERE connection_id = ? AND remote_id = ?", (connection_id, remote_id))
    return _item(row) if row else None


def of_remotes(tx: Tx, connection_id: str, remote_ids: Sequence[str]) -> dict[str, Item]:
    """The rows of mails elsewhere, by their ids there; what has none is missing."""
    if not remote_ids:
        return {}
    marks = ", ".join("?" * len(remote_ids))
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM triage WHERE connection_id = ? AND remote_id IN ({marks})",
        (connection_id, *remote_ids),
    )
    found = [_item(row) for row in rows]
    return {item.remote_id: item for item in found}


def by_task(tx: Tx, task_id: str) -> Item | None:
    """The row of the mail that a task is about."""
    row = tx.one(f"SELECT {_COLUMNS} FROM triage WHERE task_id = ?", (task_id,))
    return _item(row) if row else None


def by_draft(tx: Tx, user_id: str, header_ids: Sequence[str]) -> list[Item]:
    """The rows whose drafts have one of these Message-IDs."""
    if not header_ids:
        return []
    marks = ", ".join("?" * len(header_ids))
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM triage WHERE user_id = ? AND draft_header_id IN ({marks})", (user_id, *header_ids)
    )
    return [_item(row) for row in rows]


def with_drafts(tx: Tx, user_id: str, *, answered: Sequence[str] = (), draft_ids: Sequence[str] = ()) -> list[Item]:
    """The rows of mails here that a draft was made for: mails with one of these Message-IDs, or drafts with one of these ids."""
    found: dict[str, Item] = {}
    for column, values in (("header_id", answered), ("draft_id", draft_ids)):
        if values:
            marks = ", ".join("?" * len(values))
            rows = tx.all(
                f"SELECT {_COLUMNS} FROM triage WHERE user_id = ? AND {column} IN ({marks}) AND draft_header_id <> '' "
                "AND connection_id IS NULL",
                (user_id, *values),
            )
            found |= {row[0]: _item(row) for row in rows}
    return list(found.values())


def drafts_elsewhere(tx: Tx, since: Instant, *, after: str | None = None, limit: int = 500) -> list[Item]:
    """The rows of mails elsewhere whose drafts are open and were last changed since then, by their ids, those after `after`."""
    where, params = ("AND id > ? ", [after]) if after is not None else ("", [])
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM triage WHERE connection_id IS NOT NULL AND draft_state IN ('made', 'edited') AND updated_at >= ? "
        f"{where}ORDER BY id LIMIT ?",
        (since, *params, limit),
    )
    return [_item(row) for row in rows]


def drafted_for(tx: Tx, user_ids: Sequence[str]) -> set[str]:
    """Those of these owners for whom a draft was ever made."""
    if not user_ids:
        return set()
    marks = ", ".join("?" * len(user_ids))
    rows = tx.all(
        f"SELECT DISTINCT user_id FROM triage WHERE user_id IN ({marks}) AND draft_header_id <> ''", (*user_ids,)
    )
    return {row[0] for row in rows}


def known(tx: Tx, item_ids: Sequence[str]) -> dict[str, Item]:
    """The rows of these ids; what has none is missing."""
    if not item_ids:
        return {}
    marks = ", ".join("?" * len(item_ids))
    return {row[0]: _item(row) for row in tx.all(f"SELECT {_COLUMNS} FROM triage WHERE id IN ({marks})", (*item_ids,))}


def in_remote_thread(tx: Tx, connection_id: str, remote_thread: str) -> list[Item]:
    """The rows of one conversation elsewhere, oldest first."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM triage WHERE connection_id = ? AND remote_thread = ? ORDER BY received_at, id",
        (connection_id, remote_thread),
    )
    return [_item(row) for row in rows]


def listing(
    tx: Tx,
    user_id: str,
    *,
    category: str = "",
    draft_state: str = "",
    connection_id: str | None = None,
    sender: str = "",
    undecided: bool = False,
    waiting: bool = False,
    ours: bool = False,
    before: str | None = None,
    limit: int = 50,
) -> list[Item]:
    """An owner's rows that match everything given, the newest first; `before` is the last id of the page before.

    `undecided`: not judged yet; `waiting`: with a draft that nobody sent or threw away; `ours`: of the mailbox here.
    """
    where, params = ["user_id = ?"], [user_id]
    for column, value in (
        ("category", category),
        ("draft_state", draft_state),
        ("connection_id", connection_id),
        ("sender", sender),
    ):
        if value:
            where.append(f"{column} = ?")
            params.append(value)
    if undecided:
        where.append("category = ''")
    if waiting:
        where.append("draft_state IN (?, ?)")
        params += WAITING
    if ours:
        where.append("connection_id IS NULL")
    if before is not None:
        where.append("(created_at, id) < (SELECT created_at, id FROM triage WHERE id = ?)")
        params.append(before)
    sql = f"SELECT {_COLUMNS} FROM triage WHERE {' AND '.join(where)} ORDER BY created_at DESC, id DESC LIMIT ?"
    return [_item(row) for row in tx.all(sql, (*params, limit))]


def counts_since(tx: Tx, user_id: str, since: Instant) -> dict[str, int]:
    """How many of an owner's mails that were seen since then are of which category."""
    rows = tx.all(
        "SELECT category, COUNT(*) FROM triage WHERE user_id = ? AND created_at >= ? GROUP BY category",
        (user_id, since),
    )
    return {category: int(count) for category, count in rows}


def drafts_waiting(tx: Tx, user_id: str) -> int:
    """How many drafts of an owner wait to be sent or thrown away."""
    marks = ", ".join("?" * len(WAITING))
    found = tx.scalar(
        f"SELECT COUNT(*) FROM triage WHERE user_id = ? AND draft_state IN ({marks})", (user_id, *WAITING)
    )
    return int(found)


def update(tx: Tx, item_id: str, *, now: Instant, **changes: Any) -> bool:
    """Set the given columns; whether there is such a row. `claims` is a list, kept as JSON."""
    unknown = changes.keys() - _CHANGEABLE
    if unknown:
        raise ValueError(f"not a changeable column: {sorted(unknown)}")
    if "claims" in changes:
        changes["claims"] = json.dumps(changes["claims"], ensure_ascii=False)
    names = ", ".join(f"{name} = ?" for name in (*changes, "updated_at"))
    return tx.execute(f"UPDATE triage SET {names} WHERE id = ?", (*changes.values(), now, item_id)) == 1


def forget_claims(tx: Tx, user_id: str, before: Instant) -> int:
    """Of drafts made before then, what they claim is kept no more: it quotes them; how many."""
    sql = "UPDATE triage SET claims = '[]' WHERE user_id = ? AND created_at < ? AND claims <> '[]'"
    return tx.execute(sql, (user_id, before))


def forget(tx: Tx, item_ids: Sequence[str]) -> None:
    """Their mails are gone."""
    tx.executemany("DELETE FROM triage WHERE id = ?", [(each,) for each in item_ids])


def forget_of_connection(tx: Tx, connection_id: str) -> int:
    """The account elsewhere is looked after no more; how many."""
    return tx.execute("DELETE FROM triage WHERE connection_id = ?", (connection_id,))


def forget_of_user(tx: Tx, user_id: str) -> int:
    """The owner goes; how many."""
    return tx.execute("DELETE FROM triage WHERE user_id = ?", (user_id,))


def _item(row: Row) -> Item:
    values = list(row)
    values[11] = bool(values[11])
    values[20] = bool(values[20])
    values[26] = json.loads(values[26])
    return Item(*values)
