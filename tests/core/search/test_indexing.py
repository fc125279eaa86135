"""The index keeps up: with deliveries, attachments, crashes, and itself being made anew."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from mailwright.codecs.search.document import Document
from mailwright.core import Core, access, appending, attachmenttext, indexing, retention
from mailwright.core.accept import accept
from mailwright.core.attachmenttext import AttachmentReader
from mailwright.core.expunge import expunge_uids
from mailwright.core.extraction import Extracted, Extractor
from mailwright.core.reindexing import Keeper, Progress, ask, progress_of, rebuild, refresh
from mailwright.core.searchwork import SearchWork
from mailwright.domain.envelope import Verdict
from mailwright.domain.events import Event
from mailwright.domain.refusals import TryLater
from mailwright.pipeline import Consumers
from mailwright.storage import events, open_blobs
from mailwright.storage.administration import missing_from_index
from mailwright.storage.messages import Flag
from mailwright.storage.search import Refused
from mailwright.storage.search.folder import SearchFolder
from tests.core import files
from tests.core.conftest import envelope
from tests.core.search.conftest import Desk, with_file

PDF = "application/pdf"


@pytest.fixture
async def extractor() -> AsyncIterator[Extractor]:
    made = Extractor()
    yield made
    await made.close()


async def told(_: Progress) -> None:
    """Nobody listens."""


async def drain(desk: Desk, reader: AttachmentReader) -> None:
    found = await desk.core.read(lambda tx: events.read(tx, "index", events.START, 1_000))
    await reader.on_events([event for _, event in found.events])


async def test_a_delivery_is_found_soon_and_its_attachment_later(desk: Desk) -> None:
    work, consumers = SearchWork(desk.core, desk.index), Consumers(desk.core.database)
    work.subscribe(consumers)
    await consumers.start()
    work.start()
    try:
        for number in range(3):
            raw = with_file("report.pdf", PDF, files.pdf(f"annexes {number}"), subject=f"Budget {number}")
            await accept(desk.core, envelope("ada@mailwright.test"), raw, Verdict())
            await until_found(lambda: desk.ids("budget"), number + 1)
        await until_found(lambda: desk.ids("annexes"), 3)
        await work.measure()
        assert indexing.documents_held._value.get() == 3
    finally:
        await consumers.stop()
        await work.stop()


async def until_found(ask: Callable[[], Awaitable[list[str]]], count: int) -> None:
    """Wait until so many are found; a busy machine may take its time."""
    async with asyncio.timeout(200):
        while len(await ask()) < count:
            await asyncio.sleep(0.02)


async def test_a_damaged_message_holds_up_no_other(desk: Desk, tmp_path: Path) -> None:
    desk.core.blobs = open_blobs(desk.core.database, f"file://{tmp_path / 'octets'}", inline_bytes=0)
    await desk.put("budget", subject="first")
    (damaged,) = (tmp_path / "octets").rglob("*.eml")
    damaged.write_bytes(damaged.read_bytes()[::-1])
    await desk.put("budget", subject="second")
    work, consumers = SearchWork(desk.core, desk.index), Consumers(desk.core.database)
    work.subscribe(consumers)
    await consumers.start()
    try:
        await until_found(lambda: desk.ids("budget"), 1)
    finally:
        await consumers.stop()
    assert [
        because for _, because, _ in desk.core.database.read_now(lambda tx: missing_from_index(tx, None, 10))[1]
    ] == [indexing.UNREADABLE]


async def test_files_are_read_when_the_first_pass_has_been_there(
    desk: Desk, extractor: Extractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The other way round the first pass would put the message without its files over the one with them.
    monkeypatch.setattr(attachmenttext, "PATIENCE_SECONDS", 0.0)
    reader = AttachmentReader(desk.core, desk.index, extractor)
    await desk.put(raw=with_file("report.pdf", PDF, files.pdf("annexes")))
    with pytest.raises(TryLater):
        await drain(desk, reader)
    await desk.index_now()
    await drain(desk, reader)
    assert len(await desk.ids("annexes")) == 1


async def test_a_batch_that_comes_again_changes_nothing(desk: Desk) -> None:
    await desk.put("budget")
    await desk.index_now()
    desk.mark = events.START  # killed after the index was written, before the cursor moved
    await desk.index_now()
    assert desk.index.count() == 1
    assert len(await desk.ids("budget")) == 1


async def test_a_crash_before_the_index_is_written_loses_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.put("budget")

    def dies(*_: object) -> None:
        raise TryLater("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(SearchFolder, "apply", dies)
        with pytest.raises(TryLater):
            await desk.index_now()
    assert desk.mark == events.START
    await desk.index_now()
    assert len(await desk.ids("budget")) == 1


async def test_a_process_that_was_killed_leaves_an_index_that_opens(desk: Desk, tmp_path: Path) -> None:
    await desk.put("budget")
    await desk.index_now()
    # Another writer, as a process that starts while the old one's lock file is still there.
    desk.index._current.close(keep=False)  # type: ignore[union-attr]
    desk.index = SearchFolder(tmp_path / "search")
    desk.indexer = indexing.Indexer(desk.core, desk.index, gather_seconds=0.0)
    await desk.put("budget two")
    await desk.index_now()
    assert len(await desk.ids("budget")) == 2


async def test_progress_follows_the_batches(desk: Desk) -> None:
    await desk.put("one")
    await desk.put("two")
    await desk.index_now(batch=1)
    assert await desk.unsettled() == []
    await desk.put("three")
    assert await desk.unsettled() == [3]


async def test_lag_and_documents_are_measured(desk: Desk) -> None:
    await desk.put("one")
    await desk.indexer.measure()
    assert indexing.lag_seconds._value.get() > 0
    await desk.index_now()
    await desk.indexer.measure()
    assert indexing.documents_held._value.get() == 1


async def test_attachments_are_found_after_the_second_pass(desk: Desk, extractor: Extractor) -> None:
    one = await desk.put(raw=with_file("report.pdf", PDF, files.pdf("Quarterly annexes")))
    two = await desk.put(raw=with_file("notes.txt", "text/plain", b"plain annexes"))
    await desk.index_now()
    assert await desk.ids("annexes") == [two]
    assert set(await desk.ids("promised filename:report OR filename:notes")) == {one, two}
    await drain(desk, AttachmentReader(desk.core, desk.index, extractor))
    found = await desk.ask("annexes quarterly")
    assert [hit.message_id for hit in found.results] == [one]
    assert [found.results[0].snippet.text[a:b] for a, b in found.results[0].snippet.marks] == ["Quarterly", "annexes"]
    assert set(await desk.ids("promised")) == {one, two}


class _Slow(Extractor):
    """An extractor during whose work something happens."""

    def __init__(self, meanwhile: object) -> None:
        super().__init__()
        self.meanwhile = meanwhile
        self.read: list[str] = []

    async def text_of_attachment(self, name: str, media_type: str, data: bytes) -> Extracted:
        self.read.append(name)
        await self.meanwhile()  # type: ignore[operator]
        return Extracted("annexes of a secret")


async def test_a_message_that_goes_while_its_files_are_read_stays_gone(desk: Desk) -> None:
    async def expunge() -> None:
        ada = desk.account()
        desk.core.database.write_now(lambda tx: expunge_uids(tx, access.by_name(tx, ada, "INBOX")))
        await desk.index_now()

    raw = with_file("report.pdf", PDF, files.pdf("x")).replace(b"Subject: See", b"Subject: Do see")
    account = desk.account()
    await appending.append(desk.core, account, desk.mailbox_id(), [appending.Item(raw, flags=int(Flag.DELETED))])
    await desk.index_now()
    await drain(desk, AttachmentReader(desk.core, desk.index, _Slow(expunge)))
    assert desk.index.count() == 0


async def test_a_message_redacted_while_its_files_are_read_stays_redacted(desk: Desk) -> None:
    message = await desk.put(raw=with_file("report.pdf", PDF, files.pdf("x")))
    await desk.index_now()

    async def redact() -> None:
        await retention.redact(desk.core, message)
        await desk.index_now()

    await drain(desk, AttachmentReader(desk.core, desk.index, _Slow(redact)))
    assert await desk.ids("annexes") == []
    assert await desk.ids("promised") == []
    assert await desk.ids("subject:file") == [message]


async def test_files_are_opened_once(desk: Desk) -> None:
    async def nothing() -> None:
        pass

    await desk.put(raw=with_file("report.pdf", PDF, files.pdf("x")))
    await desk.index_now()
    slow = _Slow(nothing)
    reader = AttachmentReader(desk.core, desk.index, slow)
    await drain(desk, reader)
    await drain(desk, reader)  # killed before its cursor moved
    desk.mark = events.START
    await desk.index_now()  # the first pass again keeps what the second found
    assert slow.read == ["report.pdf"]
    assert len(await desk.ids("annexes")) == 1
    await rebuild(desk.core, desk.index, Progress("x"), told)  # and so does another index
    while await reader.catch_up():
        pass
    assert slow.read == ["report.pdf"]
    assert len(await desk.ids("annexes")) == 1


async def test_a_rebuild_has_everything_and_the_old_index_answers_meanwhile(desk: Desk) -> None:
    for number in range(5):
        await desk.put(f"budget {number}", of="ada" if number % 2 else "bashir")
    await desk.index_now()
    redacted = await desk.put("budget secret")
    before = sorted(path.name for path in desk.index._root.iterdir() if path.is_dir())
    steps: list[Progress] = []

    async def meanwhile(progress: Progress) -> None:
        steps.append(progress)
        if len(steps) > 1:  # a slow machine is told of more than once
            return
        assert len(await desk.ids("budget", of="bashir")) == 3
        await desk.put("late budget", of="bashir")
        await retention.redact(desk.core, redacted)
        await desk.index_now()

    progress = Progress("x")
    await rebuild(desk.core, desk.index, progress, meanwhile)
    assert steps
    assert progress.done == progress.total == 7
    assert len(await desk.ids("budget", of="bashir")) == 4
    assert await desk.ids("secret") == []
    after = sorted(path.name for path in desk.index._root.iterdir() if path.is_dir())
    assert len(after) == 1
    assert after != before


async def test_what_changes_behind_the_reader_of_a_rebuild_is_newer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await desk.put("budget secret")
    await desk.index_now()
    honest = SearchFolder.fill
    loop = asyncio.get_running_loop()

    def fill(self: SearchFolder, documents: Sequence[Document]) -> Refused:
        async def redact() -> None:
            await retention.redact(desk.core, message)
            await desk.index_now()

        asyncio.run_coroutine_threadsafe(redact(), loop).result(10)
        return honest(self, documents)

    monkeypatch.setattr(SearchFolder, "fill", fill)
    await rebuild(desk.core, desk.index, Progress("x"), told)
    assert await desk.ids("secret") == []
    assert await desk.ids("hello") == [message]


async def test_a_rebuild_that_breaks_off_leaves_the_old_index(desk: Desk) -> None:
    await desk.put("budget")
    await desk.index_now()

    async def dies(_: Progress) -> None:
        raise TryLater("the process is killed")

    with pytest.raises(TryLater):
        await rebuild(desk.core, desk.index, Progress("x"), dies)
    assert not desk.index.is_filling
    assert len(await desk.ids("budget")) == 1
    left = [path for path in desk.index._root.iterdir() if path.is_dir()]
    assert len(left) == 1


async def test_one_users_mail_is_indexed_again(desk: Desk) -> None:
    await desk.put("budget", of="ada")
    await desk.put("budget", of="bashir")
    progress = Progress("x")
    await refresh(desk.core, desk.index, desk.account().id, progress, told)
    assert progress.done == 1
    assert len(await desk.ids("budget", of="ada")) == 1
    assert (await desk.ask("budget", of="bashir")).results == ()


async def test_a_missing_index_is_made_by_itself(core: Core, tmp_path: Path, extractor: Extractor) -> None:
    index = SearchFolder(tmp_path / "fresh")
    desk = Desk(core, index)
    await desk.put("budget", subject="Budget")
    await desk.index_now()  # into no index: the rebuild will see the row
    assert not (await desk.ask("budget")).complete
    keeper = Keeper(core, index, AttachmentReader(core, index, extractor))
    while await keeper.look():
        pass
    found = await desk.ask("budget")
    assert found.complete
    assert len(found.results) == 1
    assert await desk.unsettled() == []
    progress = progress_of(index)
    assert progress is not None
    assert (progress.state, progress.done, progress.total) == ("done", 1, 1)
    await keeper.stop()


async def test_a_spoilt_index_is_made_anew(desk: Desk, extractor: Extractor) -> None:
    await desk.put("budget")
    await desk.index_now()
    desk.index.close()
    for file in desk.index._root.glob("*/meta.json"):
        file.write_text("{")
    keeper = Keeper(desk.core, desk.index, AttachmentReader(desk.core, desk.index, extractor))
    assert not desk.index.is_ready
    while await keeper.look():
        pass
    assert len(await desk.ids("budget")) == 1
    await keeper.stop()


async def test_a_rebuild_is_asked_for_by_a_note(desk: Desk, extractor: Extractor) -> None:
    await desk.put("budget")
    await desk.index_now()
    asker = SearchFolder(desk.index._root)  # another process: the command line
    request = ask(asker)
    keeper = Keeper(desk.core, desk.index, AttachmentReader(desk.core, desk.index, extractor))
    keeper.start()
    for _ in range(200):
        progress = progress_of(asker)
        if progress is not None and progress.id == request and progress.state == "done":
            break
        await asyncio.sleep(0.05)
    else:
        raise AssertionError("nobody took it up")
    assert asker.count() == 1
    for _ in range(100):
        if asker.read_note("request") is None:
            break
        await asyncio.sleep(0.05)
    assert asker.read_note("request") is None
    await keeper.stop()


async def test_another_version_of_the_index_is_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailwright.storage.search.folder.VERSION", 2)
    assert not SearchFolder(desk.index._root).is_ready


async def test_while_mail_pours_in_the_index_is_written_seldom(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[float] = []
    honest = SearchFolder.apply

    def apply(self: SearchFolder, documents: Sequence[Document], removed: Sequence[str]) -> Refused:
        written.append(time.monotonic())
        return honest(self, documents, removed)

    monkeypatch.setattr(SearchFolder, "apply", apply)
    desk.indexer = indexing.Indexer(desk.core, desk.index, gather_seconds=0.3)
    for number in range(4):
        await desk.put(f"budget {number}")
    await desk.index_now(batch=1)
    assert len(written) == 4
    assert all(later - earlier >= 0.29 for earlier, later in pairwise(written))


async def test_events_of_every_kind_are_understood(desk: Desk) -> None:
    batch = [
        Event(
            1,
            kind,
            "k",
            {"user_id": "u", "modseq": 1, "message_id": "00000000-0000-7000-8000-000000000000", "message_ids": []},
            "",
            0,
        )
        for kind in ("MessageMoved", "MessageRemoved", "MessageChanged", "MessageAppended")
    ]
    commit = await desk.indexer.on_events(batch[:2])
    assert callable(commit)


async def test_the_writer_rests_and_wakes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailwright.storage.search.folder.REST_SECONDS", 0.0)
    await desk.put("budget")
    await desk.index_now()
    desk.index.rest()
    assert desk.index._current is not None
    assert desk.index._current._writer is None
    await desk.put("budget two")
    await desk.index_now()
    assert len(await desk.ids("budget")) == 2
