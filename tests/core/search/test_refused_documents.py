"""A document that the search engine will not have, or cannot: it holds up no other, and whoever searches is not misled."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from opensearchpy.exceptions import ConnectionError as NoConnection
from opensearchpy.exceptions import TransportError
from opensearchpy.serializer import JSONSerializer

from mailwright.codecs.search.document import Document, Exact
from mailwright.core import reindexing, tryingagain
from mailwright.core.attachmenttext import AttachmentReader
from mailwright.core.extraction import Extractor
from mailwright.core.reindexing import Keeper, Progress, rebuild, refresh
from mailwright.storage import open_blobs
from mailwright.storage.search import OVERLOADED, Refused
from mailwright.storage.search.folder import SearchFolder
from mailwright.storage.search.opensearch import bulk, mapping
from mailwright.storage.search.opensearch.engine import PAUSE_SECONDS, Address, Engine, EngineFailed
from tests.contracts.test_search_contract import letter
from tests.core import files
from tests.core.search.conftest import Desk, with_file

PDF = "application/pdf"


class _Limited:
    """What takes `octets` in one request, says `status` to more, and refuses documents one by one as `judge` says."""

    def __init__(
        self, octets: int, status: int, judge: Callable[[dict[str, Any]], int | None] = lambda _: None
    ) -> None:
        self.transport = SimpleNamespace(serializer=JSONSerializer())
        self._octets, self._status, self._judge = octets, status, judge
        self.kept: dict[str, dict[str, Any]] = {}
        self.requests = 0

    def bulk(self, body: str, **_: object) -> dict[str, Any]:
        self.requests += 1
        if len(body) > self._octets:
            raise TransportError(self._status, "rejected_execution_exception", {})
        lines = [json.loads(line) for line in body.splitlines()]
        answers = []
        for action, source in zip(lines[::2], lines[1::2], strict=True):
            ((op, told),) = action.items()
            status = self._judge(source)
            if status is None:
                self.kept[told["_id"]] = source
                answers.append({op: {"_id": told["_id"], "status": 201}})
            else:
                error = {"type": "mapper_parsing_exception", "reason": "it says: confidential"}
                answers.append({op: {"_id": told["_id"], "status": status, "error": error}})
        return {"items": answers}


def _entries(*lengths: int) -> list[mapping.Json]:
    return [
        {
            "_op_type": "index",
            "_index": "current",
            "_id": str(number),
            "_source": {**mapping.entry(letter()), "body": "b" * length},
        }
        for number, length in enumerate(lengths)
    ]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "WAITS", (0.0, 0.0))
    monkeypatch.setattr(bulk, "LONG", 10_000)


@pytest.mark.parametrize("status", [413, 429])
@pytest.mark.usefixtures("hasty")
def test_what_is_too_long_for_the_engine_holds_up_no_other(status: int) -> None:
    engine = _Limited(50_000, status)
    written = bulk.write(engine, _entries(*[5_000] * 20, 80_000, *[5_000] * 20), visible=True)  # type: ignore[arg-type]
    assert written.all_there
    assert list(written.refused) == ["20"]
    assert (written.refused["20"] == OVERLOADED) is (status == 429)
    assert set(engine.kept) == {str(number) for number in range(41)}
    assert engine.kept["20"]["long"]
    assert "body" not in engine.kept["20"]
    assert engine.kept["19"]["body"] == "b" * 5_000


@pytest.mark.usefixtures("hasty")
def test_an_engine_that_has_too_much_to_do_is_asked_seldom() -> None:
    for lengths in ([5_000] * 500, [20_000] * 8):
        engine = _Limited(0, 429)
        with pytest.raises(EngineFailed) as failed:
            bulk.write(engine, _entries(*lengths), visible=True)  # type: ignore[arg-type]
        assert failed.value.is_away
        assert engine.requests < 20
        assert not engine.kept


@pytest.mark.parametrize("status", [401, 403, 400, 500])
@pytest.mark.usefixtures("hasty")
def test_what_is_refused_to_every_document_is_the_indexes_fault(status: int) -> None:
    with pytest.raises(EngineFailed) as failed:
        bulk.write(_Limited(10**9, 0, lambda _: status), _entries(100, 100), visible=True)  # type: ignore[arg-type]
    assert failed.value.status == status
    assert "confidential" not in str(failed.value)


def test_no_answer_says_nothing_about_a_document() -> None:
    engine = _Limited(10**9, 0)

    def hang_up(body: str, **_: object) -> dict[str, Any]:
        raise NoConnection("N/A", "reset", OSError())

    engine.bulk = hang_up  # type: ignore[method-assign]
    with pytest.raises(NoConnection):
        bulk.write(engine, _entries(100), visible=True)  # type: ignore[arg-type]


def test_no_entry_is_longer_than_engines_take() -> None:
    words = " ".join(f"λέξη{number}" for number in range(400_000))
    once = letter(attached="α" * 2_000_000)
    for text in (Exact(words, words), Exact("\x01" * 3_000_000, "")):
        long = replace(once, text=text, body=words, attached=words)
        sent = mapping.entry(long)
        assert len(json.dumps(sent, ensure_ascii=False).encode()) <= mapping.MAX_ENTRY
        assert sent["long"]
        assert sent["body"]
    short = mapping.entry(letter("budget"))
    assert not short["long"]
    assert "bud" in short["text_grams"]


async def test_a_message_the_index_will_not_have_is_noted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = await desk.put("budget one"), await desk.put("budget two")
    for name in ("apply", "fill"):
        honest = getattr(SearchFolder, name)

        def refuse(self: SearchFolder, documents: Sequence[Document], *more: Any, honest: Any = honest) -> Refused:
            honest(self, [one for one in documents if one.message_id != first], *more)
            return {first: "too long"} if any(one.message_id == first for one in documents) else {}

        monkeypatch.setattr(SearchFolder, name, refuse)

    async def told(_: Progress) -> None:
        return

    async def see() -> None:
        assert await desk.unsettled() == [1]  # SEARCH reads it
        assert await desk.ids("budget") == [second]

    await desk.index_now()
    await see()
    await rebuild(desk.core, desk.index, Progress("x"), told, gentle=False)
    await see()
    await refresh(desk.core, desk.index, desk.account().id, Progress("y"), told)
    await see()
    monkeypatch.undo()
    await refresh(desk.core, desk.index, desk.account().id, Progress("z"), told)
    assert await desk.unsettled() == []
    assert set(await desk.ids("budget")) == {first, second}


async def test_what_the_engine_had_no_room_for_is_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await desk.put(raw=with_file("notes.txt", "text/plain", b"confidential annexes", subject="budget"))
    other, honest = await desk.put("budget"), SearchFolder.apply

    def full(self: SearchFolder, documents: Sequence[Document], removed: Sequence[str]) -> Refused:
        honest(self, [one for one in documents if one.message_id != first], removed)
        return {first: OVERLOADED} if any(one.message_id == first for one in documents) else {}

    monkeypatch.setattr(reindexing, "AGAIN_SECONDS", 0.0)
    extractor = Extractor()
    keeper = Keeper(desk.core, desk.index, AttachmentReader(desk.core, desk.index, extractor))
    with monkeypatch.context() as crowded:
        crowded.setattr(SearchFolder, "apply", full)
        await desk.index_now()
        crowded.setattr(tryingagain, "WAIT", 0)
        assert await keeper.look()
        assert await desk.unsettled() == [1]  # SEARCH reads it
        assert await desk.ids("budget") == [other]
    assert not await keeper.look()  # it was noted anew just now
    monkeypatch.setattr(tryingagain, "WAIT", 0)
    assert await keeper.look()
    assert not await keeper.look()
    assert await desk.unsettled() == []
    assert set(await desk.ids("budget")) == {first, other}
    assert await desk.ids("annexes") == [first]
    await extractor.close()


def test_while_an_engine_hangs_one_asks_and_the_others_do_without() -> None:
    engine = Engine(Address(("http://127.0.0.1:9",), seconds=30))
    with pytest.raises(EngineFailed):
        engine.ask(lambda client: client.info())
    assert engine._again_at > 0
    engine._again_at -= PAUSE_SECONDS  # the pause is over
    answered, asked = threading.Event(), count()
    waiting = threading.Event()

    def hang(_: object) -> int:
        waiting.set()
        answered.wait(60)
        return next(asked)

    first = threading.Thread(target=lambda: engine.ask(hang))
    first.start()
    assert waiting.wait(60)
    for _ in range(5):
        with pytest.raises(EngineFailed, match="a moment ago"):
            engine.ask(hang)
    answered.set()
    first.join(60)
    assert engine.ask(hang) == 1  # it is back, and everybody asks


async def test_what_came_damaged_is_read_again(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.core.blobs = open_blobs(desk.core.database, f"file://{tmp_path / 'octets'}", inline_bytes=0)
    first = await desk.put(raw=with_file("report.pdf", PDF, files.pdf("confidential annexes"), subject="budget"))
    (path,) = (tmp_path / "octets").rglob("*.eml")
    honest = path.read_bytes()
    extractor = Extractor()
    reader = AttachmentReader(desk.core, desk.index, extractor)
    monkeypatch.setattr(tryingagain, "UNREADABLE_WAIT", 0)
    await desk.index_now()
    path.write_bytes(honest[::-1])
    assert first in await reader.read_all([first])
    assert await desk.unsettled() == [1]
    assert await tryingagain.try_again(desk.core, desk.index, reader)
    assert await desk.unsettled() == [1]
    path.write_bytes(honest)
    assert await tryingagain.try_again(desk.core, desk.index, reader)
    assert await desk.unsettled() == []
    assert await desk.ids("annexes") == [first]
    await extractor.close()
