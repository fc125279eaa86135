"""Editing: what a person does to one of their mails."""

from __future__ import annotations

from typing import Any

import pytest

from mailwright.core import Core, tasks
from mailwright.core.accounts import Account
from mailwright.core.outreach import batches, editing, turns, views
from mailwright.domain import clock
from mailwright.domain.outreach import Limits, QueueStatus, SentState
from mailwright.domain.refusals import BadAddress, BadInput, NotFound
from mailwright.domain.tasks import TaskStatus
from mailwright.storage import Tx, audit
from mailwright.storage import outreach as rows
from mailwright.storage.outreach import Outreach
from tests.core.outreach.conftest import ADA, Make, MakeBatch, finished

BODY = "Dear Dr. Okafor,\n\nYou moved to Graz in 2024. Could we talk?"
SENTENCES = [
    {"text": "Dear Dr. Okafor,", "paragraph": 0, "state": "plain", "sources": []},
    {
        "text": "You moved to Graz in 2024.",
        "paragraph": 1,
        "state": "verified",
        "sources": [{"number": 1, "quote": "moved to Graz in 2024"}],
    },
    {"text": "Could we talk?", "paragraph": 1, "state": "own", "sources": []},
]


@pytest.fixture
def written(core: Core, make: Make) -> Outreach:
    """A mail of Ada's that the scribe has written."""
    made = make(email="amara@uni.example")

    def finish(tx: Tx) -> Outreach:
        values = {"body": BODY, "sentences": SENTENCES, "is_confident": True, "because": "all of it is shown"}
        finished(tx, made.id, original={"subject": "Tidal energy", "body": BODY}, **values)
        found = rows.by_id(tx, made.id)
        assert found is not None
        return found

    return core.database.write_now(finish)


def _edit(core: Core, account: Account, known: Outreach, **changes: Any) -> Outreach:
    return core.database.write_now(lambda tx: editing.edit(tx, account, known.id, by=ADA, **changes))


def _noted(core: Core) -> list[str]:
    found = core.database.read_now(lambda tx: audit.listing(tx, actor=ADA.name))
    return [entry.action for _, entry in reversed(found)]


def test_a_changed_sentence_loses_its_evidence_and_has_it_back_when_it_is_put_back(
    core: Core, ada: Account, written: Outreach
) -> None:
    changed = _edit(core, ada, written, text=BODY.replace("2024", "2023"), subject="Tides")
    assert changed.subject == "Tides"
    assert [each["state"] for each in changed.sentences] == ["plain", "edited", "own"]
    assert (changed.is_confident, changed.why) == (
        False,
        "a sentence was changed by hand: nothing but its owner stands behind that",
    )
    assert changed.edited_at is not None
    assert (changed.original["body"], changed.original["subject"]) == (BODY, "Tidal energy")
    back = _edit(core, ada, changed, text=BODY.replace("\n", "\r\n"))
    assert list(back.sentences) == SENTENCES
    assert (back.is_confident, back.why) == (True, "all of it is shown")
    assert _noted(core) == ["outreach.edited"] * 2


def test_what_is_the_same_is_no_edit_and_another_address_is_none_of_the_text(
    core: Core, ada: Account, written: Outreach
) -> None:
    assert _edit(core, ada, written, text=BODY, subject="Tidal energy", email="amara@uni.example") == written
    changed = _edit(core, ada, written, email="a.okafor@uni.example")
    assert (changed.email, changed.edited_at, changed.is_confident) == ("a.okafor@uni.example", None, True)


def test_edits_that_cannot_be_are_refused(core: Core, ada: Account, bashir: Account, written: Outreach) -> None:
    for changes in ({"text": " ... "}, {"subject": ""}, {"text": "x" * 40_001}, {"subject": "x" * 301}):
        with pytest.raises(BadInput):
            _edit(core, ada, written, **changes)
    with pytest.raises(BadAddress):
        _edit(core, ada, written, email="nowhere")
    with pytest.raises(NotFound):
        _edit(core, bashir, written, subject="Mine")


@pytest.mark.parametrize("state", [SentState.QUEUED, SentState.ASKED, SentState.SENT])
def test_a_mail_on_its_way_keeps_its_text(core: Core, ada: Account, written: Outreach, state: SentState) -> None:
    core.database.write_now(lambda tx: rows.update(tx, written.id, now=clock.now(), sent_state=state.value))
    with pytest.raises(editing.NotNow):
        _edit(core, ada, written, subject="Other")
    if state is not SentState.SENT:
        with pytest.raises(editing.NotNow):
            core.database.write_now(lambda tx: editing.delete(tx, ada, written.id, by=ADA))


def test_a_mail_that_is_not_written_has_no_text_to_change_but_an_address(core: Core, ada: Account, make: Make) -> None:
    made = make()
    with pytest.raises(editing.NotNow):
        _edit(core, ada, made, subject="Early")
    assert _edit(core, ada, made, email="later@uni.example").email == "later@uni.example"


def test_a_deleted_mail_is_out_of_sight_and_can_be_had_back(
    core: Core, ada: Account, bashir: Account, written: Outreach
) -> None:
    def listed(deleted: bool) -> list[str]:
        wanted = views.Wanted(deleted=deleted)
        return [each.id for each in core.database.read_now(lambda tx: views.listing(tx, ada, wanted))]

    with pytest.raises(NotFound):
        core.database.write_now(lambda tx: editing.delete(tx, bashir, written.id, by=ADA))
    for _ in range(2):
        core.database.write_now(lambda tx: editing.delete(tx, ada, written.id, by=ADA))
    assert (listed(deleted=False), listed(deleted=True)) == ([], [written.id])
    with pytest.raises(NotFound, match="deleted"):
        _edit(core, ada, written, subject="Other")
    for _ in range(2):
        back = core.database.write_now(lambda tx: editing.restore(tx, ada, written.id, by=ADA))
        assert (back.deleted_at, back.status) == (None, TaskStatus.COMPLETE)
    assert listed(deleted=False) == [written.id]
    assert _noted(core) == ["outreach.deleted", "outreach.restored"]


def test_a_mail_that_was_not_begun_is_cancelled_or_deleted_and_asked_for_again(
    core: Core, ada: Account, make: Make
) -> None:
    made = make()
    for _ in range(2):
        gone = core.database.write_now(lambda tx: editing.cancel(tx, ada, made.id, by=ADA))
        assert (gone.queue, gone.because) == (QueueStatus.CANCELLED, "its owner cancelled it")
    for _ in range(2):
        back = core.database.write_now(lambda tx: editing.again(tx, ada, made.id, by=ADA))
        assert (back.queue, back.generation) == (QueueStatus.PENDING, 2)
    core.database.write_now(lambda tx: editing.delete(tx, ada, made.id, by=ADA))
    assert core.database.read_now(lambda tx: tasks.get(tx, made.id)).status is TaskStatus.CANCELLED
    assert _noted(core) == ["outreach.cancelled", "outreach.asked_again", "outreach.deleted"]


def test_a_mail_at_work_is_cancelled_and_what_is_written_is_neither_cancelled_nor_written_again(
    core: Core, ada: Account, make: Make, written: Outreach
) -> None:
    made = make()
    core.database.write_now(lambda tx: turns.take(tx, Limits(), clock.now()))
    with pytest.raises(editing.NotNow, match="being written"):
        core.database.write_now(lambda tx: editing.again(tx, ada, made.id, by=ADA))
    gone = core.database.write_now(lambda tx: editing.cancel(tx, ada, made.id, by=ADA))
    assert gone.queue is QueueStatus.CANCELLED
    for verb in (editing.cancel, editing.again):
        with pytest.raises(editing.NotNow, match="written already"):
            core.database.write_now(lambda tx, verb=verb: verb(tx, ada, written.id, by=ADA))  # type: ignore[misc]


def test_a_mail_of_a_cancelled_batch_is_not_tried_again(core: Core, ada: Account, make_batch: MakeBatch) -> None:
    batch = make_batch(2)
    core.database.write_now(lambda tx: batches.cancel(tx, ada, batch.id, by=ADA))
    (first, _) = core.database.read_now(lambda tx: views.listing(tx, ada, views.Wanted(batch_id=batch.id)))
    with pytest.raises(batches.Cancelled):
        core.database.write_now(lambda tx: editing.again(tx, ada, first.id, by=ADA))
