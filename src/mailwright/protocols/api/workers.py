"""Who is working: `GET /api/public/workers/status`, for the landing page and anybody.

{"counts": {"online": 1, "offline": 0, "tasks_running": 0},
 "mini-mouse": {"state": "online", "activity": "waiting for tasks"},
 "response": {"median_seconds": 41.5, "days": 7},
 "last_updated": "2026-03-01T09:30:00.000Z"}
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from mailwright.core import Core, status
from mailwright.domain.clock import SECOND, now, to_iso
from mailwright.protocols.web.landing import EMPLOYEE


def create_router(core: Core) -> APIRouter:
    """The path."""
    router = APIRouter(tags=["status"])

    @router.get("/api/public/workers/status")
    async def workers_status() -> dict[str, Any]:
        """How many workers are online, and what the employee is doing."""
        found, median = await core.read(lambda tx: (status.workforce(tx), status.median_response(tx)))
        return {
            "counts": {"online": found.online, "offline": found.gone, "tasks_running": found.tasks_running},
            EMPLOYEE: {
                "state": "online" if found.online else "offline",
                "activity": found.activity,
                "last_heartbeat": None if found.seen_at is None else to_iso(found.seen_at),
            },
            "response": {
                "median_seconds": None if median is None else round(median / SECOND, 1),
                "days": status.RESPONSE_DAYS,
            },
            "last_updated": to_iso(now()),
        }

    return router
