"""Pushes: Gmail tells that something is new in an account somebody connected. It is written down, and looked at by whoever consumes it.

Called by the hook. One write, shared with others that wait: how far the account is said to have come, and an event, so that the look
is as durable as the answer. A push says neither what is new nor that it is the only one: the look reads on from where the last one
ended, and so a push that was lost, came twice or late loses nothing.
"""

from __future__ import annotations

from enum import StrEnum

from mailwright.core import Core
from mailwright.domain.clock import now
from mailwright.domain.events import GMAIL_PUSHED
from mailwright.storage import Tx, connections, events

KIND = "gmail"


class Taken(StrEnum):
    """What became of a push."""

    NEW = "new"
    KNOWN = "known"  # it was read so far already
    CALMED = "calmed"  # too many for one account: it is looked at within the minute
    UNKNOWN = "unknown"  # nobody here has connected that account


async def take(core: Core, address: str, history_id: int, *, calm: bool = False, correlation_id: str = "") -> Taken:
    """Write down that `address` (`Address.key`) has come to `history_id`. `calm`: without waking anybody. Raises TryLater."""
    return await core.write(lambda tx: _take(tx, address, history_id, calm, correlation_id), shared=True)


def _take(tx: Tx, address: str, history_id: int, calm: bool, correlation_id: str) -> Taken:
    moment, taken = now(), Taken.UNKNOWN
    for each in connections.of_address(tx, KIND, address):
        if not each.enabled:  # nobody is woken; that Google tells is known when it goes on
            connections.update(tx, each.id, now=moment, pushed_at=moment)
            continue
        taken = Taken.KNOWN if taken is Taken.UNKNOWN else taken
        known = history_id <= history_of(each.cursor)
        announced = str(max(history_id, history_of(each.announced)))
        # Nobody is woken: whoever makes the round looks at it next.
        next_look_at = min(each.next_look_at, moment) if calm and not known else each.next_look_at
        connections.update(tx, each.id, now=moment, announced=announced, pushed_at=moment, next_look_at=next_look_at)
        if known:
            continue
        if calm:
            taken = Taken.CALMED
            continue
        payload = {"connection_id": each.id, "history_id": str(history_id)}
        events.append(tx, GMAIL_PUSHED, each.id, payload, correlation_id=correlation_id)
        taken = Taken.NEW
    return taken


def history_of(text: str) -> int:
    """A history id as Gmail's are kept; 0 when there is none."""
    return int(text) if text.isascii() and text.isdigit() else 0
