"""Retention: `/api/admin/retention`. Every policy by which mail goes by itself, in one place."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from mailwright.core import Core
from mailwright.core.administration import Reach, places
from mailwright.domain.clock import DAY
from mailwright.protocols.api.admin.reaching import Reaching
from mailwright.protocols.api.admin.words import Days, Line, refusals
from mailwright.storage import Tx
from mailwright.storage.mailboxes import Mailbox

MAX_CHANGES = 500  # policies set by one request


class DomainPolicy(BaseModel):
    """How long mail of a domain is kept; null: for good."""

    name: Annotated[Line, Field(max_length=255, examples=["example.org"])]
    retain_days: Days | None


class MailboxPolicy(BaseModel):
    """How long mail is kept in one mailbox; null: as its domain says."""

    id: UUID
    retain_days: Days | None


class RetainedMailbox(BaseModel):
    """A mailbox with a policy of its own."""

    id: str
    user_id: str
    user: str = Field(examples=["ada@example.org"])
    name: str = Field(examples=["Newsletters"])
    retain_days: int | None


class RetainedDomain(BaseModel):
    """A domain's policy; null: for good."""

    name: str
    retain_days: int | None


class RetentionOut(BaseModel):
    """All of it. What is of the whole installation is a setting of the server and read only."""

    redact_after_days: int | None = Field(description="after these the text of every message is removed; null: never")
    audit_kept_days: int
    deliveries_kept_days: int = Field(description="how long it is remembered what came in, and a repetition is known")
    outbox_kept_days: int = Field(description="how long it is remembered what was sent")
    domains: list[RetainedDomain]
    mailboxes: list[RetainedMailbox]


class RetentionIn(BaseModel):
    """Policies to be set, all or none of them."""

    domains: list[DomainPolicy] = Field(default_factory=list, max_length=MAX_CHANGES)
    mailboxes: list[MailboxPolicy] = Field(default_factory=list, max_length=MAX_CHANGES)


def create_router(core: Core, reaching: Reaching) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["administration: retention"], prefix="/retention")
    admin = Depends(reaching.changes)

    @router.get("", responses=refusals())
    async def show_retention(reach: Annotated[Reach, admin]) -> RetentionOut:
        """Every policy within reach. A mailbox without one of its own follows its domain."""
        return await core.read(lambda tx: _told(tx, core, reach))

    @router.put("", responses=refusals(400, 404))
    async def change_retention(given: RetentionIn, reach: Annotated[Reach, admin]) -> RetentionOut:
        """Set policies of several domains and mailboxes at once; others stay. What is older goes tonight."""

        def write(tx: Tx) -> RetentionOut:
            domains = [(each.name, each.retain_days) for each in given.domains]
            places.retain(tx, reach, domains, [(str(each.id), each.retain_days) for each in given.mailboxes])
            return _told(tx, core, reach)

        return await core.write(write)

    return router


def _told(tx: Tx, core: Core, reach: Reach) -> RetentionOut:
    settings = core.settings
    domains, mailboxes = places.retained(tx, reach)
    return RetentionOut(
        redact_after_days=None if settings.redact_after is None else settings.redact_after // DAY,
        audit_kept_days=settings.audit_kept // DAY,
        deliveries_kept_days=settings.inbound_kept // DAY,
        outbox_kept_days=settings.outbox_kept // DAY,
        domains=[RetainedDomain(name=each.name, retain_days=each.retain_days) for each in domains],
        mailboxes=[_mailbox(owner, each) for owner, each in mailboxes],
    )


def _mailbox(owner: str, mailbox: Mailbox) -> RetainedMailbox:
    return RetainedMailbox(
        id=mailbox.id, user_id=mailbox.user_id, user=owner, name=mailbox.name, retain_days=mailbox.retain_days
    )
