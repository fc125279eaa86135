"""`mailwright user`: people and their passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mailwright.cli import apppasswords, personaldata, tokens
from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.terminal import answer, group, note, say, show
from mailwright.domain.refusals import BadInput

if TYPE_CHECKING:
    from mailwright.storage.accounts import Account

commands = group("user", "People: add, list and remove them, and set passwords.")
commands.add_typer(apppasswords.commands)
commands.add_typer(tokens.commands)
commands.command("data")(personaldata.export_data)
commands.command("erase")(personaldata.erase)

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
    operator: Annotated[
        bool | None,
        typer.Option(
            "--operator/--no-operator",
            help="An admin of the whole installation; the first admin is one unless told not to.",
        ),
    ] = None,
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
        from mailwright.storage import Tx, administration
        from mailwright.storage import accounts as rows

        hashed = accounts.hash_password(chosen)
        limited, size = _quota(quota)

        def write(tx: Tx) -> Account:
            first = role == "admin" and operator is None and not administration.operators(tx)
            account = accounts.add_user(
                tx, core, email, display_name=name, role=role, quota_bytes=size, operator=bool(operator) or first
            )
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
                "operator" if a.operator else a.role,
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
    role: Annotated[str | None, typer.Option(help="user, support or admin.")] = None,
    operator: Annotated[
        bool | None,
        typer.Option("--operator/--no-operator", help="Whether an admin looks after the whole installation."),
    ] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Change how somebody's mail is treated, and what they may do."""
    if undo_seconds is None and role is None and operator is None:
        raise BadInput("there is nothing to change: --undo-seconds, --role, --operator")
    with opened(data) as core:
        from mailwright.core import accounts, submission
        from mailwright.core.administration import people
        from mailwright.storage import Tx

        def write(tx: Tx) -> Account:
            account = accounts.find(tx, email)
            if undo_seconds is not None:
                submission.set_undo_seconds(tx, account, undo_seconds)
            if role is not None or operator is not None:
                account = people.set_role(tx, email, role=role, operator=operator)
            return account

        account = core.database.write_now(write)
    if json:
        answer(_described(account) | ({} if undo_seconds is None else {"undo_seconds": undo_seconds}))
        return
    if undo_seconds is not None:
        say(f"{account.email}: mail is held for {undo_seconds} s after sending")
    if role is not None or operator is not None:
        say(f"{account.email} is {account.role}" + (" of the whole installation" if account.operator else ""))


@commands.command("set-phone")
def set_phone(
    email: str,
    phone: Annotated[
        str, typer.Argument(help="The number with its country, like +4915112345678; `none` takes it away.")
    ],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Say which phone is somebody's: what comes from it by WhatsApp is theirs. Who had it before has none then."""
    with opened(data) as core:
        from mailwright.core import accounts, phones
        from mailwright.storage import Tx

        def write(tx: Tx) -> tuple[Account, str | None]:
            account = accounts.find(tx, email)
            return account, phones.set_phone(tx, account, None if phone.lower() == "none" else phone)

        account, number = core.database.write_now(write)
    if json:
        answer(_described(account) | {"phone": number})
        return
    say(f"{account.email} has no phone any more" if number is None else f"{account.email} has the phone {number}")


def _password(given: str, *, generate: bool) -> tuple[str, bool]:
    """The password, and whether we made it."""
    if not given:
        from mailwright.core.passwords import generated_password

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
        "operator": bool(account.operator),
        "status": account.status,
        "quota_bytes": account.quota_bytes,
        "used_bytes": account.used_bytes,
    }


def _size(value: int) -> str:
    from pydantic import ByteSize

    return ByteSize(value).human_readable()
