"""The event log: appended in the transaction of the change it tells of, read by consumer groups after their cursors.

Called by core (append) and by pipeline/consumers.py (everything else).
Promises: an event exists if and only if its transaction committed; a reader that moves its cursor to what `read` returned
misses nothing, however many writers there are (the log's end is snapshot-safe: `Tx.log_end`).
A group is one active consumer at a time, by lease. An event a group cannot handle leaves the stream for `event_retries` and
at last for the dead letters; the cursor goes on. Does not: decide how often to try (the consumers do).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mailwright.domain.clock import Instant, now
from mailwright.domain.events import STREAMS, Event
from mailwright.domain.refusals import NotFound
from mailwright.storage import dead_letters
from mailwright.storage.database import Mark, Row, Tx

START: Mark = (0, 0)
BEYOND: Mark = (2**63 - 1, 2**63 - 1)
"""A place behind every event."""
_KNOWN_KINDS = frozenset().union(*STREAMS.values())
PURGE_SLICE = 1_000  # rows deleted in one transaction: nobody waits long behind the janitor

_APPEND = "INSERT INTO events (kind, key, payload, correlation_id, created_at, trace) VALUES (?, ?, ?, ?, ?, ?)"
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class LeaseLost(Exception):
    """Another process reads for this group now; what this one was about to commit must not be."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What a group has before it: events with their marks, and the mark up to which nothing else is to be read."""

    events: tuple[tuple[Mark, Event], ...]
    end: Mark


@dataclass(frozen=True, slots=True)
class Retry:
    """An event that left the stream: `attempts` failed so far, the last with `error`."""

    event: Event
    attempts: int
    error: str


@dataclass(frozen=True, slots=True)
class Lag:
    """What a group has not handled: events in the stream, when the oldest was written, and events waiting for a retry."""

    waiting: int
    oldest_at: Instant | None
    retries: int


# --- writing --------------------------------------------------------------------------------------------------------


def append(tx: Tx, kind: str, key: str, payload: dict[str, Any], *, correlation_id: str = "") -> None:
    """Add one fact. `payload` holds ids and small JSON values, never mail text. Consumers are woken after the commit."""
    tx.execute(_APPEND, (kind, key, _encode(payload), correlation_id, now(), tx.trace))
    tx.kinds.add(kind)


def append_many(tx: Tx, facts: Iterable[tuple[str, str, dict[str, Any], str]]) -> None:
    """`append` for many (kind, key, payload, correlation id) at once."""
    moment = now()
    rows = [
        (kind, key, _encode(payload), correlation_id, moment, tx.trace) for kind, key, payload, correlation_id in facts
    ]
    if rows:
        tx.executemany(_APPEND, rows)
        tx.kinds.update(row[0] for row in rows)


# --- cursors and leases ---------------------------------------------------------------------------------------------


def claim(tx: Tx, stream: str, group: str, owner: str, *, seconds: float) -> Mark | None:
    """Become the group's reader for `seconds`: its cursor, or None while another owner's lease runs.

    A new group starts at the beginning of the log.
    """
    moment = now()
    tx.insert("event_cursors", unless_exists=True, stream=stream, grp=group, tx=0, position=0, owner="", lease_until=0)
    taken = tx.execute(
        "UPDATE event_cursors SET owner = ?, lease_until = ? "
        "WHERE stream = ? AND grp = ? AND (owner = ? OR lease_until < ?)",
        (owner, moment + int(seconds * 1_000_000), stream, group, owner, moment),
    )
    if not taken:
        return None
    return _cursor(tx, stream, group)


def standing(tx: Tx, stream: str, group: str) -> Mark:
    """What a group has handled for certain; for a new one, which is noted, nothing."""
    tx.insert("event_cursors", unless_exists=True, stream=stream, grp=group, tx=0, position=0, owner="", lease_until=0)
    return _cursor(tx, stream, group)


def slowest(tx: Tx, stream: str) -> Mark | None:
    """What every group of a stream has handled for certain; None when it has no group."""
    rows = tx.all("SELECT tx, position FROM event_cursors WHERE stream = ?", (stream,))
    return min(((row[0], row[1]) for row in rows), default=None)


def advance(tx: Tx, stream: str, group: str, owner: str, mark: Mark, *, seconds: float) -> None:
    """Move the cursor to `mark` and renew the lease. Raises LeaseLost, so that the transaction it belongs to is undone."""
    moved = tx.execute(
        "UPDATE event_cursors SET tx = ?, position = ?, lease_until = ? WHERE stream = ? AND grp = ? AND owner = ?",
        (*mark, now() + int(seconds * 1_000_000), stream, group, owner),
    )
    if not moved:
        raise LeaseLost(f"{stream}/{group}")


def hold(tx: Tx, stream: str, group: str, owner: str, *, seconds: float) -> None:
    """Renew the lease and leave the cursor. Raises LeaseLost."""
    held = tx.execute(
        "UPDATE event_cursors SET lease_until = ? WHERE stream = ? AND grp = ? AND owner = ?",
        (now() + int(seconds * 1_000_000), stream, group, owner),
    )
    if not held:
        raise LeaseLost(f"{stream}/{group}")


def release(tx: Tx, stream: str, group: str, owner: str) -> None:
    """Hand the lease back, so that the next process need not wait for it to lapse."""
    tx.execute(
        "UPDATE event_cursors SET owner = '', lease_until = 0 WHERE stream = ? AND grp = ? AND owner = ?",
        (stream, group, owner),
    )


def forget_group(tx: Tx, stream: str, group: str) -> None:
    """Drop a group that no longer exists: a cursor that stands still keeps the log from being purged."""
    tx.execute("DELETE FROM event_cursors WHERE stream = ? AND grp = ?", (stream, group))
    tx.execute("DELETE FROM event_retries WHERE stream = ? AND grp = ?", (stream, group))


# --- reading --------------------------------------------------------------------------------------------------------


def read(tx: Tx, stream: str, after: Mark, limit: int) -> Slice:
    """Up to `limit` events of a stream after a mark."""
    return read_kinds(tx, STREAMS[stream], after, limit)


def read_kinds(tx: Tx, kinds: Collection[str], after: Mark, limit: int) -> Slice:
    """Up to `limit` events of these kinds after a mark."""
    end = tx.log_end()  # asked first: what the slice then sees is complete up to here
    rows = tx.log_slice(sorted(kinds), after, end, limit)
    found = tuple(((row[0], row[1]), _event(row[1:])) for row in rows)
    return Slice(found, found[-1][0] if len(found) == limit else max(after, end))


def visible(tx: Tx, stream: str, after: Mark, limit: int) -> list[tuple[Mark, Event]]:
    """Up to `limit` events of a stream after a mark, also beyond the log's end: others may still be committed between them."""
    rows = tx.log_slice(sorted(STREAMS[stream]), after, BEYOND, limit)
    return [((row[0], row[1]), _event(row[1:])) for row in rows]


def written_at(tx: Tx, event_id: int) -> Instant | None:
    """When an event was written; None when the log has none of that number."""
    found = tx.scalar("SELECT created_at FROM events WHERE id = ?", (event_id,))
    return None if found is None else int(found)


def newest_at(tx: Tx) -> Instant:
    """When the newest event was written; 0 when there is none."""
    return int(tx.scalar("SELECT created_at FROM events ORDER BY id DESC LIMIT 1") or 0)


def lag(tx: Tx, stream: str, group: str) -> Lag:
    """How far behind a group is. Of a stream that a later version brought nobody here can tell: nothing waits in it."""
    waiting, oldest = _behind(tx, stream, group, STREAMS.get(stream, frozenset()))
    retries = tx.scalar("SELECT count(*) FROM event_retries WHERE stream = ? AND grp = ?", (stream, group))
    return Lag(int(waiting), oldest, int(retries))


def stands_since(tx: Tx, stream: str, group: str) -> Instant | None:
    """When the oldest event was written that a group has not passed, in whatever stream; None when there is none."""
    return _behind(tx, stream, group, _KNOWN_KINDS)[1]


def _behind(tx: Tx, stream: str, group: str, kinds: Collection[str]) -> tuple[int, Instant | None]:
    waiting, oldest = tx.log_lag(sorted(kinds), _cursor(tx, stream, group))
    return waiting, oldest


def has_passed(tx: Tx, stream: str, group: str, event_id: int) -> bool:
    """Whether a group is done with an event: handled it, or set it aside; True for one that is gone from the log."""
    mark = tx.log_mark(event_id)
    return mark is None or mark <= _cursor(tx, stream, group)


def _cursor(tx: Tx, stream: str, group: str) -> Mark:
    """Where a group stands; at the beginning when it has never read."""
    row = tx.one("SELECT tx, position FROM event_cursors WHERE stream = ? AND grp = ?", (stream, group))
    return (row[0], row[1]) if row else START


# --- retries and dead letters ---------------------------------------------------------------------------------------


def set_aside(tx: Tx, stream: str, group: str, event_id: int, *, error: str, not_before: Instant) -> None:
    """Take an event that failed out of the stream; it is tried again from `not_before` on."""
    tx.execute(
        "INSERT INTO event_retries (grp, event_id, stream, attempts, not_before, error) VALUES (?, ?, ?, 1, ?, ?) "
        "ON CONFLICT (grp, event_id) DO UPDATE SET attempts = event_retries.attempts + 1, "
        "not_before = excluded.not_before, error = excluded.error",
        (group, event_id, stream, not_before, error),
    )


def due_retries(tx: Tx, stream: str, group: str, limit: int) -> list[Retry]:
    """Events whose next attempt is due, the longest waiting first."""
    rows = tx.all(
        "SELECT e.id, e.kind, e.key, e.payload, e.correlation_id, e.created_at, e.trace, r.attempts, r.error "
        "FROM event_retries r JOIN events e ON e.id = r.event_id "
        "WHERE r.stream = ? AND r.grp = ? AND r.not_before <= ? ORDER BY r.not_before, r.event_id LIMIT ?",
        (stream, group, now(), limit),
    )
    return [Retry(_event(row[:7]), row[7], row[8]) for row in rows]


def settle_retry(tx: Tx, group: str, event_id: int) -> None:
    """The event was handled at last."""
    tx.execute("DELETE FROM event_retries WHERE grp = ? AND event_id = ?", (group, event_id))


def bury(tx: Tx, stream: str, group: str, event: Event, *, error: str, attempts: int) -> str:
    """Give up: the event becomes a dead letter with its payload and error. The dead letter's id."""
    settle_retry(tx, group, event.id)
    return dead_letters.add(
        tx,
        source="event",
        name=stream,
        group=group,
        reference=str(event.id),
        payload={"kind": event.kind, "key": event.key, "payload": event.payload},
        error=error,
        attempts=attempts,
        correlation_id=event.correlation_id,
    )


def revive(tx: Tx, stream: str, group: str, event_id: int) -> None:
    """Offer a dead event to its group again, now and with a full set of attempts. Raises NotFound when it was purged."""
    kind = tx.scalar("SELECT kind FROM events WHERE id = ?", (event_id,))
    if kind is None:
        raise NotFound(f"event {event_id} is no longer in the log")
    tx.execute("DELETE FROM event_retries WHERE grp = ? AND event_id = ?", (group, event_id))
    tx.insert("event_retries", grp=group, event_id=event_id, stream=stream, attempts=0, not_before=0, error="")
    tx.kinds.add(kind)


# --- the janitor ----------------------------------------------------------------------------------------------------


def purge(tx: Tx, before: Instant) -> int:
    """Delete a slice of the events written before a moment that every group has passed; how many. Repeat until 0.

    Kept all the same: what waits for a retry or could be revived from a dead letter.
    """
    cursors = [(row[0], row[1]) for row in tx.all("SELECT tx, position FROM event_cursors")]
    if not cursors:
        return 0
    slowest = min(cursors)
    return tx.execute(
        "DELETE FROM events WHERE id IN (SELECT e.id FROM events e WHERE e.created_at < ? "
        f"AND {tx.log_upto} "
        "AND NOT EXISTS (SELECT 1 FROM event_retries r WHERE r.event_id = e.id) "
        "AND NOT EXISTS (SELECT 1 FROM dead_letters d WHERE d.source = 'event' "
        "AND d.reference = CAST(e.id AS TEXT) AND d.replayed_at IS NULL AND d.resolved_at IS NULL) ORDER BY e.id LIMIT ?)",
        (before, *slowest, PURGE_SLICE),
    )


def _event(row: Sequence[Any] | Row) -> Event:
    return Event(row[0], row[1], row[2], json.loads(row[3]), row[4], row[5], row[6])
