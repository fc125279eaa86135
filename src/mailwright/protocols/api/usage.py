"""One's own dashboard: `/api/user/…`: usage and plan, tasks with their history and cost, and who works here.

For everybody who is signed in, outside senders of an agent too; `/api/user/plans` for anybody. Everybody sees their own only.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from mailwright.core import Core, billing, usage
from mailwright.core import tasks as task_core
from mailwright.core.billing import Shop
from mailwright.core.usage import TaskView, Usage
from mailwright.domain.clock import SECOND, Instant, to_iso
from mailwright.domain.plans import Plan
from mailwright.protocols.identity import Caller, Identity
from mailwright.storage.model_calls import ModelCall
from mailwright.storage.tasks import TaskEvent


def create_router(core: Core, identity: Identity, shop: Shop | None = None) -> APIRouter:
    """The paths. `shop` None: plans cannot be bought here."""
    router = APIRouter(tags=["dashboard"], prefix="/api/user")
    who = Depends(identity.signed_in)

    @router.get("/usage")
    async def used(caller: Annotated[Caller, who]) -> dict[str, Any]:
        """How much of one's plan is used; `tasks_limit` null is no limit, `period` null one without end. Sizes in bytes."""
        account = caller.account
        found = await core.read(lambda tx: usage.of_account(tx, core, account))
        mailbox = {"used_bytes": account.used_bytes, "quota_bytes": account.quota_bytes}
        return {
            "tasks_used": found.tasks_used,
            "tasks_limit": found.tasks_limit,
            "plan": found.plan.id,
            "plan_name": found.plan.name,
            "period": _period(found),
            "mailbox": mailbox if account.has_mailbox else None,
        }

    @router.get("/subscription")
    async def subscription(caller: Annotated[Caller, who]) -> dict[str, Any]:
        """One's plan and how it is paid.

        `renewal_date` null: never, or it ends at `ends_at`. `manageable`: there is something to see in the portal. `dunning`, when a
        payment is missing: its `state` and what that means.
        """
        found = await core.read(lambda tx: billing.standing(tx, core, caller.account))
        dunning = found.dunning
        return {
            "plan": found.usage.plan.id,
            "plan_name": found.usage.plan.name,
            "renewal_date": None if found.renews_at is None else to_iso(found.renews_at),
            "ends_at": None if found.ends_at is None else to_iso(found.ends_at),
            "cancel_at_period_end": found.ends_at is not None,
            "status": found.status,
            "manageable": found.manageable and shop is not None,
            "dunning": None if dunning is None else {"state": dunning.state, "because": dunning.because},
        }

    @router.get("/plans")
    async def plans() -> dict[str, Any]:
        """The plans there are, for anybody. `for_sale`: it can be bought at `/api/billing/checkout`."""
        return {
            "plans": [
                described(plan) | {"for_sale": shop is not None and shop.price_of(plan) is not None}
                for plan in core.settings.plans
            ]
        }

    @router.get("/tasks")
    async def listing(
        caller: Annotated[Caller, who],
        limit: Annotated[int, Query(ge=1, le=usage.MAX_PAGE)] = 50,
        before: Annotated[str | None, Query(max_length=64, description="`next` of the page before")] = None,
        status: Annotated[
            str | None, Query(max_length=40, description="queued, running, complete, failed, skipped")
        ] = None,
    ) -> dict[str, Any]:
        """One's tasks, newest first."""
        found, following = await core.read(
            lambda tx: usage.tasks_of(tx, caller.account, limit=limit, before=before, word=status)
        )
        return {"tasks": [_task(each) for each in found], "next": following}

    @router.get("/tasks/{task_id}")
    async def one(task_id: str, caller: Annotated[Caller, who]) -> dict[str, Any]:
        """A task of one's own with its history, and what models were asked for it."""
        view, events, calls = await core.read(lambda tx: usage.task_of(tx, caller.account, task_id))
        return _task(view) | {
            "events": [_event(event) for event in events],
            "model_calls": [_call(call) for call in calls],
        }

    @router.get("/agents")
    async def agents(caller: Annotated[Caller, who]) -> dict[str, Any]:
        """The agents one may write to."""
        found = await core.read(lambda tx: usage.agents_of(tx, caller.account))
        return {
            "agents": [
                {
                    "id": each.id,
                    "agent": each.agent,
                    "name": each.name,
                    "email": each.email,
                    "enabled": each.enabled,
                    "description": each.description,
                }
                for each in found
            ]
        }

    return router


def described(plan: Plan) -> dict[str, Any]:
    """A plan as it is answered."""
    return {
        "id": plan.id,
        "name": plan.name,
        "price_usd_month": plan.price_usd_month,
        "tasks": plan.tasks,
        "period": plan.period,
    }


def _period(found: Usage) -> dict[str, str] | None:
    return None if found.until is None else {"from": to_iso(found.since), "to": to_iso(found.until)}


def _task(view: TaskView) -> dict[str, Any]:
    task = view.task
    return {
        "id": task.id,
        "agent": task.agent,
        "kind": task.kind,
        "subject": view.subject,
        "status": task_core.in_words(task.status, task_core.EMPLOYEE_WORDS),
        "stage": task.stage,
        "because": task.because,
        "created_at": to_iso(task.created_at),
        "completed_at": None if task.completed_at is None else to_iso(task.completed_at),
        "seconds": _seconds(task.created_at, task.completed_at),
        "cost_usd": round(view.spent.cost_usd, 6),
        "tokens": view.spent.tokens,
        "message_id": view.own_message_id,
    }


def _seconds(begin: Instant, end: Instant | None) -> float | None:
    return None if end is None else round((end - begin) / SECOND, 1)


def _event(event: TaskEvent) -> dict[str, Any]:
    return {
        "at": to_iso(event.created_at),
        "status": task_core.in_words(event.status, task_core.EMPLOYEE_WORDS),
        "stage": event.stage,
        "detail": event.detail,
    }


def _call(call: ModelCall) -> dict[str, Any]:
    return {
        "purpose": call.purpose,
        "model": call.model,
        "input_tokens": call.input_tokens,
        "output_tokens": call.output_tokens,
        "cost_usd": round(call.cost_usd, 6),
        "seconds": round(call.latency_us / SECOND, 2),
        "outcome": call.outcome,
    }
