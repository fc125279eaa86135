"""Handing mails to workflows: which id, lane and priority, and in which order.

Used by arrivals (mail that came, mail that is asked for again) and by classify (an older mail whose turn it is after all). Knows the
workflow by its name only, so that its steps may use it.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailwright.agents.assistant.parts import AGENT
from mailwright.pipeline import Request
from mailwright.pipeline.lanes import BULK, NORMAL, URGENT, Lane
from mailwright.storage.tasks import Task
from mailwright.storage.triage import Item

LANE: Lane = "classify"
BULK_LANE: Lane = "batch"


def requests_for(items: Sequence[Item], *, bulk: bool = False) -> list[Request]:
    """The workflows of mails that have just come."""
    return [_request(item, 1, force=False, bulk=bulk) for item in items]


def request_for(item: Item, task: Task, *, force: bool = False, bulk: bool = False) -> Request:
    """The workflow of a task's present generation. With `force` the mail is judged anew, and a draft that nobody edited written anew."""
    return _request(item, task.generation, force=force, bulk=bulk)


def _request(item: Item, generation: int, *, force: bool, bulk: bool) -> Request:
    in_bulk = bulk and not item.vip  # mail of a VIP goes before any other, whoever asked
    return Request(
        AGENT,
        (item.id, generation, force),
        id=f"{AGENT}:{item.id}:{generation}",
        lane=BULK_LANE if in_bulk else LANE,
        tenant=item.tenant_id,
        priority=URGENT if item.vip else BULK if in_bulk else NORMAL,
    )
