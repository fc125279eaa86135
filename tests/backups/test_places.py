"""Where backups go: a bucket, with whose keys; and that it is told when none is made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from mailwright.core import Core, backups, nightlybackup
from mailwright.domain.clock import DAY, SECOND
from mailwright.domain.ids import new_id
from mailwright.settings import BadSettings, Settings
from mailwright.storage.backup.places import open_place
from mailwright.storage.objectblobs import ObjectOptions
from mailwright.stores import backup_options
from tests.servers import program
from tests.servers.s3 import BUCKET, Meddler

PASSPHRASE = "correct horse battery"
OWN_KEYS = {"backup_access_key_id": "backups", "backup_secret_access_key": "b"}


def _told(*words: str, settings: dict[str, object]) -> Any:
    done = program.run(*words, "--json", settings=settings)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.server
def test_backups_in_a_bucket_take_the_keys_of_messages_from_a_file_or_keys_of_their_own(
    embedded: Core, data_folder: Path, meddler: Meddler, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of messages\n")
    settings: dict[str, object] = {
        "data": data_folder,
        "blob_url": f"s3://{BUCKET}/mail",
        "blob_former_urls": f"file://{data_folder}",
        "blob_endpoint": meddler.endpoint,
        "blob_region": "us-east-1",
        "blob_access_key_id": "messages",
        "blob_secret_access_key_file": secret,
        "backup_url": f"s3://{BUCKET}/backups/{new_id()}",
        "backup_passphrase": PASSPHRASE,
    }
    _told("backup", settings=settings)
    assert {_signer(headers) for _, _, headers in meddler.seen} == {"messages"}
    assert {headers["x-amz-checksum-sha256"] for method, _, headers in meddler.seen if method == "PUT"}
    meddler.seen.clear()
    settings |= {"backup_access_key_id": "backups", "backup_secret_access_key_file": secret}
    second = _told("backup", settings=settings)
    assert second["added"] < 30_000
    assert _told("backup", "verify", settings=settings)["ok"]
    assert _told("restore", "--user", "ada@example.org", "--dry-run", settings=settings)["failed"] == 0
    assert len(_told("backup", "prune", "--keep", "last=1", settings=settings)["backups"]) == 1
    listed = _told("backup", "list", settings=settings)
    assert [(each["name"], each["ours"]) for each in listed] == [(second["name"], True)]
    there = {_signer(headers) for _, path, headers in meddler.seen if "backups" in path}
    assert there == {"backups"}
    keys = {"region": "us-east-1", "access_key_id": "a", "secret_access_key": "b"}
    place = open_place(str(settings["backup_url"]), ObjectOptions(endpoint=meddler.endpoint, **keys))
    first = place.get("mailwright-backup.json")
    place.put_new("mailwright-backup.json", b"of one that was late")
    assert place.get("mailwright-backup.json") == first
    meddler.without = 501  # no conditions known there
    place.put_new("mailwright-backup.json", b"of one that was late")
    place.put_new("another.json", b"new")
    assert (place.get("mailwright-backup.json"), place.get("another.json")) == (first, b"new")


def _signer(headers: dict[str, str]) -> str:
    return headers["authorization"].partition("Credential=")[2].partition("/")[0]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ("https://minio", "here", "messages", "m", True, "sse-s3")),
        (OWN_KEYS, ("https://minio", "here", "backups", "b", True, "none")),
        ({"backup_region": "there"}, ("https://minio", "there", "messages", "m", True, "none")),
        ({"backup_endpoint": "https://elsewhere"}, ("https://elsewhere", None, None, None, False, "none")),
        (
            {"backup_endpoint": "https://elsewhere", **OWN_KEYS},
            ("https://elsewhere", None, "backups", "b", False, "none"),
        ),
        ({"blob_url": "az://container"}, (None, None, None, None, False, "none")),
        ({"blob_url": "file:///folder", **OWN_KEYS}, ("https://minio", "here", "backups", "b", True, "none")),
        (
            {"blob_encryption": "sse-c", "blob_encryption_key": "a" * 43 + "="},
            ("https://minio", "here", "messages", "m", True, "none"),
        ),
    ],
    ids=[
        "as messages",
        "own keys",
        "own region",
        "elsewhere",
        "elsewhere with keys",
        "another kind",
        "folder",
        "sse-c",
    ],
)
def test_another_service_gets_nothing_that_belongs_to_that_of_messages(
    tmp_path: Path, given: dict[str, Any], expected: tuple[object, ...]
) -> None:
    authority = tmp_path / "ca.pem"
    authority.touch()
    of_messages = {
        "blob_url": "s3://mail",
        "blob_endpoint": "https://minio",
        "blob_region": "here",
        "blob_access_key_id": "messages",
        "blob_secret_access_key": "m",
        "blob_ca_file": authority,
        "blob_encryption": "none" if given.get("blob_url", "").startswith("az") else "sse-s3",
    }
    found = backup_options(Settings(data=tmp_path, **of_messages | given), "s3://kept")
    assert found is not None
    where = (found.endpoint, found.region, found.access_key_id, found.secret_access_key)
    assert (*where, found.ca == authority, found.encryption) == expected
    assert found.encryption_key is None
    assert backup_options(Settings(data=tmp_path, **of_messages | given), "/mnt/backups") is None


def test_keys_of_backups_are_given_both_or_neither(tmp_path: Path) -> None:
    for alone in OWN_KEYS:
        with pytest.raises(BadSettings, match=r"backup_secret_access_key|backup_access_key_id"):
            Settings(data=tmp_path, backup_url="s3://kept", **{alone: OWN_KEYS[alone]})
    assert Settings(data=tmp_path, backup_url="az://kept", backup_access_key_id="account").backup_access_key_id


async def test_who_is_to_make_the_daily_backup_and_knows_no_place_for_it_says_so() -> None:
    nightlybackup.configure(None, None)  # type: ignore[arg-type] # nobody looks at it
    with capture_logs() as logs:
        assert await nightlybackup.make_one() == ""
    assert [(each["event"], each["log_level"]) for each in logs] == [("backup.not_made", "warning")]


def test_that_no_backup_was_ever_made_is_told_where_one_is_to_be_made_every_day(
    embedded: Core, data_folder: Path, place: str
) -> None:
    def age(*, daily: bool) -> float:
        backups.age_seconds.set(-1)
        backups.publish(embedded.database.read_now(backups.measure), daily=daily)
        found: float = backups.age_seconds._value.get()
        return found

    embedded.database.write_now(lambda tx: tx.execute("UPDATE tenants SET created_at = created_at - ?", (3 * DAY,)))
    assert age(daily=False) == -1
    assert age(daily=True) >= 3 * DAY / SECOND
    backups.make(embedded, data_folder, place)
    assert 0 <= age(daily=False) < DAY / SECOND
