"""Outreach: mails to one recipient each, and the batches they may belong to. The rows; where a mail stands is in its task's row.

Used by `core.outreach` and the scribe. A row and its task are made and read together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailwright.domain.clock import Instant
from mailwright.domain.outreach import QueueStatus, SentState, queue_status
from mailwright.domain.tasks import TaskStatus
from mailwright.storage.database import Row, Tx


@dataclass(frozen=True, slots=True)
class Outreach:
    """One mail. The first columns are its task's. `sentences` are the body's, each with what it rests on (see `domain.outreach`)."""

    id: str
    status: TaskStatus
    stage: str
    generation: int
    attempts: int
    because: str
    last_error: str
    correlation_id: str
    started_at: Instant | None
    completed_at: Instant | None
    tenant_id: str
    user_id: str
    batch_id: str | None
    key: str
    name: str
    email: str
    interest: str
    fields: dict[str, str]
    files: tuple[str, ...]
    template: str
    template_id: str | None
    template_type: str
    language: str
    subject: str
    body: str
    sentences: tuple[dict[str, Any], ...]
    original: dict[str, Any]
    is_confident: bool
    why: str
    metadata: dict[str, Any]
    draft_id: str
    sent_state: SentState
    sent_to: str
    sent_domain: str
    message_id: str
    approval_id: str | None
    sent_because: str
    send_at: Instant | None
    edited_at: Instant | None
    deleted_at: Instant | None
    created_at: Instant
    updated_at: Instant

    @property
    def queue(self) -> QueueStatus:
        return queue_status(self.status)


@dataclass(frozen=True, slots=True)
class Batch:
    """Mails that were asked for together."""

    id: str
    tenant_id: str
    user_id: str
    key: str
    name: str
    total: int
    paused: bool
    cancelled_at: Instant | None
    created_at: Instant
    updated_at: Instant


_OWN = (
    "tenant_id, user_id, batch_id, key, name, email, interest, fields, files, template, template_id, template_type, language, subject, "
    "body, sentences, original, is_confident, because, metadata, draft_id, sent_state, sent_to, sent_domain, message_id, approval_id, "
    "sent_because, send_at, edited_at, deleted_at, created_at, updated_at"
)
_STARTED = "(SELECT MIN(s.started_at) FROM outreach_steps s WHERE s.task_id = o.task_id)"
_COLUMNS = (
    f"t.id, t.status, t.stage, t.generation, t.attempts, t.because, t.last_error, t.correlation_id, {_STARTED}, t.completed_at, "
    + ", ".join(f"o.{name}" for name in _OWN.split(", "))
)
_BESIDE = ("outreach_sources", "outreach_steps")
_SHORT = {
    "template": "''",
    "body": "SUBSTR(o.body, 1, 400)",
    "sentences": "'[]'",
    "original": "'{}'",
    "metadata": "'{}'",
}
_SHORTENED = ", ".join(_SHORT.get(name.removeprefix("o."), name) for name in _COLUMNS.split(", "))
_FROM = f"SELECT {_COLUMNS} FROM outreach o JOIN tasks t ON t.id = o.task_id"
_JSON = frozenset({"fields", "files", "sentences", "original", "metadata"})
_CHANGEABLE = frozenset(_OWN.split(", ")) - {"tenant_id", "user_id", "key", "created_at", "updated_at"}
BATCH_COLUMNS = "id, tenant_id, user_id, key, name, total, paused, cancelled_at, created_at, updated_at"


@dataclass(frozen=True, slots=True)
class New:
    """What a new mail begins with."""

    key: str
    name: str
    template: str
    email: str = ""
    interest: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[str] = ()
    template_id: str | None = None


def insert_all(
    tx: Tx,
    made: Sequence[tuple[str, New]],
    *,
    tenant_id: str,
    user_id: str,
    now: Instant,
    batch_id: str | None = None,
) -> None:
    """The rows beside tasks of a person."""
    tx.executemany(
        "INSERT INTO outreach (task_id, tenant_id, user_id, batch_id, key, name, email, interest, fields, files, template, template_id, "
        "created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(task_id, tenant_id, user_id, batch_id, new.key, new.name, new.email, new.interest),
                *(_json(dict(new.fields)), _json(list(new.files)), new.template, new.template_id, now, now),
            )
            for task_id, new in made
        ],
    )


def update(tx: Tx, outreach_id: str, *, now: Instant, **values: Any) -> bool:
    """Change some columns (JSON ones are given as values). False when there is no such row."""
    unknown = values.keys() - _CHANGEABLE
    if unknown:
        raise ValueError(f"not columns that change: {sorted(unknown)}")
    held = {name: _json(value) if name in _JSON else value for name, value in values.items()}
    names = ", ".join(f"{name} = ?" for name in held)
    return (
        tx.execute(f"UPDATE outreach SET {names}, updated_at = ? WHERE task_id = ?", (*held.values(), now, outreach_id))
        > 0
    )


def by_id(tx: Tx, outreach_id: str) -> Outreach | None:
    """One of anybody's."""
    row = tx.one(f"{_FROM} WHERE o.task_id = ?", (outreach_id,))
    return None if row is None else _outreach(row)


def shortened(tx: Tx, where: str, params: Sequence[Any]) -> list[Outreach]:
    """For lists: without template, sentences, original and metadata, and with the beginning of the text only."""
    rows = tx.all(f"SELECT {_SHORTENED} FROM outreach o JOIN tasks t ON t.id = o.task_id {where}", params)
    return [_outreach(row) for row in rows]


def by_key(tx: Tx, user_id: str, key: str) -> Outreach | None:
    """The mail a person asked for under that key."""
    row = tx.one(f"{_FROM} WHERE o.user_id = ? AND o.key = ?", (user_id, key))
    return None if row is None else _outreach(row)


def made_since(tx: Tx, user_id: str, first_id: str) -> int:
    """How many a person asked for whose ids are not below that one."""
    return int(tx.scalar("SELECT COUNT(*) FROM outreach WHERE user_id = ? AND task_id >= ?", (user_id, first_id)) or 0)


def insert_batch(
    tx: Tx, batch_id: str, *, tenant_id: str, user_id: str, key: str, name: str, total: int, now: Instant
) -> None:
    """A new batch."""
    tx.insert(
        "outreach_batches",
        id=batch_id,
        tenant_id=tenant_id,
        user_id=user_id,
        key=key,
        name=name,
        total=total,
        created_at=now,
        updated_at=now,
    )


def batch(tx: Tx, batch_id: str) -> Batch | None:
    """One of anybody's."""
    row = tx.one(f"SELECT {BATCH_COLUMNS} FROM outreach_batches WHERE id = ?", (batch_id,))
    return None if row is None else Batch(*row)


def batch_by_key(tx: Tx, user_id: str, key: str) -> Batch | None:
    """The batch a person asked for under that key."""
    row = tx.one(f"SELECT {BATCH_COLUMNS} FROM outreach_batches WHERE user_id = ? AND key = ?", (user_id, key))
    return None if row is None else Batch(*row)


def purge_deleted(tx: Tx, before: Instant, limit: int) -> int:
    """Delete for good what was deleted before then, with its steps and sources; how many. That there was a task stays."""
    ids = [
        row[0]
        for row in tx.all("SELECT task_id FROM outreach WHERE deleted_at < ? ORDER BY task_id LIMIT ?", (before, limit))
    ]
    marks = ", ".join("?" * len(ids))
    for table in (*_BESIDE, "outreach") if ids else ():
        tx.execute(f"DELETE FROM {table} WHERE task_id IN ({marks})", ids)
    return len(ids)


def redact(tx: Tx, before: Instant, limit: int) -> int:
    """Take the texts out of mails that ended before then, and what was found for them; how many."""
    ids = [
        row[0]
        for row in tx.all(
            "SELECT o.task_id FROM outreach o JOIN tasks t ON t.id = o.task_id "
            "WHERE t.completed_at < ? AND (o.body <> '' OR o.template <> '') ORDER BY o.task_id LIMIT ?",
            (before, limit),
        )
    ]
    if ids:
        marks = ", ".join("?" * len(ids))
        tx.execute(
            "UPDATE outreach SET interest = '', fields = '{}', files = '[]', template = '', subject = '', body = '', sentences = '[]', "
            f"original = '{{}}', metadata = '{{}}' WHERE task_id IN ({marks})",
            ids,
        )
        for table in _BESIDE:
            tx.execute(f"DELETE FROM {table} WHERE task_id IN ({marks})", ids)
    return len(ids)


def forget_empty_batches(tx: Tx, before: Instant, limit: int) -> int:
    """Delete batches made before then of which no mail is left; how many."""
    return tx.execute(
        "DELETE FROM outreach_batches WHERE id IN (SELECT b.id FROM outreach_batches b WHERE b.created_at < ? "
        "AND NOT EXISTS (SELECT 1 FROM outreach o WHERE o.batch_id = b.id) ORDER BY b.id LIMIT ?)",
        (before, limit),
    )


def forget_of_user(tx: Tx, user_id: str, now: Instant) -> None:
    """A person is removed: what they wrote and had looked up goes, what is at work comes to nothing."""
    tx.execute(
        "UPDATE tasks SET status = ?, because = ?, completed_at = ?, updated_at = ? WHERE completed_at IS NULL "
        "AND id IN (SELECT task_id FROM outreach WHERE user_id = ?)",
        (TaskStatus.CANCELLED.value, "the person was removed", now, now, user_id),
    )
    for table in _BESIDE:
        tx.execute(f"DELETE FROM {table} WHERE task_id IN (SELECT task_id FROM outreach WHERE user_id = ?)", (user_id,))
    for table in ("outreach", "outreach_batches", "outreach_files", "outreach_templates", "scribes"):
        tx.execute(f"DELETE FROM {table} WHERE user_id = ?", (user_id,))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _outreach(row: Row) -> Outreach:
    values = list(row)
    head, own = values[:10], values[10:]
    head[1] = TaskStatus(head[1])
    named: dict[str, Any] = dict(zip(_OWN.split(", "), own, strict=True))
    for name in _JSON:
        named[name] = json.loads(named[name])
    named["files"], named["sentences"] = tuple(named["files"]), tuple(named["sentences"])
    named["sent_state"] = SentState(named["sent_state"])
    named["is_confident"] = bool(named["is_confident"])
    named["why"] = named.pop("because")
    return Outreach(*head, **named)
