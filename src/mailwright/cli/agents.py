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

EMPLOYEE, ASSISTANT, CONCIERGE = "employee", "assistant", "concierge"
KINDS = (EMPLOYEE, ASSISTANT, CONCIERGE)
NAMES = {EMPLOYEE: "Mini Mouse", CONCIERGE: "Follow-up"}
"""What answers are signed with when no name is given."""


@commands.command("add")
def add(
    address: Annotated[
        str,
        typer.Argument(
            help="The address people mail tasks to; or which agent: `concierge ADDRESS`, `assistant ADDRESS`."
        ),
    ],
    served: Annotated[str | None, typer.Argument(metavar="[ADDRESS]", help="The address, behind which agent.")] = None,
    mailbox: Annotated[str | None, typer.Option(help="Whose mailbox the assistant looks after.")] = None,
    kind: Annotated[str | None, typer.Option("--agent", help=f"Which: {', '.join(KINDS)}.")] = None,
    name: Annotated[str | None, typer.Option(help="The name its answers carry.")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Let an agent serve an address; the mailbox of an employee or a concierge is made when it is new.

    An employee: `agent add main@example.org`. The reply assistant: `agent add assistant ada@example.org`. The concierge, for
    follow-ups: `agent add concierge follow@example.org`.
    """
    which, where = _asked(address, served, mailbox, kind)
    with opened(data) as core:
        made = core.database.write_now(lambda tx: assign(tx, core, where, kind=which, name=name or ""))
    if json:
        answer(made)
    elif which == ASSISTANT:
        say(f"{made['agent']} looks after the mailbox of {made['address']}: it labels and drafts, and sends nothing")
    elif which == CONCIERGE:
        say(f"{made['agent']} serves {made['address']}: write to it what is to be followed up, and when")
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
    address: Annotated[str, typer.Argument(help="The address it serves; or which agent: `concierge ADDRESS`.")],
    served: Annotated[str | None, typer.Argument(metavar="[ADDRESS]", help="The address, behind which agent.")] = None,
    mailbox: Annotated[str | None, typer.Option(help="Whose mailbox the assistant looks after.")] = None,
    kind: Annotated[str | None, typer.Option("--agent", help=f"Which: {', '.join(KINDS)}.")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Stop an agent at an address. The mailbox stays; `agent add` starts it again."""
    which, where = _asked(address, served, mailbox, kind)
    with opened(data) as core:
        core.database.write_now(lambda tx: _stop(tx, core, where, which))
    if json:
        answer({"removed": where, "agent": which})
    else:
        say(f"{which} no longer serves {where}")


def assign(tx: Tx, core: Core, address: str, *, kind: str, name: str = "") -> dict[str, Any]:
    """Make the mailbox and the assignment, or switch on what is there. Raises BadInput, NotFound, NotPermitted, AlreadyExists."""
    from mailwright.agents.policy import CONCIERGE_GRANTS, EMPLOYEE_GRANTS
    from mailwright.core import accounts, assistants
    from mailwright.storage import assignments
    from mailwright.storage.audit import SYSTEM

    if kind == ASSISTANT:
        owner = accounts.find(tx, address)
        assistants.switch_on(tx, core, owner, by=SYSTEM, **({"own_mailbox": True} if owner.has_mailbox else {}))
        return _serving(tx, kind, owner.id, owner.email)
    try:
        account = accounts.find(tx, address)
    except NotFound:
        account = accounts.add_agent(tx, core, address, display_name=name or NAMES[kind])
    if account.role != "agent":
        raise BadInput(f"{address} is a person's mailbox; give the agent an address of its own")
    other = EMPLOYEE if kind == CONCIERGE else CONCIERGE
    if assignments.serving(tx, other, account.id) is not None:
        raise BadInput(f"the {other} serves {address} already; give the {kind} an address of its own")
    grants = CONCIERGE_GRANTS if kind == CONCIERGE else EMPLOYEE_GRANTS
    assignments.add(tx, account.tenant_id, kind, account.id, grants=grants)
    known = assignments.of_user(tx, kind, account.id)
    assert known is not None
    assignments.set_enabled(tx, known.id, enabled=True)
    return _serving(tx, kind, account.id, account.email)


def _asked(address: str, served: str | None, mailbox: str | None, kind: str | None) -> tuple[str, str]:
    """Which agent, and where: `concierge ADDRESS`, `assistant --mailbox ADDRESS`, or an address with the employee. Raises BadInput."""
    if address in KINDS:
        if kind not in (None, address) or (served is None) == (mailbox is None):
            which, option = (
                ("whose mailbox", "--mailbox ADDRESS") if address == ASSISTANT else ("which address", "ADDRESS")
            )
            raise BadInput(f"{which}? mailwright agent add {address} {option}")
        return address, served or mailbox or ""
    if mailbox is not None or served is not None:
        raise BadInput(f"there is no agent {address!r}: {', '.join(KINDS)}")
    if kind is not None and kind not in KINDS:
        raise BadInput(f"there is no agent {kind!r}: {', '.join(KINDS)}")
    return kind or EMPLOYEE, address


def _stop(tx: Tx, core: Core, address: str, kind: str) -> None:
    from mailwright.core import accounts, assistants
    from mailwright.storage import assignments
    from mailwright.storage.audit import SYSTEM

    owner = accounts.find(tx, address)
    assignment = assignments.serving(tx, kind, owner.id)
    if assignment is None:
        raise NotFound(f"no {kind} serves {address}")
    if kind == ASSISTANT:
        assistants.switch_off(tx, core, owner, by=SYSTEM)
    else:
        assignments.set_enabled(tx, assignment.id, enabled=False)


def _serving(tx: Tx, kind: str, user_id: str, address: str) -> dict[str, Any]:
    from mailwright.storage import assignments

    found = assignments.serving(tx, kind, user_id)
    assert found is not None
    return _described(found, address)


def _described(assignment: Assignment, address: str) -> dict[str, Any]:
    return {
        "id": assignment.id,
        "address": address,
        "agent": assignment.agent,
        "enabled": assignment.enabled,
        "grants": [*assignment.grants],
    }
