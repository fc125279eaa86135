"""Backups as core makes them, on both databases: what is in them, what a second one costs, and that they come back."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mailwright.core import Core, CoreSettings, accounts, backups, checkup, expunge, mailboxes, puttingback, restoring
from mailwright.core.puttingback import Wanted
from mailwright.domain.clock import DAY, now
from mailwright.domain.refusals import AlreadyExists, BadInput, NotFound, TryLater
from mailwright.storage import Tx, lives, open_blobs, open_database, partitions
from mailwright.storage import backups as runs
from mailwright.storage import retention as policies
from mailwright.storage.backup import copying, sealing
from mailwright.storage.backup.contents import Contents, Summary
from mailwright.storage.backup.opening import opened
from mailwright.storage.backup.puttingback import TABLES
from mailwright.storage.backup.repository import Repository, open_repository
from tests.backups.conftest import LARGE, account_of, listing, put, send, states

PASSPHRASE = "correct horse battery"


def _second_core(url: str, folder: Path) -> Core:
    database = open_database(url)
    return Core(database, open_blobs(database, f"file://{folder}"), CoreSettings())


def _restored(kept: Repository, url: str, folder: Path) -> Core:
    from mailwright.pipeline import engineschema

    restoring.whole(
        kept,
        "latest",
        folder,
        url,
        lambda database: open_blobs(database, f"file://{folder}"),
        make_engine=engineschema.make,
    )
    return _second_core(url, folder)


@pytest.mark.parametrize(
    ("any_url", "target"),
    [
        ("sqlite", "sqlite"),
        pytest.param("postgresql", "postgresql", marks=pytest.mark.server),
        pytest.param("sqlite", "postgresql", marks=pytest.mark.server),
    ],
    indirect=["any_url"],
)
def test_a_whole_backup_comes_back_on_either_database(
    core: Core, any_url: str, data_folder: Path, place: str, tmp_path: Path, second: Callable[[str], str], target: str
) -> None:
    (data_folder / "secret.key").write_bytes(b"k" * 32)
    core.database.write_now(lives.renew)
    life = core.database.read_now(lives.current)
    if core.database.dialect == "postgresql":  # where rows lie is no part of a backup
        partitions.set_apart(any_url, account_of(core, "ada@example.org").tenant_id, lambda *_: None)
    summary = backups.make(core, data_folder, place, passphrase=PASSPHRASE)
    assert (summary.messages, summary.damaged, summary.secrets) == (40, 0, True)
    kept = open_repository(place, PASSPHRASE)
    assert restoring.verify(kept, "latest").ok
    folder = tmp_path / "second"
    again = _restored(kept, second(target), folder)
    try:
        assert listing(again) == listing(core)
        assert (folder / "secret.key").read_bytes() == b"k" * 32
        assert again.database.read_now(lives.current) not in (None, life)  # what Valkey has is of another database
        newest = again.database.read_now(lambda tx: tx.scalar("SELECT max(id) FROM events"))
        put(again, "ada@example.org", "INBOX", 5000)  # uids, modseqs and the log go on
        assert again.database.read_now(lambda tx: tx.scalar("SELECT max(id) FROM events")) > newest
        end = again.database.read_now(lambda tx: tx.log_end())
        found = again.database.read_now(lambda tx: tx.log_slice(["MessageAppended"], (0, 0), end, 1000))
        assert len(found) == 41  # a new reader of the log sees everything
    finally:
        again.database.close()
    with pytest.raises(AlreadyExists):
        restoring.whole(
            kept, "latest", data_folder, "sqlite:///" + str(data_folder / "mailwright.db"), lambda d: core.blobs
        )


def test_workflows_are_of_the_moment_of_the_database_however_long_the_copy_takes(
    embedded: Core, data_folder: Path, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextlib.closing(sqlite3.connect(data_folder / "flows.db", isolation_level=None)) as flows:
        flows.execute("PRAGMA journal_mode = WAL")
        flows.execute("CREATE TABLE steps (name TEXT)")
        flows.execute("INSERT INTO steps VALUES ('before')")
        copy = copying.copy

        def copied(*given: Any, **named: Any) -> copying.Copied:
            flows.execute("INSERT INTO steps VALUES ('hours later')")
            return copy(*given, **named)

        monkeypatch.setattr(copying, "copy", copied)
        backups.make(embedded, data_folder, place)
    folder = tmp_path / "second"
    _restored(open_repository(place), f"sqlite:///{folder}/mailwright.db", folder).database.close()
    with contextlib.closing(sqlite3.connect(folder / "flows.db")) as flows:
        assert flows.execute("SELECT name FROM steps").fetchall() == [("before",)]


def test_a_restore_that_was_killed_at_its_very_end_is_begun_again(
    embedded: Core, data_folder: Path, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backups.make(embedded, data_folder, place)
    folder = tmp_path / "second"
    url = f"sqlite:///{folder}/mailwright.db"

    def killed() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "sync", killed)
        with pytest.raises(KeyboardInterrupt):
            _restored(open_repository(place), url, folder)
    assert (folder / "mailwright.db.restored").exists()
    again = _restored(open_repository(place), url, folder)
    assert listing(again) == listing(embedded)
    assert again.database.read_now(policies.spared_until) > now()
    assert not (folder / "mailwright.db.restored").exists()
    again.database.close()


async def test_what_was_on_its_way_waits_until_somebody_lets_it_go(
    embedded: Core, data_folder: Path, place: str, tmp_path: Path
) -> None:
    send(embedded)
    backups.make(embedded, data_folder, place)
    folder = tmp_path / "second"
    url = f"sqlite:///{folder}/mailwright.db"
    again = _restored(open_repository(place), url, folder)
    assert states(again) == {"bashir@example.com": "queued", "dax@example.net": "failed", "kira@example.net": "failed"}
    assert await restoring.release(again) == 2
    assert set(states(again).values()) == {"queued"}
    assert await restoring.release(again) == 0
    again.database.close()


def test_a_second_backup_copies_what_is_new_and_nothing_else(embedded: Core, data_folder: Path, place: str) -> None:
    core = embedded
    first = backups.make(core, data_folder, place)
    nothing = backups.make(core, data_folder, place)
    assert nothing.octets >= first.octets
    assert nothing.added < 30_000  # the manifest, and the row that says that there was a backup
    put(core, "ada@example.org", "INBOX", 7000)
    one = backups.make(core, data_folder, place)
    assert one.added < nothing.added + 100_000 < first.added + 100_000
    assert one.messages == 41
    known = open_repository(place)
    assert len(known.names()) == 3
    for name in known.names():
        assert restoring.verify(known, name).ok


def test_single_things_come_back_once_into_a_running_system(core: Core, data_folder: Path, place: str) -> None:
    before = listing(core)
    backups.make(core, data_folder, place)
    ada = account_of(core, "ada@example.org")

    def lose(tx: Tx) -> None:
        for mailbox in mailboxes.rows.of_user(tx, ada.id):  # type: ignore[attr-defined]
            uids = [
                row[0] for row in tx.all("SELECT uid FROM messages WHERE mailbox_id = ? ORDER BY uid", (mailbox.id,))
            ]
            expunge.remove_uids(tx, mailbox.id, uids[::2], because="a mistake")

    core.database.write_now(lose)
    put(core, "ada@example.org", "Archive", 1)  # who copied a message elsewhere has it
    half = listing(core)
    kept = open_repository(place)

    def run(wanted: Wanted, **options: bool) -> puttingback.Report:
        made: list[puttingback.Made] = []
        with opened(kept, tables=TABLES) as found:
            report = puttingback.run(core, found, wanted, made=made.append, **options)
        told.append(made)
        return report

    told: list[list[puttingback.Made]] = []
    expected = run(Wanted(user="ada@example.org"), dry_run=True)
    assert listing(core) == half
    done = run(Wanted(user="ada@example.org"))
    assert (done.messages, done.failed) == (expected.messages, 0)
    after = listing(core)
    everything = sorted(each[0] for place in before for each in before[place] if place[0] == "ada@example.org")
    assert sorted(each[0] for place in after for each in after[place] if place[0] == "ada@example.org") == everything
    for key, rows in after.items():
        if key[1] != "Archive":
            assert set(rows) <= set(before[key])  # flags, keywords, dates and mailboxes are those of before
    assert run(Wanted(user="ada@example.org")).messages == 0
    assert puttingback.undo(core, told[1]) == done.messages
    assert listing(core) == half
    lost = next(
        each for each in before[("ada@example.org", "Work/2026")] if each not in half[("ada@example.org", "Work/2026")]
    )
    with opened(kept, tables=TABLES) as found:
        one = found.rows("SELECT message_id FROM messages WHERE checksum = ?", (lost[0],))[0][0]
    assert run(Wanted(message=one)).messages in (0, 1)
    with pytest.raises(NotFound):
        run(Wanted(user="nobody@example.org"))


async def test_a_person_who_was_removed_comes_back_with_password_and_mail(
    embedded: Core, data_folder: Path, place: str
) -> None:
    core = embedded
    before = listing(core)
    backups.make(core, data_folder, place)
    core.database.write_now(lambda tx: accounts.remove_user(tx, "ada@example.org"))
    await accounts.finish_removals(core)
    kept = open_repository(place)
    with opened(kept, tables=TABLES) as found:
        report = puttingback.run(core, found, Wanted(tenant="one"))
    assert (report.users, report.messages, report.failed) == (1, 31, 0)
    assert listing(core) == before
    ada = account_of(core, "ada@example.org")
    secret = core.database.read_now(lambda tx: accounts.rows.password_of(tx, ada.id))
    assert secret == "a hash of a password"


def test_damage_is_found_and_named(embedded: Core, data_folder: Path, place: str) -> None:
    core = embedded
    backups.make(core, data_folder, place)
    victim = max((Path(place) / "pieces").rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    done = restoring.verify(open_repository(place), "latest")
    assert [
        each for each in done.problems if victim.name[:16] in each and ("messages from" in each or "rows of" in each)
    ]
    assert not victim.exists()
    assert (Path(place) / "damaged" / victim.name).read_bytes() == data
    assert not restoring.verify(open_repository(place), "latest").ok
    backups.make(core, data_folder, place)  # heals what the next one needs
    assert restoring.verify(open_repository(place), "latest").ok


def test_a_passphrase_is_asked_for_and_known(embedded: Core, data_folder: Path, place: str) -> None:
    core = embedded
    backups.make(core, data_folder, place, passphrase=PASSPHRASE)
    for wrong in (None, "another passphrase"):
        with pytest.raises(BadInput, match=r"passphrase|encrypted"):
            open_repository(place, wrong)
    written = b"".join(path.read_bytes() for path in Path(place).rglob("*") if path.is_file())
    assert b"letter" not in written
    assert b"ada@example" not in written


def test_messages_that_are_damaged_here_are_told_and_the_rest_is_kept(
    embedded: Core, data_folder: Path, place: str
) -> None:
    core = embedded
    whole = backups.make(core, data_folder, place)
    assert core.database.read_now(checkup.backup).status == "ok"
    there = set((data_folder / "blobs").rglob("*.eml"))
    put(core, "ada@example.org", "INBOX", 8000, LARGE)
    (new,) = set((data_folder / "blobs").rglob("*.eml")) - there
    new.unlink()
    for _ in range(2):
        summary = backups.make(core, data_folder, place)
        assert summary.damaged == 1
    kept = open_repository(place)
    done = restoring.verify(kept, "latest")
    assert done.ok
    assert done.missing_at_backup == 1
    said = core.database.read_now(checkup.backup)
    assert said.status == "warn"
    assert "text of 1 messages" in said.because
    backups.publish(core.database.read_now(backups.measure), daily=True)
    assert backups.damaged_messages._value.get() == 1
    backups.prune(core, kept, {"last": 1})
    assert kept.names() == [whole.name, summary.name]  # who has what the newest lacks stays with it


def test_one_run_at_a_time_and_nothing_outside_goes_meanwhile(embedded: Core, data_folder: Path, place: str) -> None:
    core = embedded
    large = next((data_folder / "blobs").rglob("*.eml"))
    key = str(large.relative_to(data_folder))
    with backups.under_way(core.database, "copy", place):
        with pytest.raises(AlreadyExists):
            backups.make(core, data_folder, place)
        core.blobs.delete_outside(key)
        assert large.exists()
    core.blobs.delete_outside(key)
    assert not large.exists()
    dead = core.database.write_now(lambda tx: runs.begin(tx, "copy", place))  # killed: it shows no more
    core.database.write_now(lambda tx: tx.execute("UPDATE backups SET seen_at = seen_at - ? WHERE id = ?", (DAY, dead)))
    assert backups.make(core, data_folder, place).damaged == 1
    last = core.database.read_now(backups.measure).good
    assert last is not None
    assert last.place == place


def test_a_run_that_was_taken_for_dead_makes_no_backup(
    embedded: Core, data_folder: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    core = embedded

    def sleep() -> None:
        core.database.write_now(lambda tx: tx.execute("UPDATE backups SET seen_at = ? WHERE ended_at IS NULL", (1,)))

    def lose(_: backups.Progress) -> None:
        sleep()
        with backups.under_way(core.database, "prune", place):
            pass

    for step in (lose, lambda _: sleep()):
        with pytest.raises(TryLater, match="taken for dead"):
            backups.make(core, data_folder, place, step=step)
        assert core.database.read_now(backups.measure).good is None
    finish = Repository.finish

    def finish_late(kept: Repository, contents: Contents, summary: Summary) -> None:
        finish(kept, contents, summary)
        sleep()

    with monkeypatch.context() as patched:
        patched.setattr(Repository, "finish", finish_late)
        with pytest.raises(TryLater, match="taken for dead"):
            backups.make(core, data_folder, place)
    kept = open_repository(place)
    assert kept.names() == []
    with backups.under_way(core.database, "prune", place) as run:
        sleep()
        run.beat()
        with pytest.raises(TryLater, match="taken for dead"):
            kept.sweep(kept=-DAY, check=run.check)
    assert backups.make(core, data_folder, place).added < 10_000  # every piece is still there


def test_of_those_that_begin_a_place_at_once_all_use_the_key_of_the_first(
    embedded: Core, data_folder: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = sealing.begin
    others: list[Repository] = []

    def late(passphrase: str | None) -> tuple[sealing.Plain, dict[str, Any] | None]:
        patched.undo()
        others.append(open_repository(place, PASSPHRASE, create=True))  # an installation with another database
        return begin(passphrase)

    with monkeypatch.context() as patched:
        patched.setattr(sealing, "begin", late)
        backups.make(embedded, data_folder, place, passphrase=PASSPHRASE)
    piece = others[0].put(b"theirs")
    others[0].settle()
    others[0].close()
    kept = open_repository(place, PASSPHRASE)
    assert kept.get(piece) == b"theirs"
    assert restoring.verify(kept, "latest").ok

    def begin_anew(_: backups.Progress) -> None:
        (Path(place) / "mailwright-backup.json").write_text('{"format": 1, "id": "another", "encryption": null}')

    with pytest.raises(TryLater, match="begun anew"):
        backups.make(embedded, data_folder, place, passphrase=PASSPHRASE, step=begin_anew)
    assert len(kept.names()) == 1


def test_installations_that_share_a_place_let_each_others_backups_be(
    embedded: Core, data_folder: Path, place: str, tmp_path: Path
) -> None:
    core, keep = embedded, {"last": 1}
    ours = [backups.make(core, data_folder, place).name for _ in range(2)]
    folder = tmp_path / "second"
    other = _restored(open_repository(place), f"sqlite:///{folder}/mailwright.db", folder)
    try:
        life, word = backups.life_of(core.database), backups.life_of(other.database)
        kept = open_repository(place, life=word)
        with pytest.raises(NotFound, match=ours[1]):
            kept.summary()
        theirs = [backups.make(other, folder, place).name for _ in range(2)]
        assert kept.summary().name == theirs[1]
        assert open_repository(place, life=life).summary().name == ours[1]
        with pytest.raises(BadInput, match="several installations"):
            open_repository(place).summary()
        assert backups.prune(other, kept, keep) == backups.Pruned(theirs[:1], 0, 0, others=2)
        assert kept.names() == [*ours, theirs[1]]
        assert backups.prune(other, kept, keep, of=[life]).backups == ours  # asked for
        found = kept.summaries()
    finally:
        other.database.close()
    newest = found[theirs[1]]
    assert newest is not None
    old, damaged = replace(newest, life=""), None
    assert set(backups.owned({"a": old, "b": damaged, "c": newest}, {word})) == {"a", "b", "c"}
    assert set(backups.owned({"a": old, "b": damaged, "c": newest}, {life})) == set()


def test_pruning_keeps_what_it_says_and_every_piece_that_is_needed(
    embedded: Core, data_folder: Path, place: str
) -> None:
    core = embedded
    names = [f"202611{day:02d}T{hour:02d}0000Z-00000000" for day in range(1, 22) for hour in (3, 15)]
    stay = backups.staying(names, {"daily": 3, "weekly": 2})
    assert sorted(stay) == [
        "20261115T150000Z-00000000",
        "20261119T150000Z-00000000",
        "20261120T150000Z-00000000",
        "20261121T150000Z-00000000",
    ]
    backups.make(core, data_folder, place)
    put(core, "ada@example.org", "INBOX", 8000)
    backups.make(core, data_folder, place)
    kept = open_repository(place)
    pruned = backups.prune(core, kept, {"last": 1})
    assert len(pruned.backups) == 1
    assert pruned.pieces == 0
    pieces, _ = kept.sweep(kept=0)
    assert pieces > 0
    assert restoring.verify(kept, "latest").ok


def test_the_drill_measures_and_leaves_nothing(embedded: Core, data_folder: Path, place: str, tmp_path: Path) -> None:
    core = embedded
    backups.make(core, data_folder, place)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = restoring.drill(open_repository(place), "latest", scratch=scratch)
    assert done.ok
    assert done.tenants == {"one": 31, "two": 9}
    assert done.samples == 40
    assert list(scratch.iterdir()) == []
    assert "passed" in done.as_markdown()


def test_a_full_disk_leaves_nothing_wrong(
    embedded: Core, data_folder: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    really = os.write

    def write(descriptor: int, data: memoryview) -> int:
        written.append(len(data))
        if sum(written) > 20_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return really(descriptor, data)

    with monkeypatch.context() as patched:
        patched.setattr("mailwright.storage.backup.places.os.write", write)
        with pytest.raises(OSError, match="No space"):
            backups.make(embedded, data_folder, place)
    assert not list(Path(place).rglob("*.staged"))
    assert open_repository(place).names() == []
    failed = embedded.database.read_now(lambda tx: runs.last(tx, good=False))
    assert failed is not None
    assert "No space" in failed.error
    assert backups.make(embedded, data_folder, place).added > 0
