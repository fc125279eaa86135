"""Batches: paused, let go on, cancelled, and how far they are."""

from __future__ import annotations

import pytest

from mailwright.core import Core
from mailwright.core.accounts import Account
from mailwright.core.outreach import batches, turns, views
from mailwright.domain import clock
from mailwright.domain.events import TASK_CHANGED
from mailwright.domain.ids import new_id
from mailwright.domain.outreach import Limits, QueueStatus
from mailwright.domain.refusals import NotFound
from mailwright.storage import audit
from tests.core.outreach.conftest import ADA, Make, MakeBatch, finished


def _take(core: Core, at_once: int = 8) -> list[turns.Taken]:
    return core.database.write_now(lambda tx: turns.take(tx, Limits(at_once=at_once), clock.now()))


def _counts(core: Core, ada: Account, batch_id: str) -> dict[str, int]:
    found = core.database.read_now(lambda tx: batches.progress(tx, [batches.own(tx, ada, batch_id)]))[batch_id]
    return {status.value: count for status, count in found.counts.items() if count}


def test_a_paused_batch_begins_nothing_until_it_goes_on_and_then_tells_who_hands_off(
    core: Core, ada: Account, make_batch: MakeBatch
) -> None:
    made = make_batch(3)
    for _ in range(2):
        assert core.database.write_now(lambda tx: batches.pause(tx, ada, made.id, by=ADA)).paused
    assert _take(core) == []

    def told() -> int:
        return int(
            core.database.read_now(lambda tx: tx.scalar("SELECT COUNT(*) FROM events WHERE kind = ?", (TASK_CHANGED,)))
        )

    before = told()
    for _ in range(2):
        assert not core.database.write_now(lambda tx: batches.resume(tx, ada, made.id, by=ADA)).paused
    assert told() == before + 1
    assert len(_take(core)) == 3
    noted = core.database.read_now(lambda tx: audit.listing(tx, actor=ADA.name))
    assert [entry.action for _, entry in reversed(noted)] == ["batch.paused", "batch.resumed"]


def test_who_let_their_batch_go_on_stands_at_the_end_of_the_round(
    core: Core, ada: Account, bashir: Account, make: Make, make_batch: MakeBatch
) -> None:
    batch = make_batch(3)
    core.database.write_now(lambda tx: batches.pause(tx, ada, batch.id, by=ADA))
    theirs = make(owner=bashir)
    core.database.write_now(lambda tx: batches.resume(tx, ada, batch.id, by=ADA))
    assert _take(core, at_once=1) == [(theirs.id, 1)]


def test_a_cancelled_batch_keeps_what_was_written_and_ends_what_waits(
    core: Core, ada: Account, make_batch: MakeBatch
) -> None:
    made = make_batch(6)
    taken = _take(core, at_once=3)
    core.database.write_now(lambda tx: finished(tx, taken[0][0], is_confident=True))
    for _ in range(2):
        gone = core.database.write_now(lambda tx: batches.cancel(tx, ada, made.id, by=ADA))
        assert gone.cancelled_at is not None
    assert _counts(core, ada, made.id) == {"COMPLETED": 1, "PROCESSING": 2, "CANCELLED": 3}
    assert _take(core) == []
    wanted = views.Wanted(statuses=(QueueStatus.CANCELLED,))
    cancelled = core.database.read_now(lambda tx: views.listing(tx, ada, wanted))
    assert {each.because for each in cancelled} == {batches.CANCELLED}
    history = core.database.read_now(lambda tx: views.history(tx, cancelled[0]))
    assert [(each.status.value, each.detail) for each in history] == [("queued", ""), ("cancelled", batches.CANCELLED)]
    for verb in (batches.pause, batches.resume):
        with pytest.raises(batches.Cancelled):
            core.database.write_now(lambda tx, verb=verb: verb(tx, ada, made.id, by=ADA))  # type: ignore[misc]


def test_progress_counts_where_the_mails_stand_and_how_many_are_confident_and_sent(
    core: Core, ada: Account, make_batch: MakeBatch
) -> None:
    made, other = make_batch(4), make_batch(1, key="other")
    taken = _take(core, at_once=3)
    core.database.write_now(lambda tx: finished(tx, taken[0][0], is_confident=True, sent_state="sent"))
    core.database.write_now(lambda tx: finished(tx, taken[1][0]))
    found = core.database.read_now(lambda tx: batches.progress(tx, batches.listing(tx, ada)))
    assert (found[made.id].confident, found[made.id].sent) == (1, 1)
    assert _counts(core, ada, made.id) == {"COMPLETED": 2, "PROCESSING": 1, "PENDING": 1}
    assert _counts(core, ada, other.id) == {"PENDING": 1}
    assert core.database.read_now(lambda tx: batches.progress(tx, [])) == {}


def test_batches_are_listed_newest_first_page_by_page_and_are_their_owners(
    core: Core, ada: Account, bashir: Account, make_batch: MakeBatch
) -> None:
    made = [make_batch(1, name=f"No {number}") for number in range(5)]
    first = core.database.read_now(lambda tx: batches.listing(tx, ada, limit=3))
    rest = core.database.read_now(lambda tx: batches.listing(tx, ada, before=first[-1].id, limit=3))
    assert [each.id for each in first + rest] == [each.id for each in reversed(made)]
    assert core.database.read_now(lambda tx: batches.listing(tx, bashir)) == []
    assert core.database.read_now(lambda tx: batches.listing(tx, ada, before="nonsense")) == []
    for id in (made[0].id, new_id(), "nonsense"):
        with pytest.raises(NotFound):
            core.database.write_now(lambda tx, id=id: batches.cancel(tx, bashir, id, by=ADA))  # type: ignore[misc]


def test_a_page_as_long_as_the_api_asks_for_says_that_there_is_another(
    core: Core, ada: Account, make_batch: MakeBatch
) -> None:
    for _ in range(101):
        make_batch(1)
    assert len(core.database.read_now(lambda tx: batches.listing(tx, ada, limit=101))) == 101
