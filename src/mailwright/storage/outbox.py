"""Outbox: the rows of what leaves, and the questions the dispatcher, people and metrics ask of them.

A row goes queued → sending → sent or failed; local deliveries go from queued to sent in one step; a person may cancel what is
queued and queue again what failed. Every change of a row that a sender holds names the state it was seen in, so that a
process which was thought dead cannot undo what its successor wrote.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Authentication, Origin, Verdict
from mailwright.storage.database import Row, Tx

Status = Literal["queued", "sending", "sent", "failed", "cancelled"]

MAX_ERROR_CHARACTERS = 1000  # what another server says is kept for people, not archived


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One message to one recipient.

    `uncertain` counts the sends whose outcome nobody knows. `since` is when the present series of attempts began: when it was
    queued, or when a person asked for it again. `dsn` says whether the sender wants to hear of failure; `sender` None never
    does. `receipt` is what the other side said when it took the message. `vouched`: its From is true, because its author signed
    in or because we wrote it.
    """

    id: str
    tenant_id: str
    user_id: str | None
    channel: str
    idempotency_key: str
    sender: Address | None
    recipient: Address
    blob_id: str
    message_id: str
    status: Status
    attempts: int
    uncertain: int
    next_attempt_at: Instant
    lease_until: Instant | None
    delay_notified_at: Instant | None
    last_error: str
    correlation_id: str
    created_at: Instant
    settled_at: Instant | None
    verdict: Verdict
    dsn: bool
    since: Instant
    receipt: str
    vouched: bool = False


@dataclass(frozen=True, slots=True)
class Depth:
    """How many rows of a channel are in a status, and when the oldest of them was queued."""

    status: Status
    channel: str
    rows: int
    oldest_at: Instant


_COLUMNS = (
    "id, tenant_id, user_id, channel, idempotency_key, sender, recipient, blob_id, message_id, status, attempts, uncertain, "
    "next_attempt_at, lease_until, delay_notified_at, last_error, correlation_id, created_at, settled_at, options"
)
_NAMES = _COLUMNS.split(", ")
_FIRST_ID = "00000000-0000-0000-0000-000000000000"  # before every id, and ids grow with time
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
        options=_options(row),
    )


def by_id(tx: Tx, row_id: str) -> OutboxRow | None:
    """The row of that id."""
    row = tx.one(f"SELECT {_COLUMNS} FROM outbox WHERE id = ?", (row_id,))
    return _row(row) if row else None


def due(
    tx: Tx, channel: str, now: Instant, limit: int, *, passing_over: Collection[str] = (), locked: bool = False
) -> list[OutboxRow]:
    """Queued rows of a channel whose time has come, the longest due first, without those to the domains `passing_over`.

    `locked` holds them for this transaction and skips what another one holds.
    """
    elsewhere = " AND recipient NOT LIKE ? ESCAPE '!'" * len(passing_over)
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM outbox WHERE status = 'queued' AND next_attempt_at <= ? AND channel = ?{elsewhere} "
        f"ORDER BY next_attempt_at, id LIMIT ?{tx.locking if locked else ''}",
        (now, channel, *(f"%@{_literally(domain)}" for domain in passing_over), limit),
    )
    return [_row(row) for row in rows]


def hold_queued(tx: Tx, row_id: str) -> OutboxRow | None:
    """The row, held for this transaction, when it is still queued and nobody else holds it."""
    row = tx.one(f"SELECT {_COLUMNS} FROM outbox WHERE id = ? AND status = 'queued'{tx.locking}", (row_id,))
    return _row(row) if row else None


def next_due(tx: Tx, channels: Collection[str], after: Instant) -> Instant | None:
    """The first moment after `after` at which a row of one of the channels comes due."""
    if not channels:
        return None
    marks = ", ".join("?" * len(channels))
    found: Instant | None = tx.scalar(
        f"SELECT min(next_attempt_at) FROM outbox WHERE status = 'queued' AND next_attempt_at > ? AND channel IN ({marks})",
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
    if not channels:
        return []
    marks = ", ".join("?" * len(channels))
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM outbox WHERE status = 'sending' AND lease_until < ? AND channel IN ({marks}) "
        f"LIMIT ?{tx.locking}",
        (now, *channels, limit),
    )
    return [_row(row) for row in rows]


def settle_sent(tx: Tx, row: OutboxRow, now: Instant, receipt: str) -> bool:
    """It was taken over. Also true of a row that a successor queued again because this sender seemed dead: that spares a double."""
    return (
        tx.execute(
            "UPDATE outbox SET status = 'sent', attempts = ?, settled_at = ?, lease_until = NULL, last_error = '', options = ? "
            "WHERE id = ? AND status IN ('queued', 'sending')",
            (row.attempts, now, _options(replace(row, receipt=receipt[:MAX_ERROR_CHARACTERS])), row.id),
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
        f"SELECT {_COLUMNS} FROM outbox WHERE status = 'queued' AND channel = ? AND created_at <= ? AND id > ? "
        "ORDER BY id LIMIT ?",
        (channel, before, after_id or _FIRST_ID, limit),
    )
    return [_row(row) for row in rows]


def not_told_of_delay(tx: Tx, channel: str, before: Instant, limit: int) -> list[OutboxRow]:
    """Queued rows that are older than `before` and whose sender has not been told, the oldest first."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM outbox WHERE status = 'queued' AND channel = ? AND created_at <= ? "
        "AND delay_notified_at IS NULL ORDER BY created_at LIMIT ?",
        (channel, before, limit),
    )
    return [_row(row) for row in rows]


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
    """A failed row starts over, with the same Message-ID and key. False when it is not failed any more."""
    return (
        tx.execute(
            "UPDATE outbox SET status = 'queued', attempts = 0, next_attempt_at = ?, settled_at = NULL, options = ? "
            "WHERE id = ? AND status = 'failed'",
            (now, _options(replace(row, since=now)), row.id),
        )
        == 1
    )


def cancel(tx: Tx, row_id: str, now: Instant) -> bool:
    """False when it is not queued: it is under way or settled."""
    return (
        tx.execute(
            "UPDATE outbox SET status = 'cancelled', settled_at = ? WHERE id = ? AND status = 'queued'", (now, row_id)
        )
        == 1
    )


def free_key(tx: Tx, row: OutboxRow) -> None:
    """What the row was queued under may be queued again: the row itself, which is settled, is kept under another key."""
    tx.execute("UPDATE outbox SET idempotency_key = ? WHERE id = ?", (f"{row.idempotency_key}:{row.id}", row.id))


def queued_of_message(tx: Tx, user_id: str, message_id: str) -> list[OutboxRow]:
    """What waits of a message that a user sent: its row for each recipient, and those of its bytes for archives."""
    own = tx.all(
        f"SELECT {_COLUMNS} FROM outbox WHERE status = 'queued' AND user_id = ? AND message_id = ? ORDER BY id",
        (user_id, message_id),
    )
    if not own:
        return []
    blobs = sorted({row[_NAMES.index("blob_id")] for row in own})
    marks = ", ".join("?" * len(blobs))
    copies = tx.all(
        f"SELECT {_COLUMNS} FROM outbox WHERE status = 'queued' AND user_id IS NULL AND blob_id IN ({marks}) ORDER BY id",
        blobs,
    )
    return [_row(row) for row in (*own, *copies)]


def still_leaving(tx: Tx, user_id: str, blob_id: str) -> bool:
    """Whether any row with these bytes waits, is under way or was sent, other than the copies for archives."""
    found = tx.scalar(
        "SELECT 1 FROM outbox WHERE blob_id = ? AND user_id = ? AND status IN ('queued', 'sending', 'sent') LIMIT 1",
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
        f"SELECT {_COLUMNS} FROM outbox WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT ?", (*params, limit)
    )
    return [_row(row) for row in rows]


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


def _options(row: OutboxRow) -> str:
    options: dict[str, Any] = {
        "origin": row.verdict.origin.value,
        "account": row.verdict.account,
        "because": row.verdict.because,
        "dsn": row.dsn,
    }
    if row.verdict.authentication != Authentication():
        options["authentication"] = row.verdict.authentication.to_json()
    if row.since != row.created_at:
        options["since"] = row.since
    if row.receipt:
        options["receipt"] = row.receipt
    if row.vouched:
        options["vouched"] = True
    return json.dumps(options)


def _row(row: Row) -> OutboxRow:
    values = dict(zip(_NAMES, row, strict=True))
    options = json.loads(values.pop("options"))
    sender, recipient = values.pop("sender"), values.pop("recipient")
    return OutboxRow(
        **values,
        sender=None if sender is None else Address.parse(sender),
        recipient=Address.parse(recipient),
        verdict=Verdict(
            Origin(options["origin"]),
            options["account"],
            options["because"],
            Authentication.from_json(options.get("authentication", "{}")),
        ),
        dsn=options["dsn"],
        since=options.get("since", values["created_at"]),
        receipt=options.get("receipt", ""),
        vouched=options.get("vouched", False),
    )


def _literally(text: str) -> str:
    """`text` for LIKE … ESCAPE '!', where it means itself."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
