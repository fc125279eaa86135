"""The landing page at `/` and the status page at `/status`: ready HTML, quick to show and fit to be indexed.

Their words are settings (`domain.brand`, `domain.plans`). Promises: they are there while the database is away, with the last that was
known and when that was; they fetch nothing from elsewhere, and run one small script of ours that keeps the status fresh.
Says nothing of people, machines or mail.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, Response
from starlette.responses import HTMLResponse, PlainTextResponse

from mailwright.core import Core, status
from mailwright.core.status import Finding, Workforce
from mailwright.domain.clock import Instant, now, to_datetime, to_iso
from mailwright.domain.plans import Plan
from mailwright.domain.refusals import TryLater
from mailwright.protocols.identity import Web
from mailwright.protocols.web.ready import HERE, ReadyPages
from mailwright.storage import Tx, accounts, assignments, domains

EMPLOYEE = "mini-mouse"
"""The first digital employee, under the name the pages show: it is online when any process works on tasks."""

KEPT_SECONDS = 10.0  # how long what is shown is not asked for again
ASKED_SECONDS = 2.0  # how long a visitor waits for the database
SUBJECT = "A task"  # of the mail that the call to action begins

_AREAS = {
    "database": "Mail and accounts",
    "consumers": "Processing of mail",
    "workers": "Digital workers",
    "start": "Start of the service",
}
Findings = Callable[[], Awaitable[Sequence[Finding]]]


@dataclass(frozen=True, slots=True)
class Shown:
    """What the landing page shows that changes. `median` is in microseconds, None without an answered task."""

    workforce: Workforce | None
    median: Instant | None
    employee_address: str | None
    support_email: str | None
    at: Instant


def create_router(core: Core, web: Web, *, findings: Findings) -> APIRouter:
    """The paths. `findings` are those of readiness, for the status page."""
    router = APIRouter(include_in_schema=False)
    pages = _Pages(core, web)

    @router.api_route("/", methods=["GET", "HEAD"])
    async def landing() -> HTMLResponse:
        return pages.answer(
            "landing.html", shown=await pages.shown(), plans=[_offer(plan) for plan in core.settings.plans]
        )

    @router.api_route("/status", methods=["GET", "HEAD"])
    async def status_page() -> HTMLResponse:
        found = await findings()
        areas = [(_AREAS.get(each.name, each.name.replace("_", " ").capitalize()), each.ok) for each in found]
        return pages.answer("status.html", shown=await pages.shown(), areas=areas, fine=all(ok for _, ok in areas))

    @router.api_route("/landing.js", methods=["GET", "HEAD"])
    async def script() -> Response:
        return Response(pages.script, media_type="text/javascript", headers={"Cache-Control": "public, max-age=3600"})

    @router.api_route("/favicon.svg", methods=["GET", "HEAD"])
    @router.api_route("/favicon.ico", methods=["GET", "HEAD"])
    async def icon() -> Response:
        return Response(pages.icon, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})

    @router.api_route("/robots.txt", methods=["GET", "HEAD"])
    async def robots() -> PlainTextResponse:
        return PlainTextResponse(
            "User-agent: *\nDisallow: /app/\nDisallow: /api/\nDisallow: /approve/\nDisallow: /unsubscribe/\n"
        )  # RFC 9309 §2.2

    return router


class _Pages:
    """The templates, and what they show, asked for at most every KEPT_SECONDS."""

    def __init__(self, core: Core, web: Web) -> None:
        self._core = core
        self._web = web
        self._shown: Shown | None = None
        self._good_until = 0.0
        self._asking = asyncio.Lock()
        self.script = (HERE / "landing.js").read_bytes()
        self.icon = (HERE / "favicon.svg").read_bytes()
        self._ready = ReadyPages(web, {"clock": _clock, "lasting": _lasting, "iso": to_iso, "mailto": _mailto})

    def answer(self, template: str, **values: object) -> HTMLResponse:
        """A page."""
        return self._ready.answer(template, {"employee": EMPLOYEE, **values})

    async def shown(self) -> Shown:
        """What is so now, or the last that was known."""
        if self._shown is not None and time.monotonic() < self._good_until:
            return self._shown
        async with self._asking:
            if self._shown is not None and time.monotonic() < self._good_until:
                return self._shown
            try:
                async with asyncio.timeout(ASKED_SECONDS):
                    self._shown = await self._core.read(self._look)
            except (TryLater, TimeoutError):
                brand = self._web.brand
                self._shown = self._shown or Shown(None, None, brand.employee_address, brand.support_email, now())
            self._good_until = time.monotonic() + KEPT_SECONDS
            return self._shown

    def _look(self, tx: Tx) -> Shown:
        brand = self._web.brand
        return Shown(
            workforce=status.workforce(tx),
            median=status.median_response(tx),
            employee_address=brand.employee_address or _first_employee(tx),
            support_email=brand.support_email or _postmaster(tx),
            at=now(),
        )


def _first_employee(tx: Tx) -> str | None:
    for serving in assignments.listing(tx):
        account = accounts.by_id(tx, serving.user_id) if serving.agent == "employee" and serving.enabled else None
        if account is not None:
            return account.email
    return None


def _postmaster(tx: Tx) -> str | None:
    """RFC 5321 §4.5.1: every domain has one."""
    found = domains.listing(tx)
    return f"postmaster@{found[0].name}" if found else None


def _offer(plan: Plan) -> dict[str, str]:
    """A plan in words for people."""
    price = f"{plan.price_usd_month:,.2f}".removesuffix(".00")
    periods = {"ever": "in all", "month": "a month", "year": "a year"}
    tasks = "Unlimited tasks" if plan.tasks is None else f"{plan.tasks:,} tasks {periods[plan.period]}"
    return {"name": plan.name, "price": f"${price}", "per": "a month" if plan.price_usd_month else "", "tasks": tasks}


def _mailto(address: str) -> str:
    """RFC 6068 §2."""
    return f"mailto:{quote(address, safe='@')}?subject={quote(SUBJECT)}"


def _clock(at: Instant) -> str:
    return to_datetime(at).strftime("%H:%M UTC")


def _lasting(median: Instant) -> str:
    """A time for people: "40 s", "3 min", "2 h"."""
    seconds = max(1, round(median / 1_000_000))
    if seconds < 100:
        return f"{seconds} s"
    return f"{round(seconds / 60)} min" if seconds < 100 * 60 else f"{round(seconds / 3600)} h"
