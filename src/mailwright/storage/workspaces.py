"""Workspaces and the files in them: the rows. The bytes are blobs."""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.domain.clock import Instant
from mailwright.domain.ids import new_id
from mailwright.storage.database import Row, Tx


@dataclass(frozen=True, slots=True)
class Workspace:
    """The place of one person's work. `current_thread_id` is the thread `current/` shows."""

    id: str
    tenant_id: str
    user_id: str
    current_thread_id: str | None


@dataclass(frozen=True, slots=True)
class WorkspaceFile:
    """One file of a thread. `path` is below the thread's folder; `version` 0 is the first of its name; `size` in bytes.

    `message_id` and `part` say which attachment it is. What a run of an agent made has the run's `task_id`, and the task's
    generation as its `part`.
    """

    id: str
    thread_id: str
    path: str
    original_name: str
    version: int
    content_type: str
    size: int
    blob_id: str
    message_id: str | None
    part: int
    created_at: Instant
    task_id: str | None = None


_FILE = (
    "id, thread_id, path, original_name, version, content_type, size, blob_id, message_id, part, created_at, task_id"
)


def of_user(tx: Tx, user_id: str) -> Workspace | None:
    """A person's workspace, when there is one."""
    row = tx.one("SELECT id, tenant_id, user_id, current_thread_id FROM workspaces WHERE user_id = ?", (user_id,))
    return Workspace(*row) if row else None


def ensure(tx: Tx, tenant_id: str, user_id: str, now: Instant) -> Workspace:
    """A person's workspace, made when there is none."""
    tx.insert("workspaces", unless_exists=True, id=new_id(), tenant_id=tenant_id, user_id=user_id, updated_at=now)
    found = of_user(tx, user_id)
    assert found is not None
    return found


def set_current(tx: Tx, workspace_id: str, thread_id: str, now: Instant) -> None:
    """Let `current/` show that thread."""
    tx.execute(
        "UPDATE workspaces SET current_thread_id = ?, updated_at = ? WHERE id = ?", (thread_id, now, workspace_id)
    )


def files(tx: Tx, workspace_id: str, thread_id: str) -> list[WorkspaceFile]:
    """The files of a thread by path."""
    rows = tx.all(
        f"SELECT {_FILE} FROM workspace_files WHERE workspace_id = ? AND thread_id = ? ORDER BY path",
        (workspace_id, thread_id),
    )
    return [_file(row) for row in rows]


def threads(tx: Tx, workspace_id: str) -> list[str]:
    """The threads that have files, latest first."""
    rows = tx.all(
        "SELECT thread_id FROM workspace_files WHERE workspace_id = ? GROUP BY thread_id ORDER BY MAX(created_at) DESC",
        (workspace_id,),
    )
    return [thread_id for (thread_id,) in rows]


def add_file(tx: Tx, workspace_id: str, file: WorkspaceFile) -> None:
    """One more file."""
    tx.insert(
        "workspace_files",
        id=file.id,
        workspace_id=workspace_id,
        thread_id=file.thread_id,
        path=file.path,
        original_name=file.original_name,
        version=file.version,
        content_type=file.content_type,
        size=file.size,
        blob_id=file.blob_id,
        message_id=file.message_id,
        part=file.part,
        created_at=file.created_at,
        task_id=file.task_id,
    )


def point(tx: Tx, file_id: str, blob_id: str, size: int, now: Instant) -> None:
    """Let a file name another blob: a new version of a text we write ourselves."""
    tx.execute(
        "UPDATE workspace_files SET blob_id = ?, size = ?, created_at = ?, version = version + 1 WHERE id = ?",
        (blob_id, size, now, file_id),
    )


def made_by(
    tx: Tx, task_id: str, *, generation: int | None = None, workspace_id: str | None = None
) -> list[WorkspaceFile]:
    """What runs of a task made, in the order they made it; of one generation, in one workspace, where these are given."""
    asked = [("part", generation), ("workspace_id", workspace_id)]
    given = [(column, value) for column, value in asked if value is not None]
    rows = tx.all(
        f"SELECT {_FILE} FROM workspace_files WHERE task_id = ?{''.join(f' AND {each} = ?' for each, _ in given)} ORDER BY id",
        (task_id, *(value for _, value in given)),
    )
    return [_file(row) for row in rows]


def remove_file(tx: Tx, file_id: str) -> None:
    """The row goes; the blob is the caller's to release."""
    tx.execute("DELETE FROM workspace_files WHERE id = ?", (file_id,))


def checksum(tx: Tx, blob_id: str) -> str | None:
    """The checksum of a file's blob."""
    found: str | None = tx.scalar("SELECT checksum FROM blobs WHERE id = ?", (blob_id,))
    return found


def _file(row: Row) -> WorkspaceFile:
    return WorkspaceFile(*row)
