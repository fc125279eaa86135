"""Bearers: people who come with a token of the service they signed in to elsewhere, and which account it opens.

Called by every door that takes bearer tokens: HTTP (`opened`), IMAP, submission and ManageSieve (`authenticate`), and by signing in at a
provider with a browser (`arrive`). What a token proves is found out by `core.bearer`, which the application sets.
Promises: a provider opens accounts of its own tenant only.  who calls is only ever who the token is of. An account is known by the issuer and its word for the person (the subject), never
by an address alone: an address that the issuer verified leads to its account once, and that is written down and audited; from then on
the subject counts, so that whoever is given the address later does not get the account with it. Whoever may not be mailed a sign-in link
(admins, support, whose INBOX others read), and whoever has a second factor here, is linked by an administrator only. Roles follow
what the provider says of them where its tenant wants that, up and down, and never make nor touch an operator. A program (a service) opens
the doors it was linked for and no other. Nobody becomes an agent. Blocked and removed people are refused at once, and so are tokens that were issued before their owner was signed out everywhere.
Does not: slow down who brings a good token because others guess; a signature cannot be guessed, and programs share addresses.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace

from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from prometheus_client import Counter

from mailwright.core import Core, accounts, announcing, secondfactor, sessions, signinlinks
from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant
from mailwright.domain.peers import customer
from mailwright.domain.refusals import (
    AlreadyExists,
    AuthenticationFailed,
    BadAddress,
    NotPermitted,
    TokenExpired,
    TooManyRequests,
    UnknownKey,
)
from mailwright.domain.signon import NotSignedOn
from mailwright.domain.tokens import OF_SETTINGS, Proven
from mailwright.storage import Tx, administration, audit, credentials, domains, providers
from mailwright.storage import accounts as rows
from mailwright.storage import sessions as session_rows
from mailwright.storage.accounts import Account
from mailwright.storage.audit import SYSTEM, Actor
from mailwright.storage.credentials import Link

ADDED = RateLimitItemPerHour(
    500
)  # people of one issuer let in whom nobody added, by each process: wherever it lets anybody in
NOTED = RateLimitItemPerMinute(
    10, 15
)  # refusals of one person's tokens that the audit trail keeps: programs ask again and again

OURS = frozenset({"postmaster", "abuse", "hostmaster", "webmaster", "admin", "administrator", "root", "security"})
"""RFC 2142: addresses of whoever looks after a domain. An administrator gives them, nobody comes with one."""

ROLES = ("admin", "support", "user")
"""Those that claims may give, the first that somebody has."""

tokens_total = Counter(
    "mailwright_token_sign_ins", "Bearer tokens that were brought, by what became of them", ["result"]
)


@dataclass(frozen=True, slots=True)
class Opened:
    """Whose token it is, until when it says so, and what opened the account at the look that found it good."""

    account: Account
    until: Instant
    secrets: tuple[str, ...]


async def authenticate(core: Core, name: str, token: str, *, client: str, door: str) -> Account:
    """The account whose mail a token opens at that door; `name` may be empty and must be its main address otherwise.

    Raises AuthenticationFailed, TokenExpired, TooManyRequests, TryLater.
    """
    return (await opened(core, token, client=client, name=name, mailbox=True, door=door)).account


async def opened(
    core: Core, token: str, *, client: str, name: str = "", mailbox: bool = False, door: str = "api"
) -> Opened:
    """Whose token it is. `mailbox`: it must be somebody who has mail here; `door`: where they come (one of `services.DOORS`).

    Raises AuthenticationFailed, TokenExpired, TooManyRequests, TryLater.
    """
    try:
        if core.bearer is None:
            raise AuthenticationFailed("no tokens are taken here")
        proven = await core.bearer(token)
    except (TokenExpired, UnknownKey) as refusal:
        # Every token expires and every issuer turns to new keys, at some time: nothing to audit, nor to slow down.
        tokens_total.labels("expired" if isinstance(refusal, TokenExpired) else "unknown-key").inc()
        raise
    except AuthenticationFailed as refusal:
        raise await _no_token(core, name, client, refusal) from None
    try:
        found = await _found(core, proven, client)
        account = found.account
        _check(found, proven, mailbox=mailbox, door=door)
        if found.second and not proven.strong:
            raise AuthenticationFailed(
                "the account has a second factor, and the token does not say that one was asked for"
            )
        if name and accounts.key_of(name) != account.email:
            raise AuthenticationFailed("the token is of another account")
    except AuthenticationFailed as refusal:
        await _note_refusal(core, proven, client)
        raise refusal from None
    # A token that says nothing of roles changes none: programs have tokens of less than a person is.
    signing = _signing(found, proven, silent=True)
    account = await core.write(lambda tx: sign_in(tx, found.account, signing, client), shared=True)
    tokens_total.labels("opened").inc()
    return Opened(account, proven.expires_at, found.secrets)


async def arrive(core: Core, proven: Proven, *, client: str) -> tuple[Account, SigningIn, bool]:
    """Who came back from a provider with a browser, what `sign_in` then writes, and whether their second factor here is to be asked for first.

    Raises NotSignedOn, TooManyRequests, TryLater.
    """
    try:
        found = await _found(core, proven, client)
        _check(found, proven, mailbox=False, door="pages")
    except AuthenticationFailed as refusal:
        await _note_refusal(core, proven, client)
        word = refusal.word if isinstance(refusal, NotSignedOn) else "refused"
        raise NotSignedOn(word, str(refusal)) from None
    return found.account, _signing(found, proven, silent=False), found.second and not proven.strong


async def _found(core: Core, proven: Proven, client: str) -> _Found:
    found = await core.read(lambda tx: _known(tx, proven))
    if found is None:
        if proven.address is not None and proven.voucher.adds_users:
            await _check_adding(core, proven)
        found = await core.write(lambda tx: _known(tx, proven) or _link(tx, core, proven, client))
    return found


def link(
    tx: Tx, account: Account, issuer: str, subject: str, *, doors: tuple[str, ...] = (), by: Actor = SYSTEM
) -> None:
    """An administrator says whose tokens open the account; with `doors` they are a service's, and open these only.

    Raises AlreadyExists, AuthenticationFailed (agents), NotPermitted (a provider of another tenant's).
    """
    if not sessions.may_open(account):
        raise AuthenticationFailed(f"nobody signs in as {account.email}")
    known = providers.by_issuer(tx, issuer)
    if known is not None and known.tenant_id != account.tenant_id:
        raise NotPermitted(f"{known.name} is for the people of another tenant")
    if credentials.add_link(tx, account.id, subject_key(issuer, subject), issuer, scopes=doors) is None:
        raise AlreadyExists("tokens of that subject open an account already")
    audit.note(tx, by, "token.linked", resource=account.email, tenant_id=account.tenant_id)


def unlink(tx: Tx, account: Account, *, by: Actor = SYSTEM) -> int:
    """No token opens the account any more, until one is linked anew, and what tokens opened is closed. How many were linked."""
    known = credentials.links(tx, account.id)
    credentials.remove_kind(tx, account.id, credentials.OIDC)
    by_token = [each for each in session_rows.of_user(tx, account.id) if each.provider_id is not None]
    sessions.end_of_provider(tx, by_token, client=by.address, actor=by.name)
    announcing.signed_out(tx, account.id, password=True)
    audit.note(tx, by, "token.unlinked", resource=account.email, tenant_id=account.tenant_id)
    return len(known)


def subject_key(issuer: str, subject: str) -> str:
    """A person of that issuer, as our table has it: neither part can pass for some of the other."""
    return hashlib.sha256(json.dumps([issuer, subject]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Found:
    """An account, how the token leads to it, whether it has a second factor here, and all that opens it: of one moment."""

    account: Account
    link: Link
    second: bool
    secrets: tuple[str, ...]
    same_tenant: bool


def _known(tx: Tx, proven: Proven) -> _Found | None:
    link = credentials.link_of(tx, subject_key(proven.issuer, proven.subject))
    account = None if link is None else rows.by_id(tx, link.user_id)
    if link is None or account is None:
        return None
    same = account.tenant_id == tenant_of(tx, proven)
    return _Found(account, link, secondfactor.is_on(tx, account.id), credentials.stand(tx, account.id), same)


def tenant_of(tx: Tx, proven: Proven) -> str | None:
    """Whose people the provider vouches for: a tenant's; that of the settings for those of the first domain."""
    if proven.voucher.id != OF_SETTINGS or proven.voucher.tenant_id is not None:
        return proven.voucher.tenant_id
    home = domains.first(tx)
    return None if home is None else home.tenant_id


def _check(found: _Found, proven: Proven, *, mailbox: bool, door: str) -> None:
    if not found.same_tenant:
        raise AuthenticationFailed("the account is of people whom its provider does not vouch for")
    if not sessions.may_open(found.account):
        raise AuthenticationFailed("the account is closed")
    if found.link.scopes and door not in found.link.scopes:
        raise AuthenticationFailed(f"it is of a service that may not come here ({door})")
    if found.link.ended_at is not None and proven.issued_at <= found.link.ended_at:
        raise AuthenticationFailed("its owner was signed out since the token was issued: sign in again")
    if mailbox and not found.account.has_mailbox:
        raise AuthenticationFailed("you have no mailbox here")


def _link(tx: Tx, core: Core, proven: Proven, client: str) -> _Found:
    """The account of the address that the issuer verified, linked from now on. Raises AuthenticationFailed."""
    tx.lock("token links")  # two processes may see the first token of somebody at once
    known = _known(tx, proven)
    if known is not None:
        return known
    address, tenant_id = _address_of(proven), tenant_of(tx, proven)
    if tenant_id is None:
        raise NotSignedOn("unknown", "there is nobody here yet")
    owner = rows.by_email(tx, tenant_id, str(address).lower())
    account = owner or _added(tx, core, address, proven, tenant_id, client)
    by_hand = not signinlinks.may_be_mailed(tx, account) or secondfactor.is_on(tx, account.id)
    if by_hand or any(each.issuer == proven.issuer for each in credentials.links(tx, account.id)):
        raise NotSignedOn("unknown", "the address is not enough to open its account: an administrator can link it")
    credentials.add_link(tx, account.id, subject_key(proven.issuer, proven.subject), proven.issuer)
    audit.record(
        tx,
        actor=account.email,
        action="token.linked-by-address",
        resource=proven.issuer,
        address=client,
        tenant_id=account.tenant_id,
    )
    made = _known(tx, proven)
    assert made is not None
    return made


def _address_of(proven: Proven) -> Address:
    if proven.address is None:
        raise NotSignedOn("unknown", "nobody here is linked to the token, and it has no address that was verified")
    # What is not ASCII has more spellings than one, and the issuer may have sent its mail to another one than we would.
    try:
        if proven.address.isascii():
            return Address.parse(proven.address)
    except BadAddress:
        pass
    raise NotSignedOn("unknown", "nobody here is linked to the token, and its address cannot be one of ours")


def _added(tx: Tx, core: Core, address: Address, proven: Proven, tenant_id: str, client: str) -> Account:
    """Somebody nobody has added: with a mailbox where the address is of a domain of the tenant's, else as an outside sender of it."""
    unknown = NotSignedOn("unknown", "nobody here has the address that the token is of")
    domain = domains.named(tx, address.domain)
    if not proven.voucher.adds_users or (domain is not None and domain.tenant_id != tenant_id):
        raise unknown
    email = str(address).lower()
    by = Actor(email, client)
    if domain is None:
        rows.add(tx, tenant_id, email, display_name=proven.name, role="guest", quota_bytes=None)
    elif address.local.lower() in OURS:
        raise unknown
    else:
        try:
            accounts.add_user(tx, core, email, display_name=proven.name, by=by)
        except (AlreadyExists, BadAddress):  # an alias or a group has it, or it has a +tag
            raise unknown from None
    account = rows.by_email(tx, tenant_id, email)
    assert account is not None
    audit.note(tx, by, "user.added-by-token", resource=email, tenant_id=account.tenant_id)
    return account


async def _check_adding(core: Core, proven: Proven) -> None:
    """Raises TooManyRequests when too many came of themselves lately."""
    address = (proven.address or "").lower()
    if await core.read(lambda tx: rows.by_email(tx, tenant_of(tx, proven) or OF_SETTINGS, address)):
        return
    if not await core.sign_in_failures.hit(ADDED, "people added by tokens of", proven.issuer):
        raise TooManyRequests("too many new people came in the last hour; try again later")


async def _no_token(core: Core, name: str, client: str, refusal: AuthenticationFailed) -> AuthenticationFailed:
    """Count and audit what nobody signed for us. What to raise. Raises TooManyRequests."""
    tokens_total.labels("bad").inc()
    # Without a name each client fails for itself: nobody must keep out everybody else whose program names nobody.
    key = accounts.key_of(name) or f"a token from {customer(client)}"
    await accounts.check_failures(core, key, client)
    await accounts.failed(core, key, client)
    return AuthenticationFailed(str(refusal))


async def _note_refusal(core: Core, proven: Proven, client: str) -> None:
    tokens_total.labels("refused").inc()
    key = subject_key(proven.issuer, proven.subject)
    if not await core.sign_in_failures.hit(NOTED, "tokens of", key):
        return

    def write(tx: Tx) -> None:
        found = _known(tx, proven)
        account = None if found is None else found.account
        audit.record(
            tx,
            actor=(proven.address or "a token")[:320] if account is None else account.email,
            action="sign-in.refused",
            resource=f"token:{key[:12]}",
            address=client,
            tenant_id=None if account is None else account.tenant_id,
        )

    await core.write(write, shared=True)


@dataclass(frozen=True, slots=True)
class SigningIn:
    """What is written when somebody has signed in: by which link, of whom, and the role they have there (None: it changes none)."""

    link_id: str
    issuer: str
    role: str | None


def _signing(found: _Found, proven: Proven, *, silent: bool) -> SigningIn:
    """`silent`: who says nothing of roles changes none."""
    role = None
    if proven.voucher.roles and not found.link.scopes and not (silent and proven.roles is None):
        held = {proven.voucher.roles.get(each) for each in proven.roles or ()}
        role = next((role for role in ROLES if role in held), "user")
    return SigningIn(found.link.id, proven.issuer, role)


def sign_in(tx: Tx, account: Account, signing: SigningIn, client: str) -> Account:
    """Note the sign-in, and give the account the role it has there."""
    audit.record(
        tx,
        actor=account.email,
        action="sign-in",
        resource=f"token:{signing.link_id}",
        address=client,
        tenant_id=account.tenant_id,
    )
    wanted = signing.role
    if wanted is None or wanted == account.role or account.operator or account.role not in ROLES:
        return account
    tx.lock("operators")  # as whoever else changes roles does
    now = rows.by_id(tx, account.id)
    if now is None or now.operator or now.role not in ROLES:
        return account
    administration.change_person(
        tx, now.id, display_name=now.display_name, role=wanted, status=now.status, operator=False
    )
    by = Actor(signing.issuer, client)
    audit.note(tx, by, f"user.role-is-{wanted}", resource=now.email, tenant_id=now.tenant_id)
    return replace(now, role=wanted)
