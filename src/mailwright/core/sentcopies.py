"""Copies in Sent: each message that somebody submits is there, once.

Called by submission (`keep`, and the others when it is undone) and by APPEND (`superseded`).
Promises: a mail program that keeps its own copy, before or after it sends, is not left with two: the program's copy is the one
that stays. Only a copy made here is ever removed, and only by one with the same Message-ID a few minutes later.
"""

from __future__ import annotations

import json

from mailwright.codecs.mime import Parsed
from mailwright.core import Core, messages
from mailwright.core.expunge import expunge
from mailwright.core.messages import Flag, Provenance, StoredMessage
from mailwright.domain import clock
from mailwright.domain.clock import HOUR, MINUTE, Instant
from mailwright.domain.envelope import Origin
from mailwright.domain.refusals import NotFound
from mailwright.storage import StoredBlob, Tx, sentcopies
from mailwright.storage import messages as rows
from mailwright.storage.accounts import Account

LONGEST_HELD = HOUR  # before it leaves, for who sets an undo window; so long it can be taken back
SAME_SENDING = 10 * MINUTE  # between a submission and the program's own copy: a slow line and a large attachment
MADE_HERE = (
    "$Submitted"  # RFC 5550 §5.10 has the keyword for a message that was submitted; ours marks the copy made here
)


def keep(
    tx: Tx, core: Core, account: Account, blob: StoredBlob, parsed: Parsed, message_id: str, correlation_id: str
) -> str | None:
    """File the copy, unless the program was faster or there is no Sent. The message's id, or None."""
    if _recent(tx, account.id, message_id, made_here=None):
        return None
    try:
        core.blobs.put(tx, blob)
        return messages.append(
            tx,
            tenant_id=account.tenant_id,
            user_id=account.id,
            role="sent",
            blob=blob,
            parsed=parsed,
            provenance=Provenance(Origin.OWNER, correlation_id, keywords=(MADE_HERE,), account_id=account.id),
            received_at=clock.now(),
            flags=Flag.SEEN,
            enforce_quota=False,  # a full mailbox must not keep mail from being sent
            delivered=False,
        )
    except NotFound:  # the account has no Sent, by its owner's wish
        return None


def superseded(tx: Tx, user_id: str, message_id: str | None) -> int:
    """A program puts its own copy into the user's Sent, in this transaction: ours of the same sending goes. How many."""
    if message_id is None:
        return 0
    return expunge(
        tx, _recent(tx, user_id, message_id, made_here=True), because="the mail program keeps a copy of its own"
    )


def made_here(tx: Tx, user_id: str, message_id: str) -> StoredMessage | None:
    """The copy made here, if it is still in Sent."""
    found = _recent(tx, user_id, message_id, made_here=True, within=LONGEST_HELD + SAME_SENDING)
    return found[0] if found else None


def take_back(tx: Tx, user_id: str, message_id: str, *, because: str) -> StoredMessage | None:
    """Remove the copy made here, and say what it was; None when there is none."""
    found = _recent(tx, user_id, message_id, made_here=True, within=LONGEST_HELD + SAME_SENDING)
    expunge(tx, found, because=because)
    return found[0] if found else None


def _recent(
    tx: Tx, user_id: str, message_id: str, *, made_here: bool | None, within: Instant = SAME_SENDING
) -> list[StoredMessage]:
    """Copies of the last minutes; `made_here` None for all."""
    found = sentcopies.recent(tx, user_id, message_id, clock.now() - within)
    ids = [each for each, keywords in found if made_here is None or (MADE_HERE in json.loads(keywords)) is made_here]
    return rows.with_ids(tx, ids)
