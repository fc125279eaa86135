"""Sessions: who is signed in with a browser, for how long, and how that ends.

Called by every HTTP protocol for each request (`find`), and by the sign-in pages.
Promises: what the cookie holds is random, new at every sign-in (nobody can fix it beforehand), and kept as a digest only; a session
ends when it is not used for a while, at its longest life, at sign-out, and with the account. Every sign-in and sign-out is audited.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Literal

from mailwright.core import Core, announcing
from mailwright.domain import clock
from mailwright.domain.clock import DAY, HOUR, MINUTE, Instant
from mailwright.domain.ids import is_id, new_id
from mailwright.domain.refusals import NotFound
from mailwright.storage import Tx, audit, credentials, providers
from mailwright.storage import accounts as account_rows
from mailwright.storage import sessions as rows
from mailwright.storage.accounts import Account
from mailwright.storage.sessions import Session as Session

IDLE = 12 * HOUR  # a session that nobody uses ends
IDLE_LONG_LIVED = 30 * DAY  # and one that is to be kept when the browser is closed
LONGEST = 90 * DAY  # then one signs in again, however busy it was
SEEN_EVERY = 5 * MINUTE  # how exactly it is noted when one was used: a write for each request would be waste
TOKEN_OCTETS = 32
MAX_AGENT = 300  # characters kept of what a browser calls itself
MOST = 50  # sessions of one person; beyond, the one unused for longest ends

By = Literal["password", "link", "oidc"]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The session at a provider that a sign-in is of. `token` is its ID token, sealed."""

    provider_id: str
    session: str | None
    token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Signed:
    """Somebody signed in: the account as it is now, the session, and what must come with every change (`csrf`)."""

    account: Account
    session: Session
    csrf: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session. `token` is what the cookie holds, shown to the browser alone."""

    signed: Signed
    token: str = field(repr=False)


async def open_session(
    core: Core,
    account: Account,
    *,
    by: By,
    client: str,
    agent: str,
    long_lived: bool,
    elsewhere: Elsewhere | None = None,
) -> Opened:
    """Sign the account in. The caller has made sure that it is who it says. Raises TryLater."""
    token = secrets.token_urlsafe(TOKEN_OCTETS)
    now = clock.now()
    session = Session(
        id=new_id(),
        user_id=account.id,
        authenticated_by=by,
        client=client,
        agent=printable(agent)[:MAX_AGENT],
        long_lived=long_lived,
        created_at=now,
        seen_at=now,
        expires_at=now + (IDLE_LONG_LIVED if long_lived else IDLE),
        provider_id=None if elsewhere is None else elsewhere.provider_id,
        provider_session=None if elsewhere is None else elsewhere.session,
        provider_token=None if elsewhere is None else elsewhere.token,
    )

    def write(tx: Tx) -> None:
        rows.add(tx, session, _digest(token))
        for old in rows.of_user(tx, account.id)[MOST:]:
            rows.remove(tx, account.id, old.id)
        _audit(tx, account, f"session.opened-by-{by}", session.id, client)

    await core.write(write)
    return Opened(Signed(account, session, _csrf(token)), token)


async def find(core: Core, token: str) -> Signed | None:
    """Who holds that cookie, or None when it opens nothing (any more). Raises TryLater."""
    digest = _digest(token)
    now = clock.now()

    def look(tx: Tx) -> tuple[Session, Account] | None:
        session = rows.by_token(tx, digest)
        account = None if session is None else account_rows.by_id(tx, session.user_id)
        if session is None or account is None or not _open(session, now) or not may_open(account):
            return None
        return session, account

    found = await core.read(look)
    if found is None:
        return None
    session, account = found
    if session.seen_at < now - SEEN_EVERY:
        until = now + (IDLE_LONG_LIVED if session.long_lived else IDLE)
        await core.write(lambda tx: rows.touch(tx, session.id, now, until), shared=True)
    return Signed(account, session, _csrf(token))


async def is_open(core: Core, session_id: str) -> bool:
    """Whether the session goes on: for connections that outlive the request that opened them. Raises TryLater."""
    return await core.read(lambda tx: is_open_in(tx, session_id))


def is_open_in(tx: Tx, session_id: str) -> bool:
    """`is_open` within a transaction."""
    session = rows.by_id(tx, session_id)
    account = None if session is None else account_rows.by_id(tx, session.user_id)
    return session is not None and account is not None and _open(session, clock.now()) and may_open(account)


def may_open(account: Account) -> bool:
    """Blocked people may not sign in to pages, and nobody does as an agent; outside senders (guests) may."""
    return account.status == "active" and account.role != "agent"


def listing(tx: Tx, account: Account) -> list[Session]:
    """Those that are open, the one used last first."""
    now = clock.now()
    return [each for each in rows.of_user(tx, account.id) if _open(each, now)]


def end(tx: Tx, account: Account, session_id: str, *, client: str) -> None:
    """End one of the account's. Raises NotFound."""
    if not is_id(session_id) or not rows.remove(tx, account.id, session_id):
        raise NotFound("there is no such session")
    announcing.signed_out(tx, account.id)
    _audit(tx, account, "session.ended", session_id, client)


def end_all(tx: Tx, account: Account, *, client: str, except_for: str | None = None, actor: str | None = None) -> int:
    """End all of the account's but one, the links that would open more, and what tokens of elsewhere open. How many."""
    rows.drop_links(tx, account.id)
    credentials.end_tokens(tx, account.id, clock.now())
    gone = rows.remove_all(tx, account.id, except_for=except_for)
    announcing.signed_out(tx, account.id)
    _audit(tx, account, "session.all-ended", f"{account.email}: {gone}", client, actor)
    return gone


def end_of_provider(tx: Tx, found: list[Session], *, client: str, actor: str) -> int:
    """End these, since the provider that vouched for them does so no more. How many."""
    gone = 0
    for each in found:
        account = account_rows.by_id(tx, each.user_id)
        if account is not None and rows.remove(tx, each.user_id, each.id):
            announcing.signed_out(tx, each.user_id)
            _audit(tx, account, "session.ended-by-provider", each.id, client, actor)
            gone += 1
    return gone


def purge(tx: Tx) -> int:
    """Forget sessions and links that have expired. How many."""
    return rows.purge(tx, clock.now()) + providers.purge(tx)


def csrf_matches(signed: Signed, given: str) -> bool:
    """Whether a request brought what only our own pages know."""
    return hmac.compare_digest(signed.csrf.encode(), given.encode("utf-8", "replace"))


def printable(text: str) -> str:
    """What a client says of itself, fit to be kept and shown."""
    return "".join(character for character in text if character.isprintable()).encode("utf-8", "replace").decode()


def _open(session: Session, now: Instant) -> bool:
    return session.expires_at > now and session.created_at + LONGEST > now


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _csrf(token: str) -> str:
    """Follows from the cookie, which no other site can read, and does not tell it."""
    digest = hmac.digest(token.encode("utf-8", "replace"), b"mailwright csrf", "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _audit(tx: Tx, account: Account, action: str, resource: str, client: str, actor: str | None = None) -> None:
    audit.record(
        tx,
        actor=actor or account.email,
        action=action,
        resource=resource,
        address=client,
        tenant_id=account.tenant_id,
    )
