"""The files of a run: what the thread's folder has, and what the run makes.

Made by `run.Run`, used by every tool that reads or writes a file. Expects: the task's rows and, for a stranger, the message itself.
Promises: nothing is written to the workspace before `save`, so that a run that ends half-way leaves nothing; a name is a name and
never a path on a disk; what is made takes no other file's name. Does not: ask whether a file may be read (the tools ask).

A person has a workspace. A stranger has none: what came with their message is read out of it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailwright.agents.models.tools import ToolFailed
from mailwright.codecs import mime
from mailwright.codecs.mime import Part
from mailwright.core import Core, madefiles, messages, workspaces
from mailwright.core.madefiles import MadeFile
from mailwright.core.workspaces import MAX_FILE_BYTES, MAX_FILES_PER_MESSAGE, THREAD_FILE
from mailwright.domain.refusals import DamagedBlob, NotFound
from mailwright.storage import Tx
from mailwright.storage.accounts import Account
from mailwright.storage.tasks import Task
from mailwright.storage.workspaces import WorkspaceFile

if TYPE_CHECKING:
    from mailwright.agents.employee.snapshot import Snapshot

MAX_OLDER = 300  # files of other threads that are named: more fill a model's head and help nobody


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as it is told of. `origin`: sent, made, made earlier, or another thread's."""

    name: str
    content_type: str
    size: int
    origin: str


@dataclass(frozen=True, slots=True)
class File:
    """A file that was opened."""

    name: str
    content_type: str
    content: bytes


@dataclass(slots=True)
class _Made:
    name: str  # as it is called in this run
    original: str  # as it was asked for
    content_type: str
    content: bytes
    attached: bool


class Folder:
    """The files of one run. Every method may be called at any time."""

    def __init__(self, core: Core, task: Task, snapshot: Snapshot, person: Account | None) -> None:
        self._core = core
        self._task = task
        self._snapshot = snapshot
        self._person = person
        self._loaded = False
        self._loading = asyncio.Lock()
        self._rows: dict[str, WorkspaceFile] = {}  # of this thread, by name in small letters
        self._older: dict[str, WorkspaceFile] = {}  # of other threads, by path in small letters
        self._raw = b""
        self._parts: dict[str, Part] = {}  # of a stranger's message, by name
        self._history: WorkspaceFile | None = None
        self._made: dict[str, _Made] = {}  # by the name it was asked for, in small letters

    async def listed(self, *, older: bool = False) -> list[Listed]:
        """The files of the thread and of the run; with `older` those of the person's other threads instead."""
        await self._load()
        if older:
            return [Listed(_older_name(f), f.content_type, f.size, "another thread's") for f in self._older.values()]
        out = [
            Listed(_name(f), f.content_type, f.size, "made earlier" if f.task_id else "sent")
            for f in self._rows.values()
        ]
        for part in self._parts.values():
            out.append(Listed(_part_name(part), part.media_type, part.decoded_size or part.size, "sent"))
        made = [Listed(m.name, m.content_type, len(m.content), "made") for m in self._made.values()]
        return out + made

    async def read(self, name: str) -> File:
        """A file by its name. Raises ToolFailed."""
        await self._load()
        wanted = name.strip().casefold().removeprefix("./")
        plain = wanted.removeprefix("attachments/").removeprefix("files/")
        made = next((m for m in self._made.values() if m.name.casefold() == plain), None)
        if made is not None:
            return File(made.name, made.content_type, made.content)
        row = self._rows.get(plain) or self._older.get(wanted)
        if row is None and plain == THREAD_FILE:
            row = self._history
        try:
            if row is not None:
                return File(_name(row), row.content_type, await self._core.blobs.read(row.blob_id))
        except NotFound:
            raise ToolFailed(f"the file {_shown(name)} is gone") from None
        except DamagedBlob:
            raise ToolFailed(f"the file {_shown(name)} cannot be read now") from None
        if plain in self._parts:
            part = self._parts[plain]
            content = await asyncio.to_thread(mime.decode_body, self._raw, part, limit=MAX_FILE_BYTES)
            return File(_part_name(part), part.media_type, content)
        if plain in self._made:  # asked for under the name it was to have, which another file has not
            found = self._made[plain]
            return File(found.name, found.content_type, found.content)
        raise ToolFailed(f"there is no file {_shown(name)}; list_files tells which there are")

    async def is_older(self, name: str) -> bool:
        """Whether that is a file of another conversation."""
        await self._load()
        return name.strip().casefold().removeprefix("./") in self._older

    async def history(self) -> str | None:
        """The thread's history as kept in the workspace; None when there is none."""
        await self._load()
        if self._history is None:
            return None
        try:
            return (await self._core.blobs.read(self._history.blob_id)).decode("utf-8", "replace")
        except (NotFound, DamagedBlob):
            return None

    async def write(self, name: str, content: bytes, content_type: str, *, attached: bool) -> str:
        """Make a file, or make it anew; the name it has got. Raises ToolFailed."""
        await self._load()
        original = workspaces.safe_name(name, content_type)
        key = original.casefold()
        others = [made for k, made in self._made.items() if k != key]
        _check_room(others, len(content), attached)
        before = self._made.get(key)
        called = before.name if before is not None else self._free_name(original)
        self._made[key] = _Made(called, original, content_type, content, attached)
        return called

    async def save(self) -> list[WorkspaceFile]:
        """Keep what was made: in the person's workspace, or in the agent's own until the answer to a stranger is sent."""
        owner = self._person.id if self._person is not None else self._snapshot.agent_user_id
        files = [
            MadeFile(made.original if self._person else made.name, made.content_type, made.content, made.attached)
            for made in self._made.values()
        ]
        return await madefiles.keep(self._core, user_id=owner, task=self._task, files=files)

    def _free_name(self, original: str) -> str:
        taken = {*self._rows, *self._parts, *(made.name.casefold() for made in self._made.values())}
        return workspaces.free_path(original, list(self._rows.values()), taken)[1].rpartition("/")[2]

    async def _load(self) -> None:
        async with self._loading:
            if self._loaded:
                return
            if self._person is not None:
                await self._core.read(self._read_rows)
            else:
                await self._read_message()
            self._loaded = True

    def _read_rows(self, tx: Tx) -> None:
        assert self._person is not None
        thread = self._task.thread_id or ""
        for file in workspaces.files_of(tx, self._person.id, thread):
            if file.path == THREAD_FILE:
                self._history = file
            elif file.task_id != self._task.id or file.part != self._task.generation:
                # What an attempt before this one made is made anew, and counts as not there.
                self._rows[_name(file).casefold()] = file
        for file in workspaces.others_of(tx, self._person.id, thread, MAX_OLDER):
            self._older[_older_name(file).casefold()] = file

    async def _read_message(self) -> None:
        try:
            message = await self._core.read(lambda tx: messages.load(tx, self._snapshot.message_id))
            self._raw = await self._core.blobs.read(message.blob_id)
        except (NotFound, DamagedBlob):
            return
        parsed = await asyncio.to_thread(mime.parse, self._raw)
        for part in parsed.attachments[:MAX_FILES_PER_MESSAGE]:
            self._parts.setdefault(_part_name(part).casefold(), part)


def _check_room(others: list[_Made], size: int, attached: bool) -> None:
    if len(others) >= madefiles.MAX_MADE or sum(len(m.content) for m in others) + size > madefiles.MAX_MADE_BYTES:
        raise ToolFailed(
            f"a run may make {madefiles.MAX_MADE} files, {madefiles.MAX_MADE_BYTES // 1024**2} MB together; this is one too many"
        )
    going = [m for m in others if m.attached]
    if attached and (
        len(going) >= madefiles.MAX_ATTACHED or sum(len(m.content) for m in going) + size > madefiles.MAX_ATTACHED_BYTES
    ):
        raise ToolFailed(
            f"{madefiles.MAX_ATTACHED} files may go out with the answer, {madefiles.MAX_ATTACHED_BYTES // 1024**2} MB together; "
            "write this one with attach false"
        )


def _name(file: WorkspaceFile) -> str:
    return file.path.rpartition("/")[2]


def _older_name(file: WorkspaceFile) -> str:
    return f"threads/{file.thread_id}/{file.path}"


def _part_name(part: Part) -> str:
    return workspaces.safe_name(part.filename or "", part.media_type)


def _shown(name: str) -> str:
    return repr(" ".join(name.split())[:100])
