"""Task states: one core set for every agent; each public API maps them to its own words.

Used by core (transitions), agents (stages) and the APIs.
"""

from enum import StrEnum


class TaskStatus(StrEnum):
    """Where a task stands. The last four are final."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    COMPLETE = "complete"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in _FINAL


_FINAL = frozenset({TaskStatus.COMPLETE, TaskStatus.FAILED, TaskStatus.SKIPPED, TaskStatus.CANCELLED})


class Stage(StrEnum):
    """What a running task is doing now: the four steps every agent has."""

    GATHER = "gather"
    THINK = "think"
    DECIDE = "decide"
    ACT = "act"


TRANSITIONS: dict[TaskStatus, frozenset[TaskStatus]] = {
    TaskStatus.QUEUED: frozenset({TaskStatus.RUNNING, TaskStatus.SKIPPED, TaskStatus.CANCELLED, TaskStatus.FAILED}),
    TaskStatus.RUNNING: frozenset(
        {
            TaskStatus.RUNNING,
            TaskStatus.WAITING,
            TaskStatus.COMPLETE,
            TaskStatus.FAILED,
            TaskStatus.SKIPPED,
            TaskStatus.CANCELLED,
        }
    ),
    TaskStatus.WAITING: frozenset({TaskStatus.RUNNING, TaskStatus.CANCELLED, TaskStatus.FAILED, TaskStatus.COMPLETE}),
    TaskStatus.COMPLETE: frozenset(),
    TaskStatus.FAILED: frozenset({TaskStatus.QUEUED}),
    TaskStatus.SKIPPED: frozenset({TaskStatus.QUEUED}),
    TaskStatus.CANCELLED: frozenset({TaskStatus.QUEUED}),
}
"""From → to. RUNNING → RUNNING is a change of stage; a final failed, skipped or cancelled task may be queued again by a person."""
