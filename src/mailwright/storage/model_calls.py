"""Model calls: what was asked of which model, what it cost and how it ended. The rows; no text of mail is in them.

What was sent and answered is a row of its own beside it (`model_transcripts`), kept for a while and read only by whom
`core.transcripts` lets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from mailwright.domain.clock import Instant
from mailwright.domain.ids import first_id_at, new_id
from mailwright.storage.database import Row, Tx

MILLISECOND = 1_000  # in microseconds


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One request to a model. `latency_us` in microseconds; `cost_usd` is 0 where no price is known; `outcome` is `ok` or a short
    reason; `cached_tokens` are those of the input that the provider had in its cache.

    `transcript` (see `agents.models.transcript`) is written with a new call and not read back by `of_task`.
    """

    purpose: str
    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: float
    latency_us: int
    outcome: str
    created_at: Instant
    cached_tokens: int = 0
    transcript: bytes | None = field(default=None, compare=False, repr=False)
    id: str = field(default_factory=new_id, compare=False)


def add_all(tx: Tx, calls: Iterable[ModelCall], *, task_id: str | None) -> None:
    """Record the calls that something cost."""
    for call in calls:
        add(tx, call, task_id=task_id)


def add(tx: Tx, call: ModelCall, *, task_id: str | None) -> None:
    """Record one call with its transcript; once, however often it is told."""
    new = tx.insert(
        "model_calls",
        unless_exists=True,
        id=call.id,
        task_id=task_id,
        purpose=call.purpose,
        model=call.model,
        input_tokens=call.input_tokens,
        output_tokens=call.output_tokens,
        cached_tokens=call.cached_tokens,
        cost_usd=call.cost_usd,
        latency_us=call.latency_us,
        outcome=call.outcome,
        created_at=call.created_at,
    )
    if new and call.transcript is not None:
        tx.insert("model_transcripts", call_id=call.id, content=call.transcript)


def of_task(tx: Tx, task_id: str) -> list[ModelCall]:
    """The calls made for a task, oldest first."""
    rows = tx.all(
        "SELECT purpose, model, input_tokens, output_tokens, cost_usd, latency_us, outcome, created_at, cached_tokens, id "
        "FROM model_calls WHERE task_id = ? ORDER BY created_at, id",
        (task_id,),
    )
    return [_call(row) for row in rows]


def by_id(tx: Tx, call_id: str) -> tuple[ModelCall, str | None] | None:
    """A call with its transcript, if that is (still) kept, and the task it was made for."""
    row = tx.one(
        "SELECT c.purpose, c.model, c.input_tokens, c.output_tokens, c.cost_usd, c.latency_us, c.outcome, c.created_at, "
        "c.cached_tokens, c.id, t.content, c.task_id "
        "FROM model_calls c LEFT JOIN model_transcripts t ON t.call_id = c.id WHERE c.id = ?",
        (call_id,),
    )
    if row is None:
        return None
    return replace(_call(row[:10]), transcript=None if row[10] is None else bytes(row[10])), row[11]


def with_transcripts(tx: Tx, task_id: str) -> set[str]:
    """Which calls of a task have one."""
    rows = tx.all(
        "SELECT t.call_id FROM model_transcripts t JOIN model_calls c ON c.id = t.call_id WHERE c.task_id = ?",
        (task_id,),
    )
    return {row[0] for row in rows}


def tasks_about(tx: Tx, user_id: str, header_ids: Sequence[str]) -> list[str]:
    """The tasks done for a user that a message with one of these Message-ID fields asked for, oldest first."""
    if not header_ids:
        return []
    marks = ", ".join("?" * len(header_ids))
    rows = tx.all(
        "SELECT t.id FROM tasks t JOIN messages m ON m.id = t.message_id "
        f"WHERE t.user_id = ? AND m.message_id IN ({marks}) ORDER BY t.id",
        (user_id, *header_ids),
    )
    return [row[0] for row in rows]


def forget_transcripts(tx: Tx, before: Instant, limit: int) -> int:
    """Delete the oldest transcripts of calls made before a moment; how many. (A call's id tells when it was made.)"""
    return tx.execute(
        "DELETE FROM model_transcripts WHERE call_id IN "
        "(SELECT call_id FROM model_transcripts WHERE call_id < ? ORDER BY call_id LIMIT ?)",
        (first_id_at(before // MILLISECOND), limit),
    )


def forget_transcripts_of(tx: Tx, user_id: str) -> int:
    """Delete what was sent to models for a user, or about the mail of an agent's mailbox; how many."""
    return tx.execute(
        "DELETE FROM model_transcripts WHERE call_id IN (SELECT c.id FROM model_calls c JOIN tasks t ON t.id = c.task_id "
        "WHERE t.user_id = ? OR t.assignment_id IN (SELECT id FROM assignments WHERE user_id = ?))",
        (user_id, user_id),
    )


def forget_transcripts_of_agent(tx: Tx, agent: str, user_id: str, before: Instant, limit: int) -> int:
    """Delete what an agent sent to models for a person before then; how many."""
    return tx.execute(
        "DELETE FROM model_transcripts WHERE call_id IN (SELECT p.call_id FROM model_transcripts p "
        "JOIN model_calls c ON c.id = p.call_id JOIN tasks t ON t.id = c.task_id "
        "WHERE t.agent = ? AND t.user_id = ? AND c.created_at < ? ORDER BY p.call_id LIMIT ?)",
        (agent, user_id, before, limit),
    )


@dataclass(frozen=True, slots=True)
class Recent:
    """How one model did lately: outcomes with how often, and when it last answered and last failed."""

    model: str
    outcomes: dict[str, int]
    last_ok: Instant | None
    last_failure: Instant | None


def recent(tx: Tx, since: Instant) -> list[Recent]:
    """Every model that was asked since then."""
    rows = tx.all(
        "SELECT model, outcome, count(*), max(created_at) FROM model_calls WHERE created_at >= ? "
        "GROUP BY model, outcome ORDER BY model, outcome",
        (since,),
    )
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return [
        Recent(
            model,
            {row[1]: int(row[2]) for row in those},
            max((int(row[3]) for row in those if row[1] == "ok"), default=None),
            max((int(row[3]) for row in those if row[1] != "ok"), default=None),
        )
        for model, those in found.items()
    ]


def spent(tx: Tx, since: Instant, until: Instant | None = None) -> float:
    """What calls that began since then (and before `until`) cost, in US dollars."""
    where, params = "created_at >= ?", [since]
    if until is not None:
        where += " AND created_at < ?"
        params.append(until)
    return float(tx.scalar(f"SELECT sum(cost_usd) FROM model_calls WHERE {where}", params) or 0)


def _call(row: Row) -> ModelCall:
    return replace(ModelCall(*row[:9]), id=row[9])
