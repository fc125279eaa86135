"""Blobs on disk where something else happens at the same time."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from mailwright.domain.refusals import BadInput, NotFound, TryLater
from mailwright.storage import durablefiles
from mailwright.storage.blobplaces import DiskBlobs


def test_a_file_is_named_only_when_every_folder_above_it_is_durable(tmp_path, monkeypatch):
    """Somebody else may have made the folder a moment ago and not have fsynced it yet."""
    synced = []
    monkeypatch.setattr(durablefiles, "sync_folder", lambda folder: synced.append(folder))
    (tmp_path / "blobs" / "t" / "2026").mkdir(parents=True)
    DiskBlobs(tmp_path).put("blobs/t/2026/a.eml", b"x")
    assert {tmp_path, tmp_path / "blobs", tmp_path / "blobs" / "t", tmp_path / "blobs" / "t" / "2026"} <= set(synced)


def test_later_files_of_a_folder_cost_one_fsync_of_it(tmp_path, monkeypatch):
    store = DiskBlobs(tmp_path)
    store.put("blobs/t/2026/a.eml", b"x")
    synced = []
    monkeypatch.setattr(durablefiles, "sync_folder", lambda folder: synced.append(folder))
    store.put("blobs/t/2026/b.eml", b"x")
    assert synced == [tmp_path / "blobs" / "t" / "2026"]


def test_a_folder_that_was_taken_away_is_made_again(tmp_path):
    store = DiskBlobs(tmp_path)
    store.put("blobs/t/2026/a.eml", b"x")
    store.delete("blobs/t/2026/a.eml")
    os.rmdir(tmp_path / "blobs" / "t" / "2026")
    store.put("blobs/t/2026/b.eml", b"x")
    assert store.get("blobs/t/2026/b.eml", 0, 1) == b"x"


def test_many_threads_make_the_same_folders(tmp_path):
    store = DiskBlobs(tmp_path)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: store.put(f"blobs/t/2026/{n}.eml", b"x"), range(64)))
    assert len(list(store.keys())) == 64


def test_a_disk_that_cannot_be_read_now_is_no_missing_message(tmp_path):
    store = DiskBlobs(tmp_path)
    (tmp_path / "blobs" / "a.eml").mkdir(parents=True)  # reading it is an error that is not "there is none"
    with pytest.raises(TryLater):
        store.get("blobs/a.eml", 0, 1)


@pytest.mark.parametrize(
    "key", ["blobs/../../other/x", "/etc/x", "other/x.eml", "blobs/t/.hidden", "blobs//x", "blobs/x\n"]
)
def test_a_key_leads_nowhere_but_below_the_folder_of_blobs(tmp_path, key):
    """Rows may come out of a backup that somebody made up."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x").write_bytes(b"somebody else's")
    store = DiskBlobs(tmp_path / "inner")
    (tmp_path / "inner" / "blobs").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BadInput):
        store.put(key, b"x")
    with pytest.raises(NotFound):
        store.get(key, 0, 1)
    store.delete(key)
    assert store.sizes([key]) == {}
    assert sorted(tmp_path.rglob("*")) == before
