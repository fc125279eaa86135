"""`mailwright domain`: the domains this server is responsible for."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened, settings_of
from mailwright.cli.terminal import answer, group, note, say, show

if TYPE_CHECKING:
    from pathlib import Path

    from mailwright.core.dkimkeys import Keys
    from mailwright.core.dnsrecords import Doors, Record
    from mailwright.settings import Settings
    from mailwright.storage import Tx
    from mailwright.storage.domains import Domain

commands = group("domain", "Domains of this server: add, list and remove them, and what DNS must say of them.")


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
    """Make a domain ours, with the keys that sign its mail; shows what to put into DNS."""
    with opened(data, create=True) as core:
        from mailwright.core import dkimkeys, domains

        prepared = dkimkeys.prepare(core, domains.checked(name))

        def write(tx: Tx) -> tuple[Domain, Keys]:
            domain = domains.add(tx, name, tenant=tenant)
            if journal or retain_days is not None:
                domain = domains.set_policies(tx, domain.name, journal_address=journal or None, retain_days=retain_days)
            return domain, dkimkeys.add(tx, domain, prepared)

        domain, keys = core.database.write_now(write)
    if json:
        answer(asdict(domain) | _dns_as_json(domain.name, keys, data))
    else:
        say(f"{domain.name} is a domain of this server")
        _show_dns(domain.name, keys, data)


@commands.command("list")
def list_(data: DataOption = None, json: JsonOption = False) -> None:
    """Show every domain, and whose it is: figures and logs name tenants by their ids."""
    with opened(data) as core:
        from mailwright.core import domains
        from mailwright.storage import administration

        found, tenants = core.database.read_now(
            lambda tx: (domains.listing(tx), {each.id: each.name for each in administration.tenants(tx)})
        )
    if json:
        answer([asdict(domain) | {"tenant": tenants[domain.tenant_id]} for domain in found])
        return
    show(
        ["domain", "journal", "kept", "tenant", "tenant id"],
        [
            (
                d.name,
                d.journal_address,
                "for good" if d.retain_days is None else f"{d.retain_days} days",
                tenants[d.tenant_id],
                d.tenant_id,
            )
            for d in found
        ],
        empty="There is no domain yet: mailwright domain add …",
    )


@commands.command("dns")
def dns(name: str, data: DataOption = None, json: JsonOption = False) -> None:
    """Show what DNS must say of a domain."""
    with opened(data) as core:
        from mailwright.core import dkimkeys, domains

        def look(tx: Tx) -> tuple[Domain, Keys]:
            domain = domains.find(tx, name)
            return domain, dkimkeys.of_domain(tx, domain)

        domain, keys = core.database.read_now(look)
        if not keys.active:
            prepared = dkimkeys.prepare(core, domain.name)
            keys = core.database.write_now(lambda tx: dkimkeys.add(tx, domain, prepared))
    if json:
        answer({"name": domain.name} | _dns_as_json(domain.name, keys, data))
    else:
        _show_dns(domain.name, keys, data)


@commands.command("rotate-dkim")
def rotate_dkim(
    name: str,
    activate: Annotated[
        bool, typer.Option("--activate", help="Use the keys that wait: DNS has their records now.")
    ] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Exchange the keys that sign a domain's mail: first make new ones, then, when DNS has them, use them."""
    with opened(data) as core:
        from mailwright.core import dkimkeys, dnsrecords, domains

        domain = core.database.read_now(lambda tx: domains.find(tx, name))
        if activate:
            keys = core.database.write_now(lambda tx: dkimkeys.end_rotation(tx, domain))
        else:
            prepared = dkimkeys.prepare(core, domain.name)
            keys = core.database.write_now(lambda tx: dkimkeys.begin_rotation(tx, domain, prepared))
    shown = keys.retired if activate else keys.waiting or keys.active
    found = dnsrecords.of_keys(domain.name, shown)
    if json:
        answer({"name": domain.name, "activated": activate, "records": [_as_json(record) for record in found]})
    elif activate:
        say(f"Mail of {domain.name} is signed with the new keys. In a week, remove from DNS:")
    else:
        say("Put these into DNS, wait until everybody sees them (an hour, often), and run this again with --activate:")
    if not json:
        for record in found:
            say(record.zone_line)


@commands.command("set")
def set_(
    name: str,
    on_failure: Annotated[
        str, typer.Option(help="Mail that fails its sender's DMARC: policy, reject, quarantine or mark.")
    ] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Change how a domain's mail is treated."""
    with opened(data) as core:
        from mailwright.core import domains

        domain = core.database.write_now(lambda tx: domains.set_on_failure(tx, name, on_failure))
    if json:
        answer(asdict(domain))
    else:
        say(f"{domain.name}: mail that fails its sender's DMARC: {domain.on_failure}")


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


def doors_of(settings: Settings) -> Doors:
    """Where mail programs come in: the ports of the settings. Whoever leads 993 to ours has the standard ones in DNS."""
    from mailwright.core.dnsrecords import Doors

    return Doors(settings.imaps_port, settings.submissions_port, settings.submission_port, settings.sieve_port)


def _records(name: str, keys: Keys, data: Path | None) -> tuple[list[Record], str]:
    """The records, and the MTA-STS policy."""
    from mailwright.core import dnsrecords

    settings = settings_of(data)
    found = dnsrecords.records(
        name, settings.hostname, keys, doors_of(settings), relayed=settings.smart_host is not None
    )
    return found, dnsrecords.mta_sts_policy(settings.hostname)


def _show_dns(name: str, keys: Keys, data: Path | None) -> None:
    found, policy = _records(name, keys, data)
    settings = settings_of(data)
    if settings.hostname == "localhost":
        note("MAILWRIGHT_HOSTNAME is not set: below, put the server's name in DNS for localhost.")
    note(f"To be put into the DNS of {name}:")
    for record in found:
        note(f"; {record.purpose}")
        say(record.zone_line)
    note(f"{settings.hostname} itself needs an address (A, AAAA), and that address the name {settings.hostname} (PTR).")
    note(f"Other servers connect to port 25: lead it to {settings.smtp_port}.")
    note(f"To be served at https://mta-sts.{name}/.well-known/mta-sts.txt:")
    for line in policy.splitlines():
        note(f"  {line}")


def _dns_as_json(name: str, keys: Keys, data: Path | None) -> dict[str, object]:
    found, policy = _records(name, keys, data)
    return {"records": [_as_json(record) for record in found], "mta_sts_policy": policy}


def _as_json(record: Record) -> dict[str, object]:
    texts = {"strings": [*record.strings]} if record.type == "TXT" else {}
    return {"name": record.name, "type": record.type, "value": record.value, **texts, "purpose": record.purpose}
