"""Backups that somebody made up: what they name is checked before anything is written or held."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mailwright.core import Core, backups, restoring
from mailwright.storage import open_blobs, open_database
from mailwright.storage.backup.repository import Contents, Repository, Table, open_repository
from mailwright.storage.backup.sealing import Damaged


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


@pytest.mark.parametrize("target", ["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def test_rows_go_into_tables_of_ours_only(
    embedded: Core, data_folder: Path, place: str, tmp_path: Path, second: Callable[[str], str], target: str
) -> None:
    from mailwright.storage.backup import loading
    from mailwright.storage.backup.opening import opened
    from mailwright.storage.migrate import HEAD, migrate

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
            kept = _changed(kept, lambda contents, lie=lie: contents.tables.__setitem__(slice(None), [lie]))
            with opened(kept, tables=set()) as found, pytest.raises(Damaged, match="of no table"):
                loading.load(database, kept, found, open_blobs(database, f"file://{tmp_path}"), lambda _: None)
        assert database.read_now(lambda tx: tx.scalar("SELECT version_num FROM alembic_version")) == HEAD
    finally:
        database.close()
