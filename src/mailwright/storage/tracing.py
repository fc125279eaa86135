"""Tracing: what the tables remember of one message's way, found by ids, times and the correlation id that follows it.

Called by `core.traces`. Correlation ids have no index, for every message would pay for it: each question looks only at the stretch
of a table's key (UUIDv7, so a stretch of time) in which the answer must lie, and at a bounded number of its rows.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Authentication
from mailwright.domain.ids import first_id_at
from mailwright.storage.audit import Entry
from mailwright.storage.database import Tx

Window = tuple[Instant, Instant]

SCANNED = 50_000  # rows of one question: tens of milliseconds
MOST = 100  # rows of one answer: recipients of one message


@dataclass(frozen=True, slots=True)
class InboundRow:
    """How a message came in."""

    channel: str
    sender: str | None
    recipient: str
    client: str
    origin: str
    because: str
    authentication: Authentication
    correlation_id: str
    received_at: Instant


def inbound(tx: Tx, inbound_id: str) -> InboundRow | None:
    """The row of that id; None when it was purged."""
    row = tx.one(
        "SELECT channel, sender, recipient, client, origin, because, authentication, correlation_id, received_at "
        "FROM inbound WHERE id = ?",
        (inbound_id,),
    )
    if row is None:
        return None
    channel, sender, recipient, client, origin, because, found, correlation_id, received_at = row
    return InboundRow(
        channel,
        sender,
        recipient,
        client,
        origin,
        because,
        Authentication.from_json(found),
        correlation_id,
        received_at,
    )


def tasks_about(tx: Tx, message_id: str) -> list[str]:
    """The ids of the tasks that agents made of a message."""
    rows = tx.all(
        "SELECT id FROM tasks WHERE agent IN (SELECT DISTINCT agent FROM assignments) AND message_id = ?", (message_id,)
    )
    return [row[0] for row in rows]


def tasks(
    tx: Tx, *, correlation_ids: Collection[str], windows: Collection[Window], user_id: str | None, tenant_id: str
) -> list[str]:
    """The ids of tasks with one of the correlations, made in those times; only what is done for `user_id`, if given."""
    return _in_windows(tx, "tasks", correlation_ids, windows, user_id, tenant_id)


def outbox(
    tx: Tx, *, correlation_ids: Collection[str], windows: Collection[Window], user_id: str | None, tenant_id: str
) -> list[str]:
    """The ids of what left with one of the correlations in those times; only what is `user_id`'s, if given."""
    return _in_windows(tx, "outbox", correlation_ids, windows, user_id, tenant_id)


def submitted_as(tx: Tx, user_id: str, header_id: str) -> list[str]:
    """The ids of a user's sendings of a message through JMAP, by its Message-ID field."""
    rows = tx.all(
        "SELECT id FROM email_submissions WHERE header_id = ? AND user_id = ? ORDER BY id LIMIT 20",
        (header_id, user_id),
    )
    return [row[0] for row in rows]


def audited(tx: Tx, tenant_id: str, correlation_ids: Collection[str]) -> list[Entry]:
    """What the newest part of the audit trail has with those correlations, oldest first."""
    if not correlation_ids:
        return []
    marks = ", ".join("?" * len(correlation_ids))
    newest = tx.scalar("SELECT max(id) FROM audit_events") or 0
    rows = tx.all(
        "SELECT tenant_id, actor, address, action, resource, correlation_id, created_at FROM audit_events "
        f"WHERE tenant_id = ? AND id > ? AND correlation_id IN ({marks}) ORDER BY id LIMIT 50",
        (tenant_id, newest - SCANNED, *correlation_ids),
    )
    return [Entry(*row) for row in rows]


def with_header_id(tx: Tx, header_id: str, tenant_id: str | None, limit: int) -> list[str]:
    """The newest messages whose Message-ID field is that, whosever they are."""
    whose, params = (" AND u.tenant_id = ?", (tenant_id,)) if tenant_id is not None else ("", ())
    rows = tx.all(
        "SELECT m.id FROM users u JOIN thread_refs r ON r.user_id = u.id AND r.message_id = ? "
        f"JOIN messages m ON m.thread_id = r.thread_id AND m.user_id = u.id AND m.message_id = ?{whose} "
        "ORDER BY m.id DESC LIMIT ?",
        (header_id, header_id, *params, limit),
    )
    return [row[0] for row in rows]


def with_correlation(
    tx: Tx, correlation_id: str, window: Window | None, tenant_id: str | None, limit: int
) -> list[str]:
    """Messages with that correlation, filed in that time; without one, among the newest."""
    low, high = _key_range(window) if window is not None else _key_range((0, 2**62))
    whose, params = (" AND tenant_id = ?", (tenant_id,)) if tenant_id is not None else ("", ())
    rows = tx.all(
        "SELECT id FROM (SELECT id, tenant_id, correlation_id FROM messages WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ?) m "
        f"WHERE correlation_id = ?{whose} ORDER BY id DESC LIMIT ?",
        (low, high, SCANNED, correlation_id, *params, limit),
    )
    return [row[0] for row in rows]


def from_address(tx: Tx, address: str, tenant_id: str | None, limit: int) -> list[str]:
    """The newest messages from that address, among the newest of all."""
    whose, params = (" AND tenant_id = ?", (tenant_id,)) if tenant_id is not None else ("", ())
    rows = tx.all(
        "SELECT id FROM (SELECT id, tenant_id, sender FROM messages ORDER BY id DESC LIMIT ?) m "
        f"WHERE lower(sender) = ?{whose} ORDER BY id DESC LIMIT ?",
        (SCANNED, address.lower(), *params, limit),
    )
    return [row[0] for row in rows]


def of_user(tx: Tx, user_id: str, limit: int) -> list[str]:
    """The messages that came to a user last."""
    rows = tx.all(
        "SELECT id FROM messages WHERE user_id = ? ORDER BY modseq DESC LIMIT ?",
        (user_id, limit),
    )
    return [row[0] for row in rows]


def _in_windows(
    tx: Tx,
    table: str,
    correlation_ids: Collection[str],
    windows: Collection[Window],
    user_id: str | None,
    tenant_id: str,
) -> list[str]:
    if not correlation_ids:
        return []
    marks = ", ".join("?" * len(correlation_ids))
    whose, params = (" AND user_id = ?", (user_id,)) if user_id is not None else ("", ())
    found: set[str] = set()
    for window in windows:
        rows = tx.all(
            f"SELECT id FROM {table} WHERE id >= ? AND id < ? AND tenant_id = ? AND correlation_id IN ({marks}){whose} "
            f"ORDER BY id LIMIT {MOST}",
            (*_key_range(window), tenant_id, *correlation_ids, *params),
        )
        found.update(row[0] for row in rows)
    return sorted(found)


def _key_range(window: Window) -> tuple[str, str]:
    low, high = window
    return first_id_at(low // 1000), first_id_at(high // 1000)
