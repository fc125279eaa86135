"""Buying a plan over HTTP: who may ask for a page, and what is taken of a hook that anybody can call."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from mailwright.connectors.stripe import Stripe
from mailwright.core import Core, accounts
from mailwright.core.billing import Shop
from mailwright.storage import billing as rows
from tests.protocols.api.people import Browser, MakeBrowser
from tests.servers.stripe import KEY, SIGNING, StripeService, signature

ADA = "ada@mailwright.test"
ORIGIN = "http://localhost:8080"
HOOK = "/api/billing/webhook"


@pytest.fixture
def there() -> Any:
    service = StripeService()
    yield service
    service.stop()


@pytest.fixture
async def shop(there: StripeService) -> AsyncIterator[Shop]:
    service = Stripe(KEY, SIGNING, url=there.url)
    yield Shop(service, {"paid_20": ("price_20",), "paid_200": ("price_200",)}, ORIGIN)
    await service.close()


@pytest.fixture
async def ada(browser: MakeBrowser, shop: Shop) -> Browser:
    made = browser(shop=shop)
    await made.sign_in(ADA)
    return made


async def tell(browser: Browser, event: dict[str, Any], **headers: str) -> httpx.Response:
    """As Stripe does: no cookie, no token, no origin."""
    body = json.dumps(event).encode()
    given = {"Stripe-Signature": signature(body), "Content-Type": "application/json; charset=utf-8"} | headers
    browser.http.cookies.clear()
    return await browser.http.post(HOOK, content=body, headers=given)


def customer_of(core: Core, email: str = ADA) -> str:
    account = core.database.read_now(lambda tx: accounts.find(tx, email))
    found = core.database.read_now(lambda tx: rows.of_user(tx, account.id))
    assert found is not None
    return found.customer_id


async def test_a_plan_is_bought_paid_shown_and_managed(
    core: Core, ada: Browser, browser: MakeBrowser, shop: Shop, there: StripeService
) -> None:
    before = (await ada.get("/api/user/subscription")).json()
    assert (before["plan"], before["status"], before["manageable"], before["dunning"]) == (
        "free",
        "active",
        False,
        None,
    )
    answer = await ada.post("/api/billing/checkout", json={"plan": "paid_20"})
    assert answer.status_code == 200
    assert answer.json()["url"].startswith("https://checkout.stripe.com/")
    held = there.subscribe(customer_of(core))
    told = await tell(browser(shop=shop), there.event("customer.subscription.created", held))
    assert (told.status_code, told.json()) == (200, {"outcome": "active: paid_20"})
    after = (await ada.get("/api/user/subscription")).json()
    ends = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(held["items"]["data"][0]["current_period_end"]))
    assert after == {
        "plan": "paid_20",
        "plan_name": "Paid 20",
        "renewal_date": ends,
        "ends_at": None,
        "cancel_at_period_end": False,
        "status": "active",
        "manageable": True,
        "dunning": None,
    }
    usage = (await ada.get("/api/user/usage")).json()
    assert (usage["tasks_limit"], usage["plan"]) == (50, "paid_20")
    portal = await ada.post("/api/billing/portal")
    assert portal.json()["url"].startswith("https://billing.stripe.com/")
    again = await ada.post("/api/billing/checkout", json={"plan": "paid_20"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "already_exists")


async def test_a_missed_payment_is_shown(
    core: Core, ada: Browser, browser: MakeBrowser, shop: Shop, there: StripeService
) -> None:
    await ada.post("/api/billing/checkout", json={"plan": "paid_20"})
    held = there.subscribe(customer_of(core), status="past_due")
    await tell(browser(shop=shop), there.event("customer.subscription.updated", held))
    found = (await ada.get("/api/user/subscription")).json()
    assert (found["plan"], found["status"], found["dunning"]["state"]) == ("paid_20", "past_due", "past_due")
    assert "tried again" in found["dunning"]["because"]


async def test_the_plans_say_which_can_be_bought(ada: Browser, browser: MakeBrowser) -> None:
    for each, wanted in ((ada, [False, True, True]), (browser(), [False] * 3)):
        plans = (await each.get("/api/user/plans")).json()["plans"]
        assert [plan["for_sale"] for plan in plans] == wanted


async def test_only_our_own_pages_send_people_to_pay(ada: Browser, browser: MakeBrowser, shop: Shop) -> None:
    nobody = browser(shop=shop)
    assert (await nobody.http.post("/api/billing/checkout", json={"plan": "paid_20"})).status_code == 401
    without = await ada.http.post("/api/billing/checkout", json={"plan": "paid_20"})
    elsewhere = await ada.post(
        "/api/billing/checkout", json={"plan": "paid_20"}, headers={"Origin": "https://evil.example"}
    )
    by_password = await nobody.http.post("/api/billing/portal", auth=(ADA, "correct horse battery"))
    assert [each.status_code for each in (without, elsewhere, by_password)] == [403] * 3


async def test_where_nothing_is_sold_it_is_said(browser: MakeBrowser) -> None:
    ada = browser()
    await ada.sign_in(ADA)
    refused = await ada.post("/api/billing/checkout", json={"plan": "paid_20"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_for_sale")
    assert (await ada.post("/api/billing/portal")).status_code == 409
    assert (await tell(ada, {"id": "evt_1", "type": "odd"})).status_code == 404


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"plan": "gold"}, 404),
        ({"plan": "free"}, 409),
        ({}, 422),
        ({"plan": 7}, 422),
        ({"plan": "x" * 65}, 422),
        ({"plan": "paid_20", "return_to": "https://evil.example"}, 400),
        ({"plan": "paid_20", "return_to": "//evil.example"}, 400),
    ],
)
async def test_a_wish_that_makes_no_sense_is_refused(
    ada: Browser, there: StripeService, wanted: Any, status: int
) -> None:
    assert (await ada.post("/api/billing/checkout", json=wanted)).status_code == status
    assert there.asked == []


async def test_who_asks_for_pages_all_the_time_is_told_to_wait(ada: Browser) -> None:
    answers = [(await ada.post("/api/billing/checkout", json={"plan": "gold"})).status_code for _ in range(12)]
    assert answers == [404] * 10 + [429] * 2


async def test_stripe_being_away_is_try_later(ada: Browser, there: StripeService) -> None:
    there.stop()
    answer = await ada.post("/api/billing/checkout", json={"plan": "paid_20"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "try_later")
    assert KEY not in answer.text


async def test_an_event_that_cannot_be_settled_is_wanted_again(
    core: Core, ada: Browser, browser: MakeBrowser, shop: Shop, there: StripeService
) -> None:
    await ada.post("/api/billing/checkout", json={"plan": "paid_20"})
    event = there.event("customer.subscription.created", there.subscribe(customer_of(core)))
    there.refuse.extend([(500, {"error": {"type": "api_error", "message": "down"}})] * 3)
    stripe = browser(shop=shop)
    assert (await tell(stripe, event)).status_code == 503
    assert (await tell(stripe, event)).json() == {"outcome": "active: paid_20"}
    assert (await tell(stripe, event)).json() == {"outcome": "told before"}


async def test_an_unsigned_call_of_the_hook_is_not_read(browser: MakeBrowser, shop: Shop, there: StripeService) -> None:
    anybody = browser(shop=shop)
    event = there.event("customer.subscription.created", there.subscribe("cus_1"))
    answer = await anybody.http.post(HOOK, json=event)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "authentication_failed")
    forged = signature(json.dumps(event).encode(), secret="whsec_somebody_elses")
    old = signature(json.dumps(event).encode(), at=int(time.time()) - 3600)
    for given in (forged, old):
        assert (await tell(anybody, event, **{"Stripe-Signature": given})).status_code == 401
    assert there.asked == []


async def test_who_guesses_signatures_is_slowed_down_and_stripe_is_not(
    browser: MakeBrowser, shop: Shop, there: StripeService
) -> None:
    anybody = browser(shop=shop)
    answers = [(await anybody.http.post(HOOK, content=b"{}")).status_code for _ in range(32)]
    assert (answers[:30], answers[30:]) == ([401] * 30, [429] * 2)
    assert (await tell(anybody, there.event("price.created", {"object": "price"}))).status_code == 200


async def test_a_hook_takes_no_more_than_an_event_has(browser: MakeBrowser, shop: Shop) -> None:
    body = b"x" * (1024 * 1024 + 1)
    answer = await browser(shop=shop).http.post(HOOK, content=body, headers={"Stripe-Signature": signature(body)})
    assert answer.status_code == 413
