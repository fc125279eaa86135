"""`mailwright domain`: the domains this server is responsible for."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.terminal import answer, group, say, show

if TYPE_CHECKING:
    from mailwright.storage.domains import Domain

commands = group("domain", "Domains of this server: add, list and remove them.")


@commands.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The domain, like example.org.")],
    tenant: Annotated[str, typer.Option(help="Whose it is; made when it is new.")] = "default",
    journal: Annotated[str, typer.Option(help="An address that gets a copy of all mail of the domain.")] = "",
    retain_days: Annotated[
        int | None, typer.Option(min=1, help="How long mail is kept; for good when not given.")
    ] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Make a domain ours."""
    with opened(data, create=True) as core:
        from mailwright.core import domains
        from mailwright.storage import Tx

        def write(tx: Tx) -> Domain:
            domain = domains.add(tx, name, tenant=tenant)
            if journal or retain_days is not None:
                domain = domains.set_policies(tx, domain.name, journal_address=journal or None, retain_days=retain_days)
            return domain

        domain = core.database.write_now(write)
    if json:
        answer(asdict(domain))
    else:
        say(f"{domain.name} is a domain of this server")


@commands.command("list")
def list_(data: DataOption = None, json: JsonOption = False) -> None:
    """Show every domain."""
    with opened(data) as core:
        from mailwright.core import domains

        found = core.database.read_now(domains.listing)
    if json:
        answer([asdict(domain) for domain in found])
        return
    show(
        ["domain", "journal", "kept"],
        [(d.name, d.journal_address, "for good" if d.retain_days is None else f"{d.retain_days} days") for d in found],
        empty="There is no domain yet: mailwright domain add …",
    )


@commands.command("remove")
def remove(name: str, data: DataOption = None, json: JsonOption = False) -> None:
    """Let go of a domain that has no address left."""
    with opened(data) as core:
        from mailwright.core import domains

        core.database.write_now(lambda tx: domains.remove(tx, core, name))
    if json:
        answer({"removed": name})
    else:
        say(f"{name} removed")
