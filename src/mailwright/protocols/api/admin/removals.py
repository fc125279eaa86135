"""Removals under way: taking an account's mail away goes on after the answer was given.

Used by `users`. What a process that ends leaves is finished at night (`core.housekeeping`).
"""

import asyncio

import structlog

from mailwright.core import Core, accounts
from mailwright.core.accounts import Account
from mailwright.domain.refusals import TryLater
from mailwright.storage.audit import Actor

PATIENCE_SECONDS = 1.0  # for which an answer waits: most accounts are gone by then

log = structlog.get_logger(__name__)


class Removals:
    """Those of this process."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._running: dict[str, asyncio.Task[None]] = {}

    async def finish(self, account: Account, by: Actor) -> bool:
        """Take the rest of a closed account away. False when that goes on after a moment."""
        task = self._running.get(account.id)
        if task is None:
            task = asyncio.create_task(self._work(account, by), name="removal")
            self._running[account.id] = task
        await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        return task.done() and not task.cancelled() and task.exception() is None

    async def _work(self, account: Account, by: Actor) -> None:
        try:
            await accounts.finish_removal(self._core, account, by=by)
        except TryLater as refusal:
            log.warning("removal.postponed", user_id=account.id, error=str(refusal))
            raise
        finally:
            del self._running[account.id]
