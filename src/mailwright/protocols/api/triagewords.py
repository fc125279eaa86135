"""The words of the assistant's API: what is taken from a request, and what answers are made of.

Used by `assistant`, `triage` and `processing`. Promises: a text has no NUL and no half of a character (no table takes them); an empty
field of a form is none.
"""

from typing import Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from mailwright.core import triage
from mailwright.core.processing import Asked
from mailwright.core.triageviews import WORDS, Shown, StageWord, TaskShown, Whole, Word
from mailwright.domain.clock import to_iso
from mailwright.domain.triage import Category, DraftState, MailKind
from mailwright.protocols.api.admin.words import Refused, iso
from mailwright.storage.tasks import TaskEvent
from mailwright.storage.triagerules import Rule

Given = BeforeValidator(lambda value: None if value == "" else value)
"""An empty field of a form is none."""

EMAIL = "its id here (the Email's in JMAP), or the id that a connected account has for it"
AT = "2026-03-01T09:30:00.000Z"


class TaskAsked(BaseModel):
    """A task that was asked for."""

    task_id: str
    email_id: str = Field(description="the mail's id in this API")
    status: Word
    created_at: str = Field(examples=[AT])


class AnswerOut(BaseModel):
    """What came of it."""

    category: Category | None = Field(description="null: not judged yet")
    confidence: float = Field(examples=[0.93])
    because: str
    generated_reply: str | None = Field(description="the draft's text, while it is kept; null: none was written")
    draft_id: str | None = Field(description="the draft: its Email in JMAP, or its id in the connected account")
    model: str | None = Field(examples=["rules"], description="what judged, and wrote; null: nothing yet")


class TaskOut(BaseModel):
    """How far a task is."""

    task_id: str
    email_id: str
    status: Word
    stage: StageWord = Field(description="what is done last; queued: nothing yet")
    correlation_id: str = Field(description="by which the logs tell the whole story")
    because: str = Field(description="why it ended as it did; empty while it goes on")
    created_at: str = Field(examples=[AT])
    completed_at: str | None
    ai_response: AnswerOut | None = Field(description="null: nothing came of it yet")


class SenderOut(BaseModel):
    """Who a mail says it is from."""

    address: str
    name: str


class DraftOut(BaseModel):
    """What became of a draft."""

    state: DraftState | None = Field(description="null: not decided yet; none: none was made, and `because` says why")
    because: str
    draft_id: str | None = Field(description="the draft: its Email in JMAP, or its id in the connected account")
    claims: int = Field(description="what it says that must be true")
    unsupported: int = Field(description="of these, what nothing supports: a visible gap stands there instead")


class ItemOut(BaseModel):
    """One mail, and what it is to its owner."""

    id: str
    source: Literal["mailbox", "gmail", "imap", ""] = Field(description="where it is")
    connection_id: str | None
    email_id: str = Field(description="its Email in JMAP, or its id in the connected account")
    sender: SenderOut
    subject: str
    kind: MailKind | None
    language: str | None = Field(examples=["en"])
    vip: bool
    category: Category | None = Field(description="null: not judged yet")
    confidence: float
    because: str
    decided_by: str | None = Field(description="rule, layer, owner, or the model's name")
    corrected_from: Category | None = Field(description="what it was before its owner said otherwise")
    corrected_at: str | None
    draft: DraftOut
    task_id: str | None
    received_at: str = Field(examples=[AT])
    created_at: str = Field(description="when the assistant first saw it")
    updated_at: str


class ItemsOut(BaseModel):
    """A page, the newest first."""

    items: list[ItemOut]
    next: str | None = Field(description="`before` of the next page; null: this is the last")


class ClaimOut(BaseModel):
    """Something a draft says that must be true."""

    kind: str = Field(examples=["price"], description="price, date, time, number, percentage, promise")
    text: str
    support: str = Field(examples=["thread"], description="thread, owner (the settings), or empty: nothing supports it")
    source: str = Field(description="the words that support it")


class WholeDraftOut(DraftOut):
    """A draft with its text."""

    text: str | None = Field(description="while it is kept")
    checked: list[ClaimOut]


class EventOut(BaseModel):
    """One line of a task's history."""

    at: str = Field(examples=[AT])
    status: str
    stage: str
    detail: str


class RuleOut(BaseModel):
    """A rule: a sender's mail, or that of one kind, is of a category."""

    id: str
    sentence: str = Field(examples=["Mail of shop@example.org that is a receipt is informational"])
    sender: str = Field(examples=["@example.org"], description="an address, or @domain")
    kind: MailKind | None = Field(description="null: all of that sender")
    category: Category
    made_by: Literal["owner", "correction"]
    times: int = Field(description="how often it was said")
    used: int = Field(description="how many mails it decided")
    enabled: bool
    created_at: str
    updated_at: str


class WholeItemOut(ItemOut):
    """One mail with its draft, its task, what happened to it, and the rule that fits its sender."""

    draft: WholeDraftOut
    task: TaskOut | None
    history: list[EventOut]
    rule: RuleOut | None


def conflict(text: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may be refused for how things are."""
    return {409: {"model": Refused, "description": text}}


def asked_out(asked: Asked) -> TaskAsked:
    """A task that was asked for, as it is answered."""
    task = asked.task
    return TaskAsked(
        task_id=task.id, email_id=asked.item_id, status=WORDS[task.status], created_at=to_iso(task.created_at)
    )


def task_out(shown: TaskShown) -> TaskOut:
    """How far a task is, as it is answered."""
    task = shown.task
    return TaskOut(
        task_id=task.id,
        email_id=task.message_id if shown.item is None else shown.item.id,
        status=shown.status,
        stage=shown.stage,
        correlation_id=task.correlation_id,
        because=task.because,
        created_at=to_iso(task.created_at),
        completed_at=iso(task.completed_at),
        ai_response=_answer(shown),
    )


def item_out(shown: Shown) -> ItemOut:
    """A mail in a list, as it is answered."""
    return ItemOut(**_item(shown), draft=DraftOut(**_draft(shown)))


def whole_out(whole: Whole) -> WholeItemOut:
    """A mail with everything, as it is answered."""
    claims = whole.shown.item.claims
    return WholeItemOut(
        **_item(whole.shown),
        draft=WholeDraftOut(
            **_draft(whole.shown),
            text=None if whole.task is None else whole.task.reply,
            checked=[ClaimOut(**{name: str(each.get(name, "")) for name in ClaimOut.model_fields}) for each in claims],
        ),
        task=None if whole.task is None else task_out(whole.task),
        history=[_event(each) for each in whole.history],
        rule=None if whole.rule is None else rule_out(whole.rule),
    )


def rule_out(rule: Rule) -> RuleOut:
    """A rule, as it is answered."""
    return RuleOut(
        id=rule.id,
        sentence=triage.told(rule),
        sender=rule.sender,
        kind=MailKind(rule.mail_kind) if rule.mail_kind else None,
        category=Category(rule.category),
        made_by="owner" if rule.made_by == "owner" else "correction",
        times=rule.times,
        used=rule.used,
        enabled=rule.enabled,
        created_at=to_iso(rule.created_at),
        updated_at=to_iso(rule.updated_at),
    )


def _answer(shown: TaskShown) -> AnswerOut | None:
    item = shown.item
    if item is None or not item.category:
        return None
    return AnswerOut(
        category=Category(item.category),
        confidence=round(item.confidence, 3),
        because=item.because,
        generated_reply=shown.reply,
        draft_id=item.draft_id or None,
        model=str(shown.task.result.get("model") or item.decided_by) or None,
    )


def _item(shown: Shown) -> dict[str, Any]:
    item = shown.item
    return {
        "id": item.id,
        "source": shown.source,
        "connection_id": item.connection_id,
        "email_id": item.id if item.connection_id is None else item.remote_id,
        "sender": SenderOut(address=item.sender, name=item.sender_name),
        "subject": item.subject,
        "kind": item.mail_kind or None,
        "language": item.language or None,
        "vip": item.vip,
        "category": item.category or None,
        "confidence": round(item.confidence, 3),
        "because": item.because,
        "decided_by": item.decided_by or None,
        "corrected_from": item.corrected_from or None,
        "corrected_at": iso(item.corrected_at),
        "task_id": item.task_id,
        "received_at": to_iso(item.received_at),
        "created_at": to_iso(item.created_at),
        "updated_at": to_iso(item.updated_at),
    }


def _draft(shown: Shown) -> dict[str, Any]:
    item = shown.item
    return {
        "state": item.draft_state or None,
        "because": item.draft_because,
        "draft_id": item.draft_id or None,
        "claims": len(item.claims),
        "unsupported": sum(not each.get("support") for each in item.claims),
    }


def _event(event: TaskEvent) -> EventOut:
    return EventOut(at=to_iso(event.created_at), status=event.status.value, stage=event.stage, detail=event.detail)
