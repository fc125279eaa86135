"""`mailwright grant`: what people let agents do without being asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.lookup import checked_id, person_named
from mailwright.cli.terminal import answer, group, say, show
from mailwright.domain.clock import to_iso

if TYPE_CHECKING:
    from mailwright.storage import Tx
    from mailwright.storage.grants import Grant

commands = group("grant", "Grants: what people let agents do without being asked.")


@commands.command("list")
def list_(
    user: Annotated[str, typer.Option(metavar="EMAIL", help="Only this person's.")] = "",
    revoked: Annotated[bool, typer.Option("--revoked", help="Those that were revoked, too.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show what is granted."""
    with opened(data) as core:
        from mailwright.core import grants
        from mailwright.storage import accounts

        def read(tx: Tx) -> list[tuple[Grant, str]]:
            found = grants.listing(tx, person_named(tx, user).id if user else None, revoked=revoked)
            people = {each: accounts.by_id(tx, each) for each in {grant.user_id for grant in found}}
            return [(each, person.email if (person := people[each.user_id]) else "") for each in found]

        found = core.database.read_now(read)
    if json:
        answer([_described(grant, email) for grant, email in found])
        return
    rows = [
        (each.id, email, each.agent, each.action, each.target, "revoked" if each.revoked_at else "")
        for each, email in found
    ]
    show(["grant", "of", "agent", "may", "to", ""], rows, empty="Nothing is granted; agents ask each time.")


@commands.command("add")
def add(
    user: Annotated[str, typer.Argument(metavar="EMAIL", help="Whom the agent works for.")],
    action: Annotated[str, typer.Argument(help="What it may do: send, invite, share, fetch, call, …")],
    target: Annotated[str, typer.Argument(help="To what: an address, @domain, a tool or host, or * for all.")],
    agent: Annotated[str, typer.Option(help="Which agent; * is each.")] = "employee",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Let an agent do something for a person without asking."""
    with opened(data) as core:
        from mailwright.core import grants
        from mailwright.storage.audit import SYSTEM

        def write(tx: Tx) -> tuple[Grant, str]:
            person = person_named(tx, user)
            return grants.give(tx, person.id, agent, action, target, by=SYSTEM), person.email

        given, email = core.database.write_now(write)
    if json:
        answer(_described(given, email))
    else:
        say(f"for {email} the {given.agent} may {given.action} {given.target} ({given.id})")


@commands.command("revoke")
def revoke(
    grant_id: Annotated[str, typer.Argument(help="Its id.")], data: DataOption = None, json: JsonOption = False
) -> None:
    """Allow it no more."""
    with opened(data) as core:
        from mailwright.core import grants
        from mailwright.storage import accounts
        from mailwright.storage.audit import SYSTEM

        known = checked_id(grant_id, "grant")

        def write(tx: Tx) -> tuple[Grant, str]:
            grant = grants.revoke(tx, known, by=SYSTEM)
            person = accounts.by_id(tx, grant.user_id)
            return grant, "" if person is None else person.email

        gone, email = core.database.write_now(write)
    if json:
        answer(_described(gone, email))
    else:
        say(f"for {email} the {gone.agent} may not {gone.action} {gone.target} any more")


def _described(grant: Grant, email: str) -> dict[str, Any]:
    return {
        "id": grant.id,
        "user": email,
        "agent": grant.agent,
        "action": grant.action,
        "target": grant.target,
        "given_by": grant.given_by,
        "created_at": to_iso(grant.created_at),
        "revoked_at": None if grant.revoked_at is None else to_iso(grant.revoked_at),
    }
