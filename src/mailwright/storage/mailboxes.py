"""Mailboxes (folders): the rows, and the numbers IMAP and the change journal need of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.domain import clock
from mailwright.domain.ids import new_id
from mailwright.storage.database import Row, Tx


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A folder of one user. `role` is the RFC 6154 special use in lower case, or None; `modseq` is its HIGHESTMODSEQ."""

    id: str
    user_id: str
    name: str
    role: str | None
    uidvalidity: int
    uidnext: int
    modseq: int
    total: int
    unseen: int
    retain_days: int | None
    size_bytes: int
    subscribed: bool
    tenant_id: str
    sort_order: int
    created_modseq: int
    changed_modseq: int


_FIELDS = (
    "id",
    "user_id",
    "name",
    "role",
    "uidvalidity",
    "uidnext",
    "modseq",
    "total",
    "unseen",
    "retain_days",
    "size_bytes",
    "subscribed",
    "tenant_id",
    "sort_order",
    "created_modseq",
    "changed_modseq",
)
_COLUMNS = ", ".join(_FIELDS)
_COLUMNS_M = ", ".join(f"m.{field}" for field in _FIELDS)

REMOVED = "//removed/"
"""Before the id as the name of a mailbox that is being emptied; no name of a person's can begin so."""


def add(tx: Tx, tenant_id: str, user_id: str, name: str, role: str | None) -> str | None:
    """The id of the new mailbox, or None when the user has one of that name."""
    mailbox_id, now = new_id(), clock.now()
    # RFC 9051 §2.3.1.1: higher than any the user's mailboxes ever had, so that a name used again is another mailbox.
    row = tx.one(
        "UPDATE users SET last_uidvalidity = CASE WHEN last_uidvalidity >= ? THEN last_uidvalidity + 1 ELSE ? END "
        "WHERE id = ? RETURNING last_uidvalidity, modseq",
        (now // clock.SECOND, now // clock.SECOND, user_id),  # 32 bits until 2106
    )
    if row is None:
        return None
    made = tx.insert(
        "mailboxes",
        unless_exists=True,
        id=mailbox_id,
        tenant_id=tenant_id,
        user_id=user_id,
        name=name,
        role=role,
        uidvalidity=row[0],
        modseq=row[1],  # never 0, which RFC 7162 §7 does not allow
        created_at=now,
    )
    return mailbox_id if made else None


def by_id(tx: Tx, mailbox_id: str) -> Mailbox | None:
    """The mailbox of that id."""
    row = tx.one(f"SELECT {_COLUMNS} FROM mailboxes WHERE id = ?", (mailbox_id,))
    return _mailbox(row)


def by_name(tx: Tx, user_id: str, name: str) -> Mailbox | None:
    """The user's mailbox of that name."""
    return _mailbox(tx.one(f"SELECT {_COLUMNS} FROM mailboxes WHERE user_id = ? AND name = ?", (user_id, name)))


def by_role(tx: Tx, user_id: str, role: str) -> Mailbox | None:
    """The user's mailbox of that role."""
    return _mailbox(tx.one(f"SELECT {_COLUMNS} FROM mailboxes WHERE user_id = ? AND role = ?", (user_id, role)))


def of_user(tx: Tx, user_id: str) -> list[Mailbox]:
    """The user's mailboxes, by name."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM mailboxes WHERE user_id = ? AND substr(name, 1, {len(REMOVED)}) <> '{REMOVED}' "
        "ORDER BY name",
        (user_id,),
    )
    return [Mailbox(*row) for row in rows]


def ids_of_user(tx: Tx, user_id: str) -> list[str]:
    """Those of the user's mailboxes, also of what is being emptied."""
    return [row[0] for row in tx.all("SELECT id FROM mailboxes WHERE user_id = ?", (user_id,))]


def shared_with(tx: Tx, tenant_id: str, user_id: str) -> list[tuple[Mailbox, str, str]]:
    """Others' mailboxes that an entry of the access control list names this user (or anyone) for: mailbox, owner, rights."""
    rows = tx.all(
        f"SELECT {_COLUMNS_M}, u.email, a.rights FROM acl a JOIN mailboxes m ON m.id = a.mailbox_id "
        "JOIN users u ON u.id = m.user_id "
        f"WHERE a.grantee IN (?, 'anyone') AND m.tenant_id = ? AND m.user_id <> ? "
        f"AND substr(m.name, 1, {len(REMOVED)}) <> '{REMOVED}' ORDER BY u.email, m.name",
        (user_id, tenant_id, user_id),
    )
    return [(Mailbox(*row[:-2]), row[-2], row[-1]) for row in rows]


def take_uid(
    tx: Tx, user_id: str, role: str, modseq: int, size: int, *, unseen: bool, mailbox_id: str | None = None
) -> tuple[str, int] | None:
    """Count one message more in the user's mailbox of that role, or in the one of that id.

    The mailbox's id and the message's uid, or None when there is none.
    """
    where, which = ("role = ?", role) if mailbox_id is None else ("id = ?", mailbox_id)
    row = tx.one(
        "UPDATE mailboxes SET uidnext = uidnext + 1, modseq = ?, total = total + 1, unseen = unseen + ?, "
        f"size_bytes = size_bytes + ? WHERE user_id = ? AND {where} RETURNING id, uidnext - 1",
        (modseq, 1 if unseen else 0, size, user_id, which),
    )
    return (row[0], row[1]) if row else None


def take_uids(tx: Tx, mailbox_id: str, modseq: int, *, total: int, unseen: int, size: int) -> int:
    """Count many messages more in a mailbox that exists. The uid of the first of them."""
    after: int = tx.scalar(
        "UPDATE mailboxes SET uidnext = uidnext + ?, modseq = ?, total = total + ?, unseen = unseen + ?, "
        "size_bytes = size_bytes + ? WHERE id = ? RETURNING uidnext",
        (total, modseq, total, unseen, size, mailbox_id),
    )
    return after - total


def count_removed(tx: Tx, mailbox_id: str, modseq: int, *, total: int, unseen: int, size: int) -> None:
    """Count messages that left the mailbox."""
    tx.execute(
        "UPDATE mailboxes SET modseq = ?, total = total - ?, unseen = unseen - ?, size_bytes = size_bytes - ? WHERE id = ?",
        (modseq, total, unseen, size, mailbox_id),
    )


def count_changed(tx: Tx, mailbox_id: str, modseq: int, *, unseen: int = 0, size: int = 0) -> None:
    """Note that messages of the mailbox changed; `unseen` and `size` are differences."""
    tx.execute(
        "UPDATE mailboxes SET modseq = ?, unseen = unseen + ?, size_bytes = size_bytes + ? WHERE id = ?",
        (modseq, unseen, size, mailbox_id),
    )


def mark_changed(tx: Tx, mailbox_ids: Sequence[str], modseq: int, *, made: bool = False) -> None:
    """Note that the mailboxes themselves (not their messages) changed, or were `made`, at that modseq of their account."""
    created = ", created_modseq = ?" if made else ""
    tx.executemany(
        f"UPDATE mailboxes SET changed_modseq = ?{created} WHERE id = ?",
        [(modseq, *([modseq] if made else []), mailbox_id) for mailbox_id in mailbox_ids],
    )


def modseq_of(tx: Tx, mailbox_id: str) -> int:
    """The HIGHESTMODSEQ of a mailbox that is there."""
    return int(tx.scalar("SELECT modseq FROM mailboxes WHERE id = ?", (mailbox_id,)))


def rename(tx: Tx, mailbox_id: str, name: str, role: str | None) -> None:
    """Give a mailbox another name and role; its messages and their uids stay."""
    tx.execute("UPDATE mailboxes SET name = ?, role = ? WHERE id = ?", (name, role, mailbox_id))


def subscribe(tx: Tx, mailbox_id: str, on: bool) -> None:
    """Whether the owner's programs show it."""
    tx.execute("UPDATE mailboxes SET subscribed = ? WHERE id = ?", (on, mailbox_id))


def set_sort_order(tx: Tx, mailbox_id: str, order: int) -> None:
    """Where it stands among those beside it; 0 leaves that to its role."""
    tx.execute("UPDATE mailboxes SET sort_order = ? WHERE id = ?", (order, mailbox_id))


def below(tx: Tx, user_id: str, name: str) -> list[str]:
    """The user's mailboxes below a name, at any depth."""
    prefix = f"{name}/"
    rows = tx.all(
        "SELECT id FROM mailboxes WHERE user_id = ? AND substr(name, 1, ?) = ?", (user_id, len(prefix), prefix)
    )
    return [row[0] for row in rows]


def being_removed(tx: Tx, limit: int) -> list[Mailbox]:
    """Mailboxes that were deleted and may not be empty yet."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM mailboxes WHERE substr(name, 1, {len(REMOVED)}) = '{REMOVED}' LIMIT ?", (limit,)
    )
    return [Mailbox(*row) for row in rows]


def remove(tx: Tx, mailbox_id: str) -> None:
    """Take an empty mailbox away with what was known of it. The tombstones of its messages stay, for the account's journal."""
    for table in ("acl", "mailbox_metadata"):
        tx.execute(f"DELETE FROM {table} WHERE mailbox_id = ?", (mailbox_id,))
    tx.execute("DELETE FROM mailboxes WHERE id = ?", (mailbox_id,))


def set_retention(tx: Tx, mailbox_id: str, days: int | None) -> None:
    """None: the domain's policy applies."""
    tx.execute("UPDATE mailboxes SET retain_days = ? WHERE id = ?", (days, mailbox_id))


def remove_all(tx: Tx, user_id: str) -> None:
    """Take away the user's (empty) mailboxes with their tombstones and threads."""
    tx.execute("DELETE FROM tombstones WHERE user_id = ?", (user_id,))
    for table in ("acl", "mailbox_metadata"):
        tx.execute(
            f"DELETE FROM {table} WHERE mailbox_id IN (SELECT {'CAST(id AS TEXT)' if table == 'mailbox_metadata' else 'id'} "
            "FROM mailboxes WHERE user_id = ?)",
            (user_id,),
        )
    tx.execute("DELETE FROM acl WHERE grantee = ?", (user_id,))
    tx.execute("DELETE FROM mailbox_metadata WHERE user_id = ?", (user_id,))
    tx.execute("DELETE FROM thread_refs WHERE user_id = ?", (user_id,))
    tx.execute("DELETE FROM mailboxes WHERE user_id = ?", (user_id,))


# --- access control -------------------------------------------------------------------------------------------------


def acl(tx: Tx, mailbox_id: str) -> dict[str, str]:
    """The access control list of a mailbox: grantees (a user's id or `anyone`) and their rights."""
    return dict(tx.all("SELECT grantee, rights FROM acl WHERE mailbox_id = ? ORDER BY grantee", (mailbox_id,)))


def set_acl(tx: Tx, mailbox_id: str, grantee: str, rights: str) -> None:
    """Replace the entry of a grantee; without rights it goes."""
    tx.execute("DELETE FROM acl WHERE mailbox_id = ? AND grantee = ?", (mailbox_id, grantee))
    if rights:
        tx.insert("acl", mailbox_id=mailbox_id, grantee=grantee, rights=rights)


# --- metadata -------------------------------------------------------------------------------------------------------


def metadata_of(tx: Tx, mailbox_id: str, user_id: str) -> dict[str, str]:
    """The metadata of a mailbox (`""`: of the server): shared entries, and the user's private ones."""
    rows = tx.all(
        "SELECT entry, value FROM mailbox_metadata WHERE mailbox_id = ? AND user_id IN ('', ?)", (mailbox_id, user_id)
    )
    return {row[0]: row[1] for row in rows}


def with_metadata(tx: Tx, user_id: str, entry: str) -> set[str]:
    """The mailboxes for which a user has that private entry."""
    return {
        row[0]
        for row in tx.all("SELECT mailbox_id FROM mailbox_metadata WHERE user_id = ? AND entry = ?", (user_id, entry))
    }


def set_metadata(tx: Tx, mailbox_id: str, user_id: str, entry: str, value: str | None) -> None:
    """Set an entry (`user_id` `""`: shared), or take it away with None."""
    tx.execute(
        "DELETE FROM mailbox_metadata WHERE mailbox_id = ? AND user_id = ? AND entry = ?", (mailbox_id, user_id, entry)
    )
    if value is not None:
        tx.insert("mailbox_metadata", mailbox_id=mailbox_id, user_id=user_id, entry=entry, value=value)


def _mailbox(row: Row | None) -> Mailbox | None:
    return Mailbox(*row) if row else None
