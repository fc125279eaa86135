"""Is it alive, is it ready, and its figures: /healthz, /readyz, /metrics, and the same under /api.

Asked by load balancers, container platforms and Prometheus. Alive means that the process answers; ready means that work which
arrives now is done. Says nothing about people, machines or mail.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

import structlog
from fastapi import APIRouter, Response
from starlette.responses import JSONResponse

from mailwright.core import Core, outbox, status
from mailwright.core.status import Finding
from mailwright.domain.clock import now
from mailwright.domain.refusals import TryLater

log = structlog.get_logger(__name__)

CHECK_SECONDS = 3.0  # how long readiness waits for the database: a probe usually gives up after five
MEASURE_SECONDS = 5.0  # how long /metrics waits for figures that have to be asked for

Check: TypeAlias = Callable[[], Awaitable[Finding]]
Measure: TypeAlias = Callable[[], Awaitable[None]]

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def create_router(
    core: Core, *, metrics: Callable[[], bytes], measures: Sequence[Measure], checks: Sequence[Check]
) -> APIRouter:
    """The paths. `measures` bring gauges up to date before `metrics` is asked; `checks` are looked at beside core's own."""
    router = APIRouter(tags=["status"])

    async def healthz() -> dict[str, str]:
        """The process is alive."""
        return {"status": "ok"}

    async def readyz() -> JSONResponse:
        """Whether what arrives now is done: 200, or 503 with the reasons."""
        found = [*await _findings(core), *[await _checked(check) for check in checks]]
        ready = all(finding.ok for finding in found)
        body: dict[str, Any] = {"status": "ready" if ready else "not ready", "checks": [asdict(one) for one in found]}
        return JSONResponse(body, 200 if ready else 503)

    async def figures() -> Response:
        """Every metric in Prometheus' text format."""
        try:
            async with asyncio.timeout(MEASURE_SECONDS):
                for measure in (lambda: _measure_outbox(core), *measures):
                    await measure()
        except (TryLater, TimeoutError) as error:
            log.warning("metrics.not_measured", error=str(error))  # the others are as good as ever
        return Response(metrics(), media_type=METRICS_TYPE)

    for path in ("/healthz", "/api/health"):
        router.add_api_route(path, healthz, methods=["GET"])
    router.add_api_route(
        "/readyz", readyz, methods=["GET"], responses={503: {"description": "Not ready, with reasons"}}
    )
    for path in ("/metrics", "/api/metrics"):
        router.add_api_route(path, figures, methods=["GET"], response_class=Response)
    return router


async def _findings(core: Core) -> list[Finding]:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await core.read(status.findings)
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
