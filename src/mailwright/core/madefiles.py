"""Files that an agent's run made: kept in a workspace as new versions, beside what people sent and never over it.

    workspace/{user}/threads/{thread}/attachments/report_v1.pdf    goes out with the answer
    workspace/{user}/threads/{thread}/files/draft.csv              stays

Called by agents' tools (`keep`, at the end of a run) and by whoever composes the answer (`made`).
Promises: a run that is repeated after a crash leaves its files once: those of the same task and generation are replaced by what the
repeat made, and a file of the same name and bytes keeps its row and its version.
Does not: decide what is made or sent. A stranger has no workspace; what was made for one is kept in the agent's own until it was
sent (`let_go`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.core import Core, workspaces
from mailwright.domain import clock
from mailwright.domain.events import BLOB_RELEASED
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import BadInput
from mailwright.storage import StoredBlob, Tx, events
from mailwright.storage import tasks as task_rows
from mailwright.storage import workspaces as rows
from mailwright.storage.tasks import Task
from mailwright.storage.workspaces import Workspace, WorkspaceFile

MAX_MADE = 50  # files of one run
MAX_MADE_BYTES = 40 * 1024 * 1024  # of all of them
MAX_ATTACHED = 10  # files that go out with one answer: more is a folder, and nobody opens it
MAX_ATTACHED_BYTES = 20 * 1024 * 1024  # of them: most mail systems take no more in one message
OWN = "files"  # below the thread's folder: what a run made and does not send


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file to keep. `attached`: it goes out with the answer."""

    name: str
    content_type: str
    content: bytes
    attached: bool = True


async def keep(core: Core, *, user_id: str, task: Task, files: Sequence[MadeFile]) -> list[WorkspaceFile]:
    """Keep exactly these as what this generation of the task made, in the workspace of `user_id`; the rows, in their order.

    Raises BadInput when there are too many, TryLater.
    """
    attached = [file for file in files if file.attached]
    if len(files) > MAX_MADE or sum(len(file.content) for file in files) > MAX_MADE_BYTES:
        raise BadInput(f"a run may make {MAX_MADE} files, {MAX_MADE_BYTES // 1024**2} MB together")
    if len(attached) > MAX_ATTACHED or sum(len(file.content) for file in attached) > MAX_ATTACHED_BYTES:
        raise BadInput(f"{MAX_ATTACHED} files may go out with an answer, {MAX_ATTACHED_BYTES // 1024**2} MB together")
    staged = [(file, await core.blobs.stage(task.tenant_id, file.content, kind="bin")) for file in files]
    return await core.write(lambda tx: _replace(tx, core, user_id, task, staged))


def made(tx: Tx, task_id: str) -> list[WorkspaceFile]:
    """What goes out with the answer of a task: the files its present generation made for it, in their order."""
    task = task_rows.by_id(tx, task_id)
    if task is None:
        return []
    found = rows.made_by(tx, task_id, generation=task.generation)
    return [file for file in found if file.path.startswith(f"{workspaces.FOLDER}/")][:MAX_ATTACHED]


def let_go(tx: Tx, task_id: str, user_id: str) -> int:
    """Remove what runs of a task left in the workspace of `user_id`: for what was made for a stranger, when it has been sent."""
    workspace = rows.of_user(tx, user_id)
    if workspace is None:
        return 0
    gone = rows.made_by(tx, task_id, workspace_id=workspace.id)
    for file in gone:
        _remove(tx, workspace, file)
    return len(gone)


def _replace(
    tx: Tx, core: Core, user_id: str, task: Task, staged: Sequence[tuple[MadeFile, StoredBlob]]
) -> list[WorkspaceFile]:
    tx.lock(f"workspace {user_id}")  # a mail of the same person must not choose the same name for its file meanwhile
    if not staged and rows.of_user(tx, user_id) is None:
        return []
    workspace = rows.ensure(tx, task.tenant_id, user_id, clock.now())
    there = rows.files(tx, workspace.id, _folder_of(task))
    old = {
        (file.original_name.casefold(), _place(file), rows.checksum(tx, file.blob_id)): file
        for file in rows.made_by(tx, task.id, generation=task.generation, workspace_id=workspace.id)
    }
    kept: list[WorkspaceFile | None] = [
        old.pop((workspaces.safe_name(file.name, file.content_type).casefold(), _folder(file), blob.checksum), None)
        for file, blob in staged
    ]
    for row in old.values():
        _remove(tx, workspace, row)
    gone = {row.id for row in old.values()}
    there = [row for row in there if row.id not in gone]
    out: list[WorkspaceFile] = []
    for (file, blob), same in zip(staged, kept, strict=True):
        row = same or _add(tx, core, workspace, task, file, blob, there)
        out.append(row)
        if same is None:
            there.append(row)
    return out


def _add(
    tx: Tx,
    core: Core,
    workspace: Workspace,
    task: Task,
    file: MadeFile,
    blob: StoredBlob,
    there: Sequence[WorkspaceFile],
) -> WorkspaceFile:
    original = workspaces.safe_name(file.name, file.content_type)
    version, path = workspaces.free_path(original, there, workspaces.taken_names(there), folder=_folder(file))
    core.blobs.put(tx, blob)
    row = WorkspaceFile(
        id=new_id(),
        thread_id=_folder_of(task),
        path=path,
        original_name=original,
        version=version,
        content_type=file.content_type[:200],
        size=len(file.content),
        blob_id=blob.id,
        message_id=None,
        part=task.generation,
        created_at=clock.now(),
        task_id=task.id,
    )
    rows.add_file(tx, workspace.id, row)
    return row


def _remove(tx: Tx, workspace: Workspace, file: WorkspaceFile) -> None:
    rows.remove_file(tx, file.id)
    events.append(tx, BLOB_RELEASED, file.blob_id, {"blob_id": file.blob_id, "tenant_id": workspace.tenant_id})


def _folder_of(task: Task) -> str:
    return task.thread_id or task.id


def _folder(file: MadeFile) -> str:
    return workspaces.FOLDER if file.attached else OWN


def _place(file: WorkspaceFile) -> str:
    return file.path.partition("/")[0]
