"""Held mail: what agents have written for a person and not sent yet, because it is held for a while or the stop switch is thrown.

Called by the dashboard. Promises: only the person it was written for sees and takes it back, and only what nobody was sent; what was
taken back is not in the agent's Sent any more, so that the agent does not believe to have said it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.codecs import mime
from mailwright.core import Core, outbox
from mailwright.core.expunge import expunge
from mailwright.domain import clock
from mailwright.domain.ids import is_id
from mailwright.domain.refusals import BadInput, NotFound
from mailwright.storage import Tx, audit, sentcopies
from mailwright.storage import messages as message_rows
from mailwright.storage import outbox as rows
from mailwright.storage.audit import Actor
from mailwright.storage.outbox import OutboxRow

MAX_LISTED = 200
HEADER_OCTETS = 32 * 1024  # of a message, to find its subject


@dataclass(frozen=True, slots=True)
class Held:
    """One message to one recipient that waits. `stopped`: by the stop switch, else until `next_attempt_at`."""

    row: OutboxRow
    subject: str
    stopped: bool


async def listing(core: Core, user_id: str) -> list[Held]:
    """What waits for a person, oldest first. Raises TryLater."""

    def read(tx: Tx) -> list[tuple[OutboxRow, bool]]:
        now = clock.now()
        waiting = [row for row in rows.of_agents(tx, served_id=user_id, limit=MAX_LISTED) if row.attempts == 0]
        found = [(row, rows.is_stopped(tx, row.id)) for row in waiting]
        return [(row, stopped) for row, stopped in found if stopped or row.next_attempt_at > now]

    found = await core.read(read)
    subjects = await _subjects(core, [row.blob_id for row, _ in found])
    return [Held(row, subjects.get(row.blob_id, ""), stopped) for row, stopped in found]


async def _subjects(core: Core, blob_ids: Sequence[str]) -> dict[str, str]:
    wanted = list(dict.fromkeys(blob_ids))
    heads = await core.blobs.read_many([(blob_id, 0, HEADER_OCTETS) for blob_id in wanted])
    return {blob_id: mime.parse(head).subject for blob_id, head in zip(wanted, heads, strict=True) if head is not None}


def cancel(tx: Tx, row_id: str, *, user_id: str, by: Actor) -> OutboxRow:
    """Take one back: it is never sent. Raises NotFound (somebody else's, too), and BadInput when it has left or was tried."""
    row = rows.by_id(tx, row_id) if is_id(row_id) else None
    if row is None or not row.agent or user_id not in (row.served_id, row.user_id):
        raise NotFound("there is no such message")
    if row.status != "queued" or row.attempts:
        raise BadInput("this message cannot be taken back any more: it has left, or somebody was faster")
    cancelled = outbox.cancel(tx, row.id)
    if row.user_id is not None and not rows.still_leaving(tx, row.user_id, row.blob_id):
        _unsay(tx, row, row.user_id)
    audit.note(tx, by, "agent-mail.taken-back", resource=row.message_id, tenant_id=row.tenant_id)
    return cancelled


def _unsay(tx: Tx, row: OutboxRow, agent_user_id: str) -> None:
    """Nobody gets it: neither does the archive, and it was never sent."""
    for archived in rows.archived_with(tx, [row.blob_id]):
        outbox.cancel(tx, archived.id)
    copies = message_rows.with_ids(tx, sentcopies.with_blob(tx, agent_user_id, row.blob_id))
    expunge(tx, copies, because="it was taken back before it left")
