"""Moving an installation's store: the database from SQLite to PostgreSQL, the blobs from one place to another, or both.

Called by `mailwright migrate-store`. First blobs (that may begin while the installation runs: `prepare`), then, when nobody
works on it any more, what came since, the tables, and unfinished work that has not begun; then everything is compared.
Promises: it can be killed at any point and run again; until `Mark.phase` is "moved" nothing of the old store has changed but the
mark, and nothing of it changes afterwards. Does not: change settings; that is the switch, and for a person to do.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from mailwright.domain import clock
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import AlreadyExists, BadInput, TryLater
from mailwright.pipeline import Flows
from mailwright.pipeline.flows import Flow, Status
from mailwright.storage import BlobStore, Database, keptblobs, movemark, open_database, workers
from mailwright.storage.blobcopy import BlobCopy, Copied
from mailwright.storage.blobplaces import Outside
from mailwright.storage.migrate import migrate
from mailwright.storage.movemark import Mark
from mailwright.storage.retention import START
from mailwright.storage.tablecopy import TableCopy, is_away

SLICE = 200  # blobs
PAGE = 200  # workflows
NAMED = 5  # processes in one line
UNFINISHED: tuple[Status, ...] = ("delayed", "queued", "running")
JOURNAL = "moving-blobs.json"  # how far blobs were copied and compared

Told = Callable[[str, int, int], None]
"""Hears what is done of how much: ("blobs", 200, 5_000)."""


@dataclass(frozen=True, slots=True)
class Move:
    """What is to be moved where. `database_url` is the old one; None for what stays.

    `anew`: what another move has filled of the new database goes. `target` is also set where the messages stay in an object store: there goes what the old database keeps itself.
    """

    folder: Path
    database_url: str
    blob_url: str
    database: Database
    blobs: BlobStore
    to_database: str | None
    to_blobs: str | None
    target: Outside | None
    anew: bool = False

    @property
    def embedded(self) -> bool:
        """Whether one process on this machine has it all; else other hosts may work on it, too."""
        return self.database_url.startswith("sqlite:///")

    @property
    def where(self) -> tuple[str, str]:
        """Both new places as they are shown; "" for what stays."""
        return movemark.without_password(self.to_database) if self.to_database else "", self.to_blobs or ""


def check(move: Move) -> Mark | None:
    """Whether this can be done at all; the mark of a move that has begun. Raises BadInput, AlreadyExists."""
    if move.to_database is None and move.to_blobs is None:
        raise BadInput("say where to: --to-database, --to-blobs, or both")
    if move.to_database is not None:
        if not move.embedded:
            raise BadInput(
                "only an embedded database (SQLite) can be moved; between PostgreSQL servers its own tools do it"
            )
        if not move.to_database.startswith("postgresql://"):
            raise BadInput("--to-database should be postgresql://user:password@host:port/name")
        if move.target is None:
            raise BadInput(
                "--to-blobs is missing: a folder of this machine is no place for what several machines share"
            )
    if move.to_blobs is not None and move.to_blobs == move.blob_url:
        raise BadInput("--to-blobs is where the messages are already")
    mark = movemark.read(move.folder) if move.embedded else movemark.kept(move.database)
    if mark is not None and (mark.to_database, mark.to_blobs) != move.where:
        where = " and ".join(filter(None, (mark.to_database, mark.to_blobs)))
        raise AlreadyExists(f"a move to {where} has begun: go on with that, or give it up with --undo")
    return mark


def begin(move: Move, mark: Mark | None) -> Mark:
    """From here on nobody starts on the old store. The mark of this move. Raises BadInput when somebody works on it, TryLater."""
    _check_quiet(move)
    if mark is None:
        to_database, to_blobs = move.where
        mark = Mark(new_id(), "moving", to_database, to_blobs, move.blob_url, clock.now())
        _set(move, mark)
        try:
            _check_quiet(move)  # who started just before the mark was set
        except BadInput:
            movemark.forget(move.database)
            raise
    return mark


def _set(move: Move, mark: Mark) -> None:
    if move.embedded:
        movemark.write(move.folder, mark)
    else:
        movemark.keep(move.database, mark)


def _check_quiet(move: Move) -> None:
    """That no process, on whatever host, works on what is being moved. (The embedded mode has the lock of its folder.)"""
    if not move.embedded and (found := move.database.read_now(lambda tx: workers.alive(tx, clock.now()))):
        raise BadInput(
            f"a server runs on this installation ({', '.join(each.name for each in found[:NAMED])}): stop every process, and "
            "run migrate-store again; one that was killed counts for a minute and a half"
        )


def finish(move: Move, mark: Mark) -> Mark:
    """It is moved. Raises BadInput when somebody works on it after all."""
    _check_quiet(move)
    done = replace(mark, phase="moved", at=clock.now())
    _set(move, done)
    (move.folder / JOURNAL).unlink(missing_ok=True)
    return done


def undo(folder: Path, database: Database | None = None) -> Mark:
    """Take the mark away, that of the database on PostgreSQL or else that of the folder: the old store may be used again, and what was
    moved is a copy. Raises BadInput when there is none, TryLater.
    """
    mark = None if database is None else movemark.kept(database)
    if mark is not None and database is not None:
        movemark.forget(database)
    else:
        mark = movemark.read(folder)
        if mark is None:
            raise BadInput(f"nothing in {folder} was moved")
        movemark.remove(folder)
    (folder / JOURNAL).unlink(missing_ok=True)
    return mark


def copy_blobs(move: Move, told: Told) -> Copied:
    """Every blob that is not in the new place yet; again goes on. Blocks. Raises TryLater."""
    if move.target is None:
        return Copied()
    through = _journal(move)
    total = int(move.database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM blobs")))
    work = _copying(move, move.target)
    after, seen = START, 0
    try:
        while rows := move.database.read_now(partial(keptblobs.following, after=after, limit=SLICE)):
            work.copy(rows, through=through)
            after, seen = rows[-1].id, seen + len(rows)
            if after > through:
                _note(move, after)
            told("blobs", seen, max(total, seen))
    finally:
        work.close()
    return work.done


def compare_blobs(move: Move, copied: Copied, told: Told) -> None:
    """Whether the new place has every blob that it was to get. Blocks. Raises BadInput when it has not, TryLater."""
    if move.target is None:
        return
    total = int(move.database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM blobs")))
    work = _copying(move, move.target)
    after, seen, absent = START, 0, 0
    try:
        while rows := move.database.read_now(partial(keptblobs.following, after=after, limit=SLICE)):
            absent += work.absent(rows)
            after, seen = rows[-1].id, seen + len(rows)
            told("blobs compared", seen, max(total, seen))
    finally:
        work.close()
    if absent > copied.lost_count:
        raise BadInput(f"{absent - copied.lost_count} messages that were copied are not there: run migrate-store again")


def _copying(move: Move, target: Outside) -> BlobCopy:
    return BlobCopy(
        move.database, move.blobs, target, inline=move.to_database is not None, outside=move.to_blobs is not None
    )


def copy_tables(move: Move, mark: Mark, told: Told) -> list[dict[str, Any]]:
    """Every table, compared; what each has. Blocks. Raises AlreadyExists, TryLater; BadInput when something is not the same."""
    if move.to_database is None:
        return []
    migrate(move.to_database)
    place = move.target.place if move.target is not None else "object"
    work = TableCopy(move.database_url.removeprefix("sqlite:///"), move.to_database, mark.id, place=place)
    try:
        work.begin(anew=move.anew)
        total, there = work.rows(), 0
        counts: dict[str, int] = {}

        def tell(table: str, copied: int) -> None:
            counts[table] = copied
            told("rows", sum(counts.values()), max(total, sum(counts.values())))

        there = work.copy(tell)
        work.finish()
        found = []
        compared = 0
        for each in work.compare():
            if not each.same:
                raise BadInput(
                    f"the table {each.table} is not the same there: {each.there} rows of {each.rows}; --undo, and run it with --anew"
                )
            compared += each.rows
            told("rows compared", compared, max(there, compared))
            found.append({"table": each.table, "rows": each.rows, "checksum": each.checksum})
        return found
    except Exception as error:
        if is_away(error):
            raise TryLater("the database cannot be reached now: run migrate-store again") from error
        raise
    finally:
        work.close()


def release(move: Move, mark: Mark) -> None:
    """Let the new database be used. Blocks. Again does no harm."""
    if move.to_database is None:
        return
    work = TableCopy(move.database_url.removeprefix("sqlite:///"), move.to_database, mark.id, place="object")
    try:
        work.release()
    finally:
        work.close()


# --- unfinished work ---------------------------------------------------------------------------------------------------


async def unfinished(flows: Flows, statuses: tuple[Status, ...] = UNFINISHED) -> list[Flow]:
    """Workflows that have not ended, with what they were given. Raises TryLater."""
    found: dict[str, Flow] = {}
    seen = 0
    while page := await flows.find(status=statuses, limit=PAGE, offset=seen):
        seen += len(page)
        for each in page:
            flow = await flows.status(each.id)
            if flow is not None:
                found[flow.id] = flow
    return list(found.values())


async def hand_over(move: Move, waiting: list[Flow]) -> int:
    """Queue in the new database what waits in the old one; again does nothing. How many. Raises TryLater."""
    if move.to_database is None or not waiting:
        return 0
    database = open_database(move.to_database)
    flows = Flows(database, move.to_database, executor_id="migrate-store")
    try:
        for each in waiting:
            delay = 0.0 if each.due_at is None else max((each.due_at - clock.now()) / clock.SECOND, 0.0)
            await flows.enqueue(
                each.workflow,
                *each.args,
                id=each.id,
                lane=each.lane,  # type: ignore[arg-type] # as the engine named it
                tenant=each.tenant,
                priority=each.priority,
                delay=delay,
            )
        return len(waiting)
    finally:
        await flows.stop(0)
        await asyncio.to_thread(database.close)


# --- how far blobs are ---------------------------------------------------------------------------------------------------


def _journal(move: Move) -> str:
    try:
        kept = json.loads((move.folder / JOURNAL).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return START
    return str(kept["through"]) if kept.get("to") == move.to_blobs else START


def _note(move: Move, through: str) -> None:
    staged = move.folder / f"{JOURNAL}.staged"
    staged.write_text(json.dumps({"to": move.to_blobs, "through": through}), encoding="utf-8")
    staged.rename(move.folder / JOURNAL)


def report(move: Move, mark: Mark, copied: Copied, tables: list[dict[str, Any]], handed_over: int) -> dict[str, Any]:
    """What was done, what comes next, and how to go back."""
    return {
        "moved": mark.phase == "moved",
        "to_database": mark.to_database or None,
        "to_blobs": mark.to_blobs or None,
        "blobs": asdict(copied),
        "rows": sum(each["rows"] for each in tables),
        "tables": tables,
        "workflows_handed_over": handed_over,
        "next": list(_next(move)),
        "back": f"stop the new one, then: mailwright migrate-store --undo --data {move.folder} (what came to the new one stays there)",
    }


def _next(move: Move) -> Iterator[str]:
    if move.to_database is not None:
        yield "set MAILWRIGHT_DATABASE_URL to the new database"
    if move.to_blobs is not None:
        yield f"set MAILWRIGHT_BLOB_URL={move.to_blobs} and what else opens it (MAILWRIGHT_BLOB_…)"
    if move.to_database is None:
        yield f"set MAILWRIGHT_BLOB_FORMER_URLS={move.blob_url} as well, and keep that place for some weeks: what is not in the new one is read there"
    if move.to_database is not None:
        yield f"on other machines: the same MAILWRIGHT_SECRET_KEY, or the file {move.folder / 'secret.key'}"
        yield "start it, then make the search index anew: mailwright search reindex"
    yield "look whether everything is there: mailwright storage check --deep"
