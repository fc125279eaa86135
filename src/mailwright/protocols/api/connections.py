"""Connected accounts over REST: `/api/connections`: what somebody has connected, connecting Gmail or an IMAP account, and letting go.

For browsers only: a mail program's password connects nothing. Everybody sees and changes their own, admins and support too.
Connecting Gmail leads through Google and back to `/api/connections/gmail/callback`, which ends on a page of ours whatever it is given:
`?connected=<id>`, or `?error=<word>` with a word of `failures`. What the browser keeps meanwhile is sealed, lives as long as an attempt, and
is no use to another person, another browser or twice.
"""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Depends, Query, Request
from limits import RateLimitItemPerMinute
from pydantic import BaseModel, Field, SecretStr
from starlette.responses import RedirectResponse, Response

from mailwright.core import Core, connecting, connections
from mailwright.core.connecting import ATTEMPT, AccountsService
from mailwright.core.connectionhealth import POLL
from mailwright.core.connections import MAX_NAME, MAX_PASSWORD, Connection
from mailwright.domain import clock
from mailwright.domain.clock import SECOND, Instant, to_iso
from mailwright.domain.elsewhere import FAILURES, NotSetUp, Refused, Server
from mailwright.domain.refusals import AuthenticationFailed, Refusal, TooManyRequests, TryLater
from mailwright.protocols.identity import Caller, Identity
from mailwright.storage import Tx

log = structlog.get_logger(__name__)

PAGE = "/app/assistant"
CALLBACK = "/api/connections/gmail/callback"
COOKIE = "mailwright_connect"
TRIES = RateLimitItemPerMinute(10)  # of one person: each makes us speak with a server somewhere
MAX_PARAMETER = 4_000  # characters; codes of Google have about 80

_NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class ImapWanted(BaseModel):
    """An IMAP account: where it is and who signs in."""

    address: str = Field(max_length=MAX_NAME, description="the mail address of the account")
    host: str = Field(max_length=255, description="like imap.example.org")
    port: int = Field(993, ge=1, le=65535)
    tls: str = Field("tls", max_length=8, description="tls, starttls, or none (inside one's own network only)")
    user: str = Field("", max_length=MAX_NAME, description="who signs in; the address when empty")
    password: SecretStr = Field(max_length=MAX_PASSWORD)


class Changed(BaseModel):
    """What to change."""

    enabled: bool


class NotLetIn(Refusal):
    """The other server did not let us in. Not 401: who asks is signed in here."""

    code = "refused_there"


def create_router(core: Core, identity: Identity, accounts: AccountsService | None) -> APIRouter:
    """The paths. `accounts` None: nothing can be connected here, which they say."""
    router = APIRouter(tags=["connections"], prefix="/api/connections")
    limiter = core.limiting.fixed("connections")
    web = identity.web
    who = Depends(identity.by_session)
    redirect_uri = web.public_url + CALLBACK
    cookie = f"__Host-{COOKIE}" if web.secure else COOKIE

    async def opened(caller: Caller) -> AccountsService:
        if accounts is None:
            raise NotSetUp("accounts cannot be connected on this server")
        if not await limiter.hit(TRIES, "tries", caller.account.id):
            raise TooManyRequests("too many tries; try again in a minute")
        return accounts

    def shown(connection: Connection) -> dict[str, Any]:
        return described(connection, accounts)

    @router.get("")
    async def listing(caller: Annotated[Caller, who]) -> dict[str, Any]:
        """What one has connected, and how it stands. `gmail`: whether Gmail can be connected here; `failures`: what `?error=` means."""
        found = await core.read(lambda tx: connections.listing(tx, caller.account))
        return {
            "connections": [shown(each) for each in found],
            "gmail": accounts is not None and accounts.gmail,
            "imap": accounts is not None,
            "most": connections.MOST,
            "failures": dict(FAILURES),
        }

    @router.post("/gmail", responses={409: {"description": "Gmail is not set up here"}})
    async def connect_gmail(caller: Annotated[Caller, who], answer: Response) -> dict[str, str]:
        """Begin: `{"url"}` of Google's page, to send the browser to. Good for ten minutes, and for this browser."""
        service = await opened(caller)
        attempt = await connecting.set_out(core, service, caller.account, redirect_uri)
        answer.headers.update(_NO_STORE)
        answer.set_cookie(
            cookie,
            attempt.kept,
            max_age=ATTEMPT // SECOND,
            path="/",
            secure=web.secure,
            httponly=True,
            samesite="lax",  # strict would not come back with the person
        )
        return {"url": attempt.url}

    @router.get("/gmail/callback", status_code=303, response_class=RedirectResponse)
    async def come_back(
        request: Request,
        state: Annotated[str, Query()] = "",
        code: Annotated[str, Query()] = "",
        error: Annotated[str, Query()] = "",
    ) -> Response:
        """Where Google leads back to. Always leads on to a page of ours."""
        told = await _finish(request, state[:MAX_PARAMETER], code[:MAX_PARAMETER], error[:MAX_PARAMETER])
        answer = RedirectResponse(f"{PAGE}?{urlencode(told)}", status_code=303, headers=_NO_STORE)
        answer.delete_cookie(cookie, path="/", secure=web.secure, httponly=True, samesite="lax")
        return answer

    async def _finish(request: Request, state: str, code: str, error: str) -> Mapping[str, str]:
        try:
            caller = await identity.by_session(request)
        except Refusal as refusal:
            return {"error": "away" if isinstance(refusal, TryLater) else "session"}
        if accounts is None:
            return {"error": "failed"}
        try:
            made = await connecting.come_back(
                core,
                accounts,
                caller.account,
                redirect_uri,
                kept=request.cookies.get(cookie, ""),
                state=state,
                code=code,
                error=error,
                by=caller.actor,
            )
        except Refused as refusal:
            log.info("connection.refused", word=refusal.word, user_id=caller.account.id)
            return {"error": refusal.word}
        except TryLater:
            return {"error": "away"}
        except Refusal as refusal:
            log.warning("connection.failed", code=refusal.code, user_id=caller.account.id)
            return {"error": "failed"}
        return {"connected": made.id}

    @router.post(
        "/imap",
        status_code=201,
        responses={
            400: {"description": "There is no such server, or it is not one for mail"},
            409: {"description": "The server did not let us in, or too many are connected"},
            503: {"description": "The server cannot be reached now"},
        },
    )
    async def connect_imap(wanted: ImapWanted, caller: Annotated[Caller, who]) -> dict[str, Any]:
        """Connect an IMAP account. It is signed in to before anything is kept."""
        service = await opened(caller)
        server = Server(wanted.host.strip().lower(), wanted.port, wanted.tls, wanted.user or wanted.address)
        try:
            made = await connecting.connect_imap(
                core,
                service,
                caller.account,
                address=wanted.address.strip(),
                server=server,
                password=wanted.password.get_secret_value(),
                by=caller.actor,
            )
        except AuthenticationFailed as refusal:
            raise NotLetIn(str(refusal)) from None
        return shown(made)

    @router.get("/{connection_id}")
    async def one(connection_id: str, caller: Annotated[Caller, who]) -> dict[str, Any]:
        """One, and how it stands."""
        return shown(await core.read(lambda tx: connections.load(tx, connection_id, account=caller.account)))

    @router.post("/{connection_id}/look", status_code=202)
    async def look(connection_id: str, caller: Annotated[Caller, who]) -> dict[str, Any]:
        """Look for new mail now. One that is paused stays so."""
        await opened(caller)
        return shown(await core.write(lambda tx: connections.look_soon(tx, caller.account, connection_id)))

    @router.patch("/{connection_id}")
    async def change(connection_id: str, changed: Changed, caller: Annotated[Caller, who]) -> dict[str, Any]:
        """Pause it, or go on."""

        def write(tx: Tx) -> Connection:
            return connections.set_enabled(tx, caller.account, connection_id, on=changed.enabled, by=caller.actor)

        return shown(await core.write(write))

    @router.delete("/{connection_id}")
    async def remove(connection_id: str, caller: Annotated[Caller, who]) -> dict[str, Any]:
        """Let go of it: what was gathered of its mail is forgotten here, and Google is told. `revoked` null: there was nothing to tell;
        false: Google could not be told, and its owner can take it back at myaccount.google.com/connections."""
        revoked = await connecting.remove(core, accounts, caller.account, connection_id, by=caller.actor)
        return {"removed": True, "revoked": revoked}

    return router


def described(connection: Connection, accounts: AccountsService | None) -> dict[str, Any]:
    """A connection as it is answered: how it stands now, and nothing that opens it."""
    push = connection.kind == connections.GMAIL and accounts is not None and accounts.pushes
    poll = POLL if accounts is None else accounts.poll
    state, because = connections.health(connection, clock.now(), push_expected=push, poll=poll)
    return {
        "id": connection.id,
        "kind": connection.kind,
        "address": connection.address,
        "enabled": connection.enabled,
        "state": state.value,
        "because": because,
        "server": Server.of(connection.settings).as_values() if connection.kind == connections.IMAP else None,
        "pushes": push,
        "looked_at": _iso(connection.looked_at),
        "next_look_at": to_iso(connection.next_look_at) if connection.enabled and state != "revoked" else None,
        "pushed_at": _iso(connection.pushed_at),
        "watch_expires_at": _iso(connection.watch_expires_at),
        "created_at": to_iso(connection.created_at),
    }


def _iso(moment: Instant | None) -> str | None:
    return None if moment is None else to_iso(moment)
