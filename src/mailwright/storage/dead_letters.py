"""Dead letters: what was tried often enough, kept with its payload and error until somebody looks.

Called by storage/events.py, pipeline/ (events, workflows) and core/outbox.py (mail that could not be sent).
Promises: one open letter for one source and reference; a letter that was replayed stays as history.
Does not: replay (pipeline/dead_letters.py does).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from mailwright.domain.clock import Instant, now
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import NotFound
from mailwright.storage.database import Row, Tx

SOURCES: Final = ("event", "outbox", "workflow")
MAX_ERROR = 2_000  # characters: enough for the end of a traceback, small enough for a list

_COLUMNS = "id, source, name, grp, reference, payload, error, attempts, correlation_id, died_at, replayed_at"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One of them. `name` is the stream, channel or workflow; `reference` the id of the event, outbox row or workflow."""

    id: str
    source: str
    name: str
    group: str
    reference: str
    payload: dict[str, Any]
    error: str
    attempts: int
    correlation_id: str
    died_at: Instant
    replayed_at: Instant | None


def add(
    tx: Tx,
    *,
    source: str,
    name: str,
    reference: str,
    payload: dict[str, Any],
    error: str,
    attempts: int,
    group: str = "",
    correlation_id: str = "",
) -> str:
    """Keep a dead letter; its id. When an open one for the same source, group and reference exists, it is that one's id."""
    tx.lock("dead letters")  # two processes may bury the same workflow
    known = tx.scalar(
        "SELECT id FROM dead_letters WHERE source = ? AND reference = ? AND grp = ? AND replayed_at IS NULL",
        (source, reference, group),
    )
    if known is not None:
        return str(known)
    letter_id = new_id()
    tx.insert(
        "dead_letters",
        id=letter_id,
        source=source,
        name=name,
        grp=group,
        reference=reference,
        payload=json.dumps(payload, ensure_ascii=False),
        error=error[:MAX_ERROR],
        attempts=attempts,
        correlation_id=correlation_id,
        died_at=now(),
    )
    return letter_id


def find(tx: Tx, letter_id: str) -> DeadLetter:
    """One letter. Raises NotFound."""
    row = tx.one(f"SELECT {_COLUMNS} FROM dead_letters WHERE id = ?", (letter_id,))
    if row is None:
        raise NotFound(f"there is no dead letter {letter_id}")
    return _letter(row)


def newest(tx: Tx, *, source: str | None = None, replayed: bool = False, limit: int = 100) -> list[DeadLetter]:
    """The newest letters, of one source or of all; with `replayed` also those that were replayed."""
    where, params = ["1 = 1"], []
    if source is not None:
        where.append("source = ?")
        params.append(source)
    if not replayed:
        where.append("replayed_at IS NULL")
    sql = f"SELECT {_COLUMNS} FROM dead_letters WHERE {' AND '.join(where)} ORDER BY died_at DESC, id DESC LIMIT ?"
    return [_letter(row) for row in tx.all(sql, (*params, limit))]


def last_for(tx: Tx, source: str, reference: str) -> DeadLetter | None:
    """The latest letter about a reference, open or replayed."""
    row = tx.one(
        f"SELECT {_COLUMNS} FROM dead_letters WHERE source = ? AND reference = ? ORDER BY died_at DESC, id DESC LIMIT 1",
        (source, reference),
    )
    return None if row is None else _letter(row)


def mark_replayed(tx: Tx, letter_id: str) -> None:
    """It was offered again; it no longer counts as open."""
    tx.execute("UPDATE dead_letters SET replayed_at = ? WHERE id = ?", (now(), letter_id))


def count_open(tx: Tx) -> dict[str, int]:
    """Open letters of each source, zero included."""
    rows = tx.all("SELECT source, count(*) FROM dead_letters WHERE replayed_at IS NULL GROUP BY source")
    found: dict[str, int] = {row[0]: row[1] for row in rows}
    return {source: found.get(source, 0) for source in SOURCES}


def purge(tx: Tx, before: Instant) -> int:
    """Delete letters that died before a moment, open or not; how many."""
    return tx.execute("DELETE FROM dead_letters WHERE died_at < ?", (before,))


def _letter(row: Row) -> DeadLetter:
    return DeadLetter(
        id=row[0],
        source=row[1],
        name=row[2],
        group=row[3],
        reference=row[4],
        payload=json.loads(row[5]),
        error=row[6],
        attempts=row[7],
        correlation_id=row[8],
        died_at=row[9],
        replayed_at=row[10],
    )
