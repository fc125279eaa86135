"""Single sign-on: people sign in with a browser at the provider of their tenant (OpenID Connect), and sign out of both.

Called by the sign-in pages. Who speaks with providers is a `SignOnService`, which the roof makes; which account somebody opens is
`core.bearers`' to say, as for every other token.
Promises: who comes back set out from here in the same browser, within ATTEMPT, and comes back once; a browser keeps nothing of it that it
can read or change. The session is ours: the provider's tokens are not kept, but for the ID token, sealed, that it wants at sign-out. What a
provider says of a sign-out there ends what it vouched for, once.
Does not: ask a provider inside a transaction.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from mailwright.core import Core, accounts, announcing, bearers, sessions
from mailwright.core.sessions import Elsewhere, Opened, Signed
from mailwright.domain import clock
from mailwright.domain.clock import MINUTE, SECOND, Instant
from mailwright.domain.refusals import AuthenticationFailed, NotFound, SecondFactorRequired, TooManyRequests, TryLater
from mailwright.domain.signon import Ended, Errand, NotSignedOn, Returned
from mailwright.domain.tokens import OF_SETTINGS
from mailwright.storage import Tx, audit, credentials, domains, providers
from mailwright.storage import accounts as account_rows
from mailwright.storage import sessions as session_rows
from mailwright.storage.accounts import Account

PURPOSE = "signing on"
"""What browsers keep meanwhile is sealed for this."""
WAITING = "signing on, second factor"
ID_TOKEN = "id token"  # noqa: S105 - what it is sealed for
ATTEMPT: Instant = 10 * MINUTE  # between setting out and coming back: somebody may look for a phone
CODE: Instant = 5 * MINUTE  # to enter the code of a second factor
START = "/app"
MAX_NEXT = 2_000
MAX_KEPT = 3_000  # characters; browsers keep 4,096 of a cookie


@dataclass(frozen=True, slots=True)
class Offered:
    """A provider that people may choose on the sign-in page."""

    id: str
    name: str
    tenant_id: str | None = None  # None: of the first domain


class SignOnService(Protocol):
    """Who speaks with the providers. Each raises NotFound for one that is not there or switched off, and TryLater for one that is away."""

    async def offered(self) -> list[Offered]:
        """Those that people can sign in at."""

    async def errand(self, provider_id: str, redirect_uri: str, *, hint: str = "") -> Errand:
        """Send somebody there."""

    async def returned(
        self, provider_id: str, code: str, redirect_uri: str, *, verifier: str, nonce: str, iss: str | None
    ) -> Returned:
        """Who came back with that code. Raises NotSignedOn."""

    async def ended(self, provider_id: str, token: str) -> Ended:
        """What a logout token says. Raises AuthenticationFailed."""

    async def farewell(self, provider_id: str, back: str, *, id_token: str | None, hint: str) -> str | None:
        """Where who signs out here is sent, to be signed out there; None where nobody is."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody sets out: where to, and what their browser keeps meanwhile."""

    url: str
    kept: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody came back: signed in, or (`waiting`, for their browser) to be asked for the second factor. `next` is a page of ours."""

    opened: Opened | None
    waiting: str | None = field(repr=False)
    next: str


async def offers(core: Core, service: SignOnService, domain: str) -> tuple[list[Offered], bool]:
    """The providers of the tenant whose domain that is (of the only one that has any, or the first, when it is none of ours), and whether
    others have some: whose people must name themselves to see theirs. Raises TryLater."""
    found = await service.offered()
    if not found:
        return [], False

    def look(tx: Tx) -> tuple[str | None, str | None]:
        first, named = domains.first(tx), domains.named(tx, domain) if domain else None
        return None if first is None else first.tenant_id, None if named is None else named.tenant_id

    first, named = await core.read(look)
    placed = [(each.tenant_id or first, each) for each in found]
    tenants = {tenant for tenant, _ in placed}
    whose = named or (next(iter(tenants)) if len(tenants) == 1 else first)
    return [each for tenant, each in placed if tenant == whose], len(tenants - {whose}) > 0


async def set_out(
    core: Core, service: SignOnService, provider_id: str, redirect_uri: str, *, next_page: str, hint: str = ""
) -> Attempt:
    """Begin. Raises NotFound, TryLater."""
    errand = await service.errand(provider_id, redirect_uri, hint=hint)
    now = clock.now()
    kept = {
        "provider": provider_id,
        "state": errand.state,
        "nonce": errand.nonce,
        "verifier": errand.verifier,
        "next": safe_page(next_page),
        "from": now,
    }
    return Attempt(errand.url, _sealed(core, kept, PURPOSE))


async def come_back(
    core: Core,
    service: SignOnService,
    provider_id: str,
    redirect_uri: str,
    *,
    kept: str,
    state: str,
    code: str,
    iss: str | None,
    error: str,
    client: str,
    agent: str,
) -> Arrived:
    """Finish: `state`, `code`, `iss` and `error` are what came along, `kept` what the browser had. Raises NotSignedOn."""
    attempt = _opened(core, kept, PURPOSE, ATTEMPT)
    # Constant time, and before anything else of the address is believed (RFC 6749 §10.12).
    same = hmac.compare_digest(str(attempt.get("state", "")).encode(), state.encode("utf-8", "replace"))
    if not attempt or not same or attempt.get("provider") != provider_id:
        raise NotSignedOn("expired")
    begun = int(attempt["from"])
    until = begun + ATTEMPT
    if not await core.write(lambda tx: providers.use_up(tx, _digest("state", state), until)):
        raise NotSignedOn("expired")
    if error or not code:
        raise NotSignedOn("denied" if error in ("access_denied", "login_required") else "failed", "no code came back")
    try:
        returned = await service.returned(
            provider_id, code, redirect_uri, verifier=attempt["verifier"], nonce=attempt["nonce"], iss=iss
        )
        # It has the nonce of this attempt, so it was made since, whatever the clock there says.
        proven = replace(returned.proven, issued_at=max(returned.proven.issued_at, begun))
        account, signing, asks = await bearers.arrive(core, proven, client=client)
        if not asks:
            account = await core.write(lambda tx: bearers.sign_in(tx, account, signing, client))
    except TryLater as refusal:
        raise NotSignedOn("away", str(refusal)) from None
    except NotFound as refusal:
        raise NotSignedOn("failed", str(refusal)) from None
    except TooManyRequests as refusal:
        raise NotSignedOn("busy", str(refusal)) from None
    token = core.secrets.seal(returned.id_token.encode(), purpose=ID_TOKEN)
    elsewhere = Elsewhere(provider_id, returned.session, token)
    page = str(attempt["next"])
    if asks:
        # Without the ID token: a browser does not keep as much. At sign-out the provider then asks the person.
        waiting = {
            "user": account.id,
            "provider": provider_id,
            "subject": bearers.subject_key(proven.issuer, proven.subject),
            "session": returned.session,
            "signing": asdict(signing),
            "from": clock.now(),
        }
        return Arrived(None, _sealed(core, {**waiting, "next": page}, WAITING), page)
    opened = await sessions.open_session(
        core, account, by="oidc", client=client, agent=agent, long_lived=False, elsewhere=elsewhere
    )
    return Arrived(opened, None, page)


async def finish(core: Core, kept: str, code: str | None, *, client: str, agent: str) -> Arrived:
    """The second factor of who came back. Raises NotSignedOn, SecondFactorRequired, AuthenticationFailed, TooManyRequests, TryLater."""
    waiting = _opened(core, kept, WAITING, CODE)
    # Before a code is used up: what the release before kept says nothing of how they signed in.
    account = await core.read(lambda tx: _awaited(tx, waiting)) if "signing" in waiting else None
    if account is None:
        raise NotSignedOn("expired")
    if not code:
        raise SecondFactorRequired("enter the code that your authenticator shows, or a recovery code")
    await accounts.take_code(core, account, code, client=client)
    until = int(waiting["from"]) + CODE

    def use_up(tx: Tx) -> Account | None:
        awaited = _awaited(tx, waiting)
        if awaited is None or not providers.use_up(tx, _digest("waiting", kept), until):
            return None
        return bearers.sign_in(tx, awaited, bearers.SigningIn(**waiting["signing"]), client)

    account = await core.write(use_up)
    if account is None:
        raise NotSignedOn("expired")
    elsewhere = Elsewhere(waiting["provider"], waiting["session"], None)
    opened = await sessions.open_session(
        core, account, by="oidc", client=client, agent=agent, long_lived=False, elsewhere=elsewhere
    )
    return Arrived(opened, None, str(waiting["next"]))


def _awaited(tx: Tx, waiting: dict[str, Any]) -> Account | None:
    """Whose second factor is waited for, while the provider's word still stands that brought them here."""
    account = account_rows.by_id(tx, str(waiting["user"]))
    link = credentials.link_of(tx, str(waiting.get("subject", "")))
    if account is None or not sessions.may_open(account) or link is None or link.user_id != account.id:
        return None
    provider_id = str(waiting["provider"])
    row = None if provider_id == OF_SETTINGS else providers.by_id(tx, provider_id)
    believed = provider_id == OF_SETTINGS or (row is not None and row.enabled)
    # Providers tell of sign-outs in whole seconds.
    came = int(waiting["from"]) // SECOND * SECOND
    ended = link.ended_at is not None and link.ended_at >= came
    ended = ended or providers.is_used_up(tx, _digest("ended", provider_id, str(waiting["session"])))
    return account if believed and not ended else None


async def farewell(core: Core, service: SignOnService, signed: Signed, back: str) -> str | None:
    """Where to send who signs out here, to be signed out at their provider, too. None: nowhere, or it is away; they are signed out here."""
    session = signed.session
    if session.provider_id is None:
        return None
    try:
        sealed = session.provider_token
        token = None if sealed is None else core.secrets.open(sealed, purpose=ID_TOKEN).decode()
        return await service.farewell(session.provider_id, back, id_token=token, hint=signed.account.email)
    except (TryLater, NotFound):
        return None


async def signed_out_there(core: Core, service: SignOnService, provider_id: str, token: str, *, client: str) -> int:
    """A provider tells of a sign-out: end what it vouched for. How many sessions. Raises AuthenticationFailed, NotFound, TryLater."""
    ended = await service.ended(provider_id, token)
    # What is said again is not heard: whoever saw it once must not sign people out for as long as it is good.
    until = ended.until + 2 * MINUTE

    def write(tx: Tx) -> int:
        if not providers.use_up(tx, _digest("logout", ended.issuer, ended.jti), until):
            raise AuthenticationFailed("the token was used before")
        whose = None
        if ended.subject is not None:
            link = credentials.link_of(tx, bearers.subject_key(ended.issuer, ended.subject))
            if link is not None:
                whose = link.user_id
                # Programs that have tokens from before get new ones, if the provider gives them any.
                credentials.end_link(tx, link.id, max(ended.issued_at, link.ended_at or 0))
                announcing.signed_out(tx, whose)
            elif ended.session is None:
                return 0
        if ended.session is not None:  # who is asked for the second factor has no session of ours yet
            providers.use_up(tx, _digest("ended", provider_id, ended.session), clock.now() + CODE)
        found = session_rows.of_provider(tx, provider_id, session=ended.session, user_id=whose)
        gone = sessions.end_of_provider(tx, found, client=client, actor=ended.issuer)
        audit.record(tx, actor=ended.issuer, action="sign-out.by-provider", resource=f"{gone}", address=client)
        return gone

    return await core.write(write)


def safe_page(wanted: str) -> str:
    """A page of ours to go on to: `wanted`, when it is one, and else the start. Never another site's (an open redirect)."""
    # Browsers read "\\" as "/" and drop tabs and line breaks in addresses: none of them belongs in ours.
    if not wanted.startswith("/") or len(wanted) > MAX_NEXT or "\\" in wanted or not wanted.isprintable():
        return START
    try:
        parts = urlsplit(wanted)
        path = unquote(parts.path, errors="strict")
    except ValueError:
        return START
    inside = path == START or path.startswith(f"{START}/")
    odd = "//" in path or "\\" in path or any(each in (".", "..") for each in path.split("/")) or not path.isprintable()
    if parts.scheme or parts.netloc or not inside or odd or path.startswith("/app/sign-in") or not wanted.isascii():
        return START
    return wanted


def redirect_path(provider_id: str) -> str:
    """Where people come back to from a provider, below our public address: each its own, so that none answers for another."""
    return f"/api/session/oidc/{provider_id}/callback"


def logout_path(provider_id: str) -> str:
    """Where a provider tells of sign-outs there."""
    return f"/api/session/oidc/{provider_id}/backchannel"


def _sealed(core: Core, kept: dict[str, Any], purpose: str) -> str:
    sealed = core.secrets.seal(json.dumps(kept).encode(), purpose=purpose)
    if len(sealed) > MAX_KEPT:  # a long page to go on to
        sealed = core.secrets.seal(json.dumps({**kept, "next": START}).encode(), purpose=purpose)
    return sealed


def _opened(core: Core, kept: str, purpose: str, valid: Instant) -> dict[str, Any]:
    """What a browser kept; nothing when it is not ours or too old."""
    try:
        found: dict[str, Any] = json.loads(core.secrets.open(kept, purpose=purpose)) if kept else {}
    except (TryLater, ValueError):
        return {}
    return found if found and clock.now() < int(found["from"]) + valid else {}


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
