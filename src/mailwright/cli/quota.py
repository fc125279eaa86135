"""`mailwright quota`: how much of somebody's plan is used, and which plan they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.installation import DataOption, opened
from mailwright.cli.lookup import is_id
from mailwright.cli.terminal import answer, group
from mailwright.domain.refusals import BadInput, NotFound

if TYPE_CHECKING:
    from mailwright.core import Core
    from mailwright.storage import Tx
    from mailwright.storage.accounts import Account

commands = group("quota", "Plans: how many tasks somebody has left, and which plan is theirs.")

UserOption = Annotated[str, typer.Option("--user-id", help="The id of a person, or of an outside sender.")]
EmailOption = Annotated[str, typer.Option(help="Their address, instead of the id.")]


@commands.command("check")
def check(user_id: UserOption = "", email: EmailOption = "", data: DataOption = None) -> None:
    """Say whether one more task would be done for somebody, as JSON. Nothing is written."""
    with opened(data) as core:
        answer(core.database.read_now(lambda tx: _described(tx, core, _account(tx, user_id, email))))


@commands.command("plan")
def plan(
    plan: Annotated[str, typer.Argument(help="The id of a plan, as the settings have it.")],
    user_id: UserOption = "",
    email: EmailOption = "",
    data: DataOption = None,
) -> None:
    """Give somebody a plan by hand, for whom nothing is paid. A subscription they have goes on beside it."""
    with opened(data) as core:
        from mailwright.core import billing

        def write(tx: Tx) -> dict[str, Any]:
            billing.set_plan(tx, core, _account(tx, user_id, email), plan)
            return _described(tx, core, _account(tx, user_id, email))

        answer(core.database.write_now(write))


def _account(tx: Tx, user_id: str, email: str) -> Account:
    """Raises BadInput, NotFound; also when several outside senders have the address, each of another tenant."""
    from mailwright.domain.addresses import Address
    from mailwright.storage import accounts

    if bool(user_id) == bool(email):
        raise BadInput("give one of --user-id and --email")
    if user_id:
        found = accounts.by_id(tx, user_id) if is_id(user_id) else None
        if found is None:
            raise NotFound(f"there is no user {user_id}")
        return found
    known = accounts.with_address(tx, Address.parse(email).key)
    if not known:
        raise NotFound(f"there is no user {email}")
    if len(known) > 1:
        raise BadInput(f"several people have that address; name one by --user-id: {', '.join(one.id for one in known)}")
    return known[0]


def _described(tx: Tx, core: Core, account: Account) -> dict[str, Any]:
    from mailwright.core import charges
    from mailwright.domain.clock import to_iso

    found = charges.allowance(tx, core, account)
    usage = found.usage
    return {
        "user_id": account.id,
        "email": account.email,
        "allowed": found.allowed,
        "remaining": found.remaining,
        "used": usage.tasks_used,
        "limit": usage.tasks_limit,
        "plan": usage.plan.id,
        "period": None if usage.until is None else {"from": to_iso(usage.since), "to": to_iso(usage.until)},
        "because": found.because,
    }
