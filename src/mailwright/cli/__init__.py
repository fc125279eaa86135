"""The command line: `mailwright …`, one file for each group of commands.

Rules of the place: what a command works with is imported when it runs, so that `--help` is there at once; answers go to
standard output (JSON where programs read them), everything else to standard error; a bad input is one clear line and exit
status 1, a command that was not understood status 2. Commands decide nothing about mail: they ask core.
"""

import typer

from mailwright.cli import (
    agents,
    aliases,
    approvals,
    assistant,
    audit,
    backup,
    bench,
    config,
    connections,
    database,
    dead_letters,
    domains,
    email,
    followups,
    grants,
    mailboxes,
    models,
    pipeline,
    providers,
    quota,
    rules,
    scribe,
    search,
    secrets,
    storage,
    suppressions,
    tasks,
    triage,
    users,
    workspaces,
)
from mailwright.cli.doctor import doctor
from mailwright.cli.migratestore import migrate_store
from mailwright.cli.restore import restore
from mailwright.cli.stops import resume, stop
from mailwright.cli.terminal import PoliteGroup
from mailwright.cli.transfer import export, import_
from mailwright.cli.up import up

app = typer.Typer(
    name="mailwright",
    help="A mail server whose mailboxes do work. Start with: mailwright up --demo",
    cls=PoliteGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("up")(up)
app.command("doctor")(doctor)
app.command("stop")(stop)
app.command("resume")(resume)
app.command("import")(import_)
app.command("export")(export)
app.command("migrate-store")(migrate_store)
app.command("restore")(restore)
for each in (
    users,
    domains,
    providers,
    aliases,
    backup,
    bench,
    agents,
    assistant,
    triage,
    followups,
    models,
    connections,
    database,
    approvals,
    grants,
    mailboxes,
    rules,
    scribe,
    email,
    search,
    secrets,
    storage,
    workspaces,
    tasks,
    quota,
    suppressions,
    pipeline,
    dead_letters,
    audit,
    config,
):
    app.add_typer(each.commands)
app.add_typer(triage.vip_commands)


def main() -> None:
    """The entry point of the program."""
    app()
