"""Whom somebody may mean while they type: `GET /api/mail/contacts?q=`, for the composer of the webmail."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from mailwright.core import Core
from mailwright.core.contacts import MAX_QUERY, Contacts
from mailwright.protocols.identity import Caller, Identity


def create_router(core: Core, identity: Identity) -> APIRouter:
    """The path."""
    router = APIRouter(tags=["mail"])
    contacts = Contacts(core)

    @router.get("/api/mail/contacts")
    async def find(
        caller: Annotated[Caller, Depends(identity.with_mailbox)],
        q: Annotated[str, Query(max_length=MAX_QUERY, description="what is typed so far")] = "",
    ) -> dict[str, Any]:
        """At most ten people from one's own mail and tenant, the likeliest first: `{"people": [{"name", "email"}]}`."""
        people = await contacts.find(caller.account, q)
        return {"people": [{"name": person.name, "email": person.email} for person in people]}

    return router
