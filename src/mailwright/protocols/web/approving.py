"""The page behind the link in a mail that asks for an approval: `/approve/{token}`.

Called by browsers, and by whatever opens the links of a mail before its reader does: looking (GET) changes nothing, only the form's
POST decides. Promises: the token is looked for in the address alone and stands nowhere in the page; what agents and strangers wrote
is shown as text; a link that was used, is too old or never was gets one and the same kind answer.
The token is what the browser has that nobody else has, so the form needs no other (and no session).
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from limits import RateLimitItemPerMinute
from starlette.responses import HTMLResponse

from mailwright.core import Core, approvals, approvalviews
from mailwright.core.approvals import AlreadyDecided
from mailwright.core.approvalviews import Shown
from mailwright.core.stops import Stopped
from mailwright.domain.clock import Instant, to_datetime
from mailwright.domain.peers import customer
from mailwright.domain.refusals import NotFound, NotPermitted
from mailwright.protocols.identity import Web
from mailwright.protocols.web.ready import ReadyPages
from mailwright.storage.approvals import Approval

PER_CLIENT = RateLimitItemPerMinute(60)  # looks and clicks: more than people do, less than guessing needs
MAX_TOKEN = 256  # characters
DECISIONS = {"approve": True, "reject": False}

_PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"}


@dataclass(frozen=True, slots=True)
class _Frame:
    """What the frame of every page shows besides the brand."""

    support_email: str | None


def create_router(core: Core, web: Web) -> APIRouter:
    """The paths."""
    router = APIRouter(include_in_schema=False)
    page = _Page(core, web)

    @router.api_route("/approve/{token}", methods=["GET", "HEAD"])
    async def look(token: str, request: Request) -> HTMLResponse:
        if not await page.may_ask(request):
            return page.busy()
        found = await core.read(lambda tx: approvals.by_token(tx, token[:MAX_TOKEN]))
        if found is None:
            return page.over()
        try:
            return page.question(found, await approvalviews.show(core, found))
        except NotFound:
            return page.over()

    @router.post("/approve/{token}")
    async def decide(token: str, request: Request) -> HTMLResponse:
        if not await page.may_ask(request):
            return page.busy()
        yes = DECISIONS.get(_decision(await request.body()))
        if yes is None:
            return await look(token, request)
        correlation_id = str(request.scope.get("correlation_id", ""))
        client = web.client_of(request)
        try:
            decided = await core.write(
                lambda tx: approvals.decide_by_link(
                    tx, core, token[:MAX_TOKEN], yes=yes, client=client, correlation_id=correlation_id
                )
            )
        except Stopped as refusal:
            return page.stopped(str(refusal))
        except (NotFound, AlreadyDecided, NotPermitted):
            return page.over()
        return page.thanks(decided)

    return router


class _Page:
    """The page in each of its states."""

    def __init__(self, core: Core, web: Web) -> None:
        self._core = core
        self._web = web
        self._ready = ReadyPages(web, {"moment": _moment})

    async def may_ask(self, request: Request) -> bool:
        """Whether this client may ask once more now."""
        client = customer(self._web.client_of(request))
        return await self._core.sign_in_failures.hit(PER_CLIENT, "approval links", client)

    def question(self, approval: Approval, shown: Shown) -> HTMLResponse:
        """What is asked, and the two buttons."""
        return self._answer("question", forms=True, approval=approval, message=shown)

    def thanks(self, approval: Approval) -> HTMLResponse:
        """It was decided now."""
        return self._answer("approved" if approval.status == "approved" else "rejected", approval=approval)

    def stopped(self, because: str) -> HTMLResponse:
        """The stop switch is on: the link goes on to work."""
        return self._answer("stopped", status=409, because=because)

    def over(self) -> HTMLResponse:
        """The link opens nothing (any more)."""
        return self._answer("over", status=404)

    def busy(self) -> HTMLResponse:
        """Too many requests."""
        return self._answer("busy", status=429, headers={"Retry-After": "60"})

    def _answer(
        self,
        state: str,
        *,
        status: int = 200,
        forms: bool = False,
        headers: dict[str, str] | None = None,
        **values: object,
    ) -> HTMLResponse:
        return self._ready.answer(
            "approve.html",
            {"state": state, "shown": _Frame(self._web.brand.support_email), **values},
            status=status,
            forms=forms,
            headers=_PRIVATE | (headers or {}),
        )


def _decision(form: bytes) -> str:
    """What a button of the form says."""
    try:
        given = parse_qs(form.decode("ascii", "replace"), max_num_fields=10)
    except ValueError:  # more fields than our form has
        return ""
    return given.get("decision", [""])[0]


def _moment(at: Instant) -> str:
    return to_datetime(at).strftime("%d %B %Y, %H:%M UTC")
