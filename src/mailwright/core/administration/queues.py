"""The queues, as those who look after the server see them: what leaves, and what was given up. Retry, cancel, replay, resolve.

Called by the administration pages. Support may do all of it but cancel. Promises: nothing here shows a word of mail; what an error
says is shown only when it is one of our own refusals or another server's answer: any other may quote what was being worked on.
"""

from __future__ import annotations

from typing import Any

from mailwright.core import Core, outbox
from mailwright.core.administration import reach as within
from mailwright.core.administration.reach import Reach
from mailwright.domain import clock, refusals
from mailwright.domain.events import OUTBOX_QUEUED
from mailwright.domain.refusals import BadInput
from mailwright.pipeline.dead_letters import DeadLetters
from mailwright.storage import Tx, audit, dead_letters, events
from mailwright.storage import administration as rows
from mailwright.storage.dead_letters import DeadLetter
from mailwright.storage.outbox import OutboxRow, Status

LOOKED_AT = 500  # dead letters that are looked through for one page of a tenant's
MAX_VALUE = 200  # characters of one fact of a dead letter

_SPOKEN = frozenset(kind.__name__ for kind in vars(refusals).values() if isinstance(kind, type)) | {
    "IllegalMove",
    "ModelFailed",
}
"""Errors whose text is fit to be shown: see `domain.refusals`, and `agents.models.asking`."""

_FACTS = frozenset(
    {
        "args",
        "blob_id",
        "from_mailbox_id",
        "key",
        "kind",
        "mailbox_id",
        "message_id",
        "modseq",
        "outbox_id",
        "recipient",
        "sender",
        "stage",
        "status",
        "task_id",
        "thread_id",
        "transient",
        "uid",
        "user_id",
    }
)
"""What of a letter's payload is shown: ids, addresses and numbers."""


def outbox_page(
    tx: Tx, reach: Reach, *, status: Status | None, recipient: str | None, before: str | None, limit: int
) -> list[OutboxRow]:
    """What leaves, newest first, behind the id of the page before."""
    return rows.outbox_page(tx, reach.tenant_id, status=status, recipient=recipient, before=before, limit=limit)


def retry(tx: Tx, reach: Reach, row_id: str) -> OutboxRow:
    """Try it now: what has failed begins anew, what waits for its next attempt need not. Raises NotFound, BadInput."""
    row = within.outbox_row(tx, reach, row_id)
    if row.status == "queued":
        # What was never tried is held by its author, to be taken back or for a time of their choice.
        if not rows.hurry(tx, row.id, clock.now()):
            raise BadInput("this message has not been tried yet; it leaves when its time comes")
        payload = {"outbox_id": row.id, "channel": row.channel}
        events.append(tx, OUTBOX_QUEUED, row.id, payload, correlation_id=row.correlation_id)
    else:
        outbox.retry(tx, row.id)
    audit.note(tx, reach.by, "outbox.retried", resource=row.id, tenant_id=row.tenant_id)
    return outbox.load(tx, row.id)


def cancel(tx: Tx, reach: Reach, row_id: str) -> OutboxRow:
    """Take it out of the queue. Raises NotFound, BadInput."""
    reach.check_changes()
    row = within.outbox_row(tx, reach, row_id)
    cancelled = outbox.cancel(tx, row.id)
    audit.note(tx, reach.by, "outbox.cancelled", resource=row.id, tenant_id=row.tenant_id)
    return cancelled


def letters(
    tx: Tx, reach: Reach, *, source: str | None, replayed: bool, before: str | None, limit: int
) -> tuple[list[tuple[DeadLetter, str | None]], str | None]:
    """Dead letters within reach, newest first, each with its tenant, and the id to go on behind (None: there is no more).

    A page of a tenant's may be short, or empty, while there are more behind it: letters do not know whose they are until asked.
    """
    ids = rows.letters_before(tx, before, source=source, replayed=replayed, limit=LOOKED_AT)
    found: list[tuple[DeadLetter, str | None]] = []
    for position, letter_id in enumerate(ids):
        letter = dead_letters.find(tx, letter_id)
        whose = rows.tenant_of_letter(tx, letter)
        if reach.covers(whose):
            found.append((letter, whose))
        if len(found) == limit:
            more = position + 1 < len(ids) or len(ids) == LOOKED_AT
            return found, letter_id if more else None
    return found, ids[-1] if len(ids) == LOOKED_AT else None


async def replay(core: Core, reach: Reach, letter_id: str, all_letters: DeadLetters) -> tuple[DeadLetter, str | None]:
    """Offer a letter again. Raises NotFound, BadInput (it was before), TryLater."""

    def look(tx: Tx) -> tuple[DeadLetter, str | None]:
        letter = within.letter(tx, reach, letter_id)
        return letter, rows.tenant_of_letter(tx, letter)

    _, whose = await core.read(look)

    def noted(tx: Tx) -> None:
        audit.note(tx, reach.by, "dead-letter.replayed", resource=letter_id, tenant_id=whose)

    return await all_letters.replay(letter_id, along=noted), whose


async def resolve(core: Core, reach: Reach, letter_id: str, all_letters: DeadLetters) -> tuple[DeadLetter, str | None]:
    """Say that a letter needs nothing more. Raises NotFound, BadInput (it was replayed or resolved before), TryLater."""

    def look(tx: Tx) -> tuple[DeadLetter, str | None]:
        letter = within.letter(tx, reach, letter_id)
        return letter, rows.tenant_of_letter(tx, letter)

    _, whose = await core.read(look)

    def noted(tx: Tx) -> None:
        audit.note(tx, reach.by, "dead-letter.resolved", resource=letter_id, tenant_id=whose)

    return await all_letters.resolve(letter_id, by=reach.by.name, along=noted), whose


def error_of(letter: DeadLetter) -> str:
    """Why it was given up, in words that quote no mail."""
    if letter.source == "outbox":
        return letter.error  # what the other server said
    name, colon, text = letter.error.partition(":")
    kind = name.strip().rpartition(".")[2]
    if not kind.isidentifier():
        return letter.error if letter.error.startswith("started ") else "an error; the logs have its text"
    if kind in _SPOKEN and colon:
        return f"{kind}:{text}"
    return f"{kind} (the logs have its text)"


def facts_of(letter: DeadLetter) -> dict[str, str]:
    """What the letter is about: ids and addresses."""
    nested = letter.payload.get("payload")
    known: dict[str, Any] = {**letter.payload, **(nested if isinstance(nested, dict) else {})}
    return {
        name: (", ".join(map(str, value)) if isinstance(value, list) else str(value))[:MAX_VALUE]
        for name, value in sorted(known.items())
        if name in _FACTS and value is not None
    }
