"""`mailwright approval`: what agents ask of people, looked at and decided with a shell on the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.lookup import checked_id, person_named
from mailwright.cli.terminal import answer, group, say, show
from mailwright.domain.clock import to_iso
from mailwright.domain.refusals import BadInput, NotFound

if TYPE_CHECKING:
    from mailwright.storage import Tx
    from mailwright.storage.approvals import Approval

commands = group("approval", "Approvals: what agents ask of people before they send it.")

STATUSES = ("pending", "approved", "rejected", "expired", "done", "refused")
ApprovalArgument = Annotated[str, typer.Argument(help="Its id.")]


@commands.command("list")
def list_(
    user: Annotated[str, typer.Option(metavar="EMAIL", help="Only what this person was asked.")] = "",
    status: Annotated[str, typer.Option(help=f"Only those: {', '.join(STATUSES)}.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show what agents asked, newest first."""
    if status and status not in STATUSES:
        raise BadInput(f"{status!r} is no status: {', '.join(STATUSES)}")
    with opened(data) as core:
        from mailwright.core import approvals
        from mailwright.storage import accounts

        def read(tx: Tx) -> list[tuple[Approval, str]]:
            user_id = person_named(tx, user).id if user else None
            found = approvals.listing(tx, user_id, status=status or None, limit=limit)  # type: ignore[arg-type]
            people = {each: accounts.by_id(tx, each) for each in {approval.user_id for approval in found}}
            return [(each, person.email if (person := people[each.user_id]) else "") for each in found]

        found = core.database.read_now(read)
    if json:
        answer([_described(approval, email) for approval, email in found])
        return
    rows = [
        (each.id, to_iso(each.created_at)[:19], each.status, email, ", ".join(each.recipients), each.subject)
        for each, email in found
    ]
    show(["approval", "asked", "status", "of", "to", "subject"], rows, empty="Nothing was asked.")


@commands.command("show")
def show_(approval_id: ApprovalArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Show one with the message as it would leave."""
    import asyncio

    with opened(data) as core:
        from mailwright.core import approvals, approvalviews

        known = checked_id(approval_id, "approval")
        found, email = core.database.read_now(lambda tx: _with_person(tx, approvals.load(tx, known)))
        try:
            message = asyncio.run(approvalviews.show(core, found))
        except NotFound:
            message = None
    if json:
        text = None if message is None else message.text
        files = [] if message is None else [each.name for each in message.attachments]
        headers = {} if message is None else dict(message.headers)
        answer(_described(found, email) | {"headers": headers, "text": text, "attachments": files})
        return
    say(f"{found.status}: the {found.agent} asks {email} whether {found.sender} may send this")
    say(f"to:      {', '.join(found.recipients)}")
    say(f"because: {found.because}")
    if found.outcome:
        say(f"outcome: {found.outcome}")
    if message is None:
        say("the message is kept no more")
        return
    say("")
    for name, value in message.headers:
        say(f"{name}: {value}")
    for each in message.attachments:
        say(f"(file) {each.name}, {each.type}, {each.size} bytes")
    say(f"\n{message.text}")


@commands.command("approve")
def approve(approval_id: ApprovalArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Say yes: a running server sends it at once, otherwise the next one that runs."""
    _decide(approval_id, data, json=json, yes=True)


@commands.command("reject")
def reject(approval_id: ApprovalArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Say no."""
    _decide(approval_id, data, json=json, yes=False)


def _decide(approval_id: str, data: DataOption, *, json: bool, yes: bool) -> None:
    with opened(data) as core:
        from mailwright.core import approvals
        from mailwright.storage.audit import SYSTEM

        known = checked_id(approval_id, "approval")
        verb = approvals.approve if yes else approvals.reject
        found, email = core.database.write_now(lambda tx: _with_person(tx, verb(tx, core, known, SYSTEM)))
    if json:
        answer(_described(found, email))
    else:
        say(f"{found.status}: a mail of {found.sender} to {', '.join(found.recipients)}, asked of {email}")


def _with_person(tx: Tx, approval: Approval) -> tuple[Approval, str]:
    from mailwright.storage import accounts

    person = accounts.by_id(tx, approval.user_id)
    return approval, "" if person is None else person.email


def _described(approval: Approval, email: str) -> dict[str, Any]:
    return {
        "id": approval.id,
        "status": approval.status,
        "asked_of": email,
        "agent": approval.agent,
        "sender": approval.sender,
        "recipients": [*approval.recipients],
        "subject": approval.subject,
        "summary": approval.summary,
        "because": approval.because,
        "task_id": approval.task_id,
        "checksum": approval.checksum,
        "created_at": to_iso(approval.created_at),
        "expires_at": to_iso(approval.expires_at),
        "decided_by": approval.decided_by,
        "outcome": approval.outcome,
    }
