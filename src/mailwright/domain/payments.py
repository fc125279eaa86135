"""Payments: the words between `core.billing` and whoever asks the payment service.

Here because neither floor may know the other. They hold ids, states and moments; no card, no secret, no mail text.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.domain.clock import Instant


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription as the payment service has it now.

    `price` is its id of what is paid for, `item` where in the subscription that stands, `plan` what we called it when it began.
    """

    id: str
    item: str
    status: str
    price: str
    plan: str
    began_at: Instant
    period_start: Instant | None
    period_end: Instant | None
    cancel_at_period_end: bool


@dataclass(frozen=True, slots=True)
class Told:
    """Something the payment service tells of. `customer` empty: it is about nobody; `subscription` empty: about none."""

    id: str
    kind: str
    told_at: Instant
    customer: str
    subscription: str
