"""Stripe: customers, pages to pay on, subscriptions, and the check of what it tells; through its own SDK.

Used by `core.billing` as its PaymentService. Promises: every call ends within SECONDS, with retries whose keys make them harmless;
no error tells the key, and what Stripe found wrong is in the log and not in an answer. The SDK is loaded at first need, in a thread:
it is large, and most processes that could sell nothing sell nothing.
Does not: decide what a subscription means.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from mailwright.domain.clock import SECOND, Instant
from mailwright.domain.payments import Subscribed, Told
from mailwright.domain.refusals import AuthenticationFailed, BadInput, TryLater

if TYPE_CHECKING:
    import stripe

log = structlog.get_logger(__name__)

T = TypeVar("T")

SECONDS = 15.0  # for one try: somebody waits for the page
RETRIES = 2
TOLERANCE_SECONDS = 300  # how old a signed call may be, as Stripe's own libraries have it
MOST = 100  # subscriptions of one customer, the newest; what is older has ended
_MISSING = "resource_missing"


class Stripe:
    """One account of Stripe's. `url` is another address of its API, for an emulator or a proxy."""

    def __init__(self, secret_key: str, webhook_secret: str, *, url: str = "https://api.stripe.com") -> None:
        self._secret_key = secret_key
        self._webhook_secret = webhook_secret
        self._url = url
        self._http: stripe.HTTPXClient | None = None
        self._client: stripe.StripeClient | None = None
        self._opening = asyncio.Lock()

    def __repr__(self) -> str:
        return "Stripe()"

    async def close(self) -> None:
        """Let go of connections."""
        if self._http is not None:
            await self._http.close_async()  # type: ignore[no-untyped-call]

    async def new_customer(self, *, email: str, name: str, user_id: str, key: str) -> str:
        """See `core.billing.PaymentService`, here and below."""
        asked = (await self._opened()).v1.customers.create_async(
            {"email": email, "name": name, "metadata": {"user_id": user_id}}, {"idempotency_key": key}
        )
        return (await self._answer(asked)).id

    async def checkout(
        self, *, customer: str, price: str, plan: str, user_id: str, success_url: str, cancel_url: str, key: str
    ) -> str:
        asked = (await self._opened()).v1.checkout.sessions.create_async(
            {
                "mode": "subscription",
                "customer": customer,
                "client_reference_id": user_id,
                "line_items": [{"price": price, "quantity": 1}],
                "success_url": success_url,
                "cancel_url": cancel_url,
                "subscription_data": {"metadata": {"user_id": user_id, "plan": plan}},
            },
            {"idempotency_key": key},
        )
        return _page((await self._answer(asked)).url)

    async def portal(self, customer: str, return_url: str) -> str:
        asked = (await self._opened()).v1.billing_portal.sessions.create_async(
            {"customer": customer, "return_url": return_url}
        )
        return _page((await self._answer(asked)).url)

    async def change(self, customer: str, subscribed: Subscribed, price: str, return_url: str) -> str:
        asked = (await self._opened()).v1.billing_portal.sessions.create_async(
            {
                "customer": customer,
                "return_url": return_url,
                "flow_data": {
                    "type": "subscription_update_confirm",
                    "subscription_update_confirm": {
                        "subscription": subscribed.id,
                        "items": [{"id": subscribed.item, "price": price, "quantity": 1}],
                    },
                    "after_completion": {"type": "redirect", "redirect": {"return_url": return_url}},
                },
            }
        )
        import stripe  # loaded already, here and below

        try:
            return _page((await asked).url)
        except stripe.InvalidRequestError as error:
            # The portal is set up without changes of plans: its front page tells what can be done.
            log.warning("stripe.no_change_in_portal", code=error.code, param=error.param)
            return await self.portal(customer, return_url)
        except stripe.StripeError as error:
            raise _later(error) from None

    async def subscriptions(self, customer: str) -> list[Subscribed]:
        client = await self._opened()
        import stripe

        try:
            found = await client.v1.subscriptions.list_async({"customer": customer, "status": "all", "limit": MOST})
        except stripe.InvalidRequestError as error:
            if error.code == _MISSING and error.param == "customer":
                return []
            raise _later(error) from None
        except stripe.StripeError as error:
            raise _later(error) from None
        return [_subscribed(each.to_dict()) for each in found.data]

    async def end(self, subscription_id: str) -> None:
        client = await self._opened()
        import stripe

        try:
            await client.v1.subscriptions.cancel_async(subscription_id)
        except stripe.InvalidRequestError as error:
            if error.code != _MISSING:  # what has ended is not there to be cancelled
                raise _later(error) from None
        except stripe.StripeError as error:
            raise _later(error) from None

    def told(self, body: bytes, signature: str | None) -> Told:
        """What a signed call says. Raises AuthenticationFailed, BadInput."""
        import stripe

        try:
            stripe.WebhookSignature.verify_header(body, signature, self._webhook_secret, TOLERANCE_SECONDS)
        except (stripe.SignatureVerificationError, ValueError, TypeError):  # not UTF-8, not ASCII
            raise AuthenticationFailed(
                "Stripe-Signature is missing, too old, or not the signature of the body"
            ) from None
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            raise BadInput("the event is not JSON") from None
        if not isinstance(value, dict) or not isinstance(value.get("type"), str):
            raise BadInput("this is no event of Stripe's")
        return _told(value, body)

    async def _opened(self) -> stripe.StripeClient:
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._open)
        return self._client

    def _open(self) -> stripe.StripeClient:
        import stripe

        stripe.enable_telemetry = False  # it would tell how long calls took
        self._http = stripe.HTTPXClient(timeout=SECONDS)
        return stripe.StripeClient(
            self._secret_key, base_addresses={"api": self._url}, http_client=self._http, max_network_retries=RETRIES
        )

    async def _answer(self, asked: Awaitable[T]) -> T:
        import stripe

        try:
            return await asked
        except stripe.StripeError as error:
            raise _later(error) from None


def _later(error: stripe.StripeError) -> TryLater:
    """What to say of an error. What is wrong with our settings is for the log, where who can mend it looks."""
    import stripe

    away = isinstance(error, stripe.APIConnectionError | stripe.RateLimitError) or (error.http_status or 0) >= 500
    tell = log.warning if away else log.error
    tell(
        "stripe.failed",
        error=type(error).__name__,
        status=error.http_status,
        code=error.code,
        param=getattr(error, "param", None),
        request_id=error.request_id,
    )
    return TryLater("payments cannot be made just now; try again in a few minutes")


def _page(url: str | None) -> str:
    """An address to send a browser to, and nothing else."""
    if url is None or not url.startswith(("https://", "http://")):
        log.error("stripe.no_page")
        raise TryLater("payments cannot be made just now; try again in a few minutes")
    return url


def _subscribed(value: Mapping[str, Any]) -> Subscribed:
    items = (value.get("items") or {}).get("data") or [{}]
    item = items[0]
    # Since its API of March 2025 each item has a period of its own; before, the subscription had it.
    start = item.get("current_period_start") or value.get("current_period_start")
    end = item.get("current_period_end") or value.get("current_period_end")
    ends_at = value.get("cancel_at")
    return Subscribed(
        id=str(value["id"]),
        item=str(item.get("id") or ""),
        status=str(value.get("status") or ""),
        price=_id(item.get("price")),
        plan=str((value.get("metadata") or {}).get("plan") or ""),
        began_at=_moment(value.get("start_date") or value.get("created")) or 0,
        period_start=_moment(start),
        period_end=_moment(ends_at or end),
        cancel_at_period_end=bool(value.get("cancel_at_period_end") or ends_at),
    )


def _told(value: Mapping[str, Any], body: bytes) -> Told:
    data = value.get("data")
    about = data.get("object") if isinstance(data, dict) else None
    about = about if isinstance(about, dict) else {}
    kind = about.get("object")
    subscription = about.get("id") if kind == "subscription" else about.get("subscription")
    given = value.get("id")
    return Told(
        # An emulator's events have no id: then the same words are the same event.
        id=given if isinstance(given, str) and given else f"sha256:{hashlib.sha256(body).hexdigest()}",
        kind=value["type"],
        told_at=_moment(value.get("created")) or 0,
        customer=_id(about.get("id") if kind == "customer" else about.get("customer")),
        subscription=_id(subscription),
    )


def _id(value: object) -> str:
    """An id, also where Stripe was asked to write the whole object in its place."""
    found = value.get("id") if isinstance(value, dict) else value
    return found if isinstance(found, str) else ""


def _moment(seconds: object) -> Instant | None:
    return int(seconds) * SECOND if isinstance(seconds, int | float) else None
