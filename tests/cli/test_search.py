"""`mailwright search`: what people find, and the index made anew with and without a server."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mailwright.core.attachmenttext import AttachmentReader
from mailwright.core.extraction import Extractor
from mailwright.core.reindexing import Keeper
from mailwright.installation import build_core
from mailwright.settings import load
from mailwright.storage.search.folder import SearchFolder
from tests.cli.conftest import Run, json_of

LETTER = (
    "From: Eve <eve@example.org>\r\nTo: {to}\r\nSubject: Plans {number}\r\nMessage-ID: <{number}@example.org>\r\n\r\n"
    "The budget of Müller.\r\n"
)


@pytest.fixture
def mail(installed: Path, tmp_path: Path, run: Run) -> Path:
    """Three letters in Ada's mailbox."""
    folder = tmp_path / "maildir"
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    for number in range(3):
        text = LETTER.format(to="ada@mailwright.test", number=number)
        (folder / "cur" / f"{number}.x:2,S").write_bytes(text.encode())
    done = run("import", "ada@mailwright.test", str(folder))
    assert done.exit_code == 0, done.output
    return installed


@contextmanager
def server(folder: Path) -> Iterator[None]:
    """The part of a server that looks after the index, and its hold on the data folder."""
    import fcntl

    ready, stop = threading.Event(), threading.Event()

    async def work() -> None:
        core = build_core(load(data=folder))
        index, extractor = SearchFolder(folder / "search"), Extractor()
        keeper = Keeper(core, index, AttachmentReader(core, index, extractor))
        keeper.start()
        ready.set()
        await asyncio.to_thread(stop.wait)
        await keeper.stop()
        await extractor.close()
        core.database.close()

    with (folder / "mailwright.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        thread = threading.Thread(target=lambda: asyncio.run(work()))
        thread.start()
        ready.wait(30)
        try:
            yield
        finally:
            stop.set()
            thread.join(30)


def test_without_an_index_the_headers_are_looked_through(mail: Path, run: Run) -> None:
    found = json_of(run("search", "query", "ada@mailwright.test", "plans"))
    assert (found["total"], found["complete"]) == (3, False)


def test_the_index_is_made_and_asked(mail: Path, run: Run) -> None:
    assert json_of(run("search", "status", "--json"))["ready"] is False
    assert json_of(run("search", "reindex", "--json")) == {"messages": 3, "missing": 0}
    found = json_of(run("search", "query", "ada@mailwright.test", "muller", "budget", "--limit", "2"))
    assert (found["total"], found["complete"], len(found["results"])) == (3, True, 2)
    one = found["results"][0]
    assert [one["snippet"]["text"][start:end] for start, end in one["snippet"]["marks"]] == ["budget", "Müller"]
    more = json_of(run("search", "query", "ada@mailwright.test", "budget", "--limit", "2", "--cursor", found["next"]))
    assert len(more["results"]) == 1
    assert json_of(run("search", "query", "admin@mailwright.test", "budget"))["results"] == []
    status = json_of(run("search", "status", "--json"))
    assert (status["ready"], status["documents"], status["messages"]) == (True, 3, 3)
    assert json_of(run("search", "reindex", "--user", "ada@mailwright.test", "--json"))["messages"] == 3
    assert "3 of 3 messages" in run("search", "status").output


def test_a_server_makes_the_index_when_it_is_asked(mail: Path, run: Run) -> None:
    with server(mail):
        done = run("search", "reindex", "--json")
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout) == {"messages": 3, "missing": 0}
        found = json_of(run("search", "query", "ada@mailwright.test", "budget"))
        assert found["total"] == 3


def test_a_request_that_nobody_takes_up_is_taken_back(mail: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    monkeypatch.setattr("mailwright.cli.search.TOLD_SECONDS", 0.0)
    monkeypatch.setattr("mailwright.cli.search.TAKEN_UP_SECONDS", 0.3)
    with (mail / "mailwright.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run("search", "reindex")
    assert done.exit_code == 1
    assert "no server with the role worker" in done.stderr
    assert not (mail / "search" / "request.json").exists()


def test_what_is_wrong_is_one_line(mail: Path, run: Run) -> None:
    for words in (("query", "nobody@mailwright.test", "x"), ("reindex", "--user", "nobody@mailwright.test")):
        done = run("search", *words)
        assert done.exit_code == 1
        assert len(done.stderr.strip().splitlines()) == 1
    assert run("search", "reindex", "--user", "ada@mailwright.test").exit_code == 1  # there is no index yet
    json_of(run("search", "reindex", "--json"))
    shutil.rmtree(mail / "search")
    assert json_of(run("search", "status", "--json"))["ready"] is False
