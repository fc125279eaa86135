"""Workspaces: for each person a folder of each thread, with its history as Markdown and its attachments.

    workspace/{user}/threads/{thread}/thread.md            rebuilt from the thread's messages whenever one comes
    workspace/{user}/threads/{thread}/attachments/…        report.pdf, then report_v1.pdf, report_v2.pdf
    workspace/{user}/threads/{thread}/files/…              what an agent made for itself and did not send: core/madefiles.py
    workspace/{user}/current/…                             the latest thread, a view and no copy

Called by the employee's gather step, the command line (`workspace update`, `storage attachments`) and later the dashboard.
Expects: the messages of the thread that this person may see; whom that concerns is decided by the caller.
Promises: keeping the same message twice changes nothing; a name from a mail never becomes a path; sizes are bounded.
Does not: read the attachments' contents, or decide who may look into a workspace.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.core import Core
from mailwright.domain import clock
from mailwright.domain.clock import Instant
from mailwright.domain.events import BLOB_RELEASED
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import NotFound
from mailwright.storage import StoredBlob, Tx, events
from mailwright.storage import workspaces as rows
from mailwright.storage.workspaces import Workspace, WorkspaceFile

MAX_NAME = 120  # characters of a file name: with a version and in UTF-8 it stays below the 255 octets file systems take
MAX_FILES_PER_MESSAGE = 100
MAX_FILE_BYTES = 25 * 1024 * 1024
MAX_MESSAGE_BYTES = 50 * 1024 * 1024  # of all files of one message together: what a message may have at most
MAX_ENTRY_CHARACTERS = 64 * 1024  # of one message in thread.md
MAX_THREAD_CHARACTERS = 1024 * 1024  # of thread.md; the oldest messages are left out first, and it says so
THREAD_FILE = "thread.md"
FOLDER = "attachments"

_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\..*)?", re.IGNORECASE)
_HEADING = re.compile(r"^(?=[ \t]{0,3}(?:#|=+[ \t]*$|-+[ \t]*$))[ \t]{0,3}", re.MULTILINE)
_EXTENSION = re.compile(r"(?:\.tar)?\.[A-Za-z0-9]{1,10}\Z")
_KNOWN_EXTENSIONS = {
    "text/plain": ".txt",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/calendar": ".ics",
    "application/json": ".json",
    "application/pdf": ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "message/rfc822": ".eml",
}


@dataclass(frozen=True, slots=True)
class NewFile:
    """An attachment to keep: `part` is its number in the message, `content` its decoded bytes."""

    part: int
    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a thread, as thread.md tells it. `text` is what was new in it."""

    message_id: str
    sender: str
    at: Instant
    subject: str
    text: str
    forwarded: str = ""
    attachments: tuple[str, ...] = ()


async def keep(
    core: Core,
    *,
    tenant_id: str,
    user_id: str,
    thread_id: str,
    message_id: str,
    files: Sequence[NewFile],
    entries: Sequence[Entry],
) -> list[WorkspaceFile]:
    """Keep a message's attachments and write the thread's history anew; `current/` shows this thread from now on.

    `message_id` is ours (a row's). Returns the thread's files. Raises TryLater.
    """
    staged: list[tuple[NewFile, StoredBlob]] = []
    known = await core.read(lambda tx: kept_parts(tx, user_id, thread_id, message_id))
    for file in bounded(files):
        if file.part not in known:
            staged.append((file, await core.blobs.stage(tenant_id, file.content, kind="bin")))
    history = render_thread(entries).encode()
    history_blob = await core.blobs.stage(tenant_id, history, kind="md")

    def write(tx: Tx) -> list[WorkspaceFile]:
        tx.lock(f"workspace {user_id}")  # two mails of one person at once must not choose the same name for their files
        workspace = rows.ensure(tx, tenant_id, user_id, clock.now())
        add_attachments(tx, core, workspace, thread_id, message_id, staged)
        _write_history(tx, core, workspace, thread_id, history_blob)
        if workspace.current_thread_id != thread_id:
            rows.set_current(tx, workspace.id, thread_id, clock.now())
        return rows.files(tx, workspace.id, thread_id)

    return await core.write(write)


def add_attachments(
    tx: Tx,
    core: Core,
    workspace: Workspace,
    thread_id: str,
    message_id: str,
    staged: Sequence[tuple[NewFile, StoredBlob]],
) -> list[WorkspaceFile]:
    """Name staged attachments, each under a path that is free; a part of the message that is kept already is passed over."""
    there = rows.files(tx, workspace.id, thread_id)
    kept = {file.part for file in there if file.message_id == message_id}
    taken = taken_names(there)
    added: list[WorkspaceFile] = []
    for file, blob in staged:
        if file.part in kept:
            continue
        original = safe_name(file.name, file.content_type)
        version, path = free_path(original, there + added, taken)
        taken.add(path.rpartition("/")[2].casefold())
        core.blobs.put(tx, blob)
        row = WorkspaceFile(
            id=new_id(),
            thread_id=thread_id,
            path=path,
            original_name=original,
            version=version,
            content_type=file.content_type[:200],
            size=len(file.content),
            blob_id=blob.id,
            message_id=message_id,
            part=file.part,
            created_at=clock.now(),
        )
        rows.add_file(tx, workspace.id, row)
        added.append(row)
    return added


def kept_parts(tx: Tx, user_id: str, thread_id: str, message_id: str) -> set[int]:
    """Which parts of a message are in the thread's folder already."""
    workspace = rows.of_user(tx, user_id)
    if workspace is None:
        return set()
    return {file.part for file in rows.files(tx, workspace.id, thread_id) if file.message_id == message_id}


def files_of(tx: Tx, user_id: str, thread_id: str) -> list[WorkspaceFile]:
    """The files of a thread, by path; none when there is no workspace yet."""
    workspace = rows.of_user(tx, user_id)
    return rows.files(tx, workspace.id, thread_id) if workspace else []


def others_of(tx: Tx, user_id: str, thread_id: str, limit: int) -> list[WorkspaceFile]:
    """The files of a person's other threads, the latest threads first, without their histories; at most `limit`."""
    workspace = rows.of_user(tx, user_id)
    found: list[WorkspaceFile] = []
    if workspace is None:
        return found
    for thread in rows.threads(tx, workspace.id):
        if thread != thread_id and len(found) < limit:
            found += [file for file in rows.files(tx, workspace.id, thread) if file.path != THREAD_FILE]
    return found[:limit]


def listing(tx: Tx, user_id: str) -> dict[str, WorkspaceFile]:
    """Every file under its logical path, `current/` included. Raises NotFound when the person has no workspace."""
    workspace = rows.of_user(tx, user_id)
    if workspace is None:
        raise NotFound("there is no workspace for this person yet")
    found: dict[str, WorkspaceFile] = {}
    for thread_id in rows.threads(tx, workspace.id):
        for file in rows.files(tx, workspace.id, thread_id):
            found[logical_path(user_id, file)] = file
            if thread_id == workspace.current_thread_id:
                found[current_path(user_id, file)] = file
    return dict(sorted(found.items()))


def logical_path(user_id: str, file: WorkspaceFile) -> str:
    """Where a file is, for people and tools: `workspace/{user}/threads/{thread}/attachments/report.pdf`."""
    return f"workspace/{user_id}/threads/{file.thread_id}/{file.path}"


def current_path(user_id: str, file: WorkspaceFile) -> str:
    """Where a file of the latest thread also is: `workspace/{user}/current/…`."""
    return f"workspace/{user_id}/current/{file.path}"


def bounded(files: Sequence[NewFile]) -> list[NewFile]:
    """Those that may be kept: the first ones, none too large, all together within the limit."""
    kept: list[NewFile] = []
    room = MAX_MESSAGE_BYTES
    for file in files[:MAX_FILES_PER_MESSAGE]:
        if len(file.content) <= min(MAX_FILE_BYTES, room):
            kept.append(file)
            room -= len(file.content)
    return kept


def safe_name(name: str, content_type: str = "") -> str:
    """A file name that is only a name, on every system: no path, control or reserved character, no hidden or device file.

    Unicode stays, in normal form C; what has no name gets one from its type.
    """
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    base = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in base)
    base = _FORBIDDEN.sub("_", base)
    base = " ".join(base.split()).strip(" .")
    if not base:
        base = "attachment" + _KNOWN_EXTENSIONS.get(content_type.lower(), "")
    if _DEVICES.fullmatch(base):
        base = f"_{base}"
    stem, extension = _stem(base)
    while len((stem + extension).encode()) > MAX_NAME * 2 or len(stem + extension) > MAX_NAME:
        stem = stem[:-1]
    return stem.rstrip(" .") + extension


def render_thread(entries: Sequence[Entry]) -> str:
    """The history as Markdown, oldest first: the same entries give the same text."""
    titles = [entry.subject for entry in entries if entry.subject.strip()]
    head = f"# {_one_line(titles[0]) if titles else '(no subject)'}\n"
    sections: list[str] = []
    room, left_out = MAX_THREAD_CHARACTERS, 0
    for position, entry in enumerate(reversed(entries)):
        section = _section(entry)
        if len(section) > room:
            left_out = len(entries) - position
            break
        room -= len(section)
        sections.append(section)
    if left_out:
        sections.append(f"\n*{left_out} earlier messages are left out here.*\n")
    return head + "".join(reversed(sections))


def _section(entry: Entry) -> str:
    when = f"{clock.to_datetime(entry.at):%Y-%m-%d %H:%M} UTC"
    out = [f"\n## {when} · {_one_line(entry.sender)}\n"]
    if entry.subject.strip():
        out.append(f"\n**{_one_line(entry.subject)}**\n")
    text = entry.text.strip("\n")
    if text.strip():
        out.append(f"\n{_no_heading(_shortened(text))}\n")
    if entry.forwarded.strip():
        quoted = "\n".join(f"> {line}".rstrip() for line in _shortened(entry.forwarded.strip("\n")).split("\n"))
        out.append(f"\nForwarded:\n\n{quoted}\n")
    if entry.attachments:
        out.append("\nAttachments:\n\n" + "".join(f"- {_one_line(each)}\n" for each in entry.attachments))
    return "".join(out)


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_ENTRY_CHARACTERS else text[:MAX_ENTRY_CHARACTERS] + "\n… (shortened)"


def _no_heading(text: str) -> str:
    """Headings tell the messages apart: a mail that brings its own could pretend to be a message of somebody else's."""
    return _HEADING.sub(r"\\\g<0>", text)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]


def _write_history(tx: Tx, core: Core, workspace: Workspace, thread_id: str, blob: StoredBlob) -> None:
    """thread.md gets a new blob when its text has changed; the old one is told to be free."""
    old = next((f for f in rows.files(tx, workspace.id, thread_id) if f.path == THREAD_FILE), None)
    if old is not None and rows.checksum(tx, old.blob_id) == blob.checksum:
        return
    core.blobs.put(tx, blob)
    if old is not None:
        rows.point(tx, old.id, blob.id, blob.size, clock.now())
        events.append(tx, BLOB_RELEASED, old.blob_id, {"blob_id": old.blob_id, "tenant_id": workspace.tenant_id})
        return
    row = WorkspaceFile(
        id=new_id(),
        thread_id=thread_id,
        path=THREAD_FILE,
        original_name=THREAD_FILE,
        version=0,
        content_type="text/markdown",
        size=blob.size,
        blob_id=blob.id,
        message_id=None,
        part=0,
        created_at=clock.now(),
    )
    rows.add_file(tx, workspace.id, row)


def taken_names(there: Sequence[WorkspaceFile]) -> set[str]:
    """The names that are in use in a thread's folder, whichever part of it they are in: people and tools go by the name."""
    return {file.path.rpartition("/")[2].casefold() for file in there if file.path != THREAD_FILE}


def free_path(
    original: str, there: Sequence[WorkspaceFile], taken: set[str], *, folder: str = FOLDER
) -> tuple[int, str]:
    """`report.pdf` as version 0, then `report_v1.pdf` and on: one more than the highest version of this name, if free."""
    versions = [file.version for file in there if file.original_name.casefold() == original.casefold()]
    version = max(versions, default=-1) + 1
    stem, extension = _stem(original)
    while True:
        name = original if version == 0 else f"{stem}_v{version}{extension}"
        if name.casefold() not in taken:
            return version, f"{folder}/{name}"
        version += 1


def _stem(name: str) -> tuple[str, str]:
    found = _EXTENSION.search(name)
    if found is None or found.start() == 0:
        return name, ""
    return name[: found.start()], found[0]
