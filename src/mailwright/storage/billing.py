"""Billing: who is which customer of the payment service, what it says of their subscription, and what it told us. The rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mailwright.domain import clock
from mailwright.domain.clock import Instant
from mailwright.domain.ids import new_id
from mailwright.storage.database import Row, Tx

LEFT = "user.removed"
"""The kind of what we tell ourselves: a subscription is to be ended, since its user is gone."""


ENDED = frozenset({"canceled", "incomplete_expired"})
"""The payment service's words for a subscription that costs nothing any more."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What the payment service says of a user. `status` and `plan` empty, `subscription_id` None: a customer who never subscribed.

    `began_at` is since when the months or years of the plan are counted; `told_at` is by the service's clock.
    """

    user_id: str
    customer_id: str
    subscription_id: str | None
    plan: str
    status: str
    began_at: Instant | None
    period_start: Instant | None
    period_end: Instant | None
    cancel_at_period_end: bool
    told_at: Instant
    updated_at: Instant


_COLUMNS = (
    "user_id, customer_id, subscription_id, plan, status, began_at, period_start, period_end, cancel_at_period_end, "
    "told_at, updated_at"
)


def add_customer(tx: Tx, user_id: str, customer_id: str, now: Instant) -> bool:
    """Remember who somebody is there. False when that is known already."""
    return tx.insert(
        "subscriptions", unless_exists=True, user_id=user_id, customer_id=customer_id, told_at=0, updated_at=now
    )


def of_user(tx: Tx, user_id: str) -> Subscription | None:
    """What is known of a user."""
    row = tx.one(f"SELECT {_COLUMNS} FROM subscriptions WHERE user_id = ?", (user_id,))
    return _subscription(row) if row else None


def of_customer(tx: Tx, customer_id: str) -> Subscription | None:
    """What is known of a customer."""
    row = tx.one(f"SELECT {_COLUMNS} FROM subscriptions WHERE customer_id = ?", (customer_id,))
    return _subscription(row) if row else None


def counted_from(tx: Tx, user_id: str, plan: str) -> Instant | None:
    """Since when a user's periods of that plan are counted; None when they did not subscribe to it."""
    found: Instant | None = tx.scalar(
        "SELECT began_at FROM subscriptions WHERE user_id = ? AND plan = ?", (user_id, plan)
    )
    return found


def put(tx: Tx, now: Subscription) -> None:
    """What is known of a user from now on; the customer stays."""
    tx.execute(
        "UPDATE subscriptions SET subscription_id = ?, plan = ?, status = ?, began_at = ?, period_start = ?, period_end = ?, "
        "cancel_at_period_end = ?, told_at = ?, updated_at = ? WHERE user_id = ?",
        (
            now.subscription_id,
            now.plan,
            now.status,
            now.began_at,
            now.period_start,
            now.period_end,
            now.cancel_at_period_end,
            now.told_at,
            now.updated_at,
            now.user_id,
        ),
    )


def forget_customer(tx: Tx, user_id: str) -> None:
    """The user is nobody's customer any more."""
    tx.execute("DELETE FROM subscriptions WHERE user_id = ?", (user_id,))


def set_plan(tx: Tx, user_id: str, plan: str) -> None:
    """Which plan a user has."""
    tx.execute("UPDATE users SET plan = ? WHERE id = ?", (plan, user_id))


def overdue(tx: Tx, statuses: Collection[str], before: Instant) -> list[str]:
    """The customers whose subscription is in one of the states and whose period ended before then."""
    marks = ", ".join("?" * len(statuses))
    sql = f"SELECT customer_id FROM subscriptions WHERE period_end < ? AND status IN ({marks}) ORDER BY user_id"
    return [row[0] for row in tx.all(sql, (before, *statuses))]


# --- what we were told ----------------------------------------------------------------------------------------------


def add_event(tx: Tx, provider_id: str, kind: str, outcome: str, told_at: Instant) -> bool:
    """Remember that we were told. False when we were told that before."""
    return tx.insert(
        "billing_events",
        unless_exists=True,
        id=new_id(),
        provider_id=provider_id,
        kind=kind,
        outcome=outcome,
        told_at=told_at,
        created_at=clock.now(),
    )


def is_told(tx: Tx, provider_id: str) -> bool:
    """Whether we were told that before."""
    return tx.one("SELECT 1 FROM billing_events WHERE provider_id = ?", (provider_id,)) is not None


def outcome_of(tx: Tx, provider_id: str) -> str | None:
    """What came of what we were told."""
    found: str | None = tx.scalar("SELECT outcome FROM billing_events WHERE provider_id = ?", (provider_id,))
    return found


def forget_events(tx: Tx, before: Instant) -> int:
    """Delete what we were told before then, except what is still to be done; how many."""
    return tx.execute(
        "DELETE FROM billing_events WHERE created_at < ? AND (kind <> ? OR outcome <> '')", (before, LEFT)
    )


# --- those who left -------------------------------------------------------------------------------------------------


def end_later(tx: Tx, user_id: str) -> None:
    """The user is about to be removed: their subscription, if any runs, is to be ended there as well."""
    found = of_user(tx, user_id)
    if found is not None and found.subscription_id is not None and found.status not in ENDED:
        add_event(tx, found.subscription_id, LEFT, "", clock.now())


def to_end(tx: Tx) -> list[str]:
    """The subscriptions that are still to be ended, the oldest first, at most a hundred."""
    sql = "SELECT provider_id FROM billing_events WHERE kind = ? AND outcome = '' ORDER BY id LIMIT 100"
    return [row[0] for row in tx.all(sql, (LEFT,))]


def mark_ended(tx: Tx, subscription_id: str) -> None:
    """It is ended."""
    tx.execute("UPDATE billing_events SET outcome = 'ended' WHERE provider_id = ?", (subscription_id,))


def _subscription(row: Row) -> Subscription:
    values = list(row)
    values[8] = bool(values[8])
    return Subscription(*values)
