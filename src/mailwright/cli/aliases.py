"""`mailwright alias`: addresses that lead elsewhere: to one of our users, to several addresses, or out of the house."""

from __future__ import annotations

from typing import Annotated

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.terminal import answer, group, say, show

commands = group("alias", "Further addresses of users, groups and forwards.")


@commands.command("add")
def add(
    address: Annotated[str, typer.Argument(help="The new address.")],
    targets: Annotated[list[str], typer.Argument(help="Where its mail goes; several make a group.")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Make an address that leads to others."""
    with opened(data) as core:
        from mailwright.core import accounts

        kind = core.database.write_now(lambda tx: accounts.add_alias(tx, address, tuple(targets)))
    if json:
        answer({"address": address, "kind": kind, "targets": targets})
    else:
        say(f"{address} leads to {', '.join(targets)}")


@commands.command("list")
def list_(data: DataOption = None, json: JsonOption = False) -> None:
    """Show every address that is not a main one."""
    with opened(data) as core:
        from mailwright.storage import Tx
        from mailwright.storage import accounts as rows

        def read(tx: Tx) -> list[tuple[str, str, list[str]]]:
            owners = {account.id: account.email for account in rows.listing(tx)}
            return [
                (row.address, row.kind, [owners.get(row.user_id, "")] if row.user_id else [*row.targets])
                for row in rows.addresses(tx)
                if row.user_id is None or owners.get(row.user_id) != row.address
            ]

        found = core.database.read_now(read)
    if json:
        answer([{"address": address, "kind": kind, "targets": targets} for address, kind, targets in found])
        return
    show(["address", "kind", "leads to"], [(a, k, ", ".join(t)) for a, k, t in found], empty="There is no alias.")


@commands.command("remove")
def remove(address: str, data: DataOption = None, json: JsonOption = False) -> None:
    """Remove an alias, group or forward."""
    with opened(data) as core:
        from mailwright.core import accounts

        core.database.write_now(lambda tx: accounts.remove_alias(tx, address))
    if json:
        answer({"removed": address})
    else:
        say(f"{address} removed")
