"""The way of a message: `/api/admin/trace`. From the moment it arrived to what became of it; never what it says."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from mailwright.core import Core
from mailwright.core.administration import Reach, stories
from mailwright.core.administration.stories import Story
from mailwright.domain.clock import to_iso
from mailwright.protocols.api.admin.reaching import Reaching
from mailwright.protocols.api.admin.words import Text, refusals


class StepOut(BaseModel):
    """One thing that happened."""

    at: str
    stage: str = Field(examples=["filed"])
    detail: str
    because: str | None


class StoryOut(BaseModel):
    """One message."""

    id: str | None = Field(description="ours; null: it is in no mailbox (any more)")
    message_id: str = Field(description="its Message-ID field, when that is known")
    subject: str | None = Field(description="for admins; null for support, and when it is not known")
    from_: str = Field(alias="from", description="an address, or nothing")
    to: str = Field(description="addresses with commas")
    received_at: str
    correlation_id: str
    summary: str = Field(examples=["received → filed (INBOX) → judged a task (0.91) → answered → delivered 250"])
    steps: list[StepOut]


class StoriesOut(BaseModel):
    """The newest first."""

    messages: list[StoryOut]


def create_router(core: Core, reaching: Reaching) -> APIRouter:
    """The path."""
    router = APIRouter(tags=["administration: trace"], prefix="/trace")

    @router.get("", responses=refusals())
    async def trace(
        reach: Annotated[Reach, Depends(reaching.looks)],
        q: Annotated[
            Text,
            Query(max_length=1000, description="a Message-ID, our id of a message, an address, or a correlation id"),
        ] = "",
    ) -> StoriesOut:
        """What happened to the messages that are meant. Without an id of ours, it looks a month back."""
        core.trail.note(
            reach.by.name,
            "trace.looked-up",
            resource=q,
            address=reach.by.address,
            tenant_id=reach.account.tenant_id,
            correlation_id=reach.by.correlation_id,
        )
        found = await core.read(lambda tx: stories.search(tx, reach, q))
        return StoriesOut(messages=[_told(story) for story in found])

    return router


def _told(story: Story) -> StoryOut:
    return StoryOut.model_validate(
        {
            "id": story.id,
            "message_id": story.message_id,
            "subject": story.subject,
            "from": story.sender,
            "to": ", ".join(story.recipients),
            "received_at": to_iso(story.received_at),
            "correlation_id": story.correlation_id,
            "summary": story.summary,
            "steps": [
                {"at": to_iso(step.at), "stage": step.stage, "detail": step.detail, "because": step.because or None}
                for step in story.steps
            ],
        }
    )
