"""Dead letters: what was tried often enough, kept with its payload and error until somebody looks.

Called by storage/events.py, pipeline/ (events, workflows), agents (work they gave up) and core/outbox.py (mail that could not be sent).
Promises: one open letter for one source and reference; a letter that was replayed, or that somebody resolved, stays as history.
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

MAX_TRACE = 8_000  # characters: the frames of where it broke

_OPEN = "replayed_at IS NULL AND resolved_at IS NULL"
_COLUMNS = "id, source, name, grp, reference, payload, error, attempts, correlation_id, died_at, replayed_at, trace, resolved_at, resolved_by"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One of them. `name` is the stream, channel or workflow; `reference` the id of the event, outbox row or workflow. `trace` has the
    frames of where it broke, without values. `resolved_by` said that it needs nothing more."""

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
    trace: str = ""
    resolved_at: Instant | None = None
    resolved_by: str = ""

    @property
    def is_open(self) -> bool:
        return self.replayed_at is None and self.resolved_at is None


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
    trace: str = "",
) -> str:
    """Keep a dead letter; its id. When an open one for the same source, group and reference exists, it is that one's id."""
    tx.lock("dead letters")  # two processes may bury the same workflow
    known = tx.scalar(
        f"SELECT id FROM dead_letters WHERE source = ? AND reference = ? AND grp = ? AND {_OPEN}",
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
        trace=trace[-MAX_TRACE:],
    )
    return letter_id


def find(tx: Tx, letter_id: str) -> DeadLetter:
    """One letter. Raises NotFound."""
    row = tx.one(f"SELECT {_COLUMNS} FROM dead_letters WHERE id = ?", (letter_id,))
    if row is None:
        raise NotFound(f"there is no dead letter {letter_id}")
    return _letter(row)


def newest(tx: Tx, *, source: str | None = None, replayed: bool = False, limit: int = 100) -> list[DeadLetter]:
    """The newest open letters, of one source or of all; with `replayed` also those that were replayed or resolved."""
    where, params = ["1 = 1"], []
    if source is not None:
        where.append("source = ?")
        params.append(source)
    if not replayed:
        where.append(_OPEN)
    sql = f"SELECT {_COLUMNS} FROM dead_letters WHERE {' AND '.join(where)} ORDER BY died_at DESC, id DESC LIMIT ?"
    return [_letter(row) for row in tx.all(sql, (*params, limit))]


def open_of(tx: Tx, *, source: str, name: str, limit: int) -> list[DeadLetter]:
    """The open letters of one stream, channel or workflow, the oldest first."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM dead_letters WHERE source = ? AND name = ? AND {_OPEN} ORDER BY died_at, id LIMIT ?",
        (source, name, limit),
    )
    return [_letter(row) for row in rows]


def last_for(tx: Tx, source: str, reference: str) -> DeadLetter | None:
    """The latest letter about a reference, open or not."""
    row = tx.one(
        f"SELECT {_COLUMNS} FROM dead_letters WHERE source = ? AND reference = ? ORDER BY died_at DESC, id DESC LIMIT 1",
        (source, reference),
    )
    return None if row is None else _letter(row)


def mark_replayed(tx: Tx, letter_id: str) -> None:
    """It was offered again; it no longer counts as open."""
    tx.execute("UPDATE dead_letters SET replayed_at = ? WHERE id = ?", (now(), letter_id))


def mark_resolved(tx: Tx, letter_id: str, by: str) -> bool:
    """Somebody said that it needs nothing more. False when it was not open."""
    sql = f"UPDATE dead_letters SET resolved_at = ?, resolved_by = ? WHERE id = ? AND {_OPEN}"
    return tx.execute(sql, (now(), by, letter_id)) == 1


def count_open(tx: Tx) -> dict[str, int]:
    """Open letters of each source, zero included."""
    rows = tx.all(f"SELECT source, count(*) FROM dead_letters WHERE {_OPEN} GROUP BY source")
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
        trace=row[11],
        resolved_at=row[12],
        resolved_by=row[13],
    )
