"""Housekeeping: the nightly round over what expires, as a workflow, so that one process of many does it.

Scheduled by `app.py`; `configure` comes first in every process that serves lanes. Mail policies are `retention`'s, the
engine's own rows are `pipeline.retention`'s; here is only when they run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailwright.core import Core, mailboxes, retention, vacation
from mailwright.domain.refusals import TryLater
from mailwright.pipeline import Flows, step, workflow
from mailwright.pipeline.retention import purge

NIGHTLY = "17 3 * * *"  # UTC; a minute that not everybody else's cron uses too


@dataclass(slots=True)
class _Parts:
    core: Core
    flows: Flows


_parts: list[_Parts] = []


def configure(core: Core, flows: Flows) -> None:
    """Say whose house it is; the last word counts."""
    _parts[:] = [_Parts(core, flows)]


@workflow(name="housekeeping", lane="ingest")
async def housekeeping(due: datetime, _context: Any = None) -> None:
    """One round: mail that expired, then rows of the engine."""
    await sweep_mail()
    await sweep_engine()


@step(attempts=3)
async def sweep_mail() -> int:
    """Apply the mail policies; how many messages and blobs went."""
    core = _here().core
    await mailboxes.empty_removed(core)
    await vacation.forget(core)
    swept = await retention.sweep(core)
    return swept.expired + swept.redacted + swept.collected


@step(attempts=3)
async def sweep_engine() -> int:
    """Delete the engine's old rows; how many."""
    parts = _here()
    purged = await purge(parts.core.database, parts.flows)
    return purged.events + purged.workflows + purged.dead_letters


def _here() -> _Parts:
    if not _parts:
        raise TryLater("the application has not finished starting")
    return _parts[0]
