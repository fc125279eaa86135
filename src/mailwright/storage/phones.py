"""Phone numbers of people, in the form of E.164, and the codes that prove one. The rows. Of a code only its digest is kept."""

from __future__ import annotations

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx


def of_user(tx: Tx, user_id: str) -> str | None:
    """A person's phone."""
    found: str | None = tx.scalar("SELECT phone FROM users WHERE id = ?", (user_id,))
    return found


def owner(tx: Tx, phone: str) -> str | None:
    """The id of the user with that phone."""
    found: str | None = tx.scalar("SELECT id FROM users WHERE phone = ?", (phone,))
    return found


def set_for(tx: Tx, user_id: str, phone: str | None) -> None:
    """Give a person that phone; who had it has none. None takes it away."""
    if phone is not None:
        tx.execute("UPDATE users SET phone = NULL WHERE phone = ? AND id <> ?", (phone, user_id))
    tx.execute("UPDATE users SET phone = ? WHERE id = ?", (phone, user_id))


def add_link(tx: Tx, user_id: str, digest: str, expires_at: Instant) -> None:
    """A code for a person; earlier ones of theirs are worth nothing any more."""
    forget_links(tx, user_id)
    tx.insert("phone_links", token=digest, user_id=user_id, expires_at=expires_at)


def link_of(tx: Tx, digest: str, now: Instant) -> str | None:
    """Whose code that is, while it is good."""
    found: str | None = tx.scalar("SELECT user_id FROM phone_links WHERE token = ? AND expires_at > ?", (digest, now))
    return found


def open_until(tx: Tx, user_id: str, now: Instant) -> Instant | None:
    """Until when a person's code is good, when they have one."""
    found: Instant | None = tx.scalar(
        "SELECT max(expires_at) FROM phone_links WHERE user_id = ? AND expires_at > ?", (user_id, now)
    )
    return found


def forget_links(tx: Tx, user_id: str) -> None:
    """A person's codes are worth nothing any more."""
    tx.execute("DELETE FROM phone_links WHERE user_id = ?", (user_id,))


def forget_expired(tx: Tx, now: Instant) -> int:
    """Remove codes that are not good any more. How many."""
    return tx.execute("DELETE FROM phone_links WHERE expires_at < ?", (now,))
