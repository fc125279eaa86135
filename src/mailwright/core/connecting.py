"""Connecting: how somebody lets us into an account of theirs elsewhere, and how that ends.

Called by the API and the command line. The services themselves are connectors (`AccountsService`).
Promises: what a person allowed us at Google is taken from the one who set out for it, in the same browser, once, within ATTEMPT; an
IMAP account is signed in to before anything of it is kept; what is removed is given back at Google, where nobody else here needs it.
Does not: call a service inside a transaction.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from typing import Any, Protocol

from mailwright.core import Core
from mailwright.core.connections import (
    GMAIL,
    Connection,
    add_gmail,
    add_imap,
    check_may,
    checked_server,
    disconnect,
    tokens,
)
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import MINUTE, Instant
from mailwright.domain.elsewhere import Opened, Refused, Server
from mailwright.domain.refusals import BadInput, Refusal
from mailwright.storage import Tx
from mailwright.storage import connections as rows
from mailwright.storage.accounts import Account
from mailwright.storage.audit import SYSTEM, Actor

PURPOSE = "connecting gmail"
"""What browsers keep meanwhile is sealed for this."""
ATTEMPT: Instant = 10 * MINUTE  # between setting out for the service and coming back


class AccountsService(Protocol):
    """Who speaks with the services. `gmail`: whether Gmail can be connected; `pushes`: whether it tells us of new mail; `poll`: how often
    accounts are looked at otherwise."""

    gmail: bool
    pushes: bool
    poll: Instant

    def authorization(self, redirect_uri: str, state: str) -> tuple[str, str]:
        """Where people allow us their Gmail, and the secret that must come with what they bring back. Raises NotSetUp."""

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> Opened:
        """What somebody brought back, as an account. Raises Refused, TryLater, NotSetUp."""

    async def revoke(self, tokens: str) -> None:
        """Give back what was allowed. Raises TryLater; what was given back before is no error."""

    async def try_imap(self, server: Server, password: str) -> None:
        """Sign in once. Raises BadInput, NotPermitted (a server inside), AuthenticationFailed, TryLater."""

    async def close(self) -> None:
        """Let go of connections."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody sets out: where to, and what their browser keeps meanwhile."""

    url: str
    kept: str = field(repr=False)


async def set_out(core: Core, service: AccountsService, account: Account, redirect_uri: str) -> Attempt:
    """Begin connecting a Gmail account. Raises NotSetUp, NotPermitted, TryLater."""
    check_may(account)
    state = secrets.token_urlsafe(32)
    url, verifier = service.authorization(redirect_uri, state)
    now = clock.now()

    await core.write(lambda tx: rows.add_attempt(tx, _digest(state), account.id, now=now, expires_at=now + ATTEMPT))
    kept = {"state": state, "verifier": verifier, "user": account.id, "until": now + ATTEMPT}
    return Attempt(url, core.secrets.seal(json.dumps(kept).encode(), purpose=PURPOSE))


async def come_back(
    core: Core,
    service: AccountsService,
    account: Account,
    redirect_uri: str,
    *,
    kept: str,
    state: str,
    code: str,
    error: str = "",
    by: Actor,
) -> Connection:
    """Finish it: `state`, `code` and `error` are what the service sent along, `kept` what the browser had. Raises Refused."""
    attempt = _opened(core, kept)
    # Constant time, and before anything the address says is believed (RFC 6749 §10.12).
    same = hmac.compare_digest(str(attempt.get("state", "")).encode(), state.encode("utf-8", "replace"))
    mine = hmac.compare_digest(str(attempt.get("user", "")).encode(), account.id.encode())
    if not attempt or not same or not mine or int(attempt.get("until", 0)) < clock.now():
        raise Refused("expired")
    taken = await core.write(lambda tx: rows.take_attempt(tx, _digest(state), account.id, clock.now()))
    if not taken:
        raise Refused("expired")
    if error or not code:
        raise Refused("denied" if error == "access_denied" else "blocked" if error in _BLOCKED else "failed")
    opened = await service.exchange(code, str(attempt["verifier"]), redirect_uri)
    try:
        return await core.write(
            lambda tx: add_gmail(tx, core, account, address=opened.address, tokens_json=opened.tokens, by=by)
        )
    except BadInput:
        with contextlib.suppress(Refusal):
            await service.revoke(opened.tokens)  # what is not kept is given back
        raise Refused("taken") from None


_BLOCKED = frozenset(
    {"admin_policy_enforced", "disallowed_useragent", "org_internal", "invalid_client", "unauthorized_client"}
)


async def connect_imap(
    core: Core, service: AccountsService, account: Account, *, address: str, server: Server, password: str, by: Actor
) -> Connection:
    """Connect an IMAP account: it is signed in to before anything is kept. Raises what `try_imap` and `add_imap` raise."""
    checked_server(server, password)
    Address.parse(address)
    check_may(account)
    await service.try_imap(server, password)
    return await core.write(
        lambda tx: add_imap(tx, core, account, address=address, password=password, by=by, **server.as_values())
    )


async def remove(
    core: Core, service: AccountsService | None, account: Account, connection_id: str, *, by: Actor = SYSTEM
) -> bool | None:
    """`disconnect`, and give back at Google what was allowed. Whether that worked; None: there was nothing to give back. Raises NotFound."""

    def write(tx: Tx) -> tuple[Connection, bool]:
        found = disconnect(tx, core, account, connection_id, by=by)
        return found, bool(rows.of_address(tx, found.kind, found.address))

    found, shared = await core.write(write)
    # What is given back ends every permission that account gave us: not while somebody else here has it connected, too.
    if found.kind != GMAIL or shared:
        return None
    try:
        if service is None:
            return False
        await service.revoke(tokens(core, found))
    except Refusal:
        return False
    return True


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()


def _opened(core: Core, kept: str) -> dict[str, Any]:
    """What a browser kept, or nothing."""
    try:
        found = json.loads(core.secrets.open(kept, purpose=PURPOSE))
    except (Refusal, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
