"""What administrators page through: people, addresses, tenants, and what waits to leave. Rows in a stable order, with a place to go on.

Called by core/administration. Every question takes the tenant it is asked for; None asks about all of them.
A page goes on behind the key of its last row, so that rows added meanwhile neither repeat nor hide others.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.domain.clock import Instant
from mailwright.storage import mailboxes, outbox
from mailwright.storage.database import Row, Tx
from mailwright.storage.dead_letters import DeadLetter
from mailwright.storage.mailboxes import Mailbox
from mailwright.storage.outbox import Depth, OutboxRow, Status

_FIRST_ID = "00000000-0000-0000-0000-000000000000"
_LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"
MAX_RETAINED = 1_000  # mailboxes with a policy of their own that are listed


@dataclass(frozen=True, slots=True)
class Person:
    """A user as administrators see one: never a word of their mail. Sizes in bytes."""

    id: str
    tenant_id: str
    tenant: str
    email: str
    display_name: str
    role: str
    status: str
    operator: bool
    plan: str
    quota_bytes: int | None
    used_bytes: int
    second_factor: bool
    sessions: int
    created_at: Instant


_PERSON = (
    "SELECT u.id, u.tenant_id, t.name, u.email, u.display_name, u.role, u.status, u.operator, u.plan, u.quota_bytes, "
    "u.used_bytes, EXISTS (SELECT 1 FROM credentials c WHERE c.user_id = u.id AND c.kind = 'totp'), "
    "(SELECT count(*) FROM sessions s WHERE s.user_id = u.id AND s.expires_at > ?), u.created_at "
    "FROM users u JOIN tenants t ON t.id = u.tenant_id"
)


def person(tx: Tx, user_id: str, now: Instant) -> Person | None:
    """One of them; sessions that are open at `now` are counted."""
    row = tx.one(f"{_PERSON} WHERE u.id = ?", (now, user_id))
    return _person(row) if row else None


def people(
    tx: Tx,
    tenant_id: str | None,
    now: Instant,
    *,
    text: str | None = None,
    role: str | None = None,
    status: str | None = None,
    after: tuple[str, str] | None = None,
    limit: int,
) -> list[Person]:
    """People by address, behind the (address, id) of the last page; `text` is part of the address or the name."""
    where, params = ["1 = 1"], [now]  # type: list[str], list[object]
    for condition, value in (("u.tenant_id = ?", tenant_id), ("u.role = ?", role), ("u.status = ?", status)):
        if value is not None:
            where.append(condition)
            params.append(value)
    if text is not None:
        where.append("(lower(u.email) LIKE ? ESCAPE '!' OR lower(u.display_name) LIKE ? ESCAPE '!')")
        params += [f"%{_literally(text.lower())}%"] * 2
    if after is not None:
        where.append("(u.email > ? OR (u.email = ? AND u.id > ?))")
        params += [after[0], after[0], after[1]]
    sql = f"{_PERSON} WHERE {' AND '.join(where)} ORDER BY u.email, u.id LIMIT ?"
    return [_person(row) for row in tx.all(sql, (*params, limit))]


def operators(tx: Tx) -> list[str]:
    """The ids of those who can look after the whole installation now."""
    rows = tx.all("SELECT id FROM users WHERE operator = ? AND role = 'admin' AND status = 'active'", (True,))
    return [row[0] for row in rows]


def change_person(tx: Tx, user_id: str, *, display_name: str, role: str, status: str, operator: bool) -> None:
    """Set all of it."""
    tx.execute(
        "UPDATE users SET display_name = ?, role = ?, status = ?, operator = ? WHERE id = ?",
        (display_name, role, status, operator, user_id),
    )


def _person(row: Sequence[object]) -> Person:
    values = list(row)
    values[7], values[11] = bool(values[7]), bool(values[11])
    return Person(*values)  # type: ignore[arg-type]  # in the order of the columns


# --- addresses ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alias:
    """An address that is nobody's main one. `kind`: user (of `targets[0]`), agent, group or forward."""

    address: str
    kind: str
    tenant_id: str
    targets: tuple[str, ...]
    created_at: Instant


_ALIAS = (
    "SELECT a.address, a.kind, a.tenant_id, u.email, a.targets, a.created_at FROM addresses a "
    "LEFT JOIN users u ON u.id = a.user_id"
)


def aliases(
    tx: Tx, tenant_id: str | None, *, text: str | None = None, after: str | None = None, limit: int
) -> list[Alias]:
    """Those of a tenant, by address, behind the last one of a page; `text` is part of the address."""
    where, params = ["(u.id IS NULL OR u.email <> a.address)"], []  # type: list[str], list[object]
    if tenant_id is not None:
        where.append("a.tenant_id = ?")
        params.append(tenant_id)
    if text is not None:
        where.append("a.address LIKE ? ESCAPE '!'")
        params.append(f"%{_literally(text.lower())}%")
    if after is not None:
        where.append("a.address > ?")
        params.append(after)
    rows = tx.all(f"{_ALIAS} WHERE {' AND '.join(where)} ORDER BY a.address LIMIT ?", (*params, limit))
    return [_alias(row) for row in rows]


def alias(tx: Tx, address: str) -> Alias | None:
    """One of them."""
    row = tx.one(f"{_ALIAS} WHERE a.address = ?", (address,))
    return _alias(row) if row else None


def _alias(row: Row) -> Alias:
    targets = (row[3],) if row[3] is not None else tuple(json.loads(row[4]))
    return Alias(row[0], row[1], row[2], targets, row[5])


def retained_mailboxes(tx: Tx, tenant_id: str | None) -> list[tuple[str, Mailbox]]:
    """The mailboxes that keep mail for a time of their own, with their owners' addresses, by these."""
    where, params = ("", ()) if tenant_id is None else (" AND m.tenant_id = ?", (tenant_id,))
    rows = tx.all(
        "SELECT u.email, m.id FROM mailboxes m JOIN users u ON u.id = m.user_id "
        f"WHERE m.retain_days IS NOT NULL{where} ORDER BY u.email, m.name LIMIT {MAX_RETAINED}",
        params,
    )
    found = [(row[0], mailboxes.by_id(tx, row[1])) for row in rows]
    return [(email, box) for email, box in found if box is not None]


# --- domains --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A domain with its policies, whose it is, and how many addresses end in it."""

    name: str
    tenant: str
    addresses: int
    retain_days: int | None
    journal_address: str | None
    on_failure: str
    created_at: Instant


_PLACE = (
    "SELECT d.name, t.name, (SELECT count(*) FROM addresses a WHERE a.address LIKE '%@' || d.name), d.retain_days, "
    "d.journal_address, d.on_failure, d.created_at FROM domains d JOIN tenants t ON t.id = d.tenant_id"
)


def places(tx: Tx, tenant_id: str | None) -> list[Place]:
    """The domains of a tenant, by name."""
    where, params = ("", ()) if tenant_id is None else (" WHERE d.tenant_id = ?", (tenant_id,))
    return [Place(*row) for row in tx.all(f"{_PLACE}{where} ORDER BY d.name", params)]


def place(tx: Tx, name: str) -> Place | None:
    """One of them."""
    row = tx.one(f"{_PLACE} WHERE d.name = ?", (name,))
    return Place(*row) if row else None


# --- tenants --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tenant:
    """One, with how much it has."""

    id: str
    name: str
    domains: int
    users: int
    created_at: Instant


_TENANT = (
    "SELECT t.id, t.name, (SELECT count(*) FROM domains d WHERE d.tenant_id = t.id), "
    "(SELECT count(*) FROM users u WHERE u.tenant_id = t.id AND u.role <> 'guest'), t.created_at FROM tenants t"
)


def tenants(tx: Tx) -> list[Tenant]:
    """All of them, by name."""
    return [Tenant(*row) for row in tx.all(f"{_TENANT} ORDER BY t.name")]


def tenant(tx: Tx, tenant_id: str) -> Tenant | None:
    """One of them."""
    row = tx.one(f"{_TENANT} WHERE t.id = ?", (tenant_id,))
    return Tenant(*row) if row else None


def rename_tenant(tx: Tx, tenant_id: str, name: str) -> None:
    """Its name is nobody else's."""
    tx.execute("UPDATE tenants SET name = ? WHERE id = ?", (name, tenant_id))


# --- what leaves, and what was given up -----------------------------------------------------------------------------


def outbox_page(
    tx: Tx,
    tenant_id: str | None,
    *,
    status: Status | None = None,
    recipient: str | None = None,
    before: str | None = None,
    limit: int,
) -> list[OutboxRow]:
    """Rows, newest first, older than the id the last page ended with; `recipient` is part of the address."""
    where, params = ["id < ?"], [before or _LAST_ID]  # type: list[str], list[object]
    for condition, value in (("tenant_id = ?", tenant_id), ("status = ?", status)):
        if value is not None:
            where.append(condition)
            params.append(value)
    if recipient is not None:
        where.append("lower(recipient) LIKE ? ESCAPE '!'")
        params.append(f"%{_literally(recipient.lower())}%")
    rows = tx.all(f"SELECT id FROM outbox WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?", (*params, limit))
    found = [outbox.by_id(tx, row[0]) for row in rows]
    return [row for row in found if row is not None]


def outbox_depths(tx: Tx, tenant_id: str) -> list[Depth]:
    """What of a tenant's is not settled well, by channel; `outbox.depths` asks for all."""
    rows = tx.all(
        "SELECT status, channel, count(*), min(created_at) FROM outbox "
        "WHERE status IN ('queued', 'sending', 'failed') AND tenant_id = ? GROUP BY status, channel",
        (tenant_id,),
    )
    return [Depth(status, channel, int(count), int(oldest)) for status, channel, count, oldest in rows]


def hurry(tx: Tx, row_id: str, now: Instant) -> bool:
    """Try a row that failed at least once at once again. False when it is not waiting for another attempt."""
    return (
        tx.execute(
            "UPDATE outbox SET next_attempt_at = ? WHERE id = ? AND status = 'queued' AND attempts > 0", (now, row_id)
        )
        == 1
    )


def letters_before(tx: Tx, before: str | None, *, source: str | None, replayed: bool, limit: int) -> list[str]:
    """The ids of dead letters, newest first, older than the id the last page ended with."""
    where, params = ["id < ?"], [before or _LAST_ID]  # type: list[str], list[object]
    if source is not None:
        where.append("source = ?")
        params.append(source)
    if not replayed:
        where.append("replayed_at IS NULL AND resolved_at IS NULL")
    rows = tx.all(f"SELECT id FROM dead_letters WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?", (*params, limit))
    return [row[0] for row in rows]


def tenant_of_letter(tx: Tx, letter: DeadLetter) -> str | None:
    """Whose mail or work it was about; None when that cannot be told (any more), which leaves it to operators."""
    known = letter.payload
    if letter.source == "outbox":
        found = _tenant(tx, "outbox", letter.reference)
        return found or _tenant(tx, "blobs", known.get("blob_id"))
    if letter.source == "workflow":
        return known["tenant"] if isinstance(known.get("tenant"), str) and known["tenant"] else None
    facts = known.get("payload")
    if not isinstance(facts, dict):
        return None
    if isinstance(facts.get("tenant_id"), str):
        return str(facts["tenant_id"])
    for table, key in (
        ("users", "user_id"),
        ("messages", "message_id"),
        ("mailboxes", "mailbox_id"),
        ("outbox", "outbox_id"),
        ("blobs", "blob_id"),
    ):
        found = _tenant(tx, table, facts.get(key))
        if found is not None:
            return found
    return None


def _tenant(tx: Tx, table: str, row_id: object) -> str | None:
    if not isinstance(row_id, str) or len(row_id) != len(_FIRST_ID):
        return None
    found: str | None = tx.scalar(f"SELECT tenant_id FROM {table} WHERE id = ?", (row_id,))
    return found


def missing_from_index(tx: Tx, tenant_id: str | None, limit: int) -> tuple[int, list[tuple[str, str, Instant]]]:
    """How many messages the search index does not have, and the first of them: (id, because, since)."""
    where, params = ("", ()) if tenant_id is None else (" WHERE u.tenant_id = ?", (tenant_id,))
    joined = f"FROM search_missing s JOIN users u ON u.id = s.user_id{where}"
    rows = tx.all(
        f"SELECT s.message_id, s.because, s.created_at {joined} ORDER BY s.created_at, s.message_id LIMIT ?",
        (*params, limit),
    )
    return int(tx.scalar(f"SELECT count(*) {joined}", params)), [(row[0], row[1], row[2]) for row in rows]


def messages_of(tx: Tx, tenant_id: str | None) -> int:
    """How many messages there are."""
    if tenant_id is None:
        return int(tx.scalar("SELECT coalesce(sum(total), 0) FROM mailboxes"))
    return int(tx.scalar("SELECT coalesce(sum(total), 0) FROM mailboxes WHERE tenant_id = ?", (tenant_id,)))


def _literally(text: str) -> str:
    """`text` for LIKE … ESCAPE '!', where it means itself."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
