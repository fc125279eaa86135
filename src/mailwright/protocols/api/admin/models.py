"""Models: `/api/admin/models`, for operators. Which models serve which purpose, changed without a restart; how they do, what they cost,
and what was sent to them."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from mailwright.core import Core, figures, modelchoices, transcripts
from mailwright.core.administration import Reach
from mailwright.core.figures import ModelDay
from mailwright.core.modelchoices import Premises, Serving, Spending
from mailwright.domain.clock import to_iso
from mailwright.protocols.api.admin.figures import Days
from mailwright.protocols.api.admin.parts import Machine
from mailwright.protocols.api.admin.reaching import Reaching
from mailwright.protocols.api.admin.words import Line, RowId, refusals
from mailwright.protocols.api.transcripts import CallsOut, TranscriptOut, calls_out, transcript_out
from mailwright.storage import Tx
from mailwright.storage.model_calls import Recent

MILLISECOND = 1_000  # in microseconds
_FIRST = datetime(1970, 1, 1, tzinfo=UTC).date()

PurposeName = Annotated[Line, Path(max_length=40, description="what they serve", examples=["judge"])]


class ServingOut(BaseModel):
    """Who serves one purpose. The first is asked first, the next one when it fails."""

    purpose: str = Field(examples=["judge"])
    description: str
    models: list[str] = Field(examples=[["anthropic:claude-sonnet-4-5", "rules"]])
    settings: list[str] = Field(description="what the settings say")
    chosen: bool = Field(description="somebody chose; false: it is as the settings say")
    chosen_by: str | None
    chosen_at: str | None


class RecentOut(BaseModel):
    """How one model did in the last hour, in every process."""

    model: str
    calls: int
    failed: int
    outcomes: dict[str, int] = Field(examples=[{"ok": 40, "rate-limited": 2}])
    last_ok: str | None
    last_failure: str | None


class SpendingOut(BaseModel):
    """This month (UTC)."""

    since: str
    spent_usd: float
    limit_usd: float | None = Field(description="null: no limit")
    reached: bool = Field(description="no model but the built-in one is asked until the next month")


class ModelsOut(BaseModel):
    """Purposes, how models did lately, and the month's costs."""

    purposes: list[ServingOut]
    recent: list[RecentOut]
    month: SpendingOut


class ModelsIn(BaseModel):
    """The models that are to serve a purpose."""

    models: list[Annotated[Line, Field(max_length=200)]] = Field(
        min_length=1, max_length=modelchoices.MAX_MODELS, examples=[["anthropic:claude-sonnet-4-5", "rules"]]
    )


class UsageDayOut(BaseModel):
    """What one model did on one day, for every purpose and every tenant."""

    day: str = Field(examples=["2026-03-01"])
    model: str
    purpose: str
    calls: int
    failed: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost_usd: float
    p50_ms: float
    p95_ms: float


class UsageOut(BaseModel):
    """Days with calls, the oldest first, and the month."""

    days: list[UsageDayOut]
    month: SpendingOut


def create_router(core: Core, reaching: Reaching, machine: Machine) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["administration: models"], prefix="/models")
    operator = Depends(reaching.operates)
    premises = machine.models or Premises({})

    async def told() -> ModelsOut:
        def read(tx: Tx) -> tuple[list[Serving], Spending]:
            return modelchoices.serving(tx, premises), modelchoices.spending(tx, premises.monthly_usd)

        serving, month = await core.read(read)
        return ModelsOut(
            purposes=[_serving(each) for each in serving],
            recent=[_recent(each) for each in await modelchoices.recent(core)],
            month=_spending(month),
        )

    @router.get("", responses=refusals())
    async def show_models(_reach: Annotated[Reach, operator]) -> ModelsOut:
        """Which models serve which purpose."""
        return await told()

    @router.put("/{purpose}", responses=refusals(400, 404))
    async def choose_models(purpose: PurposeName, given: ModelsIn, reach: Annotated[Reach, operator]) -> ModelsOut:
        """Let other models serve a purpose; every process follows within seconds. 400 says what a model lacks: its key, its library."""
        names = await modelchoices.check_fit(given.models, premises)
        await core.write(lambda tx: modelchoices.choose(tx, purpose, names, by=reach.by))
        return await told()

    @router.delete("/{purpose}", responses=refusals(404))
    async def reset_models(purpose: PurposeName, reach: Annotated[Reach, operator]) -> ModelsOut:
        """As the settings say again."""
        await core.write(lambda tx: modelchoices.reset(tx, purpose, by=reach.by))
        return await told()

    @router.get("/usage", responses=refusals())
    async def usage(_reach: Annotated[Reach, operator], days: Days = 30) -> UsageOut:
        """Calls, tokens, cost, failures and how quick they were, by day, model and purpose."""
        found = await figures.model_calls(core, None, days)
        month = await core.read(lambda tx: modelchoices.spending(tx, premises.monthly_usd))
        return UsageOut(days=[_day(each) for each in found], month=_spending(month))

    @router.get("/tasks/{task_id}/calls", responses=refusals(404))
    async def calls_of_task(task_id: RowId, _reach: Annotated[Reach, operator]) -> CallsOut:
        """Which models were asked for a task, whosever it is."""
        return calls_out(await core.read(lambda tx: transcripts.of_task_for_operator(tx, str(task_id))))

    @router.get("/calls/{call_id}/transcript", responses=refusals(404))
    async def transcript(call_id: RowId, reach: Annotated[Reach, operator]) -> TranscriptOut:
        """Exactly what was sent to a model, and what it answered. It is noted in the audit trail who looked."""
        found = await core.read(lambda tx: transcripts.for_operator(tx, str(call_id)))
        core.trail.note(
            reach.by.name,
            "transcript.read",
            resource=str(call_id),
            address=reach.by.address,
            tenant_id=reach.account.tenant_id,
            correlation_id=reach.by.correlation_id,
        )
        return transcript_out(found)

    return router


def _serving(found: Serving) -> ServingOut:
    return ServingOut(
        purpose=found.purpose,
        description=found.description,
        models=[*found.models],
        settings=[*found.from_settings],
        chosen=found.chosen_at is not None,
        chosen_by=found.chosen_by,
        chosen_at=None if found.chosen_at is None else to_iso(found.chosen_at),
    )


def _recent(found: Recent) -> RecentOut:
    calls = sum(found.outcomes.values())
    return RecentOut(
        model=found.model,
        calls=calls,
        failed=calls - found.outcomes.get("ok", 0),
        outcomes=found.outcomes,
        last_ok=None if found.last_ok is None else to_iso(found.last_ok),
        last_failure=None if found.last_failure is None else to_iso(found.last_failure),
    )


def _spending(found: Spending) -> SpendingOut:
    return SpendingOut(
        since=to_iso(found.since),
        spent_usd=round(found.spent_usd, 6),
        limit_usd=found.limit_usd,
        reached=found.reached,
    )


def _day(day: ModelDay) -> UsageDayOut:
    return UsageDayOut(
        day=(_FIRST + timedelta(days=day.day)).isoformat(),
        model=day.model,
        purpose=day.purpose,
        calls=day.calls,
        failed=day.failed,
        input_tokens=day.input_tokens,
        cached_tokens=day.cached_tokens,
        output_tokens=day.output_tokens,
        cost_usd=round(day.cost_usd, 6),
        p50_ms=day.p50_us / MILLISECOND,
        p95_ms=day.p95_us / MILLISECOND,
    )
