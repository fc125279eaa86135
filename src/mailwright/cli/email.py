"""`mailwright email`: read a message, find its thread, send one."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.installation import DataOption, is_served, opened
from mailwright.cli.lookup import is_id
from mailwright.cli.terminal import answer, fail, group, note, read_input, read_object, text_of
from mailwright.domain.clock import now, to_iso
from mailwright.domain.refusals import BadInput, NotFound

if TYPE_CHECKING:
    from mailwright.codecs import mime
    from mailwright.codecs.mailhook import HookMessage
    from mailwright.core import Core
    from mailwright.storage import Tx

commands = group("email", "Messages: read one, find its thread, send one. JSON out.")

_FILE = "a file, or - for standard input"
WAIT_SECONDS = 60

PostmarkOption = Annotated[str, typer.Option("--postmark-json", metavar="FILE", help=f"Postmark's JSON: {_FILE}.")]
HookOption = Annotated[str, typer.Option("--hook-json", metavar="FILE", help=f"The JSON of /webhook/email: {_FILE}.")]
RawOption = Annotated[str, typer.Option("--raw", metavar="FILE", help=f"A message (RFC 5322): {_FILE}.")]


@commands.command("parse")
def parse(postmark_json: PostmarkOption = "", hook_json: HookOption = "", raw: RawOption = "") -> None:
    """Read a message and show everything that was found in it."""
    handed, octets = given_message(postmark_json, hook_json, raw)
    from mailwright.codecs import mime

    answer(described(octets, mime.parse(octets), handed))


@commands.command("thread")
def thread(
    message_id: Annotated[str, typer.Option(help="The Message-ID (<…>) or id of a message we have.")] = "",
    headers_json: Annotated[
        str, typer.Option(metavar="FILE", help=f"message_id, in_reply_to, references as JSON: {_FILE}.")
    ] = "",
    raw: RawOption = "",
    user: Annotated[str, typer.Option(help="Whose thread; needed when several people have the message.")] = "",
    data: DataOption = None,
) -> None:
    """The thread a message belongs to: by In-Reply-To, then References, then itself; never by subject."""
    if [bool(message_id), bool(headers_json), bool(raw)].count(True) != 1:
        raise BadInput("give one of --message-id, --headers-json and --raw")
    ids = _given_ids(headers_json, raw) if not message_id else {}
    with opened(data) as core:
        found = core.database.read_now(
            lambda tx: _known_thread(tx, message_id, user) if message_id else _thread_of_headers(tx, ids, user)
        )
    answer(found)


@commands.command("send")
def send(
    to: Annotated[list[str] | None, typer.Option(help="A recipient; may be given several times.")] = None,
    subject: Annotated[str, typer.Option(help="The subject.")] = "",
    body: Annotated[str, typer.Option("--body", "--text", help="The text; - reads it from standard input.")] = "",
    sender: Annotated[
        str, typer.Option("--from", help="One of our users; the first administrator when not given.")
    ] = "",
    attach: Annotated[list[Path] | None, typer.Option(help="A file to go with it; may be given several times.")] = None,
    in_reply_to: Annotated[str, typer.Option(help="The Message-ID it answers.")] = "",
    json_file: Annotated[
        str, typer.Option("--json", metavar="FILE", help=f"to, subject, body, from, attach as JSON: {_FILE}.")
    ] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Show the steps and the answer as they come.")] = False,
    timeout: Annotated[float, typer.Option(help="With --wait: seconds.")] = WAIT_SECONDS,
    data: DataOption = None,
) -> None:
    """Send a message as one of our users, through the outbox: it is on its way when this returns."""
    import asyncio

    wanted: dict[str, Any] = read_object(json_file) if json_file else {}
    recipients = [*(to or []), *_listed(wanted, "to")]
    files = [*(attach or []), *map(Path, _listed(wanted, "attach"))]
    subject, sender = subject or text_of(wanted, "subject"), sender or text_of(wanted, "from")
    body = body or text_of(wanted, "body")
    if not recipients:
        raise BadInput("there is no recipient: --to")
    if body == "-":
        body = read_input("-").decode("utf-8", "replace")
    with opened(data) as core:
        sent = asyncio.run(
            submit(
                core,
                sender,
                recipients,
                subject,
                body,
                files,
                in_reply_to=in_reply_to or text_of(wanted, "in_reply_to"),
            )
        )
        if not wait:
            answer(sent)
            _note_idle(data)
            return
        from mailwright.cli.watching import follow

        _note_idle(data)
        reply = asyncio.run(follow(core, sent["message_id"], sent["from"], recipients, note, seconds=timeout))
        if reply is None:
            answer(sent | {"reply": None})
            fail(f"no answer came within {timeout:g} s")
        answer(sent | {"reply": reply})


@commands.command("unsend")
def unsend(
    message_id: Annotated[str, typer.Argument(help="The Message-ID (<…>) it was sent with.")],
    sender: Annotated[str, typer.Option("--from", help="Who sent it; the first administrator when not given.")] = "",
    data: DataOption = None,
) -> None:
    """Take back what has not left of a message; what nobody got is a draft again."""
    import asyncio

    field = message_id if message_id.startswith("<") else f"<{message_id}>"
    with opened(data) as core:
        from mailwright.core import submission

        account = core.database.read_now(lambda tx: _account(tx, sender))
        taken_back = asyncio.run(submission.undo(core, account, field))
    answer({"message_id": field, "from": account.email, "taken_back": taken_back})


async def submit(
    core: Core, sender: str, recipients: list[str], subject: str, body: str, files: list[Path], *, in_reply_to: str = ""
) -> dict[str, Any]:
    """Compose a message and submit it as `sender`, an account of ours. Raises what `core.submission.submit` raises."""
    from mailwright.codecs import mime
    from mailwright.core import submission
    from mailwright.domain.addresses import Address
    from mailwright.domain.envelope import Channel, Envelope
    from mailwright.domain.ids import new_id

    account = await core.read(lambda tx: _account(tx, sender))
    addresses = tuple(dict.fromkeys(Address.parse(each) for each in recipients))
    message_id = f"<{new_id()}@{core.settings.hostname}>"
    moment = now()
    raw = mime.compose(
        from_=mime.Mailbox(account.display_name, account.email),
        to=[mime.Mailbox("", str(each)) for each in addresses],
        subject=subject,
        text=body,
        attachments=[_attachment(path) for path in files],
        message_id=message_id,
        date=moment,
        in_reply_to=in_reply_to or None,
        references=[in_reply_to] if in_reply_to else [],
    )
    correlation_id = new_id()
    envelope = Envelope(
        channel=Channel.SUBMISSION,
        sender=Address.parse(account.email),
        recipients=addresses,
        received_at=moment,
        correlation_id=correlation_id,
        client="[127.0.0.1]",
        protocol="local",
    )
    receipt = await submission.submit(core, account, envelope, raw)
    return {
        "status": "queued",
        "message_id": message_id,
        "from": account.email,
        "to": [str(outcome.recipient) for outcome in receipt.outcomes],
        "subject": subject,
        "size": len(raw),
        "correlation_id": correlation_id,
    }


def given_message(postmark_json: str, hook_json: str, raw: str) -> tuple[HookMessage | None, bytes]:
    """The one message that was given: as a hook's message too when it came as JSON. Raises BadInput."""
    if [bool(postmark_json), bool(hook_json), bool(raw)].count(True) != 1:
        raise BadInput("give one of --postmark-json, --hook-json and --raw")
    if raw:
        return None, read_input(raw)
    from mailwright.codecs import mailhook, postmark

    read = postmark.to_message if postmark_json else mailhook.to_message
    handed = read(read_object(postmark_json or hook_json))
    return handed, handed.raw


def described(raw: bytes, parsed: mime.Parsed, handed: HookMessage | None = None) -> dict[str, Any]:
    """A message as JSON, the same whatever it came as."""
    from mailwright.codecs import mime

    html = mime.body_html(raw, parsed)
    found: dict[str, Any] = {
        "message_id": parsed.message_id,
        "in_reply_to": [*parsed.in_reply_to],
        "references": [*parsed.references],
        "from": _people(parsed.from_),
        "sender": _people(parsed.sender),
        "reply_to": _people(parsed.reply_to),
        "to": _people(parsed.to),
        "cc": _people(parsed.cc),
        "subject": parsed.subject,
        "date": None if parsed.date is None else to_iso(parsed.date),
        "text": mime.body_text(raw, parsed),
        "html": html or None,
        "preview": parsed.preview,
        "automatic": mime.is_automatic(parsed.header),
        "attachments": [
            {
                "part": part.number,
                "filename": part.filename,
                "content_type": part.media_type,
                "size": len(mime.decode_body(raw, part)),
                "inline": part.disposition == "inline",
            }
            for part in parsed.attachments
        ],
        "hops": parsed.hops,
        "defects": [*parsed.defects],
        "size": len(raw),
    }
    if handed is not None:
        found |= {
            "provider_id": handed.provider_id,
            "envelope": {"from": str(handed.sender), "to": [str(each) for each in handed.recipients]},
        }
    return found


def _people(mailboxes: Any) -> list[dict[str, str]]:
    return [{"name": each.name, "address": each.address} for each in mailboxes]


def _account(tx: Tx, sender: str) -> Any:
    from mailwright.core import accounts
    from mailwright.storage import accounts as rows

    if sender:
        return accounts.find(tx, sender)
    admin = next((each for each in rows.listing(tx) if each.role == "admin"), None)
    if admin is None:
        raise NotFound("there is no administrator to send as: give --from")
    return admin


def _attachment(path: Path) -> mime.Attachment:
    from mailwright.codecs import mime

    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return mime.Attachment(path.name, read_input(str(path)), kind)


def _listed(wanted: dict[str, Any], name: str) -> list[str]:
    value = wanted.get(name, [])
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise BadInput(f"{name} should be text or a list of texts")
    return found


def _note_idle(data: Path | None) -> None:
    from mailwright.settings import load

    if not is_served(load(data=data)):
        note("No server is running on this data: it leaves when one does (mailwright up).")


def _given_ids(headers_json: str, raw: str) -> dict[str, list[str]]:
    """The ids that decide the thread, in order of weight, and the message's own."""
    from mailwright.codecs import mime
    from mailwright.codecs.mime import messageids
    from mailwright.core.messages import thread_candidates

    if raw:
        parsed = mime.parse(read_input(raw))
        return {"own": [parsed.message_id] if parsed.message_id else [], "candidates": thread_candidates(parsed)}
    headers = read_object(headers_json)
    own = messageids.parse(text_of(headers, "message_id"))
    named = [messageids.parse(" ".join(_listed(headers, name))) for name in ("in_reply_to", "references")]
    return {"own": [*own[:1]], "candidates": [*dict.fromkeys([*named[0], *reversed(named[1])])]}


def _known_thread(tx: Tx, message_id: str, user: str) -> dict[str, Any]:
    from mailwright.core import accounts
    from mailwright.storage import messages as rows
    from mailwright.storage import threads

    own = rows.by_id(tx, message_id) if is_id(message_id) else None
    field = message_id if message_id.startswith("<") else f"<{message_id}>"
    found = [(own.user_id, own.thread_id)] if own else threads.holders(tx, field)
    if user:
        owner = accounts.find(tx, user)
        found = [each for each in found if each[0] == owner.id]
    if not found:
        raise NotFound(f"there is no message {message_id}")
    if len(found) > 1:  # an agent's copy is not what a person asks for
        found = [each for each in found if not _is_agent(tx, each[0])] or found
    if len(found) > 1:
        raise BadInput(f"{len(found)} people have {message_id}, each with a thread of their own: give --user")
    user_id, thread_id = found[0]
    members = rows.in_thread(tx, user_id, thread_id, 1000)
    return {
        "thread_id": thread_id,
        "thread_key": f"user:{user_id}:thread:{thread_id}",
        "user_id": user_id,
        "messages": [{"id": m.id, "message_id": m.message_id, "received_at": to_iso(m.received_at)} for m in members],
    }


def _is_agent(tx: Tx, user_id: str) -> bool:
    from mailwright.storage import accounts

    owner = accounts.by_id(tx, user_id)
    return owner is not None and owner.role == "agent"


def _thread_of_headers(tx: Tx, ids: dict[str, list[str]], user: str) -> dict[str, Any]:
    from mailwright.core import accounts
    from mailwright.storage import threads

    if not user:
        raise BadInput("give --user: every person has threads of their own")
    owner = accounts.find(tx, user)
    wanted = [*ids["candidates"], *ids["own"]]
    known = threads.known(tx, owner.id, wanted)
    match = next((each for each in wanted if each in known), None)
    return {
        "thread_id": known[match] if match else None,
        "user_id": owner.id,
        "new": match is None,
        "because": f"{match} belongs to it" if match else "none of its ids is known: it begins a thread",
    }
