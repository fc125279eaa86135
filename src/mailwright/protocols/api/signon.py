"""Signing in at an identity provider with a browser: `/api/session/oidc` (OpenID Connect, the authorization code flow with PKCE).

The way leads to the provider and back to `…/callback`, which ends on a page of ours whatever it is given: the one that was wanted, or the
sign-in page with `?error=<word>` (see `domain.signon.FAILURES`) or `?code=wanted`. What the browser keeps meanwhile is sealed, lives as
long as an attempt, and is no use to another browser or twice.
"""

from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode

import structlog
from fastapi import APIRouter, Query, Request
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, RedirectResponse, Response

from mailwright.core import Core, signon
from mailwright.core.sessions import Opened
from mailwright.core.signon import ATTEMPT, CODE, SignOnService
from mailwright.domain.clock import SECOND
from mailwright.domain.peers import customer
from mailwright.domain.refusals import AuthenticationFailed, NotFound, Refusal, TooManyRequests, TryLater
from mailwright.domain.signon import NotSignedOn
from mailwright.protocols.api import signing
from mailwright.protocols.identity import Identity

log = structlog.get_logger(__name__)

COOKIE = "mailwright_sign_on"
WAITING = "mailwright_sign_on_code"
TRIES = RateLimitItemPerMinute(60)  # of one client: each may make us ask a provider
LOGOUTS = RateLimitItemPerMinute(600)  # of one client: a provider tells of everybody's
MAX_PARAMETER = 8_000  # characters; a code may be a token
MAX_FORM = 16 * 1024  # octets of what a provider tells

_NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class CodeGiven(BaseModel):
    """The second factor of who came back from a provider that did not ask for one."""

    code: str = Field(max_length=64, description="what the authenticator shows, or a recovery code")


def create_router(core: Core, identity: Identity, service: SignOnService | None) -> APIRouter:
    """The paths. `service` None: nobody signs in elsewhere here."""
    router = APIRouter(tags=["sign-in"], prefix="/api/session/oidc")
    limiter = FixedWindowRateLimiter(MemoryStorage())
    web = identity.web
    prefix = "__Host-" if web.secure else ""  # RFC 6265bis §4.1.3.2: no other host of the domain can set them
    cookie, waiting = prefix + COOKIE, prefix + WAITING

    async def limited(request: Request, limit: RateLimitItemPerMinute) -> None:
        if not await limiter.hit(limit, customer(web.client_of(request))):
            raise TooManyRequests("too many tries; try again in a minute")

    def there() -> SignOnService:
        if service is None:
            raise NotFound("nobody signs in elsewhere here")
        return service

    def keep(answer: Response, name: str, value: str, seconds: int) -> None:
        # Lax: it comes along when the provider sends the browser back, and with nothing that other sites ask by themselves.
        answer.set_cookie(name, value, max_age=seconds, path="/", secure=web.secure, httponly=True, samesite="lax")

    def forget(answer: Response, name: str) -> None:
        answer.delete_cookie(name, path="/", secure=web.secure, httponly=True, samesite="lax")

    def to_page(**said: str) -> RedirectResponse:
        return RedirectResponse(f"{signing.SIGN_IN_PATH}?{urlencode(said)}", 303, headers=_NO_STORE)

    @router.get("")
    async def offers(domain: Annotated[str, Query(max_length=255)] = "") -> JSONResponse:
        """The providers to choose from: of the tenant of that domain, when it is one of ours. `more`: others have some, too, for people of
        other domains."""
        found, more = ([], False) if service is None else await signon.offers(core, service, domain.strip().lower())
        listed = [{"id": each.id, "name": each.name} for each in found]
        return JSONResponse({"providers": listed, "more": more}, headers=_NO_STORE)

    @router.post("/code")
    async def second_factor(request: Request, given: CodeGiven) -> JSONResponse:
        """The second factor of who came back and was asked for it."""
        signing.check_page(identity, request)
        arrived = await signon.finish(
            core,
            request.cookies.get(waiting, ""),
            given.code,
            client=web.client_of(request),
            agent=request.headers.get("user-agent", ""),
        )
        assert arrived.opened is not None
        await signing.end_before(core, identity, request)
        described: dict[str, Any] = signing.described(arrived.opened.signed, web.brand)
        answer = JSONResponse({**described, "next": arrived.next}, headers=_NO_STORE)
        signing.keep(answer, web, arrived.opened)
        forget(answer, waiting)
        return answer

    @router.get("/{provider}")
    async def set_out(
        provider: str,
        request: Request,
        next_page: Annotated[str, Query(alias="next", max_length=signon.MAX_NEXT)] = "",
        hint: Annotated[str, Query(max_length=320)] = "",
    ) -> RedirectResponse:
        """Send the browser to a provider. `next`: the page of ours to come back to; `hint`: the address somebody typed."""
        try:
            await limited(request, TRIES)
            redirect_uri = web.public_url + signon.redirect_path(provider)
            begun = await signon.set_out(
                core, there(), provider, redirect_uri, next_page=next_page, hint=hint if "@" in hint else ""
            )
        except Refusal as refusal:
            return to_page(error=_word(refusal))
        answer = RedirectResponse(begun.url, 303, headers=_NO_STORE)
        keep(answer, cookie, begun.kept, ATTEMPT // SECOND)
        return answer

    @router.get("/{provider}/callback")
    async def come_back(
        provider: str,
        request: Request,
        state: Annotated[str, Query(max_length=MAX_PARAMETER)] = "",
        code: Annotated[str, Query(max_length=MAX_PARAMETER)] = "",
        iss: Annotated[str | None, Query(max_length=MAX_PARAMETER)] = None,
        error: Annotated[str, Query(max_length=MAX_PARAMETER)] = "",
    ) -> RedirectResponse:
        """Where a provider sends the browser back to."""
        try:
            await limited(request, TRIES)
            arrived = await signon.come_back(
                core,
                there(),
                provider,
                web.public_url + signon.redirect_path(provider),
                kept=request.cookies.get(cookie, ""),
                state=state,
                code=code,
                iss=iss,
                error=error,
                client=web.client_of(request),
                agent=request.headers.get("user-agent", ""),
            )
        except Refusal as refusal:
            log.info("signon.refused", provider=provider[:40], because=str(refusal))
            answer = to_page(error=_word(refusal))
            forget(answer, cookie)
            return answer
        if arrived.waiting is not None:
            answer = to_page(code="wanted", next=arrived.next)
            keep(answer, waiting, arrived.waiting, CODE // SECOND)
        else:
            assert isinstance(arrived.opened, Opened)
            await signing.end_before(core, identity, request)
            answer = RedirectResponse(arrived.next, 303, headers=_NO_STORE)
            signing.keep(answer, web, arrived.opened)
        forget(answer, cookie)
        return answer

    @router.post("/{provider}/backchannel")
    async def signed_out_there(provider: str, request: Request) -> JSONResponse:
        """A provider tells that somebody signed out there: a form with `logout_token` (OpenID Connect Back-Channel Logout 1.0 §2.5)."""
        await limited(request, LOGOUTS)
        client = web.client_of(request)
        try:
            form = parse_qs((await request.body())[:MAX_FORM].decode("ascii", "replace"))
            token = form.get("logout_token", [""])[0]
            await signon.signed_out_there(core, there(), provider, token, client=client)
        except (AuthenticationFailed, NotFound) as refusal:
            log.warning("signon.logout_refused", provider=provider[:40], because=str(refusal))
            said = {"error": "invalid_request", "error_description": str(refusal)}
            return JSONResponse(said, 400, headers=_NO_STORE)  # §2.8
        return JSONResponse({}, headers=_NO_STORE)

    return router


def _word(refusal: Refusal) -> str:
    if isinstance(refusal, NotSignedOn):
        return refusal.word
    if isinstance(refusal, TooManyRequests):
        return "busy"
    return "away" if isinstance(refusal, TryLater) else "failed"
