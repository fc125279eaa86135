"""Watching one message on its way: delivered, each step of the agent, and the answer, as they come.

Used by `email send --wait`, the demo and `doctor`. Looks into the database several times a second, so that it works beside a
server in another process as well as in the same one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mailwright.domain.clock import SECOND, Instant, to_iso

if TYPE_CHECKING:
    from mailwright.core import Core
    from mailwright.storage import Tx
    from mailwright.storage.messages import StoredMessage

LOOK_SECONDS = 0.1
NEWEST = 50  # messages of an INBOX looked through for the answer

_WORDS = {
    "gather": "gathering: the thread, the attachments, what the policy says",
    "think": "thinking",
    "decide": "deciding",
    "work": "working",
    "act": "acting: the answer is queued",
    "pending": "planned",
    "clarifying": "asked",
}


@dataclass(slots=True)
class Trail:
    """What is known of one message so far. `lines` are for people, each told once."""

    message_id: str
    sender: str
    recipients: Sequence[str]
    started: Instant
    lines: list[str] = field(default_factory=list)
    delivered: set[str] = field(default_factory=set)
    told: dict[str, int] = field(default_factory=dict)
    reply: StoredMessage | None = None
    outcome: str = ""


async def follow(
    core: Core,
    message_id: str,
    sender: str,
    recipients: Sequence[str],
    tell: Callable[[str], None],
    *,
    seconds: float,
) -> dict[str, Any] | None:
    """Tell the steps of a message until its answer is in the sender's INBOX: the answer, or None after `seconds`."""
    from mailwright.domain.clock import now

    trail = Trail(message_id, sender, recipients, now())
    end = time.monotonic() + seconds
    while True:
        await core.read(lambda tx: _look(tx, trail))
        for text in trail.lines:
            tell(text)
        trail.lines.clear()
        if trail.reply is not None:
            return await _answer(core, trail.reply)
        if time.monotonic() >= end:
            return None
        await asyncio.sleep(LOOK_SECONDS)


def _look(tx: Tx, trail: Trail) -> None:
    from mailwright.core import accounts, routing, tasks
    from mailwright.domain.addresses import Address
    from mailwright.storage import mailboxes
    from mailwright.storage import messages as rows

    for recipient in trail.recipients:
        row = routing.resolve(tx, Address.parse(recipient))
        if row is None or row.user_id is None:
            continue
        for message in rows.with_message_id(tx, row.user_id, trail.message_id):
            if recipient not in trail.delivered:
                trail.delivered.add(recipient)
                _tell(trail, message.received_at, f"delivered to {recipient}")
            task = tasks.find(tx, "employee", message.id) or tasks.find(tx, "concierge", message.id)
            if task is None:
                continue
            history = tasks.history(tx, task.id)
            for event in history[trail.told.get(task.id, 0) :]:
                said = _WORDS.get(event.stage, event.status.value) if not event.status.is_final else event.status.value
                _tell(trail, event.created_at, f"{said}{f': {event.detail}' if event.detail else ''}")
            trail.told[task.id] = len(history)
    inbox = mailboxes.by_role(tx, accounts.find(tx, trail.sender).id, "inbox")
    for message in rows.in_mailbox(tx, inbox.id, NEWEST) if inbox else []:
        if trail.message_id in message.headers["in_reply_to"]:
            trail.reply = message
            _tell(trail, message.received_at, f"answered: in the INBOX of {trail.sender}")
            return


def _tell(trail: Trail, at: Instant, text: str) -> None:
    trail.lines.append(f"{max(at - trail.started, 0) / SECOND:6.2f} s  {text}")


async def _answer(core: Core, message: StoredMessage) -> dict[str, Any]:
    from mailwright.codecs import mime

    raw = await core.blobs.read(message.blob_id)
    parsed = mime.parse(raw)
    return {
        "id": message.id,
        "from": message.sender,
        "subject": message.subject,
        "in_reply_to": message.headers["in_reply_to"],
        "references": message.headers["references"],
        "auto_submitted": parsed.header.get("Auto-Submitted"),
        "received_at": to_iso(message.received_at),
        "text": mime.body_text(raw, parsed),
    }
