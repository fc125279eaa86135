"""The page behind the link below an outreach mail: `/unsubscribe/{token}`.

Called by browsers, by mail programs with their one click (RFC 8058), and by whatever opens the links of a mail before its reader does:
looking (GET) changes nothing, POST does it, with or without the page. Nobody signs in, no cookie is set or asked for, and nothing leads
elsewhere.
Promises: a link works for as long as the installation has its key, as often as it is used; one that is none of ours, or was cut short,
gets one and the same answer, which says how to be left alone all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from limits import RateLimitItemPerMinute
from starlette.responses import HTMLResponse

from mailwright.core import Core
from mailwright.core.outreach import unsubscribing
from mailwright.core.outreach.unsubscribing import Wish
from mailwright.domain.peers import customer
from mailwright.protocols.identity import Web
from mailwright.protocols.web.ready import ReadyPages

PER_CLIENT = RateLimitItemPerMinute(
    600
)  # no token can be guessed, and the one clicks of a provider come from few machines

_PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"}


@dataclass(frozen=True, slots=True)
class _Frame:
    """What the frame of every page shows besides the brand."""

    support_email: str | None


def create_router(core: Core, web: Web) -> APIRouter:
    """The paths."""
    router = APIRouter(include_in_schema=False)
    pages = ReadyPages(web, {})

    def answer(state: str, *, status: int = 200, wish: Wish | None = None, forms: bool = False) -> HTMLResponse:
        return pages.answer(
            "unsubscribe.html",
            {"state": state, "address": "" if wish is None else wish.address, "shown": _Frame(web.brand.support_email)},
            status=status,
            forms=forms,
            headers=_PRIVATE | ({"Retry-After": "60"} if status == 429 else {}),
        )

    async def may_ask(request: Request) -> bool:
        client = customer(web.client_of(request))
        return await core.sign_in_failures.hit(PER_CLIENT, "unsubscribe links", client)

    @router.api_route("/unsubscribe/{token}", methods=["GET", "HEAD"])
    async def look(token: str, request: Request) -> HTMLResponse:
        if not await may_ask(request):
            return answer("busy", status=429)
        wish = unsubscribing.read(core, token)
        return answer("unknown", status=404) if wish is None else answer("question", wish=wish, forms=True)

    @router.post("/unsubscribe/{token}")
    async def leave(token: str, request: Request) -> HTMLResponse:
        if not await may_ask(request):
            return answer("busy", status=429)
        wish = unsubscribing.read(core, token)
        if wish is None:
            return answer("unknown", status=404)
        client = web.client_of(request)
        correlation_id = str(request.scope.get("correlation_id", ""))
        await core.write(
            lambda tx: unsubscribing.unsubscribe(tx, core, wish, client=client, correlation_id=correlation_id)
        )
        return answer("done", wish=wish)

    return router
