"""Sessions of people in a browser, and the links that open one: the rows. What opens them is kept as a digest only."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailwright.domain.clock import Instant
from mailwright.domain.ids import new_id
from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in. `client` is the address and `agent` the browser it was made with; `long_lived`: kept when it is closed.

    Of one by a provider elsewhere: its id, its word for the session there, and the ID token (sealed) that it wants at sign-out.
    """

    id: str
    user_id: str
    authenticated_by: str
    client: str
    agent: str
    long_lived: bool
    created_at: Instant
    seen_at: Instant
    expires_at: Instant
    provider_id: str | None = None
    provider_session: str | None = None
    provider_token: str | None = field(default=None, repr=False)


_COLUMNS = (
    "id, user_id, authenticated_by, client, agent, long_lived, created_at, seen_at, expires_at, provider_id, provider_session, "
    "provider_token"
)


def add(tx: Tx, session: Session, token: str) -> None:
    """A new one, opened by what has the digest `token`."""
    tx.insert(
        "sessions",
        id=session.id,
        user_id=session.user_id,
        token=token,
        authenticated_by=session.authenticated_by,
        client=session.client,
        agent=session.agent,
        long_lived=session.long_lived,
        created_at=session.created_at,
        seen_at=session.seen_at,
        expires_at=session.expires_at,
        provider_id=session.provider_id,
        provider_session=session.provider_session,
        provider_token=session.provider_token,
    )


def by_token(tx: Tx, token: str) -> Session | None:
    """The session of that digest, expired or not."""
    row = tx.one(f"SELECT {_COLUMNS} FROM sessions WHERE token = ?", (token,))
    return Session(*row) if row else None


def by_id(tx: Tx, session_id: str) -> Session | None:
    """The session of that id, expired or not."""
    row = tx.one(f"SELECT {_COLUMNS} FROM sessions WHERE id = ?", (session_id,))
    return Session(*row) if row else None


def of_user(tx: Tx, user_id: str) -> list[Session]:
    """Those of a person, the one seen last first."""
    rows = tx.all(f"SELECT {_COLUMNS} FROM sessions WHERE user_id = ? ORDER BY seen_at DESC, id", (user_id,))
    return [Session(*row) for row in rows]


def of_provider(tx: Tx, provider_id: str, *, session: str | None = None, user_id: str | None = None) -> list[Session]:
    """Those that a provider vouched for: all, those of one `session` there, those of a person, or those that are both."""
    where, params = ["provider_id = ?"], [provider_id]
    for column, value in (("provider_session", session), ("user_id", user_id)):
        if value is not None:
            where.append(f"{column} = ?")
            params.append(value)
    rows = tx.all(f"SELECT {_COLUMNS} FROM sessions WHERE {' AND '.join(where)} ORDER BY id", params)
    return [Session(*row) for row in rows]


def touch(tx: Tx, session_id: str, seen_at: Instant, expires_at: Instant) -> None:
    """It was used."""
    tx.execute("UPDATE sessions SET seen_at = ?, expires_at = ? WHERE id = ?", (seen_at, expires_at, session_id))


def remove(tx: Tx, user_id: str, session_id: str) -> bool:
    """End one, with what it subscribed to. False when the person has none of that id."""
    tx.execute("DELETE FROM push_subscriptions WHERE session_id = ? AND user_id = ?", (session_id, user_id))
    return tx.execute("DELETE FROM sessions WHERE id = ? AND user_id = ?", (session_id, user_id)) == 1


def remove_all(tx: Tx, user_id: str, *, except_for: str | None = None) -> int:
    """End those of a person, but one. How many."""
    gone = [each.id for each in of_user(tx, user_id) if each.id != except_for]
    return sum(remove(tx, user_id, session_id) for session_id in gone)


def purge(tx: Tx, before: Instant) -> int:
    """Forget sessions and links that expired before that moment. How many."""
    tx.execute(
        "DELETE FROM push_subscriptions WHERE session_id IN (SELECT id FROM sessions WHERE expires_at < ?)", (before,)
    )
    gone = tx.execute("DELETE FROM sessions WHERE expires_at < ?", (before,))
    return gone + tx.execute("DELETE FROM sign_in_links WHERE expires_at < ?", (before,))


# --- links ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Link:
    """A link that opens one session. `token` is the digest of what it holds."""

    user_id: str
    token: str = field(repr=False)
    client: str
    created_at: Instant
    expires_at: Instant


def add_link(tx: Tx, link: Link) -> None:
    """A new one."""
    tx.insert(
        "sign_in_links",
        id=new_id(),
        user_id=link.user_id,
        token=link.token,
        client=link.client,
        created_at=link.created_at,
        expires_at=link.expires_at,
    )


def link_of(tx: Tx, token: str, now: Instant) -> str | None:
    """Whose link it is, when it can still be used."""
    found: str | None = tx.scalar(
        "SELECT user_id FROM sign_in_links WHERE token = ? AND used_at IS NULL AND expires_at > ?", (token, now)
    )
    return found


def use_link(tx: Tx, token: str, now: Instant) -> bool:
    """Use it up. False when somebody did, or it has expired."""
    return (
        tx.execute(
            "UPDATE sign_in_links SET used_at = ? WHERE token = ? AND used_at IS NULL AND expires_at > ?",
            (now, token, now),
        )
        == 1
    )


def links_since(tx: Tx, user_id: str, since: Instant) -> int:
    """How many were made for a person since then."""
    return int(tx.scalar("SELECT count(*) FROM sign_in_links WHERE user_id = ? AND created_at > ?", (user_id, since)))


def drop_links(tx: Tx, user_id: str) -> None:
    """None of a person's links opens anything any more."""
    tx.execute("DELETE FROM sign_in_links WHERE user_id = ?", (user_id,))
