"""Restoring what was interrupted, into places that are in use, and for people who are not those of the backup any more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mailwright.core import Core, CoreSettings, backups, restoring
from mailwright.domain.clock import now
from mailwright.domain.refusals import AlreadyExists
from mailwright.installation import build_core
from mailwright.pipeline import engineschema
from mailwright.settings import load
from mailwright.storage import open_blobs, open_database
from mailwright.storage import retention as policies
from mailwright.storage.backup.repository import Repository, open_repository
from mailwright.storage.migrate import current_revision
from tests.backups.conftest import fill, listing
from tests.servers.postgresql import PostgresqlServer

PASSPHRASE = "correct horse battery"
ANOTHER_KEY = b"the key of an installation that works"


def _core(url: str, folder: Path) -> Core:
    database = open_database(url)
    return Core(database, open_blobs(database, f"file://{folder}"), CoreSettings())


def _restore(kept: Repository, url: str, folder: Path) -> None:
    restoring.whole(
        kept,
        "latest",
        folder,
        url,
        lambda database: open_blobs(database, f"file://{folder}"),
        make_engine=engineschema.make,
    )


@pytest.mark.server
def test_a_restore_into_postgresql_that_was_killed_is_no_installation_and_is_begun_again(
    postgresql_server: PostgresqlServer,
    data_folder: Path,
    place: str,
    tmp_path: Path,
    second: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = postgresql_server.fresh_database(engine=True)  # with rows of the engine's
    core = _core(source, data_folder)
    fill(core)
    (data_folder / "secret.key").write_bytes(b"k" * 32)
    backups.make(core, data_folder, place, passphrase=PASSPHRASE)
    kept, url, folder = open_repository(place, PASSPHRASE), second("postgresql"), tmp_path / "second"

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    folder.mkdir()
    key = folder / "secret.key"
    key.write_bytes(ANOTHER_KEY)
    with pytest.raises(AlreadyExists, match="not that of the backup"):
        _restore(kept, url, folder)
    assert key.read_bytes() == ANOTHER_KEY
    assert current_revision(url) is None, "nothing was begun"
    key.unlink()
    for step in ("migrate", "_begin_anew"):
        with monkeypatch.context() as patched:
            patched.setattr(restoring, step, killed)
            with pytest.raises(KeyboardInterrupt):
                _restore(kept, url, folder)
        with pytest.raises(AlreadyExists, match="restore has begun"):
            build_core(load(data=folder, database_url=url))
        assert not key.exists()
    _restore(kept, url, folder)
    again = _core(url, folder)
    try:
        assert listing(again) == listing(core)
        assert again.database.read_now(policies.spared_until) > now()
        assert key.read_bytes() == b"k" * 32
    finally:
        again.database.close()
        core.database.close()
        postgresql_server.drop(source)
    with pytest.raises(AlreadyExists, match="people"):
        _restore(kept, url, folder)
