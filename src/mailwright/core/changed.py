"""What an event means to a client that is told of changes: which types of its data, in JMAP's words, are not what they were.

Called by live connections and by Web Push, which must agree. Every type of an account has the account's state, so to name too few
types would lose changes, and one too many costs a client a question.
"""

from __future__ import annotations

from mailwright.domain.events import (
    ACCOUNT_CHANGED,
    MAILBOX_CHANGED,
    MESSAGE_APPENDED,
    MESSAGE_CHANGED,
    MESSAGE_DELIVERED,
    MESSAGE_FLAGGED,
    MESSAGE_MOVED,
    MESSAGE_REMOVED,
    Event,
)

DELIVERY = "EmailDelivery"
"""RFC 8621 §1.5: changes when new mail has come, and at nothing else: what wakes a phone. What people file themselves is not new."""

_CONTENT = frozenset({"Email", "Mailbox", "Thread"})  # a mailbox counts its messages
_TYPES = {
    MESSAGE_DELIVERED: _CONTENT | {DELIVERY},
    MESSAGE_APPENDED: _CONTENT,
    MESSAGE_MOVED: _CONTENT,  # whoever reaches only one of the two mailboxes sees a thread grow or shrink
    MESSAGE_REMOVED: _CONTENT,
    MESSAGE_CHANGED: frozenset({"Email"}),
    MESSAGE_FLAGGED: frozenset({"Email", "Mailbox"}),  # unread messages are counted
    MAILBOX_CHANGED: _CONTENT,  # with a share, messages come or go
}

TYPES = frozenset({"Email", DELIVERY, "Mailbox", "Thread", "EmailSubmission", "Identity", "VacationResponse"})
"""All there are."""
OF_MAIL = _CONTENT | {DELIVERY}
"""What one can see of an account that shares mailboxes."""


def types_of(event: Event) -> frozenset[str]:
    """The types that changed; none when no client of an account sees anything of the event."""
    if event.kind == ACCOUNT_CHANGED:
        return TYPES.intersection(event.payload.get("kinds", ()))
    return _TYPES.get(event.kind, frozenset())
