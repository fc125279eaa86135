"""Object stores that are slow, fail and lie; buckets for tenants, encryption, former places, versions. S3 by moto, Azure by azurite."""

import asyncio
import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from structlog.testing import capture_logs

from mailwright.domain.ids import checksum, new_id
from mailwright.domain.refusals import DamagedBlob, NotFound, TryLater
from mailwright.storage import BlobStore, Database, divergences, open_blobs
from mailwright.storage.blobplaces import DiskBlobs, blob_errors
from mailwright.storage.objectblobs import MULTIPART_BYTES, ObjectBlobs
from mailwright.storage.objectstores import ObjectOptions
from tests.servers.s3 import BUCKET, Meddler, S3Server
from tests.servers_node.azurite import ACCOUNT, KEY, Azurite

TENANT = "01890000-0000-7000-8000-00000000000a"
OTHER = "01890000-0000-7000-8000-00000000000b"
DATA = bytes(range(256)) * 40


def options(endpoint: str, **more: object) -> ObjectOptions:
    given = {"retries": 1, "seconds": 5.0, **more}
    return ObjectOptions(endpoint=endpoint, region="us-east-1", access_key_id="test", secret_access_key="test", **given)


@dataclass
class Service:
    """A service with a meddler in front of it."""

    url: str
    meddler: Meddler
    _given: dict[str, object]

    def options(self, **more: object) -> ObjectOptions:
        return ObjectOptions(**{"retries": 1, "seconds": 5.0, **self._given, **more})


@pytest.fixture(params=["s3", pytest.param("azure", marks=pytest.mark.server)])
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    if request.param == "s3":
        meddler: Meddler = request.getfixturevalue("meddler")
        keys = {"region": "us-east-1", "access_key_id": "test", "secret_access_key": "test"}
        yield Service(f"s3://{BUCKET}/corners", meddler, {"endpoint": meddler.endpoint, **keys})
        return
    azurite: Azurite = request.getfixturevalue("azurite")
    meddler = Meddler(azurite.endpoint.removesuffix(f"/{ACCOUNT}"))
    keys = {"access_key_id": ACCOUNT, "secret_access_key": KEY}
    yield Service(f"az://{BUCKET}/corners", meddler, {"endpoint": f"{meddler.endpoint}/{ACCOUNT}", **keys})
    meddler.stop()


def amazon(server: S3Server) -> object:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    return boto3.client("s3", endpoint_url=server.endpoint, **keys)


def key_of(tenant: str = TENANT) -> str:
    return f"blobs/{tenant}/2026/11/22/{new_id()}.eml"


async def kept(blobs: BlobStore, database: Database, data: bytes = DATA, tenant: str = TENANT) -> tuple[str, str]:
    staged = await blobs.stage(tenant, data)
    await database.write(lambda tx: blobs.put(tx, staged))
    return staged.id, staged.key


@pytest.mark.parametrize(
    ("chosen", "header", "value"),
    [
        ({"encryption": "sse-s3"}, "x-amz-server-side-encryption", "AES256"),
        ({"encryption": "sse-kms", "encryption_key_id": "key-1"}, "x-amz-server-side-encryption", "aws:kms"),
        (
            {"encryption": "sse-c", "encryption_key": base64.b64encode(b"k" * 32).decode()},
            "x-amz-server-side-encryption-customer-algorithm",
            "AES256",
        ),
    ],
    ids=["sse-s3", "sse-kms", "sse-c"],
)
def test_what_is_stored_is_encrypted_as_chosen(meddler, chosen, header, value):
    store = ObjectBlobs(f"s3://{BUCKET}", options(meddler.endpoint, **chosen))
    key = key_of()
    store.put(key, DATA)
    method, _, headers = meddler.seen[-1]
    assert (method, headers[header]) == ("PUT", value)
    if "encryption_key_id" in chosen:
        assert headers["x-amz-server-side-encryption-aws-kms-key-id"] == "key-1"
    assert headers["if-none-match"] == "*"  # it replaces nothing
    assert "x-amz-checksum-sha256" in headers
    assert store.get(key, 0, len(DATA)) == DATA
    if chosen["encryption"] == "sse-c":  # without the key nobody reads it
        assert meddler.seen[-1][2]["x-amz-server-side-encryption-customer-key"] == chosen["encryption_key"]
    assert chosen.get("encryption_key", "never") not in repr(options("http://x", **chosen))


def test_nothing_is_replaced_and_a_lost_answer_does_no_harm(service):
    store = ObjectBlobs(service.url, service.options())
    key = key_of()
    service.meddler.forgetful = 1
    store.put(key, DATA)  # sent again, refused by its condition, and found to be ours
    with pytest.raises(TryLater):
        store.put(key, b"something else")
    assert store.get(key, 0, len(DATA)) == DATA
    store.put(key, b"mended", replace=True)
    assert store.get(key, 0, 100) == b"mended"


@pytest.mark.parametrize("status", [400, 501])
def test_a_store_that_knows_no_condition_is_asked_once_and_keeps_what_it_is_given(meddler, status):
    store = ObjectBlobs(f"s3://{BUCKET}", options(meddler.endpoint))
    meddler.without = status
    first, second = key_of(), key_of()
    with capture_logs() as logs:
        store.put(first, DATA)
        asked = len(meddler.seen)
        store.put(second, DATA)
    assert [entry["event"] for entry in logs] == ["blobs.no_conditional_put"]
    assert len(meddler.seen) == asked + 1
    assert store.get(first, 0, len(DATA)) == store.get(second, 0, len(DATA)) == DATA


def test_what_is_large_goes_in_parts(service):
    store = ObjectBlobs(service.url, service.options())
    key, large = key_of(), b"\x00\x01" * (MULTIPART_BYTES // 2 + 1)
    store.put(key, large)
    assert sum(bool(re.search("partNumber=|comp=block&", path)) for _, path, _ in service.meddler.seen) == 3
    assert store.sizes([key]) == {key: len(large)}
    with pytest.raises(TryLater):
        store.put(key, large[:-1] + b"x")
    assert checksum(store.get(key, 0, len(large))) == checksum(large)


async def test_a_store_that_lies_serves_nothing_and_is_written_down(service, database):
    blobs = open_blobs(database, service.url, options=service.options())
    blob_id, key = await kept(blobs, database)
    service.meddler.lying = True
    with pytest.raises(DamagedBlob):
        await blobs.read(blob_id)
    assert await blobs.read_many([(blob_id, 0, len(DATA))]) == [None]
    for _ in range(200):
        found = await database.read(lambda tx: divergences.unsettled(tx, "", 10))
        if found:
            break
        await asyncio.sleep(0.02)
    assert [(each.kind, each.key, each.blob_id) for each in found] == [("damaged", key, blob_id)]
    service.meddler.lying = False
    assert await blobs.read(blob_id) == DATA
    service.meddler.lying_once = True
    assert await blobs.read(blob_id) == DATA  # it came damaged, and was read again


async def test_a_slow_store_is_not_waited_for_and_a_failing_one_is_asked_again(service, database):
    blobs = open_blobs(database, service.url, options=service.options(seconds=1.0, retries=2))
    service.meddler.failing = 1
    blob_id, _ = await kept(blobs, database)
    before = blob_errors.labels("put", "object")._value.get()
    service.meddler.seconds = 3.0
    with pytest.raises(TryLater):
        await blobs.stage(TENANT, DATA)
    with pytest.raises(TryLater):
        await blobs.read(blob_id)
    assert blob_errors.labels("put", "object")._value.get() == before + 1


async def test_each_tenant_has_a_bucket_and_what_was_elsewhere_is_still_read(s3_server, meddler, database, tmp_path):
    chosen = options(meddler.endpoint)
    folder = open_blobs(database, f"file://{tmp_path}", inline_bytes=0)
    on_disk, disk_key = await kept(folder, database)
    shared = open_blobs(database, f"s3://{BUCKET}/here", options=chosen, former=[f"file://{tmp_path}"])
    in_shared, _ = await kept(shared, database)
    parted = open_blobs(
        database,
        f"s3://{BUCKET}-{{tenant}}/here",
        options=chosen,
        former=[f"s3://{BUCKET}/here", f"file://{tmp_path}"],
    )
    for tenant in (TENANT, OTHER):
        await database.write(lambda tx, t=tenant: tx.insert("tenants", id=t, name=t, created_at=0))
    ours, our_key = await kept(parted, database)
    theirs, their_key = await kept(parted, database, tenant=OTHER)
    assert await asyncio.gather(*(parted.read(each) for each in (on_disk, in_shared, ours, theirs))) == [DATA] * 4
    names = {bucket["Name"] for bucket in amazon(s3_server).list_buckets()["Buckets"]}
    assert {f"{BUCKET}-{TENANT}", f"{BUCKET}-{OTHER}"} <= names
    there = [key for key, _ in parted.outside_keys()]
    assert {disk_key, our_key, their_key} <= set(there)
    parted.delete_outside(disk_key)
    with pytest.raises(NotFound):
        await parted.read(on_disk)
    assert [path for _, path, _ in meddler.seen if re.search(rf"/{BUCKET}-{OTHER}/here/{their_key}", path)]


def test_a_bucket_that_may_not_be_made_is_one_clear_line(meddler):
    store = ObjectBlobs("s3://mail-{tenant}", options(meddler.endpoint))
    store._buckets.make("mail-" + TENANT)
    bad = ObjectBlobs("s3://" + "long" * 9 + "-{tenant}", options(meddler.endpoint))
    with pytest.raises(TryLater, match="could not be made"):
        bad.put(key_of(), DATA)


def test_a_bucket_with_versions_has_what_was_there_before(s3_server):
    client = amazon(s3_server)
    client.create_bucket(Bucket="mailwright-versions")
    client.put_bucket_versioning(Bucket="mailwright-versions", VersioningConfiguration={"Status": "Enabled"})
    store = ObjectBlobs("s3://mailwright-versions/mail", options(s3_server.endpoint))
    key = key_of()
    store.put(key, DATA)
    store.put(key, b"rot", replace=True)
    store.delete(key)  # leaves a marker
    with pytest.raises(NotFound):
        store.get(key, 0, 10)
    assert list(store.keys()) == []
    assert set(store.older(key)) == {b"rot", DATA}
    store.put(key, DATA)  # behind the marker there is room again
    assert store.sizes([key]) == {key: len(DATA)}


def test_sizes_of_many_keys_come_from_few_lists(service, tmp_path):
    store = ObjectBlobs(f"{service.url}/sizes", service.options())
    keys = [key_of() for _ in range(12)]
    for key in keys[::2]:
        store.put(key, DATA)
    service.meddler.seen.clear()
    assert store.sizes(keys) == dict.fromkeys(keys[::2], len(DATA))
    assert len(service.meddler.seen) == 1
    folder = DiskBlobs(Path(tmp_path))
    folder.put(keys[1], b"abc")
    assert folder.sizes(keys) == {keys[1]: 3}
