"""`mailwright provider`: who vouches for the people of a tenant (OpenID Connect), and the programs that come with their tokens."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened, settings_of
from mailwright.cli.terminal import answer, group, note, say, show
from mailwright.domain.clock import to_iso
from mailwright.domain.refusals import AlreadyExists, BadInput

if TYPE_CHECKING:
    from mailwright.settings import Settings
    from mailwright.storage import Tx
    from mailwright.storage.accounts import Account
    from mailwright.storage.credentials import Link
    from mailwright.storage.providers import Provider

commands = group("provider", "Identity providers of tenants (OpenID Connect): who says who somebody is.")
service = group("service", "Programs that come with tokens of a provider: add, list and remove them.")
commands.add_typer(service)

Named = Annotated[str, typer.Argument(help="Its name, issuer or id.")]
Roles = Annotated[
    list[str] | None, typer.Option("--role", help="A role there and the one here, like mail-admin=admin.")
]


@commands.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What the button on the sign-in page says.")],
    issuer: Annotated[str, typer.Option(help="Exactly as `iss` in its tokens.")],
    client_id: Annotated[str, typer.Option(help="Our client there.")],
    secret_file: Annotated[
        Path | None,
        typer.Option(help="A file with the client's secret, - for standard input; a public client has none."),
    ] = None,
    tenant: Annotated[str | None, typer.Option(help="Whose people it vouches for; the first domain's.")] = None,
    audience: Annotated[str, typer.Option(help="Whom bearer tokens are for; the client when not given.")] = "",
    scopes: Annotated[str, typer.Option(help="What is asked for at sign-in.")] = "openid profile email",
    roles_claim: Annotated[str, typer.Option(help="Where its tokens have roles, like realm_access.roles.")] = "",
    role: Roles = None,
    adds_users: Annotated[bool, typer.Option("--adds-users", help="Let in people nobody has added.")] = False,
    trusts_mail: Annotated[
        bool, typer.Option("--trusts-mail", help="Believe an address that is not said to be verified.")
    ] = False,
    stays_signed_in: Annotated[
        bool, typer.Option("--stays-signed-in", help="Who signs out here is not signed out there.")
    ] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Believe an issuer of a tenant's people; shows what it must know of us."""
    settings = settings_of(data)
    if issuer == settings.oidc_issuer:
        raise AlreadyExists("the settings name that issuer (oidc_issuer): it is believed already")
    with opened(data) as core:
        from mailwright.core import providers

        wanted = providers.Wanted(
            name,
            client_id,
            _secret(secret_file),
            audience,
            scopes,
            roles_claim,
            _roles(role),
            adds_users,
            trusts_mail,
            not stays_signed_in,
        )
        made = core.database.write_now(
            lambda tx: providers.add(tx, core, providers.tenant_named(tx, tenant), issuer, wanted)
        )
    if json:
        answer(_described(made, settings))
    else:
        say(f"{made.name} vouches for the people of {made.tenant}")
        _show_ours(made, settings)


@commands.command("list")
def list_(data: DataOption = None, json: JsonOption = False) -> None:
    """Show every provider, with the one of the settings."""
    settings = settings_of(data)
    with opened(data) as core:
        from mailwright.signon import row_of_settings
        from mailwright.storage import providers

        own = row_of_settings(settings)
        found = [*([] if own is None else [own]), *core.database.read_now(providers.listing)]
    if json:
        answer([_described(each, settings) for each in found])
        return
    show(
        ["id", "name", "tenant", "issuer", "state"],
        [(each.id, each.name, each.tenant or "(settings)", each.issuer, _state(each)) for each in found],
        empty="Nobody vouches for anybody yet: mailwright provider add …",
    )


@commands.command("show")
def show_(named: Named, data: DataOption = None, json: JsonOption = False) -> None:
    """Show one, and what it must know of us."""
    settings = settings_of(data)
    found = _find(data, named)
    if json:
        answer(_described(found, settings))
        return
    for label, value in _described(found, settings).items():
        say(f"{label.replace('_', ' ')}: {value}")


@commands.command("remove")
def remove(named: Named, data: DataOption = None) -> None:
    """Believe it no more, and forget who was who there."""
    with opened(data) as core:
        from mailwright.core import providers

        core.database.write_now(lambda tx: providers.remove(tx, providers.find(tx, named)))
    say(f"{named} vouches for nobody any more")


@commands.command("enable")
def enable(named: Named, data: DataOption = None) -> None:
    """Believe it again."""
    _switch(data, named, on=True)


@commands.command("disable")
def disable(named: Named, data: DataOption = None) -> None:
    """Believe it no more until it is enabled: its tokens open nothing, and sessions it vouched for end."""
    _switch(data, named, on=False)


@commands.command("check")
def check(named: Named, data: DataOption = None, json: JsonOption = False) -> None:
    """Ask a provider for what it says of itself and for its keys, and show what it must know of us."""
    settings = settings_of(data)
    with opened(data) as core:
        import asyncio

        from mailwright.signon import SignOn

        found = _find(data, named)

        async def look() -> list[tuple[str, bool, str]]:
            service = SignOn(settings, core)
            try:
                return await service.check(found.id)
            finally:
                await service.close()

        looks = asyncio.run(look())
    if json:
        answer([{"name": name, "ok": ok, "because": because} for name, ok, because in looks])
    else:
        show(
            ["what", "well", "because"],
            [(name, "yes" if ok else "no", because) for name, ok, because in looks],
            empty="",
        )
        _show_ours(found, settings)
    if any(not ok for name, ok, _ in looks if name in ("discovery", "keys")):
        raise typer.Exit(1)


@service.command("add")
def add_service(
    named: Named,
    email: Annotated[str, typer.Argument(help="The account it works with, its own; made when nobody has the address.")],
    client_id: Annotated[str, typer.Option(help="The program's client at the provider.")],
    subject: Annotated[
        str,
        typer.Option(
            help="`sub` of its tokens, where that is not the client's id (Keycloak: the id of its service account)."
        ),
    ] = "",
    scopes: Annotated[str, typer.Option(help="Where it may come: api grpc imap smtp sieve, by spaces.")] = "api",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Let a program in with the tokens it gets for itself (client credentials)."""
    settings = settings_of(data)
    with opened(data) as core:
        from mailwright.core import providers

        def write(tx: Tx) -> str:
            found = _found(tx, named, settings)
            tenant_id = found.tenant_id or providers.tenant_named(tx, None)
            account = providers.add_service(
                tx, core, found.issuer, tenant_id, email, subject=subject or client_id, doors=tuple(scopes.split())
            )
            return account.email

        made = core.database.write_now(write)
    if json:
        answer({"email": made, "subject": subject or client_id, "scopes": scopes.split()})
    else:
        say(f"tokens of {subject or client_id} open {made}: {scopes}")


@service.command("list")
def list_services(named: Named, data: DataOption = None, json: JsonOption = False) -> None:
    """Show the programs that come with tokens of a provider."""
    settings = settings_of(data)
    with opened(data) as core:
        from mailwright.core import providers

        def look(tx: Tx) -> list[tuple[Account, Link]]:
            provider = _found(tx, named, settings)
            return providers.services(tx, provider.issuer, provider.tenant_id or None)

        found = core.database.read_now(look)
    listed = [(link.id, account.email, " ".join(link.scopes), to_iso(link.created_at)) for account, link in found]
    if json:
        answer([dict(zip(("id", "email", "scopes", "linked_at"), each, strict=True)) for each in listed])
    else:
        show(["id", "account", "scopes", "linked"], listed, empty="No program comes with its tokens.")


@service.command("remove")
def remove_service(named: Named, service_id: str, data: DataOption = None) -> None:
    """Let a program's tokens open nothing any more; its account stays."""
    settings = settings_of(data)
    with opened(data) as core:
        from mailwright.core import providers

        def write(tx: Tx) -> Account:
            provider = _found(tx, named, settings)
            return providers.remove_service(tx, provider.issuer, service_id, tenant_id=provider.tenant_id or None)

        gone = core.database.write_now(write)
    say(f"its tokens open {gone.email} no more")


def _switch(data: Path | None, named: str, *, on: bool) -> None:
    with opened(data) as core:
        from mailwright.core import providers

        core.database.write_now(lambda tx: providers.switch(tx, providers.find(tx, named), on=on))
    say(f"{named} is {'believed' if on else 'not believed any more'}")


def _find(data: Path | None, named: str) -> Provider:
    settings = settings_of(data)
    with opened(data) as core:
        return core.database.read_now(lambda tx: _found(tx, named, settings))


def _found(tx: Tx, named: str, settings: Settings) -> Provider:
    """One of the rows, or that of the settings. Raises NotFound."""
    from mailwright.core import providers
    from mailwright.signon import row_of_settings

    own = row_of_settings(settings)
    return own if own is not None and named in (own.id, own.issuer) else providers.find(tx, named)


def _secret(file: Path | None) -> str | None:
    """The client's secret: never an argument, which every program on the machine can read."""
    if file is None:
        return None
    text = sys.stdin.read() if str(file) == "-" else file.read_text()
    if not text.strip():
        raise BadInput("the secret is empty")
    return text.strip()


def _roles(given: list[str] | None) -> dict[str, str]:
    pairs = [each.rpartition("=") for each in given or []]
    if any(not there or not here for there, _, here in pairs):
        raise BadInput("a role is given as a pair, like mail-admin=admin")
    return {there: here for there, _, here in pairs}


def _state(provider: Provider) -> str:
    return "enabled" if provider.enabled else "disabled"


def _ours(provider: Provider, settings: Settings) -> dict[str, str]:
    from mailwright.core import signon
    from mailwright.installation import core_settings

    public_url = core_settings(settings).public_url
    return {
        "redirect_uri": public_url + signon.redirect_path(provider.id),
        "backchannel_uri": public_url + signon.logout_path(provider.id),
        "after_sign_out": f"{public_url}/app/sign-in",
    }


def _show_ours(provider: Provider, settings: Settings) -> None:
    for label, value in _ours(provider, settings).items():
        note(f"{label.replace('_', ' ')}: {value}")


def _described(provider: Provider, settings: Settings) -> dict[str, object]:
    names = ("id", "name", "tenant", "issuer", "client_id", "audience", "scopes", "roles_claim", "roles", "adds_users")
    more = ("trusts_mail", "signs_out", "enabled")
    values: dict[str, object] = {name: getattr(provider, name) for name in names + more}
    return {**values, "has_secret": provider.client_secret is not None, **_ours(provider, settings)}
