"""Followed: what else happens when a message of the outbox has left, cannot, or was taken back.

Called by those who sent it for something (follow-ups, outreach): each has a consumer of its own of the stream that has OUTBOX_SETTLED.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailwright.core import Core
from mailwright.domain.events import OUTBOX_SETTLED, Event
from mailwright.pipeline import Commit, Handler
from mailwright.storage import Tx


def follow(core: Core, is_ours: Callable[[Tx, str], bool], settle: Callable[[Tx, Core, str, str], None]) -> Handler:
    """A consumer that has `settle` called, in one transaction for a batch, with the id and the status of each row that is ours."""

    async def handle(events: Sequence[Event]) -> Commit | None:
        ended = [(each.payload["outbox_id"], each.payload["status"]) for each in events if each.kind == OUTBOX_SETTLED]
        found = await core.read(lambda tx: [each for each in ended if is_ours(tx, each[0])])
        if not found:
            return None

        def commit(tx: Tx) -> None:
            for outbox_id, status in found:
                settle(tx, core, outbox_id, status)

        return commit

    return handle
