"""`mailwright suppression`: addresses that nothing automatic is sent to any more, because mail came back or somebody complained, and those
that no outreach is sent to, because their people want none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.terminal import answer, group, note, show
from mailwright.domain.clock import to_iso
from mailwright.domain.refusals import NotFound

if TYPE_CHECKING:
    from mailwright.core import Core
    from mailwright.storage import Tx
    from mailwright.storage.reports import Suppression

commands = group(
    "suppression", "Addresses that agents do not write to: mail came back, somebody complained, or wants no outreach."
)
EVERYTHING, OUTREACH = "everything automatic", "outreach"


@commands.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100, data: DataOption = None, json: JsonOption = False
) -> None:
    """Show them, the newest first."""
    with opened(data) as core:
        found = _found(core, limit)
    if json:
        answer(
            [
                {
                    "address": s.address,
                    "tenant": s.tenant,
                    "stops": stops,
                    "because": s.because,
                    "since": to_iso(s.since),
                }
                for stops, s in found
            ]
        )
        return
    rows = [(s.address, s.tenant, stops, to_iso(s.since)[:10], s.because) for stops, s in found]
    show(["address", "tenant", "stops", "since", "because"], rows, empty="Nothing stands in the way of any address.")


def _found(core: Core, limit: int) -> list[tuple[str, Suppression]]:
    from mailwright.core import reports
    from mailwright.core.outreach import refusals

    def read(tx: Tx) -> list[tuple[str, Suppression]]:
        both = [
            *((EVERYTHING, each) for each in reports.suppressions(tx, limit=limit)),
            *((OUTREACH, each) for each in refusals.listing(tx, limit=limit)),
        ]
        return sorted(both, key=lambda each: (-each[1].since, each[1].address))[:limit]

    return core.database.read_now(read)


@commands.command("add")
def add(
    address: Annotated[str, typer.Argument(help="An address, or @ and a domain for everybody there.")],
    because: Annotated[str, typer.Option(help="Why, as those read it who try to write there.")],
    tenant: Annotated[str | None, typer.Option(help="Only for this organisation; else for every one.")] = None,
    data: DataOption = None,
) -> None:
    """Have no outreach sent to an address from now on; what waits to go there does not leave."""
    with opened(data) as core:
        from mailwright.core.outreach import refusals
        from mailwright.storage import administration
        from mailwright.storage.audit import SYSTEM

        def write(tx: Tx) -> list[bool]:
            wanted = [each for each in administration.tenants(tx) if tenant is None or each.name == tenant]
            if not wanted:
                raise NotFound("there is no such organisation" if tenant is not None else "there is nobody yet")
            return [refusals.add(tx, core, each.id, address, because=because, by=SYSTEM) for each in wanted]

        added = any(core.database.write_now(write))
    note(f"No outreach is sent to {address} any more." if added else f"No outreach was sent to {address} before.")


@commands.command("lift")
def lift(
    address: Annotated[str, typer.Argument(help="The address, or @ and a domain.")], data: DataOption = None
) -> None:
    """Let agents write to an address again, in every tenant: mail reaches it now, or its people want some."""
    with opened(data) as core:
        from mailwright.core import reports
        from mailwright.core.outreach import refusals
        from mailwright.domain.addresses import Address
        from mailwright.storage.audit import SYSTEM

        whole = address.strip().startswith("@")
        spelled = refusals.key_of(address)
        wanted = None if whole else Address.parse(address)

        def write(tx: Tx) -> bool:
            stopped = [] if wanted is None else reports.suppressions(tx, address=wanted)
            refused = refusals.listing(tx, address=spelled)
            lifted = [
                *(wanted is not None and reports.allow(tx, each.tenant_id, wanted, SYSTEM) for each in stopped),
                *(refusals.allow(tx, each.tenant_id, spelled, SYSTEM) for each in refused),
            ]
            return any(lifted)

        if not core.database.write_now(write):
            raise NotFound(f"nothing stands in the way of {address}")
    note(f"Agents may write to {address} again.")
