"""`mailwright database`: its tables, apart from any server."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailwright.cli.installation import DataOption, JsonOption, settings_of
from mailwright.cli.terminal import answer, group, note, say, show

if TYPE_CHECKING:
    from mailwright.storage.partitions import Told

commands = group("database", "The database: bring its tables up to date, give large tenants partitions of their own.")

TELL_SECONDS = 2.0  # between two lines of progress


@commands.command("migrate")
def migrate(data: DataOption = None) -> None:
    """Bring the tables to this version and end; `up` does the same at its start. Older processes go on with them meanwhile."""
    settings = settings_of(data)
    from mailwright.storage import migrate as migrations

    url = settings.database_direct_url or settings.database_url
    if url.startswith("sqlite:///"):
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    done = migrations.migrate(url)
    say(f"The tables are {'now' if done else 'already'} at revision {migrations.HEAD}.")


@commands.command("partition")
def partition(
    tenant: Annotated[str, typer.Argument(metavar="TENANT", help="Its name or its id.")],
    merge: Annotated[bool, typer.Option("--merge", help="Back: its rows lie among everybody's again.")] = False,
    data: DataOption = None,
) -> None:
    """Let a large tenant's mail lie apart (PostgreSQL). Everything goes on meanwhile; run it again when it was interrupted."""
    url = _direct_url(data)
    from mailwright.storage import partitions

    tenant_id = partitions.tenant_id_of(url, tenant)
    done = (partitions.merge if merge else partitions.set_apart)(url, tenant_id, _teller())
    if merge and not done.dropped:
        note("its rows are back; something reads for long, so the empty partitions stay: run it again to drop them")
    answer({"tenant": tenant_id, "moved": done.rows, "apart": not (merge and done.dropped)})


@commands.command("partitions")
def partitions_of(as_json: JsonOption = False, data: DataOption = None) -> None:
    """The partitions of the tables that grow with mail (PostgreSQL), with about how many rows they have, and their octets."""
    url = _direct_url(data)
    from mailwright.storage import partitions

    found = partitions.partitions(url)
    if as_json:
        answer(
            [
                {
                    "table": p.table,
                    "tenant_id": p.tenant_id,
                    "tenant": p.tenant,
                    "state": p.state,
                    "rows": p.rows,
                    "octets": p.octets,
                }
                for p in found
            ]
        )
        return
    shown = [(p.table, p.tenant or p.tenant_id or "everybody else", p.state, p.rows, p.octets) for p in found]
    show(("Table", "Tenant", "State", "Rows (about)", "Octets"), shown, empty="there is none")


def _direct_url(data: Path | None) -> str:
    settings = settings_of(data)
    return settings.database_direct_url or settings.database_url


def _teller() -> Told:
    """Tells how far it came, now and then, and at the end of each table."""
    last = 0.0

    def tell(table: str, moved: int, total: int) -> None:
        nonlocal last
        if moved == total or time.monotonic() - last >= TELL_SECONDS:
            last = time.monotonic()
            note(f"{table}: {moved} of {total} rows")

    return tell
