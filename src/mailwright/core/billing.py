"""Billing: buying a plan, changing it, and what the payment service tells of it.

Called by the billing pages, the dashboard and the nightly round. The payment service is a connector (`PaymentService`).
Promises: what it tells of a subscription is asked for again and never believed from the event alone, so that events may come twice,
late or in any order; of two answers the one that was asked for later stays; nobody is sold a second subscription beside one that
runs; a plan that was given by hand is not taken away by a subscription to another.
Does not: see a card, or call the service inside a transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from mailwright.core import Core, charges, usage
from mailwright.core.usage import Usage
from mailwright.domain.clock import DAY, HOUR, Instant, now
from mailwright.domain.payments import Subscribed, Told
from mailwright.domain.plans import Plan
from mailwright.domain.refusals import AlreadyExists, BadInput, NotFound, Refusal, TryLater
from mailwright.storage import Tx, audit
from mailwright.storage import accounts as account_rows
from mailwright.storage import billing as rows
from mailwright.storage.accounts import Account
from mailwright.storage.audit import SYSTEM, Actor
from mailwright.storage.billing import Subscription

log = structlog.get_logger(__name__)

SERVICE = Actor("payments")
"""Who changes a plan when the payment service says so, in the audit trail."""

GRANTING = frozenset({"active", "trialing", "past_due"})
"""States of a subscription in which its plan is had. While a payment is tried again (past_due) the plan stays."""
RUNNING = GRANTING | {"unpaid", "paused"}
"""States in which it exists and can be paid again: no other is sold beside it."""

DASHBOARD = "/app/dashboard"
TRIES = 5  # when several events of one customer come at once, each looks again that was overtaken
OVERDUE = 2 * DAY  # an invoice is paid within hours of the renewal
EVENTS_KEPT = 90 * DAY  # the service repeats an event for days, and by hand for a month

_DUNNING = {
    "past_due": "the last payment did not go through; it is tried again, and the plan stays meanwhile",
    "unpaid": "the last payment did not go through and is not tried again; the plan comes back when it is paid",
    "incomplete": "the first payment has not gone through yet; the plan begins when it has",
    "paused": "the trial is over and there is no means of payment; the plan comes back when there is one",
}
_REST = ("canceled", "incomplete_expired", "")


class NotForSale(Refusal):
    """The plan cannot be bought here."""

    code = "not_for_sale"


class PaymentService(Protocol):
    """Who takes payments. Every call raises TryLater when there is no answer that can be used; `key` makes a repeat harmless."""

    async def new_customer(self, *, email: str, name: str, user_id: str, key: str) -> str:
        """Its id of a new customer."""

    async def checkout(
        self, *, customer: str, price: str, plan: str, user_id: str, success_url: str, cancel_url: str, key: str
    ) -> str:
        """The address of a page where the customer pays for a new subscription."""

    async def portal(self, customer: str, return_url: str) -> str:
        """The address of a page where the customer looks after their subscription."""

    async def change(self, customer: str, subscribed: Subscribed, price: str, return_url: str) -> str:
        """The address of a page where the customer confirms another price for the subscription they have."""

    async def subscriptions(self, customer: str) -> list[Subscribed]:
        """Everything the customer ever subscribed to; nothing for a customer there is not."""

    async def end(self, subscription_id: str) -> None:
        """End a subscription at once; one that has ended, or is not there, is no error."""

    def told(self, body: bytes, signature: str | None) -> Told:
        """What a signed call says. Raises AuthenticationFailed, BadInput."""

    async def close(self) -> None:
        """Let go of connections."""


@dataclass(frozen=True, slots=True)
class Shop:
    """What selling needs: the service, its prices of each plan (the first is sold, older ones still count), and where our pages are."""

    service: PaymentService
    prices: Mapping[str, Sequence[str]]
    public_url: str

    def price_of(self, plan: Plan) -> str | None:
        """What is sold for a plan."""
        return next(iter(self.prices.get(plan.id, ())), None)


@dataclass(frozen=True, slots=True)
class Dunning:
    """A payment that is missing: the service's word for it, and what it means."""

    state: str
    because: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands with their plan. `renews_at` and `ends_at` exclude each other; `manageable`: they have what the portal shows."""

    usage: Usage
    status: str
    renews_at: Instant | None
    ends_at: Instant | None
    manageable: bool
    dunning: Dunning | None


async def checkout(core: Core, shop: Shop, account: Account, plan_id: str, *, return_to: str = DASHBOARD) -> str:
    """Where the account pays for a plan: a new subscription, or another price for the one that runs.

    `return_to` is a path of ours. Raises BadInput, NotForSale, NotFound (plan), AlreadyExists (they have it), TryLater.
    """
    plan, price = _for_sale(core, shop, plan_id)
    page = own_page(shop.public_url, return_to)
    customer = await _customer_of(core, shop, account)
    # Asked now: who has paid a moment ago, and is not told of yet, must not pay twice.
    held, subscribed = await refresh(core, shop, customer)
    if held is not None and subscribed is not None and subscribed.status in RUNNING:
        if subscribed.status not in GRANTING:
            return await shop.service.portal(customer, page)
        if held.plan == plan.id:
            raise AlreadyExists(f"you have the plan {plan.name} already")
        return await shop.service.change(customer, subscribed, price, page)
    parts = (account.id, plan.id, price, page, str(held.updated_at if held else 0), str(now() // HOUR))
    return await shop.service.checkout(
        customer=customer,
        price=price,
        plan=plan.id,
        user_id=account.id,
        success_url=page,
        cancel_url=page,
        # Pressed twice, it is one page; after anything has changed, or an hour, it is another.
        key="checkout-" + hashlib.sha256("\n".join(parts).encode()).hexdigest(),
    )


async def portal(core: Core, shop: Shop, account: Account, *, return_to: str = DASHBOARD) -> str:
    """Where the account looks after its subscription, card and invoices. Raises BadInput, NotFound (never paid), TryLater."""
    page = own_page(shop.public_url, return_to)
    known = await core.read(lambda tx: rows.of_user(tx, account.id))
    if known is None:
        raise NotFound("there is nothing to manage: you have not bought a plan yet")
    return await shop.service.portal(known.customer_id, page)


def own_page(public_url: str, path: str) -> str:
    """A page of ours, as an address. Raises BadInput for a path that leads elsewhere."""
    plain = path.isascii() and path.isprintable() and not set(path) & {"\\", " ", "@"}
    if not plain or not path.startswith("/") or path.startswith("//") or len(path) > 500:
        raise BadInput("return_to is a path of this server, like /app/dashboard")
    return public_url + path


async def on_event(core: Core, shop: Shop, told: Told) -> str:
    """Take what the payment service tells; what came of it. Telling twice is a no-op. Raises TryLater: then it is told again."""

    def look(tx: Tx) -> tuple[bool, Subscription | None]:
        return rows.is_told(tx, told.id), rows.of_customer(tx, told.customer) if told.customer else None

    known, held = await core.read(look)
    if known:
        return "told before"
    if held is None:
        outcome = "nobody here is that customer" if told.customer else "nothing to do"
        await core.write(lambda tx: rows.add_event(tx, told.id, told.kind, outcome, told.told_at))
        return outcome
    await refresh(core, shop, told.customer, told)
    return await core.read(lambda tx: rows.outcome_of(tx, told.id)) or "nobody here is that customer"


async def refresh(
    core: Core, shop: Shop, customer: str, told: Told | None = None
) -> tuple[Subscription | None, Subscribed | None]:
    """Ask how a customer stands and settle their plan by it, together with the event that said so. Raises TryLater.

    What is known of the customer and which subscription counts, afterwards.
    """
    for _ in range(TRIES):
        before = await core.read(lambda tx: rows.of_customer(tx, customer))
        if before is None:
            return None, None
        found = [] if _is_gone(told) else await shop.service.subscriptions(customer)
        if told is not None and told.subscription and not _is_gone(told):
            _check_is_there(told.subscription, found)
        chosen = _chosen(core, shop, found)
        if await core.write(lambda tx, b=before, c=chosen: _settle(tx, core, shop, b, c, told)):  # type: ignore[misc]
            return await core.read(lambda tx: rows.of_customer(tx, customer)), chosen
    raise TryLater("too much is happening to this subscription at once")


def standing(tx: Tx, core: Core, account: Account) -> Standing:
    """How the account stands with its plan."""
    found = usage.of_account(tx, core, account)
    held = rows.of_user(tx, account.id)
    if held is None or held.status in _REST:
        renews = found.until if found.plan.price_usd_month else None
        return Standing(found, "active", renews, None, held is not None, None)
    because = _DUNNING.get(held.status)
    granting = held.status in GRANTING
    return Standing(
        found,
        held.status,
        held.period_end if granting and not held.cancel_at_period_end else None,
        held.period_end if granting and held.cancel_at_period_end else None,
        True,
        None if because is None else Dunning(held.status, because),
    )


def set_plan(tx: Tx, core: Core, account: Account, plan_id: str, *, by: Actor = SYSTEM) -> Plan:
    """Give an account a plan by hand. A running subscription goes on beside it. Raises NotFound (plan)."""
    plan = _named(core, plan_id)
    _set_plan(tx, account, plan, by)
    return plan


async def end_left(core: Core, service: PaymentService) -> int:
    """End the subscriptions of people who were removed; how many. Raises TryLater, and goes on the next time."""
    left = await core.read(rows.to_end)
    for subscription_id in left:
        await service.end(subscription_id)
        await core.write(lambda tx, s=subscription_id: rows.mark_ended(tx, s))  # type: ignore[misc]
    return len(left)


async def look_again(core: Core, shop: Shop) -> int:
    """Ask anew about the subscriptions that should have been renewed and of which nothing was told: what the service told while nobody
    heard it for days must not leave anybody a plan for ever. How many. Raises TryLater, and goes on the next time."""
    overdue = await core.read(lambda tx: rows.overdue(tx, sorted(GRANTING), now() - OVERDUE))
    for customer in overdue:
        await refresh(core, shop, customer)
    return len(overdue)


async def forget(core: Core) -> int:
    """Delete what we were told long ago; how many."""
    return await core.write(lambda tx: rows.forget_events(tx, now() - EVENTS_KEPT))


async def _customer_of(core: Core, shop: Shop, account: Account) -> str:
    known = await core.read(lambda tx: rows.of_user(tx, account.id))
    if known is not None:
        return known.customer_id
    made = await shop.service.new_customer(
        email=account.email,
        name=account.display_name,
        user_id=account.id,
        key=f"customer-{account.id}-{now() // HOUR}",
    )

    def keep(tx: Tx) -> str:
        if account_rows.by_id(tx, account.id) is None:
            raise NotFound("the account is gone")
        rows.add_customer(tx, account.id, made, now())
        found = rows.of_user(tx, account.id)
        return made if found is None else found.customer_id

    return await core.write(keep)


def _settle(tx: Tx, core: Core, shop: Shop, before: Subscription, found: Subscribed | None, told: Told | None) -> bool:
    """Write down what was found. False, and nothing is written, when somebody else did since `before` was read."""
    charges.lock(tx, before.user_id)
    held = rows.of_user(tx, before.user_id)
    account = account_rows.by_id(tx, before.user_id)
    if held is None or account is None or held.customer_id != before.customer_id:
        return True  # the user was removed meanwhile
    if held.updated_at != before.updated_at:
        return False
    plan = None if found is None else _plan_of(core, shop, found)
    first = core.settings.plans[0]
    after = _after(held, found, plan, told)
    if told is None and after == replace(held, updated_at=after.updated_at):
        return True
    granted = plan if plan is not None and after.status in GRANTING else first
    had = held.plan if held.status in GRANTING else first.id
    # Paid for, but no plan of ours has that price: the plan stays as it is until somebody looks.
    unclear = found is not None and plan is None and found.status in GRANTING
    if not unclear and granted.id != had and (account.plan == had or _is_more(core, granted, account.plan)):
        _set_plan(tx, account, granted, SERVICE)
    outcome = "no plan has that price" if unclear else f"{after.status or 'no subscription'}: {granted.id}"
    if told is not None and not rows.add_event(tx, told.id, told.kind, outcome, told.told_at):
        return True  # told twice at once: the other one was faster
    if _is_gone(told):
        rows.forget_customer(tx, held.user_id)
    else:
        rows.put(tx, after)
    return True


def _after(held: Subscription, found: Subscribed | None, plan: Plan | None, told: Told | None) -> Subscription:
    stamped = replace(
        held,
        told_at=max(held.told_at, told.told_at if told else 0),
        updated_at=max(now(), held.updated_at + 1),
    )
    if found is None:
        return replace(stamped, status="canceled" if held.subscription_id else "", cancel_at_period_end=False)
    return replace(
        stamped,
        subscription_id=found.id,
        plan=held.plan if plan is None else plan.id,
        status=found.status,
        began_at=_counted_from(held, found),
        period_start=found.period_start,
        period_end=found.period_end,
        cancel_at_period_end=found.cancel_at_period_end,
    )


def _counted_from(held: Subscription, found: Subscribed) -> Instant | None:
    """Since when the years are counted: since the subscription began. Who ends one and begins another goes on in the year that runs."""
    if found.status not in GRANTING:
        return held.began_at
    if held.began_at is None:
        return found.began_at
    _, until = usage.period(held.began_at, held.period_end or held.began_at, usage.YEAR)
    return held.began_at if found.id == held.subscription_id or found.began_at < until else found.began_at


def _chosen(core: Core, shop: Shop, found: Sequence[Subscribed]) -> Subscribed | None:
    """The one that counts: one that is paid for before others, of these the dearest, then the newest."""
    plans = core.settings.plans

    def rank(each: Subscribed) -> tuple[int, int, Instant]:
        plan = _plan_of(core, shop, each)
        state = 2 if each.status in GRANTING else 1 if each.status in RUNNING or each.status == "incomplete" else 0
        return state, -1 if plan is None else plans.index(plan), each.began_at

    return max(found, key=rank, default=None)


def _plan_of(core: Core, shop: Shop, found: Subscribed) -> Plan | None:
    """The plan that a subscription pays for, by its price; by what we called it when the price is none of the settings' any more."""
    plans = core.settings.plans
    by_price = next((plan for plan in plans if found.price in shop.prices.get(plan.id, ())), None)
    plan = by_price or next((plan for plan in plans if plan.id == found.plan), None)
    if plan is None and found.status in GRANTING:
        log.error("billing.unknown_price", price=found.price, subscription=found.id)
    return plan


def _for_sale(core: Core, shop: Shop, plan_id: str) -> tuple[Plan, str]:
    plan = _named(core, plan_id)
    price = shop.price_of(plan)
    if price is None:
        raise NotForSale(f"the plan {plan.name} cannot be bought")
    return plan, price


def _named(core: Core, plan_id: str) -> Plan:
    plan = next((each for each in core.settings.plans if each.id == plan_id), None)
    if plan is None:
        raise NotFound(f"there is no plan {plan_id[:40]!r}; there are {', '.join(p.id for p in core.settings.plans)}")
    return plan


def _is_more(core: Core, plan: Plan, than: str) -> bool:
    """Whether a plan stands behind another, which may be none of ours any more. The plans are in the order of what they give."""
    order = [each.id for each in core.settings.plans]
    return than not in order or order.index(plan.id) > order.index(than)


def _set_plan(tx: Tx, account: Account, plan: Plan, by: Actor) -> None:
    rows.set_plan(tx, account.id, plan.id)
    audit.note(tx, by, "plan.changed", resource=f"{account.email} {plan.id}", tenant_id=account.tenant_id)


def _is_gone(told: Told | None) -> bool:
    return told is not None and told.kind == "customer.deleted"


def _check_is_there(subscription_id: str, found: Sequence[Subscribed]) -> None:
    if all(each.id != subscription_id for each in found):
        raise TryLater("the payment service does not list that subscription yet")
