"""The reconciler: what is missing, damaged or named by nobody is found, mended where it can be, and settled when it healed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mailwright.core import Core, accept, checkup, reconciling, retention
from mailwright.core.reconciling import Options
from mailwright.domain import clock
from mailwright.domain.envelope import Verdict
from mailwright.storage import divergences, open_blobs
from mailwright.storage import retention as policies
from mailwright.storage.blobplaces import DiskBlobs
from mailwright.storage.retention import START

from .conftest import envelope, letter
from .test_accept import ADA, inbox

BODY = "A long story. " * 200
EVERYTHING = Options(sample=1.0, repair=False)
MENDING = Options(sample=1.0)


@pytest.fixture
def outside(core: Core, tmp_path: Path) -> DiskBlobs:
    """Every message in a folder, none in the database."""
    core.blobs = open_blobs(core.database, f"file://{tmp_path}", inline_bytes=0)
    return DiskBlobs(tmp_path)


async def received(core: Core, count: int, body: Callable[[int], str] = lambda number: f"{BODY}{number}") -> list[str]:
    """The keys of so many messages."""
    for number in range(count):
        raw = letter(f"number {number}", message_id=f"<{number}@example.org>", body=body(number))
        await accept.accept(core, envelope(ADA), raw, Verdict())
    return [row[0] for row in core.database.read_now(lambda tx: tx.all("SELECT key FROM blobs ORDER BY id"))]


async def test_what_is_missing_or_damaged_is_found_told_and_settled_when_it_comes_back(core, outside, tmp_path):
    keys = await received(core, 4)
    (tmp_path / keys[0]).rename(tmp_path / "away")
    whole = (tmp_path / keys[1]).read_bytes()
    (tmp_path / keys[1]).write_bytes(whole[:-1])  # one octet is lost
    (tmp_path / keys[2]).write_bytes(whole[:-1] + b"x")  # one is another: only reading shows it
    shallow = await reconciling.reconcile(core, Options(sample=0.0, repair=False))
    assert (shallow.missing, shallow.damaged, shallow.read) == (1, 1, 0)
    deep = await reconciling.reconcile(core, EVERYTHING)
    assert (deep.looked_at, deep.missing, deep.damaged, deep.repaired) == (4, 1, 2, 0)
    assert deep.open == {"missing": 1, "damaged": 2, "orphaned": 0}
    reconciling.publish(deep.open)
    assert reconciling.divergences_gauge.labels("damaged")._value.get() == 2
    checks = core.database.read_now(lambda tx: list(checkup.contents(tx)))
    assert ("messages", "fail") in {(each.name, each.status) for each in checks}
    (tmp_path / "away").rename(tmp_path / keys[0])
    again = await reconciling.reconcile(core, EVERYTHING)
    assert (again.healed, again.open["missing"], again.open["damaged"]) == (1, 0, 2)


async def test_what_is_kept_elsewhere_too_is_mended(core, outside, tmp_path):
    keys = await received(core, 4, lambda number: BODY)
    raws = [(tmp_path / key).read_bytes() for key in keys]
    assert len({len(raw) for raw in raws}) == 1
    former, backup = tmp_path / "former", tmp_path / "backup"
    for key, raw, place in ((keys[0], raws[0], former), (keys[1], raws[1], backup)):
        (place / key).parent.mkdir(parents=True, exist_ok=True)
        (place / key).write_bytes(raw)
        (tmp_path / key).write_bytes(raw[:-1] + b"?")
    core.blobs = open_blobs(core.database, f"file://{tmp_path}", inline_bytes=0, former=[f"file://{former}"])
    twin = core.blobs.stage_now(core.database.read_now(lambda tx: tx.scalar("SELECT id FROM tenants")), raws[2])
    core.database.write_now(lambda tx: core.blobs.put(tx, twin))
    (tmp_path / keys[2]).unlink()
    (tmp_path / keys[3]).unlink()
    outcome = await reconciling.reconcile(core, Options(sample=1.0, backup=DiskBlobs(backup)))
    assert (outcome.missing, outcome.damaged, outcome.repaired) == (2, 2, 3)
    assert outcome.open == {"missing": 1, "damaged": 0, "orphaned": 0}
    assert [(tmp_path / key).read_bytes() for key in keys[:3]] == raws[:3]
    assert not (tmp_path / keys[3]).exists()  # nobody has that one


async def test_octets_in_rows_are_looked_at_too(core):
    await received(core, 3)
    first, second, _ = (row[0] for row in core.database.read_now(lambda tx: tx.all("SELECT id FROM blobs ORDER BY id")))
    whole = core.blobs.read_now(second)
    core.database.write_now(lambda tx: tx.execute("UPDATE blobs SET data = NULL WHERE id = ?", (first,)))
    core.database.write_now(lambda tx: tx.execute("UPDATE blobs SET data = ? WHERE id = ?", (whole[::-1], second)))
    outcome = await reconciling.reconcile(core, EVERYTHING)
    assert (outcome.missing, outcome.damaged) == (1, 1)


async def test_messages_whose_row_is_gone_are_told(core, outside):
    await received(core, 2)
    _, messages = inbox(core)
    lost = messages[0].blob_id
    core.database.write_now(lambda tx: tx.execute("DELETE FROM blobs WHERE id = ?", (lost,)))
    outcome = await reconciling.reconcile(core, EVERYTHING)
    (found,) = core.database.read_now(lambda tx: divergences.unsettled(tx, START, 10))
    assert (outcome.missing, found.kind, found.blob_id) == (1, "missing", lost)
    core.database.write_now(lambda tx: tx.execute("DELETE FROM messages WHERE blob_id = ?", (lost,)))
    assert (await reconciling.reconcile(core, EVERYTHING)).open["missing"] == 0


async def test_what_nobody_names_is_told_and_left_to_the_collector(core, outside, tmp_path):
    (kept,) = await received(core, 1)
    tenant = core.database.read_now(lambda tx: tx.scalar("SELECT id FROM tenants"))
    unnamed = core.blobs.stage_now(tenant, b"its transaction never came")
    unneeded = core.blobs.stage_now(tenant, b"nobody needs it")
    core.database.write_now(lambda tx: core.blobs.put(tx, unneeded))
    young = await reconciling.reconcile(core, EVERYTHING)
    assert young.orphaned == 0  # their transactions may still come
    old = clock.now() - 2 * retention.STAGED_KEPT
    os.utime(tmp_path / unnamed.key, (old / clock.SECOND,) * 2)
    core.database.write_now(lambda tx: tx.execute("UPDATE blobs SET created_at = ? WHERE id = ?", (old, unneeded.id)))
    told = await reconciling.reconcile(core, EVERYTHING)
    assert (told.orphaned, told.open["orphaned"]) == (2, 2)
    assert (await reconciling.reconcile(core, MENDING)).open["orphaned"] == 2
    core.database.write_now(lambda tx: policies.spare(tx, clock.now() + clock.DAY))  # something was restored
    assert await retention.collect_garbage(core) == 0
    said = {check.name: check for check in core.database.read_now(lambda tx: list(checkup.contents(tx)))}
    assert said["collector"].status == "warn"
    assert (tmp_path / unnamed.key).exists()
    core.database.write_now(lambda tx: policies.spare(tx, clock.now() - 1))
    assert await retention.collect_garbage(core) == 2
    assert (await reconciling.reconcile(core, MENDING)).open["orphaned"] == 0
    assert not (tmp_path / unnamed.key).exists()
    assert (tmp_path / kept).exists()


async def test_it_goes_on_where_it_was_and_a_store_that_is_away_is_no_loss(core, outside, monkeypatch):
    await received(core, 5)
    monkeypatch.setattr(reconciling, "SLICE", 2)
    places: list[str] = []
    await reconciling.reconcile(core, EVERYTHING, told=lambda place, _: places.append(place))
    assert len(places) == 3
    rest = await reconciling.reconcile(core, EVERYTHING, after=places[0])
    assert rest.looked_at == 3
    core.blobs = open_blobs(
        core.database,
        "s3://mailwright-away",
        access_key_id="test",
        secret_access_key="test",
        region="us-east-1",
        endpoint="http://127.0.0.1:9",
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )
    outcome = reconciling.Outcome()
    await reconciling.check_slice(core, EVERYTHING, START, outcome)
    assert (outcome.unreadable, outcome.missing) == (2, 0)
