"""The daily backup: the role `scheduler` asks for it when a place for backups is set, and one worker of many makes it, as a workflow.

`configure` comes first in every process that serves lanes; each of them may be the one, so each needs the settings. A backup that
fails is tried again twice, and told: the log has an error, `mailwright_backup_age_seconds` goes on growing, and `mailwright doctor`
says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from mailwright.core import Core, backups
from mailwright.domain.refusals import AlreadyExists, TryLater
from mailwright.pipeline import Flows, step, workflow
from mailwright.storage.backup.repository import open_repository

if TYPE_CHECKING:
    from mailwright.storage.objectstores import ObjectOptions

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where backups go (to a bucket by `options`), and when (`at` like 02:30, UTC). `keep` None: all stay. `passphrase` raises OSError."""

    folder: Path
    url: str = field(repr=False)
    at: str
    keep: Mapping[str, int] | None
    passphrase: Callable[[], str | None]
    secrets: bool = False
    options: ObjectOptions | None = None

    @property
    def cron(self) -> str:
        """As schedules have it."""
        hour, _, minute = self.at.partition(":")
        return f"{int(minute)} {int(hour)} * * *"


_parts: list[tuple[Core, Plan]] = []


def configure(core: Core, plan: Plan | None) -> None:
    """Say whose backups are made; the last word counts."""
    _parts[:] = [] if plan is None else [(core, plan)]


def schedule(flows: Flows) -> None:
    """Have it made every day, if it is wanted."""
    if _parts:
        flows.schedule(_parts[0][1].cron, daily_backup)


@workflow(name="daily-backup", lane="ingest")
async def daily_backup(due: datetime, _context: Any = None) -> None:
    """One backup, and the removal of old ones."""
    await make_one()


@step(attempts=3)
async def make_one() -> str:
    """Make it; its name, or nothing where none is wanted (any more), and told: it may be that only this process does not know the place."""
    if not _parts:
        log.warning("backup.not_made", because="this worker has no place for backups", hint="MAILWRIGHT_BACKUP_URL")
        return ""
    core, plan = _parts[0]
    try:
        return await asyncio.to_thread(_make, core, plan)
    except AlreadyExists as refusal:  # somebody makes one by hand just now
        log.warning("backup.waiting", error=str(refusal))
        return ""
    except OSError as error:
        log.error("backup.failed", error=str(error))
        raise TryLater(f"the backup failed: {error.strerror}") from error
    except Exception as error:
        log.error("backup.failed", error=str(error))
        raise


def _make(core: Core, plan: Plan) -> str:
    secret = plan.passphrase()
    summary = backups.make(core, plan.folder, plan.url, passphrase=secret, options=plan.options, secrets=plan.secrets)
    log.info("backup.made", name=summary.name, octets=summary.octets, added=summary.added, damaged=summary.damaged)
    if plan.keep is not None:
        pruned = backups.prune(core, open_repository(plan.url, secret, options=plan.options), plan.keep)
        log.info("backup.pruned", backups=len(pruned.backups), octets=pruned.octets, others=pruned.others)
    return summary.name
