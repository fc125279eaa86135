"""`mailwright user token`: whose tokens of elsewhere (OpenID Connect) open an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened, settings_of
from mailwright.cli.terminal import answer, group, say, show
from mailwright.domain.clock import to_iso
from mailwright.domain.refusals import BadInput

if TYPE_CHECKING:
    from mailwright.storage import Tx
    from mailwright.storage.accounts import Account
    from mailwright.storage.credentials import Link

commands = group("token", "Whose tokens of another service open an account: link, list and unlink them.")


@commands.command("link")
def link(
    email: Annotated[str, typer.Argument(help="Whose account.")],
    subject: Annotated[str, typer.Argument(help="The person's id at the issuer: `sub` in its tokens.")],
    provider: Annotated[
        str, typer.Option(help="The provider, by name, issuer or id; the one of the settings when not given.")
    ] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Say whose tokens open an account: for admins and support, whom a verified address does not link, and for whoever has a new id."""
    of_settings = settings_of(data).oidc_issuer
    if of_settings is None and not provider:
        raise BadInput("name a provider, or set oidc_issuer in the settings")
    if not subject.strip() or subject != subject.strip():
        raise BadInput("a subject is the word for one person, as the tokens have it")
    with opened(data) as core:
        from mailwright.core import bearers, providers

        def write(tx: Tx) -> tuple[Account, str]:
            account = _account(tx, email)
            issuer = providers.find(tx, provider).issuer if provider else str(of_settings)
            bearers.link(tx, account, issuer, subject)
            return account, issuer

        account, issuer = core.database.write_now(write)
    if json:
        answer({"email": account.email, "issuer": issuer, "subject": subject})
    else:
        say(f"tokens of {subject} open {account.email}")


@commands.command("list")
def list_(email: str, data: DataOption = None, json: JsonOption = False) -> None:
    """Show which issuers' tokens open an account, and since when."""
    with opened(data) as core:
        from mailwright.storage import credentials

        found = core.database.read_now(lambda tx: credentials.links(tx, _account(tx, email).id))
    if json:
        answer([_described(each) for each in found])
        return
    show(
        ["id", "issuer", "linked"],
        [(each.id, each.issuer, to_iso(each.created_at)) for each in found],
        empty=f"No token has opened {email} yet.",
    )


@commands.command("unlink")
def unlink(email: str, data: DataOption = None, json: JsonOption = False) -> None:
    """Let no token open an account any more, until a verified address or `link` does so anew. To keep somebody out, block the account."""
    with opened(data) as core:
        from mailwright.core import bearers

        gone = core.database.write_now(lambda tx: bearers.unlink(tx, _account(tx, email)))
    if json:
        answer({"email": email, "unlinked": gone})
    else:
        say(f"{gone} unlinked")


def _account(tx: Tx, email: str) -> Account:
    """Who has mail under that main address, else the outside sender of it. Raises NotFound, BadAddress."""
    from mailwright.core import accounts
    from mailwright.domain.addresses import Address
    from mailwright.storage import accounts as rows

    known = rows.with_address(tx, str(Address.parse(email)).lower())
    return known[0] if known else accounts.find(tx, email)


def _described(each: Link) -> dict[str, object]:
    ended = None if each.ended_at is None else to_iso(each.ended_at)
    return {"id": each.id, "issuer": each.issuer, "linked_at": to_iso(each.created_at), "ended_at": ended}
