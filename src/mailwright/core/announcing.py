"""Announcing: telling whoever watches an account that something in it changed which is no message and no mailbox.

Called inside the transaction of the change, after the account's modseq was counted (`storage.accounts.next_modseq`). What happens to
messages and mailboxes is announced where it happens. Read by live connections (`pipeline.fanout`) and by Web Push (`core.pushing`).
"""

from __future__ import annotations

from mailwright.domain.events import ACCOUNT_CHANGED, PUSH_SUBSCRIBED, SIGNED_OUT
from mailwright.storage import Tx, events

KINDS = ("Identity", "EmailSubmission", "VacationResponse")
"""What clients keep of an account besides mail, in JMAP's words."""


def account_changed(tx: Tx, user_id: str, *kinds: str) -> None:
    """Objects of these kinds changed in the account; of any of `KINDS` when none is named."""
    events.append(tx, ACCOUNT_CHANGED, user_id, {"user_id": user_id, "kinds": list(kinds or KINDS)})


def signed_out(tx: Tx, user_id: str, *, password: bool = False) -> None:
    """A session ended, the account was blocked, or (`password`) one of its passwords is none any more.

    Connections look whether they may stay; what was subscribed with a password ends with it.
    """
    events.append(tx, SIGNED_OUT, user_id, {"user_id": user_id, "password": password})


def push_subscribed(tx: Tx, user_id: str, subscription_id: str) -> None:
    """Somebody wants to be told at a URL; the URL is asked first."""
    events.append(tx, PUSH_SUBSCRIBED, user_id, {"user_id": user_id, "subscription_id": subscription_id})
