"""`mailwright user app-password`: a password for one program, that can be taken back alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.terminal import answer, group, note, say, show
from mailwright.domain.clock import to_iso

if TYPE_CHECKING:
    from mailwright.storage import Tx
    from mailwright.storage.accounts import AppPassword

commands = group("app-password", "Passwords for one program each: add, list and remove them.")


@commands.command("add")
def add(
    email: Annotated[str, typer.Argument(help="Whose.")],
    label: Annotated[str, typer.Argument(help="The program or device it is for.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="What it opens: imap, smtp, sieve, jmap; several times for more; imap, smtp and sieve when not given."
        ),
    ] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Make a password for one program and print it once."""
    with opened(data) as core:
        from mailwright.core import accounts, apppasswords

        def write(tx: Tx) -> tuple[AppPassword, str]:
            return apppasswords.make(tx, accounts.find(tx, email), label, scope or apppasswords.MAIL_PROGRAM)

        made, typed = core.database.write_now(write)
    if json:
        answer(_described(made) | {"password": typed})
        return
    say(f"{made.label}: {', '.join(made.scopes)}")
    note("Its password, shown this once:")
    say(typed)


@commands.command("list")
def list_(email: str, data: DataOption = None, json: JsonOption = False) -> None:
    """Show somebody's app passwords, without the passwords."""
    with opened(data) as core:
        from mailwright.core import accounts, apppasswords

        found = core.database.read_now(lambda tx: apppasswords.listing(tx, accounts.find(tx, email)))
    if json:
        answer([_described(each) for each in found])
        return
    show(
        ["id", "for", "opens", "made", "last used"],
        [
            (
                p.id,
                p.label,
                " ".join(p.scopes),
                to_iso(p.created_at),
                "never" if p.used_at is None else to_iso(p.used_at),
            )
            for p in found
        ],
        empty=f"There is none yet: mailwright user app-password add {email} …",
    )


@commands.command("remove")
def remove(
    email: str,
    which: Annotated[str, typer.Argument(help="Its id, or its name when only one has it.")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Take one back: what uses it cannot sign in any more."""
    with opened(data) as core:
        from mailwright.core import accounts, apppasswords

        gone = core.database.write_now(lambda tx: apppasswords.revoke(tx, accounts.find(tx, email), which))
    if json:
        answer(_described(gone) | {"removed": True})
    else:
        say(f"{gone.label} removed")


def _described(each: AppPassword) -> dict[str, object]:
    return {
        "id": each.id,
        "label": each.label,
        "scopes": [*each.scopes],
        "created_at": to_iso(each.created_at),
        "used_at": None if each.used_at is None else to_iso(each.used_at),
    }
