"""Is it alive, is it ready, is it well, and its figures: /healthz, /readyz, /api/health and /metrics (/api/metrics).

Asked by load balancers, container platforms and Prometheus. Alive means that the process answers; ready means that work which
arrives now is done; well tells of the parts: 200 as long as the database answers, so that a balancer takes no process away because
a worker elsewhere is slow. Says nothing about people, machines or mail.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, TypeAlias

import structlog
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from mailwright.core import Core, outbox, status
from mailwright.core.status import Finding
from mailwright.domain.clock import now, to_iso
from mailwright.domain.refusals import TryLater

log = structlog.get_logger(__name__)

CHECK_SECONDS = 3.0  # how long readiness waits for the database: a probe usually gives up after five
MEASURE_SECONDS = 5.0  # how long /metrics waits for figures that have to be asked for

Check: TypeAlias = Callable[[], Awaitable[Finding]]
Measure: TypeAlias = Callable[[], Awaitable[None]]

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class StreamOut(BaseModel):
    """How far a consumer group is behind its stream of events."""

    lag: int = Field(description="events that wait", examples=[0])
    oldest_seconds: int = Field(description="how old the oldest of them is", examples=[0])


class ServicesOut(BaseModel):
    """The parts. `streams` and `workers` are null while the database is away: nobody knows then."""

    database: Literal["connected", "disconnected"]
    streams: dict[str, StreamOut] | None = Field(
        description="by stream and group", examples=[{"mail_ingest/ingesters": {"lag": 0, "oldest_seconds": 0}}]
    )
    workers: int | None = Field(description="processes that work on tasks and had a heartbeat lately", examples=[1])


class HealthOut(BaseModel):
    """How the installation is."""

    status: Literal["healthy", "degraded"] = Field(
        description="degraded: the database is away, no worker is there, or a stream is more than a minute behind"
    )
    timestamp: str = Field(examples=["2026-03-01T09:30:00.000Z"])
    services: ServicesOut


def create_router(
    core: Core,
    *,
    metrics: Callable[[], bytes],
    measures: Sequence[Measure],
    checks: Sequence[Check],
    works: bool = True,
    only_probes: bool = False,
) -> APIRouter:
    """The paths. `measures` bring gauges up to date before `metrics` is asked; `checks` are looked at beside core's own.

    `works`: this process works on what arrived, too; one that does not is ready whether others do or not. `only_probes`: nothing but
    /healthz, /readyz and /metrics.
    """
    router = APIRouter(tags=["status"])

    async def healthz() -> dict[str, str]:
        """The process is alive."""
        return {"status": "ok"}

    async def readyz() -> JSONResponse:
        """Whether what arrives now is done: 200, or 503 with the reasons."""
        found = await examine(core, checks, works=works)
        ready = all(finding.ok or not finding.decides for finding in found)
        told = [{"name": one.name, "ok": one.ok, "because": one.because} for one in found]
        body: dict[str, Any] = {"status": "ready" if ready else "not ready", "checks": told}
        return JSONResponse(body, 200 if ready else 503)

    async def well(response: Response) -> HealthOut:
        """How its parts are: 200, or 503 when the database is away."""
        found = await _health(core)
        if found.services.database == "disconnected":
            response.status_code = 503
        return found

    async def figures() -> Response:
        """Every metric in Prometheus' text format."""
        try:
            async with asyncio.timeout(MEASURE_SECONDS):
                for measure in (lambda: _measure_outbox(core), *measures):
                    await measure()
        except (TryLater, TimeoutError) as error:
            log.warning("metrics.not_measured", error=str(error))  # the others are as good as ever
        return Response(metrics(), media_type=METRICS_TYPE)

    router.add_api_route("/healthz", healthz, methods=["GET"])
    if not only_probes:
        router.add_api_route(
            "/api/health",
            well,
            methods=["GET"],
            responses={503: {"model": HealthOut, "description": "The database is away"}},
        )
    router.add_api_route(
        "/readyz", readyz, methods=["GET"], responses={503: {"description": "Not ready, with reasons"}}
    )
    for path in ("/metrics",) if only_probes else ("/metrics", "/api/metrics"):
        router.add_api_route(path, figures, methods=["GET"], response_class=Response)
    return router


async def examine(core: Core, checks: Sequence[Check], *, works: bool = True) -> list[Finding]:
    """What was found about the installation: core's own questions (`works`: those about work, too), and the `checks`."""
    return [*await _findings(core, works=works), *[await _checked(check) for check in checks]]


async def _health(core: Core) -> HealthOut:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            behind, workforce, unserved = await core.read(
                lambda tx: (status.behind(tx), status.workforce(tx), status.unserved(tx))
            )
    except (TryLater, TimeoutError):
        away = ServicesOut(database="disconnected", streams=None, workers=None)
        return HealthOut(status="degraded", timestamp=to_iso(now()), services=away)
    services = ServicesOut(
        database="connected",
        streams={
            f"{each.stream}/{each.group}": StreamOut(lag=each.waiting, oldest_seconds=each.seconds) for each in behind
        },
        workers=workforce.online,
    )
    well = workforce.online > 0 and not unserved and not any(each.late for each in behind)
    return HealthOut(status="healthy" if well else "degraded", timestamp=to_iso(now()), services=services)


async def _findings(core: Core, *, works: bool) -> list[Finding]:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await core.read(status.findings if works else status.reachable)
    except TryLater as refusal:
        return [Finding("database", False, str(refusal))]
    except TimeoutError:
        return [Finding("database", False, f"it did not answer within {CHECK_SECONDS:g} s")]


async def _checked(check: Check) -> Finding:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except TimeoutError:
        return Finding(getattr(check, "__name__", "check"), False, f"no answer within {CHECK_SECONDS:g} s")


async def _measure_outbox(core: Core) -> None:
    outbox.publish(await core.read(outbox.depths), now())
