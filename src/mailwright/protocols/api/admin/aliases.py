"""Further addresses: `/api/admin/aliases`. They lead to a user, to several addresses (a group), or out of the house (a forward)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field

from mailwright.core import Core
from mailwright.core.administration import Reach, places
from mailwright.domain.clock import to_iso
from mailwright.protocols.api.admin.reaching import Reaching
from mailwright.protocols.api.admin.words import (
    Address,
    Cursor,
    Limit,
    Text,
    Words,
    cursor_of,
    place_of,
    refusals,
)
from mailwright.storage import Tx
from mailwright.storage.administration import Alias

MAX_TARGETS = 500  # of one group; a larger one is a mailing list


class AliasOut(BaseModel):
    """An address that is nobody's main one."""

    address: str = Field(examples=["sales@example.org"])
    kind: str = Field(examples=["group"], description="user or agent (of `targets`), group, forward")
    targets: list[str] = Field(examples=[["ada@example.org", "bashir@example.org"]])
    created_at: str


class AliasesOut(BaseModel):
    """A page, by address."""

    aliases: list[AliasOut]
    next: str | None = Field(description="the `cursor` of the next page; null: this is the last")


class AliasIn(BaseModel):
    """A new address, and where its mail goes."""

    address: Address
    targets: list[Address] = Field(min_length=1, max_length=MAX_TARGETS, description="several make a group")


def create_router(core: Core, reaching: Reaching) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["administration: addresses"], prefix="/aliases")
    support, admin = Depends(reaching.looks), Depends(reaching.changes)

    @router.get("", responses=refusals(400))
    async def list_aliases(
        reach: Annotated[Reach, support],
        q: Annotated[Words, Query(description="part of the address")] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> AliasesOut:
        """Those within reach, by address."""
        after = place_of(cursor, str)

        def look(tx: Tx) -> list[Alias]:
            return places.aliases(tx, reach, text=q, after=None if after is None else after[0], limit=limit + 1)

        found = await core.read(look)
        more = cursor_of(found[limit - 1].address) if len(found) > limit else None
        return AliasesOut(aliases=[_told(alias) for alias in found[:limit]], next=more)

    @router.post("", status_code=201, responses=refusals(400, 404, 409))
    async def add_alias(given: AliasIn, reach: Annotated[Reach, admin]) -> AliasOut:
        """Make an address that leads to others. One user as the target may also write under it."""
        return _told(await core.write(lambda tx: places.add_alias(tx, reach, given.address, given.targets)))

    @router.delete("/{address:path}", status_code=204, responses=refusals(400, 404))
    async def remove_alias(
        address: Annotated[Text, Path(max_length=320, examples=["sales@example.org"])], reach: Annotated[Reach, admin]
    ) -> Response:
        """Take it away. Nobody's main address: that goes with its user."""
        await core.write(lambda tx: places.remove_alias(tx, reach, address))
        return Response(status_code=204)

    return router


def _told(alias: Alias) -> AliasOut:
    return AliasOut(
        address=alias.address, kind=alias.kind, targets=list(alias.targets), created_at=to_iso(alias.created_at)
    )
