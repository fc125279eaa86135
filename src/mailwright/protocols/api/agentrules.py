"""What holds agents back, over REST: `/api/agents/grants`, `/api/agents/stop`, `/api/agents/held`.

For browsers only. Everybody looks after what is done for themselves; an admin stops a tenant, an operator the installation.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator, BaseModel, Field

from mailwright.core import Core, grants, heldmail, stops
from mailwright.core.heldmail import Held
from mailwright.domain.clock import to_iso
from mailwright.domain.refusals import NotPermitted
from mailwright.protocols.identity import Caller, Identity
from mailwright.storage import Tx
from mailwright.storage.grants import Grant
from mailwright.storage.stops import Scope, Stop


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it has a character that cannot be shown")
    return text


Line = Annotated[str, AfterValidator(_one_line)]


class GrantWanted(BaseModel):
    """What an agent may do from now on."""

    agent: Line = Field(max_length=40, description="its kind, like employee; * is each")
    action: Line = Field(max_length=40, description=", ".join(grants.ACTIONS))
    target: Line = Field(max_length=grants.MAX_TARGET, description="an address, @domain, a tool or host, or * for all")


class StopWanted(BaseModel):
    """What to stop."""

    scope: Scope = Field("user", description="user is oneself; tenant is for its admins, installation for operators")
    because: Line = Field("", max_length=stops.MAX_BECAUSE)


def create_router(core: Core, identity: Identity) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["agents"], prefix="/api/agents")
    who = Depends(identity.by_session)

    @router.get("/grants")
    async def list_grants(caller: Annotated[Caller, who]) -> dict[str, Any]:
        """What one lets agents do without being asked."""
        found = await core.read(lambda tx: grants.listing(tx, caller.account.id))
        return {"grants": [_grant(each) for each in found], "actions": [*grants.ACTIONS]}

    @router.post("/grants", status_code=201)
    async def give(given: GrantWanted, caller: Annotated[Caller, who]) -> dict[str, Any]:
        """Allow something; what is allowed already is answered as it is."""

        def write(tx: Tx) -> Grant:
            return grants.give(tx, caller.account.id, given.agent, given.action, given.target, by=caller.actor)

        return _grant(await core.write(write))

    @router.delete("/grants/{grant_id}")
    async def revoke(grant_id: str, caller: Annotated[Caller, who]) -> dict[str, Any]:
        """Allow it no more."""
        return _grant(
            await core.write(lambda tx: grants.revoke(tx, grant_id, by=caller.actor, user_id=caller.account.id))
        )

    @router.get("/stop")
    async def look(caller: Annotated[Caller, who]) -> dict[str, Any]:
        """Whether agents are stopped for oneself, by which switches, and which one may throw."""
        return await core.read(lambda tx: _switches(tx, caller))

    @router.post("/stop")
    async def stop(given: StopWanted, caller: Annotated[Caller, who]) -> dict[str, Any]:
        """Stop agents: no run begins or goes on, and nothing they have queued leaves."""
        scope_id = _scope_id(caller, given.scope)

        def write(tx: Tx) -> dict[str, Any]:
            stops.engage(tx, given.scope, scope_id, because=given.because, by=caller.actor)
            return _switches(tx, caller)

        return await core.write(write)

    @router.delete("/stop")
    async def resume(caller: Annotated[Caller, who], scope: Annotated[Scope, Query()] = "user") -> dict[str, Any]:
        """Let agents go on; what was held leaves now."""
        scope_id = _scope_id(caller, scope)

        def write(tx: Tx) -> dict[str, Any]:
            stops.release(tx, scope, scope_id, by=caller.actor)
            return _switches(tx, caller)

        return await core.write(write)

    @router.get("/held")
    async def held(caller: Annotated[Caller, who]) -> dict[str, Any]:
        """What agents have written for oneself and not sent yet, oldest first."""
        return {"held": [_held(each) for each in await heldmail.listing(core, caller.account.id)]}

    @router.post("/held/{outbox_id}/cancel")
    async def cancel(outbox_id: str, caller: Annotated[Caller, who]) -> dict[str, Any]:
        """Take it back: it is never sent."""
        row = await core.write(lambda tx: heldmail.cancel(tx, outbox_id, user_id=caller.account.id, by=caller.actor))
        return {"id": row.id, "status": row.status}

    return router


def _scope_id(caller: Caller, scope: Scope) -> str | None:
    """What a scope means to the caller. Raises NotPermitted."""
    if scope == "user":
        return caller.account.id
    if scope == "tenant":
        if not caller.is_admin:
            raise NotPermitted("only an admin stops the agents of a tenant")
        return caller.account.tenant_id
    if not caller.is_operator:
        raise NotPermitted("only those who look after the whole installation stop all agents")
    return None


def _switches(tx: Tx, caller: Caller) -> dict[str, Any]:
    account = caller.account
    found = stops.in_force(tx, tenant_id=account.tenant_id, user_id=account.id)
    may = ["user"] + ["tenant"] * caller.is_admin + ["installation"] * caller.is_operator
    return {
        "stopped": bool(found),
        "because": stops.described(found[0]) if found else "",
        "switches": [_stop(each) for each in found],
        "may": may,
    }


def _stop(stop: Stop) -> dict[str, Any]:
    return {
        "scope": stop.scope,
        "because": stop.because,
        "engaged_by": stop.engaged_by,
        "engaged_at": to_iso(stop.engaged_at),
    }


def _grant(grant: Grant) -> dict[str, Any]:
    return {
        "id": grant.id,
        "agent": grant.agent,
        "action": grant.action,
        "target": grant.target,
        "given_by": grant.given_by,
        "created_at": to_iso(grant.created_at),
        "revoked_at": None if grant.revoked_at is None else to_iso(grant.revoked_at),
    }


def _held(held: Held) -> dict[str, Any]:
    row = held.row
    return {
        "id": row.id,
        "agent": row.agent,
        "recipient": str(row.recipient),
        "subject": held.subject,
        "message_id": row.message_id,
        "stopped": held.stopped,
        "leaves_at": None if held.stopped else to_iso(row.next_attempt_at),
    }
