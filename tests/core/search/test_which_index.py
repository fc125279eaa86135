"""Which index is believed: whatever happens to the database, the index or their places, no mail is missing without anybody knowing."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from mailwright.codecs.imap import criteria
from mailwright.core import Core, believing, reindexing, retention
from mailwright.core.attachmenttext import AttachmentReader
from mailwright.core.extraction import Extractor
from mailwright.core.narrowing import answers
from mailwright.core.reindexing import REQUEST, Keeper, Progress, ask, rebuild, withdraw
from mailwright.domain import clock
from mailwright.domain.refusals import TryLater
from mailwright.pipeline import Consumers
from mailwright.pipeline.consumers import HandOver
from mailwright.storage import Tx, events, lives, searchindexes
from mailwright.storage.search import IndexFailed
from mailwright.storage.search.folder import SearchFolder
from tests.core import files
from tests.core.search.conftest import Desk, with_file


async def told(_: Progress) -> None:
    """Nobody listens."""


def keeper_of(desk: Desk) -> Keeper:
    return Keeper(desk.core, desk.index, AttachmentReader(desk.core, desk.index, Extractor()))


async def kept(keeper: Keeper) -> None:
    while await keeper.look():
        pass


async def filled(found: list[int]) -> None:
    """Wait until there is one; a busy machine may take its time."""
    async with asyncio.timeout(200):
        while not found:
            await asyncio.sleep(0.02)


async def nobody_looks(core: Core) -> None:
    """Whoever looked after the index is gone."""
    await core.write(lambda tx: searchindexes.tend(tx, searchindexes.noted(tx), 0))


async def narrowed(desk: Desk) -> bool:
    """Whether SEARCH asks the index."""
    return bool(await answers(desk.core, desk.index, desk.mailbox_id(), [criteria.BodyHas("budget")]))


async def noted(core: Core) -> frozenset[str]:
    return await core.read(searchindexes.noted)


async def test_an_index_of_a_moment_that_the_database_has_left_is_made_anew(desk: Desk) -> None:
    await desk.put("budget")
    await desk.index_now()
    assert await narrowed(desk)
    assert (await desk.ask("budget")).complete
    await desk.core.write(lives.renew)  # recovered to an earlier moment: who knows what the index has lost since
    assert not await narrowed(desk)
    assert not (await desk.ask("budget")).complete
    keeper = keeper_of(desk)
    await kept(keeper)
    assert await narrowed(desk)
    assert (await desk.ask("budget")).complete
    assert await desk.unsettled() == []
    await keeper.stop()


async def test_an_index_that_answered_before_another_did_is_made_anew(desk: Desk, tmp_path: Path) -> None:
    await desk.put("budget one")
    await desk.index_now()
    first = desk.index
    other = Desk(desk.core, SearchFolder(tmp_path / "elsewhere"))
    other.mark = desk.mark
    await nobody_looks(desk.core)
    await kept(keeper_of(other))
    late = await other.put("budget two")
    await other.index_now()
    assert await other.unsettled() == []
    other.index.close()
    back = Desk.__new__(Desk)  # the settings of before again; nobody says that the index is believed
    back.core, back.index = desk.core, first
    assert first.is_ready
    assert not await narrowed(back)
    assert not (await back.ask("budget")).complete
    keeper = keeper_of(back)
    await nobody_looks(desk.core)
    await kept(keeper)
    assert late in await back.ids("budget")
    await keeper.stop()


async def test_one_index_is_kept_at_a_time(desk: Desk, tmp_path: Path) -> None:
    new = SearchFolder(tmp_path / "new")  # of another version, or in another place
    reader = AttachmentReader(desk.core, new, Extractor())
    keeper = Keeper(desk.core, new, reader)
    assert not await keeper.look()  # somebody looks after the one of before
    assert not new.is_ready
    await keeper_of(desk).stop()  # it never did: it says nothing
    assert not await keeper.look()
    old = keeper_of(desk)
    assert not await old.look()
    await old.stop()
    await kept(keeper)
    assert await noted(desk.core) == {new.generation()}
    await desk.put(raw=with_file("report.pdf", "application/pdf", files.pdf("annexes"), subject="budget"))
    found = await desk.core.read(lambda tx: events.read(tx, "index", events.START, 10))
    batch = [event for _, event in found.events]
    desk.index = SearchFolder(tmp_path / "search")
    desk.indexer._index = desk.index
    with pytest.raises(HandOver):  # the marks would say of the new one what only the old one has
        await desk.indexer.on_events(batch)
    with pytest.raises(HandOver):
        await AttachmentReader(desk.core, desk.index, Extractor()).on_events(batch)
    assert not await narrowed(desk)
    assert await desk.unsettled() == [1]
    # What was handed out before the new one was begun is not settled afterwards either.
    feeds = believing.feeds
    with pytest.raises(HandOver):
        await desk.core.write(lambda tx: feeds(tx, frozenset({desk.index.generation()})))
    assert await desk.core.read(lambda tx: feeds(tx, None))
    await keeper.stop()


async def test_it_is_said_that_an_index_is_looked_after_where_others_could(desk: Desk) -> None:
    await nobody_looks(desk.core)
    assert await reindexing._hold(desk.core, desk.index)
    is_said = await desk.core.read(lambda tx: searchindexes.is_anothers(tx, (), clock.now()))
    assert is_said is (desk.core.database.dialect != "sqlite"), "embedded there is one process"


async def test_who_cannot_handle_a_group_lets_another_process_do_it(desk: Desk) -> None:
    handled: list[int] = []
    tries: list[int] = []

    async def cannot(batch: object) -> None:
        tries.append(1)
        raise HandOver("not here")

    async def can(batch: object) -> None:
        handled.append(1)

    await desk.put("budget")
    one, other = Consumers(desk.core.database), Consumers(desk.core.database)
    one.subscribe("index", "indexers", cannot)
    other.subscribe("index", "indexers", can)
    await one.start()
    await filled(tries)
    await other.start()
    try:
        await filled(handled)
    finally:
        await other.stop()
        await one.stop()


async def test_a_crash_when_a_rebuild_is_done_leaves_nothing_to_be_believed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.put("budget")
    await desk.index_now()

    def dies(tx: Tx, generation: str) -> bool:
        raise TryLater("the process is killed")

    with monkeypatch.context() as broken:
        broken.setattr(reindexing, "SETTLE_WAITS", ())
        broken.setattr(searchindexes, "complete", dies)
        with pytest.raises(TryLater):
            await rebuild(desk.core, desk.index, Progress("x"), told)
    assert desk.index.is_ready
    assert not await narrowed(desk)
    await desk.put("budget")
    keeper = keeper_of(desk)
    await kept(keeper)
    await desk.index_now()
    assert len(await desk.ids("budget")) == 2
    assert await desk.unsettled() == []
    await keeper.stop()


async def test_a_rebuild_that_is_told_to_stop_at_its_end_is_done(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.put("budget")
    began, goes_on = threading.Event(), threading.Event()
    honest = SearchFolder.finish

    def finish(self: SearchFolder) -> None:
        began.set()
        assert goes_on.wait(60)
        honest(self)

    monkeypatch.setattr(SearchFolder, "finish", finish)
    before = desk.index.generation()
    task = asyncio.create_task(rebuild(desk.core, desk.index, Progress("x"), told))
    await asyncio.to_thread(began.wait, 60)
    task.cancel()
    await asyncio.sleep(0)
    goes_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await noted(desk.core) == {desk.index.generation()} != {before}
    assert len(await desk.ids("budget")) == 1


async def test_a_database_that_is_restarted_at_the_end_costs_no_rebuild(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, complete = [1, 2, 3, 4], searchindexes.complete
    tried: list[str] = []

    def later(tx: Tx, generation: str) -> bool:
        tried.append(generation)
        if away:
            away.pop()
            raise TryLater("the database is away")
        return complete(tx, generation)

    monkeypatch.setattr(searchindexes, "complete", later)
    monkeypatch.setattr(reindexing, "SETTLE_WAITS", (0.0,) * len(reindexing.SETTLE_WAITS))
    await rebuild(desk.core, desk.index, Progress("x"), told)
    assert await noted(desk.core) == {desk.index.generation()}
    # Whoever is told to stop meanwhile does not wait for it.
    away.extend(range(100))
    tried.clear()
    monkeypatch.setattr(reindexing, "SETTLE_WAITS", (10_000.0,))
    task = asyncio.create_task(rebuild(desk.core, desk.index, Progress("x"), told))
    async with asyncio.timeout(200):
        while not tried:
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await noted(desk.core) == frozenset()


async def test_an_index_that_cannot_be_asked_just_now_is_not_made_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.put("budget")
    await desk.index_now()
    before, keeper = desk.index.generation(), keeper_of(desk)

    def generation(self: SearchFolder, *, anew: bool = False) -> str:
        raise IndexFailed("it did not answer a moment ago")

    with monkeypatch.context() as broken:
        broken.setattr(SearchFolder, "generation", generation)
        for _ in range(2):
            with pytest.raises(TryLater, match="a moment ago"):
                await keeper.look()
        with pytest.raises(TryLater, match="a moment ago"):
            await rebuild(desk.core, desk.index, Progress("x"), told)
        assert not await narrowed(desk)
    assert await noted(desk.core) == desk.index.holds() == {before}
    await kept(keeper)
    assert desk.index.generation() == before
    assert await narrowed(desk)
    await keeper.stop()


async def test_texts_of_files_are_taken_only_from_an_index_that_is_believed(desk: Desk) -> None:
    message = await desk.put(raw=with_file("notes.txt", "text/plain", b"confidential annexes"))
    await desk.index_now()
    assert await desk.ids("annexes") == [message]
    old = desk.index.generation()
    await desk.core.write(lives.renew)
    await retention.redact(desk.core, message)  # of which the index of before hears nothing
    await rebuild(desk.core, desk.index, Progress("x"), told)
    assert desk.index.generation() != old
    assert await desk.ids("annexes") == []


async def test_a_request_is_taken_back_only_by_who_made_it(desk: Desk) -> None:
    everybody = ask(desk.index)
    assert ask(desk.index, desk.account().id) == everybody  # which is more than was asked for
    withdraw(desk.index, "another")
    assert desk.index.read_note(REQUEST) == {"id": everybody, "user_id": None}
    withdraw(desk.index, everybody)
    assert desk.index.read_note(REQUEST) is None
    one = ask(desk.index, desk.account().id)
    assert ask(desk.index) != one


async def test_an_index_counts_as_looked_after_for_a_minute(core: Core) -> None:
    def steps(tx: Tx) -> None:
        assert not searchindexes.believes(tx, None)
        assert not searchindexes.begin(tx, "one", None)
        moment = clock.now()
        assert searchindexes.is_anothers(tx, {"two"}, moment)
        assert not searchindexes.is_anothers(tx, {"one", "two"}, moment)
        assert not searchindexes.is_anothers(tx, {"two"}, moment + searchindexes.TENDED)
        assert not searchindexes.needs_tending(tx, {"one"}, moment)
        assert searchindexes.needs_tending(tx, {"one"}, moment + searchindexes.RENEW + clock.SECOND)
        assert searchindexes.complete(tx, "one")
        assert searchindexes.begin(tx, "two", "one")
        assert searchindexes.noted(tx) == {"one", "two"}
        assert searchindexes.believes(tx, "one")
        assert not searchindexes.believes(tx, "two")
        searchindexes.forget(tx, "two")
        assert not searchindexes.complete(tx, "two")
        lives.renew(tx)
        assert searchindexes.noted(tx) == frozenset()
        assert not searchindexes.is_anothers(tx, (), moment)
        assert not searchindexes.begin(tx, "three", "one")
        assert searchindexes.noted(tx) == {"three"}

    core.database.write_now(steps)
