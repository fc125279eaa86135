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
    """What a running task is doing now: the four steps every agent has, and WORK, the part of thinking that may take long. CLASSIFY,
    GENERATE and DRAFT are the assistant's own names for its steps, as its API tells them; then come a follow-up's
    (`domain.followups`) and the scribe's (`domain.outreach`)."""

    GATHER = "gather"
    THINK = "think"
    DECIDE = "decide"
    WORK = "work"
    ACT = "act"
    CLASSIFY = "classify"
    GENERATE = "generate"
    DRAFT = "draft"
    CLARIFYING = "clarifying"
    PENDING = "pending"
    DUE = "due"
    EXECUTING = "executing"
    SENDING = "sending"
    TEMPLATE_PARSER = "template_parser"
    WEB_RESEARCH = "web_research"
    PAPERS = "papers"
    COMPOSER = "composer"


TRANSITIONS: dict[TaskStatus, frozenset[TaskStatus]] = {
    TaskStatus.QUEUED: frozenset(
        {TaskStatus.RUNNING, TaskStatus.WAITING, TaskStatus.SKIPPED, TaskStatus.CANCELLED, TaskStatus.FAILED}
    ),
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
    TaskStatus.WAITING: frozenset(
        {TaskStatus.WAITING, TaskStatus.RUNNING, TaskStatus.CANCELLED, TaskStatus.FAILED, TaskStatus.COMPLETE}
    ),
    TaskStatus.COMPLETE: frozenset({TaskStatus.QUEUED}),
    TaskStatus.FAILED: frozenset({TaskStatus.QUEUED}),
    TaskStatus.SKIPPED: frozenset({TaskStatus.QUEUED}),
    TaskStatus.CANCELLED: frozenset({TaskStatus.QUEUED}),
}
"""From → to. RUNNING → RUNNING and WAITING → WAITING are changes of stage; a final task may be queued again by a person. One that is complete only where
doing it again does no harm: see `core.tasks.requeue`."""
