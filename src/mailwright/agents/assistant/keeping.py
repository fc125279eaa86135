"""What a run keeps beside its task: the snapshot of what was gathered, and the draft that was written. Both hold mail text.

Ids of them travel between steps; they are forgotten after `kept_days`.
"""

from __future__ import annotations

from mailwright.agents.assistant.parts import parts
from mailwright.agents.assistant.snapshot import Snapshot, Written
from mailwright.domain import clock
from mailwright.domain.refusals import NotFound
from mailwright.storage import Tx
from mailwright.storage import tasks as task_rows


async def load_snapshot(snapshot_id: str) -> Snapshot:
    """What was gathered. Raises NotFound, TryLater."""
    return Snapshot.model_validate_json(await parts().core.read(lambda tx: _content(tx, snapshot_id)))


async def load_written(advice_id: str) -> Written:
    """What was written. Raises NotFound, TryLater."""
    return Written.model_validate_json(await parts().core.read(lambda tx: _content(tx, advice_id)))


async def keep_written(task_id: str, written: Written) -> str:
    """Its id. Raises TryLater."""
    content = written.model_dump_json()
    return await parts().core.write(lambda tx: task_rows.add_snapshot(tx, task_id, content, clock.now()))


def _content(tx: Tx, snapshot_id: str) -> str:
    content = task_rows.snapshot(tx, snapshot_id)
    if content is None:
        raise NotFound("what was gathered is kept no more")
    return content
