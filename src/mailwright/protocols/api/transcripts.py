"""What was sent to which model for one's own tasks: `/api/user/tasks/{id}/calls`, `/api/user/messages/{id}/calls` and
`/api/user/calls/{id}/transcript`. `/api/admin` shows operators the same, in the same words (`Call`, `TranscriptOut`)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from mailwright.core import Core, transcripts
from mailwright.core.transcripts import CallView, Transcript
from mailwright.domain.clock import SECOND, to_iso
from mailwright.protocols.identity import Caller, Identity
from mailwright.storage.model_calls import ModelCall


class Call(BaseModel):
    """One request to a model."""

    id: str
    task_id: str | None
    at: str = Field(examples=["2026-03-01T09:30:00.000Z"])
    purpose: str = Field(examples=["judge"])
    model: str = Field(examples=["anthropic:claude-sonnet-4-5"])
    outcome: str = Field(examples=["ok"], description="`ok`, or a word for what went wrong")
    input_tokens: int
    cached_tokens: int = Field(description="of the input, from the provider's cache")
    output_tokens: int
    cost_usd: float = Field(description="0 where no price is known")
    seconds: float
    has_transcript: bool


class CallsOut(BaseModel):
    """The oldest first."""

    calls: list[Call]


class TurnOut(BaseModel):
    """One thing that was said."""

    role: str = Field(examples=["user"], description="system (our instructions), user (the material), assistant, tool")
    kind: str = Field(examples=["text"], description="text, call (of a tool), result (of a tool), thinking")
    name: str = Field(description="of the tool, for a call or a result")
    text: str


class TranscriptOut(BaseModel):
    """What was sent in one call and what came back. Personal data stands in it as placeholders: that is what travelled."""

    call: Call
    because: str = Field(description="why there is nothing to show; empty when there is something")
    format: str = Field(examples=["anthropic-messages"], description="the interface in whose words `sent` is")
    sent: Any = Field(description="the body of the request, exactly as it travelled; null: nothing, see `because`")
    turns: list[TurnOut] = Field(description="what that says, in order, for reading")
    tools: list[str] = Field(description="the tools that were offered")
    status: int | None = Field(description="of the HTTP answer, where there was one")
    answered: list[dict[str, Any]] | None = Field(description="the parts of the answer: texts and calls of tools")
    raw: str | None = Field(description="what came back when that was no answer")


def create_router(core: Core, identity: Identity) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["dashboard"], prefix="/api/user")
    who = Depends(identity.signed_in)

    @router.get("/tasks/{task_id}/calls")
    async def of_task(task_id: str, caller: Annotated[Caller, who]) -> CallsOut:
        """Which models were asked for a task of one's own, and what that took."""
        return calls_out(await core.read(lambda tx: transcripts.of_task(tx, caller.account, task_id)))

    @router.get("/messages/{message_id}/calls")
    async def of_message(message_id: str, caller: Annotated[Caller, who]) -> CallsOut:
        """Which models were asked because of a message: the mail that asked for a task of one's own, or the answer to it."""
        return calls_out(await core.read(lambda tx: transcripts.of_message(tx, caller.account, message_id)))

    @router.get("/calls/{call_id}/transcript")
    async def transcript(call_id: str, caller: Annotated[Caller, who]) -> TranscriptOut:
        """Exactly what was sent to a model for a task of one's own, and what it answered."""
        return transcript_out(await core.read(lambda tx: transcripts.of_call(tx, caller.account, call_id)))

    return router


def calls_out(views: list[CallView]) -> CallsOut:
    """Calls as they are answered."""
    return CallsOut(calls=[_call(view.call, view.task_id, has_transcript=view.has_transcript) for view in views])


def transcript_out(found: Transcript) -> TranscriptOut:
    """A transcript as it is answered."""
    return TranscriptOut(
        call=_call(found.call, found.task_id, has_transcript=found.sent is not None),
        because=found.because,
        format=found.format,
        sent=found.sent,
        turns=[TurnOut(role=turn.role, kind=turn.kind, name=turn.name, text=turn.text) for turn in found.turns],
        tools=[*found.tools],
        status=found.status,
        answered=found.answered,
        raw=found.raw,
    )


def _call(call: ModelCall, task_id: str | None, *, has_transcript: bool) -> Call:
    return Call(
        id=call.id,
        task_id=task_id,
        at=to_iso(call.created_at),
        purpose=call.purpose,
        model=call.model,
        outcome=call.outcome,
        input_tokens=call.input_tokens,
        cached_tokens=call.cached_tokens,
        output_tokens=call.output_tokens,
        cost_usd=round(call.cost_usd, 6),
        seconds=round(call.latency_us / SECOND, 2),
        has_transcript=has_transcript,
    )
