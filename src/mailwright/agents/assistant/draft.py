"""Drafting: the step that puts the reply into its owner's drafts, once, and ends the task.

In a mailbox here the draft, its row and the end of the task are one transaction, in which everything that may have changed is looked at
again. Elsewhere the draft is looked for by its Message-ID before it is made, so that a repeated step makes no second one. A draft that
nobody edited is replaced by the new one; an edited one never. Nothing is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mailwright.agents.assistant import ending, standing
from mailwright.agents.assistant.composing import NobodyToAnswer, compose
from mailwright.agents.assistant.deciding import EDITED, NEWER, WRITING, no_draft
from mailwright.agents.assistant.generate import has_the_turn
from mailwright.agents.assistant.inbox import Answered, Inbox
from mailwright.agents.assistant.keeping import load_snapshot, load_written
from mailwright.agents.assistant.ours import OurInbox
from mailwright.agents.assistant.parts import opened, parts
from mailwright.agents.assistant.snapshot import Known, Snapshot, Written
from mailwright.agents.assistant.stepping import Settled, Turn, attempted, enter, turn
from mailwright.agents.models import rules
from mailwright.agents.policy import Grant
from mailwright.domain import clock
from mailwright.domain.refusals import NotFound
from mailwright.domain.tasks import Stage
from mailwright.domain.triage import DraftState
from mailwright.storage import Tx, triage
from mailwright.storage.triage import Item


@dataclass(frozen=True, slots=True)
class _Filing:
    """What is about to be filed. `replaces` has the mails whose drafts go, this one's among them: nobody edited those."""

    generation: int
    snapshot: Snapshot
    written: Written
    advice_id: str
    raw: bytes
    header_id: str
    checksum: str
    replaces: tuple[Item, ...]


@attempted("draft")
async def draft(known: dict[str, Any], generation: int) -> str:
    """The status the task has in the end. Raises StepFailed."""
    core, so_far = parts().core, Known(**known)
    try:
        found = await core.write(lambda tx: enter(tx, so_far.item_id, generation, Grant.DRAFT, Stage.DRAFT))
        async with opened(found.item.user_id, found.item.connection_id) as inbox:
            filing = await _prepare(inbox, found, so_far, generation)
            if isinstance(inbox, OurInbox):
                return await _file_here(inbox, found, filing)
            return await _file_elsewhere(inbox, found, filing)
    except Answered as refusal:
        why = Settled(str(refusal), no_draft=True)
    except Settled as refusal:
        why = refusal
    return await core.write(lambda tx: ending.settled(tx, so_far.item_id, why))


async def _prepare(inbox: Inbox, found: Turn, known: Known, generation: int) -> _Filing:
    """Look at the drafts there are, and compose the new one. Raises Settled, NotFound, TryLater, AuthenticationFailed."""
    core = parts().core
    snapshot, written = await load_snapshot(known.snapshot_id), await load_written(known.advice_id)
    header_id = standing.header_id(found.item.id, generation, core.settings.hostname)
    replaces = []
    among = await core.read(lambda tx: standing.others(tx, found.item))
    for each in (found.item, *among):
        if each.draft_header_id == header_id or each.draft_state == DraftState.SENT.value:
            continue
        stands = await standing.of_draft(inbox, each)
        if stands == "edited":
            raise Settled(EDITED if each.id == found.item.id else WRITING, no_draft=True)
        if stands == "ours":
            replaces.append(each)
    try:
        raw = compose(snapshot, written, message_id=header_id)
    except NobodyToAnswer as refusal:
        raise Settled(str(refusal), no_draft=True) from refusal
    checksum = standing.checksum(standing.text_of(raw))
    return _Filing(generation, snapshot, written, known.advice_id, raw, header_id, checksum, tuple(replaces))


async def _file_here(inbox: OurInbox, found: Turn, filing: _Filing) -> str:
    def before(tx: Tx) -> None:
        now_found = _check(tx, found.item.id, filing)
        if inbox.rewritten(tx, now_found.item):
            raise Settled(EDITED if now_found.item.draft_id else WRITING, no_draft=True)

    try:
        return await inbox.file_draft(
            found.item,
            filing.raw,
            filing.header_id,
            lambda tx, draft_id: _note(tx, found.item.id, filing, draft_id),
            before=before,
            replaces=[each.draft_id for each in filing.replaces],
        )
    except NotFound as refusal:
        raise Settled(str(refusal), no_draft=True) from refusal


async def _file_elsewhere(inbox: Inbox, found: Turn, filing: _Filing) -> str:
    core = parts().core
    try:
        draft_id = await inbox.find_draft(found.item, filing.header_id)
        if draft_id is None:
            await core.read(lambda tx: _check(tx, found.item.id, filing))
            draft_id = await inbox.make_draft(found.item, filing.raw, filing.header_id)
    except NotFound as refusal:
        raise Settled(str(refusal), no_draft=True) from refusal
    made = draft_id
    for each in filing.replaces:
        if each.draft_id != made:
            await inbox.remove_draft(each.draft_id)
    return await core.write(lambda tx: _note(tx, found.item.id, filing, made))


def _check(tx: Tx, item_id: str, filing: _Filing) -> Turn:
    """Whether it may be filed now, by everything that may have changed meanwhile. Raises Settled."""
    found = turn(tx, item_id, filing.generation, Grant.DRAFT)
    because = no_draft(found.item, filing.snapshot.signals, found.assistant, found.threshold)
    if because:
        raise Settled(because, no_draft=True)
    has_the_turn(tx, found)
    return found


def _note(tx: Tx, item_id: str, filing: _Filing, draft_id: str) -> str:
    """Write down the draft, that it took others' places, and the end of the task."""
    item = triage.by_id(tx, item_id)
    task = ending.task_of(tx, item_id)
    if item is None or task is None or task.status.is_final:
        return task.status.value if task is not None else ""
    now = clock.now()
    for each in filing.replaces:
        if each.id != item_id:
            triage.update(
                tx,
                each.id,
                now=now,
                draft_state=DraftState.NONE.value,
                draft_id="",
                draft_header_id="",
                draft_because=NEWER,
            )
            ending.tell(tx, each)
    because = _because(filing.written)
    triage.update(
        tx,
        item_id,
        now=now,
        draft_state=DraftState.MADE.value,
        draft_id=draft_id,
        draft_header_id=filing.header_id,
        draft_checksum=filing.checksum,
        draft_because=because,
        claims=[each.model_dump() for each in filing.written.claims],
    )
    noted = triage.by_id(tx, item_id)
    assert noted is not None
    return ending.with_draft(
        tx, noted, task, because=because, model=filing.written.written_by, advice_id=filing.advice_id
    )


def _because(written: Written) -> str:
    gaps = {0: "nothing is left open", 1: "one gap is left for you to fill"}.get(
        written.gaps, f"{written.gaps} gaps are left for you to fill"
    )
    by = "the built-in rules model" if written.written_by == rules.NAME else written.written_by
    told = "; ".join(each for each in (gaps, written.because) if each)
    return f"a reply is due, and {by} wrote one; {told}"
