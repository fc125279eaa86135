"""What DBOS says of a workflow, in our words.

Called by `engine` alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mailwright.pipeline.flows import Flow, Status
from mailwright.pipeline.lanes import NORMAL

if TYPE_CHECKING:
    from dbos import WorkflowStatus

NO_TENANT = "-"  # partitions need a name

STATUS: Final[dict[str, Status]] = {
    "DELAYED": "delayed",
    "ENQUEUED": "queued",
    "PENDING": "running",
    "SUCCESS": "done",
    "ERROR": "failed",
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "parked",
    "CANCELLED": "cancelled",
}
WORD: Final = {ours: theirs for theirs, ours in STATUS.items()}


def flow_of(found: WorkflowStatus) -> Flow:
    """A workflow as DBOS lists it."""
    given = found.input["args"] if found.input else ()
    tenant = found.queue_partition_key or ""
    return Flow(
        id=found.workflow_id,
        workflow=found.name,
        status=STATUS[found.status],
        lane=found.queue_name,
        tenant="" if tenant == NO_TENANT else tenant,
        attempts=found.recovery_attempts or 0,
        created_at=(found.created_at or 0) * 1000,
        completed_at=None if found.completed_at is None else found.completed_at * 1000,
        args=tuple(given),
        result=found.output,
        error=None if found.error is None else str(found.error)[:2000],
        priority=NORMAL if found.priority is None else found.priority,
        due_at=None if found.delay_until_epoch_ms is None else found.delay_until_epoch_ms * 1000,
    )
