"""Migrations: brings a database to the schema of this version.

Called at start and by the tests. Looks at the version row first, so that a database that is current costs one query and no
import of Alembic. Schema changes expand first and contract in a later release: yesterday's code runs on today's schema.
"""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mailwright.domain.refusals import TryLater
from mailwright.storage import logins

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import URL

HEAD = "0009"
"""The newest revision; a test compares it with the files."""

LOCK_TRIES = 20
PAUSE_SECONDS = 1.0  # before the second try; each time twice as long, up to
LONGEST_SECONDS = 30.0
_GAVE_WAY = {"55P03", "40P01"}  # lock_not_available, deadlock_detected


def migrate(url: str) -> bool:
    """Bring the database at `url` to HEAD. True when anything had to be done.

    Raises TryLater when it cannot be reached, or something holds its tables for minutes.
    """
    if current_revision(url) == HEAD:
        return False
    from alembic import command

    if url.startswith("sqlite:///"):
        path = url.removeprefix("sqlite:///")
        if not os.path.exists(path):
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.close()
    from sqlalchemy.exc import OperationalError

    for attempt in range(LOCK_TRIES):
        try:
            command.upgrade(configuration(url), "head")
            return True
        except OperationalError as error:
            # A change of tables waits shortly for those who use them, then lets them on: see `migrations/env.py`.
            if getattr(error.orig, "sqlstate", None) not in _GAVE_WAY:
                raise
            time.sleep(min(PAUSE_SECONDS * 2**attempt, LONGEST_SECONDS))
    raise TryLater("something holds the tables for long, a backup or a dump perhaps: migrate when that has ended")


def current_revision(url: str) -> str | None:
    """The revision a database is at, or None when it is empty or new."""
    if url.startswith("sqlite:///"):
        path = url.removeprefix("sqlite:///")
        if not os.path.exists(path):
            return None
        connection = sqlite3.connect(path)
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            return None
        finally:
            connection.close()
        return str(row[0]) if row else None
    from mailwright.storage.postgresqlconnecting import connect

    with connect(url) as postgres:
        found = postgres.execute("SELECT to_regclass('alembic_version')").fetchone()
        if found is None or found[0] is None:
            return None
        version = postgres.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(version[0]) if version else None


def configuration(url: str) -> Config:
    """Alembic's configuration for our migrations, without a file of its own."""
    from alembic.config import Config

    config = Config()
    # ConfigParser takes "%" for the beginning of a name.
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["url"] = engine_url(logins.current(url))
    return config


def engine_url(url: str) -> URL:
    """The URL as SQLAlchemy takes it, which reads `?` and `%` in a file's path as parts of the URL unless it is told the path."""
    from sqlalchemy import URL, make_url

    if url.startswith("sqlite:///"):
        return URL.create("sqlite", database=url.removeprefix("sqlite:///"))
    return make_url(url.replace("postgresql://", "postgresql+psycopg://", 1))
