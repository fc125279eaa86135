"""The HTTP application: its paths, its frame and its errors, joined.

Called by `app.py`, which brings what this floor must not know: how metrics are exported, what else to measure and to check.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import FastAPI

from mailwright import __version__
from mailwright.codecs.mailhook import MAX_BODY_OCTETS
from mailwright.core import Core
from mailwright.protocols.api import autoconfig, errors, health, mailhook, pages, workers
from mailwright.protocols.api.autoconfig import Place
from mailwright.protocols.api.frame import Frame
from mailwright.protocols.api.health import Check, Measure

DESCRIPTION = "A self-hosted mail platform whose mailboxes do work. Errors: " + (
    '`{"error": {"code", "message", "details", "timestamp", "request_id"}}`. '
    "Requests and answers carry X-Correlation-Id and X-Trace-Id."
)


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """What HTTP is told. `max_body` in bytes; `webhook_secret` None lets only this machine use the mail hook."""

    webhook_secret: str | None = None
    webhook_per_minute: int = 6000
    max_body: int = MAX_BODY_OCTETS
    place: Place | None = None  # where mail programs reach us; without it they are told nothing


def create_api(
    core: Core,
    settings: ApiSettings,
    *,
    metrics: Callable[[], bytes],
    measures: Sequence[Measure] = (),
    checks: Sequence[Check] = (),
) -> FastAPI:
    """The application. `metrics` gives the text of /metrics after the `measures` ran; `checks` are part of readiness."""
    # FastAPI's own pages fetch their scripts from elsewhere; ours (`pages`) need nothing but this process.
    api = FastAPI(
        title="Mailwright",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    errors.add_handlers(api)
    api.include_router(health.create_router(core, metrics=metrics, measures=measures, checks=checks))
    api.include_router(workers.create_router(core))
    api.include_router(
        mailhook.create_router(core, secret=settings.webhook_secret, per_minute=settings.webhook_per_minute)
    )
    if settings.place is not None:
        api.include_router(autoconfig.create_router(core, settings.place))
    api.include_router(pages.create_router(api.openapi))
    api.add_middleware(Frame, max_body=settings.max_body)
    return api
