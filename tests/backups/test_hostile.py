"""Backups that somebody made up: what they name is checked before anything is written or held."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mailwright.core import Core, backups, restoring
from mailwright.storage import open_blobs
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
