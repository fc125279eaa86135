"""Probes: /healthz, /readyz and /metrics on a port of their own, for a process without the role http.

Made by `app.py`, so that every process can be asked how it is and have its figures fetched, whatever it does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fastapi import FastAPI

from mailwright.core import Core
from mailwright.protocols.api import errors, health
from mailwright.protocols.api.frame import SMALL_OCTETS, Frame
from mailwright.protocols.api.health import Check, Measure


def create_probes(
    core: Core, *, metrics: Callable[[], bytes], measures: Sequence[Measure], checks: Sequence[Check], works: bool
) -> FastAPI:
    """The application; see `health.create_router`."""
    api = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    errors.add_handlers(api)
    api.include_router(
        health.create_router(core, metrics=metrics, measures=measures, checks=checks, works=works, only_probes=True)
    )
    api.add_middleware(Frame, max_body=SMALL_OCTETS)
    return api
