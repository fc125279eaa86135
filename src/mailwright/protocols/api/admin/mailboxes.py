"""Mailboxes: `/api/admin/mailboxes`. Their names and sizes, nothing of what is in them, and how long that is kept."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from mailwright.core import Core
from mailwright.core.administration import Reach, places
from mailwright.protocols.api.admin.reaching import Reaching
from mailwright.protocols.api.admin.words import Days, RowId, refusals
from mailwright.storage.mailboxes import Mailbox


class MailboxOut(BaseModel):
    """A folder of somebody's."""

    id: str
    name: str = Field(examples=["INBOX"])
    role: str | None = Field(
        examples=["inbox"], description="what it is for: inbox, sent, drafts, trash, junk, archive"
    )
    total: int = Field(description="messages")
    unseen: int
    size_bytes: int
    retain_days: int | None = Field(description="how long mail is kept here; null: as its domain says")


class MailboxesOut(BaseModel):
    """All of a person's, by name."""

    mailboxes: list[MailboxOut]


class MailboxChange(BaseModel):
    """How long mail is kept."""

    retain_days: Days | None = Field(description="null: as its domain says")


def create_router(core: Core, reaching: Reaching) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["administration: mailboxes"], prefix="/mailboxes")
    support, admin = Depends(reaching.looks), Depends(reaching.changes)

    @router.get("", responses=refusals(404))
    async def list_mailboxes(
        user: Annotated[UUID, Query(description="whose")], reach: Annotated[Reach, support]
    ) -> MailboxesOut:
        """A person's folders."""
        found = await core.read(lambda tx: places.mailboxes_of(tx, reach, str(user)))
        return MailboxesOut(mailboxes=[_told(mailbox) for mailbox in found])

    @router.patch("/{mailbox_id}", responses=refusals(400, 404))
    async def change_mailbox(mailbox_id: RowId, given: MailboxChange, reach: Annotated[Reach, admin]) -> MailboxOut:
        """How long mail is kept in this one; what is older goes tonight."""
        return _told(await core.write(lambda tx: places.retain_mailbox(tx, reach, str(mailbox_id), given.retain_days)))

    return router


def _told(mailbox: Mailbox) -> MailboxOut:
    return MailboxOut(
        id=mailbox.id,
        name=mailbox.name,
        role=mailbox.role,
        total=mailbox.total,
        unseen=mailbox.unseen,
        size_bytes=mailbox.size_bytes,
        retain_days=mailbox.retain_days,
    )
