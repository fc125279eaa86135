"""Whose a place of blobs is: two installations on one bucket, copies, recoveries, the first start of this version. S3 by moto."""

import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from mailwright.core import Core, CoreSettings, reconciling, recovered, retention, settlement
from mailwright.domain import clock
from mailwright.domain.clock import DAY, HOUR
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import AlreadyExists, BadInput, DamagedBlob, NotFound, TryLater
from mailwright.domain.sending import PermanentFailure
from mailwright.storage import Database, objectblobs, open_blobs, open_database
from mailwright.storage import retention as policies
from mailwright.storage.blobowner import SETTLED_SECONDS, Known, Ownership, refuse_owned
from mailwright.storage.blobplaces import MARK, DiskBlobs, NoPlace
from mailwright.storage.objectblobs import ObjectBlobs
from mailwright.storage.objectstores import ObjectOptions
from tests.servers.s3 import BUCKET, S3Server

TENANT = "01890000-0000-7000-8000-00000000000a"
LARGE = b"large" * 100


class Machines:
    """Installations that meet in one place, and the time that passes for all of them."""

    def __init__(self, server: S3Server, template: Path, folder: Path) -> None:
        self.options = ObjectOptions(
            endpoint=server.endpoint, region="us-east-1", access_key_id="test", secret_access_key="test", retries=1
        )
        self.url = f"s3://{BUCKET}/{new_id()}"
        self.passed = 0.0
        self._template, self._folder = template, folder
        self._made: list[Database] = []

    def core(self, of: Core | None = None, *, url: str = "", former: Sequence[str] = ()) -> Core:
        """A new installation, or a copy of one as it is now."""
        path = self._folder / f"{new_id()}.db"
        if of is None:
            shutil.copy(self._template, path)
        else:
            _copy(of, path)
        return self.process(f"sqlite:///{path}", url=url, former=former)

    def process(self, database_url: str, *, url: str = "", former: Sequence[str] = ()) -> Core:
        """One process of an installation."""
        database = open_database(database_url)
        self._made.append(database)
        blobs = open_blobs(database, url or self.url, options=self.options, former=former, owned=True)
        assert blobs.owner is not None
        blobs.owner.seconds = lambda: self.passed
        blobs.owner.now = lambda: clock.now() + int(self.passed * clock.SECOND)
        return Core(database, blobs, CoreSettings())

    def wait(self, *cores: Core, seconds: float = SETTLED_SECONDS + 60) -> None:
        """Time passes, and the workers of these look every minute."""
        ends = self.passed + seconds
        while self.passed < ends:
            self.passed += 300
            for core in cores:
                owner_of(core).look()

    def close(self) -> None:
        for database in self._made:
            database.close()


def file_of(core: Core) -> str:
    (path,) = core.database.read_now(lambda tx: [row[2] for row in tx.all("PRAGMA database_list") if row[1] == "main"])
    return str(path)


def _copy(core: Core, path: Path) -> None:
    with closing(sqlite3.connect(file_of(core))) as there, closing(sqlite3.connect(path)) as here:
        there.backup(here)


@pytest.fixture
def machines(s3_server: S3Server, sqlite_template: Path, tmp_path: Path) -> Iterator[Machines]:
    made = Machines(s3_server, sqlite_template, tmp_path)
    yield made
    made.close()


def owner_of(core: Core) -> Ownership:
    assert core.blobs.owner is not None
    return core.blobs.owner


def standing(core: Core) -> str:
    return owner_of(core).standing(core.blobs.outside.all[0])


def keep(core: Core) -> str:
    """A message in the place outside; its key."""
    blob = core.blobs.stage_now(TENANT, LARGE)
    core.database.write_now(lambda tx: core.blobs.put(tx, blob))
    return blob.key


async def collect(core: Core, monkeypatch: pytest.MonkeyPatch) -> int:
    """What the nightly sweep removes outside, as if everything were old."""
    monkeypatch.setattr(retention, "STAGED_KEPT", -HOUR)
    return retention._collect_staged(core, clock.now() + HOUR)


async def test_of_two_installations_in_one_place_the_second_does_not_start_and_removes_nothing(machines, monkeypatch):
    first, second = machines.core(), machines.core()
    owner_of(first).begin()
    kept = keep(first)
    with pytest.raises(AlreadyExists, match="mailwright storage claim"):
        owner_of(second).begin()
    machines.wait(first, second)
    assert (standing(first), standing(second)) == ("ours", "anothers")
    assert await collect(second, monkeypatch) == 0
    assert not second.blobs.delete_outside(kept)
    assert first.blobs.read_outside(kept, 0, 5) == LARGE[:5]
    well, because = owner_of(second).said()
    assert not well
    for late in (
        second,
        machines.process(f"sqlite:///{file_of(second)}"),
    ):  # one that looked, and a command that never did
        with pytest.raises(TryLater, match="not this installation's"):
            late.blobs.stage_now(TENANT, LARGE)
    assert "belongs to another" in because
    assert "nothing is removed" in because
    with pytest.raises(BadInput, match="--force"):
        retention.claim(second)
    # The first still does its work.
    left = first.blobs.stage_now(TENANT, LARGE)
    assert await collect(first, monkeypatch) == 1
    assert first.blobs.outside.sizes([kept, left.key]) == {kept: len(LARGE)}


async def test_what_was_staged_is_removed_only_after_a_while_and_what_one_staged_oneself_at_once(machines, monkeypatch):
    core = machines.core()
    left, other = (core.blobs.stage_now(TENANT, LARGE) for _ in range(2))
    assert standing(core) == "ours"
    assert await collect(core, monkeypatch) == 0
    core.blobs.take_back(other)
    assert core.blobs.outside.sizes([left.key, other.key]) == {left.key: len(LARGE)}
    machines.wait(core)
    assert await collect(core, monkeypatch) == 1


async def test_a_copy_of_the_database_is_told_apart_from_its_original(machines, monkeypatch):
    original = machines.core()
    machines.wait(original)
    copy = machines.core(original)  # of this very moment
    kept = keep(original)
    machines.wait(original, seconds=900)
    with pytest.raises(AlreadyExists):
        owner_of(copy).begin()
    assert (standing(original), standing(copy)) == ("ours", "anothers")
    # One that began with the word of now: both see it within minutes, and nobody removes anything.
    young = machines.core(original)
    owner_of(young).begin()
    machines.wait(original, young)
    assert {standing(original), standing(young)} <= {"contested", "anothers"}
    assert await collect(young, monkeypatch) + await collect(original, monkeypatch) == 0
    assert original.blobs.read_outside(kept, 0, 5) == LARGE[:5]
    assert "two installations" in owner_of(original).said()[1]
    # A person says whose it is.
    retention.claim(original)
    assert original.database.read_now(policies.spared_until) > clock.now()
    machines.wait(original, young)
    assert (standing(original), standing(young)) == ("ours", "anothers")
    with pytest.raises(TryLater):
        keep(young)


async def test_a_former_place_is_only_read_unless_it_has_our_mark_or_a_person_claims_it(
    machines, monkeypatch, tmp_path
):
    production = machines.core()
    kept = keep(production)
    machines.wait(production, seconds=60)
    nowhere = f"file://{tmp_path}/elsewhere"
    staging = machines.core(url=f"{machines.url}-staging", former=[machines.url, nowhere])
    copy = machines.core(production, url=f"{machines.url}-copy", former=[machines.url])
    for core in (staging, copy):
        owner_of(core).begin()
    machines.wait(production, staging, copy, seconds=3600)
    assert standing(production) == "ours"
    for core in (staging, copy):
        assert await collect(core, monkeypatch) == 0
        core.blobs.delete_outside(kept)
        assert core.blobs.read_outside(kept, 0, 5) == LARGE[:5]
        assert owner_of(core).said()[0]
        assert set(retention.claim(core)) == {owner_of(core).places[0].address}
    with pytest.raises(BadInput, match="minutes ago"):
        retention.claim(staging, machines.url)
    assert not (tmp_path / "elsewhere").exists()
    with pytest.raises(NoPlace):
        retention.claim(staging, nowhere)
    assert not (tmp_path / "elsewhere").exists()
    # One that was written to under this installation stays its own; one of an older version is claimed by a person.
    url = f"sqlite:///{file_of(production)}"
    old = f"{machines.url}-old"
    machines.process(url, url=old).blobs.outside.put(f"blobs/{TENANT}/left.eml", LARGE)
    moved = machines.process(url, url=f"{machines.url}-new", former=[machines.url, old])
    owner_of(moved).begin()
    machines.wait(moved, seconds=3600)
    assert [owner_of(moved).standing(each) for each in owner_of(moved).places] == ["ours", "ours", "unclaimed"]
    assert f"{old} is read only" in owner_of(moved).said()[1]
    assert moved.blobs.delete_outside(kept)
    with pytest.raises(NotFound):
        moved.blobs.read_outside(kept, 0, 5)
    assert await collect(moved, monkeypatch) == 0
    assert retention.claim(moved, old) == {old: "nobody's"}
    machines.wait(moved, seconds=3600)
    assert await collect(moved, monkeypatch) == 1


def test_a_start_that_meets_the_first_mark_of_another_process_goes_on(machines, monkeypatch):
    core = machines.core()
    owner_of(core).begin()
    place, marked = core.blobs.outside.all[0], [None]
    monkeypatch.setattr(place, "mark", lambda tenant, ask=place.mark: marked.pop() if marked else ask(tenant))
    machines.passed += 61
    owner_of(core).begin()


async def test_messages_of_a_folder_that_is_lost_come_back_from_copies_and_are_not_sent_for_ever(machines, tmp_path):
    core = machines.core(url=f"file://{tmp_path}/place")
    core.database.write_now(lambda tx: tx.insert("tenants", id=TENANT, name="one", created_at=0))
    core.blobs._inline_bytes = 0
    key = keep(core)
    blob_id = core.database.read_now(lambda tx: tx.scalar("SELECT id FROM blobs"))
    (tmp_path / "place").rename(tmp_path / "copies")
    now = clock.now()
    with pytest.raises(DamagedBlob):
        await settlement.octets(core, SimpleNamespace(blob_id=blob_id, since=now), now)
    with pytest.raises(PermanentFailure, match="is gone"):
        await settlement.octets(core, SimpleNamespace(blob_id=blob_id, since=now - 6 * DAY), now)
    told = await reconciling.reconcile(core, reconciling.Options())
    assert (told.missing, told.unreadable) == (0, 1)
    copies = DiskBlobs(tmp_path / "copies")
    told = await reconciling.reconcile(core, reconciling.Options(backup=copies))
    assert (told.missing, told.repaired, told.unreadable, told.open["missing"]) == (1, 1, 0, 0)
    assert core.blobs.read_outside(key, 0, 5) == LARGE[:5]


async def test_a_fail_over_that_lost_the_last_turn_and_a_crash_within_one_do_no_harm(machines):
    core = machines.core()
    machines.wait(core)
    place = core.blobs.outside.all[0]
    name = f"blobs in {place.address}"
    known = owner_of(core)._known(place)
    machines.wait(core, seconds=600)
    assert owner_of(core)._known(place) != known
    core.database.write_now(
        lambda tx: tx.execute("UPDATE server_keys SET public = ? WHERE name = ?", (known.as_text(), name))
    )
    machines.passed += 61
    sibling = machines.process(f"sqlite:///{file_of(core)}")
    assert standing(core) == standing(sibling) == "ours"
    machines.wait(core, seconds=600)
    before = owner_of(core)._known(place).before
    core.database.write_now(
        lambda tx: tx.execute("UPDATE server_keys SET public = ? WHERE name = ?", (Known(before).as_text(), name))
    )
    machines.passed += 61
    assert standing(sibling) == "unknown"  # who turned it looks within a minute, and knows better
    machines.wait(core, sibling, seconds=60)
    assert (standing(core), standing(sibling)) == ("ours", "ours")
    # The word was changed in the database, and its process died before it wrote the mark.
    known = owner_of(core)._known(place)
    after = Known(new_id(), known.word, known.at)
    owner_of(core)._change(place, known, after)
    again = machines.process(f"sqlite:///{file_of(core)}")
    owner_of(again).begin()
    machines.passed += 61
    assert (standing(core), standing(again)) == ("ours", "ours")


async def test_a_recovery_to_an_earlier_moment_goes_on_when_a_person_says_so(machines):
    lost = machines.core()
    machines.wait(lost)
    found = machines.core(lost)
    machines.wait(lost, seconds=900)
    assert "no drill? mailwright storage claim" in recovered.settle(found)["place"]
    with pytest.raises(AlreadyExists):
        owner_of(found).begin()
    machines.passed += SETTLED_SECONDS  # it stands still
    assert set(retention.claim(found).values()) == {"another's"}
    machines.passed += 61
    owner_of(found).begin()
    assert recovered.settle(found)["place"] == "the place of large messages is this installation's"


def test_what_is_in_use_is_not_restored_into_and_a_place_that_lost_its_mark_is_not_taken_for_ours(machines):
    core = machines.core()
    place = core.blobs.outside.all[0]
    refuse_owned(place)
    owner_of(core).begin()
    with pytest.raises(AlreadyExists, match="--take-over"):
        refuse_owned(place)
    place.delete(MARK)  # another volume by the same name
    machines.passed += 61
    with pytest.raises(AlreadyExists, match="another bucket or volume"):
        owner_of(core).begin()
    assert set(retention.claim(core).values()) == {"nobody's"}
    machines.passed += 61
    owner_of(core).begin()


async def test_buckets_of_tenants_are_owned_by_that_of_the_oldest_and_those_of_unknown_tenants_are_let_be(
    machines, monkeypatch
):
    url = f"s3://owner{new_id()[-6:]}-{{tenant}}/mail"
    first, second = machines.core(url=url), machines.core(url=url)
    owner_of(first).begin()  # nobody is there yet
    for core in (first, second):
        core.database.write_now(lambda tx: tx.insert("tenants", id=TENANT, name="one", created_at=0))
    machines.wait(first)
    assert (standing(first), standing(second)) == ("ours", "anothers")
    with pytest.raises(AlreadyExists):
        refuse_owned(second.blobs.outside.all[0])
    # Another installation with tenants of its own at the same address: each has its mark, and its own buckets.
    other = machines.core(url=url)
    other.database.write_now(lambda tx: tx.insert("tenants", id=new_id(), name="two", created_at=0))
    machines.wait(first, other)
    assert (standing(first), standing(other)) == ("ours", "ours")
    monkeypatch.setattr(objectblobs, "MULTIPART_BYTES", 10)  # in parts, into a bucket that is not there yet
    kept = other.blobs.stage_now(new_id(), LARGE)
    left = first.blobs.stage_now(TENANT, LARGE)
    assert await collect(first, monkeypatch) == 1
    assert first.blobs.outside.sizes([kept.key]) == {kept.key: len(LARGE)}
    assert first.blobs.outside.sizes([left.key]) == {}


def no_links(*_: object) -> None:
    raise OSError(95, "Operation not supported")


def test_a_folder_is_marked_at_the_first_start_and_that_of_another_is_refused(machines, tmp_path, monkeypatch):
    url = f"file://{tmp_path}/place"
    first, second = machines.core(url=url), machines.core(url=url)
    keep(first)
    assert not (tmp_path / "place" / MARK).exists()  # as an older version left it
    owner_of(first).begin()
    machines.wait(first)
    assert standing(first) == "ours"
    assert owner_of(first).may_remove(first.blobs.outside.all[0])
    with pytest.raises(AlreadyExists):
        owner_of(second).begin()
    with pytest.raises(BadInput, match="stop that one"):
        retention.claim(second)
    (tmp_path / "place" / MARK).unlink()
    monkeypatch.setattr(os, "link", no_links)
    machines.passed += 61
    owner_of(first).begin()  # in a folder the mark may be written again
    (tmp_path / "place").rename(tmp_path / "moved")
    moved = machines.process(f"sqlite:///{file_of(first)}", url=f"file://{tmp_path}/moved")
    owner_of(moved).begin()
    with pytest.raises(AlreadyExists):
        owner_of(machines.core(url=f"file://{tmp_path}/moved")).begin()
    (tmp_path / "moved").rename(tmp_path / "place")
    assert sorted(each.name for each in (tmp_path / "place").iterdir() if each.is_file()) == [MARK]


def test_a_bucket_or_folder_that_is_not_there_is_no_place_where_something_is_gone(machines, tmp_path):
    key = f"blobs/{TENANT}/2026/11/22/{new_id()}.eml"
    nowhere = ObjectBlobs("s3://mistyped/mail", machines.options)
    for ask in (lambda: nowhere.get(key, 0, 5), lambda: nowhere.sizes([key])):
        with pytest.raises(NoPlace):
            ask()
    folder = DiskBlobs(tmp_path / "not-mounted")
    for ask in (lambda: folder.get(key, 0, 5), lambda: folder.sizes([key])):
        with pytest.raises(NoPlace):
            ask()
    there = ObjectBlobs(machines.url, machines.options)
    with pytest.raises(NotFound):
        there.get(key, 0, 5)
    assert there.sizes([key]) == {}
    database = machines.core().database
    mistyped = open_blobs(database, "s3://mistyped/mail", options=machines.options, former=[machines.url])
    there.put(key, LARGE)
    assert mistyped.read_outside(key, 0, 5) == LARGE[:5]
    there.delete(key)
    with pytest.raises(TryLater, match="not there"):
        mistyped.read_outside(key, 0, 5)
    renamed = open_blobs(database, machines.url, options=machines.options, former=["s3://mistyped/mail"])
    with pytest.raises(NotFound):
        renamed.read_outside(key, 0, 5)
