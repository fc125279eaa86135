"""Plans that are bought: what Stripe tells, in whatever order and however often, and what becomes of somebody's plan."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mailwright.connectors.stripe import Stripe
from mailwright.core import Core, accounts, billing, housekeeping
from mailwright.core.billing import NotForSale, Shop, Standing
from mailwright.domain.clock import DAY, SECOND, now
from mailwright.domain.refusals import AlreadyExists, BadInput, NotFound, TryLater
from mailwright.storage import Tx
from mailwright.storage import billing as rows
from mailwright.storage.accounts import Account
from tests.servers.stripe import KEY, SIGNING, StripeService, signature

ADA = "ada@mailwright.test"
PRICES = {"paid_20": ("price_20", "price_20_old"), "paid_200": ("price_200",)}
ORIGIN = "https://mail.example.org"


class Till:
    """Ada at the till: what she does here and there, and how she stands."""

    def __init__(self, core: Core, service: StripeService) -> None:
        self.core = core
        self.there = service
        self.shop = Shop(Stripe(KEY, SIGNING, url=service.url), PRICES, ORIGIN)

    def account(self) -> Account:
        return self.core.database.read_now(lambda tx: accounts.find(tx, ADA))

    @property
    def plan(self) -> str:
        return self.account().plan

    def held(self) -> rows.Subscription:
        account = self.account()
        found = self.core.database.read_now(lambda tx: rows.of_user(tx, account.id))
        assert found is not None
        return found

    def stands(self) -> Standing:
        account = self.account()
        return self.core.database.read_now(lambda tx: billing.standing(tx, self.core, account))

    async def checkout(self, plan: str = "paid_20", **more: str) -> str:
        return await billing.checkout(self.core, self.shop, self.account(), plan, **more)

    async def customer(self) -> str:
        """She pressed the button; who she is there."""
        await self.checkout()
        return self.held().customer_id

    async def tell(self, event: dict[str, Any]) -> str:
        body = json.dumps(event).encode()
        return await billing.on_event(self.core, self.shop, self.shop.service.told(body, signature(body)))

    async def told_of(self, kind: str, subscription: dict[str, Any]) -> str:
        return await self.tell(self.there.event(f"customer.subscription.{kind}", subscription))


@pytest.fixture
async def till(core: Core) -> AsyncIterator[Till]:
    service = StripeService()
    made = Till(core, service)
    yield made
    await made.shop.service.close()
    service.stop()


# --- buying ---------------------------------------------------------------------------------------------------------


async def test_checkout_asks_for_the_price_of_the_plan_and_says_for_whom(till: Till) -> None:
    assert (await till.checkout("paid_200")).startswith("https://checkout.stripe.com/")
    account = till.account()
    (customer,) = till.there.posts("/v1/customers")
    assert (customer["email"], customer["metadata[user_id]"]) == (ADA, account.id)
    (asked,) = till.there.posts("/v1/checkout/sessions")
    assert asked["line_items[0][price]"] == "price_200"
    assert (asked["mode"], asked["client_reference_id"]) == ("subscription", account.id)
    assert asked["success_url"] == asked["cancel_url"] == f"{ORIGIN}/app/dashboard"
    assert asked["subscription_data[metadata][plan]"] == "paid_200"
    assert till.plan == "free"  # nothing is had before it is paid


async def test_pressed_twice_it_is_one_page_and_one_customer(till: Till) -> None:
    first, second = await asyncio.gather(till.checkout(), till.checkout())
    assert len(till.there.customers) == 1
    assert first == second == await till.checkout()
    assert await till.checkout("paid_200") != first


@pytest.mark.parametrize(
    ("plan", "refusal"), [("gold", NotFound), ("free", NotForSale), ("", NotFound), ("paid_20\0", NotFound)]
)
async def test_what_is_not_for_sale_is_not_sold(till: Till, plan: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        await till.checkout(plan)
    assert till.there.asked == []


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "app/dashboard",
        "",
        "/a\r\nLocation: https://evil.example",
        "/ü",
        "/@evil.example/" + "a" * 600,
        "@evil.example/",
        ".evil.example/",
    ],
)
async def test_nobody_is_led_back_to_another_place(till: Till, path: str) -> None:
    for ask in (till.checkout(return_to=path), billing.portal(till.core, till.shop, till.account(), return_to=path)):
        with pytest.raises(BadInput):
            await ask
    assert till.there.asked == []


async def test_who_has_paid_a_moment_ago_does_not_pay_twice(till: Till) -> None:
    till.there.subscribe(await till.customer(), "price_20")  # and nobody told us yet
    with pytest.raises(AlreadyExists, match="you have the plan Paid 20 already"):
        await till.checkout("paid_20")
    assert till.plan == "paid_20"
    assert len(till.there.posts("/v1/checkout/sessions")) == 1


async def test_another_plan_changes_the_subscription_there_is(till: Till) -> None:
    held = till.there.subscribe(await till.customer(), "price_20")
    assert (await till.checkout("paid_200")).startswith("https://billing.stripe.com/")
    (asked,) = till.there.posts("/v1/billing_portal/sessions")
    flow = "flow_data[subscription_update_confirm]"
    assert asked["flow_data[type]"] == "subscription_update_confirm"
    assert asked[f"{flow}[subscription]"] == held["id"]
    assert asked[f"{flow}[items][0][id]"] == held["items"]["data"][0]["id"]
    assert asked[f"{flow}[items][0][price]"] == "price_200"


async def test_a_portal_without_changes_of_plans_shows_its_front_page(till: Till) -> None:
    till.there.portal_changes_plans = False
    till.there.subscribe(await till.customer(), "price_20")
    assert (await till.checkout("paid_200")).startswith("https://billing.stripe.com/")
    assert "flow_data[type]" not in till.there.posts("/v1/billing_portal/sessions")[-1]


async def test_what_is_unpaid_is_paid_and_not_bought_again(till: Till) -> None:
    till.there.subscribe(await till.customer(), "price_20", status="unpaid")
    assert (await till.checkout("paid_20")).startswith("https://billing.stripe.com/")


async def test_the_portal_is_for_those_who_bought_something(till: Till) -> None:
    with pytest.raises(NotFound):
        await billing.portal(till.core, till.shop, till.account())
    await till.customer()
    url = await billing.portal(till.core, till.shop, till.account(), return_to="/app/settings")
    assert url.startswith("https://billing.stripe.com/")
    assert till.there.posts("/v1/billing_portal/sessions")[-1]["return_url"] == f"{ORIGIN}/app/settings"


async def test_nothing_is_sold_while_stripe_is_away(till: Till) -> None:
    till.there.stop()
    with pytest.raises(TryLater):
        await till.checkout()


# --- what is told ---------------------------------------------------------------------------------------------------


async def test_a_paid_checkout_gives_the_plan(till: Till) -> None:
    customer = await till.customer()
    held = till.there.subscribe(customer, "price_20")
    session = {"id": "cs_1", "object": "checkout.session", "customer": customer, "subscription": held["id"]}
    assert await till.tell(till.there.event("checkout.session.completed", session)) == "active: paid_20"
    assert till.plan == "paid_20"
    stands = till.stands()
    assert (stands.status, stands.dunning, stands.manageable, stands.ends_at) == ("active", None, True, None)
    assert stands.renews_at == held["items"]["data"][0]["current_period_end"] * SECOND


async def test_an_event_that_is_told_twice_is_taken_once(till: Till) -> None:
    event = till.there.event("customer.subscription.created", till.there.subscribe(await till.customer()))
    assert await till.tell(event) == "active: paid_20"
    asked = len(till.there.asked)
    assert await till.tell(event) == "told before"
    assert len(till.there.asked) == asked


async def test_an_event_that_is_told_by_many_at_once_is_taken_once(till: Till) -> None:
    event = till.there.event("customer.subscription.created", till.there.subscribe(await till.customer()))
    await asyncio.gather(*(till.tell(event) for _ in range(4)))
    told = till.core.database.read_now(lambda tx: tx.all("SELECT kind FROM billing_events"))
    assert told == [("customer.subscription.created",)]
    changed = till.core.database.read_now(
        lambda tx: tx.scalar("SELECT count(*) FROM audit_events WHERE action = 'plan.changed'")
    )
    assert (till.plan, changed) == ("paid_20", 1)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::4])
async def test_in_whatever_order_it_is_told_the_end_is_the_same(till: Till, order: tuple[int, ...]) -> None:
    customer = await till.customer()
    first = till.there.subscribe(customer, "price_20", status="incomplete", began=int(time.time()) - 100)
    states = [first]
    for changes in ({"status": "active"}, {"status": "active", "price": "price_200"}, {"status": "past_due"}):
        states.append(till.there.change(states[-1], **changes))
    moment = int(time.time()) - 50
    kinds = ("created", "updated", "updated", "updated")
    events = [
        till.there.event(f"customer.subscription.{kind}", state, created=moment + n)
        for n, (kind, state) in enumerate(zip(kinds, states, strict=True))
    ]
    for index in order:
        await till.tell(events[index])
        await till.tell(events[0])  # and one of them again and again
    assert till.plan == "paid_200"
    assert (till.held().status, till.held().told_at) == ("past_due", (moment + 3) * SECOND)


async def test_of_two_answers_the_one_that_was_asked_for_later_stays(till: Till) -> None:
    held = till.there.subscribe(await till.customer())
    paid = till.there.event("customer.subscription.updated", held)
    seen: list[str] = []

    def overtake() -> None:
        """While the first answer is under way, the subscription ends, which is told and settled at once."""
        if seen:
            return
        seen.append("once")
        gone = till.there.change(held, status="canceled")
        event = till.there.event("customer.subscription.deleted", gone)
        answered = asyncio.run_coroutine_threadsafe(till.tell(event), loop)
        answered.result(10)

    loop = asyncio.get_running_loop()
    till.there.before_listing = overtake
    await till.tell(paid)
    assert (till.plan, till.held().status) == ("free", "canceled")


async def test_a_missed_payment_leaves_the_plan_and_says_so(till: Till) -> None:
    held = till.there.subscribe(await till.customer())
    await till.told_of("created", held)
    late = till.there.change(held, status="past_due")
    invoice = {
        "id": "in_1",
        "object": "invoice",
        "customer": held["customer"],
        "parent": {"type": "subscription_details", "subscription_details": {"subscription": held["id"]}},
    }
    assert await till.tell(till.there.event("invoice.payment_failed", invoice)) == "past_due: paid_20"
    stands = till.stands()
    assert till.plan == "paid_20"
    assert stands.dunning is not None
    assert (stands.status, stands.dunning.state) == ("past_due", "past_due")
    assert "the plan stays meanwhile" in stands.dunning.because
    await till.told_of("updated", till.there.change(late, status="active"))
    assert (till.plan, till.stands().dunning) == ("paid_20", None)


@pytest.mark.parametrize("end", ["canceled", "unpaid", "paused", "incomplete_expired"])
async def test_a_subscription_that_is_not_paid_any_more_takes_the_plan_back(till: Till, end: str) -> None:
    held = till.there.subscribe(await till.customer())
    await till.told_of("created", held)
    await till.told_of("updated", till.there.change(held, status=end))
    stands = till.stands()
    assert (till.plan, stands.usage.plan.id, stands.renews_at) == ("free", "free", None)
    assert (stands.dunning is not None) is (end in ("unpaid", "paused"))


async def test_a_trial_has_the_plan(till: Till) -> None:
    await till.told_of("created", till.there.subscribe(await till.customer(), status="trialing"))
    assert (till.plan, till.stands().status) == ("paid_20", "trialing")


async def test_a_first_payment_that_is_not_there_gives_nothing(till: Till) -> None:
    await till.told_of("created", till.there.subscribe(await till.customer(), status="incomplete"))
    assert (till.plan, till.stands().status) == ("free", "incomplete")


@pytest.mark.parametrize("how", [{"cancel_at_period_end": True}, {"cancel_at": int(time.time()) + 86_400}])
async def test_a_subscription_that_will_end_says_when(till: Till, how: dict[str, Any]) -> None:
    held = till.there.subscribe(await till.customer())
    await till.told_of("updated", till.there.change(held, **how))
    stands = till.stands()
    ends = how.get("cancel_at") or held["items"]["data"][0]["current_period_end"]
    assert (till.plan, stands.renews_at, stands.ends_at) == ("paid_20", None, ends * SECOND)


async def test_the_end_of_an_old_subscription_does_not_take_the_new_one_away(till: Till) -> None:
    customer = await till.customer()
    old = till.there.subscribe(customer, "price_20", began=int(time.time()) - 1000)
    await till.told_of("created", old)
    ended = till.there.change(old, status="canceled")
    await till.told_of("created", till.there.subscribe(customer, "price_200"))
    await till.told_of("deleted", ended)
    assert (till.plan, till.held().status) == ("paid_200", "active")


async def test_an_older_price_still_counts_as_its_plan(till: Till) -> None:
    await till.told_of("created", till.there.subscribe(await till.customer(), "price_20_old"))
    assert till.plan == "paid_20"


async def test_a_price_the_settings_forgot_is_known_by_what_was_bought(till: Till) -> None:
    await till.told_of("created", till.there.subscribe(await till.customer(), "price_gone", plan="paid_200"))
    assert till.plan == "paid_200"


async def test_a_price_nobody_knows_leaves_the_plan_as_it_is(till: Till) -> None:
    outcome = await till.told_of("created", till.there.subscribe(await till.customer(), "price_odd"))
    assert (outcome, till.plan) == ("no plan has that price", "free")


async def test_a_plan_given_by_hand_stays_when_a_subscription_ends(till: Till) -> None:
    held = till.there.subscribe(await till.customer())
    await till.told_of("created", held)
    till.core.database.write_now(lambda tx: billing.set_plan(tx, till.core, accounts.find(tx, ADA), "paid_200"))
    await till.told_of("updated", till.there.change(held, cancel_at_period_end=True))
    await till.told_of("deleted", till.there.change(held, status="canceled"))
    assert till.plan == "paid_200"


async def test_a_plan_given_by_hand_stays_when_a_smaller_one_is_bought(till: Till) -> None:
    till.core.database.write_now(lambda tx: billing.set_plan(tx, till.core, accounts.find(tx, ADA), "paid_200"))
    held = till.there.subscribe(await till.customer())
    await till.told_of("created", held)
    assert till.plan == "paid_200"
    for status in ("unpaid", "active", "canceled"):
        await till.told_of("updated", till.there.change(held, status=status))
        assert till.plan == "paid_200"


async def test_a_larger_plan_is_had_when_it_is_bought_beside_one_given_by_hand(till: Till) -> None:
    till.core.database.write_now(lambda tx: billing.set_plan(tx, till.core, accounts.find(tx, ADA), "paid_20"))
    await till.told_of("created", till.there.subscribe(await till.customer(), "price_200"))
    assert till.plan == "paid_200"


async def test_what_concerns_nobody_here_changes_nothing(till: Till) -> None:
    stranger = till.there.subscribe("cus_stranger")
    assert await till.told_of("created", stranger) == "nobody here is that customer"
    assert await till.tell(till.there.event("price.created", {"id": "price_1", "object": "price"})) == "nothing to do"
    assert till.there.asked == []


async def test_a_customer_who_is_deleted_there_begins_anew(till: Till) -> None:
    held = till.there.subscribe(await till.customer())
    await till.told_of("created", held)
    gone = till.there.customers.pop(held["customer"])
    await till.tell(till.there.event("customer.deleted", gone | {"deleted": True}))
    assert till.plan == "free"
    account = till.account()
    assert till.core.database.read_now(lambda tx: rows.of_user(tx, account.id)) is None


async def test_what_cannot_be_asked_for_is_told_again_later(till: Till) -> None:
    held = till.there.subscribe(await till.customer())
    event = till.there.event("customer.subscription.created", held)
    till.there.refuse.extend([(500, {"error": {"type": "api_error", "message": "down"}})] * 3)
    with pytest.raises(TryLater):
        await till.tell(event)
    assert till.plan == "free"
    assert await till.tell(event) == "active: paid_20"


async def test_a_subscription_that_is_not_listed_yet_is_asked_for_again(till: Till) -> None:
    held = till.there.subscribe(await till.customer())
    event = till.there.event("customer.subscription.created", held)
    listed = till.there.subscriptions.pop(held["id"])
    with pytest.raises(TryLater, match="does not list"):
        await till.tell(event)
    till.there.subscriptions[held["id"]] = listed
    assert await till.tell(event) == "active: paid_20"


# --- years and those who leave --------------------------------------------------------------------------------------


async def test_who_ends_a_subscription_and_begins_another_goes_on_in_the_year_that_runs(till: Till) -> None:
    customer = await till.customer()
    long_ago = int(time.time()) - 100 * 86_400
    old = till.there.subscribe(customer, began=long_ago)
    await till.told_of("created", old)
    await till.told_of("deleted", till.there.change(old, status="canceled"))
    await till.told_of("created", till.there.subscribe(customer))
    assert till.stands().usage.since == long_ago * SECOND


async def test_who_comes_back_after_the_year_begins_a_new_one(till: Till) -> None:
    customer = await till.customer()
    old = till.there.subscribe(customer, began=int(time.time()) - 500 * 86_400)
    await till.told_of("created", old)
    await till.told_of("deleted", till.there.change(old, status="canceled"))
    back = till.there.subscribe(customer)
    await till.told_of("created", back)
    assert till.stands().usage.since == back["start_date"] * SECOND


async def test_another_plan_in_the_same_year_counts_what_was_used(till: Till) -> None:
    held = till.there.subscribe(await till.customer(), "price_200", began=int(time.time()) - 40 * 86_400)
    await till.told_of("created", held)
    await till.told_of("updated", till.there.change(held, price="price_20"))
    found = till.stands().usage
    assert (found.plan.id, found.since) == ("paid_20", held["start_date"] * SECOND)


async def test_whoever_is_removed_pays_no_more(till: Till) -> None:
    held = till.there.subscribe(await till.customer())
    await till.told_of("created", held)
    user_id = till.account().id
    await till.core.write(lambda tx: accounts.remove_user(tx, ADA))
    assert till.core.database.read_now(lambda tx: rows.of_user(tx, user_id)) is None
    till.there.refuse.extend([(500, {"error": {"type": "api_error", "message": "down"}})] * 3)
    with pytest.raises(TryLater):
        await billing.end_left(till.core, till.shop.service)
    assert await billing.end_left(till.core, till.shop.service) == 1
    assert till.there.subscriptions[held["id"]]["status"] == "canceled"
    assert await billing.end_left(till.core, till.shop.service) == 0
    assert await till.told_of("deleted", held) == "nobody here is that customer"


async def test_the_nightly_round_ends_what_was_left_and_waits_while_stripe_is_away(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "_parts", [])
    shop = lambda: Shop(Stripe(KEY, SIGNING, url=till.there.url), PRICES, ORIGIN)  # noqa: E731
    housekeeping.configure(till.core, None, shop)  # type: ignore[arg-type] # this step asks the engine nothing
    await till.told_of("created", till.there.subscribe(await till.customer()))
    await till.core.write(lambda tx: accounts.remove_user(tx, ADA))
    till.there.refuse.extend([(500, {"error": {"type": "api_error", "message": "down"}})] * 3)
    assert [await housekeeping.look_at_subscriptions() for _ in range(3)] == [0, 1, 0]
    housekeeping.configure(till.core, None)  # type: ignore[arg-type]
    assert await housekeeping.look_at_subscriptions() == 0


@pytest.mark.parametrize("there", ["canceled", "gone"])
async def test_a_plan_is_taken_away_in_the_end_though_nobody_heard_that_it_ended(
    till: Till, monkeypatch: pytest.MonkeyPatch, there: str
) -> None:
    held = till.there.subscribe(await till.customer(), began=int(time.time()) - 40 * 86_400)
    await till.told_of("created", held)
    if there == "canceled":
        till.there.change(held, status="canceled")
    else:
        missing = {"error": {"type": "invalid_request_error", "code": "resource_missing", "param": "customer"}}
        till.there.refuse.append((400, missing))
    assert till.plan == "paid_20"
    assert await billing.look_again(till.core, till.shop) == 1
    assert (till.plan, till.held().status) == ("free", "canceled")
    assert await billing.look_again(till.core, till.shop) == 0


async def test_a_plan_that_is_paid_for_stays_though_nobody_heard_of_its_renewal(till: Till) -> None:
    held = till.there.subscribe(await till.customer(), began=int(time.time()) - 40 * 86_400)
    await till.told_of("created", held)
    held["items"]["data"][0]["current_period_end"] = int(time.time()) + 86_400
    assert await billing.look_again(till.core, till.shop) == 1
    assert await billing.look_again(till.core, till.shop) == 0
    assert till.plan == "paid_20"


async def test_a_subscription_that_ended_already_is_no_trouble(till: Till) -> None:
    held = till.there.subscribe(await till.customer())
    await till.told_of("created", held)
    await till.core.write(lambda tx: accounts.remove_user(tx, ADA))
    till.there.change(held, status="canceled")
    assert await billing.end_left(till.core, till.shop.service) == 1


async def test_old_events_are_forgotten_and_what_is_to_be_done_is_not(till: Till) -> None:
    def write(tx: Tx) -> None:
        rows.add_event(tx, "evt_old", "invoice.paid", "active: paid_20", now())
        rows.add_event(tx, "sub_left", rows.LEFT, "", now())
        rows.add_event(tx, "sub_ended", rows.LEFT, "ended", now())
        tx.execute("UPDATE billing_events SET created_at = ?", (now() - 91 * DAY,))
        rows.add_event(tx, "evt_new", "invoice.paid", "active: paid_20", now())

    till.core.database.write_now(write)
    assert await billing.forget(till.core) == 2
    left = till.core.database.read_now(lambda tx: tx.all("SELECT provider_id FROM billing_events ORDER BY id"))
    assert left == [("sub_left",), ("evt_new",)]


async def test_a_plan_is_given_by_hand_where_nothing_is_sold(till: Till) -> None:
    till.core.database.write_now(lambda tx: billing.set_plan(tx, till.core, accounts.find(tx, ADA), "paid_20"))
    stands = till.stands()
    assert (stands.usage.plan.id, stands.status, stands.manageable) == ("paid_20", "active", False)
    assert stands.renews_at == stands.usage.until
    with pytest.raises(NotFound, match="free, paid_20, paid_200"):
        till.core.database.write_now(lambda tx: billing.set_plan(tx, till.core, accounts.find(tx, ADA), "gold"))
