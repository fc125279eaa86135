"""The mark of an installation whose store is being moved, or was: a file in its data folder, and a table in the database it goes to.

Where only the messages of an installation on PostgreSQL move, the mark is in that database: all its hosts read it.

Written by `core/storemoving.py`; asked by whoever opens an installation. Promises: nobody starts on what was moved away, or on a
database that has only a part of it, without being told in one line.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, NoReturn
from urllib.parse import urlsplit

from mailwright.domain import clock
from mailwright.domain.refusals import AlreadyExists
from mailwright.storage import durablefiles
from mailwright.storage.database import Database, Tx

FILE = "moved.json"
BEGUN = "store_move"  # a table in the database that is being filled
MESSAGES = "messages_move"  # a table in the database whose messages are being moved, or were
RESTORING = "restore_begun"  # the same while a backup is restored into it
UNFINISHED = "restore.unfinished"  # a folder in the data folder meanwhile


@dataclass(frozen=True, slots=True)
class Mark:
    """A move: where to (without passwords), and whether it is finished. `from_blobs` is where blobs were."""

    id: str
    phase: Literal["moving", "moved"]
    to_database: str
    to_blobs: str
    from_blobs: str
    at: clock.Instant


def read(folder: Path) -> Mark | None:
    """The mark in a data folder."""
    try:
        return Mark(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise AlreadyExists(f"{folder / FILE} cannot be read: is this installation moved or not?") from error


def write(folder: Path, mark: Mark) -> None:
    """Set it; it survives a power cut."""
    durablefiles.write(folder / FILE, json.dumps(asdict(mark)).encode(), staged=folder / f"{FILE}.staged")


def remove(folder: Path) -> None:
    """Take it away."""
    (folder / FILE).unlink(missing_ok=True)
    durablefiles.sync_folder(folder)


def kept(database: Database) -> Mark | None:
    """The mark in a database on PostgreSQL. Raises TryLater."""

    def read_it(tx: Tx) -> str | None:
        if tx.scalar("SELECT to_regclass(?)::text", (MESSAGES,)) is None:
            return None
        found: str | None = tx.scalar(f"SELECT mark FROM {MESSAGES}")
        return found

    text = database.read_now(read_it)
    return None if text is None else Mark(**json.loads(text))


def keep(database: Database, mark: Mark) -> None:
    """Set it in a database on PostgreSQL. Raises TryLater."""

    def write_it(tx: Tx) -> None:
        tx.execute(f"CREATE TABLE IF NOT EXISTS {MESSAGES} (mark text NOT NULL)")
        tx.execute(f"DELETE FROM {MESSAGES}")
        tx.execute(f"INSERT INTO {MESSAGES} VALUES (?)", (json.dumps(asdict(mark)),))

    database.write_now(write_it)


def forget(database: Database) -> None:
    """Take it away again. Raises TryLater."""
    database.write_now(lambda tx: tx.execute(f"DROP TABLE IF EXISTS {MESSAGES}"))


def refuse_moved(folder: Path, database_url: str, blob_url: str) -> None:
    """Raises AlreadyExists when what these settings name was moved elsewhere, or is being moved."""
    mark = read(folder)
    if mark is None:
        return
    stays = not database_url.startswith("sqlite:///") if mark.to_database else blob_url != mark.from_blobs
    if not stays:
        _refuse(mark)


def _refuse(mark: Mark) -> NoReturn:
    where = " and ".join(filter(None, (mark.to_database, mark.to_blobs)))
    if mark.phase == "moving":
        raise AlreadyExists(
            f"this installation is being moved to {where}: run migrate-store again, or migrate-store --undo"
        )
    day = f"{clock.to_datetime(mark.at):%Y-%m-%d}"
    raise AlreadyExists(f"this installation was moved to {where} on {day}: start it there, or migrate-store --undo")


def refuse_half_filled(folder: Path, database_url: str, blob_url: str | None) -> None:
    """Raises AlreadyExists when an installation is still being moved into this database, or a backup restored, or when its messages
    are being moved, or were, away from `blob_url` (not asked with None); TryLater.

    Asked before anything is opened, made or changed.
    """
    path = database_url.removeprefix("sqlite:///")
    text = None
    if path != database_url:
        moving, restoring = False, not Path(path).exists() and (folder / UNFINISHED).is_dir()
    else:
        from mailwright.storage.postgresqlconnecting import connect  # the embedded mode does without

        with connect(database_url) as database:
            marks = (BEGUN, RESTORING, MESSAGES)
            asked = ", ".join("to_regclass(%s) IS NOT NULL" for _ in marks)
            moving, restoring, moved = database.execute(f"SELECT {asked}", marks).fetchone() or (False, False, False)
            text = database.execute(f"SELECT mark FROM {MESSAGES}").fetchone() if moved and blob_url else None
    if moving:
        raise AlreadyExists("an installation is being moved into this database, and not all of it is there")
    if restoring:
        raise AlreadyExists("a restore has begun here and not ended: when it does not run any more, run it again")
    if text is not None:
        mark = Mark(**json.loads(text[0]))
        if mark.phase == "moving" or blob_url == mark.from_blobs:
            _refuse(mark)


def without_password(url: str) -> str:
    """The address of a database, fit to be shown."""
    parts = urlsplit(url)
    host = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    return f"{parts.scheme}://{host}{parts.path}"
