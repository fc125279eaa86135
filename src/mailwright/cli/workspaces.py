"""`mailwright workspace`: the folders agents work in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.lookup import message_named
from mailwright.cli.storage import described
from mailwright.cli.terminal import answer, group, show
from mailwright.domain.refusals import BadInput, NotFound

if TYPE_CHECKING:
    from mailwright.core import Core
    from mailwright.core.workspaces import Entry, NewFile
    from mailwright.storage import Tx
    from mailwright.storage.accounts import Account
    from mailwright.storage.messages import StoredMessage
    from mailwright.storage.workspaces import WorkspaceFile

commands = group("workspace", "Workspaces: thread.md and the attachments of a person's threads.")


@commands.command("update")
def update(
    message_id: Annotated[str, typer.Option(help="The message: its id or Message-ID.")],
    thread_id: Annotated[str, typer.Option(help="Its thread; checked when given.")] = "",
    data: DataOption = None,
) -> None:
    """Keep a message's attachments, write thread.md anew, and let current/ show the thread."""
    import asyncio

    with opened(data) as core:
        message, person, thread = core.database.write_now(lambda tx: _found(tx, message_id))
        if thread_id and thread_id != message.thread_id:
            raise BadInput(f"message {message_id} is in thread {message.thread_id}, not in {thread_id}")
        files, entries = _read(core, message, thread)
        kept = asyncio.run(_keep(core, message, person, files, entries))
        from mailwright.core import workspaces

        text = core.blobs.read_now(next(file.blob_id for file in kept if file.path == workspaces.THREAD_FILE)).decode()
    answer(
        {
            "user_id": person.id,
            "user": person.email,
            "thread_id": message.thread_id,
            "thread_md": text,
            "files": [described(person.id, file) for file in kept],
            "current": [workspaces.current_path(person.id, file) for file in kept],
        }
    )


@commands.command("list")
def list_(email: str, data: DataOption = None, json: JsonOption = False) -> None:
    """Show every file of a person's workspace."""
    with opened(data) as core:
        from mailwright.core import workspaces
        from mailwright.storage import accounts as people

        def read(tx: Tx) -> dict[str, WorkspaceFile]:
            owner = next((each for each in people.listing(tx) if each.email == email.lower()), None)
            if owner is None:
                raise NotFound(f"there is no user {email}")
            return workspaces.listing(tx, owner.id)

        found = core.database.read_now(read)
    if json:
        answer([{"path": path, "size": file.size, "version": file.version} for path, file in found.items()])
    else:
        show(["path", "bytes"], [(path, file.size) for path, file in found.items()], empty="The workspace is empty.")


def _found(tx: Tx, name: str) -> tuple[StoredMessage, Account, list[StoredMessage]]:
    """The message, the person whose workspace it belongs to, and what that person may see of its thread."""
    from mailwright.agents.employee.facts import correspondent_of
    from mailwright.core import messages
    from mailwright.storage import accounts as people

    message = message_named(tx, name)
    owner = people.by_id(tx, message.user_id)
    thread = messages.in_thread(tx, message.thread_id, message.user_id)
    if owner is not None and owner.role != "agent":
        return message, owner, thread
    person = correspondent_of(tx, message).person
    if owner is None or person is None:
        raise NotFound(f"message {name} came from nobody who has a workspace: its sender is not known for certain")
    # Of an agent's thread a person sees what they wrote and what was written to them; others may be in it too.
    return message, person, [each for each in thread if person.email in _between(each, owner)]


def _between(message: StoredMessage, agent: Account) -> set[str]:
    from mailwright.domain.addresses import Address
    from mailwright.domain.refusals import BadAddress

    listed = [message.sender]
    if message.sender.lower() == agent.email:
        listed += [address for _, address in (*message.headers.get("to", ()), *message.headers.get("cc", ()))]
    keys = set()
    for each in listed:
        try:
            keys.add(Address.parse(each).key)
        except BadAddress:
            continue
    return keys


def _read(core: Core, message: StoredMessage, thread: list[StoredMessage]) -> tuple[tuple[NewFile, ...], list[Entry]]:
    from mailwright.agents.employee import contents
    from mailwright.core.workspaces import Entry

    files: tuple[NewFile, ...] = ()
    entries = []
    for each in thread:
        read = contents.read(core.blobs.read_now(each.blob_id), with_files=each.id == message.id)
        files = read.files if each.id == message.id else files
        name = next((name for name, address in each.headers.get("from", ()) if address), "")
        sender = f"{name} <{each.sender}>" if name else each.sender
        names = tuple(f"{one.name} ({one.type}, {one.size} bytes)" for one in read.attachments)
        entries.append(
            Entry(each.id, sender, each.received_at, each.subject, read.split.new, read.split.forwarded, names)
        )
    return files, entries


async def _keep(
    core: Core, message: StoredMessage, person: Account, files: tuple[NewFile, ...], entries: list[Entry]
) -> list[WorkspaceFile]:
    from mailwright.core import workspaces

    return await workspaces.keep(
        core,
        tenant_id=person.tenant_id,
        user_id=person.id,
        thread_id=message.thread_id,
        message_id=message.id,
        files=files,
        entries=entries,
    )
