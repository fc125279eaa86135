"""Keeping: how long outreach and what was looked up for it is kept. Called by the nightly round.

Promises: what was found on the web is gone when it is good no more; what was deleted can be had back for DELETED_KEPT and is then gone with
all it rested on; files that no mail uses go; where the installation redacts mail, texts of outreach go as early as those of mail.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from mailwright.core import Core
from mailwright.domain import clock
from mailwright.domain.clock import DAY, Instant
from mailwright.storage import Tx, outreach, outreachfiles, outreachtemplates, webcache

DELETED_KEPT: Instant = 30 * DAY
UNUSED_KEPT: Instant = DAY  # a file is given just before the mail that uses it
SLICE = 200  # rows of one transaction


async def forget(core: Core) -> int:
    """One round; how many rows went. Raises TryLater."""
    now = clock.now()
    rounds: list[tuple[Callable[[Tx, Instant, int], int], Instant]] = [
        (webcache.forget, now),
        (outreach.purge_deleted, now - DELETED_KEPT),
        (outreachtemplates.forget_deleted, now - DELETED_KEPT),
        (outreach.forget_empty_batches, now - DELETED_KEPT),
        (outreachfiles.forget_unused, now - UNUSED_KEPT),
    ]
    redact_after = core.settings.redact_after
    if redact_after is not None:
        rounds.insert(0, (outreach.redact, now - redact_after))
    gone = 0
    for delete, before in rounds:
        while count := await core.write(partial(_some, delete, before)):
            gone += count
    return gone


def _some(delete: Callable[[Tx, Instant, int], int], before: Instant, tx: Tx) -> int:
    return delete(tx, before, SLICE)
