"""Restoring: an installation as a whole, checking that a backup can be, and the drill.

Called by `mailwright restore` without a person's name, `mailwright backup verify` and `mailwright backup drill`. Synchronous.
Promises: nothing is restored over anything; a run that was killed has made nothing that looks complete, and is simply begun again.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mailwright.core import Core, outbox
from mailwright.core.restoredfiles import FLOWS, STAGED, Files
from mailwright.core.retention import SPARED
from mailwright.domain import clock
from mailwright.domain.ids import checksum
from mailwright.domain.refusals import AlreadyExists, BadInput, DamagedBlob, NotFound, TryLater
from mailwright.storage import BlobStore, Tx, lives, open_blobs, open_database
from mailwright.storage import retention as policies
from mailwright.storage.backup import filling, held, loading
from mailwright.storage.backup.opening import Opened, opened
from mailwright.storage.backup.repository import Repository
from mailwright.storage.backup.sealing import Damaged
from mailwright.storage.migrate import migrate
from mailwright.storage.movemark import UNFINISHED

RELEASED_AT_ONCE = 200
SAMPLES = 200  # messages a drill reads back

Step = Callable[[int], None]
OpenBlobs = Callable[[Any], BlobStore]


@dataclass(slots=True)
class Restored:
    """What came back. `held` messages were on their way to elsewhere then: `release` lets them go."""

    name: str
    began_at: clock.Instant
    revision: str
    rows: int
    messages: int
    octets: int
    missing: int
    files: list[str]
    held: int = 0
    search: str = "is made anew when the server starts"


def whole(
    repository: Repository,
    name: str,
    folder: Path,
    database_url: str,
    open_blobs_of: OpenBlobs,
    *,
    make_engine: Callable[[str], None] | None = None,
    step: Step = lambda _: None,
) -> Restored:
    """Fill an empty installation. The caller holds its folder's lock. Raises AlreadyExists, BadInput, NotFound, Damaged, TryLater."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    embedded = database_url.startswith("sqlite:///")
    check_empty(folder, database_url)
    scratch = folder / UNFINISHED
    if embedded and scratch.is_dir():  # of a run that was killed: nobody names them
        shutil.rmtree(folder / "blobs", ignore_errors=True)
        (folder / FLOWS).unlink(missing_ok=True)
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(mode=0o700)
    with opened(repository, name, scratch=scratch) as found:
        summary = found.summary
        loading.check_revision(summary.revision)
        beside = Files(repository, found.contents.files, folder, flows=embedded)
        beside.check()
        if embedded:
            count = _fill(repository, found, f"sqlite:///{scratch / 'mailwright.db'}", open_blobs_of, None, step)
            files = beside.write()
        else:
            with filling.Filling(database_url) as taken:
                count = _fill(repository, found, database_url, open_blobs_of, make_engine, step)
                files = beside.write()
                taken.end()  # from now on it is an installation
    if embedded:
        target = Path(database_url.removeprefix("sqlite:///"))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(scratch / "mailwright.db", f"{target}{STAGED}")
        os.sync()
        os.rename(f"{target}{STAGED}", target)  # from now on it is an installation
    shutil.rmtree(scratch)
    return Restored(
        summary.name,
        summary.began_at,
        summary.revision,
        summary.rows,
        summary.messages,
        summary.octets,
        summary.damaged,
        files,
        count,
    )


async def release(core: Core) -> int:
    """Queue what a restore has held, each for the time it was written for; how many. Raises TryLater."""
    released = 0

    def some(tx: Tx) -> tuple[int, int]:
        found, queued = held.ids(tx, RELEASED_AT_ONCE), 0
        for each in found:
            with contextlib.suppress(BadInput, NotFound):  # somebody else let it go or took it back at this moment
                outbox.retry(tx, each)
                queued += 1
        return len(found), queued

    while True:
        found, queued = await core.write(some)
        released += queued
        if not found:
            return released


def check_empty(folder: Path, database_url: str) -> None:
    """Whether a whole backup may go there. Raises AlreadyExists, TryLater."""
    path = database_url.removeprefix("sqlite:///")
    begun = (folder / UNFINISHED).is_dir()
    ours = (
        {UNFINISHED, "blobs", "mailwright.lock", FLOWS, "secret.key", "tls"}
        | {f"{each}{STAGED}" for each in (FLOWS, "secret.key", Path(path).name)}
        if begun
        else {"mailwright.lock", "secret.key"}
    )
    if path != database_url:
        if Path(path).exists():
            raise AlreadyExists(f"{path} is there already: a whole backup is restored into an empty data folder")
        there = sorted(each.name for each in folder.iterdir() if each.name not in ours)
        if there:
            raise AlreadyExists(f"{folder} is not empty ({', '.join(there[:5])}): name an empty folder with --data")
    else:
        filling.check_takeable(database_url)


def _fill(
    repository: Repository,
    found: Opened,
    url: str,
    open_blobs_of: OpenBlobs,
    make_engine: Callable[[str], None] | None,
    step: Step,
) -> int:
    """Schema, rows, messages; how many of them are held."""
    loading.prepare(url, found.summary.revision, make_engine)
    database = open_database(url)
    try:
        loading.load(database, repository, found, open_blobs_of(database), step)
        count = database.read_now(held.count)
    finally:
        database.close()
    migrate(url)
    database = open_database(url)
    try:
        database.write_now(_begin_anew)
    finally:
        database.close()
    return count


def _begin_anew(tx: Tx) -> None:
    policies.spare(tx, clock.now() + SPARED)
    lives.renew(tx)


# --- checking -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Verified:
    """What reading everything back found."""

    name: str
    pieces: int = 0
    octets: int = 0
    rows: int = 0
    messages: int = 0
    blobs: int = 0
    missing_at_backup: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems


def verify(repository: Repository, name: str, *, scratch: Path | None = None, step: Step = lambda _: None) -> Verified:
    """Read back every piece, every row and every message, and ask the rows whether they belong together. Damaged pieces are moved
    aside: the next backup writes them again.

    Raises NotFound, Damaged (the manifest itself), OSError, TryLater.
    """
    summary = repository.summary(name)
    contents = repository.contents(summary)
    done = Verified(summary.name, missing_at_backup=summary.damaged)
    for piece in dict.fromkeys(contents.pieces()):
        try:
            done.octets += len(repository.get(piece))
        except Damaged as problem:
            done.problems.append(f"{problem} ({', '.join(_users_of(contents, piece))})")
            with contextlib.suppress(Damaged, OSError, TryLater):  # who may only read changes nothing
                repository.set_aside(piece)
        done.pieces += 1
        step(done.octets)
    if done.problems:
        return done
    with opened(repository, summary.name, scratch=scratch) as found:
        done.rows = sum(table.rows for table in contents.tables)
        done.messages = int(found.rows("SELECT count(*) FROM messages")[0][0])
        done.problems += _rows_agree(found)
        gone = {each for pack in contents.packs for each in pack.damaged}
        for (blob_id,) in found.scratch.execute("SELECT id FROM blobs ORDER BY id"):
            if blob_id in gone:
                continue
            try:
                found.blob(blob_id)
            except (Damaged, NotFound) as problem:
                done.problems.append(str(problem))
            done.blobs += 1
    return done


def _users_of(contents: Any, piece: str) -> Iterator[str]:
    """What a piece belongs to, for people."""
    for table in contents.tables:
        if piece in table.pieces:
            yield f"rows of {table.name}"
    for pack in contents.packs:
        if piece in pack.pieces:
            yield f"{pack.blobs} messages from {pack.first} on"
    for file in contents.files:
        if piece in file.pieces:
            yield file.path


def _rows_agree(found: Opened) -> list[str]:
    """What must hold between rows of one moment."""
    questions = {
        "messages without a mailbox": "SELECT count(*) FROM messages WHERE mailbox_id NOT IN (SELECT id FROM mailboxes)",
        "messages whose text has no row": "SELECT count(*) FROM messages WHERE blob_id NOT IN (SELECT id FROM blobs)",
        "mailboxes without an owner": "SELECT count(*) FROM mailboxes WHERE user_id NOT IN (SELECT id FROM users)",
        "users without a tenant": "SELECT count(*) FROM users WHERE tenant_id NOT IN (SELECT id FROM tenants)",
        "mailboxes that count another number of messages than they have": "SELECT count(*) FROM mailboxes b "
        "WHERE b.total <> (SELECT count(*) FROM messages m WHERE m.mailbox_id = b.id AND m.user_id = b.user_id)",
    }
    counts = {text: int(found.rows(sql)[0][0]) for text, sql in questions.items()}
    return [f"{count} {text}" for text, count in counts.items() if count]


# --- the drill ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Drill:
    """What a drill measured. Times in seconds."""

    name: str
    at: str
    recovery_point_seconds: float
    restore_seconds: float
    check_seconds: float
    rows: int
    messages: int
    octets: int
    tenants: dict[str, int]
    samples: int
    problems: list[str]

    @property
    def ok(self) -> bool:
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self) | {"ok": self.ok}

    def as_markdown(self) -> str:
        """For people, and for the file of drills."""
        lines = [
            f"# Restore drill of {self.at}",
            "",
            f"Result: **{'passed' if self.ok else 'FAILED'}**",
            "",
            "| What | Figure |",
            "|---|---|",
            f"| Backup | {self.name} |",
            f"| Would have been lost (recovery point) | {self.recovery_point_seconds / 60:.1f} min |",
            f"| Restoring took (recovery time) | {self.restore_seconds / 60:.2f} min |",
            f"| Checking took | {self.check_seconds:.1f} s |",
            f"| Rows, messages, bytes | {self.rows}, {self.messages}, {self.octets} |",
            f"| Messages read back | {self.samples} |",
            *(f"| Messages of tenant {tenant} | {count} |" for tenant, count in sorted(self.tenants.items())),
            "",
        ]
        return "\n".join([*lines, *(f"- {each}" for each in self.problems), ""])


def drill(repository: Repository, name: str, *, scratch: Path | None = None, step: Step = lambda _: None) -> Drill:
    """Restore a backup into a folder of its own, open it, check it, measure, and remove it again.

    Raises NotFound, Damaged, OSError (no room), TryLater.
    """
    moment = clock.now()
    with tempfile.TemporaryDirectory(prefix="mailwright-drill-", dir=scratch) as place:
        folder = Path(place)
        url = f"sqlite:///{folder}/data/mailwright.db"
        began = time.monotonic()
        restored = whole(
            repository,
            name,
            folder / "data",
            url,
            lambda database: open_blobs(database, f"file://{folder}/data"),
            step=step,
        )
        restore_seconds = time.monotonic() - began
        began = time.monotonic()
        with opened(repository, restored.name, tables={"tenants", "messages"}, scratch=folder) as found:
            expected = {row[0]: row[1] for row in found.rows(_PER_TENANT)}
        problems, tenants, samples = _examine(folder / "data", url, expected)
    return Drill(
        name=restored.name,
        at=clock.to_iso(moment),
        recovery_point_seconds=(moment - restored.began_at) / clock.SECOND,
        restore_seconds=restore_seconds,
        check_seconds=time.monotonic() - began,
        rows=restored.rows,
        messages=restored.messages,
        octets=restored.octets,
        tenants=tenants,
        samples=samples,
        problems=problems,
    )


_PER_TENANT = "SELECT t.name, (SELECT count(*) FROM messages m WHERE m.tenant_id = t.id) FROM tenants t ORDER BY t.name"


def _examine(folder: Path, url: str, expected: dict[str, int]) -> tuple[list[str], dict[str, int], int]:
    problems: list[str] = []
    path = url.removeprefix("sqlite:///")
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        for (line,) in connection.execute("PRAGMA integrity_check").fetchmany(10):
            if line != "ok":
                problems.append(f"the database: {line}")
        broken = connection.execute("PRAGMA foreign_key_check").fetchmany(10)
        problems += [f"a row of {row[0]} refers to one of {row[2]} that is not there" for row in broken]
        tenants = {str(name): int(count) for name, count in connection.execute(_PER_TENANT)}
        problems += [
            f"tenant {name} has {tenants.get(name, 0)} messages and had {count}"
            for name, count in expected.items()
            if tenants.get(name, 0) != count
        ]
        wanted = connection.execute("SELECT id, checksum FROM blobs").fetchall()
    database = open_database(url)
    try:
        blobs = open_blobs(database, f"file://{folder}")
        chosen = random.sample(wanted, min(SAMPLES, len(wanted)))
        for blob_id, digest in chosen:
            try:
                if checksum(blobs.read_now(blob_id)) != digest:
                    problems.append(f"blob {blob_id} is not what it was")
            except (NotFound, DamagedBlob) as problem:
                problems.append(str(problem))
    finally:
        database.close()
    return problems, tenants, len(chosen)
