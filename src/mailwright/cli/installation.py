"""The installation a command works on: its settings, and its database and blobs opened without any server.

Used by every command that touches data. A server may be running on the same data meanwhile: it notices what is written here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailwright.cli.terminal import note
from mailwright.domain.refusals import NotFound

if TYPE_CHECKING:
    from mailwright.core import Core
    from mailwright.settings import Settings

DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="The data folder (MAILWRIGHT_DATA, else ./data).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def settings_of(data: Path | None, **overrides: object) -> Settings:
    """The settings, checked, and logs set up for a command: warnings only, unless the settings say more."""
    from mailwright import telemetry
    from mailwright.settings import load, unknown_variables

    settings = load(data=data, **overrides)
    level = settings.log_level if "log_level" in settings.model_fields_set else "warning"
    telemetry.configure(level, settings.log_format)
    for line in unknown_variables():
        note(f"mailwright: {line}")
    return settings


@contextmanager
def opened(data: Path | None, *, create: bool = False, any_key: bool = False) -> Iterator[Core]:
    """The core of the installation, closed again at the end. Raises NotFound when there is none (and not `create`), BadInput when
    this machine has another key than its secrets (and not `any_key`).
    """
    settings = settings_of(data)
    check_exists(settings, create=create)
    from mailwright.installation import build_core

    core = build_core(settings, any_key=any_key)
    try:
        yield core
    finally:
        core.database.close()


def check_exists(settings: Settings, *, create: bool = False) -> None:
    """Raises NotFound when nothing was ever made at the place the settings name."""
    path = settings.database_url.removeprefix("sqlite:///")
    if not create and path != settings.database_url and not Path(path).exists():
        raise NotFound(
            f"there is no installation in {settings.data} (--data names another folder; `mailwright up --demo` or "
            "`mailwright domain add` makes one)"
        )


def is_served(settings: Settings) -> bool:
    """Whether a server runs on this installation now: it holds the lock of the data folder, or its heartbeat is fresh."""
    import fcntl

    if settings.database_url.startswith("sqlite:///"):
        try:
            with (settings.data / "mailwright.lock").open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False
    from mailwright.core import status
    from mailwright.storage import open_database

    database = open_database(settings.database_url, direct=settings.database_direct_url)
    try:
        return database.read_now(status.workforce).online > 0
    finally:
        database.close()
