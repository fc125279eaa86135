"""A plan is bought at Vercel's emulator of Stripe: its customers, its prices, its page to pay on, and its signed event to our door."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailwright.connectors.stripe import Stripe
from mailwright.core import Core, accounts
from mailwright.core.billing import Shop
from mailwright.protocols.api import ApiSettings, HttpServer, create_api
from mailwright.protocols.identity import Web
from mailwright.storage import billing as rows
from tests.protocols.api.people import Browser, MakeBrowser
from tests.servers.ports import free_port
from tests.servers.stripe import KEY, SIGNING, StripeService
from tests.servers_node.packages import NotAvailable
from tests.servers_node.stripe_emulator import StripeEmulator

pytestmark = pytest.mark.server

ADA = "ada@mailwright.test"
PRICE = "price_20"


class Market:
    """The emulator, what stands in front of it, and our door that it calls."""

    def __init__(self, emulator: StripeEmulator, there: StripeService, shop: Shop) -> None:
        self.emulator = emulator
        self.there = there
        self.shop = shop


@pytest.fixture
async def market(core: Core, tmp_path: Path) -> AsyncIterator[Market]:
    port = free_port()
    hook = f"http://127.0.0.1:{port}/api/billing/webhook"
    try:
        emulator = await asyncio.to_thread(StripeEmulator, tmp_path, price=PRICE, hook=hook, secret=SIGNING)
    except NotAvailable as reason:
        pytest.skip(str(reason))
    there = StripeService(upstream=emulator.url)
    shop = Shop(Stripe(KEY, SIGNING, url=there.url), {"paid_20": (PRICE,)}, Web().public_url)
    api = create_api(core, ApiSettings(shop=shop), metrics=lambda: b"")
    door = HttpServer(api, "127.0.0.1", port, api.state.streams)
    await door.start()
    yield Market(emulator, there, shop)
    await door.close(1)
    await shop.service.close()
    there.stop()
    emulator.stop()


async def test_a_plan_is_bought_at_the_emulator(core: Core, market: Market, browser: MakeBrowser) -> None:
    ada: Browser = browser(shop=market.shop)
    await ada.sign_in(ADA)
    page = (await ada.post("/api/billing/checkout", json={"plan": "paid_20"})).json()["url"]
    account = core.database.read_now(lambda tx: accounts.find(tx, ADA))
    held = core.database.read_now(lambda tx: rows.of_user(tx, account.id))
    assert held is not None
    # The emulator takes the money and has no subscriptions: this is the one that it would have made.
    market.there.subscribe(held.customer_id, PRICE)
    assert await asyncio.to_thread(market.emulator.pay, page) == f"{Web().public_url}/app/dashboard"
    told = core.database.read_now(lambda tx: tx.all("SELECT kind, outcome FROM billing_events"))
    assert ("checkout.session.completed", "active: paid_20") in told
    assert ("customer.created", "nobody here is that customer") in told  # it tells before it has answered
    assert (await ada.get("/api/user/subscription")).json()["plan"] == "paid_20"


async def test_the_emulator_knows_no_price_that_it_was_not_given(market: Market, browser: MakeBrowser) -> None:
    shop = Shop(market.shop.service, {"paid_20": ("price_other",)}, market.shop.public_url)
    ada = browser(shop=shop)
    await ada.sign_in(ADA)
    answer = await ada.post("/api/billing/checkout", json={"plan": "paid_20"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "try_later")
