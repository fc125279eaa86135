"""Figures over time, for charts: `/api/admin/model-calls` and `/api/admin/traffic`. Days are UTC."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from mailwright.core import Core, figures
from mailwright.core.administration import Reach
from mailwright.core.figures import ModelDay, TrafficDay
from mailwright.protocols.api.admin.reaching import Reaching
from mailwright.protocols.api.admin.words import refusals

MILLISECOND = 1_000  # in microseconds
_FIRST = datetime(1970, 1, 1, tzinfo=UTC).date()

Days = Annotated[int, Query(ge=1, le=figures.MAX_DAYS, description="how many, today included")]


class ModelDayOut(BaseModel):
    """What one model was asked for one purpose on one day."""

    day: str = Field(examples=["2026-03-01"])
    model: str = Field(examples=["anthropic:claude-sonnet-4-5"])
    purpose: str = Field(examples=["judge"])
    calls: int
    failed: int
    input_tokens: int
    output_tokens: int
    cost_usd: float = Field(description="0 where no price is known")
    p50_ms: float = Field(description="half of the calls took at most this")
    p95_ms: float = Field(description="95 in a hundred took at most this")


class ModelCallsOut(BaseModel):
    """Days with calls, the oldest first."""

    days: list[ModelDayOut]


class TrafficDayOut(BaseModel):
    """The mail and the tasks of one day."""

    day: str = Field(examples=["2026-03-01"])
    received: int | None = Field(description="deliveries; null for days that are not remembered any more")
    sent: int = Field(description="of what was queued that day; one for each recipient")
    failed: int
    waiting: int
    tasks: int = Field(description="that began that day")
    tasks_by_status: dict[str, int] = Field(examples=[{"complete": 12, "failed": 1}])


class TrafficOut(BaseModel):
    """Every day of the stretch, the oldest first."""

    days: list[TrafficDayOut]


def create_router(core: Core, reaching: Reaching) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["administration: figures"])
    support = Depends(reaching.looks)

    @router.get("/model-calls", responses=refusals())
    async def model_calls(reach: Annotated[Reach, support], days: Days = 30) -> ModelCallsOut:
        """What models cost, and how quick they were. A tenant sees the calls made for its tasks."""
        found = await figures.model_calls(core, reach.tenant_id, days)
        return ModelCallsOut(days=[_model_day(each) for each in found])

    @router.get("/traffic", responses=refusals())
    async def traffic(reach: Annotated[Reach, support], days: Days = 30) -> TrafficOut:
        """What came, what left, and what agents had to do."""
        found = await figures.traffic(core, reach.tenant_id, days)
        return TrafficOut(days=[_traffic_day(each) for each in found])

    return router


def _model_day(day: ModelDay) -> ModelDayOut:
    return ModelDayOut(
        day=_day(day.day),
        model=day.model,
        purpose=day.purpose,
        calls=day.calls,
        failed=day.failed,
        input_tokens=day.input_tokens,
        output_tokens=day.output_tokens,
        cost_usd=round(day.cost_usd, 6),
        p50_ms=day.p50_us / MILLISECOND,
        p95_ms=day.p95_us / MILLISECOND,
    )


def _traffic_day(day: TrafficDay) -> TrafficDayOut:
    return TrafficDayOut(
        day=_day(day.day),
        received=day.received,
        sent=day.sent,
        failed=day.failed,
        waiting=day.waiting,
        tasks=sum(day.tasks.values()),
        tasks_by_status=dict(day.tasks),
    )


def _day(number: int) -> str:
    return (_FIRST + timedelta(days=number)).isoformat()
