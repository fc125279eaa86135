"""The workflow engine's tables, made without starting the engine: for a database that is about to be filled with a backup."""

from __future__ import annotations

from mailwright.pipeline.enginestore import dbos_url


def make(url: str) -> None:
    """Make them in the database at `url`, or leave those that are there."""
    from dbos import DBOS

    DBOS.migrate(dbos_url(url))
