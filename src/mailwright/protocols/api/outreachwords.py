"""The words of outreach over HTTP: what is asked for, and what is told of mails, batches, templates. Used by the three modules beside it."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, Field, field_validator

from mailwright.core.outreach import letter
from mailwright.domain.outreach import (
    MAX_BODY,
    MAX_FIELD,
    MAX_FIELDS,
    MAX_FILES,
    MAX_INTEREST,
    MAX_NAME,
    MAX_SUBJECT,
    MAX_TEMPLATE,
    QueueStatus,
    ScribeStep,
    SentState,
    SourceKind,
    TemplateType,
)
from mailwright.domain.refusals import BadInput
from mailwright.domain.tasks import TaskStatus
from mailwright.protocols.api.admin.words import Line, Text, iso
from mailwright.storage.outreach import Outreach
from mailwright.storage.outreachsteps import Source

AT = "2026-11-20T08:00:00Z"
MAX_PREVIEW = 200  # characters of a mail in lists
MAX_FILE_CHARACTERS = 14 * 1024 * 1024  # base64 of the largest file
MAX_KEY = 100
STEPS = tuple(ScribeStep)

Id = Annotated[str, Path(max_length=64)]
Recipient = Annotated[Line, Field(min_length=1, max_length=MAX_NAME, examples=["Ada Lovelace"])]
Interest = Annotated[Text, Field(max_length=MAX_INTEREST, examples=["analytical engines"])]
Email = Annotated[Line, Field(max_length=320, examples=["ada@example.org"])]
Key = Annotated[
    Line, Field(max_length=MAX_KEY, description="of your own: the same one makes one; empty: one for each call")
]
TemplateText = Annotated[
    Text,
    Field(max_length=MAX_TEMPLATE, description="with placeholders", examples=["Dear {{name}}, I liked {{research}}."]),
]
Fields = dict[
    Annotated[Line, Field(min_length=1, max_length=60)],
    Annotated[Text, Field(max_length=MAX_FIELD)],
]


class FileIn(BaseModel):
    """A file of one's own: only its text is kept."""

    name: Annotated[Line, Field(min_length=1, max_length=200, examples=["cv.pdf"])]
    content: Annotated[str, Field(max_length=MAX_FILE_CHARACTERS, description="base64 (RFC 4648 §4)")]

    def octets(self) -> bytes:
        """What it holds. Raises BadInput."""
        return octets(self.content, self.name)


class Asked(BaseModel):
    """What every wish names: a template or which one, and files."""

    template: TemplateText = ""
    template_id: Annotated[Line, Field(max_length=64, description="one of one's own; empty: the default one")] = ""
    files: Annotated[list[FileIn], Field(max_length=MAX_FILES)] = []
    key: Key = ""

    def all_files(self) -> list[tuple[str, bytes]]:
        """Their names and octets. Raises BadInput."""
        return [(each.name, each.octets()) for each in self.files]


class GenerateIn(Asked):
    """A mail to one recipient. Whose it is, is who calls."""

    recipient_name: Recipient
    recipient_interest: Interest = ""
    recipient_email: Email = ""
    fields: Annotated[Fields, Field(max_length=MAX_FIELDS)] = {}


class QuoteOut(BaseModel):
    """What a sentence rests on."""

    number: int = Field(description="of the source")
    quote: str = Field(description="stands in the stored copy, word for word")


class SentenceOut(BaseModel):
    """One sentence of the mail."""

    text: str
    paragraph: int
    state: Literal["verified", "own", "plain", "marked", "edited"] = Field(
        description="verified: its sources say so. own: its owner's words. plain: it states nothing. marked: nothing shows "
        "it. edited: its owner changed it."
    )
    sources: list[QuoteOut] = []


class SourceOut(BaseModel):
    """A page, paper or file, as it was when it was read."""

    number: int
    kind: SourceKind
    url: str
    title: str
    author: str
    published: str
    about: str
    because: str
    fetched_at: str


class SentOut(BaseModel):
    """What became of it."""

    state: SentState
    to: str
    at: str | None = Field(description="when it goes, or went", examples=[AT])
    because: str
    approval_id: str | None
    draft_email_id: str | None


class RowOut(BaseModel):
    """A mail, as lists have it."""

    id: str
    status: QueueStatus
    current_step: ScribeStep | None
    recipient_name: str
    recipient_interest: str
    recipient_email: str
    template_type: TemplateType | Literal[""]
    language: str
    subject: str
    preview: str
    is_confident: bool
    because: str = Field(description="why it is confident, or not")
    sent: SentOut
    batch_id: str | None
    error: str
    failed_step: ScribeStep | None
    edited_at: str | None
    deleted_at: str | None
    created_at: str
    updated_at: str
    completed_at: str | None


class EmailOut(RowOut):
    """A mail with all it rests on."""

    template: str
    template_id: str | None
    fields: dict[str, str]
    text: str
    version: str = Field(description="of subject and text; `send` takes it")
    sentences: list[SentenceOut]
    sources: list[SourceOut]
    metadata: dict[str, Any] = Field(
        description="papers, timings, tokens, cost_usd, models, searches, dropped sentences, and what was not possible"
    )


class ItemOut(BaseModel):
    """A mail, as the queue has it."""

    id: str
    email_id: str
    recipient_name: str
    recipient_interest: str
    recipient_email: str
    status: QueueStatus
    current_step: ScribeStep | None
    error_message: str = Field(description="at most 1,000 characters")
    is_confident: bool
    sent: SentOut
    batch_id: str | None
    position: int | None = Field(description="mails, anybody's, that are begun before it; null: it does not wait")
    started_at: str | None
    completed_at: str | None
    created_at: str


class TextsIn(BaseModel):
    """What its owner changes; what is not named stays."""

    subject: Annotated[Line | None, Field(min_length=1, max_length=MAX_SUBJECT)] = None
    text: Annotated[Text | None, Field(min_length=1, max_length=MAX_BODY)] = None
    recipient_email: Email | None = None

    @field_validator("text")
    @classmethod
    def _line_ends(cls, text: str | None) -> str | None:
        return None if text is None else text.replace("\r\n", "\n").replace("\r", "\n")


def octets(content: str, name: str) -> bytes:
    """What base64 stands for. Raises BadInput."""
    try:
        return base64.b64decode("".join(content.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadInput(f"the content of {name[:80]!r} is not base64") from None


def step_of(found: Outreach) -> ScribeStep | None:
    """The step a mail is at, or broke at."""
    try:
        return ScribeStep(found.stage)
    except ValueError:
        return None


def row(found: Outreach) -> RowOut:
    """As lists tell it."""
    return RowOut(**_row(found))


def email(found: Outreach, sources: Sequence[Source]) -> EmailOut:
    """With all it rests on."""
    return EmailOut(
        **_row(found),
        template=found.template,
        template_id=found.template_id,
        fields=found.fields,
        text=found.body,
        version=letter.version_of(found),
        sentences=[SentenceOut(**each) for each in found.sentences],
        sources=[source(each) for each in sources],
        metadata=found.metadata,
    )


def source(each: Source) -> SourceOut:
    """One source, without its copy."""
    return SourceOut(
        number=each.number,
        kind=each.kind,
        url=each.url,
        title=each.title,
        author=each.author,
        published=each.published,
        about=each.about.value,
        because=each.because,
        fetched_at=iso(each.fetched_at) or "",
    )


def item(found: Outreach, position: int | None) -> ItemOut:
    """As the queue tells it."""
    return ItemOut(
        id=found.id,
        email_id=found.id,
        recipient_name=found.name,
        recipient_interest=found.interest,
        recipient_email=found.email,
        status=found.queue,
        current_step=_current(found),
        error_message=error_of(found),
        is_confident=found.is_confident,
        sent=_sent(found),
        batch_id=found.batch_id,
        position=position,
        started_at=iso(found.started_at),
        completed_at=iso(found.completed_at),
        created_at=iso(found.created_at) or "",
    )


def error_of(found: Outreach) -> str:
    """Why it failed; nothing when it did not."""
    return found.last_error or found.because if found.queue is QueueStatus.FAILED else ""


def _current(found: Outreach) -> ScribeStep | None:
    return step_of(found) if found.status in (TaskStatus.RUNNING, TaskStatus.WAITING) else None


def _sent(found: Outreach) -> SentOut:
    return SentOut(
        state=found.sent_state,
        to=found.sent_to,
        at=iso(found.send_at),
        because=found.sent_because,
        approval_id=found.approval_id,
        draft_email_id=found.draft_id or None,
    )


def _row(found: Outreach) -> dict[str, Any]:
    return {
        "id": found.id,
        "status": found.queue,
        "current_step": _current(found),
        "recipient_name": found.name,
        "recipient_interest": found.interest,
        "recipient_email": found.email,
        "template_type": TemplateType(found.template_type) if found.template_type else "",
        "language": found.language,
        "subject": found.subject,
        "preview": " ".join(found.body.split())[:MAX_PREVIEW],
        "is_confident": found.is_confident,
        "because": found.why,
        "sent": _sent(found),
        "batch_id": found.batch_id,
        "error": error_of(found),
        "failed_step": step_of(found) if found.queue is QueueStatus.FAILED else None,
        "edited_at": iso(found.edited_at),
        "deleted_at": iso(found.deleted_at),
        "created_at": iso(found.created_at),
        "updated_at": iso(found.updated_at),
        "completed_at": iso(found.completed_at),
    }
