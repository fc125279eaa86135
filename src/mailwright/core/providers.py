"""Identity providers of the tenants: adding, changing and taking them away, and the services (programs) that come with their tokens.

Called by the command line and by `administration.providers`, which says who may.
Promises: a client's secret is sealed and never shown; an issuer is one tenant's; what is switched off or taken away opens nothing from then
on, and the sessions it vouched for end; every change is audited. A service has an account of its own, to which nobody signs in.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from mailwright.core import Core, accounts, announcing, bearers, sessions
from mailwright.domain import clock
from mailwright.domain.ids import is_id, new_id
from mailwright.domain.refusals import AlreadyExists, BadInput, NotFound
from mailwright.storage import Tx, audit, credentials, domains
from mailwright.storage import accounts as account_rows
from mailwright.storage import providers as rows
from mailwright.storage import sessions as session_rows
from mailwright.storage.accounts import Account
from mailwright.storage.audit import SYSTEM, Actor
from mailwright.storage.credentials import Link
from mailwright.storage.providers import Provider as Provider

SECRET = "secret of a client"  # noqa: S105 - what it is sealed for
MAX_NAME = 100
MAX_TEXT = 1_000
MAX_ROLES = 50

DOORS = ("api", "grpc", "imap", "smtp", "sieve")
"""Where tokens are taken: what a service may be linked for. REST and JMAP are the api."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a provider is to be. `client_secret` None: as it is (of a new one: a public client has none); empty: none."""

    name: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    audience: str | None = None
    scopes: str = "openid profile email"
    roles_claim: str = ""
    roles: dict[str, str] = field(default_factory=dict)
    adds_users: bool = False
    trusts_mail: bool = False
    signs_out: bool = True


def find(tx: Tx, named: str) -> Provider:
    """The one of that id, issuer or name, if only one has it. Raises NotFound."""
    if is_id(named) and (known := rows.by_id(tx, named)) is not None:
        return known
    found = [each for each in rows.listing(tx) if named in (each.issuer, each.name)]
    if len(found) != 1:
        raise NotFound(
            f"there is no provider {named[:255]}" if not found else f"several are called {named[:255]}: use an id"
        )
    return found[0]


def add(tx: Tx, core: Core, tenant_id: str, issuer: str, wanted: Wanted, *, by: Actor = SYSTEM) -> Provider:
    """Believe an issuer of a tenant's people. Raises BadInput, AlreadyExists."""
    _check(wanted)
    if issuer == core.settings.own_issuer:
        raise AlreadyExists(f"{issuer} is the issuer of the settings")
    try:
        parts = urlsplit(issuer)
        named = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.fragment
    except ValueError:
        named = False
    if not named or len(issuer) > MAX_TEXT or not issuer.isprintable() or not issuer.isascii():
        raise BadInput(
            "an issuer is an address like https://login.example.org/realms/people, exactly as its tokens name it"
        )
    if parts.scheme != "https" and not core.settings.allow_private_providers:
        raise BadInput("an issuer's address begins with https: whoever can answer in its place lets anybody in")
    secret = core.secrets.seal(wanted.client_secret.encode(), purpose=SECRET) if wanted.client_secret else None
    made = Provider(
        id=new_id(),
        tenant_id=tenant_id,
        tenant="",
        name=wanted.name.strip(),
        issuer=issuer,
        client_id=wanted.client_id,
        client_secret=secret,
        audience=wanted.audience or None,
        scopes=wanted.scopes,
        roles_claim=wanted.roles_claim,
        roles=dict(wanted.roles),
        adds_users=wanted.adds_users,
        trusts_mail=wanted.trusts_mail,
        signs_out=wanted.signs_out,
        enabled=True,
        created_at=clock.now(),
    )
    if not rows.add(tx, made):
        raise AlreadyExists(f"{issuer} is believed already; an issuer has one tenant")
    audit.note(tx, by, "provider.added", resource=issuer, tenant_id=tenant_id)
    return find(tx, made.id)


def change(tx: Tx, core: Core, provider: Provider, wanted: Wanted, *, by: Actor = SYSTEM) -> Provider:
    """Keep it as it is wanted now. Raises BadInput."""
    _check(wanted)
    secret = provider.client_secret
    if wanted.client_secret is not None:
        secret = core.secrets.seal(wanted.client_secret.encode(), purpose=SECRET) if wanted.client_secret else None
    after = replace(
        provider,
        name=wanted.name.strip(),
        client_id=wanted.client_id,
        client_secret=secret,
        audience=wanted.audience or None,
        scopes=wanted.scopes,
        roles_claim=wanted.roles_claim,
        roles=dict(wanted.roles),
        adds_users=wanted.adds_users,
        trusts_mail=wanted.trusts_mail,
        signs_out=wanted.signs_out,
    )
    rows.change(tx, after)
    audit.note(tx, by, "provider.changed", resource=provider.issuer, tenant_id=provider.tenant_id)
    return after


def switch(tx: Tx, provider: Provider, *, on: bool, by: Actor = SYSTEM) -> Provider:
    """Believe it (again), or not: then what it vouched for ends."""
    after = replace(provider, enabled=on)
    rows.change(tx, after)
    if not on:
        _end(tx, provider, by)
    action = "provider.switched-on" if on else "provider.switched-off"
    audit.note(tx, by, action, resource=provider.issuer, tenant_id=provider.tenant_id)
    return after


def remove(tx: Tx, provider: Provider, *, by: Actor = SYSTEM) -> None:
    """Believe it no more, and forget who was who there."""
    _end(tx, provider, by)
    rows.remove(tx, provider)
    audit.note(tx, by, "provider.removed", resource=provider.issuer, tenant_id=provider.tenant_id)


def let_go(tx: Tx, account: Account, *, by: Actor = SYSTEM) -> None:
    """Somebody becomes an operator: what their tenant's providers opened was linked by their word, or by admins of the tenant, who
    must not reach an operator by it. Operators link anew."""
    for link in credentials.links(tx, account.id):
        provider = rows.by_issuer(tx, link.issuer)
        if provider is not None:
            credentials.remove(tx, account.id, link.id)
            found = session_rows.of_provider(tx, provider.id, user_id=account.id)
            sessions.end_of_provider(tx, found, client=by.address, actor=by.name)
            announcing.signed_out(tx, account.id)
            audit.note(tx, by, "token.unlinked", resource=account.email, tenant_id=account.tenant_id)


def wanted_of(provider: Provider) -> Wanted:
    """As it is, to be changed."""
    return Wanted(
        provider.name,
        provider.client_id,
        None,
        provider.audience,
        provider.scopes,
        provider.roles_claim,
        dict(provider.roles),
        provider.adds_users,
        provider.trusts_mail,
        provider.signs_out,
    )


def tenant_named(tx: Tx, name: str | None) -> str:
    """The id of a tenant; of the first domain's when none is named. Raises NotFound."""
    home = domains.first(tx)
    found = (None if home is None else home.tenant_id) if name is None else domains.tenant_named(tx, name.strip())
    if found is None:
        raise NotFound(f"there is no tenant {name}" if name else "there is no domain yet: mailwright domain add …")
    return found


# --- services -------------------------------------------------------------------------------------------------------


def check_own(tx: Tx, issuer: str) -> None:
    """That no tenant has the issuer of the settings: the same tokens would be of two kinds of people. Raises BadInput."""
    known = rows.by_issuer(tx, issuer)
    if known is not None:
        raise BadInput(
            f"oidc_issuer is {issuer}, and so is the provider {known.name} of {known.tenant}: "
            f"take one away (mailwright provider remove {known.id})"
        )


def services(tx: Tx, issuer: str, tenant_id: str | None = None) -> list[tuple[Account, Link]]:
    """The programs that come with tokens of that issuer, of a tenant or of all, each with its account."""
    found = [(account_rows.by_id(tx, link.user_id), link) for link in credentials.services(tx, issuer, tenant_id)]
    return [(account, link) for account, link in found if account is not None]


def add_service(
    tx: Tx,
    core: Core,
    issuer: str,
    tenant_id: str,
    email: str,
    *,
    subject: str,
    doors: tuple[str, ...],
    by: Actor = SYSTEM,
) -> Account:
    """Link a program to the account of that address, which is made when nobody has it; to the doors that are named.

    Raises BadInput, BadAddress, NotFound (domain), NotPermitted, AlreadyExists.
    """
    unknown = [each for each in doors if each not in DOORS]
    if unknown or not doors:
        raise BadInput(f"a service is linked for some of {' '.join(DOORS)}")
    if not subject or subject != subject.strip() or not subject.isprintable():
        raise BadInput("a subject is the word for one program, as the tokens have it in `sub`")
    account = account_rows.with_mailbox(tx, accounts.key_of(email))
    if account is None:
        account = accounts.add_user(tx, core, email, by=by)
    if account.tenant_id != tenant_id:
        raise NotFound(f"there is no user {email}")
    people = [each for each in credentials.links(tx, account.id) if not each.scopes]
    if account_rows.password_of(tx, account.id) is not None or people:
        # A program must not become a person, nor a person what the audit trail calls a program.
        raise BadInput(f"{account.email} is a person's account: a service has one of its own")
    bearers.link(tx, account, issuer, subject, doors=tuple(dict.fromkeys(doors)), by=by)
    audit.note(tx, by, "service.linked", resource=f"{account.email}: {' '.join(doors)}", tenant_id=account.tenant_id)
    return account


def remove_service(tx: Tx, issuer: str, link_id: str, *, tenant_id: str | None = None, by: Actor = SYSTEM) -> Account:
    """Its tokens open nothing any more; the account stays. Raises NotFound."""
    for account, link in services(tx, issuer, tenant_id):
        if link.id == link_id:
            credentials.remove(tx, account.id, link.id)
            announcing.signed_out(tx, account.id, password=True)
            audit.note(tx, by, "service.unlinked", resource=account.email, tenant_id=account.tenant_id)
            return account
    raise NotFound("there is no such service")


def _end(tx: Tx, provider: Provider, by: Actor) -> None:
    """End the sessions it vouched for, and let connections that were opened with its tokens look whether they may stay."""
    found = session_rows.of_provider(tx, provider.id)
    sessions.end_of_provider(tx, found, client=by.address, actor=by.name)
    for user_id in set(credentials.people_of(tx, provider.issuer, provider.tenant_id)):
        announcing.signed_out(tx, user_id)


def _check(wanted: Wanted) -> None:
    if not wanted.name.strip() or len(wanted.name) > MAX_NAME or not wanted.name.isprintable():
        raise BadInput(f"a provider's name has 1 to {MAX_NAME} characters that can be shown")
    texts = (wanted.client_id, wanted.audience or "", wanted.scopes, wanted.roles_claim, *wanted.roles)
    if any(len(each) > MAX_TEXT or not each.isprintable() for each in texts) or not wanted.client_id:
        raise BadInput("a client's id, an audience, scopes and roles are words that can be shown")
    if "openid" not in wanted.scopes.split():
        raise BadInput("the scopes must have openid: without it nobody says who signed in")
    if len(wanted.roles) > MAX_ROLES or any(role not in bearers.ROLES for role in wanted.roles.values()):
        raise BadInput("roles lead to admin, support or user")
    if wanted.roles and not wanted.roles_claim:
        raise BadInput("say where the tokens have their roles, like realm_access.roles")
