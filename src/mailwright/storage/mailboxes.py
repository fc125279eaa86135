"""Mailboxes (folders): the rows, and the numbers IMAP and the change journal need of them."""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.domain import clock
from mailwright.domain.ids import new_id
from mailwright.storage.database import Tx


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


_COLUMNS = "id, user_id, name, role, uidvalidity, uidnext, modseq, total, unseen, retain_days"


def add(tx: Tx, tenant_id: str, user_id: str, name: str, role: str | None) -> str | None:
    """The id of the new mailbox, or None when the user has one of that name."""
    mailbox_id, now = new_id(), clock.now()
    made = tx.insert(
        "mailboxes",
        unless_exists=True,
        id=mailbox_id,
        tenant_id=tenant_id,
        user_id=user_id,
        name=name,
        role=role,
        uidvalidity=now // clock.SECOND,  # RFC 9051 §2.3.1.1: grows whenever a name is used again; 32 bits until 2106
        created_at=now,
    )
    return mailbox_id if made else None


def by_id(tx: Tx, mailbox_id: str) -> Mailbox | None:
    """The mailbox of that id."""
    row = tx.one(f"SELECT {_COLUMNS} FROM mailboxes WHERE id = ?", (mailbox_id,))
    return Mailbox(*row) if row else None


def by_role(tx: Tx, user_id: str, role: str) -> Mailbox | None:
    """The user's mailbox of that role."""
    row = tx.one(f"SELECT {_COLUMNS} FROM mailboxes WHERE user_id = ? AND role = ?", (user_id, role))
    return Mailbox(*row) if row else None


def of_user(tx: Tx, user_id: str) -> list[Mailbox]:
    """The user's mailboxes, by name."""
    return [
        Mailbox(*r) for r in tx.all(f"SELECT {_COLUMNS} FROM mailboxes WHERE user_id = ? ORDER BY name", (user_id,))
    ]


def take_uid(tx: Tx, user_id: str, role: str, modseq: int, *, unseen: bool) -> tuple[str, int] | None:
    """Count one message more in the user's mailbox of that role. Its id and the message's uid, or None when there is none."""
    row = tx.one(
        "UPDATE mailboxes SET uidnext = uidnext + 1, modseq = ?, total = total + 1, unseen = unseen + ? "
        "WHERE user_id = ? AND role = ? RETURNING id, uidnext - 1",
        (modseq, 1 if unseen else 0, user_id, role),
    )
    return (row[0], row[1]) if row else None


def count_removed(tx: Tx, mailbox_id: str, modseq: int, *, total: int, unseen: int) -> None:
    """Count messages that left the mailbox."""
    tx.execute(
        "UPDATE mailboxes SET modseq = ?, total = total - ?, unseen = unseen - ? WHERE id = ?",
        (modseq, total, unseen, mailbox_id),
    )


def set_retention(tx: Tx, mailbox_id: str, days: int | None) -> None:
    """None: the domain's policy applies."""
    tx.execute("UPDATE mailboxes SET retain_days = ? WHERE id = ?", (days, mailbox_id))


def remove_all(tx: Tx, user_id: str) -> None:
    """Take away the user's (empty) mailboxes with their tombstones and threads."""
    tx.execute("DELETE FROM tombstones WHERE user_id = ?", (user_id,))
    tx.execute("DELETE FROM thread_refs WHERE user_id = ?", (user_id,))
    tx.execute("DELETE FROM mailboxes WHERE user_id = ?", (user_id,))
