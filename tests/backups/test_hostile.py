"""Backups that somebody made up: what they name is checked before anything is written or held."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from mailwright.core import Core, backups, restoring
from mailwright.storage import open_blobs, open_database
from mailwright.storage.backup import loading
from mailwright.storage.backup.contents import Contents, Table
from mailwright.storage.backup.opening import opened
from mailwright.storage.backup.repository import Repository, open_repository
from mailwright.storage.backup.sealing import LEVEL, MAX_PIECE, Damaged
from mailwright.storage.migrate import HEAD, migrate


def _changed(repository: Repository, change: Callable[[Contents], None]) -> Repository:
    """The newest backup with contents of somebody else's: without a passphrase anybody can name and seal pieces."""
    summary = repository.summary()
    contents = repository.contents(summary)
    change(contents)
    repository.finish(contents, summary)
    repository.close()
    return repository


def _table(contents: Contents, name: str) -> Table:
    return next(each for each in contents.tables if each.name == name)


def _rows(repository: Repository, table: Table, change: Callable[[dict[str, object]], None]) -> None:
    """Change every row of a table."""
    lines = b""
    for piece in table.pieces:
        for line in repository.get(piece).splitlines():
            row = dict(zip(table.columns, json.loads(line), strict=True))
            change(row)
            lines += json.dumps([row[each] for each in table.columns]).encode() + b"\n"
    table.pieces = [repository.put(lines)]


def _restore(repository: Repository, folder: Path) -> None:
    database = f"sqlite:///{folder}/mailwright.db"
    restoring.whole(repository, "latest", folder, database, lambda made: open_blobs(made, f"file://{folder}"))


@pytest.mark.parametrize(
    "lie",
    [
        {"key": "blobs/../../stranger.eml"},
        {"key": "blobs/00000000-0000-7000-8000-000000000000/2026/01/01/x.eml"},
        {"place": "elsewhere"},
    ],
    ids=["out of the folder", "of another tenant", "no place of ours"],
)
def test_a_blob_is_written_where_blobs_of_its_tenant_lie_and_nowhere_else(
    embedded: Core, data_folder: Path, place: str, tmp_path: Path, lie: dict[str, object]
) -> None:
    backups.make(embedded, data_folder, place)
    kept = open_repository(place)
    kept = _changed(kept, lambda contents: _rows(kept, _table(contents, "blobs"), lambda row: row.update(lie)))
    with pytest.raises(Damaged, match="cannot be one of ours"):
        _restore(kept, tmp_path / "second")
    assert not list(tmp_path.rglob("stranger*"))
    assert not (tmp_path / "second" / "mailwright.db").exists()


def _inject(contents: Contents) -> None:
    _table(contents, "users").name = "users (id) SELECT id FROM users; --"


def _cast(contents: Contents) -> None:
    _table(contents, "users").casts = {"email": "text); DROP TABLE users; --"}


def _column(contents: Contents) -> None:
    _table(contents, "users").columns[1] = 'id") SELECT (SELECT 1'


def _hole(contents: Contents) -> None:
    contents.packs[0].damaged = ["' OR '1' = '1"]


def _piece(contents: Contents) -> None:
    contents.packs[0].pieces = ["/../../../../../../dev/zero"]


@pytest.mark.parametrize("lie", [_inject, _cast, _column, _hole, _piece])
def test_nothing_a_backup_names_becomes_sql(
    embedded: Core, data_folder: Path, place: str, tmp_path: Path, lie: Callable[[Contents], None]
) -> None:
    backups.make(embedded, data_folder, place)
    kept = _changed(open_repository(place), lie)
    with pytest.raises(Damaged, match="cannot be read"):
        _restore(kept, tmp_path / "second")


def _only(table: Table, contents: Contents) -> None:
    contents.tables = [table]


@pytest.mark.parametrize("target", ["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def test_rows_go_into_tables_of_ours_only(
    embedded: Core, data_folder: Path, place: str, tmp_path: Path, second: Callable[[str], str], target: str
) -> None:
    backups.make(embedded, data_folder, place)
    kept = open_repository(place)
    catalog = Table("alembic_version", ["version_num"], ["version_num"], 1, [kept.put(b'["9999"]\n')])
    strange = Table("users", ["id", "no_such_column"], ["id"], 0, [])
    url = second(target)
    if target == "sqlite":
        (tmp_path / "second").mkdir()
    migrate(url)
    database = open_database(url)
    try:
        for lie in (catalog, strange):
            kept = _changed(kept, partial(_only, lie))
            with opened(kept, tables=set()) as found, pytest.raises(Damaged, match="of no table"):
                loading.load(database, kept, found, open_blobs(database, f"file://{tmp_path}"), lambda _: None)
        assert database.read_now(lambda tx: tx.scalar("SELECT version_num FROM alembic_version")) == HEAD
    finally:
        database.close()


def _sealed_zeros(octets: int) -> bytes:
    worker = zlib.compressobj(LEVEL)
    return b"".join([*(worker.compress(bytes(1024**2)) for _ in range(octets // 1024**2)), worker.flush()])


def test_lying_pieces_do_not_fill_the_memory(embedded: Core, data_folder: Path, place: str) -> None:
    """What is read of them is bounded before it is checked: by the place, by what it may become, and by how many are held."""
    backups.make(embedded, data_folder, place)
    kept = open_repository(place)
    name = kept.put(b"a piece")
    kept.close()
    path = Path(place) / "pieces" / name[:2] / name
    path.write_bytes(_sealed_zeros(MAX_PIECE + 1024**2))
    with pytest.raises(Damaged, match="longer"):
        kept.get(name)
    with path.open("wb") as file:
        file.truncate(2**32)
    with pytest.raises(Damaged, match="larger than a piece"):
        kept.get(name)


def test_a_short_message_does_not_fetch_every_piece(embedded: Core, data_folder: Path, place: str) -> None:
    backups.make(embedded, data_folder, place)
    kept = open_repository(place)
    tiny, large = kept.put(b"x"), kept.put(bytes(1024**2))

    def lie(contents: Contents) -> None:
        for pack in contents.packs:
            pack.pieces = [tiny, *[large] * 1000]

    with opened(_changed(kept, lie)) as found:
        blob_id = max(found.rows("SELECT id, size FROM blobs"), key=lambda row: row[1])[0]
        with pytest.raises(Damaged, match="not of one size"):
            found.blob(blob_id)
        assert sum(map(len, found._pieces.values())) <= 2 * 1024**2
