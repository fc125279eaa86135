"""`mailwright connection`: accounts elsewhere that people let the assistant look after. Gmail is connected in the browser only."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened, settings_of
from mailwright.cli.lookup import checked_id, person_named
from mailwright.cli.terminal import answer, fail, group, say, show
from mailwright.domain.clock import to_iso
from mailwright.domain.refusals import BadInput

if TYPE_CHECKING:
    from mailwright.core import Core
    from mailwright.elsewhere import Elsewhere
    from mailwright.storage import Tx
    from mailwright.storage.accounts import Account
    from mailwright.storage.connections import Connection

commands = group("connection", "Connections: accounts elsewhere that the assistant looks after.")

PASSWORD_VARIABLE = "CONNECTION_PASSWORD"  # noqa: S105
ConnectionArgument = Annotated[str, typer.Argument(help="Its id.")]


@commands.command("list")
def list_(
    user: Annotated[str, typer.Option(metavar="EMAIL", help="Only this person's.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show what is connected, and how it stands."""
    with opened(data) as core:
        from mailwright.storage import accounts
        from mailwright.storage import connections as rows

        def read(tx: Tx) -> list[tuple[Connection, str]]:
            found = rows.of_user(tx, person_named(tx, user).id) if user else rows.listing(tx)
            people = {each: accounts.by_id(tx, each) for each in {connection.user_id for connection in found}}
            return [(each, person.email if (person := people[each.user_id]) else "") for each in found]

        found = core.database.read_now(read)
        elsewhere = _elsewhere(core, data)
        described = [_described(each, email, elsewhere) for each, email in found]
    if json:
        answer(described)
        return
    shown = [
        (each["id"], each["of"], each["kind"], each["address"], each["state"], each["because"]) for each in described
    ]
    show(["connection", "of", "kind", "address", "state", ""], shown, empty="Nothing is connected.")


@commands.command("add-imap")
def add_imap(
    user: Annotated[str, typer.Argument(metavar="EMAIL", help="Whose assistant looks after it.")],
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The mail address of the account.")],
    host: Annotated[str, typer.Argument(help="Its IMAP server, like imap.example.org.")],
    port: Annotated[int, typer.Option(min=1, max=65535)] = 993,
    tls: Annotated[str, typer.Option(help="tls, starttls, or none (inside your own network only).")] = "tls",
    name: Annotated[str, typer.Option("--user", help="Who signs in there; the address when not given.")] = "",
    password_file: Annotated[
        Path | None, typer.Option(help=f"Where the password is; else {PASSWORD_VARIABLE}, or asked.")
    ] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Connect an IMAP account: it is signed in to before anything is kept."""
    import asyncio

    with opened(data) as core:
        from mailwright.core import connecting
        from mailwright.domain.elsewhere import Server
        from mailwright.storage.audit import SYSTEM

        account = core.database.read_now(lambda tx: person_named(tx, user))
        elsewhere = _elsewhere(core, data)
        server = Server(host.strip().lower(), port, tls, name or address)
        password = _password(address, password_file)

        async def connect() -> Connection:
            return await connecting.connect_imap(
                core, elsewhere, account, address=address, server=server, password=password, by=SYSTEM
            )

        made = asyncio.run(connect())
        described = _described(made, account.email, elsewhere)
    if json:
        answer(described)
    else:
        say(f"connected: {made.address} at {server.host}, for {account.email} ({made.id})")


@commands.command("look")
def look(connection_id: ConnectionArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Have it looked at now: a running server does it at once, otherwise the next one that runs."""
    with opened(data) as core:
        from mailwright.core import connections

        known = checked_id(connection_id, "connection")
        found = core.database.write_now(lambda tx: connections.look_soon(tx, None, known))
    if json:
        answer({"id": found.id, "next_look_at": to_iso(found.next_look_at)})
    elif found.enabled:
        say(f"{found.address} is looked at now")
    else:
        say(f"{found.address} is paused, and stays so")


@commands.command("check")
def check(connection_id: ConnectionArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Sign in there now, and say whether that works. Exit status 1 when it does not."""
    import asyncio

    from mailwright.domain.refusals import Refusal

    with opened(data) as core:
        from mailwright.core import connections

        known = checked_id(connection_id, "connection")
        found = core.database.read_now(lambda tx: connections.load(tx, known))
        elsewhere = _elsewhere(core, data)
        try:
            asyncio.run(_check(core, elsewhere, found))
            because = ""
        except Refusal as refusal:
            because = str(refusal)
    if json:
        answer({"id": found.id, "address": found.address, "works": not because, "because": because})
    elif not because:
        say(f"{found.address} lets us in")
    if because:
        fail(f"{found.address}: {because}")


@commands.command("remove")
def remove(connection_id: ConnectionArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Let go of it, and forget what was gathered of its mail. Google is told."""
    import asyncio

    with opened(data) as core:
        from mailwright.core import connecting, connections

        known = checked_id(connection_id, "connection")
        found, owner = core.database.read_now(lambda tx: _with_owner(tx, connections.load(tx, known)))
        elsewhere = _elsewhere(core, data)

        async def let_go() -> bool | None:
            try:
                return await connecting.remove(core, elsewhere, owner, found.id)
            finally:
                await elsewhere.close()

        revoked = asyncio.run(let_go())
    if json:
        answer({"removed": True, "revoked": revoked})
        return
    say(f"{found.address} is looked after no more")
    if revoked is False:
        say("Google could not be told: its owner takes it back at https://myaccount.google.com/connections")


async def _check(core: Core, elsewhere: Elsewhere, connection: Connection) -> None:
    from mailwright.core import connections
    from mailwright.domain.elsewhere import Server

    try:
        if connection.kind == connections.IMAP:
            await elsewhere.try_imap(Server.of(connection.settings), connections.tokens(core, connection))
            return
        account = await elsewhere.openers[connection.kind](connection)
        try:
            await account.since("")
        finally:
            await account.close()
    finally:
        await elsewhere.close()


def _elsewhere(core: Core, data: Path | None) -> Elsewhere:
    from mailwright.elsewhere import Elsewhere

    return Elsewhere(settings_of(data), core)


def _with_owner(tx: Tx, connection: Connection) -> tuple[Connection, Account]:
    from mailwright.storage import accounts

    owner = accounts.by_id(tx, connection.user_id)
    assert owner is not None  # a foreign key
    return connection, owner


def _described(connection: Connection, email: str, elsewhere: Elsewhere) -> dict[str, Any]:
    from mailwright.core import connections
    from mailwright.domain import clock

    push = connection.kind == connections.GMAIL and elsewhere.pushes
    state, because = connections.health(connection, clock.now(), push_expected=push, poll=elsewhere.poll)
    return {
        "id": connection.id,
        "of": email,
        "kind": connection.kind,
        "address": connection.address,
        "enabled": connection.enabled,
        "state": state.value,
        "because": because,
        "server": {key: connection.settings[key] for key in ("host", "port", "tls", "user") if connection.settings},
        "looked_at": None if connection.looked_at is None else to_iso(connection.looked_at),
        "created_at": to_iso(connection.created_at),
    }


def _password(address: str, password_file: Path | None) -> str:
    if password_file is not None:
        try:
            return password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise BadInput(f"{password_file}: {error.strerror}") from None
    if given := os.environ.get(PASSWORD_VARIABLE):
        return given
    if not sys.stdin.isatty():
        raise BadInput(f"{PASSWORD_VARIABLE} is not set, and there is no --password-file")
    asked: str = typer.prompt(f"Password for {address}", hide_input=True, err=True)
    return asked
