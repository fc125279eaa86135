"""What is gone of an account besides messages: mailboxes, identities, submissions. For clients that ask what changed."""

from __future__ import annotations

from typing import Literal

from mailwright.domain import clock
from mailwright.storage.database import Tx

Kind = Literal["mailbox", "identity", "submission"]


def add(tx: Tx, user_id: str, kind: Kind, object_id: str, modseq: int) -> None:
    """Remember that the object went at that modseq of its account."""
    tx.insert(
        "removed",
        unless_exists=True,
        user_id=user_id,
        kind=kind,
        object_id=object_id,
        modseq=modseq,
        removed_at=clock.now(),
    )


def since(tx: Tx, user_id: str, kind: Kind, modseq: int) -> list[tuple[str, int]]:
    """The objects that went after `modseq`, each with when, in that order."""
    rows = tx.all(
        "SELECT object_id, modseq FROM removed WHERE user_id = ? AND modseq > ? AND kind = ? ORDER BY modseq, object_id",
        (user_id, modseq, kind),
    )
    return [(row[0], row[1]) for row in rows]
