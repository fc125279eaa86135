"""Judgements: what a message is to an agent, judged once and kept. The rows; no words of the mail are in them.

Read and written by the agents' `think`: a step that runs again, a task that is asked for once more and a second look by a person
all see the verdict that was acted on, and no model is paid twice for one message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict. `kind` is `task`, `answer` or `neither`; `model` is who said so; `because` is its reason."""

    message_id: str
    kind: str
    confidence: float
    because: str
    model: str
    created_at: Instant


_FIELDS = "message_id, kind, confidence, because, model, created_at"


def get(tx: Tx, message_id: str) -> Judged | None:
    """The verdict on a message, when there is one."""
    row = tx.one(f"SELECT {_FIELDS} FROM judgements WHERE message_id = ?", (message_id,))
    return Judged(*row) if row else None


def put(tx: Tx, judged: Judged) -> Judged:
    """Keep a verdict; the one that stands from now on. The first stands: of two at once the second learns what was said before."""
    made = tx.insert(
        "judgements",
        unless_exists=True,
        message_id=judged.message_id,
        kind=judged.kind,
        confidence=judged.confidence,
        because=judged.because,
        model=judged.model,
        created_at=judged.created_at,
    )
    return judged if made else (get(tx, judged.message_id) or judged)


def forget(tx: Tx, message_ids: Sequence[str]) -> None:
    """They are to be judged anew, or are gone."""
    tx.executemany("DELETE FROM judgements WHERE message_id = ?", [(each,) for each in message_ids])
