"""Model calls: what was asked of which model, what it cost and how it ended. The rows; no text of mail is in them."""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.domain.clock import Instant
from mailwright.domain.ids import new_id
from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call. `latency_us` in microseconds; `cost_usd` is 0 where no price is known; `outcome` is `ok` or a short reason."""

    purpose: str
    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: float
    latency_us: int
    outcome: str
    created_at: Instant


def add(tx: Tx, call: ModelCall, *, task_id: str | None) -> None:
    """Record one call."""
    tx.insert(
        "model_calls",
        id=new_id(),
        task_id=task_id,
        purpose=call.purpose,
        model=call.model,
        input_tokens=call.input_tokens,
        output_tokens=call.output_tokens,
        cost_usd=call.cost_usd,
        latency_us=call.latency_us,
        outcome=call.outcome,
        created_at=call.created_at,
    )


def of_task(tx: Tx, task_id: str) -> list[ModelCall]:
    """The calls made for a task, oldest first."""
    rows = tx.all(
        "SELECT purpose, model, input_tokens, output_tokens, cost_usd, latency_us, outcome, created_at "
        "FROM model_calls WHERE task_id = ? ORDER BY created_at, id",
        (task_id,),
    )
    return [ModelCall(*row) for row in rows]
