"""Tasks, their history, and the snapshots agents work from: the rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mailwright.domain.clock import DAY, Instant
from mailwright.domain.ids import new_id
from mailwright.domain.tasks import TaskStatus
from mailwright.storage.database import Row, Tx


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work an agent does because of one message.

    `user_id` is the person it is done for (None: a stranger under an address that is not theirs to use); `kind` is what came
    of it (`reply`, `clarify`, `apology`, or empty while nothing was sent); `result` holds ids and small values, no mail text.
    """

    id: str
    tenant_id: str
    agent: str
    kind: str
    assignment_id: str
    message_id: str
    user_id: str | None
    thread_id: str | None
    generation: int
    status: TaskStatus
    stage: str
    attempts: int
    charged: bool
    progress_at: Instant | None
    correspondent: str
    because: str
    last_error: str
    result: dict[str, Any]
    due_at: Instant | None
    correlation_id: str
    created_at: Instant
    updated_at: Instant
    completed_at: Instant | None


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """One line of a task's history."""

    status: TaskStatus
    stage: str
    detail: str
    created_at: Instant


LONGEST_TASK = 30 * DAY  # from its mail to its answer; the index on created_at bounds a look at what was sent lately
_COLUMNS = (
    "id, tenant_id, agent, kind, assignment_id, message_id, user_id, thread_id, generation, status, stage, attempts, charged, "
    "progress_at, correspondent, because, last_error, result, due_at, correlation_id, created_at, updated_at, completed_at"
)
_CHANGEABLE = frozenset(
    [
        "kind",
        "user_id",
        "thread_id",
        "generation",
        "status",
        "stage",
        "attempts",
        "charged",
        "charged_at",
        "progress_at",
        "because",
        "last_error",
        "due_at",
        "completed_at",
    ]
)


def insert(
    tx: Tx,
    *,
    tenant_id: str,
    agent: str,
    assignment_id: str,
    message_id: str,
    correspondent: str,
    user_id: str | None,
    thread_id: str | None,
    correlation_id: str,
    now: Instant,
    id: str = "",
) -> str | None:
    """The id of a new queued task (`id`, or one of our own), or None when the agent has one for that message."""
    task_id = id or new_id()
    made = tx.insert(
        "tasks",
        unless_exists=True,
        id=task_id,
        tenant_id=tenant_id,
        agent=agent,
        assignment_id=assignment_id,
        message_id=message_id,
        correspondent=correspondent,
        user_id=user_id,
        thread_id=thread_id,
        status=TaskStatus.QUEUED.value,
        correlation_id=correlation_id,
        created_at=now,
        updated_at=now,
    )
    return task_id if made else None


def insert_all(
    tx: Tx,
    made: Sequence[tuple[str, str]],
    *,
    tenant_id: str,
    agent: str,
    assignment_id: str,
    correspondent: str,
    user_id: str | None,
    correlation_id: str,
    now: Instant,
) -> None:
    """New queued tasks, each with its id and that of its message; the agent has none for any of those."""
    tx.executemany(
        "INSERT INTO tasks (id, message_id, tenant_id, agent, assignment_id, correspondent, user_id, status, correlation_id, "
        "created_at, updated_at, charged) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(task_id, message_id, tenant_id, agent, assignment_id, correspondent, user_id),
                *(TaskStatus.QUEUED.value, correlation_id, now, now, False),
            )
            for task_id, message_id in made
        ],
    )


def by_id(tx: Tx, task_id: str) -> Task | None:
    """The task of that id."""
    row = tx.one(f"SELECT {_COLUMNS} FROM tasks WHERE id = ?", (task_id,))
    return _task(row) if row else None


def by_message(tx: Tx, agent: str, message_id: str) -> Task | None:
    """The task an agent has for a message."""
    row = tx.one(f"SELECT {_COLUMNS} FROM tasks WHERE agent = ? AND message_id = ?", (agent, message_id))
    return _task(row) if row else None


def update(
    tx: Tx,
    task_id: str,
    *,
    now: Instant,
    result: dict[str, Any] | None = None,
    unless_moved_from: TaskStatus | None = None,
    **changes: Any,
) -> bool:
    """Set the given columns. With `unless_moved_from` only while the task has that status; whether it was done."""
    unknown = changes.keys() - _CHANGEABLE
    if unknown:
        raise ValueError(f"not a changeable column: {sorted(unknown)}")
    if result is not None:
        changes["result"] = json.dumps(result, ensure_ascii=False)
    names = ", ".join(f"{name} = ?" for name in (*changes, "updated_at"))
    where, params = ("", ()) if unless_moved_from is None else (" AND status = ?", (unless_moved_from.value,))
    return tx.execute(f"UPDATE tasks SET {names} WHERE id = ?{where}", (*changes.values(), now, task_id, *params)) == 1


def add_event(tx: Tx, task_id: str, status: TaskStatus, stage: str, detail: str, now: Instant) -> None:
    """One more line of history."""
    tx.insert("task_events", task_id=task_id, status=status.value, stage=stage, detail=detail, created_at=now)


def add_events(tx: Tx, lines: Sequence[tuple[str, str, str, str, Instant]]) -> None:
    """Many lines: task, status, stage, detail, when."""
    tx.executemany("INSERT INTO task_events (task_id, status, stage, detail, created_at) VALUES (?, ?, ?, ?, ?)", lines)


def with_ids(tx: Tx, task_ids: Sequence[str]) -> list[Task]:
    """The tasks of those ids, in no order; at most a few hundred at once."""
    if not task_ids:
        return []
    marks = ", ".join("?" * len(task_ids))
    return [_task(row) for row in tx.all(f"SELECT {_COLUMNS} FROM tasks WHERE id IN ({marks})", tuple(task_ids))]


def move_all(tx: Tx, task_ids: Sequence[str], status: TaskStatus, stage: str, because: str, now: Instant) -> None:
    """Let them all stand there; at most a few hundred at once."""
    if task_ids:
        marks = ", ".join("?" * len(task_ids))
        tx.execute(
            f"UPDATE tasks SET status = ?, stage = ?, because = ?, updated_at = ? WHERE id IN ({marks})",
            (status.value, stage, because, now, *task_ids),
        )


def cancel_queued(tx: Tx, task_ids: Sequence[str], because: str, now: Instant) -> list[Task]:
    """Cancel those of these that are queued; which. At most a few hundred at once."""
    if not task_ids:
        return []
    marks = ", ".join("?" * len(task_ids))
    gone = tx.all(
        f"UPDATE tasks SET status = ?, because = ?, completed_at = ?, updated_at = ? WHERE status = ? AND id IN ({marks}) RETURNING id",
        (TaskStatus.CANCELLED.value, because, now, now, TaskStatus.QUEUED.value, *task_ids),
    )
    return with_ids(tx, [row[0] for row in gone])


def touch(tx: Tx, task_ids: Sequence[str], now: Instant) -> None:
    """Note that they were looked at."""
    tx.executemany("UPDATE tasks SET updated_at = ? WHERE id = ?", [(now, task_id) for task_id in task_ids])


def events(tx: Tx, task_id: str) -> list[TaskEvent]:
    """The history, oldest first."""
    rows = tx.all("SELECT status, stage, detail, created_at FROM task_events WHERE task_id = ? ORDER BY id", (task_id,))
    return [TaskEvent(TaskStatus(status), stage, detail, at) for status, stage, detail, at in rows]


def listing(
    tx: Tx,
    *,
    tenant_id: str | None = None,
    user_id: str | None = None,
    agent: str | None = None,
    statuses: Sequence[TaskStatus] = (),
    before: str | None = None,
    limit: int,
) -> list[Task]:
    """Tasks that match everything given, newest first; `before` is the id of the last one of the page before."""
    where, params = ["1 = 1"], []
    for column, value in (("tenant_id", tenant_id), ("user_id", user_id), ("agent", agent)):
        if value is not None:
            where.append(f"{column} = ?")
            params.append(value)
    if statuses:
        where.append(f"status IN ({', '.join('?' * len(statuses))})")
        params += [status.value for status in statuses]
    if before is not None:
        where.append("id < ?")
        params.append(before)
    sql = f"SELECT {_COLUMNS} FROM tasks WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?"
    return [_task(row) for row in tx.all(sql, (*params, limit))]


def counts(tx: Tx) -> dict[TaskStatus, int]:
    """How many tasks stand where."""
    return {TaskStatus(status): n for status, n in tx.all("SELECT status, COUNT(*) FROM tasks GROUP BY status")}


def sent_since(tx: Tx, *, user_id: str | None, correspondent: str, since: Instant, kind: str = "") -> int:
    """How many tasks sent something (with `kind`: something of that kind) to a correspondent since then.

    When it was sent counts, not when the task was made: what waited for hours behind an outage must not all leave at once.
    """
    who, params = ("user_id IS NULL", ()) if user_id is None else ("user_id = ?", (user_id,))
    what, wanted = ("kind = ?", (kind,)) if kind else ("kind <> ''", ())
    found: int = tx.scalar(
        f"SELECT COUNT(*) FROM tasks WHERE {who} AND created_at >= ? AND completed_at >= ? AND correspondent = ? AND {what}",
        (*params, since - LONGEST_TASK, since, correspondent, *wanted),
    )
    return found


def sent_in_thread(tx: Tx, *, user_id: str | None, thread_id: str, correspondent: str) -> list[str]:
    """The kinds of what was sent to a correspondent in a thread, by earlier tasks, oldest first."""
    who, params = ("user_id IS NULL", ()) if user_id is None else ("user_id = ?", (user_id,))
    rows = tx.all(
        f"SELECT kind FROM tasks WHERE {who} AND thread_id = ? AND correspondent = ? AND kind <> '' ORDER BY created_at, id",
        (*params, thread_id, correspondent),
    )
    return [kind for (kind,) in rows]


# --- snapshots ------------------------------------------------------------------------------------------------------


def add_snapshot(tx: Tx, task_id: str, content: str, now: Instant) -> str:
    """Keep what an agent gathered or was advised, as JSON; its id."""
    snapshot_id = new_id()
    tx.insert("snapshots", id=snapshot_id, task_id=task_id, content=content, created_at=now)
    return snapshot_id


def snapshot(tx: Tx, snapshot_id: str) -> str | None:
    """The JSON of a snapshot."""
    content: str | None = tx.scalar("SELECT content FROM snapshots WHERE id = ?", (snapshot_id,))
    return content


def gathered(tx: Tx, task_id: str) -> str | None:
    """The JSON of the newest snapshot of a task that an agent gathered; what models advised lies among them."""
    content: str | None = tx.scalar(
        "SELECT content FROM snapshots WHERE task_id = ? AND content LIKE ? ORDER BY created_at DESC, id DESC LIMIT 1",
        (task_id, '{"task_id":%'),
    )
    return content


def written(tx: Tx, task_id: str) -> str | None:
    """The JSON of the newest draft that the assistant wrote in a task."""
    content: str | None = tx.scalar(
        "SELECT content FROM snapshots WHERE task_id = ? AND content LIKE ? ORDER BY created_at DESC, id DESC LIMIT 1",
        (task_id, '{"text":%'),
    )
    return content


def forget_snapshots(tx: Tx, agent: str, user_id: str, before: Instant, limit: int) -> int:
    """Delete what an agent gathered and wrote for a person before then; how many."""
    return tx.execute(
        "DELETE FROM snapshots WHERE id IN (SELECT s.id FROM snapshots s JOIN tasks t ON t.id = s.task_id "
        "WHERE t.agent = ? AND t.user_id = ? AND s.created_at < ? ORDER BY s.id LIMIT ?)",
        (agent, user_id, before, limit),
    )


def forget_all_snapshots(tx: Tx, agent: str, before: Instant, limit: int) -> int:
    """Delete what an agent gathered and wrote before then, for whom ever; how many."""
    return tx.execute(
        "DELETE FROM snapshots WHERE id IN (SELECT s.id FROM snapshots s JOIN tasks t ON t.id = s.task_id "
        "WHERE t.agent = ? AND s.created_at < ? ORDER BY s.id LIMIT ?)",
        (agent, before, limit),
    )


def long_at_work(tx: Tx, agent: str, stage: str, before: Instant, most: int) -> list[Task]:
    """Running tasks of an agent at that stage that were made before then and whose senders were not told, the oldest first."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM tasks WHERE agent = ? AND status = ? AND stage = ? AND created_at <= ? "
        "AND progress_at IS NULL ORDER BY created_at LIMIT ?",
        (agent, TaskStatus.RUNNING.value, stage, before, most),
    )
    return [_task(row) for row in rows]


def _task(row: Row) -> Task:
    values = list(row)
    values[9] = TaskStatus(values[9])
    values[12] = bool(values[12])
    values[17] = json.loads(values[17])
    return Task(*values)
