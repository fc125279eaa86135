"""`mailwright migrate-store`: an embedded installation to PostgreSQL and an object store, or its messages to another place."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from mailwright.cli.installation import DataOption, check_exists, is_served, settings_of
from mailwright.cli.terminal import answer, fail, note
from mailwright.domain.refusals import BadInput

if TYPE_CHECKING:
    from mailwright.core.storemoving import Move, Told
    from mailwright.pipeline.flows import Flow
    from mailwright.settings import Settings
    from mailwright.storage.movemark import Mark

TELL_SECONDS = 2.0  # between two lines of progress
LOOK_SECONDS = 1.0
NAMED = 5  # workflows in one line


def migrate_store(
    to_database: Annotated[
        str, typer.Option(metavar="URL", help="postgresql://user:password@host:port/name; an empty database.")
    ] = "",
    to_blobs: Annotated[
        str, typer.Option(metavar="URL", help="s3://bucket/prefix, az://container/prefix or file:///folder.")
    ] = "",
    prepare: Annotated[bool, typer.Option("--prepare", help="Only copy messages, while the server runs.")] = False,
    drain: Annotated[
        int, typer.Option(metavar="SECONDS", help="Work off what has begun first, for so long at most.")
    ] = 0,
    restart: Annotated[
        bool, typer.Option("--restart", help="Let work that has begun and not ended begin anew there.")
    ] = False,
    anew: Annotated[
        bool,
        typer.Option("--anew", help="Empty a database that another move, given up or not at its end, has filled."),
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Use the old store again.")] = False,
    data: DataOption = None,
) -> None:
    """Move everything to PostgreSQL and an object store, or only the messages to another place. May be killed and run again.

    The report is JSON on standard output. Nothing of the old store is changed or removed.
    """
    import asyncio

    settings = settings_of(data)
    if undo:
        mark = _undone(settings)
        note(
            f"the store in {settings.data} may be used again"
            + ("" if mark.phase == "moved" else "; the move is given up")
        )
        return
    check_exists(settings)
    if is_served(settings) and not prepare:
        fail("a server runs on this installation: stop it (only --prepare works while it runs)")
    if drain and not prepare:
        asyncio.run(_drain(settings, drain))
    lock = _locked(settings) if not prepare else None
    try:
        _run(settings, to_database, to_blobs, prepare=prepare, restart=restart, anew=anew)
    finally:
        if lock is not None:
            os.close(lock)


def _undone(settings: Settings) -> Mark:
    from mailwright.core import storemoving
    from mailwright.storage import open_database

    if settings.database_url.startswith("sqlite:///"):
        return storemoving.undo(settings.data)
    database = open_database(settings.database_url, direct=settings.database_direct_url)
    try:
        return storemoving.undo(settings.data, database)
    finally:
        database.close()


def _locked(settings: Settings) -> int | None:
    """Nobody starts on the data folder meanwhile."""
    from mailwright.installation import lock_folder

    return lock_folder(settings.data) if settings.database_url.startswith("sqlite:///") else None


def _run(settings: Settings, to_database: str, to_blobs: str, *, prepare: bool, restart: bool, anew: bool) -> None:
    import asyncio

    from mailwright.core import storemoving
    from mailwright.settings.storing import OBJECT_SCHEMES
    from mailwright.storage import movemark, open_database
    from mailwright.storage.blobowner import Ownership
    from mailwright.storage.blobs import open_outside
    from mailwright.storage.migrate import migrate
    from mailwright.stores import blobs_of, object_options

    direct = settings.database_direct_url or settings.database_url
    movemark.refuse_half_filled(settings.data, direct, None)
    if not prepare:
        migrate(direct)
    database = open_database(settings.database_url, direct=settings.database_direct_url)
    wanted = settings.model_copy(update={"blob_url": to_blobs}) if to_blobs else settings
    place = to_blobs
    if to_database and settings.blob_url.startswith(OBJECT_SCHEMES):
        place = to_blobs or settings.blob_url  # also where messages stay: the database keeps small ones itself
    address = wanted.tenant_address(place) if place else ""
    try:
        move = storemoving.Move(
            settings.data,
            settings.database_url,
            settings.blob_url,
            database,
            blobs_of(settings, database),
            to_database or None,
            to_blobs or None,
            open_outside(address, object_options(wanted)) if address else None,
            anew,
        )
        mark = storemoving.check(move)
        if to_blobs and mark is None and move.target is not None:
            ours, because = Ownership(database, [move.target]).examine()
            if not ours:
                raise BadInput(f"{because}: name another place")
        if mark is not None and mark.phase == "moved":
            storemoving.release(move, mark)
            fail(f"this was moved on {time.strftime('%Y-%m-%d', time.gmtime(mark.at // 1_000_000))} already")
        if prepare:
            copied = storemoving.copy_blobs(move, _teller())
            answer({"moved": False, "blobs": {"copied": copied.blobs, "already": copied.already, "lost": copied.lost}})
            return
        waiting = asyncio.run(_waiting(settings, move, restart=restart)) if to_database else []
        mark = storemoving.begin(move, mark)
        copied = storemoving.copy_blobs(move, _teller())
        storemoving.compare_blobs(move, copied, _teller())
        tables = storemoving.copy_tables(move, mark, _teller())
        handed_over = asyncio.run(storemoving.hand_over(move, waiting))
        mark = storemoving.finish(move, mark)
        storemoving.release(move, mark)
        answer(storemoving.report(move, mark, copied, tables, handed_over))
    finally:
        database.close()


async def _waiting(settings: Settings, move: Move, *, restart: bool) -> list[Flow]:
    """Work that has not ended and can be handed over. Raises BadInput when some has begun."""
    from mailwright.core import storemoving
    from mailwright.installation import flows_url
    from mailwright.pipeline import Flows

    flows = Flows(move.database, flows_url(settings))
    try:
        found = await storemoving.unfinished(flows)
    finally:
        await flows.stop(0)
    begun = [each for each in found if each.status == "running"]
    if begun and not restart:
        told = ", ".join(f"{each.workflow} {each.id}" for each in begun[:NAMED])
        raise BadInput(
            f"{len(begun)} workflows have begun and not ended ({told}): work them off with --drain 120, "
            "or let them begin anew there with --restart"
        )
    return found


async def _drain(settings: Settings, seconds: int) -> None:
    """Run the working half, without doors, until nothing is queued or running."""
    import asyncio

    from mailwright.app import Application
    from mailwright.core import storemoving

    worker = Application(settings.model_copy(update={"roles": ("worker",)}))
    await worker.start()
    try:
        ends = time.monotonic() + seconds
        while left := await storemoving.unfinished(worker.flows, ("queued", "running")):
            if time.monotonic() > ends:
                break
            note(f"{len(left)} workflows are not at their end yet")
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        await worker.stop()


def _teller() -> Told:
    """Tells how much is done, and how long the rest may take."""
    began = last = time.monotonic()
    what_last = ""

    def tell(what: str, done: int, total: int) -> None:
        nonlocal began, last, what_last
        now = time.monotonic()
        if what != what_last:
            began, what_last = now, what
        if now - last < TELL_SECONDS and done < total:
            return
        last = now
        left = (now - began) / done * (total - done) if done else 0.0
        end = "\r" if sys.stderr.isatty() and done < total else "\n"
        typer.echo(f"{what}: {done} of {total}, {left:.0f} s left", err=True, nl=False)
        typer.echo(end, err=True, nl=False)

    return tell
