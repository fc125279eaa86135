"""Labelling: what an owner said here of a mail elsewhere is shown there, too.

A consumer of the stream `labels` (group `labellers`) and a small workflow: other services are asked outside of transactions. Mail in a
mailbox here is labelled where it is corrected (`core.triage`), and the label that goes with a first judgement is classify's.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailwright.agents.assistant.parts import opened, parts
from mailwright.agents.assistant.stepping import RETRIES, hindrance
from mailwright.agents.attempts import worth_repeating
from mailwright.agents.policy import Grant
from mailwright.core import Core, assistants
from mailwright.core import triage as triaging
from mailwright.domain import clock
from mailwright.domain.events import TRIAGE_CHANGED, Event
from mailwright.domain.refusals import NotFound
from mailwright.domain.triage import Category
from mailwright.pipeline import Commit, Flows, Handler, Request, step, workflow
from mailwright.storage import Tx, triage
from mailwright.storage.triage import Item

STREAM, GROUP = "labels", "labellers"
SLICE = 200  # ids asked for at once
ROUNDS = 5  # that somebody may change their mind while a label is being set


def on_changed(core: Core, flows: Flows) -> Handler:
    """The consumer: corrected mail elsewhere gets its label by a workflow."""

    async def handle(batch: Sequence[Event]) -> Commit | None:
        newest = {
            item_id: event.id
            for event in batch
            if event.kind == TRIAGE_CHANGED
            for item_id in event.payload.get("item_ids", ())
        }
        ids = sorted(newest)
        wanted: list[Item] = []
        for start in range(0, len(ids), SLICE):
            part = ids[start : start + SLICE]
            found = await core.read(lambda tx, part=part: triage.known(tx, part))  # type: ignore[misc]
            wanted += [each for each in found.values() if _is_due(each)]
        return await flows.hand_off(
            [
                Request(
                    show_label, (each.id,), id=f"assistant-label:{each.id}:{newest[each.id]}", tenant=each.tenant_id
                )
                for each in wanted
            ]
        )

    return handle


@workflow(name="assistant-label", lane="notify")
async def show_label(item_id: str) -> bool:
    """Show what the owner said; whether it was done."""
    return await set_label(item_id)


@step(name="assistant.label", retries=lambda: RETRIES["draft"], retry_if=worth_repeating)
async def set_label(item_id: str) -> bool:
    """Raises TryLater, AuthenticationFailed."""
    core = parts().core
    item = await core.write(lambda tx: _begin(tx, item_id))
    if item is None:
        return False
    try:
        async with opened(item.user_id, item.connection_id) as inbox:
            for _ in range(ROUNDS):
                await inbox.show(item, Category(item.category))
                # Who said something else meanwhile may have had that shown already, before this.
                again = await core.write(lambda tx, shown=item.category: _begin(tx, item_id, unless=shown))  # type: ignore[misc]
                if again is None:
                    break
                item = again
    except NotFound:  # the mail is gone, and with it the label
        return False
    return True


def _is_due(item: Item) -> bool:
    said = item.decided_by == triaging.BY_OWNER and item.category != item.shown
    return item.connection_id is not None and bool(item.category) and said


def _begin(tx: Tx, item_id: str, *, unless: str = "") -> Item | None:
    """The mail, when it may be labelled. The row says so before: seen in between, the label is no correction of the owner's."""
    item = triage.by_id(tx, item_id)
    if item is None or item.connection_id is None or item.category in ("", unless):
        return None
    assistant = assistants.serving(tx, item.user_id)
    if assistant is None or hindrance(tx, item, assistant, Grant.ORGANISE):
        return None
    triage.update(tx, item.id, now=clock.now(), shown=item.category)
    return item
