"""Generating: the step that has the text of a draft written, and checks what it claims.

Asks a model, with placeholders for what it need not know; checks every price, date, number and promise of what comes back; keeps the text
beside the snapshot. What leaves the step is an id. Nothing is asked where a draft could not be filed anyway.
"""

from __future__ import annotations

from typing import Any

from mailwright.agents.assistant import ending, standing
from mailwright.agents.assistant.deciding import EDITED, NEWER, NOBODY
from mailwright.agents.assistant.drafting import write
from mailwright.agents.assistant.inbox import Inbox
from mailwright.agents.assistant.keeping import keep_written, load_snapshot
from mailwright.agents.assistant.parts import opened, parts
from mailwright.agents.assistant.snapshot import Known
from mailwright.agents.assistant.stepping import Settled, Turn, attempted, enter
from mailwright.agents.policy import Grant
from mailwright.domain.tasks import Stage
from mailwright.storage import Tx


@attempted("generate")
async def generate(known: dict[str, Any], generation: int) -> dict[str, Any]:
    """`Known` with the id of what was written, as values. Raises StepFailed."""
    core, so_far = parts().core, Known(**known)
    try:
        found = await core.write(lambda tx: enter(tx, so_far.item_id, generation, Grant.DRAFT, Stage.GENERATE))
        snapshot = await load_snapshot(so_far.snapshot_id)
        if not snapshot.to:
            raise Settled(NOBODY, no_draft=True)
        async with opened(found.item.user_id, found.item.connection_id) as inbox:
            await worth_writing(inbox, found)
        written = await write(snapshot)
        advice_id = await keep_written(so_far.task_id, written)
    except Settled as why:
        because = why
        settled = await core.write(lambda tx: ending.settled(tx, so_far.item_id, because))
        return Known(so_far.task_id, so_far.item_id, settled=settled).as_values()
    return Known(**(known | {"advice_id": advice_id})).as_values()


async def worth_writing(inbox: Inbox, found: Turn) -> None:
    """Raises Settled when no draft could be filed: its owner edited the one there is, or a newer mail of the conversation has the turn."""
    if await standing.of_draft(inbox, found.item) == "edited":
        raise Settled(EDITED, no_draft=True)
    await parts().core.read(lambda tx: has_the_turn(tx, found))


def has_the_turn(tx: Tx, found: Turn) -> None:
    """Raises Settled when a newer mail of the conversation has it: one conversation gets one draft."""
    if standing.newer_waits(tx, found.item, standing.others(tx, found.item), found.threshold):
        raise Settled(NEWER, no_draft=True)
