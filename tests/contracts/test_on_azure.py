"""Backups, a move and the reconciler on Azure Blob Storage, by the commands that offer it. The store itself: test_blob_contract.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mailwright.core import Core, CoreSettings
from mailwright.storage import Database, open_blobs, open_database
from mailwright.storage.objectblobs import ObjectBlobs
from mailwright.storage.objectstores import ObjectOptions
from tests.backups.conftest import fill, listing
from tests.servers import program
from tests.servers.s3 import BUCKET
from tests.servers_node.azurite import ACCOUNT, KEY, Azurite

pytestmark = pytest.mark.server

MAIL = f"az://{BUCKET}/moved"


@pytest.fixture
def settings(azurite: Azurite, data_folder: Path, tmp_path: Path) -> dict[str, object]:
    """An installation in a folder that knows the account."""
    (tmp_path / "key").write_text(KEY)
    return {
        "data": data_folder,
        "blob_endpoint": azurite.endpoint,
        "blob_access_key_id": ACCOUNT,
        "blob_secret_access_key_file": tmp_path / "key",
    }


@pytest.fixture
def before(database: Database, data_folder: Path) -> dict[Any, Any]:
    """Its mail; one message is large and lies in the folder."""
    core = Core(database, open_blobs(database, f"file://{data_folder}"), CoreSettings())
    fill(core)
    found = listing(core)
    database.close()
    return found


def told(*words: object, settings: dict[str, object], status: int = 0) -> Any:
    """What a command answers as JSON."""
    done = program.run(*words, settings=settings)
    assert done.exit_code == status, done.stderr
    return json.loads(done.stdout)


def test_a_backup_in_azure_is_read_back_and_restored(
    settings: dict[str, object], before: dict[Any, Any], tmp_path: Path
) -> None:
    settings |= {"backup_url": f"az://{BUCKET}/backups", "backup_passphrase": "correct horse battery"}
    first = told("backup", "--json", settings=settings)
    assert told("backup", "--json", settings=settings)["added"] < first["added"] / 2
    assert told("backup", "verify", "--json", settings=settings)["ok"]
    assert told("backup", "prune", "--keep", "last=1", "--json", settings=settings)["backups"] == [first["name"]]
    elsewhere = tmp_path / "elsewhere"
    done = told("restore", "--json", settings=settings | {"data": elsewhere, "blob_url": f"az://{BUCKET}/restored"})
    assert done["messages"] == sum(map(len, before.values()))
    assert mail_in(elsewhere, f"az://{BUCKET}/restored", settings) == before


def test_messages_move_to_azure_and_what_is_lost_there_is_found_and_mended(
    settings: dict[str, object], before: dict[Any, Any], data_folder: Path
) -> None:
    moved = told("migrate-store", "--to-blobs", MAIL, settings=settings)
    assert (moved["blobs"]["blobs"], moved["blobs"]["lost"]) == (1, [])
    settings["blob_url"] = MAIL
    assert mail_in(data_folder, MAIL, settings) == before
    store = opened(MAIL, settings)
    ((key, _),) = store.keys()
    whole = store.get(key, 0, 1_000_000)
    look = ("storage", "check", "--deep")
    mend = (*look, "--repair", "--from", data_folder)
    for harm in (lambda: store.delete(key), lambda: store.put(key, whole[:-1] + b"?", replace=True)):
        harm()
        found = told(*look, settings=settings, status=1)
        assert (found["missing"] + found["damaged"], found["repaired"]) == (1, 0)
        assert told(*mend, settings=settings)["repaired"] == 1
        assert store.get(key, 0, 1_000_000) == whole
    assert told(*look, settings=settings)["open"] == {"missing": 0, "damaged": 0, "orphaned": 0}
    assert mail_in(data_folder, MAIL, settings) == before


def opened(url: str, settings: dict[str, object]) -> ObjectBlobs:
    """A place in that account."""
    return ObjectBlobs(
        url, ObjectOptions(endpoint=str(settings["blob_endpoint"]), access_key_id=ACCOUNT, secret_access_key=KEY)
    )


def mail_in(folder: Path, url: str, settings: dict[str, object]) -> dict[Any, Any]:
    """All mail of an installation whose messages are in Azure."""
    options = ObjectOptions(endpoint=str(settings["blob_endpoint"]), access_key_id=ACCOUNT, secret_access_key=KEY)
    database = open_database(f"sqlite:///{folder}/mailwright.db")
    try:
        return dict(listing(Core(database, open_blobs(database, url, options=options), CoreSettings())))
    finally:
        database.close()
