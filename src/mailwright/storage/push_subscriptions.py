"""Push subscriptions: the rows, and which of them are to be told of what.

`pending` maps account ids to types to the number of the event that last changed them; `due_at` is when to tell it, or, before the URL
was verified, when to ask. A row that somebody is telling has a `due_at` in the future, and is anybody's again when that has passed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mailwright.domain.clock import Instant
from mailwright.storage.database import Row, Tx

Pending = dict[str, dict[str, int]]

SLICE = 500  # ids in one question

_encode = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class PushSubscription:
    """One subscription. `session_id` None: made with a password; `types` None: all. Where it leads and its keys do not print."""

    id: str
    user_id: str
    session_id: str | None
    device: str
    url: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)
    verification_code: str = field(repr=False)
    verified: bool
    types: tuple[str, ...] | None
    pending: Pending
    due_at: Instant | None
    failures: int
    failing_since: Instant | None
    created_at: Instant
    expires_at: Instant


_COLUMNS = (
    "id, user_id, session_id, device, url, p256dh, auth, verification_code, verified, types, pending, due_at, failures, "
    "failing_since, created_at, expires_at"
)


def add(tx: Tx, made: PushSubscription) -> None:
    """A new one."""
    tx.insert(
        "push_subscriptions",
        id=made.id,
        user_id=made.user_id,
        session_id=made.session_id,
        device=made.device,
        url=made.url,
        p256dh=made.p256dh,
        auth=made.auth,
        verification_code=made.verification_code,
        verified=made.verified,
        types=_types_text(made.types),
        pending=_encode(made.pending),
        due_at=made.due_at,
        created_at=made.created_at,
        expires_at=made.expires_at,
    )


def by_id(tx: Tx, subscription_id: str) -> PushSubscription | None:
    """The one of that id."""
    row = tx.one(f"SELECT {_COLUMNS} FROM push_subscriptions WHERE id = ?", (subscription_id,))
    return _subscription(row) if row else None


def of_user(tx: Tx, user_id: str) -> list[PushSubscription]:
    """Those of a person, the oldest first."""
    rows = tx.all(f"SELECT {_COLUMNS} FROM push_subscriptions WHERE user_id = ? ORDER BY id", (user_id,))
    return [_subscription(row) for row in rows]


def change(
    tx: Tx, subscription_id: str, *, verified: bool, types: tuple[str, ...] | None, expires_at: Instant, forget: bool
) -> None:
    """What a client may change. `forget`: what was pending is for nobody any more."""
    cleared = ", pending = '{}', due_at = NULL" if forget else ""
    tx.execute(
        f"UPDATE push_subscriptions SET verified = ?, types = ?, expires_at = ?{cleared} WHERE id = ?",
        (verified, _types_text(types), expires_at, subscription_id),
    )


def remove(tx: Tx, ids: Iterable[str]) -> None:
    """Forget them, with their URLs and keys (RFC 8620 §7.2)."""
    tx.executemany("DELETE FROM push_subscriptions WHERE id = ?", [(each,) for each in ids])


def drop_orphans(tx: Tx, user_id: str, *, before: Instant | None = None) -> int:
    """Forget a person's whose session is gone; with `before`, also those made with a password before then. How many."""
    gone = tx.execute(
        "DELETE FROM push_subscriptions WHERE user_id = ? AND session_id IS NOT NULL "
        "AND session_id NOT IN (SELECT id FROM sessions WHERE user_id = ?)",
        (user_id, user_id),
    )
    if before is not None:
        gone += tx.execute(
            "DELETE FROM push_subscriptions WHERE user_id = ? AND session_id IS NULL AND created_at <= ?",
            (user_id, before),
        )
    return gone


def drop_all(tx: Tx, user_id: str) -> int:
    """Forget all of a person's. How many."""
    return tx.execute("DELETE FROM push_subscriptions WHERE user_id = ?", (user_id,))


def purge(tx: Tx, now: Instant, unverified_before: Instant) -> int:
    """Forget those that expired, and those whose URL never said that it wants them. How many."""
    return tx.execute(
        "DELETE FROM push_subscriptions WHERE expires_at <= ? OR (NOT verified AND created_at < ?)",
        (now, unverified_before),
    )


# --- telling --------------------------------------------------------------------------------------------------------


def reached(tx: Tx, mailbox_ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """By the id of each person who subscribed, which of these mailboxes others share with them, each with its owner."""
    found: dict[str, list[tuple[str, str]]] = {}
    for start in range(0, len(mailbox_ids), SLICE):
        some = mailbox_ids[start : start + SLICE]
        rows = tx.all(
            "SELECT DISTINCT u.id, m.id, m.user_id FROM acl a JOIN mailboxes m ON m.id = a.mailbox_id "
            "JOIN users u ON u.tenant_id = m.tenant_id AND (a.grantee = 'anyone' OR a.grantee = CAST(u.id AS TEXT)) "
            f"WHERE a.mailbox_id IN ({_marks(some)}) AND m.user_id <> u.id AND a.rights LIKE '%l%' "
            "AND EXISTS (SELECT 1 FROM push_subscriptions s WHERE s.user_id = u.id)",
            some,
        )
        for user_id, mailbox_id, owner_id in rows:
            found.setdefault(user_id, []).append((mailbox_id, owner_id))
    return found


def of_users(tx: Tx, user_ids: Sequence[str], now: Instant) -> list[PushSubscription]:
    """The verified ones of these people, by id."""
    found: list[PushSubscription] = []
    for start in range(0, len(user_ids), SLICE):
        some = user_ids[start : start + SLICE]
        rows = tx.all(
            f"SELECT {_COLUMNS} FROM push_subscriptions WHERE user_id IN ({_marks(some)}) AND verified "
            "AND expires_at > ?",
            (*some, now),
        )
        found += [_subscription(row) for row in rows]
    return sorted(found, key=lambda one: one.id)


def mark(tx: Tx, subscription_id: str, pending: Mapping[str, Mapping[str, int]], due_at: Instant) -> None:
    """This is to be told; not before a time that is set already (it failed, or somebody is telling)."""
    tx.execute(
        "UPDATE push_subscriptions SET pending = ?, due_at = COALESCE(due_at, ?) WHERE id = ?",
        (_encode(pending), due_at, subscription_id),
    )


def locked(tx: Tx, subscription_id: str) -> PushSubscription | None:
    """The one of that id, which nobody else changes until this transaction ends."""
    row = tx.one(f"SELECT {_COLUMNS} FROM push_subscriptions WHERE id = ?{tx.exclusive}", (subscription_id,))
    return _subscription(row) if row else None


def claim(tx: Tx, now: Instant, until: Instant, limit: int) -> list[PushSubscription]:
    """Those that are due, the longest waiting first; nobody else gets them before `until`."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM push_subscriptions WHERE due_at <= ? ORDER BY due_at LIMIT ?{tx.locking}",
        (now, limit),
    )
    tx.executemany("UPDATE push_subscriptions SET due_at = ? WHERE id = ?", [(until, row[0]) for row in rows])
    return [_subscription(row) for row in rows]


def settle(
    tx: Tx,
    subscription_id: str,
    *,
    pending: Pending,
    due_at: Instant | None,
    failures: int = 0,
    failing_since: Instant | None = None,
) -> None:
    """How the telling went: what is still to be told, and when."""
    tx.execute(
        "UPDATE push_subscriptions SET pending = ?, due_at = ?, failures = ?, failing_since = ? WHERE id = ?",
        (_encode(pending), due_at, failures, failing_since, subscription_id),
    )


def next_due(tx: Tx) -> Instant | None:
    """When the next one is due."""
    found: Instant | None = tx.scalar("SELECT min(due_at) FROM push_subscriptions WHERE due_at IS NOT NULL")
    return found


def any_of(tx: Tx) -> bool:
    """Whether there is a subscription at all."""
    return tx.one("SELECT 1 FROM push_subscriptions LIMIT 1") is not None


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))


def _types_text(types: tuple[str, ...] | None) -> str:
    return json.dumps(None if types is None else list(types))


def _subscription(row: Row) -> PushSubscription:
    verified, types, pending = bool(row[8]), json.loads(row[9]), json.loads(row[10])
    values = (*row[:8], verified, None if types is None else tuple(types), pending, *row[11:])
    return PushSubscription(*values)
