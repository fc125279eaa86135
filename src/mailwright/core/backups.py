"""Backups: making one, choosing which stay, and what is known of the last one.

Called by `mailwright backup` and, every day, by the role scheduler. Synchronous, for threads that may block. A server may run
meanwhile: a backup shows the moment at which it began to read the database, and what was acknowledged before that is in it.
Promises: a backup exists when all of it does; a run that was killed leaves nothing that matters, and what it copied is not copied
again. Does not: copy the search index, which is made anew, or what a person configured outside the data folder.
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from prometheus_client import Gauge

from mailwright import __version__
from mailwright.core import Core
from mailwright.domain import clock
from mailwright.domain.refusals import BadInput, NotFound, TryLater
from mailwright.storage import Database, Tx, lives
from mailwright.storage import backups as runs
from mailwright.storage.backup import copying, repository
from mailwright.storage.backup.contents import Contents, File, Summary
from mailwright.storage.backup.places import open_place
from mailwright.storage.backup.repository import Repository
from mailwright.storage.backup.sealing import Damaged
from mailwright.storage.migrate import HEAD

if TYPE_CHECKING:
    from mailwright.storage.objectstores import ObjectOptions

log = structlog.get_logger(__name__)

BEAT_SECONDS = 20.0
UNSEEN = clock.MINUTE
"""A run that has not shown itself for so long (the machine slept, the database was away) asks whether it still counts."""
SECRETS = ("secret.key", "tls/self-signed.pem")
"""Files of the data folder that open what is sealed in the database, and that mail programs know us by."""
FLOWS = "flows.db"

_PERIODS = {"hourly": "%Y-%m-%d %H", "daily": "%Y-%m-%d", "weekly": "%G-%V", "monthly": "%Y-%m"}

age_seconds = Gauge(
    "mailwright_backup_age_seconds",
    "Since the moment the last good backup shows; without one, where it is to be made every day, since the first tenant.",
    [],
)
damaged_messages = Gauge(
    "mailwright_backup_damaged",
    "Messages the last good backup has without their text, which was damaged or gone here.",
    [],
)
last_octets = Gauge("mailwright_backup_bytes", "What the last good backup holds, and what its run wrote.", ["what"])


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. `expected` is about what there is to go through, in octets."""

    done: int
    expected: int


Step = Callable[[Progress], None]


def make(
    core: Core,
    folder: Path,
    url: str,
    *,
    passphrase: str | None = None,
    options: ObjectOptions | None = None,
    secrets: bool = False,
    step: Step = lambda _: None,
) -> Summary:
    """Make a backup of the installation in `folder`; its summary. `options` are of a bucket: how it is spoken to.

    With a passphrase it is encrypted, and only then (or with `secrets`) has the keys of the data folder. Raises AlreadyExists while
    another run is under way, BadInput, TryLater, OSError.
    """
    place, life = open_place(url, options), life_of(core.database)
    with contextlib.ExitStack() as stack:
        run = stack.enter_context(
            under_way(core.database, "copy", place.name)
        )  # first: two that begin a place make two keys
        kept = stack.enter_context(
            contextlib.closing(repository.repository_at(place, passphrase, life=life, create=True))
        )
        began = clock.now()
        kept.look_around()
        before = _newest(kept)

        def tell(progress: Progress) -> None:
            run.check()
            step(progress)

        copied, flows = core.database.read_now(lambda tx: _copy(tx, core, folder, kept, before, tell))
        with_secrets = secrets or kept.encrypted
        files = [*flows, *(_secrets(folder, kept) if with_secrets else ())]
        copied.contents.files += files
        summary = Summary(
            name=repository.new_name(began),
            began_at=began,
            ended_at=clock.now(),
            revision=HEAD,
            dialect=core.database.dialect,
            version=__version__,
            octets=copied.octets + sum(file.octets for file in files),
            added=0,
            rows=copied.rows,
            blobs=copied.blobs,
            messages=next(table.rows for table in copied.contents.tables if table.name == "messages"),
            damaged=len(copied.damaged),
            secrets=with_secrets,
            body=[],
            life=life,
        )
        run.check(surely=True)
        kept.finish(copied.contents, summary)
        try:
            run.check(surely=True)
        except TryLater:  # it slept just before: what it is made of may be gone
            kept.remove([summary.name])
            raise
        run.told = {
            "name": summary.name,
            "octets": summary.octets,
            "added": summary.added,
            "damaged": summary.damaged,
        }
    for blob_id in copied.damaged[:100]:
        log.error("backup.damaged", blob=blob_id)
    return summary


def _copy(
    tx: Tx, core: Core, folder: Path, kept: Repository, before: Contents | None, step: Step
) -> tuple[copying.Copied, list[File]]:
    copying.settle(tx, core.database.dialect)
    tx.scalar("SELECT 1 FROM tenants LIMIT 1")  # from here on one moment
    flows = _flows(core.database, folder, kept)
    expected = copying.expected(tx)
    copied = copying.copy(
        tx,
        core.blobs,
        kept,
        dialect=core.database.dialect,
        before=before,
        progress=lambda done: step(Progress(done, expected)),
    )
    return copied, flows


def life_of(database: Database) -> str:
    """The word by which our backups are known. Raises TryLater."""
    return database.read_now(lives.known_word) or database.write_now(lives.word)


def _newest(kept: Repository) -> Contents | None:
    """What the newest backup has, ours if there is one; a damaged one is no help, and no hindrance."""
    try:
        try:
            found = kept.summary()
        except NotFound:  # none of ours: after a restore those of before serve as well
            found = kept.summary(kept.names()[-1])
        return kept.contents(found)
    except (IndexError, NotFound, Damaged):
        return None


def _flows(database: Database, folder: Path, kept: Repository) -> list[File]:
    """The workflows' own file, of a moment right behind the database's: what that says was handed over is in it, and nothing
    has gone on meanwhile that the database knows nothing of.
    """
    path = folder / FLOWS
    if database.dialect != "sqlite" or not path.exists():
        return []
    with tempfile.TemporaryDirectory(prefix="mailwright-backup-", dir=folder) as scratch:
        copy = Path(scratch) / FLOWS
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source:
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on one moment, whoever writes
            with contextlib.closing(sqlite3.connect(copy)) as target:
                source.backup(target, pages=1_000)
        return [copying.copy_file(kept, copy, FLOWS)]


def _secrets(folder: Path, kept: Repository) -> list[File]:
    return [copying.copy_file(kept, folder / name, name) for name in SECRETS if (folder / name).is_file()]


# --- runs -----------------------------------------------------------------------------------------------------------


class Run:
    """A run that is under way. `told` is what is written down of it when it ends well."""

    def __init__(self, database: Database, run_id: str) -> None:
        self.told: dict[str, Any] = {}
        self._database = database
        self._id = run_id
        self._seen_at = clock.now()
        self._dead = False

    def beat(self) -> None:
        """Show that it lives. Raises TryLater."""
        now = clock.now()
        if self._database.write_now(lambda tx: runs.beat(tx, self._id)):
            self._seen_at = now
        else:
            self._dead = True

    def check(self, *, surely: bool = False) -> None:
        """Raise TryLater when it was taken for dead: what it relies on may have been removed, and what it removes may be needed.

        The database is asked only when it was not for a while, or `surely`.
        """
        if not self._dead and (surely or abs(clock.now() - self._seen_at) > UNSEEN):
            self.beat()
        if self._dead:
            raise TryLater(
                "the run did not show for two minutes (did the machine sleep?) and was taken for dead: begin it again"
            )

    def end(self, **told: Any) -> None:
        """It is over. Raises TryLater."""
        self._database.write_now(lambda tx: runs.end(tx, self._id, **told))


@contextmanager
def under_way(database: Database, kind: str, place: str) -> Iterator[Run]:
    """A run, shown as living until the block ends. Raises AlreadyExists."""
    run = Run(database, database.write_now(lambda tx: runs.begin(tx, kind, place)))
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(BEAT_SECONDS):
            try:
                run.beat()
            except TryLater:
                continue  # the next one comes soon enough
            except Exception:
                log.exception("backup.beat")

    beating = threading.Thread(target=beat, name="backup", daemon=True)
    beating.start()
    told: dict[str, Any] = {}
    try:
        yield run
        told = run.told
    except BaseException as error:
        told = {"error": f"{type(error).__name__}: {error}"[:500]}
        raise
    finally:
        stop.set()
        beating.join()
        with contextlib.suppress(TryLater):
            run.end(**told)


# --- which stay -----------------------------------------------------------------------------------------------------


def staying(names: Iterable[str], keep: Mapping[str, int]) -> set[str]:
    """Which backups stay: the newest of each of so many hours, days, weeks, months, the `last` few, and always the newest."""
    newest_first = sorted(names, reverse=True)
    stay = set(newest_first[: max(keep.get("last", 0), 1)])
    for period, form in _PERIODS.items():
        seen: dict[str, str] = {}
        for name in newest_first:
            seen.setdefault(f"{clock.to_datetime(repository.taken_at(name)):{form}}", name)
        stay.update(list(seen.values())[: keep.get(period, 0)])
    return stay


def owned(found: Mapping[str, Summary | None], ours: Collection[str]) -> dict[str, Summary | None]:
    """Those of the lives `ours`. Backups that do not say whose they are (older ones, damaged ones) are, where no others are beside them."""
    alone = all(each is None or each.life in ("", *ours) for each in found.values())
    return {
        name: each
        for name, each in found.items()
        if (each is not None and each.life in ours) or (alone and (each is None or not each.life))
    }


def soundest(found: Mapping[str, Summary | None]) -> set[str]:
    """Going back from the newest, each that lacks less than all newer ones: what they lack may be in it."""
    stay, least = set[str](), None
    for name in sorted(found, reverse=True):
        each = found[name]
        if each is not None and (least is None or each.damaged < least):
            stay.add(name)
            least = each.damaged
    return stay


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a pruning removed; `others` are backups that were let be, since they are not ours."""

    backups: list[str]
    pieces: int
    octets: int
    others: int = 0


def prune(
    core: Core, kept: Repository, keep: Mapping[str, int], *, of: Collection[str] = (), dry_run: bool = False
) -> Pruned:
    """Remove the backups of ours that need not stay, and the pieces nobody needs. `of` are further lives that are ours.

    Raises AlreadyExists, BadInput, TryLater, OSError.
    """
    found = kept.summaries()
    ours = owned(found, {life_of(core.database), *of})
    gone, others = sorted(ours.keys() - staying(ours, keep) - soundest(ours)), len(found) - len(ours)
    if dry_run:
        return Pruned(gone, 0, 0, others)
    with under_way(core.database, "prune", kept.place.name) as run:
        kept.remove(gone)
        try:
            pieces, octets = kept.sweep(check=run.check)
        except Damaged as problem:
            raise BadInput(f"no piece was removed, since it is not sure which are needed: {problem}") from None
    return Pruned(gone, pieces, octets, others)


# --- what is known of them ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """The last good run; without one, since when there is something to copy."""

    good: runs.Run | None
    since: clock.Instant | None


def measure(tx: Tx) -> Known:
    """What is known of them. For `publish`."""
    good = runs.last(tx, good=True)
    return Known(good, runs.copying_since(tx) if good is None else None)


def publish(found: Known, *, daily: bool) -> None:
    """Bring the gauges up to date; `daily`: one is to be made every day, so that none at all is told, too."""
    if found.good is not None:
        age_seconds.set((clock.now() - found.good.started_at) / clock.SECOND)
        damaged_messages.set(found.good.damaged)
        last_octets.labels("all").set(found.good.octets)
        last_octets.labels("added").set(found.good.added)
    elif daily and found.since is not None:
        age_seconds.set((clock.now() - found.since) / clock.SECOND)
