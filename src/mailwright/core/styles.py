"""Styles: how an owner writes, for the drafts that are written in their name.

Called by the assistant (what it learned, and to write by it), its API and its pages (to show the note, edit it, or begin anew).
Promises: what the owner wrote into the note is never overwritten by what is learned; whoever edits or resets is in the audit trail.
Does not: read mail (`agents.assistant.style` does, and says what it found).
"""

from __future__ import annotations

from typing import Any, Final

from mailwright.core.messages import storable
from mailwright.domain.clock import DAY, Instant
from mailwright.domain.clock import now as the_time
from mailwright.domain.refusals import BadInput
from mailwright.storage import Tx, audit
from mailwright.storage import styles as rows
from mailwright.storage.accounts import Account
from mailwright.storage.audit import Actor
from mailwright.storage.styles import Style

__all__ = ["Style", "due", "edit", "learned", "of", "reset"]

MAX_NOTE: Final = 2_000  # characters: a page of instructions; it goes to the model with every draft
LEARNED_AGAIN: Final = 7 * DAY


def of(tx: Tx, user_id: str) -> Style:
    """How a person writes, as far as it is known; `said` is what counts."""
    return rows.of_user(tx, user_id)


def edit(tx: Tx, account: Account, note: str, *, by: Actor) -> Style:
    """The owner says how drafts are to be written; an empty note lets what was learned stand again. Raises BadInput."""
    wanted = storable(note.replace("\r\n", "\n")).strip()
    if len(wanted) > MAX_NOTE:
        raise BadInput(f"a style note has at most {MAX_NOTE} characters")
    if any(not (character.isprintable() or character in "\n\t") for character in wanted):
        raise BadInput("a style note is plain text")
    if wanted != rows.of_user(tx, account.id).note:
        rows.put_note(tx, account.id, wanted, the_time() if wanted else None)
        audit.note(tx, by, "assistant.style-edited", resource=account.email, tenant_id=account.tenant_id)
    return of(tx, account.id)


def reset(tx: Tx, account: Account, *, by: Actor) -> bool:
    """Forget the note and all that was learned. False: there was nothing."""
    gone = rows.forget_of_user(tx, account.id) > 0
    if gone:
        audit.note(tx, by, "assistant.style-reset", resource=account.email, tenant_id=account.tenant_id)
    return gone


def learned(
    tx: Tx, user_id: str, *, note: str, measures: dict[str, Any], samples: int, looked_at: Instant | None = None
) -> Style:
    """Keep what was learned. `looked_at`: when the sent mails were read, if they were; what one edit taught moves no date."""
    if looked_at is None:
        looked_at = rows.of_user(tx, user_id).learned_at
    rows.put_learned(tx, user_id, learned=storable(note)[:MAX_NOTE], measures=measures, samples=samples, now=looked_at)
    return of(tx, user_id)


def due(style: Style, now: Instant) -> bool:
    """Whether the sent mails are to be looked at again."""
    return style.learned_at is None or now - style.learned_at >= LEARNED_AGAIN
