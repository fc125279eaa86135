"""`mailwright agent`: AI workers and the addresses they serve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.terminal import answer, group, say, show
from mailwright.domain.refusals import BadInput, NotFound

if TYPE_CHECKING:
    from mailwright.core import Core
    from mailwright.storage import Tx
    from mailwright.storage.assignments import Assignment

commands = group("agent", "AI workers: which agent serves which address.")

KINDS = ("employee",)


@commands.command("add")
def add(
    address: Annotated[str, typer.Argument(help="The address people mail tasks to.")],
    kind: Annotated[str, typer.Option("--agent", help=f"Which: {', '.join(KINDS)}.")] = KINDS[0],
    name: Annotated[str, typer.Option(help="The name its answers carry.")] = "Mini Mouse",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Let an agent serve an address; its mailbox is made when it is new."""
    with opened(data) as core:
        made = core.database.write_now(lambda tx: assign(tx, core, address, kind=kind, name=name))
    if json:
        answer(made)
    else:
        say(f"{made['agent']} serves {made['address']}")


@commands.command("list")
def list_(data: DataOption = None, json: JsonOption = False) -> None:
    """Show which agent serves which address."""
    with opened(data) as core:
        from mailwright.storage import accounts, assignments

        def read(tx: Tx) -> list[dict[str, Any]]:
            people = {account.id: account for account in accounts.listing(tx)}
            return [_described(each, people[each.user_id].email) for each in assignments.listing(tx)]

        found = core.database.read_now(read)
    if json:
        answer(found)
        return
    rows = [(a["address"], a["agent"], "on" if a["enabled"] else "off", ", ".join(a["grants"])) for a in found]
    show(["address", "agent", "", "may"], rows, empty="No agent serves an address: mailwright agent add …")


@commands.command("remove")
def remove(
    address: str,
    kind: Annotated[str, typer.Option("--agent", help="Which.")] = KINDS[0],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Stop an agent at an address. The mailbox stays; `agent add` starts it again."""
    with opened(data) as core:
        from mailwright.core import accounts
        from mailwright.storage import assignments

        def write(tx: Tx) -> None:
            assignment = assignments.serving(tx, kind, accounts.find(tx, address).id)
            if assignment is None:
                raise NotFound(f"no {kind} serves {address}")
            assignments.set_enabled(tx, assignment.id, enabled=False)

        core.database.write_now(write)
    if json:
        answer({"removed": address, "agent": kind})
    else:
        say(f"{kind} no longer serves {address}")


def assign(tx: Tx, core: Core, address: str, *, kind: str, name: str) -> dict[str, Any]:
    """Make the mailbox and the assignment, or switch on what is there. Raises BadInput, NotFound, AlreadyExists."""
    from mailwright.agents.policy import EMPLOYEE_GRANTS
    from mailwright.core import accounts
    from mailwright.storage import accounts as people
    from mailwright.storage import assignments

    if kind not in KINDS:
        raise BadInput(f"there is no agent {kind!r}: {', '.join(KINDS)}")
    try:
        account = accounts.find(tx, address)
    except NotFound:
        account = accounts.add_agent(tx, core, address, display_name=name)
    if account.role != "agent":
        raise BadInput(f"{address} is a person's mailbox; give the agent an address of its own")
    assignments.add(tx, account.tenant_id, kind, account.id, grants=EMPLOYEE_GRANTS)
    known = [each for each in assignments.listing(tx) if (each.agent, each.user_id) == (kind, account.id)]
    assignments.set_enabled(tx, known[0].id, enabled=True)
    owner = people.by_id(tx, account.id)
    assert owner is not None
    found = assignments.serving(tx, kind, account.id)
    assert found is not None
    return _described(found, owner.email)


def _described(assignment: Assignment, address: str) -> dict[str, Any]:
    return {
        "id": assignment.id,
        "address": address,
        "agent": assignment.agent,
        "enabled": assignment.enabled,
        "grants": [*assignment.grants],
    }
