"""`mailwright user`: people and their passwords."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from mailwright.cli import apppasswords
from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.terminal import answer, group, note, say, show
from mailwright.domain.refusals import BadInput

if TYPE_CHECKING:
    from mailwright.storage.accounts import Account

commands = group("user", "People: add, list and remove them, and set passwords.")
commands.add_typer(apppasswords.commands)

GENERATED_BYTES = 12  # of randomness in a password we make: 96 bits, 16 characters

_PASSWORD_HELP = "`-` reads the password from standard input; without it one is made and printed once."  # noqa: S105


@commands.command("add")
def add(
    email: Annotated[str, typer.Argument(help="The main address.")],
    name: Annotated[str, typer.Option(help="The display name.")] = "",
    password: Annotated[str, typer.Option(help=_PASSWORD_HELP)] = "",
    generate: Annotated[
        bool, typer.Option("--generate", help="Make a password (what happens without --password).")
    ] = False,
    role: Annotated[str, typer.Option(help="user, support or admin.")] = "user",
    quota: Annotated[str, typer.Option(help="Room for mail, like 2GB; none for no limit.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Add a person with the standard mailboxes."""
    if role not in ("user", "support", "admin"):
        raise BadInput(f"{role!r} is no role: user, support or admin")
    chosen, made = _password(password, generate=generate)
    with opened(data) as core:
        from mailwright.core import accounts
        from mailwright.storage import Tx
        from mailwright.storage import accounts as rows

        hashed = accounts.hash_password(chosen)
        limited, size = _quota(quota)

        def write(tx: Tx) -> Account:
            account = accounts.add_user(tx, core, email, display_name=name, role=role, quota_bytes=size)
            if limited and size is None:
                rows.set_quota(tx, account.id, None)
            accounts.set_password(tx, account, hashed)
            return accounts.find(tx, email)

        account = core.database.write_now(write)
    _tell(account, "added", chosen if made else None, json=json)


@commands.command("list")
def list_(data: DataOption = None, json: JsonOption = False) -> None:
    """Show everybody."""
    with opened(data) as core:
        from mailwright.storage import accounts as rows

        found = core.database.read_now(rows.listing)
    if json:
        answer([_described(account) for account in found])
        return
    show(
        ["address", "name", "role", "status", "used", "quota"],
        [
            (
                a.email,
                a.display_name,
                a.role,
                a.status,
                _size(a.used_bytes),
                "none" if a.quota_bytes is None else _size(a.quota_bytes),
            )
            for a in found
        ],
        empty="There is nobody yet: mailwright user add …",
    )


@commands.command("remove")
def remove(
    email: str,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Remove a person with all their mail. There is no way back."""
    with opened(data) as core:
        from mailwright.core import accounts

        account = core.database.read_now(lambda tx: accounts.find(tx, email))
        if not yes and not json:
            typer.confirm(f"Remove {account.email} and all its mail?", abort=True, err=True)
        accounts.erase_user(core, email)
    _tell(account, "removed", None, json=json)


@commands.command("password")
def password(
    email: str,
    password: Annotated[str, typer.Option(help=_PASSWORD_HELP)] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Give somebody a new password."""
    chosen, made = _password(password, generate=False)
    with opened(data) as core:
        from mailwright.core import accounts
        from mailwright.storage import Tx

        hashed = accounts.hash_password(chosen)

        def write(tx: Tx) -> Account:
            account = accounts.find(tx, email)
            accounts.set_password(tx, account, hashed)
            return account

        account = core.database.write_now(write)
    _tell(account, "has a new password", chosen if made else None, json=json)


@commands.command("set")
def set_(
    email: str,
    undo_seconds: Annotated[
        int | None, typer.Option(min=0, max=3600, help="How long mail is held after sending, to be taken back.")
    ] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Change how somebody's mail is treated."""
    if undo_seconds is None:
        raise BadInput("there is nothing to change: --undo-seconds")
    with opened(data) as core:
        from mailwright.core import accounts, submission
        from mailwright.storage import Tx

        def write(tx: Tx) -> Account:
            account = accounts.find(tx, email)
            submission.set_undo_seconds(tx, account, undo_seconds)
            return account

        account = core.database.write_now(write)
    if json:
        answer({"email": account.email, "undo_seconds": undo_seconds})
    else:
        say(f"{account.email}: mail is held for {undo_seconds} s after sending")


def generated_password() -> str:
    """A password nobody has to remember."""
    return secrets.token_urlsafe(GENERATED_BYTES)


def _password(given: str, *, generate: bool) -> tuple[str, bool]:
    """The password, and whether we made it."""
    if not given:
        return generated_password(), True
    if generate:
        raise BadInput("--password and --generate exclude each other")
    if given != "-":
        raise BadInput(
            "a password on the command line is seen by everybody on this machine: use --password - and standard input"
        )
    import sys

    chosen = sys.stdin.readline().rstrip("\r\n")
    if not chosen:
        raise BadInput("there is no password on standard input")
    return chosen, False


def _quota(text: str) -> tuple[bool, int | None]:
    """Whether one was given, and its bytes (None: no limit)."""
    if not text:
        return False, None
    if text.lower() in ("none", "unlimited"):
        return True, None
    from pydantic import ByteSize, TypeAdapter, ValidationError

    try:
        return True, int(TypeAdapter(ByteSize).validate_python(text))
    except ValidationError:
        raise BadInput(f"{text!r} is not a size like 500MB or 2GB") from None


def _tell(account: Account, what: str, password: str | None, *, json: bool) -> None:
    if json:
        answer(_described(account) | ({"password": password} if password else {}))
        return
    say(f"{account.email} {what}")
    if password:
        note("Its password, shown this once:")
        say(password)


def _described(account: Account) -> dict[str, object]:
    return {
        "id": account.id,
        "email": account.email,
        "name": account.display_name,
        "role": account.role,
        "status": account.status,
        "quota_bytes": account.quota_bytes,
        "used_bytes": account.used_bytes,
    }


def _size(value: int) -> str:
    from pydantic import ByteSize

    return ByteSize(value).human_readable()
