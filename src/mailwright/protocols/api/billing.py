"""Buying a plan: `POST /api/billing/checkout` and `/portal` give the address of a page of the payment service, and
`POST /api/billing/webhook` takes what the service tells.

The first two are for whoever is signed in with a browser, outside senders too. The hook has no session: its signature is over the
raw body. Promises: an event is answered with 200 only when what it means is kept, or it was known; else the service tells it again.
"""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from limits import RateLimitItemPerMinute
from pydantic import BaseModel, Field

from mailwright.core import Core, billing
from mailwright.core.billing import DASHBOARD, NotForSale, Shop
from mailwright.domain.peers import customer
from mailwright.domain.refusals import AuthenticationFailed, NotFound, TooManyRequests
from mailwright.protocols.identity import Caller, Identity

SIGNATURE = "Stripe-Signature"
FAILURES = RateLimitItemPerMinute(30)  # wrong signatures of one client: hashing and logs cost
PAGES = RateLimitItemPerMinute(10)  # pages of the payment service one account may ask for
PATH = Field(DASHBOARD, max_length=500, description="where on this server the payment service leads back to")


class Wanted(BaseModel):
    """Which plan, and where to come back to."""

    plan: str = Field(max_length=64)
    return_to: str = PATH


class Return(BaseModel):
    """Where to come back to."""

    return_to: str = PATH


def create_router(core: Core, identity: Identity, shop: Shop | None) -> APIRouter:
    """The paths. `shop` None: nothing is sold here, which they say."""
    router = APIRouter(tags=["billing"], prefix="/api/billing")
    limiter = core.limiting.fixed("billing")
    who = Depends(identity.by_session)

    async def opened(caller: Caller) -> Shop:
        if shop is None:
            raise NotForSale("plans cannot be bought on this server")
        if not await limiter.hit(PAGES, "pages", caller.account.id):
            raise TooManyRequests("too many calls; try again in a minute")
        return shop

    @router.post("/checkout", responses={409: {"description": "Not for sale, or one has it already"}})
    async def checkout(wanted: Wanted, caller: Annotated[Caller, who]) -> dict[str, str]:
        """Where to pay for a plan: `{"url"}` of a page to send the browser to."""
        at = await opened(caller)
        return {
            "url": await billing.checkout(core, at, caller.account, wanted.plan, return_to=wanted.return_to),
        }

    @router.post("/portal", responses={404: {"description": "Nothing was bought yet"}})
    async def portal(caller: Annotated[Caller, who], wanted: Return | None = None) -> dict[str, str]:
        """Where to look after card, invoices and subscription: `{"url"}` of a page to send the browser to."""
        at = await opened(caller)
        return {"url": await billing.portal(core, at, caller.account, return_to=(wanted or Return()).return_to)}

    @router.post(
        "/webhook",
        responses={
            401: {"description": "The signature is missing, too old or wrong"},
            404: {"description": "Nothing is sold here"},
            429: {"description": "Too many calls with a wrong signature"},
        },
    )
    async def webhook(request: Request) -> dict[str, str]:
        """Take what the payment service tells: an event as JSON, with `Stripe-Signature`. Answers `{"outcome"}`."""
        if shop is None:
            raise NotFound("nothing is sold here")
        signature = request.headers.get(SIGNATURE)
        # Nothing is read for who does not even try to sign.
        raw = await request.body() if signature else b""
        try:
            told = await asyncio.to_thread(shop.service.told, raw, signature)  # the first call loads a large library
        except AuthenticationFailed:
            if not await limiter.hit(FAILURES, "failures", customer(request.client.host if request.client else "")):
                raise TooManyRequests("too many wrong signatures; try again in a minute") from None
            raise
        return {"outcome": await billing.on_event(core, shop, told)}

    return router
