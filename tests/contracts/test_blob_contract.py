"""What every blob store promises: small blobs in the row, large ones on disk, in S3 or in Azure Blob Storage."""

from pathlib import Path

import pytest

from mailwright.domain.ids import new_id
from mailwright.domain.refusals import NotFound, TryLater
from mailwright.storage import BlobStore, Database, open_blobs
from tests.servers.s3 import BUCKET, S3Server
from tests.servers_node.azurite import Azurite

LARGE = bytes(range(256)) * 2_000
SMALL = b"a small message"


@pytest.fixture(params=["disk", "s3", pytest.param("azure", marks=pytest.mark.server)])
def blobs(request: pytest.FixtureRequest, any_database: Database, data_folder: Path) -> BlobStore:
    if request.param == "disk":
        return open_blobs(any_database, f"file://{data_folder}")
    if request.param == "azure":
        azurite: Azurite = request.getfixturevalue("azurite")
        return open_blobs(any_database, f"az://{BUCKET}", inline_bytes=1000, **azurite.options)
    server: S3Server = request.getfixturevalue("s3_server")
    return open_blobs(any_database, f"s3://{BUCKET}", inline_bytes=1000, **server.options)


TENANT = "01890000-0000-7000-8000-000000000001"


@pytest.mark.parametrize("data", [SMALL, LARGE, b""], ids=["small", "large", "empty"])
async def test_a_blob_reads_back_whole_and_in_pieces(blobs: BlobStore, any_database: Database, data: bytes) -> None:
    staged = await blobs.stage(TENANT, data)
    await any_database.write(lambda tx: blobs.put(tx, staged))
    assert await blobs.read(staged.id) == data
    assert blobs.read_now(staged.id, 3, 10) == data[3:10]
    assert await blobs.read(staged.id, 5) == data[5:]
    assert await blobs.read(staged.id, 0, len(data) + 100) == data


async def test_a_blob_whose_transaction_never_came_is_not_found(blobs: BlobStore) -> None:
    staged = await blobs.stage(TENANT, LARGE)
    with pytest.raises(NotFound):
        await blobs.read(staged.id)
    assert any(key == staged.key for key, _ in blobs.outside_keys())  # the collector sees it


async def test_a_deleted_blob_is_gone_in_both_places(blobs: BlobStore, any_database: Database) -> None:
    staged = await blobs.stage(TENANT, LARGE)
    await any_database.write(lambda tx: blobs.put(tx, staged))
    key = await any_database.write(lambda tx: blobs.delete(tx, staged.id))
    assert key == staged.key
    blobs.delete_outside(key)
    blobs.delete_outside(key)  # again does no harm
    with pytest.raises(NotFound):
        await blobs.read(staged.id)
    assert all(known != key for known, _ in blobs.outside_keys())


async def test_a_small_blob_leaves_nothing_outside(blobs: BlobStore, any_database: Database) -> None:
    before = set(blobs.outside_keys())
    staged = await blobs.stage(TENANT, SMALL)
    await any_database.write(lambda tx: blobs.put(tx, staged))
    assert await any_database.write(lambda tx: blobs.delete(tx, staged.id)) is None
    assert set(blobs.outside_keys()) == before


async def test_bytes_that_vanished_outside_are_not_found(blobs: BlobStore, any_database: Database) -> None:
    staged = await blobs.stage(TENANT, LARGE)
    await any_database.write(lambda tx: blobs.put(tx, staged))
    blobs.delete_outside(staged.key)
    with pytest.raises(NotFound):
        await blobs.read(staged.id)


async def test_an_unreachable_store_says_try_later(database: Database) -> None:
    away = open_blobs(
        database,
        f"s3://{BUCKET}",
        access_key_id="test",
        secret_access_key="test",
        region="us-east-1",
        endpoint="http://127.0.0.1:9",
        client_options={"allow_http": True, "connect_timeout": "1s"},
        retry_config={"max_retries": 0},
    )
    with pytest.raises(TryLater):
        await away.stage(TENANT, LARGE)


async def test_ranges_of_many_blobs_are_read_at_once(blobs: BlobStore, any_database: Database) -> None:
    staged = [await blobs.stage(TENANT, data) for data in (SMALL, LARGE)]
    for each in staged:
        await any_database.write(lambda tx, each=each: blobs.put(tx, each))  # type: ignore[misc]
    lost = await blobs.stage(TENANT, LARGE)  # named by no row
    small, large = (each.id for each in staged)
    found = await blobs.read_many([(small, 2, 7), (large, 1_000, 1_010), (lost.id, 0, 5), (small, 0, len(SMALL))])
    assert found == [SMALL[2:7], LARGE[1_000:1_010], None, SMALL]


async def test_a_key_is_used_once_and_its_size_is_known(blobs: BlobStore) -> None:
    staged = await blobs.stage(TENANT, LARGE)
    day = staged.key.rpartition("/")[0]
    others = [f"{day}/{new_id()}.eml" for _ in range(6)]  # many of one day are listed, few are asked for
    assert blobs.outside.sizes([staged.key, others[0]]) == {staged.key: len(LARGE)}
    assert blobs.outside.sizes([*others, staged.key]) == {staged.key: len(LARGE)}
    blobs.outside.put(staged.key, LARGE)  # the same again does no harm
    if blobs.outside.place == "object":
        with pytest.raises(TryLater):
            blobs.outside.put(staged.key, LARGE[::-1])
    assert blobs.outside.get(staged.key, 0, len(LARGE)) == LARGE
