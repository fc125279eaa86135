"""Push marks: what is still to be told to which push subscription, noted beside it and taken away when it was told.

Called by `pushing`, within the transaction that moves the cursor of its consumer group. Marks carry the number of the event that last
changed a type, so that what comes while a message is on its way is told after it.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailwright.core.changed import OF_MAIL, TYPES, types_of
from mailwright.domain.clock import SECOND, Instant
from mailwright.domain.events import SIGNED_OUT, Event
from mailwright.storage import Tx, accounts
from mailwright.storage import push_subscriptions as rows
from mailwright.storage.push_subscriptions import Pending

GATHER = SECOND  # what changes within it is told in one message: at most one in a second to each subscription


def mark(tx: Tx, batch: Sequence[Event], now: Instant) -> None:
    """Note what the events of a batch change for everybody who subscribed. A batch may come again."""
    for event in batch:
        if event.kind == SIGNED_OUT:
            _end(tx, event)
    by_owner: Pending = {}
    by_key: Pending = {}
    for event in batch:
        types, owner_id = types_of(event), str(event.payload.get("user_id") or event.key)
        if not types:
            continue
        by_owner.setdefault(owner_id, {}).update(dict.fromkeys(types, event.id))
        by_key.setdefault(event.key, {}).update(dict.fromkeys(types & OF_MAIL, event.id))
    if not by_owner:
        return
    reached = rows.reached(tx, sorted(by_key))  # of the keys that are mailboxes: who else sees them
    for subscription in rows.of_users(tx, sorted({*by_owner, *reached}), now):
        wanted = TYPES if subscription.types is None else TYPES.intersection(subscription.types)
        news = {subscription.user_id: dict(by_owner.get(subscription.user_id, {}))}
        for mailbox_id, owner_id in reached.get(subscription.user_id, ()):
            theirs = news.setdefault(owner_id, {})
            for kind, number in by_key[mailbox_id].items():
                theirs[kind] = max(number, theirs.get(kind, 0))
        told = {
            owner_id: {kind: number for kind, number in types.items() if kind in wanted}
            for owner_id, types in news.items()
        }
        told = {owner_id: types for owner_id, types in told.items() if types}
        known = rows.locked(tx, subscription.id) if told else None
        if known is not None:
            rows.mark(tx, known.id, _joined(known.pending, told), now + GATHER)


def without(pending: Pending, told: Pending) -> Pending:
    """What is left of `pending` when `told` was told."""
    left = {
        owner_id: {kind: number for kind, number in types.items() if told.get(owner_id, {}).get(kind, 0) < number}
        for owner_id, types in pending.items()
    }
    return {owner_id: types for owner_id, types in left.items() if types}


def _joined(one: Pending, other: Pending) -> Pending:
    joined = {owner_id: dict(types) for owner_id, types in one.items()}
    for owner_id, types in other.items():
        known = joined.setdefault(owner_id, {})
        for kind, number in types.items():
            known[kind] = max(number, known.get(kind, 0))
    return joined


def _end(tx: Tx, event: Event) -> None:
    """RFC 8620 §7.2: what was subscribed ends with what it was subscribed with."""
    account = accounts.by_id(tx, event.key)
    if account is None or account.status != "active":
        rows.drop_all(tx, event.key)
    else:
        rows.drop_orphans(tx, event.key, before=event.created_at if event.payload.get("password") else None)
