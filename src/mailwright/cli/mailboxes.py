"""`mailwright mailbox`: what is in somebody's mailboxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.terminal import answer, group, say, show
from mailwright.domain.clock import to_iso
from mailwright.domain.refusals import NotFound

if TYPE_CHECKING:
    from mailwright.core import Core
    from mailwright.storage.mailboxes import Mailbox
    from mailwright.storage.messages import StoredMessage

commands = group("mailbox", "Mailboxes and the messages in them.")


@commands.command("list")
def list_(
    email: Annotated[str, typer.Argument(help="Whose.")], data: DataOption = None, json: JsonOption = False
) -> None:
    """Show somebody's mailboxes."""
    with opened(data) as core:
        found = core.database.read_now(lambda tx: _mailboxes(tx, email))
    if json:
        answer(
            [
                {"id": m.id, "name": m.name, "role": m.role, "total": m.total, "unseen": m.unseen, "uidnext": m.uidnext}
                for m in found
            ]
        )
        return
    show(["mailbox", "messages", "unseen"], [(m.name, m.total, m.unseen) for m in found], empty="There is no mailbox.")


@commands.command("show")
def show_(
    email: Annotated[str, typer.Argument(help="Whose.")],
    mailbox: Annotated[str, typer.Argument(help="Which: its name or role.")] = "INBOX",
    message: Annotated[str, typer.Option(help="One message, by its id or uid: its text as well.")] = "",
    raw: Annotated[bool, typer.Option("--raw", help="With --message: the message as it was received.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The newest so many.")] = 20,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show a mailbox: the newest message with its text, and a list; or one message."""
    with opened(data) as core:
        from mailwright.storage import messages as rows

        box = core.database.read_now(lambda tx: _named(_mailboxes(tx, email), mailbox))
        if message:
            listed = core.database.read_now(lambda tx: rows.in_mailbox(tx, box.id, 100_000))
            wanted = [m for m in listed if message in (m.id, str(m.uid), m.message_id)]
            if not wanted:
                raise NotFound(f"there is no message {message} in {box.name}")
            if raw:
                typer.echo(core.blobs.read_now(wanted[0].blob_id), nl=False)
                return
            full = _told(core, wanted[0])
            _print_one(full, json=json)
            return
        found = core.database.read_now(lambda tx: rows.in_mailbox(tx, box.id, limit))
        newest = _told(core, found[0]) if found and not json else None
    if json:
        answer([_described(m) for m in found])
        return
    if newest is not None:
        _print_one(newest, json=False)
        say("")
    show(
        ["uid", "received", "from", "subject"],
        [(m.uid, to_iso(m.received_at)[:16].replace("T", " "), m.sender, m.subject) for m in found],
        empty=f"{box.name} of {email} is empty.",
    )


def _mailboxes(tx: Any, email: str) -> list[Mailbox]:
    from mailwright.core import accounts
    from mailwright.storage import mailboxes as rows

    return rows.of_user(tx, accounts.find(tx, email).id)


def _named(found: list[Mailbox], name: str) -> Mailbox:
    for each in found:
        if name.lower() in (each.name.lower(), each.role):
            return each
    raise NotFound(f"there is no mailbox {name}; there are {', '.join(each.name for each in found)}")


def _described(message: StoredMessage) -> dict[str, Any]:
    return {
        "id": message.id,
        "uid": message.uid,
        "thread_id": message.thread_id,
        "message_id": message.message_id,
        "from": message.headers["from"],
        "to": message.headers["to"],
        "subject": message.subject,
        "in_reply_to": message.headers["in_reply_to"],
        "references": message.headers["references"],
        "preview": message.preview,
        "flags": [flag.name for flag in message.flags if flag.name],
        "keywords": [*message.keywords],
        "attachments": message.attachments,
        "size": message.size,
        "origin": message.origin.value,
        "correlation_id": message.correlation_id,
        "received_at": to_iso(message.received_at),
    }


def _told(core: Core, message: StoredMessage) -> dict[str, Any]:
    from mailwright.codecs import mime

    raw = core.blobs.read_now(message.blob_id)
    parsed = mime.parse(raw)
    files = [{"filename": part.filename, "type": part.media_type, "size": part.size} for part in parsed.attachments]
    return _described(message) | {"text": mime.body_text(raw, parsed), "files": files}


def _print_one(message: dict[str, Any], *, json: bool) -> None:
    if json:
        answer(message)
        return
    for field in ("from", "to"):
        people = [f"{name} <{address}>" if name else address for name, address in message[field]]
        say(f"{field.capitalize() + ':':9}{', '.join(people)}")
    say(f"{'Subject:':9}{message['subject']}")
    say(f"{'Received:':9} {message['received_at']}")
    for file in message["files"]:
        say(f"{'File:':9}{file['filename'] or file['type']} ({file['size']} bytes)")
    say("")
    say(message["text"].rstrip())
