"""One index for many processes: who writes over whom, who looks after it, and what an engine that is away costs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mailwright.codecs.search.document import Document, Exact
from mailwright.core import Core, retention, status
from mailwright.core.attachmenttext import AttachmentReader
from mailwright.core.extraction import Extractor
from mailwright.core.indexing import Indexer, read
from mailwright.core.reindexing import Keeper, Progress, progress_of, rebuild
from mailwright.domain import clock
from mailwright.domain.clock import SECOND
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import TryLater
from mailwright.storage import searching
from mailwright.storage.search import IndexFailed
from mailwright.storage.search.opensearch import generations, mapping
from mailwright.storage.search.opensearch.engine import Address, Engine, EngineFailed
from mailwright.storage.search.opensearch.index import OpenSearchIndex
from tests.contracts.test_search_contract import ADA, ask, letter
from tests.core.search.conftest import Desk
from tests.servers_java.opensearch import OpenSearchServer

SLOW = 30.0  # the machine of the tests may be busy


@dataclass
class Machines:
    """Processes of one installation: each has an index object of its own."""

    url: str
    prefix: str
    made: list[OpenSearchIndex]

    def one(self, seconds: float = SLOW, word: str = "") -> OpenSearchIndex:
        index = OpenSearchIndex(Engine(Address((self.url,), seconds=seconds)), self.prefix, word)
        self.made.append(index)
        return index


@pytest.fixture
def machines(opensearch: OpenSearchServer) -> Iterator[Machines]:
    made = Machines(opensearch.url, f"t{new_id()}", [])
    yield made
    for index in made.made:
        index.close()


@pytest.mark.server
def test_a_rebuild_of_one_process_has_what_another_applies(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = machines.one(), machines.one()
    stays, goes, late = letter("budget stays"), letter("budget goes"), letter("budget late")
    one.begin()
    other.apply([late], [goes.message_id])  # no index answers yet: it is in the one to come
    one.fill([stays, goes])
    with pytest.raises(TryLater, match="looks after"):
        other.begin()
    one.finish()
    assert set(ask(other, "budget")) == {stays.message_id, late.message_id}
    assert other.count() == 2
    # A writer that looked before the switch, and writes after it, decides anew.
    before = other._generations.standing()
    one.begin()
    one.finish()
    looks = iter([before])
    honest = other._generations.standing
    monkeypatch.setattr(other._generations, "standing", lambda: next(looks, None) or honest())
    other.apply([stays], [])
    assert ask(one, "budget") == [stays.message_id]
    assert len(honest().all) == 1


@pytest.mark.server
def test_whoever_lost_the_claim_finds_its_generation_gone(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = machines.one(), machines.one()
    assert one.claim()
    assert not other.claim()
    one.begin()
    now = clock.now()
    monkeypatch.setattr(
        generations.clock, "now", lambda: now + generations.LEASE + SECOND
    )  # it was held up for so long
    assert other.claim()
    other.begin()
    with pytest.raises(TryLater, match="another process"):
        one.fill([letter()])
    with pytest.raises(TryLater):
        one.finish()
    other.fill([letter("budget")])
    other.finish()
    assert len(ask(one, "budget")) == 1
    other.close()
    assert one.claim()


@pytest.mark.server
def test_indexes_that_are_not_ours_are_neither_asked_nor_deleted(machines: Machines) -> None:
    index = machines.one()
    foreign, earlier, later = (
        f"{machines.prefix}-search-{number}-{new_id()}" for number in (mapping.VERSION, 0, mapping.VERSION + 1)
    )
    aliases = {f"{machines.prefix}-search-{mapping.VERSION}-current": {}}
    make = index._engine.tell
    make(lambda client: client.indices.create(index=foreign, body={"aliases": aliases}))
    for name, number in ((earlier, 0), (later, mapping.VERSION + 1)):
        body = {"mappings": {"_meta": {"mailwright": number}}}
        make(lambda client, name=name, body=body: client.indices.create(index=name, body=body))  # type: ignore[misc]
    assert index.is_missing()
    with pytest.raises(IndexFailed):
        index.find((), (ADA,), limit=1, newest=False)
    make(lambda client: client.indices.delete_alias(index=foreign, name=next(iter(aliases))))
    index.begin()
    index.finish()
    left = set(make(lambda client: client.indices.get_alias(index=f"{machines.prefix}-search-*")))
    assert {foreign, later} <= left
    assert earlier not in left


@pytest.mark.server
def test_installations_with_one_prefix_do_not_know_each_other(machines: Machines) -> None:
    ours, theirs = machines.one(word="a1"), machines.one(word="b2")
    for index in (ours, theirs):
        assert index.is_missing()
        index.begin()
        index.finish()
    theirs.apply([letter("budget")], [])
    assert ask(ours, "budget") == []
    assert ours.generation() != theirs.generation()
    ours.begin()
    assert theirs.generations() == {theirs.generation()}
    ours.finish()
    assert len(ask(theirs, "budget")) == 1
    ours.write_note("request", {"id": "x"})
    assert theirs.read_note("request") is None


@pytest.mark.server
def test_the_generation_that_answers_is_never_dropped(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    index = machines.one()
    index.begin()
    index.finish()
    index.apply([letter("budget")], [])
    index._generations.drop(index.generation())  # by whoever gave up a moment too late
    assert index.count() == 1
    # The engine does it, and its answer is lost.
    made = index.begin()
    index.fill([letter("budget"), letter("budget")])
    honest = index._engine.tell
    lost: list[object] = []

    def tell(question: Callable[[Any], Any]) -> Any:
        answer = honest(question)
        if answer == {"acknowledged": True} and not lost:
            lost.append(answer)
            raise EngineFailed("it takes too long")
        return answer

    monkeypatch.setattr(index._engine, "tell", tell)
    index.finish()
    assert lost
    assert index.generation() == made
    assert index.count() == 2
    assert index.holds() == {made}
    index.abandon()
    assert index.count() == 2


@pytest.mark.server
def test_a_claim_that_was_answered_twice_is_held(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    index = machines.one()
    assert index.claim()
    honest, seen = index._generations._note, iter([None])  # as before the first of two equal requests
    monkeypatch.setattr(index._generations, "_note", lambda name: next(seen, honest(name)))
    assert index.claim()
    index.begin()
    index._claimed = False  # for a moment it looked as if it were another's
    assert index.claim()
    index.fill([letter("budget")])
    index.finish()
    assert index.count() == 1


@pytest.mark.server
def test_an_engine_that_refuses_to_write_is_tried_again(machines: Machines) -> None:
    index = machines.one()
    index.begin()
    index.finish()
    block = {"index.blocks.write": True}  # as when its disk is full
    index._engine.tell(lambda client: client.indices.put_settings(index=index._generations.current, body=block))
    secret = letter("confidential budget")
    with pytest.raises(TryLater) as refused:
        index.apply([secret], [])
    assert "confidential" not in str(refused.value)
    block = {"index.blocks.write": False}
    index._engine.tell(lambda client: client.indices.put_settings(index=index._generations.current, body=block))
    index.apply([secret], [])
    assert ask(index, "confidential") == [secret.message_id]
    with pytest.raises(IndexFailed) as failed:
        index._asked(lambda client: client.search(index=index._generations.current, body={"query": {"no": "budget"}}))
    assert "budget" not in str(failed.value)


@pytest.mark.server
def test_there_is_no_end_to_how_many_are_found(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailwright.storage.search.opensearch.index.PAGE", 2)
    index = machines.one()
    index.begin()
    index.finish()
    letters = [letter("budget " * (1 + number), day=1 + number) for number in range(5)]
    index.apply(letters, [])
    assert ask(index, "budget", newest=True, limit=4) == [one.message_id for one in letters[:0:-1]]
    assert set(ask(index, "budget")) == {one.message_id for one in letters}
    assert index.holding(ADA, ("text",), "budg").sure == {one.message_id for one in letters}


@pytest.mark.server
def test_a_text_that_is_too_long_for_pieces_may_hold_anything(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapping, "MAX_EXACT", 1_000)
    index = machines.one()
    index.begin()
    index.finish()
    long, half = letter("budget " * 500), replace(letter("half"), text=Exact("half \ud83d a pair", "half a pair"))
    index.apply([long, half], [])
    assert ask(index, "budget") == [long.message_id]
    found = index.holding(ADA, ("text",), "dget")
    assert found.maybe == {long.message_id}
    assert half.message_id in index.holding(ADA, ("text",), "half").sure


@pytest.mark.server
def test_the_facts_of_a_message_stand_for_what_is_refused(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    index = machines.one()
    index.begin()
    index.finish()
    letters = [letter(f"budget secret {number}", day=1 + number) for number in range(5)]
    assert index.apply(letters, []) == {}
    honest, spoilt = mapping.entry, letters[2].message_id

    def entry(document: Document) -> mapping.Json:
        made = honest(document)
        return {**made, "subject": {"of": "nothing"}} if document.message_id == spoilt else made

    monkeypatch.setattr(mapping, "entry", entry)
    changed = [replace(one, body="budget public", text=Exact("public", "public")) for one in letters]
    refused = index.apply(changed, [])
    assert list(refused) == [spoilt]
    assert "400" in refused[spoilt]
    others = {one.message_id for one in letters} - {spoilt}
    assert set(ask(index, "public")) == others
    assert ask(index, "secret") == []
    assert ask(index, "on:2026-05-03") == [spoilt]
    assert index.holding(ADA, ("text",), "publ").sure == others
    assert index.holding(ADA, ("text",), "publ").maybe == {spoilt}
    index.begin()
    assert list(index.fill(changed)) == [spoilt]
    index.finish()
    assert set(ask(index, "public")) == others
    assert index.count() == 5


@pytest.mark.server
def test_an_engine_that_hangs_costs_one_question(machines: Machines, opensearch: OpenSearchServer) -> None:
    steady, hasty = machines.one(), machines.one(seconds=0.5)
    steady.begin()
    steady.finish()
    opensearch.freeze()
    try:
        with pytest.raises(IndexFailed):
            hasty.count()
        with pytest.raises(IndexFailed, match="a moment ago"):
            hasty.count()
        with pytest.raises(TryLater):  # it is not taken for missing
            hasty.is_missing()
        assert hasty.read_note("request") is None
    finally:
        opensearch.thaw()
    hasty._engine._again_at = 0.0
    assert steady.count() == 0


class _Answers(BaseHTTPRequestHandler):
    status, body = 200, b"{}"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.send_response(type(self).status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(type(self).body)))
        self.end_headers()
        self.wfile.write(type(self).body)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - as the library names them

    def log_message(self, *args: object) -> None:
        return


def _fails_well(index: OpenSearchIndex) -> None:
    """Whoever asks does without it, whoever writes comes again."""
    asked: list[Callable[[], object]] = [
        lambda: index.find((), (ADA,), limit=1, newest=False),
        lambda: index.holding(ADA, ("text",), "budget"),
        lambda: index.attached([new_id()]),
        index.count,
        index.size,
    ]
    for ask_it in asked:
        with pytest.raises(IndexFailed):
            ask_it()
    written: list[Callable[[], object]] = [
        lambda: index.apply([letter("confidential")], []),
        index.begin,
        index.is_missing,
        lambda: index.write_note("progress", {}),
    ]
    for write_it in written:
        with pytest.raises(TryLater) as refused:
            write_it()
        assert "confidential" not in str(refused.value)
    assert index.read_note("progress") is None
    assert not index.is_ready


def test_whatever_answers_instead_is_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        for _Answers.status, _Answers.body in (
            (429, b'{"error":{"type":"rejected_execution_exception","reason":"confidential"},"status":429}'),
            (500, b"<html>confidential</html>"),
            (401, b"{}"),
            (200, b"hello"),
            (200, b'{"a":{"b":1}}'),
        ):
            _fails_well(OpenSearchIndex(Engine(Address((url,), "ada", "open sesame", seconds=5)), "t"))
    finally:
        server.shutdown()
        server.server_close()
    assert "confidential" not in caplog.text
    assert "sesame" not in repr(Address((url,), "ada", "open sesame"))
    gone = Engine(Address((url,), seconds=1))
    with pytest.raises(EngineFailed, match="cannot be reached"):
        gone.ask(lambda client: client.info())


@pytest.mark.server
async def test_an_installation_with_it_finds_rebuilds_and_forgets(core: Core, machines: Machines) -> None:
    index, other = machines.one(), machines.one()
    desk = Desk(core, index)
    core.search = index
    first = await desk.put("budget secret")
    extractor = Extractor()
    keeper = Keeper(core, index, AttachmentReader(core, index, extractor))
    stands_by = Keeper(core, other, AttachmentReader(core, other, extractor))
    while await keeper.look():
        pass
    assert not await stands_by.look()
    assert await desk.ids("budget") == [first]
    await desk.index_now()
    # A process that was held up while another one indexed the change writes what it read before, and sees that it is over.
    rows = await core.read(lambda tx: searching.indexable(tx, [first]))
    before = await read(core, other, rows, keep=lambda row: False)
    await retention.redact(core, first)
    await desk.index_now()
    assert await desk.ids("secret") == []
    await Indexer(core, other, gather_seconds=0)._write(before.documents, (), before.blobs)
    assert await desk.ids("secret") == []
    second = await desk.put("budget secret")
    await desk.index_now()
    progress = Progress("x")

    async def told(_: Progress) -> None:
        await retention.redact(core, second)
        await desk.index_now()

    await rebuild(core, index, progress, told, gentle=False)
    assert await desk.ids("secret") == []
    assert set(await desk.ids("hello")) == {first, second}
    assert (await status.of_search(index)).because == "the index has 2 messages"
    assert progress_of(other) is not None
    await keeper.stop()
    assert other.claim()
    await extractor.close()
