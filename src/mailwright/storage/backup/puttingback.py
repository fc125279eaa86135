"""What a backup has of people that the database of today does not: comparing the two, and putting rows of a removed person back.

Called by core to restore single things into a running system. Messages are compared by id and then, one for one, by checksum: a
message that was moved by copying, or put back before, has another id and is not doubled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Boolean

from mailwright.domain.clock import Instant
from mailwright.domain.ids import new_id
from mailwright.storage.backup.opening import Opened
from mailwright.storage.database import Tx
from mailwright.storage.schema import metadata

PERSONAL = ("credentials", "preferences", "identities", "sieve_scripts", "vacation_responses", "styles", "vips")
"""What comes back with a person who was removed."""
TABLES = frozenset({"tenants", "domains", "users", "addresses", "mailboxes", "messages", "blobs", *PERSONAL})
"""What has to be opened of a backup."""

_SLICE = 2_000


class Person(NamedTuple):
    """Somebody with a mailbox, as the backup has them."""

    id: str
    tenant_id: str
    tenant: str
    email: str
    display_name: str
    role: str
    plan: str
    quota_bytes: int | None


class Place(NamedTuple):
    """A mailbox, as the backup has it."""

    id: str
    name: str
    role: str | None


class Lost(NamedTuple):
    """A message that is not there any more."""

    id: str
    mailbox_id: str
    mailbox: str
    role: str | None
    flags: int
    keywords: str
    received_at: Instant
    blob_id: str
    size: int


def people(opened: Opened, *, tenant: str | None, email: str | None) -> list[Person]:
    """Whoever had a mailbox, by address."""
    return [
        Person(*row)
        for row in opened.rows(
            "SELECT u.id, t.id, t.name, u.email, u.display_name, u.role, u.plan, u.quota_bytes FROM users u "
            "JOIN tenants t ON t.id = u.tenant_id WHERE u.role <> 'guest' AND u.status <> 'removing' "
            "AND (? IS NULL OR t.name = ?) AND (? IS NULL OR u.email = ?) ORDER BY u.email",
            (tenant, tenant, email, email),
        )
    ]


def owner_of(opened: Opened, message: str) -> list[str]:
    """Whose a message is, named by its id here or its Message-ID: addresses."""
    return [
        row[0]
        for row in opened.rows(
            "SELECT DISTINCT u.email FROM messages m JOIN users u ON u.id = m.user_id "
            "WHERE m.id = ? OR m.message_id = ? ORDER BY u.email",
            (message, message),
        )
    ]


def places(opened: Opened, user_id: str, name: str | None) -> list[Place]:
    """The mailboxes of a person, or the one of that name."""
    return [
        Place(*row)
        for row in opened.rows(
            "SELECT id, name, role FROM mailboxes WHERE user_id = ? AND (? IS NULL OR name = ? OR "
            "(role = 'inbox' AND lower(?) = 'inbox')) ORDER BY name",
            (user_id, name, name, name),
        )
    ]


def domains(opened: Opened, tenant: str) -> list[str]:
    """The domains of a tenant."""
    return [
        row[0]
        for row in opened.rows(
            "SELECT d.name FROM domains d JOIN tenants t ON t.id = d.tenant_id WHERE t.name = ? ORDER BY d.name",
            (tenant,),
        )
    ]


def aliases(opened: Opened, person: Person) -> list[str]:
    """The further addresses of a person."""
    wanted = "SELECT address FROM addresses WHERE user_id = ? AND address <> ? AND kind = 'user' ORDER BY address"
    return [row[0] for row in opened.rows(wanted, (person.id, person.email))]


def of_today(tx: Tx, user_id: str) -> Iterator[tuple[str, str]]:
    """Id and checksum of every message somebody has now, in the transaction."""
    after = "00000000-0000-0000-0000-000000000000"
    while True:
        found = tx.all(
            "SELECT id, checksum FROM messages WHERE user_id = ? AND id > ? ORDER BY id LIMIT ?",
            (user_id, after, _SLICE),
        )
        yield from ((row[0], row[1]) for row in found)
        if len(found) < _SLICE:
            return
        after = found[-1][0]


def compare(opened: Opened, today: Iterable[tuple[str, str]]) -> None:
    """Tell the scratch file what somebody has now; `lost` then knows what is missing."""
    opened.scratch.execute("CREATE TEMP TABLE IF NOT EXISTS today (id TEXT PRIMARY KEY, checksum TEXT)")
    opened.scratch.execute("DELETE FROM today")
    opened.scratch.executemany("INSERT INTO today VALUES (?, ?)", today)


def lost(opened: Opened, user_id: str, mailbox_ids: Iterable[str], message: str | None) -> Iterator[Lost | None]:
    """The messages of these mailboxes that are missing, mailbox by mailbox, the oldest first; None for each that is there."""
    spare: dict[str, int] = dict(
        opened.rows(
            "SELECT checksum, count(*) FROM today WHERE id NOT IN (SELECT id FROM messages WHERE user_id = ?) "
            "AND checksum IN (SELECT checksum FROM messages WHERE user_id = ? AND id NOT IN (SELECT id FROM today)) "
            "GROUP BY checksum",
            (user_id, user_id),
        )
    )
    for mailbox_id in mailbox_ids:
        rows = opened.scratch.execute(
            "SELECT m.id, b.id, b.name, b.role, m.flags, m.keywords, m.received_at, m.blob_id, m.size, m.checksum, "
            "m.id IN (SELECT id FROM today) FROM messages m JOIN mailboxes b ON b.id = m.mailbox_id "
            "WHERE m.user_id = ? AND m.mailbox_id = ? AND (? IS NULL OR m.id = ? OR m.message_id = ?) "
            "ORDER BY m.received_at, m.id",
            (user_id, mailbox_id, message, message, message),
        )
        for *row, checksum, is_there in rows:
            if is_there:
                yield None
            elif spare.get(checksum, 0) > 0:
                spare[checksum] -= 1
                yield None
            else:
                yield Lost(*row)


def put_back(tx: Tx, opened: Opened, person: Person, user_id: str) -> int:
    """The personal rows of somebody who was made again as `user_id`. How many."""
    tx.execute("UPDATE users SET plan = ?, quota_bytes = ? WHERE id = ?", (person.plan, person.quota_bytes, user_id))
    count = 0
    for name in PERSONAL:
        columns = next((table.columns for table in opened.contents.tables if table.name == name), None)
        if columns is None:  # the backup is older than the table
            continue
        known = metadata.tables[name]
        for row in opened.rows(f'SELECT * FROM "{name}" WHERE user_id = ?', (person.id,)):
            values = {each: value for each, value in zip(columns, row, strict=True) if each in known.c}
            for each, value in values.items():
                if isinstance(known.c[each].type, Boolean) and value is not None:
                    values[each] = bool(value)
            values["user_id"] = user_id
            if "id" in values:
                values["id"] = new_id()
            count += tx.insert(name, unless_exists=True, **values)
    return count
