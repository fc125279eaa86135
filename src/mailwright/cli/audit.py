"""`mailwright audit`: who did what, from where."""

from __future__ import annotations

from typing import Annotated

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.terminal import answer, group, show
from mailwright.domain.clock import to_iso

commands = group("audit", "The audit trail: who did what, from where.")


@commands.command("list")
def list_(
    actor: Annotated[str, typer.Option(help="Only what this address did.")] = "",
    before: Annotated[int | None, typer.Option(help="Only entries older than this id.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The newest so many.")] = 50,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show the newest entries."""
    with opened(data) as core:
        from mailwright.storage import audit as rows

        found = core.database.read_now(lambda tx: rows.listing(tx, actor=actor or None, before=before, limit=limit))
    if json:
        answer(
            [
                {
                    "id": number,
                    "at": to_iso(entry.created_at),
                    "actor": entry.actor,
                    "address": entry.address,
                    "action": entry.action,
                    "resource": entry.resource,
                    "correlation_id": entry.correlation_id,
                }
                for number, entry in found
            ]
        )
        return
    show(
        ["id", "at", "actor", "from", "action", "what"],
        [(n, to_iso(e.created_at)[:19].replace("T", " "), e.actor, e.address, e.action, e.resource) for n, e in found],
        empty="Nothing was noted yet.",
    )
