"""Follow-ups: what is to be done when. The rows; where one stands and when it is due is in its task's row.

Used by `core.followups`. A row and its task are made and read together.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mailwright.domain.clock import Instant
from mailwright.domain.followups import Action, AskedIn, FollowupStatus, status_of
from mailwright.domain.tasks import Stage, TaskStatus
from mailwright.storage.database import Row, Tx


@dataclass(frozen=True, slots=True)
class Followup:
    """One thing to be done. The first columns are the task's; `due_at` of one that is clarifying is when its question is looked at again.

    `readings` are the meanings of `phrase` that were kept (JSON objects); `rule` is an RRULE of RFC 5545, or empty, and
    `starts` the wall-clock time it counts from; `occurrence` counts the times it came due; `planned_at` is when this occurrence was due at first,
    `snoozed_until` what its person put it off to; only quiet hours, a stop and the like make `due_at` another.
    """

    id: str
    status: FollowupStatus
    due_at: Instant | None
    generation: int
    because: str
    last_error: str
    correlation_id: str
    completed_at: Instant | None
    tenant_id: str
    user_id: str
    agent_user_id: str
    source_id: str | None
    channel: AskedIn
    action: Action
    what: str
    who: str
    context: str
    phrase: str
    zone: str
    readings: tuple[dict[str, Any], ...]
    rule: str
    starts: str
    occurrence: int
    planned_at: Instant | None
    snoozed_until: Instant | None
    waits_for: str
    waits_from: str
    language: str
    asked_at: Instant | None
    asked: int
    said_id: str
    draft_id: str
    redacted_at: Instant | None
    created_at: Instant
    updated_at: Instant

    @property
    def wanted_at(self) -> Instant | None:
        """When its person wants this occurrence, whatever has delayed it since."""
        return self.snoozed_until or self.planned_at or self.due_at


@dataclass(frozen=True, slots=True)
class Standing:
    """How many open ones stand where, and since when the longest due one waits to be taken."""

    counts: dict[FollowupStatus, int]
    longest_due_at: Instant | None


_OWN = (
    "tenant_id, user_id, agent_user_id, source_id, channel, action, what, who, context, phrase, zone, readings, rule, starts, occurrence, "
    "planned_at, snoozed_until, waits_for, waits_from, language, asked_at, asked, said_id, draft_id, redacted_at, created_at, updated_at"
)
_COLUMNS = (
    "t.id, t.status, t.stage, t.due_at, t.generation, t.because, t.last_error, t.correlation_id, t.completed_at, "
    + ", ".join(f"f.{name}" for name in _OWN.split(", "))
)
_FROM = f"SELECT {_COLUMNS} FROM followups f JOIN tasks t ON t.id = f.task_id"
_CHANGEABLE = frozenset(
    _OWN.replace("tenant_id, user_id, agent_user_id, source_id, channel, ", "")
    .replace(", created_at, updated_at", "")
    .split(", ")
)


def insert(
    tx: Tx,
    task_id: str,
    *,
    tenant_id: str,
    user_id: str,
    agent_user_id: str,
    source_id: str | None,
    channel: AskedIn,
    action: Action,
    what: str,
    who: str,
    context: str,
    phrase: str,
    zone: str,
    readings: Sequence[dict[str, Any]],
    rule: str,
    starts: str,
    planned_at: Instant | None,
    waits_for: str,
    waits_from: str,
    language: str,
    asked: int,
    now: Instant,
) -> bool:
    """The row beside a task. False when it has one."""
    return tx.insert(
        "followups",
        unless_exists=True,
        task_id=task_id,
        tenant_id=tenant_id,
        user_id=user_id,
        agent_user_id=agent_user_id,
        source_id=source_id,
        channel=channel.value,
        action=action.value,
        what=what,
        who=who,
        context=context,
        phrase=phrase,
        zone=zone,
        readings=json.dumps(list(readings), ensure_ascii=False),
        rule=rule,
        starts=starts,
        planned_at=planned_at,
        waits_for=waits_for,
        waits_from=waits_from,
        language=language,
        asked=asked,
        asked_at=now if asked else None,
        created_at=now,
        updated_at=now,
    )


def by_id(tx: Tx, task_id: str) -> Followup | None:
    """The follow-up of that task."""
    row = tx.one(f"{_FROM} WHERE f.task_id = ?", (task_id,))
    return _followup(row) if row else None


def hold(tx: Tx, task_id: str) -> Followup | None:
    """`by_id`, and nobody else moves it until this transaction ends."""
    row = tx.one(f"{_FROM} WHERE f.task_id = ?{tx.exclusive and tx.exclusive + ' OF t'}", (task_id,))
    return _followup(row) if row else None


def update(tx: Tx, task_id: str, *, now: Instant, **changes: Any) -> None:
    """Set the given columns of its own row."""
    unknown = changes.keys() - _CHANGEABLE
    if unknown:
        raise ValueError(f"not a changeable column: {sorted(unknown)}")
    if "action" in changes:
        changes["action"] = Action(changes["action"]).value
    if "readings" in changes:
        changes["readings"] = json.dumps(list(changes["readings"]), ensure_ascii=False)
    names = ", ".join(f"{name} = ?" for name in (*changes, "updated_at"))
    tx.execute(f"UPDATE followups SET {names} WHERE task_id = ?", (*changes.values(), now, task_id))


def count_occurrence(tx: Tx, task_ids: Sequence[str], now: Instant) -> None:
    """They came due once more; at most a few hundred at once."""
    if task_ids:
        marks = ", ".join("?" * len(task_ids))
        tx.execute(
            f"UPDATE followups SET occurrence = occurrence + 1, updated_at = ? WHERE task_id IN ({marks})",
            (now, *task_ids),
        )


def due(tx: Tx, now: Instant, limit: int) -> list[Followup]:
    """Those whose time has come, the longest due first; on PostgreSQL locked, and passed over when somebody else holds them."""
    skipping = f"{tx.exclusive} OF t SKIP LOCKED" if tx.exclusive else ""
    rows = tx.all(
        f"{_FROM} WHERE t.status = ? AND t.due_at <= ? AND t.agent = 'concierge' AND t.stage = ? ORDER BY t.due_at LIMIT ?{skipping}",
        (TaskStatus.WAITING.value, now, Stage.PENDING.value, limit),
    )
    return [_followup(row) for row in rows]


def questions_due(tx: Tx, now: Instant, limit: int) -> list[Followup]:
    """Those whose question is to be looked at again, the longest due first."""
    rows = tx.all(
        f"{_FROM} WHERE t.status = ? AND t.due_at <= ? AND t.agent = 'concierge' AND t.stage = ? ORDER BY t.due_at LIMIT ?",
        (TaskStatus.WAITING.value, now, Stage.CLARIFYING.value, limit),
    )
    return [_followup(row) for row in rows]


def questions_with_time(tx: Tx, now: Instant, limit: int) -> list[Followup]:
    """Of `questions_due` those that were due at some time before their question; locked as by `due`."""
    skipping = f"{tx.exclusive} OF t SKIP LOCKED" if tx.exclusive else ""
    rows = tx.all(
        f"{_FROM} WHERE t.status = ? AND t.due_at <= ? AND t.agent = 'concierge' AND t.stage = ? AND f.planned_at IS NOT NULL "
        f"ORDER BY t.due_at LIMIT ?{skipping}",
        (TaskStatus.WAITING.value, now, Stage.CLARIFYING.value, limit),
    )
    return [_followup(row) for row in rows]


def not_begun(tx: Tx, before: Instant, limit: int) -> list[Followup]:
    """Those that were taken as due before then and that nobody has begun to work on, the longest due first; locked as by `due`."""
    skipping = f"{tx.exclusive} OF t SKIP LOCKED" if tx.exclusive else ""
    rows = tx.all(
        f"{_FROM} WHERE t.status = ? AND t.agent = 'concierge' AND t.stage = ? AND t.updated_at < ? ORDER BY t.due_at LIMIT ?{skipping}",
        (TaskStatus.RUNNING.value, Stage.DUE.value, before, limit),
    )
    return [_followup(row) for row in rows]


def of_user(
    tx: Tx, user_id: str, *, states: Sequence[TaskStatus] = (), before: str | None = None, limit: int
) -> list[Followup]:
    """A person's, newest first; `before` is the id of the last one of the page before."""
    where, params = ["f.user_id = ?"], [user_id]
    if states:
        where.append(f"t.status IN ({', '.join('?' * len(states))})")
        params += [state.value for state in states]
    if before is not None:
        where.append("t.id < ?")
        params.append(before)
    rows = tx.all(f"{_FROM} WHERE {' AND '.join(where)} ORDER BY t.id DESC LIMIT ?", (*params, limit))
    return [_followup(row) for row in rows]


def coming(
    tx: Tx,
    user_id: str,
    *,
    until: Instant | None = None,
    after: tuple[Instant, str] | None = None,
    limit: int,
) -> list[Followup]:
    """A person's that wait for their time or for an answer, the next first; `after` is when the last one of the page before is due, and its
    id."""
    bound, params = ("", ()) if until is None else (" AND t.due_at < ?", (until,))
    if after is not None:
        bound += " AND (t.due_at > ? OR (t.due_at = ? AND t.id > ?))"
        params = (*params, after[0], *after)
    rows = tx.all(
        f"{_FROM} WHERE f.user_id = ? AND t.status = ?{bound} ORDER BY t.due_at, t.id LIMIT ?",
        (user_id, TaskStatus.WAITING.value, *params, limit),
    )
    return [_followup(row) for row in rows]


def waiting_for(tx: Tx, user_id: str, header_ids: Sequence[str]) -> list[Followup]:
    """Those that wait for an answer to one of these messages, in the mailbox of their person or of their concierge."""
    if not header_ids:
        return []
    marks = ", ".join("?" * len(header_ids))
    rows = tx.all(
        f"{_FROM} WHERE f.waits_for IN ({marks}) AND (f.user_id = ? OR f.agent_user_id = ?) AND t.completed_at IS NULL ORDER BY t.id",
        (*header_ids, user_id, user_id),
    )
    return [_followup(row) for row in rows]


def open_count(tx: Tx, user_id: str) -> int:
    """How many of a person's are not at their end."""
    return int(
        tx.scalar(
            "SELECT count(*) FROM followups f JOIN tasks t ON t.id = f.task_id WHERE f.user_id = ? AND t.completed_at IS NULL",
            (user_id,),
        )
    )


def redact_ended(tx: Tx, before: Instant, now: Instant, limit: int) -> int:
    """Take the texts out of those that ended before then. How many."""
    return tx.execute(
        "UPDATE followups SET what = '', who = '', context = '', phrase = '', readings = '[]', waits_from = '', redacted_at = ? "
        "WHERE task_id IN (SELECT f.task_id FROM followups f JOIN tasks t ON t.id = f.task_id "
        "WHERE f.redacted_at IS NULL AND t.completed_at < ? ORDER BY f.task_id LIMIT ?)",
        (now, before, limit),
    )


def forget_of_user(tx: Tx, user_id: str, now: Instant) -> None:
    """A person is removed: their follow-ups go, those at work come to nothing. A concierge is: nobody speaks for its follow-ups."""
    why = {"user_id": "the person was removed", "agent_user_id": "the concierge was removed"}
    for column, because in why.items():
        tx.execute(
            "UPDATE tasks SET status = ?, because = ?, completed_at = ?, updated_at = ? WHERE completed_at IS NULL "
            f"AND id IN (SELECT task_id FROM followups WHERE {column} = ?)",
            (TaskStatus.CANCELLED.value, because, now, now, user_id),
        )
    tx.execute("DELETE FROM followups WHERE user_id = ?", (user_id,))


def standing(tx: Tx, now: Instant) -> Standing:
    """Where the open ones stand."""
    found = tx.all(
        "SELECT status, stage, count(*) FROM tasks WHERE status IN ('waiting', 'running') AND agent = 'concierge' "
        "AND EXISTS (SELECT 1 FROM followups f WHERE f.task_id = tasks.id) GROUP BY status, stage"
    )
    longest = tx.scalar(
        "SELECT min(due_at) FROM tasks WHERE status = ? AND due_at <= ? AND agent = 'concierge' AND stage = ?",
        (TaskStatus.WAITING.value, now, Stage.PENDING.value),
    )
    counts: dict[FollowupStatus, int] = {}
    for state, stage, count in found:
        status = status_of(TaskStatus(state), stage)
        counts[status] = counts.get(status, 0) + count
    return Standing(counts, longest)


def _followup(row: Row) -> Followup:
    task_id, state, stage, due_at, generation, because, error, correlation_id, completed_at, *own = row
    values = dict(zip(_OWN.split(", "), own, strict=True))
    values["channel"], values["action"] = AskedIn(values["channel"]), Action(values["action"])
    values["readings"] = tuple(json.loads(values["readings"]))
    status = status_of(TaskStatus(state), stage)
    return Followup(task_id, status, due_at, generation, because, error, correlation_id, completed_at, **values)
