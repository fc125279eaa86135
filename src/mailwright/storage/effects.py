"""Effects: what agents wanted to do in the world, and what the monitor said to each. The rows; they are only ever added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from mailwright.domain import clock
from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx

Verdict: TypeAlias = Literal["allowed", "ask", "denied"]

MAX_TARGET = 500  # characters of a target that are kept
MAX_BECAUSE = 500
MAX_LISTED = 500  # of one task


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One ruling. `action` is a word of `agents.policy.Action`; `target` what it would have been done to."""

    id: int
    task_id: str | None
    tenant_id: str
    user_id: str | None
    agent: str
    action: str
    target: str
    ruling: Verdict
    because: str
    created_at: Instant


_COLUMNS = "id, task_id, tenant_id, user_id, agent, action, target, ruling, because, created_at"


def add(
    tx: Tx,
    *,
    tenant_id: str,
    user_id: str | None,
    task_id: str | None,
    agent: str,
    action: str,
    target: str,
    ruling: Verdict,
    because: str,
) -> None:
    """Note a ruling. What no table takes (NUL, halves of characters) is shown as what it is not."""
    tx.insert(
        "effects",
        task_id=task_id,
        tenant_id=tenant_id,
        user_id=user_id,
        agent=agent,
        action=action,
        target=_storable(target)[:MAX_TARGET],
        ruling=ruling,
        because=_storable(because)[:MAX_BECAUSE],
        created_at=clock.now(),
    )


def of_task(tx: Tx, task_id: str, *, limit: int = MAX_LISTED) -> list[EffectRow]:
    """What a task wanted, oldest first."""
    rows = tx.all(f"SELECT {_COLUMNS} FROM effects WHERE task_id = ? ORDER BY id LIMIT ?", (task_id, limit))
    return [EffectRow(*row) for row in rows]


def count_since(tx: Tx, user_id: str, action: str, since: Instant, ruling: Verdict = "allowed") -> int:
    """How often that was said to what agents wanted for a person since a moment."""
    return int(
        tx.scalar(
            "SELECT count(*) FROM effects WHERE user_id = ? AND action = ? AND created_at >= ? AND ruling = ?",
            (user_id, action, since, ruling),
        )
    )


def purge(tx: Tx, before: Instant, limit: int) -> int:
    """Remove rows older than `before`: of the first `limit`. How many."""
    return tx.execute(
        "DELETE FROM effects WHERE created_at < ? AND id IN (SELECT id FROM effects ORDER BY id LIMIT ?)",
        (before, limit),
    )


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")
