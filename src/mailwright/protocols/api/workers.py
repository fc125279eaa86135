"""Who is working: `GET /api/public/workers/status`, for the landing page and anybody.

{"counts": {"online": 1, "offline": 0, "tasks_running": 0},
 "mini-mouse": {"state": "online", "activity": "waiting for tasks"},
 "last_updated": "2026-03-01T09:30:00.000Z"}
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from mailwright.core import Core, status
from mailwright.domain.clock import now, to_iso

EMPLOYEE = "mini-mouse"
"""The first digital employee, under the name the status page shows: it is online when any process works on tasks."""


def create_router(core: Core) -> APIRouter:
    """The path."""
    router = APIRouter(tags=["status"])

    @router.get("/api/public/workers/status")
    async def workers_status() -> dict[str, Any]:
        """How many workers are online, and what the employee is doing."""
        found = await core.read(status.workforce)
        return {
            "counts": {"online": found.online, "offline": found.gone, "tasks_running": found.tasks_running},
            EMPLOYEE: {
                "state": "online" if found.online else "offline",
                "activity": found.activity,
                "last_heartbeat": None if found.seen_at is None else to_iso(found.seen_at),
            },
            "last_updated": to_iso(now()),
        }

    return router
