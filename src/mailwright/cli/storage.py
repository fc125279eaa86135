"""`mailwright storage`: attachments in workspaces, with their versions; and whether everything kept is there."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.installation import DataOption, opened
from mailwright.cli.lookup import checked_id
from mailwright.cli.terminal import answer, group, note, read_json, say
from mailwright.domain.refusals import BadInput, NotFound

if TYPE_CHECKING:
    from mailwright.core import Core
    from mailwright.core.reconciling import Outcome, Told
    from mailwright.core.workspaces import NewFile
    from mailwright.storage import Tx
    from mailwright.storage.accounts import Account
    from mailwright.storage.workspaces import WorkspaceFile

commands = group("storage", "What is kept: attachments of workspaces, and whether every message has its octets.")

TELL_SECONDS = 2.0  # between two lines of progress


@commands.command("attachments")
def attachments(
    thread_id: Annotated[str, typer.Option(help="The thread they belong to.")],
    attachments_json: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="A list of {filename, contentType, content (base64)}, or Postmark's; - is standard input.",
        ),
    ],
    user: Annotated[str, typer.Option(help="Whose workspace; needed when the thread is new to us.")] = "",
    message_id: Annotated[
        str, typer.Option(help="The message they came with: the same one again keeps nothing twice.")
    ] = "",
    data: DataOption = None,
) -> None:
    """Keep attachments in a thread's folder: report.pdf, then report_v1.pdf, report_v2.pdf."""
    files = _files(read_json(attachments_json))
    for given, what in ((thread_id, "thread"), (message_id, "message")):
        if given:
            checked_id(given, what)
    with opened(data) as core:
        from mailwright.core import workspaces
        from mailwright.domain import clock
        from mailwright.domain.ids import new_id
        from mailwright.storage import workspaces as rows

        owner = core.database.read_now(lambda tx: _owner(tx, thread_id, user))
        kept = workspaces.bounded(files)
        staged = [(file, core.blobs.stage_now(owner.tenant_id, file.content, kind="bin")) for file in kept]

        def write(tx: Tx) -> list[WorkspaceFile]:
            workspace = rows.ensure(tx, owner.tenant_id, owner.id, clock.now())
            return workspaces.add_attachments(tx, core, workspace, thread_id, message_id or new_id(), staged)

        added = core.database.write_now(write)
    answer(
        {
            "thread_id": thread_id,
            "user_id": owner.id,
            "files": [described(owner.id, file) for file in added],
            "versions": {file.path: file.version for file in added},
            "too_large": [file.name for file in files if file not in kept],
        }
    )


@commands.command("check")
def check(
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended. Removes nothing.")] = False,
    deep: Annotated[bool, typer.Option("--deep", help="Read every message, not only some.")] = False,
    tenant: Annotated[str, typer.Option(metavar="NAME", help="Only this tenant's messages.")] = "",
    backup: Annotated[
        str, typer.Option("--from", metavar="PLACE", help="Copies under the same keys: a folder, or s3:// or az://.")
    ] = "",
    after: Annotated[str, typer.Option(metavar="ID", help="Go on behind this one: what the progress told last.")] = "",
    let_collect: Annotated[
        bool, typer.Option("--let-collect", help="After a restore that was right: remove what nobody names again.")
    ] = False,
    per_second: Annotated[int, typer.Option(min=0, help="Look at so many messages a second; 0 is no limit.")] = 0,
    data: DataOption = None,
) -> None:
    """Compare rows with what is kept outside the database. Status 1 when something is missing or damaged."""
    import asyncio

    from mailwright.cli.installation import settings_of
    from mailwright.core import reconciling
    from mailwright.storage import retention as policies
    from mailwright.storage.blobs import open_outside
    from mailwright.stores import object_options

    settings = settings_of(data)
    if after:
        checked_id(after, "message")
    place = f"file://{Path(backup).absolute()}" if backup and "://" not in backup else backup
    with opened(data) as core:
        if let_collect:
            core.database.write_now(lambda tx: policies.spare(tx, 0))
        options = reconciling.Options(
            sample=1.0 if deep else settings.reconcile_sample,
            repair=repair,
            tenant_id=_tenant_id(core, tenant) if tenant else None,
            per_second=per_second or None,
            backup=open_outside(place, object_options(settings)) if place else None,
        )
        outcome = asyncio.run(reconciling.reconcile(core, options, after=after or policies.START, told=_teller()))
    answer(outcome.as_json())
    if outcome.open.get("missing") or outcome.open.get("damaged") or outcome.unreadable:
        raise typer.Exit(1)


@commands.command("claim")
def claim(
    address: Annotated[
        str, typer.Argument(help="A former place, which is only read until then; else the one that is written to.")
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Even though another installation was at work there a moment ago.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Say that the place of large messages is this installation's: it was recovered, or takes the place of another."""
    from mailwright.core import retention

    with opened(data) as core:
        found = retention.claim(core, address, force=force)
    for place, was in found.items():
        say(f"{place} {'is' if was == 'ours' else f'was {was}, and is'} this installation's")
    if set(found.values()) & {"another's", "contested"}:
        note("what nobody names there stays for a week; when all is well: mailwright storage check --let-collect")


def _tenant_id(core: Core, name: str) -> str:
    from mailwright.storage import domains

    found = core.database.read_now(lambda tx: domains.tenant_named(tx, name))
    if found is None:
        raise NotFound(f"there is no tenant {name}")
    return found


def _teller() -> Told:
    """Tells how far it came, now and then, and where to go on."""
    last = time.monotonic()

    def tell(place: str, outcome: Outcome) -> None:
        nonlocal last
        if time.monotonic() - last >= TELL_SECONDS:
            last = time.monotonic()
            note(
                f"{outcome.looked_at} looked at, {outcome.missing} missing, {outcome.damaged} damaged; --after {place}"
            )

    return tell


def described(user_id: str, file: WorkspaceFile) -> dict[str, Any]:
    """A file of a workspace as JSON."""
    from mailwright.core import workspaces

    return {
        "path": workspaces.logical_path(user_id, file),
        "original_name": file.original_name,
        "version": file.version,
        "content_type": file.content_type,
        "size": file.size,
        "blob_id": file.blob_id,
    }


def _files(value: Any) -> list[NewFile]:
    from mailwright.codecs import mailhook
    from mailwright.core.workspaces import NewFile

    entries = value.get("attachments", value.get("Attachments")) if isinstance(value, dict) else value
    if not isinstance(entries, list):
        raise BadInput("the attachments should be a list")
    found = []
    for index, entry in enumerate(entries):
        where = f"attachments[{index}]"
        if not isinstance(entry, dict):
            raise BadInput(f"{where} should be an object")
        texts = [
            next((entry[name] for name in names if entry.get(name) is not None), "")
            for names in (
                ("filename", "name", "Name"),
                ("contentType", "content_type", "ContentType"),
                ("content", "Content"),
            )
        ]
        if not all(isinstance(text, str) for text in texts):
            raise BadInput(f"{where}: filename, contentType and content should be texts")
        read = mailhook.attachment(where, *texts)
        found.append(NewFile(index, read.filename or "", read.media_type, read.content))
    return found


def _owner(tx: Tx, thread_id: str, user: str) -> Account:
    """Whose workspace: the named one, else the one that has files of the thread, else whose mail the thread is."""
    from mailwright.core import accounts
    from mailwright.storage import accounts as people
    from mailwright.storage import threads

    if user:
        return accounts.find(tx, user)
    for user_id in (*threads.workers_on(tx, thread_id), *threads.owners(tx, thread_id)):
        owner = people.by_id(tx, user_id)
        if owner is not None:
            return owner
    raise NotFound(f"nobody has a thread {thread_id}: give --user")
