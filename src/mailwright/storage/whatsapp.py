"""WhatsApp: who was heard from when, and what was sent as which message there. The rows.

Used by `core.whatsapp`. A message of ours is one row for each of its parts: `trying` from before the call until its outcome is known,
then what WhatsApp says became of it. Phones are in the form of E.164.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.domain.clock import Instant
from mailwright.domain.whatsapp import WINDOW
from mailwright.storage.database import Tx

TRYING = "trying"
_BEFORE = {
    "sent": (),
    "delivered": ("sent", "failed"),
    "read": ("sent", "delivered", "failed"),
    "failed": ("sent",),
}
"""The states that each may follow; what is late is passed over. What has arrived does not fail any more, and what had failed may have
arrived all the same, on another device."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One part of a message of ours. `at` is when its state began, of one that is tried when that was begun."""

    wamid: str
    outbox_id: str
    part: int
    message_id: str
    state: str
    at: Instant


_COLUMNS = "wamid, outbox_id, part, message_id, state, at"


def heard(tx: Tx, phone: str, at: Instant) -> None:
    """Somebody wrote at that moment. Earlier ones that come late change nothing."""
    tx.execute(
        "INSERT INTO whatsapp_contacts (phone, heard_at) VALUES (?, ?) ON CONFLICT (phone) DO UPDATE SET heard_at = "
        "CASE WHEN excluded.heard_at > whatsapp_contacts.heard_at THEN excluded.heard_at ELSE whatsapp_contacts.heard_at END",
        (phone, at),
    )


def heard_at(tx: Tx, phone: str) -> Instant | None:
    """When somebody wrote last."""
    found: Instant | None = tx.scalar("SELECT heard_at FROM whatsapp_contacts WHERE phone = ?", (phone,))
    return found


def not_heard(tx: Tx, phone: str) -> None:
    """They did not write within the time in which they may be written to freely, whatever we thought."""
    tx.execute("UPDATE whatsapp_contacts SET heard_at = heard_at - ? WHERE phone = ?", (WINDOW, phone))


def begin(tx: Tx, outbox_id: str, part: int, message_id: str, now: Instant) -> None:
    """A part is about to be sent."""
    end(tx, outbox_id, part)
    tx.insert(
        "whatsapp_sent",
        wamid=_trying(outbox_id, part),
        outbox_id=outbox_id,
        part=part,
        message_id=message_id,
        state=TRYING,
        at=now,
    )


def end(tx: Tx, outbox_id: str, part: int) -> None:
    """It is known what became of the attempt."""
    tx.execute("DELETE FROM whatsapp_sent WHERE wamid = ?", (_trying(outbox_id, part),))


def add(tx: Tx, sent: Sent) -> bool:
    """WhatsApp took a part. False when that is known."""
    return tx.insert(
        "whatsapp_sent",
        unless_exists=True,
        wamid=sent.wamid,
        outbox_id=sent.outbox_id,
        part=sent.part,
        message_id=sent.message_id,
        state=sent.state,
        at=sent.at,
    )


def move(tx: Tx, wamid: str, state: str, at: Instant) -> bool:
    """It is in that state now. False when it was, or was further already."""
    earlier = _BEFORE[state]
    if not earlier:
        return False
    marks = ", ".join("?" * len(earlier))
    changed = tx.execute(
        f"UPDATE whatsapp_sent SET state = ?, at = ? WHERE wamid = ? AND state IN ({marks})",
        (state, at, wamid, *earlier),
    )
    return changed == 1


def by_wamid(tx: Tx, wamid: str) -> Sent | None:
    """The part that WhatsApp has by that id."""
    row = tx.one(f"SELECT {_COLUMNS} FROM whatsapp_sent WHERE wamid = ?", (wamid,))
    return Sent(*row) if row else None


def of_outbox(tx: Tx, outbox_id: str) -> list[Sent]:
    """The parts of one message, tried and taken, by part."""
    rows = tx.all(f"SELECT {_COLUMNS} FROM whatsapp_sent WHERE outbox_id = ? ORDER BY part, at", (outbox_id,))
    return [Sent(*row) for row in rows]


def last_part(tx: Tx, message_id: str) -> Sent | None:
    """The last part that WhatsApp took of the message with that Message-ID."""
    row = tx.one(
        f"SELECT {_COLUMNS} FROM whatsapp_sent WHERE message_id = ? AND state <> ? ORDER BY at DESC, part DESC LIMIT 1",
        (message_id, TRYING),
    )
    return Sent(*row) if row else None


def forget(tx: Tx, before: Instant, limit: int) -> int:
    """Remove up to `limit` rows of each kind that are older than that. How many."""
    sent = tx.execute(
        "DELETE FROM whatsapp_sent WHERE wamid IN (SELECT wamid FROM whatsapp_sent WHERE at < ? ORDER BY at LIMIT ?)",
        (before, limit),
    )
    return sent + tx.execute(
        "DELETE FROM whatsapp_contacts WHERE phone IN "
        "(SELECT phone FROM whatsapp_contacts WHERE heard_at < ? ORDER BY heard_at LIMIT ?)",
        (before, limit),
    )


def forget_phone(tx: Tx, phone: str) -> None:
    """What is known of a phone: when it was heard, and that it was told that we do not work for it."""
    tx.execute("DELETE FROM whatsapp_contacts WHERE phone = ?", (phone,))
    tx.execute("DELETE FROM declined WHERE sender = ?", (phone,))


def _trying(outbox_id: str, part: int) -> str:
    return f"{TRYING}:{outbox_id}:{part}"
