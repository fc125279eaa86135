"""Outreach: the words of the scribe. A mail to one recipient, its four steps, where it stands, what became of it.

Used by core, the scribe, storage and the APIs. A mail is a task of the agent `scribe` with a row beside it; a public API has words of its own
for where a task stands: `queue_status`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from mailwright.domain.clock import HOUR, Instant
from mailwright.domain.tasks import Stage, TaskStatus

AGENT = "scribe"

MAX_NAME = 200  # characters of a recipient's name
MAX_INTEREST = 1_000
MAX_TEMPLATE = 20_000
MAX_FIELDS = 30
MAX_FIELD = 1_000  # characters of the value of one
MAX_FILES = 5
MAX_FILE_TEXT = 60_000  # characters kept of one
MAX_SUBJECT = 300
MAX_BODY = 40_000
MAX_ERROR = 1_000  # characters of what is told of a failure
MAX_COPY = 60_000  # characters of the stored copy of a source

PLACEHOLDER = re.compile(r"\{\{\s*+([^{}\s](?:[^{}\n]{0,58}[^{}\s])?)\s*+\}\}")
"""As templates have them: `{{name}}`. `{{` without an end is text, and takes no longer to read than other text."""


class TemplateType(StrEnum):
    """What a template asks to be looked up."""

    RESEARCH = "RESEARCH"  # somebody's scientific work: papers are looked for, too
    BOOK = "BOOK"  # somebody's books
    GENERAL = "GENERAL"  # anything else


class ScribeStep(StrEnum):
    """The four steps, in their order, as the API tells them. `stage` is the one of the task."""

    TEMPLATE = "template_parser"
    RESEARCH = "web_research"
    PAPERS = "papers"
    COMPOSE = "composer"

    @property
    def stage(self) -> Stage:
        return Stage(self.value)


class QueueStatus(StrEnum):
    """Where a mail stands, in the words of the queue."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


_QUEUE: dict[TaskStatus, QueueStatus] = {
    TaskStatus.QUEUED: QueueStatus.PENDING,
    TaskStatus.RUNNING: QueueStatus.PROCESSING,
    TaskStatus.WAITING: QueueStatus.PROCESSING,
    TaskStatus.COMPLETE: QueueStatus.COMPLETED,
    TaskStatus.FAILED: QueueStatus.FAILED,
    TaskStatus.SKIPPED: QueueStatus.FAILED,
    TaskStatus.CANCELLED: QueueStatus.CANCELLED,
}


def queue_status(status: TaskStatus) -> QueueStatus:
    """The queue's word for where a task stands."""
    return _QUEUE[status]


class SourceKind(StrEnum):
    """Where a source comes from. Only the last is the owner's own."""

    WEB = "web"
    PAPER = "paper"
    FILE = "file"  # a file that the owner gave


class About(StrEnum):
    """Whether a text is about the recipient, or about somebody else who has the same name."""

    RECIPIENT = "recipient"
    OTHER = "other"
    UNCLEAR = "unclear"


class SentState(StrEnum):
    """What became of a finished mail."""

    NONE = ""
    DRAFTED = "drafted"  # it lies in Drafts
    ASKED = "asked"  # its owner is asked whether it may go
    QUEUED = "queued"  # it is in the outbox, perhaps for later
    SENT = "sent"
    FAILED = "failed"  # it could not be delivered
    REFUSED = "refused"  # its owner said no, or it may not be sent any more


@dataclass(frozen=True, slots=True)
class Limits:
    """What an installation allows."""

    at_once: int = 8  # mails that are written at the same time, by all processes together
    per_day: int = 200  # mails one person may have written in a day
    batch: int = 500  # recipients of one batch
    sends_per_day: int = 50  # outreach one person may send in a day
    domain_per_day: int = 10  # ... and to recipients of one domain
    cached: Instant = 24 * HOUR  # how long what was found is used again
