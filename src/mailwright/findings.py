"""Findings: what a process says of itself when it is probed or scraped, besides what every part says by itself.

Made by the application, which tells when the work has begun.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from mailwright.core import Core, connectionfigures, databasefigures, reconciling, status, tenantfigures
from mailwright.core.status import Finding

if TYPE_CHECKING:
    from mailwright.secretkeeping.keeper import Keeper
    from mailwright.work import Work


class Findings:
    """The checks and the measures of this process."""

    def __init__(self, core: Core, keeper: Keeper | None) -> None:
        self._core = core
        self._keeper = keeper
        self.started = False
        self.work: Work | None = None

    @property
    def checks(self) -> list[Callable[[], Awaitable[Finding]]]:
        """What readiness asks."""
        database, streams, index = self._core.database, self._core.streams, self._core.search
        checks: list[Callable[[], Awaitable[Finding]]] = [self._at_work, self._secrets_kept, self._place_ours]
        if streams is not None:
            checks.append(lambda: status.of_valkey(database, streams))
        if index is not None and index.is_shared:
            checks.append(lambda: status.of_search(index))
        return checks

    async def measure(self) -> None:
        """Bring the figures up to date that are read when somebody wants them. Raises TryLater."""
        core = self._core
        status.publish(await core.read(status.measure))
        connectionfigures.publish(await core.read(connectionfigures.measure))
        reconciling.publish(await core.read(reconciling.measure))
        await databasefigures.measure(core)
        await tenantfigures.measure(core)
        if self.work is not None:
            await self.work.measure()

    async def _at_work(self) -> Finding:
        return Finding(
            "start", self.started, "it is done" if self.started else "mail is taken; the work begins in a moment"
        )

    async def _place_ours(self) -> Finding:
        owner = self._core.blobs.owner
        ours, because = (True, "this installation's") if owner is None else owner.said()
        # Never a reason to send people elsewhere: every process of this installation says the same, and who is asked to store says so, too.
        return Finding("place of messages", ours, because, decides=False)

    async def _secrets_kept(self) -> Finding:
        # Never a reason to send people elsewhere: whoever restarts all machines at once would stop the mail.
        return Finding("secrets", True, "none has changed" if self._keeper is None else self._keeper.because())
