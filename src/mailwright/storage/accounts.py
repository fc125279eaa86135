"""Users, their credentials and the addresses that lead to them: the rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from mailwright.domain import clock
from mailwright.domain.ids import new_id
from mailwright.storage import followups, model_calls, outreach
from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class Account:
    """A person, an agent, or an outside sender (role `guest`: no mailbox). Sizes in bytes; quota None is no limit.

    An `operator` is an admin who looks after the whole installation; others look after their tenant.
    """

    id: str
    tenant_id: str
    email: str
    display_name: str
    role: str
    status: str
    quota_bytes: int | None
    used_bytes: int
    operator: bool
    plan: str

    @property
    def has_mailbox(self) -> bool:
        return self.role != "guest"


SLICE = 500  # ids in one question: databases bound the parameters of a statement

_COLUMNS = "id, tenant_id, email, display_name, role, status, quota_bytes, used_bytes, operator, plan"


def add(
    tx: Tx,
    tenant_id: str,
    email: str,
    *,
    display_name: str,
    role: str,
    quota_bytes: int | None,
    operator: bool = False,
) -> str | None:
    """The id of the new user, or None when the tenant has one of that address."""
    user_id = new_id()
    made = tx.insert(
        "users",
        unless_exists=True,
        id=user_id,
        tenant_id=tenant_id,
        email=email,
        display_name=display_name,
        role=role,
        operator=operator,
        quota_bytes=quota_bytes,
        modseq=1,  # RFC 7162 §7: there is no modseq 0
        created_at=clock.now(),
    )
    return user_id if made else None


def by_id(tx: Tx, user_id: str) -> Account | None:
    """The user of that id."""
    row = tx.one(f"SELECT {_COLUMNS} FROM users WHERE id = ?", (user_id,))
    return Account(*row) if row else None


def by_email(tx: Tx, tenant_id: str, email: str) -> Account | None:
    """The user of a tenant with that main address (`Address.key`)."""
    row = tx.one(f"SELECT {_COLUMNS} FROM users WHERE tenant_id = ? AND email = ?", (tenant_id, email))
    return Account(*row) if row else None


def with_mailbox(tx: Tx, email: str) -> Account | None:
    """The user who signs in under that main address, whatever the tenant: an address has one owner."""
    row = tx.one(f"SELECT {_COLUMNS} FROM users WHERE email = ? AND role <> 'guest'", (email,))
    return Account(*row) if row else None


def with_address(tx: Tx, email: str) -> list[Account]:
    """Everybody with that main address: one who has a mailbox, before the outside senders of that address."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM users WHERE email = ? ORDER BY CASE WHEN role = 'guest' THEN 1 ELSE 0 END, id",
        (email,),
    )
    return [Account(*row) for row in rows]


def first_admin(tx: Tx, tenant_id: str) -> Account | None:
    """Who reads the postmaster's mail of a tenant when no address says otherwise."""
    row = tx.one(
        f"SELECT {_COLUMNS} FROM users WHERE tenant_id = ? AND role = 'admin' ORDER BY created_at, id LIMIT 1",
        (tenant_id,),
    )
    return Account(*row) if row else None


def listing(tx: Tx) -> list[Account]:
    """Every user, by address."""
    return [Account(*row) for row in tx.all(f"SELECT {_COLUMNS} FROM users ORDER BY email")]


def mailbox_count(tx: Tx) -> int:
    """How many have mail here: people and agents."""
    return int(tx.scalar("SELECT count(*) FROM users WHERE role <> 'guest'"))


def with_status(tx: Tx, status: str) -> list[Account]:
    """Those of that status, the oldest first."""
    return [Account(*row) for row in tx.all(f"SELECT {_COLUMNS} FROM users WHERE status = ? ORDER BY id", (status,))]


def set_status(tx: Tx, user_id: str, status: str) -> None:
    """`active`, `blocked`, or `removing` while it is being taken away."""
    tx.execute("UPDATE users SET status = ? WHERE id = ?", (status, user_id))


def set_quota(tx: Tx, user_id: str, quota_bytes: int | None) -> None:
    """None is no limit."""
    tx.execute("UPDATE users SET quota_bytes = ? WHERE id = ?", (quota_bytes, user_id))


def hold(tx: Tx, *user_ids: str) -> None:
    """Let nobody else change the mail of these accounts until this transaction ends.

    Whatever changes messages or mailboxes does this first and reads afterwards: then what it read is what it changes, and
    since every lock on an account's rows comes after this one, nobody waits in a circle. SQLite has one writer anyway.
    """
    if tx.exclusive:
        for user_id in sorted(set(user_ids)):
            tx.one(f"SELECT 1 FROM users WHERE id = ?{tx.exclusive}", (user_id,))


def take_room(tx: Tx, user_id: str, size: int, *, enforce: bool) -> int | None:
    """Count `size` bytes and one change for the user. The new modseq, or None when the quota has no room (`enforce`)."""
    limit = " AND (quota_bytes IS NULL OR used_bytes + ? <= quota_bytes)" if enforce else ""
    params = (size, user_id, size) if enforce else (size, user_id)
    found: int | None = tx.scalar(
        f"UPDATE users SET used_bytes = used_bytes + ?, modseq = modseq + 1 WHERE id = ?{limit} RETURNING modseq",
        params,
    )
    return found


def modseq_of(tx: Tx, user_id: str) -> int:
    """How far the change journal of an account has come; 0 when there is no such account."""
    return tx.scalar("SELECT modseq FROM users WHERE id = ?", (user_id,)) or 0


def next_modseq(tx: Tx, user_id: str, *, freed: int = 0) -> int:
    """Count one change of the user's mail, and `freed` bytes less. The new modseq."""
    modseq: int = tx.scalar(
        "UPDATE users SET modseq = modseq + 1, used_bytes = used_bytes - ? WHERE id = ? RETURNING modseq",
        (freed, user_id),
    )
    return modseq


def modseqs(tx: Tx, user_ids: Sequence[str]) -> dict[str, int]:
    """How far the journals of these accounts go, those that exist."""
    found: dict[str, int] = {}
    for start in range(0, len(user_ids), SLICE):
        wanted = list(user_ids[start : start + SLICE])
        found.update(tx.all(f"SELECT id, modseq FROM users WHERE id IN ({', '.join('?' * len(wanted))})", wanted))
    return found


def remove(tx: Tx, user_id: str) -> None:
    """Take away the user with credentials, addresses, preferences, rules, workspace, accounts elsewhere and what models were sent; the
    caller has removed the mail.

    The blobs that were the user's alone are collected at night. What the search index has of the mail goes with the events of its removal.
    """
    tx.execute(
        "DELETE FROM workspace_files WHERE workspace_id IN (SELECT id FROM workspaces WHERE user_id = ?)", (user_id,)
    )
    tx.execute("DELETE FROM import_items WHERE import_id IN (SELECT id FROM imports WHERE user_id = ?)", (user_id,))
    model_calls.forget_transcripts_of(tx, user_id)
    # What the assistant gathered is mail of accounts elsewhere, too, which nothing else here would take away; what the concierge did lies
    # in its own mailbox.
    tx.execute(
        "DELETE FROM snapshots WHERE task_id IN "
        "(SELECT id FROM tasks WHERE user_id = ? AND agent IN ('assistant', 'concierge'))",
        (user_id,),
    )
    followups.forget_of_user(tx, user_id, clock.now())
    outreach.forget_of_user(tx, user_id, clock.now())
    for table, column in (("declined", "sender"), ("whatsapp_contacts", "phone")):
        who = "SELECT email FROM users WHERE id = ? UNION SELECT phone FROM users WHERE id = ? AND phone IS NOT NULL"
        tx.execute(f"DELETE FROM {table} WHERE {column} IN ({who})", (user_id, user_id))
    for table in (
        "sessions",
        "sign_in_links",
        "push_subscriptions",
        "identities",
        "vacation_responses",
        "email_submissions",
        "snoozes",
        "uploads",
        "removed",
        "credentials",
        "addresses",
        "preferences",
        "assignments",
        "workspaces",
        "sieve_scripts",
        "vacation_replies",
        "imports",
        "search_progress",
        "search_missing",
        "approvals",
        "grants",
        "effects",
        "subscriptions",
        "triage",
        "triage_rules",
        "vips",
        "styles",
        "connection_attempts",
        "connections",
        "phone_links",
    ):
        tx.execute(f"DELETE FROM {table} WHERE user_id = ?", (user_id,))
    tx.execute("DELETE FROM stops WHERE scope_id = ?", (user_id,))
    tx.execute("DELETE FROM users WHERE id = ?", (user_id,))


def remove_credentials(tx: Tx, user_id: str) -> None:
    """Nobody signs in any more, and no address leads to the user."""
    for table in ("credentials", "addresses", "sessions", "sign_in_links", "push_subscriptions"):
        tx.execute(f"DELETE FROM {table} WHERE user_id = ?", (user_id,))


# --- credentials ----------------------------------------------------------------------------------------------------


def set_password(tx: Tx, user_id: str, secret: str) -> None:
    """Replace the password by the argon2id hash `secret`."""
    tx.execute("DELETE FROM credentials WHERE user_id = ? AND kind = 'password'", (user_id,))
    tx.insert("credentials", id=new_id(), user_id=user_id, kind="password", secret=secret, created_at=clock.now())


def password_of(tx: Tx, user_id: str) -> str | None:
    """The argon2id hash, or None when the user has no password."""
    found: str | None = tx.scalar("SELECT secret FROM credentials WHERE user_id = ? AND kind = 'password'", (user_id,))
    return found


@dataclass(frozen=True, slots=True)
class AppPassword:
    """A password for one program. `secret` is its SHA-256 in hex, which does not print; `scopes` is what it opens."""

    id: str
    label: str
    secret: str = field(repr=False)
    scopes: tuple[str, ...]
    created_at: clock.Instant
    used_at: clock.Instant | None


def add_app_password(tx: Tx, user_id: str, secret: str, label: str, scopes: Sequence[str]) -> AppPassword:
    """A new one."""
    made = AppPassword(new_id(), label, secret, tuple(scopes), clock.now(), None)
    tx.insert(
        "credentials",
        id=made.id,
        user_id=user_id,
        kind="app",
        secret=secret,
        label=label,
        scopes=" ".join(scopes),
        created_at=made.created_at,
    )
    return made


def app_passwords(tx: Tx, user_id: str) -> list[AppPassword]:
    """Those of a user, the oldest first."""
    rows = tx.all(
        "SELECT id, label, secret, scopes, created_at, used_at FROM credentials WHERE user_id = ? AND kind = 'app' "
        "ORDER BY id",
        (user_id,),
    )
    return [AppPassword(row[0], row[1], row[2], tuple(row[3].split()), row[4], row[5]) for row in rows]


def remove_app_password(tx: Tx, user_id: str, credential_id: str) -> None:
    """Nobody signs in with it any more."""
    tx.execute("DELETE FROM credentials WHERE id = ? AND user_id = ? AND kind = 'app'", (credential_id, user_id))


def mark_used(tx: Tx, credential_id: str, moment: clock.Instant) -> None:
    """It was used then."""
    tx.execute("UPDATE credentials SET used_at = ? WHERE id = ?", (moment, credential_id))


# --- addresses ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AddressRow:
    """Where mail to `address` goes: to a user or agent, or on to `targets`."""

    address: str
    kind: str
    tenant_id: str
    user_id: str | None
    targets: tuple[str, ...]


def add_address(
    tx: Tx, tenant_id: str, address: str, kind: str, *, user_id: str | None = None, targets: Sequence[str] = ()
) -> bool:
    """False when the address is taken."""
    return tx.insert(
        "addresses",
        unless_exists=True,
        id=new_id(),
        tenant_id=tenant_id,
        address=address,
        kind=kind,
        user_id=user_id,
        targets=json.dumps(list(targets)),
        created_at=clock.now(),
    )


def address(tx: Tx, key: str) -> AddressRow | None:
    """The row of an address (`Address.key`)."""
    row = tx.one("SELECT address, kind, tenant_id, user_id, targets FROM addresses WHERE address = ?", (key,))
    return _address_row(row) if row else None


def addresses(tx: Tx, *, kinds: Sequence[str] = (), user_id: str | None = None) -> list[AddressRow]:
    """Addresses by name, of the given kinds or user."""
    where, params = ["1 = 1"], []
    if kinds:
        where.append(f"kind IN ({', '.join('?' * len(kinds))})")
        params += list(kinds)
    if user_id is not None:
        where.append("user_id = ?")
        params.append(user_id)
    rows = tx.all(
        f"SELECT address, kind, tenant_id, user_id, targets FROM addresses WHERE {' AND '.join(where)} ORDER BY address",
        params,
    )
    return [_address_row(row) for row in rows]


def remove_address(tx: Tx, key: str) -> bool:
    """False when there is none."""
    return tx.execute("DELETE FROM addresses WHERE address = ?", (key,)) == 1


def _address_row(row: tuple[str, str, str, str | None, str]) -> AddressRow:
    return AddressRow(row[0], row[1], row[2], row[3], tuple(json.loads(row[4])) if row[4] != "[]" else ())
