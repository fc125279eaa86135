"""Classifying: the step that says what a mail is to its owner, and lets the mail show it.

Gathers, asks the owner's rules and the deterministic layer, and the model for the rest; notes what was found, sets the label, and ends
the task when no draft is due. Runs again as a whole when any of that fails; a mail that was judged is not judged twice, unless a person
asked for that.
"""

from __future__ import annotations

from typing import Any

from mailwright.agents.assistant import ending, standing
from mailwright.agents.assistant.deciding import NEWER, no_draft
from mailwright.agents.assistant.gather import gather
from mailwright.agents.assistant.inbox import Inbox
from mailwright.agents.assistant.judging import judge, note
from mailwright.agents.assistant.parts import opened, parts
from mailwright.agents.assistant.snapshot import Known, Snapshot
from mailwright.agents.assistant.stepping import Settled, Turn, attempted, enter, mails_total, turn
from mailwright.agents.policy import Grant
from mailwright.core import tasks
from mailwright.core import triage as triaging
from mailwright.domain import clock
from mailwright.domain.refusals import NotFound
from mailwright.domain.tasks import Stage
from mailwright.domain.triage import Category, DraftState
from mailwright.storage import Tx, triage
from mailwright.storage import tasks as task_rows
from mailwright.storage.triage import Item


@attempted("classify")
async def classify(item_id: str, generation: int, force: bool) -> dict[str, Any]:
    """`Known` of the mail, as values. Raises StepFailed."""
    core = parts().core
    try:
        found = await core.write(lambda tx: enter(tx, item_id, generation, Grant.READ, Stage.CLASSIFY))
        async with opened(found.item.user_id, found.item.connection_id) as inbox:
            known = await _classify(inbox, found, generation, force=force)
    except Settled as why:
        because = why
        known = Known("", item_id, settled=await core.write(lambda tx: ending.settled(tx, item_id, because)))
    return known.as_values()


async def _classify(inbox: Inbox, found: Turn, generation: int, *, force: bool) -> Known:
    core, item = parts().core, found.item
    snapshot = await gather(inbox, found)
    if not item.category or (force and item.decided_by != triaging.BY_OWNER):
        judged = await judge(found.task, snapshot)
        item = await core.write(lambda tx: note(tx, turn(tx, item.id, generation, Grant.READ), snapshot, judged))
        mails_total.labels(item.category).inc()
    await _show(inbox, item, generation)
    return await core.write(lambda tx: _conclude(tx, snapshot, item.id, generation, force=force))


async def _show(inbox: Inbox, item: Item, generation: int) -> None:
    """The label. What was not granted stays undone, and the row says what the mail is all the same."""

    def may(tx: Tx) -> Category | None:
        found = turn(tx, item.id, generation, Grant.READ)
        if Grant.ORGANISE.value not in found.assistant.grants:
            return None
        if item.connection_id is not None:
            # Before it is put there: seen in between, it is no correction of the owner's.
            triage.update(tx, item.id, now=clock.now(), shown=found.item.category)
        return Category(found.item.category)

    shown, category = None, await parts().core.write(may)
    while category is not None and category is not shown:
        try:
            await inbox.show(item, category)
        except NotFound as refusal:
            raise Settled(str(refusal)) from refusal
        if item.connection_id is None:
            return
        # Who corrected it meanwhile may have had that shown already, before this.
        shown, category = category, await parts().core.write(may)


def _conclude(tx: Tx, snapshot: Snapshot, item_id: str, generation: int, *, force: bool) -> Known:
    """Keep what was gathered for the draft that is due, or end here."""
    found = turn(tx, item_id, generation, Grant.READ)
    because = no_draft(found.item, snapshot.signals, found.assistant, found.threshold)
    if because:
        settled = ending.without_draft(tx, found.item, found.task, because)
        return Known(found.task.id, item_id, settled=settled, hands_on=_older(tx, found.item))
    if not force and found.item.draft_state not in ("", DraftState.NONE.value):
        settled = ending.without_draft(tx, found.item, found.task, "it has its draft already")
        return Known(found.task.id, item_id, settled=settled)
    snapshot_id = _keep(tx, snapshot)
    return Known(
        found.task.id,
        item_id,
        snapshot_id=snapshot_id,
        category=found.item.category,
        confidence=found.item.confidence,
    )


def _keep(tx: Tx, snapshot: Snapshot) -> str:
    return task_rows.add_snapshot(tx, snapshot.task_id, snapshot.model_dump_json(), clock.now())


def _older(tx: Tx, item: Item) -> str:
    """The newest older mail of the conversation that was left to this one, which gets no draft itself; queued again, or nothing."""
    left = [
        each
        for each in standing.others(tx, item)
        if (each.received_at, each.id) < (item.received_at, item.id) and each.draft_because == NEWER
    ]
    if not left:
        return ""
    older = left[-1]
    task = ending.task_of(tx, older.id)
    if task is None or not task.status.is_final:
        return ""
    tasks.requeue(tx, task.id, even_complete=True)
    return older.id
