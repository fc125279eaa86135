"""Figures over time: what models cost and how quick they were, and what came and went, by day (UTC).

Called by core/figures.py. Aggregates of a bounded stretch of time, so that a page of charts asks a few quick questions.
A day is the number of days since 1970. `tenant_id` None is the whole installation.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.domain.clock import DAY, Instant
from mailwright.domain.ids import first_id_at
from mailwright.storage.database import Row, Tx

MILLISECOND = 1_000  # in microseconds
HELD = 31 * DAY  # how much older than its moment a row may be: mail that was to leave at a time of its author's choice


@dataclass(frozen=True, slots=True)
class ModelDay:
    """What one model was asked for one purpose on one day. The latencies are those that half, and 95 in a hundred, stay within."""

    day: int
    model: str
    purpose: str
    calls: int
    failed: int
    input_tokens: int
    output_tokens: int
    cost_usd: float
    p50_us: int
    p95_us: int
    cached_tokens: int = 0


def model_days(tx: Tx, tenant_id: str | None, since: Instant) -> list[ModelDay]:
    """Calls since then by day, model and purpose. A tenant's are those made for its tasks."""
    joined, params = "", (since,)  # type: str, tuple[object, ...]
    if tenant_id is not None:
        joined, params = "JOIN tasks t ON t.id = c.task_id AND t.tenant_id = ? ", (tenant_id, since)
    # Nearest rank: the smallest latency that at least so many in a hundred of the calls stay within. In plain SQL, since only one
    # of the two databases has a function for it.
    group = f"PARTITION BY c.created_at / {DAY}, c.model, c.purpose"
    ranked = (
        f"SELECT c.created_at / {DAY} AS day, c.model, c.purpose, c.input_tokens, c.output_tokens, c.cost_usd, c.latency_us, "
        "c.cached_tokens, CASE WHEN c.outcome = 'ok' THEN 0 ELSE 1 END AS failed, "
        f"row_number() OVER ({group} ORDER BY c.latency_us) AS place, count(*) OVER ({group}) AS calls "
        f"FROM model_calls c {joined}WHERE c.created_at >= ?"
    )
    rows = tx.all(
        "SELECT day, model, purpose, count(*), sum(failed), sum(input_tokens), sum(output_tokens), sum(cost_usd), "
        "min(CASE WHEN place * 100 >= calls * 50 THEN latency_us END), "
        "min(CASE WHEN place * 100 >= calls * 95 THEN latency_us END), sum(cached_tokens) "
        f"FROM ({ranked}) ranked GROUP BY day, model, purpose ORDER BY day, model, purpose",
        params,
    )
    # The sums of PostgreSQL are of another type than its columns.
    return [_model_day(row) for row in rows]


def _model_day(row: Row) -> ModelDay:
    day, model, purpose, calls, failed, input_tokens, output_tokens, cost, p50, p95, cached = row
    return ModelDay(
        int(day),
        model,
        purpose,
        int(calls),
        int(failed),
        int(input_tokens),
        int(output_tokens),
        float(cost),
        int(p50),
        int(p95),
        int(cached),
    )


def received(tx: Tx, tenant_id: str | None, since: Instant, until: Instant) -> dict[tuple[int, str], int]:
    """Deliveries by day and channel, as long as their rows are remembered."""
    return _by_day(tx, "inbound", "received_at", "channel", tenant_id, since, until)


def left(tx: Tx, tenant_id: str | None, since: Instant, until: Instant) -> dict[tuple[int, str], int]:
    """What was queued to leave by day, and what became of it (the status)."""
    return _by_day(tx, "outbox", "created_at", "status", tenant_id, since, until)


def tasks(tx: Tx, tenant_id: str | None, since: Instant, until: Instant) -> dict[tuple[int, str], int]:
    """Tasks by the day they began, and what became of them (the status)."""
    return _by_day(tx, "tasks", "created_at", "status", tenant_id, since, until)


def _by_day(
    tx: Tx, table: str, moment: str, by: str, tenant_id: str | None, since: Instant, until: Instant
) -> dict[tuple[int, str], int]:
    """How many rows there are of each day and kind. Ids grow with time: the key finds where to begin, without an index of its own."""
    where = [f"id >= ? AND {moment} >= ? AND {moment} < ?"]
    params: list[object] = [first_id_at((since - HELD) // MILLISECOND), since, until]
    if tenant_id is not None:
        where.append("tenant_id = ?")
        params.append(tenant_id)
    sql = f"SELECT {moment} / {DAY}, {by}, count(*) FROM {table} WHERE {' AND '.join(where)} GROUP BY {moment} / {DAY}, {by}"
    return {(int(row[0]), row[1]): int(row[2]) for row in tx.all(sql, params)}
