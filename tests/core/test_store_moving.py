"""Moving a store where more than one host, or more than one move, has to do with it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mailwright.core import storemoving
from mailwright.domain.clock import now
from mailwright.domain.refusals import AlreadyExists, BadInput
from mailwright.installation import build_core
from mailwright.settings import load
from mailwright.storage import open_blobs, open_database, workers
from mailwright.storage.blobcopy import Copied
from mailwright.storage.blobs import open_outside
from mailwright.storage.tablecopy import TableCopy


class _Found(NamedTuple):
    id: str


class _Waiting:
    """Workflows that have not ended, as they are listed."""

    def __init__(self, ids: Iterable[str]) -> None:
        self.ids = list(ids)

    async def find(self, *, status: object, limit: int, offset: int = 0) -> list[_Found]:
        return [_Found(each) for each in self.ids[offset : offset + limit]]

    async def status(self, id: str) -> _Found:
        return _Found(id)


async def test_all_unfinished_work_is_seen_however_much_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storemoving, "PAGE", 2)
    waiting: Any = _Waiting("abcde")
    assert [each.id for each in await storemoving.unfinished(waiting)] == list("abcde")


@pytest.mark.server
def test_all_hosts_of_a_database_know_that_its_messages_are_moved(postgresql_url: str, tmp_path: Path) -> None:
    old, new = f"file://{tmp_path}/old", f"file://{tmp_path}/new"
    database = open_database(postgresql_url)
    try:

        def host(name: str) -> storemoving.Move:
            (tmp_path / name).mkdir(exist_ok=True)
            blobs = open_blobs(database, old)
            return storemoving.Move(tmp_path / name, postgresql_url, old, database, blobs, None, new, open_outside(new))

        def starts(place: str) -> None:
            build_core(load(data=tmp_path / "third", database_url=postgresql_url, blob_url=place)).database.close()

        def comes() -> None:
            database.write_now(lambda tx: workers.sign_in(tx, "door-1", "elsewhere", 1, ("smtp",), now()))

        def goes() -> None:
            database.write_now(lambda tx: workers.sign_out(tx, "door-1"))

        first, second = host("first"), host("second")
        comes()
        with pytest.raises(BadInput, match="door-1"):
            storemoving.begin(first, storemoving.check(first))
        goes()
        starts(old)
        mark = storemoving.begin(first, storemoving.check(first))
        for place in (old, new):
            with pytest.raises(AlreadyExists, match="is being moved"):
                starts(place)
        assert storemoving.check(second) == mark  # any host may go on with it
        comes()  # who was just starting
        with pytest.raises(BadInput, match="door-1"):
            storemoving.finish(second, mark)
        goes()
        storemoving.finish(second, mark)
        with pytest.raises(AlreadyExists, match="was moved"):
            starts(old)
        starts(new)
        told = storemoving.report(second, mark, Copied(), [], 0)["next"]
        assert [each for each in told if f"BLOB_FORMER_URLS={old} " in each]
        storemoving.undo(tmp_path / "third", database)
        with pytest.raises(BadInput):
            storemoving.undo(tmp_path / "third", database)
    finally:
        database.close()


@pytest.mark.server
def test_a_move_neither_empties_nor_releases_what_another_has_filled(sqlite_url: str, postgresql_url: str) -> None:
    def begun(move: str, *, anew: bool = False) -> None:
        work = TableCopy(sqlite_url.removeprefix("sqlite:///"), postgresql_url, move, place="object")
        try:
            work.begin(anew=anew)
        finally:
            work.close()

    def released(move: str) -> None:
        work = TableCopy(sqlite_url.removeprefix("sqlite:///"), postgresql_url, move, place="object")
        try:
            work.release()
        finally:
            work.close()

    begun("one")
    database = open_database(postgresql_url)
    try:
        database.write_now(
            lambda tx: tx.execute("INSERT INTO tenants (id, name, created_at) VALUES (?, 'x', 1)", (_ID,))
        )
        begun("one")
        with pytest.raises(AlreadyExists, match="another move"):
            begun("two")
        released("two")
        begun("one")
        assert database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM tenants")) == 1
        begun("two", anew=True)
        assert database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM tenants")) == 0
        released("one")
        with pytest.raises(AlreadyExists, match="another move"):
            begun("one")
        released("two")
        begun("three")
    finally:
        database.close()


_ID = "00000000-0000-0000-0000-000000000001"
