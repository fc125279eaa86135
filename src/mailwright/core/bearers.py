"""Bearers: people who come with a token of the service they signed in to elsewhere, and which account it opens.

Called by every door that takes bearer tokens: HTTP (`opened`), IMAP, submission and ManageSieve (`authenticate`). What a token proves is
found out by `core.bearer`, which the application sets.
Promises: who calls is only ever who the token is of. An account is known by the issuer and its word for the person (the subject), never
by an address alone: an address that the issuer verified leads to its account once, and that is written down and audited; from then on
the subject counts, so that whoever is given the address later does not get the account with it. Whoever may not be mailed a sign-in link
(admins, support, whose INBOX others read), and whoever has a second factor here, is linked by an administrator only. Nobody becomes an
agent. Blocked and removed people are refused at once, and so are tokens that were issued before their owner was signed out everywhere.
Does not: slow down who brings a good token because others guess; a signature cannot be guessed, and programs share addresses.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

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
    TokenExpired,
    TooManyRequests,
    UnknownKey,
)
from mailwright.domain.tokens import Proven
from mailwright.storage import Tx, audit, credentials, domains
from mailwright.storage import accounts as rows
from mailwright.storage.accounts import Account
from mailwright.storage.audit import SYSTEM, Actor
from mailwright.storage.credentials import Link

ADDED = RateLimitItemPerHour(
    500
)  # people let in whom nobody added, by each process: wherever the issuer lets anybody in
NOTED = RateLimitItemPerMinute(
    10, 15
)  # refusals of one person's tokens that the audit trail keeps: programs ask again and again

tokens_total = Counter(
    "mailwright_token_sign_ins", "Bearer tokens that were brought, by what became of them", ["result"]
)


@dataclass(frozen=True, slots=True)
class Opened:
    """Whose token it is, until when it says so, and what opened the account at the look that found it good."""

    account: Account
    until: Instant
    secrets: tuple[str, ...]


async def authenticate(core: Core, name: str, token: str, *, client: str) -> Account:
    """The account whose mail a token opens; `name` may be empty and must be its main address otherwise.

    Raises AuthenticationFailed, TokenExpired, TooManyRequests, TryLater.
    """
    return (await opened(core, token, client=client, name=name, mailbox=True)).account


async def opened(core: Core, token: str, *, client: str, name: str = "", mailbox: bool = False) -> Opened:
    """Whose token it is. `mailbox`: it must be somebody who has mail here. Raises AuthenticationFailed, TokenExpired, TooManyRequests,
    TryLater."""
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
        found = await core.read(lambda tx: _known(tx, proven))
        if found is None:
            if proven.address is not None and core.settings.tokens_add_people:
                await _check_adding(core, proven)
            found = await core.write(lambda tx: _known(tx, proven) or _link(tx, core, proven, client))
        account, link = found.account, found.link
        _check(found, proven, mailbox=mailbox)
        if name and accounts.key_of(name) != account.email:
            raise AuthenticationFailed("the token is of another account")
    except AuthenticationFailed as refusal:
        await _note_refusal(core, proven, client)
        raise refusal from None
    await core.write(lambda tx: _note_sign_in(tx, account, link, client), shared=True)
    tokens_total.labels("opened").inc()
    return Opened(account, proven.expires_at, found.secrets)


def link(tx: Tx, account: Account, issuer: str, subject: str, *, by: Actor = SYSTEM) -> None:
    """An administrator says whose tokens open the account. Raises AlreadyExists, AuthenticationFailed (agents)."""
    if not sessions.may_open(account):
        raise AuthenticationFailed(f"nobody signs in as {account.email}")
    if credentials.add_link(tx, account.id, subject_key(issuer, subject), issuer) is None:
        raise AlreadyExists("tokens of that subject open an account already")
    audit.note(tx, by, "token.linked", resource=account.email, tenant_id=account.tenant_id)


def unlink(tx: Tx, account: Account, *, by: Actor = SYSTEM) -> int:
    """No token opens the account any more, until one is linked anew. How many were linked."""
    known = credentials.links(tx, account.id)
    credentials.remove_kind(tx, account.id, credentials.OIDC)
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


def _known(tx: Tx, proven: Proven) -> _Found | None:
    link = credentials.link_of(tx, subject_key(proven.issuer, proven.subject))
    account = None if link is None else rows.by_id(tx, link.user_id)
    if link is None or account is None:
        return None
    return _Found(account, link, secondfactor.is_on(tx, account.id), credentials.stand(tx, account.id))


def _check(found: _Found, proven: Proven, *, mailbox: bool) -> None:
    if not sessions.may_open(found.account):
        raise AuthenticationFailed("the account is closed")
    if found.link.ended_at is not None and proven.issued_at <= found.link.ended_at:
        raise AuthenticationFailed("its owner was signed out since the token was issued: sign in again")
    if found.second and not proven.strong:
        raise AuthenticationFailed("the account has a second factor, and the token does not say that one was asked for")
    if mailbox and not found.account.has_mailbox:
        raise AuthenticationFailed("you have no mailbox here")


def _link(tx: Tx, core: Core, proven: Proven, client: str) -> _Found:
    """The account of the address that the issuer verified, linked from now on. Raises AuthenticationFailed."""
    tx.lock("token links")  # two processes may see the first token of somebody at once
    known = _known(tx, proven)
    if known is not None:
        return known
    address = _address_of(proven)
    account = _owner(tx, str(address).lower()) or _added(tx, core, address, proven, client)
    by_hand = not signinlinks.may_be_mailed(tx, account) or secondfactor.is_on(tx, account.id)
    if by_hand or any(each.issuer == proven.issuer for each in credentials.links(tx, account.id)):
        raise AuthenticationFailed("the address is not enough to open its account: an administrator can link it")
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
        raise AuthenticationFailed("nobody here is linked to the token, and it has no address that was verified")
    # What is not ASCII has more spellings than one, and the issuer may have sent its mail to another one than we would.
    try:
        if proven.address.isascii():
            return Address.parse(proven.address)
    except BadAddress:
        pass
    raise AuthenticationFailed("nobody here is linked to the token, and its address cannot be one of ours")


def _owner(tx: Tx, email: str) -> Account | None:
    """Who has mail under that main address; else the outside sender of it, where only one tenant knows them or it is the first one."""
    known = rows.with_address(tx, email)
    if not known or known[0].has_mailbox or len(known) == 1:
        return known[0] if known else None
    home = domains.first(tx)
    return next((each for each in known if home is not None and each.tenant_id == home.tenant_id), None)


def _added(tx: Tx, core: Core, address: Address, proven: Proven, client: str) -> Account:
    """Somebody nobody has added, as an outside sender of the first domain's tenant. Addresses of our own domains are ours to give."""
    home = domains.first(tx)
    if not core.settings.tokens_add_people or home is None or domains.named(tx, address.domain) is not None:
        raise AuthenticationFailed("nobody here has the address that the token is of")
    email = str(address).lower()
    rows.add(tx, home.tenant_id, email, display_name=proven.name, role="guest", quota_bytes=None)
    account = rows.by_email(tx, home.tenant_id, email)
    assert account is not None
    by = Actor(email, client)
    audit.note(tx, by, "user.added-by-token", resource=email, tenant_id=account.tenant_id)
    return account


async def _check_adding(core: Core, proven: Proven) -> None:
    """Raises TooManyRequests when too many came of themselves lately."""
    address = (proven.address or "").lower()
    if await core.read(lambda tx: rows.with_address(tx, address)):
        return
    if not await core.sign_in_failures.hit(ADDED, "people added by tokens"):
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


def _note_sign_in(tx: Tx, account: Account, link: Link, client: str) -> None:
    audit.record(
        tx,
        actor=account.email,
        action="sign-in",
        resource=f"token:{link.id}",
        address=client,
        tenant_id=account.tenant_id,
    )
