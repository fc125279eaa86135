"""Stripe through its SDK: what is asked in which words, what is tried again, what is said of errors, and whose events are believed."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from mailwright.connectors.stripe import TOLERANCE_SECONDS, Stripe
from mailwright.domain.clock import SECOND
from mailwright.domain.payments import Told
from mailwright.domain.refusals import AuthenticationFailed, BadInput, TryLater
from tests.servers.stripe import KEY, SIGNING, StripeService, signature

BODY = json.dumps({"id": "evt_1", "type": "invoice.paid", "created": 1_790_000_000, "data": {"object": {}}}).encode()


@pytest.fixture
def there() -> Any:
    service = StripeService()
    yield service
    service.stop()


@pytest.fixture
async def stripe(there: StripeService) -> AsyncIterator[Stripe]:
    made = Stripe(KEY, SIGNING, url=there.url)
    yield made
    await made.close()


async def buy(stripe: Stripe, customer: str, price: str = "price_20") -> str:
    return await stripe.checkout(
        customer=customer,
        price=price,
        plan="paid_20",
        user_id="u1",
        success_url="https://mail.example.org/app/dashboard",
        cancel_url="https://mail.example.org/app/dashboard",
        key="key-1",
    )


async def new_customer(stripe: Stripe, key: str = "key-0") -> str:
    return await stripe.new_customer(email="ada@mailwright.test", name="Ada", user_id="u1", key=key)


async def test_a_repeat_with_the_same_key_makes_nothing_new(stripe: Stripe, there: StripeService) -> None:
    assert await new_customer(stripe) == await new_customer(stripe)
    assert len(there.customers) == 1
    assert await new_customer(stripe, "key-9") not in list(there.customers)[:1]


async def test_what_failed_there_is_tried_again_with_the_same_key(stripe: Stripe, there: StripeService) -> None:
    there.refuse.append((503, {"error": {"type": "api_error", "message": "overloaded"}}))
    await new_customer(stripe)
    keys = {value for each in there.asked for name, value in each.headers.items() if name.lower() == "idempotency-key"}
    assert (len(there.asked), keys) == (2, {"key-0"})


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 429])
async def test_an_error_is_try_later_and_its_reason_stands_in_the_log(
    stripe: Stripe, there: StripeService, status: int
) -> None:
    told = {"type": "invalid_request_error", "code": "odd", "message": f"secret words about {KEY}", "param": "price"}
    there.refuse.append((status, {"error": told}))
    with capture_logs() as logs, pytest.raises(TryLater) as refused:
        await buy(stripe, "cus_1")
    assert "secret words" not in str(refused.value)
    (line,) = logs
    assert (line["event"], line["status"]) == ("stripe.failed", status)
    assert line["code"] in ("odd", None)  # the SDK reads it of some errors only
    assert KEY not in str(logs)
    assert "secret words" not in str(logs)


async def test_nobody_there_is_try_later(there: StripeService) -> None:
    stripe = Stripe(KEY, SIGNING, url=there.url)
    there.stop()
    with pytest.raises(TryLater):
        await stripe.subscriptions("cus_1")
    await stripe.close()


async def test_a_page_that_is_no_web_address_is_not_passed_on(stripe: Stripe, there: StripeService) -> None:
    there.refuse.append((200, {"id": "cs_1", "object": "checkout.session", "url": "javascript:alert(1)"}))
    with pytest.raises(TryLater):
        await buy(stripe, "cus_1")


async def test_a_subscription_has_its_price_state_and_period(stripe: Stripe, there: StripeService) -> None:
    customer = await new_customer(stripe)
    made = there.subscribe(customer, "price_200", status="past_due", began=1_790_000_000, plan="paid_200")
    (found,) = await stripe.subscriptions(customer)
    assert (found.id, found.price, found.status, found.plan) == (made["id"], "price_200", "past_due", "paid_200")
    assert found.item == made["items"]["data"][0]["id"]
    assert found.began_at == found.period_start == 1_790_000_000 * SECOND
    assert (found.period_end or 0) > found.began_at
    assert not found.cancel_at_period_end


async def test_a_period_is_found_where_older_versions_of_the_api_have_it(stripe: Stripe, there: StripeService) -> None:
    customer = await new_customer(stripe)
    made = there.subscribe(customer)
    item = made["items"]["data"][0]
    end = item.pop("current_period_end")
    there.change(made, current_period_start=item.pop("current_period_start"), current_period_end=end)
    (found,) = await stripe.subscriptions(customer)
    assert found.period_end == end * SECOND


async def test_a_customer_there_is_not_has_no_subscriptions(stripe: Stripe) -> None:
    assert await stripe.subscriptions("cus_nobody") == []


async def test_what_has_ended_is_ended_without_a_word(stripe: Stripe, there: StripeService) -> None:
    made = there.subscribe("cus_1")
    for _ in range(2):
        await stripe.end(made["id"])
    await stripe.end("sub_nobody")
    assert there.subscriptions[made["id"]]["status"] == "canceled"


def test_the_key_does_not_print() -> None:
    assert "sk_test" not in repr(Stripe(KEY, SIGNING))


# --- events ---------------------------------------------------------------------------------------------------------


def test_a_signed_event_is_believed(stripe: Stripe) -> None:
    assert stripe.told(BODY, signature(BODY)) == Told("evt_1", "invoice.paid", 1_790_000_000 * SECOND, "", "")


def test_of_several_signatures_one_is_enough(stripe: Stripe) -> None:
    """While a secret is exchanged Stripe signs with both."""
    moment, _, old = signature(BODY, secret="whsec_the_one_before").partition(",")
    assert stripe.told(BODY, f"{moment},{old},{signature(BODY).partition(',')[2]}").id == "evt_1"


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "v1=",
        "t=,v1=",
        "t=now,v1=00",
        "t=1,v0=00",
        "\u00e9" * 20,
        "t={now},v1=\u00e9",
        "t={now},v1=" + "0" * 64,
        "t=" + "9" * 6000 + ",v1=00",
    ],
)
def test_what_is_no_signature_is_refused(stripe: Stripe, given: str | None) -> None:
    with pytest.raises(AuthenticationFailed):
        stripe.told(BODY, given and given.format(now=int(time.time())))


def test_a_signature_that_is_not_right_is_refused(stripe: Stripe) -> None:
    for given in (
        signature(BODY, secret="whsec_somebody_elses"),
        signature(BODY + b" "),
        signature(BODY).replace("v1=", "v0="),
        signature(BODY, at=int(time.time()) - TOLERANCE_SECONDS - 60),
    ):
        with pytest.raises(AuthenticationFailed):
            stripe.told(BODY, given)


def test_a_body_that_is_no_text_is_refused(stripe: Stripe) -> None:
    with pytest.raises(AuthenticationFailed):
        stripe.told(b"\xff\xfe{}", signature(b"\xff\xfe{}"))


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b"{}", b'{"type": 7}', b"[" * 100_000])
def test_what_is_signed_and_no_event_is_a_bad_input(stripe: Stripe, body: bytes) -> None:
    with pytest.raises(BadInput):
        stripe.told(body, signature(body))


@pytest.mark.parametrize(
    ("about", "customer", "subscription"),
    [
        ({"object": "subscription", "id": "sub_1", "customer": "cus_1"}, "cus_1", "sub_1"),
        ({"object": "subscription", "id": "sub_1", "customer": {"id": "cus_1"}}, "cus_1", "sub_1"),
        ({"object": "checkout.session", "id": "cs_1", "customer": "cus_1", "subscription": "sub_1"}, "cus_1", "sub_1"),
        ({"object": "checkout.session", "id": "cs_1", "customer": None, "subscription": None}, "", ""),
        ({"object": "invoice", "id": "in_1", "customer": "cus_1"}, "cus_1", ""),
        ({"object": "customer", "id": "cus_1"}, "cus_1", ""),
        ({"object": "price", "id": "price_1"}, "", ""),
        ("odd", "", ""),
        (None, "", ""),
        ({"customer": 7, "subscription": ["x"]}, "", ""),
    ],
)
def test_an_event_says_whom_it_is_about(stripe: Stripe, about: Any, customer: str, subscription: str) -> None:
    body = json.dumps({"id": "evt_1", "type": "odd", "data": {"object": about}}).encode()
    told = stripe.told(body, signature(body))
    assert (told.customer, told.subscription, told.told_at) == (customer, subscription, 0)


def test_an_event_without_an_id_is_known_by_its_words(stripe: Stripe) -> None:
    first, second = (json.dumps({"type": kind, "data": {}}).encode() for kind in ("a", "b"))
    told = [stripe.told(body, signature(body)).id for body in (first, first, second)]
    assert told[0] == told[1] != told[2]
