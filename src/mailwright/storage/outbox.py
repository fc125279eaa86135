"""Outbox: the rows of what leaves, and the questions the dispatcher, people and metrics ask of them.

A row goes queued → sending → sent or failed; local deliveries go from queued to sent in one step; a person may cancel what is
queued and queue again what failed. Every change of a row that a sender holds names the state it was seen in, so that a
process which was thought dead cannot undo what its successor wrote.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx
from mailwright.storage.outboxrows import (
    COLUMNS,
    HELD,
    MAX_ERROR_CHARACTERS,
    NAMES,
    NOT_STOPPED,
    options_of,
    row_of,
)
from mailwright.storage.outboxrows import OutboxRow as OutboxRow
from mailwright.storage.outboxrows import Status as Status


@dataclass(frozen=True, slots=True)
class Depth:
    """How many rows of a channel are in a status, and when the oldest of them was queued."""

    status: Status
    channel: str
    rows: int
    oldest_at: Instant


_FIRST_ID = "00000000-0000-0000-0000-000000000000"  # before every id, and ids grow with time
_WAITS = f"(status = 'queued' OR (status = 'failed' AND last_error = '{HELD}'))"
_AS_SEEN = "WHERE id = ? AND status = ? AND attempts = ? AND uncertain = ?"


def insert(tx: Tx, row: OutboxRow) -> bool:
    """False when the idempotency key is known."""
    return tx.insert(
        "outbox",
        unless_exists=True,
        id=row.id,
        tenant_id=row.tenant_id,
        user_id=row.user_id,
        channel=row.channel,
        idempotency_key=row.idempotency_key,
        sender=None if row.sender is None else str(row.sender),
        recipient=str(row.recipient),
        blob_id=row.blob_id,
        message_id=row.message_id,
        status=row.status,
        attempts=row.attempts,
        uncertain=row.uncertain,
        next_attempt_at=row.next_attempt_at,
        correlation_id=row.correlation_id,
        created_at=row.created_at,
        options=options_of(row),
        agent=row.agent or None,
        served_id=row.served_id,
        trace=tx.trace,
    )


def by_id(tx: Tx, row_id: str) -> OutboxRow | None:
    """The row of that id."""
    row = tx.one(f"SELECT {COLUMNS} FROM outbox WHERE id = ?", (row_id,))
    return row_of(row) if row else None


def due(
    tx: Tx, channel: str, now: Instant, limit: int, *, passing_over: Collection[str] = (), locked: bool = False
) -> list[OutboxRow]:
    """Queued rows of a channel whose time has come, the longest due first, without those to the domains `passing_over`.

    `locked` holds them for this transaction and skips what another one holds.
    """
    elsewhere = " AND recipient NOT LIKE ? ESCAPE '!'" * len(passing_over)
    rows = tx.all(
        f"SELECT {COLUMNS} FROM outbox WHERE status = 'queued' AND next_attempt_at <= ? AND channel = ?{elsewhere} "
        f"AND {NOT_STOPPED} ORDER BY next_attempt_at, id LIMIT ?{tx.locking if locked else ''}",
        (now, channel, *(f"%@{_literally(domain)}" for domain in passing_over), limit),
    )
    return [row_of(row) for row in rows]


def hold_queued(tx: Tx, row_id: str) -> OutboxRow | None:
    """The row, held for this transaction, when it is still queued, not stopped, and nobody else holds it."""
    row = tx.one(
        f"SELECT {COLUMNS} FROM outbox WHERE id = ? AND status = 'queued' AND {NOT_STOPPED}{tx.locking}", (row_id,)
    )
    return row_of(row) if row else None


def next_due(tx: Tx, channels: Collection[str], after: Instant) -> Instant | None:
    """The first moment after `after` at which a row of one of the channels comes due."""
    found: Instant | None = tx.scalar(
        "SELECT min(next_attempt_at) FROM outbox "
        f"WHERE status = 'queued' AND next_attempt_at > ? AND channel IN ({_marks(channels)})",
        (after, *channels),
    )
    return found


def mark_sending(tx: Tx, row: OutboxRow, lease_until: Instant) -> OutboxRow:
    """Mark a row, held by this transaction, before it is tried: the attempt counts from here, whatever becomes of us."""
    tx.execute(
        "UPDATE outbox SET status = 'sending', attempts = attempts + 1, lease_until = ? WHERE id = ?",
        (lease_until, row.id),
    )
    return replace(row, status="sending", attempts=row.attempts + 1, lease_until=lease_until)


def counted(row: OutboxRow) -> OutboxRow:
    """The row with the attempt that is being made."""
    return replace(row, attempts=row.attempts + 1)


def renew(tx: Tx, rows: Sequence[OutboxRow], lease_until: Instant) -> None:
    """Hold on to rows that are still being sent."""
    tx.executemany(
        f"UPDATE outbox SET lease_until = ? {_AS_SEEN}",
        [(lease_until, row.id, "sending", row.attempts, row.uncertain) for row in rows],
    )


def lapsed(tx: Tx, channels: Collection[str], now: Instant, limit: int) -> list[OutboxRow]:
    """Rows marked as being sent by a process that no longer says so, held for this transaction."""
    rows = tx.all(
        f"SELECT {COLUMNS} FROM outbox WHERE status = 'sending' AND lease_until < ? AND channel IN ({_marks(channels)}) "
        f"LIMIT ?{tx.locking}",
        (now, *channels, limit),
    )
    return [row_of(row) for row in rows]


def settle_sent(tx: Tx, row: OutboxRow, now: Instant, receipt: str) -> bool:
    """It was taken over. Also true of a row that a successor queued again because this sender seemed dead: that spares a double."""
    return (
        tx.execute(
            "UPDATE outbox SET status = 'sent', attempts = ?, settled_at = ?, lease_until = NULL, last_error = '', options = ? "
            "WHERE id = ? AND status IN ('queued', 'sending')",
            (row.attempts, now, options_of(replace(row, receipt=receipt[:MAX_ERROR_CHARACTERS])), row.id),
        )
        == 1
    )


def settle_failed(tx: Tx, row: OutboxRow, now: Instant, error: str, *, attempts: int) -> bool:
    """Nobody will try again. False when the row has moved on since it was seen."""
    return (
        tx.execute(
            "UPDATE outbox SET status = 'failed', attempts = ?, settled_at = ?, lease_until = NULL, last_error = ? "
            + _AS_SEEN,
            (attempts, now, error[:MAX_ERROR_CHARACTERS], row.id, row.status, row.attempts, row.uncertain),
        )
        == 1
    )


def settle_failed_late(tx: Tx, row_id: str, now: Instant, error: str) -> bool:
    """The service that took it, or is taking it, says that it failed. False when it is settled otherwise."""
    return (
        tx.execute(
            "UPDATE outbox SET status = 'failed', settled_at = ?, lease_until = NULL, last_error = ? "
            "WHERE id = ? AND status IN ('queued', 'sending', 'sent')",
            (now, error[:MAX_ERROR_CHARACTERS], row_id),
        )
        == 1
    )


def settle_retry(
    tx: Tx, row: OutboxRow, error: str, next_attempt_at: Instant, *, attempts: int, uncertain: int = 0
) -> bool:
    """Queue it again; `uncertain` is added to the sends of unknown outcome. False when the row has moved on since it was seen."""
    return (
        tx.execute(
            "UPDATE outbox SET status = 'queued', attempts = ?, uncertain = uncertain + ?, next_attempt_at = ?, "
            "lease_until = NULL, last_error = ? " + _AS_SEEN,
            (
                attempts,
                uncertain,
                next_attempt_at,
                error[:MAX_ERROR_CHARACTERS],
                row.id,
                row.status,
                row.attempts,
                row.uncertain,
            ),
        )
        == 1
    )


def waiting_since(tx: Tx, channel: str, before: Instant, after_id: str, limit: int) -> list[OutboxRow]:
    """Queued rows that are older than `before`, the oldest first, from the one behind `after_id` on (empty: from the first)."""
    rows = tx.all(
        f"SELECT {COLUMNS} FROM outbox WHERE status = 'queued' AND channel = ? AND created_at <= ? AND id > ? "
        f"AND {NOT_STOPPED} ORDER BY id LIMIT ?",
        (channel, before, after_id or _FIRST_ID, limit),
    )
    return [row_of(row) for row in rows]


def not_told_of_delay(tx: Tx, channel: str, before: Instant, limit: int) -> list[OutboxRow]:
    """Queued rows that are older than `before` and whose sender has not been told, the oldest first."""
    rows = tx.all(
        f"SELECT {COLUMNS} FROM outbox WHERE status = 'queued' AND channel = ? AND created_at <= ? "
        f"AND delay_notified_at IS NULL AND {NOT_STOPPED} ORDER BY created_at LIMIT ?",
        (channel, before, limit),
    )
    return [row_of(row) for row in rows]


def mark_told_of_delay(tx: Tx, row_id: str, now: Instant) -> bool:
    """False when somebody was faster, or it has left the queue meanwhile."""
    return (
        tx.execute(
            "UPDATE outbox SET delay_notified_at = ? WHERE id = ? AND delay_notified_at IS NULL AND status = 'queued'",
            (now, row_id),
        )
        == 1
    )


def queue_again(tx: Tx, row: OutboxRow, now: Instant) -> bool:
    """A failed row starts over, with the same Message-ID and key; a held one not before its own time. False when it is not failed any more."""
    begins = max(row.next_attempt_at, now) if row.is_held else now
    return (
        tx.execute(
            "UPDATE outbox SET status = 'queued', attempts = 0, next_attempt_at = ?, settled_at = NULL, options = ? "
            "WHERE id = ? AND status = 'failed'",
            (begins, options_of(replace(row, since=begins)), row.id),
        )
        == 1
    )


def cancel(tx: Tx, row_id: str, now: Instant) -> bool:
    """False when it is neither queued nor held by a restore: it is under way or settled."""
    return (
        tx.execute(f"UPDATE outbox SET status = 'cancelled', settled_at = ? WHERE id = ? AND {_WAITS}", (now, row_id))
        == 1
    )


def free_key(tx: Tx, row: OutboxRow) -> None:
    """What the row was queued under may be queued again: the row itself, which is settled, is kept under another key."""
    tx.execute("UPDATE outbox SET idempotency_key = ? WHERE id = ?", (f"{row.idempotency_key}:{row.id}", row.id))


def queued_of_message(tx: Tx, user_id: str, message_id: str) -> list[OutboxRow]:
    """What waits of a message that a user sent: its row for each recipient, and those of its bytes for archives."""
    own = tx.all(
        f"SELECT {COLUMNS} FROM outbox WHERE status = 'queued' AND user_id = ? AND message_id = ? ORDER BY id",
        (user_id, message_id),
    )
    return [row_of(row) for row in own] + archived_with(tx, sorted({row[NAMES.index("blob_id")] for row in own}))


def with_keys(tx: Tx, keys: Sequence[str]) -> list[OutboxRow]:
    """The rows with these idempotency keys, at most a few hundred at once."""
    found = tx.all(f"SELECT {COLUMNS} FROM outbox WHERE idempotency_key IN ({_marks(keys)}) ORDER BY id", tuple(keys))
    return [row_of(row) for row in found]


def archived_with(tx: Tx, blob_ids: Sequence[str]) -> list[OutboxRow]:
    """What waits of messages with these bytes for archives."""
    where = f"{_WAITS} AND user_id IS NULL AND blob_id IN ({_marks(blob_ids)})"
    return [row_of(row) for row in tx.all(f"SELECT {COLUMNS} FROM outbox WHERE {where} ORDER BY id", tuple(blob_ids))]


def still_leaving(tx: Tx, user_id: str, blob_id: str) -> bool:
    """Whether any row with these bytes waits, is under way or was sent, other than the copies for archives."""
    found = tx.scalar(
        f"SELECT 1 FROM outbox WHERE blob_id = ? AND user_id = ? AND ({_WAITS} OR status IN ('sending', 'sent')) LIMIT 1",
        (blob_id, user_id),
    )
    return found is not None


def listing(
    tx: Tx, *, status: Status | None, user_id: str | None, limit: int, before: str | None = None
) -> list[OutboxRow]:
    """Rows, newest first; `before` is the id the previous page ended with."""
    conditions, params = ["1 = 1"], []
    for condition, value in (("status = ?", status), ("user_id = ?", user_id), ("id < ?", before)):
        if value is not None:
            conditions.append(condition)
            params.append(value)
    rows = tx.all(
        f"SELECT {COLUMNS} FROM outbox WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT ?", (*params, limit)
    )
    return [row_of(row) for row in rows]


def of_agents(
    tx: Tx, *, served_id: str | None = None, tenant_id: str | None = None, after_id: str = "", limit: int
) -> list[OutboxRow]:
    """What agents have queued: for one person or in one tenant if given, by id, from the one behind `after_id` on."""
    conditions, params = ["status = 'queued'", "agent IS NOT NULL", "id > ?"], [after_id or _FIRST_ID]
    if served_id is not None:
        conditions.append("(served_id = ? OR user_id = ?)")
        params += [served_id, served_id]
    if tenant_id is not None:
        conditions.append("tenant_id = ?")
        params.append(tenant_id)
    rows = tx.all(
        f"SELECT {COLUMNS} FROM outbox WHERE {' AND '.join(conditions)} ORDER BY id LIMIT ?", (*params, limit)
    )
    return [row_of(row) for row in rows]


def begin_anew(tx: Tx, rows: Sequence[OutboxRow], now: Instant) -> None:
    """The time to deliver these queued rows is counted from now on."""
    tx.executemany(
        "UPDATE outbox SET options = ? WHERE id = ? AND status = 'queued'",
        [(options_of(replace(row, since=now)), row.id) for row in rows],
    )


def is_stopped(tx: Tx, row_id: str) -> bool:
    """Whether a stop switch holds the row."""
    return tx.scalar(f"SELECT 1 FROM outbox WHERE id = ? AND NOT {NOT_STOPPED}", (row_id,)) is not None


def purge(tx: Tx, status: Status, before: Instant, limit: int) -> int:
    """Remove up to `limit` rows that came to that end before a moment. How many."""
    return tx.execute(
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox "
        "WHERE status = ? AND next_attempt_at < ? AND settled_at < ? ORDER BY next_attempt_at LIMIT ?)",
        (status, before, before, limit),  # it is settled after it was due: the index finds the old ones
    )


def depths(tx: Tx) -> list[Depth]:
    """What is not settled well: queued, being sent and failed rows by channel."""
    rows = tx.all(
        "SELECT status, channel, count(*), min(created_at) FROM outbox "
        "WHERE status IN ('queued', 'sending', 'failed') GROUP BY status, channel"
    )
    return [Depth(status, channel, int(count), int(oldest)) for status, channel, count, oldest in rows]


def uncertain_rows(tx: Tx) -> int:
    """How many rows ever had a send of unknown outcome."""
    return int(tx.scalar("SELECT count(*) FROM outbox WHERE uncertain > 0"))


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values)) or "NULL"


def _literally(text: str) -> str:
    """`text` for LIKE … ESCAPE '!', where it means itself."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
