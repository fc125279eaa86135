"""Deliveries: which of a batch of events are mail in somebody's INBOX. What every agent that serves mailboxes begins with."""

from __future__ import annotations

from collections.abc import Sequence

from mailwright.domain.events import MESSAGE_DELIVERED, Event

INBOX = "inbox"


def into_inbox(events: Sequence[Event]) -> dict[str, str]:
    """The messages that were delivered into an INBOX, each with its owner (ids)."""
    return {
        event.payload["message_id"]: event.payload["user_id"]
        for event in events
        if event.kind == MESSAGE_DELIVERED and event.payload.get("role") == INBOX
    }
