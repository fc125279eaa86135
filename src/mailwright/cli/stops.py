"""`mailwright stop` and `mailwright resume`: the stop switch of all agents, at hand when the dashboard is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.lookup import person_named
from mailwright.cli.terminal import answer, say
from mailwright.domain.clock import to_iso
from mailwright.domain.refusals import BadInput, NotFound

if TYPE_CHECKING:
    from mailwright.storage import Tx
    from mailwright.storage.stops import Scope, Stop

TenantOption = Annotated[str, typer.Option("--tenant", metavar="NAME", help="Only the agents of this tenant.")]
UserOption = Annotated[str, typer.Option("--user", metavar="EMAIL", help="Only what agents do for this person.")]


def stop(
    tenant: TenantOption = "",
    user: UserOption = "",
    because: Annotated[str, typer.Option(help="Why, for who asks.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Stop all agents, or those of a tenant or for a person: no run goes on, and nothing they have queued leaves."""
    with opened(data) as core:
        from mailwright.core import stops
        from mailwright.storage.audit import SYSTEM

        def write(tx: Tx) -> tuple[Stop, str]:
            scope, scope_id, called = _meant(tx, tenant, user)
            return stops.engage(tx, scope, scope_id, because=because, by=SYSTEM), called

        thrown, called = core.database.write_now(write)
    if json:
        answer(_described(thrown))
    else:
        say(f"agents are stopped {called}, since {to_iso(thrown.engaged_at)[:19]}; `mailwright resume` lets them go on")


def resume(tenant: TenantOption = "", user: UserOption = "", data: DataOption = None, json: JsonOption = False) -> None:
    """Let agents go on; what was held leaves now."""
    with opened(data) as core:
        from mailwright.core import stops
        from mailwright.storage.audit import SYSTEM

        def write(tx: Tx) -> tuple[bool, str, list[Stop]]:
            scope, scope_id, called = _meant(tx, tenant, user)
            return stops.release(tx, scope, scope_id, by=SYSTEM), called, stops.listing(tx)

        released, called, left = core.database.write_now(write)
    if json:
        answer({"released": released, "still_stopped": [_described(each) for each in left]})
        return
    say(f"agents go on {called}" if released else f"agents were not stopped {called}")
    for each in left:
        say(f"still: {stops.described(each)}")


def _meant(tx: Tx, tenant: str, user: str) -> tuple[Scope, str | None, str]:
    """Scope, id, and the words for it."""
    from mailwright.storage import administration

    if tenant and user:
        raise BadInput("give one of --tenant and --user, or none for the whole installation")
    if user:
        person = person_named(tx, user)
        return "user", person.id, f"for {person.email}"
    if tenant:
        for each in administration.tenants(tx):
            if tenant in (each.name, each.id):
                return "tenant", each.id, f"in {each.name}"
        raise NotFound(f"there is no tenant {tenant}")
    return "installation", None, "everywhere"


def _described(thrown: Stop) -> dict[str, Any]:
    return {
        "scope": thrown.scope,
        "scope_id": thrown.scope_id,
        "because": thrown.because,
        "engaged_by": thrown.engaged_by,
        "engaged_at": to_iso(thrown.engaged_at),
    }
