"""What the assistant made of one's mail: `/api/assistant/items`, and the rules and VIPs that teach it.

Reading and correcting is for browsers and programs alike, as keywords and moving are; rules and VIPs are written by browsers only.
Everybody reaches their own, admins and support too.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from mailwright.core import Core, assistants, processing, triage, triageviews
from mailwright.core.processing import Desk
from mailwright.core.triageviews import Shown
from mailwright.domain.addresses import Address
from mailwright.domain.triage import Category, DraftState, MailKind
from mailwright.protocols.api.admin.words import Line, Words, refusals
from mailwright.protocols.api.triagewords import (
    Given,
    ItemOut,
    ItemsOut,
    RuleOut,
    TaskAsked,
    WholeItemOut,
    asked_out,
    conflict,
    item_out,
    rule_out,
    whole_out,
)
from mailwright.protocols.identity import Caller, Identity
from mailwright.storage import Tx
from mailwright.storage.triagerules import Rule

MAX_SENDER = 320  # characters: the longest address

Id = Annotated[str, Path(max_length=64)]
Sender = Annotated[Line, Field(min_length=1, max_length=MAX_SENDER, examples=["@example.org"])]
_OFF = "the assistant is off (`assistant_off`) or stopped (`stopped`)"


class CategoryWanted(BaseModel):
    """What a mail is."""

    category: Category


class RuleWanted(BaseModel):
    """A rule."""

    sender: Annotated[Sender, Field(description="an address, or @domain")]
    kind: Annotated[MailKind | None, Given] = Field(None, description="only that kind of mail; all when not given")
    category: Category


class RuleChange(BaseModel):
    """What to change; what is not named stays. `kind` null is every kind."""

    sender: Annotated[Sender | None, Field(description="an address, or @domain")] = None
    kind: Annotated[MailKind | None, Given] = None
    category: Category | None = None
    enabled: bool | None = None


class RulesOut(BaseModel):
    """By sender."""

    rules: list[RuleOut]


class VipsOut(BaseModel):
    """In order."""

    vips: list[str] = Field(examples=[["chen@example.org", "@example.com"]])


class VipOut(BaseModel):
    """Whose mail goes first."""

    sender: str = Field(examples=["chen@example.org"])


def create_router(core: Core, identity: Identity, desk: Desk) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["assistant"], prefix="/api/assistant")
    _items(router, core, identity, desk)
    _rules(router, core, identity)
    _vips(router, core, identity)
    return router


def _items(router: APIRouter, core: Core, identity: Identity, desk: Desk) -> None:
    who = Depends(identity.signed_in)

    @router.get("/items", responses=refusals(400, 404))
    async def list_items(
        caller: Annotated[Caller, who],
        category: Annotated[Category | Literal["undecided"] | None, Given, Query(description="only those")] = None,
        draft: Annotated[
            DraftState | Literal["waiting"] | None,
            Given,
            Query(description="only those; waiting: neither sent nor thrown away"),
        ] = None,
        connection: Annotated[Words, Query(description="`mailbox` for the one here, or a connection's id")] = None,
        sender: Annotated[Words, Query(description="an address")] = None,
        before: Annotated[Words, Query(description="`next` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=triageviews.MAX_PAGE)] = 50,
    ) -> ItemsOut:
        """What was looked at, the newest first."""
        address = "" if sender is None else Address.parse(sender).key
        found, following = await core.read(
            lambda tx: triageviews.listing(
                tx,
                caller.account,
                category=category or "",
                draft=draft or "",
                connection=connection or "",
                sender=address,
                before=before,
                limit=limit,
            )
        )
        return ItemsOut(items=[item_out(each) for each in found], next=following)

    @router.get("/items/{item_id}", responses=refusals(404))
    async def one(item_id: Id, caller: Annotated[Caller, who]) -> WholeItemOut:
        """One mail: what it is and why, its draft with what was checked in it, and what happened to it."""
        return whole_out(await triageviews.whole(core, caller.account, item_id))

    @router.post("/items/{item_id}/correct", responses=refusals(400, 404))
    async def correct(item_id: Id, given: CategoryWanted, caller: Annotated[Caller, who]) -> ItemOut:
        """Say what a mail is. It is remembered for its sender's mail of that kind, and the mail's label changes."""

        def write(tx: Tx) -> Shown:
            account, known = caller.account, assistants.of(tx, caller.account.id)
            triage.correct(
                tx,
                core,
                user_id=account.id,
                item_id=item_id,
                category=given.category.value,
                by=caller.actor,
                to_junk=known is not None and known.options.move_spam,
            )
            return triageviews.shown(tx, account, item_id)

        return item_out(await core.write(write))

    @router.post(
        "/items/{item_id}/redraft",
        status_code=202,
        responses=refusals(400, 404)
        | conflict(f"The draft was edited or sent by its owner (`draft_edited`), or {_OFF}"),
    )
    async def redraft(item_id: Id, caller: Annotated[Caller, who]) -> TaskAsked:
        """Have a mail judged anew and its draft written anew. A task that goes on already is answered as it is."""
        await core.read(lambda tx: processing.own_item(tx, caller.account, item_id))
        return asked_out(await processing.process(core, desk, caller.account, item_id, force=True))

    @router.post(
        "/items/{item_id}/discard",
        responses=refusals(404) | conflict("The draft was edited or sent by its owner (`draft_edited`)"),
    )
    async def discard(item_id: Id, caller: Annotated[Caller, who]) -> ItemOut:
        """Throw the draft away, if nobody edited it. Nothing happens without one."""
        await processing.discard(core, desk, caller.account, item_id)
        return item_out(await core.read(lambda tx: triageviews.shown(tx, caller.account, item_id)))


def _rules(router: APIRouter, core: Core, identity: Identity) -> None:
    who, by_session = Depends(identity.signed_in), Depends(identity.by_session)

    @router.get("/rules", responses=refusals())
    async def list_rules(caller: Annotated[Caller, who]) -> RulesOut:
        """What one wrote, and what was learned from corrections, by sender."""
        found = await core.read(lambda tx: triage.rules(tx, caller.account.id))
        return RulesOut(rules=[rule_out(each) for each in found])

    @router.post("/rules", status_code=201, responses=refusals(400))
    async def add_rule(given: RuleWanted, caller: Annotated[Caller, by_session]) -> RuleOut:
        """Write a rule; the one there is for that sender and kind becomes this one."""

        def write(tx: Tx) -> Rule:
            return triage.add_rule(
                tx,
                caller.account.id,
                sender=given.sender,
                category=given.category.value,
                kind="" if given.kind is None else given.kind.value,
                by=caller.actor,
            )

        return rule_out(await core.write(write))

    @router.patch(
        "/rules/{rule_id}", responses=refusals(400, 404) | conflict("There is one for that sender and kind already")
    )
    async def change_rule(rule_id: Id, given: RuleChange, caller: Annotated[Caller, by_session]) -> RuleOut:
        """Change a rule, which makes it one's own, or only switch it."""
        kind = given.kind.value if given.kind is not None else "" if "kind" in given.model_fields_set else None

        def write(tx: Tx) -> Rule:
            return triage.change_rule(
                tx,
                caller.account.id,
                rule_id,
                by=caller.actor,
                sender=given.sender,
                category=None if given.category is None else given.category.value,
                kind=kind,
                enabled=given.enabled,
            )

        return rule_out(await core.write(write))

    @router.delete("/rules/{rule_id}", responses=refusals(404))
    async def remove_rule(rule_id: Id, caller: Annotated[Caller, by_session]) -> RuleOut:
        """Forget a rule."""
        return rule_out(
            await core.write(lambda tx: triage.remove_rule(tx, caller.account.id, rule_id, by=caller.actor))
        )


def _vips(router: APIRouter, core: Core, identity: Identity) -> None:
    who, by_session = Depends(identity.signed_in), Depends(identity.by_session)

    @router.get("/vips", responses=refusals())
    async def list_vips(caller: Annotated[Caller, who]) -> VipsOut:
        """Whose mail goes first."""
        return VipsOut(vips=await core.read(lambda tx: triage.vips(tx, caller.account.id)))

    # An address may have a slash in it (RFC 5321 §4.1.2).
    @router.put("/vips/{sender:path}", responses=refusals(400, 404))
    async def add_vip(sender: Sender, caller: Annotated[Caller, by_session]) -> VipOut:
        """Let the mail of an address, or of a whole @domain, go first. Twice is as once."""
        return VipOut(
            sender=await core.write(lambda tx: triage.add_vip(tx, caller.account.id, sender, by=caller.actor))
        )

    @router.delete("/vips/{sender:path}", responses=refusals(400, 404))
    async def remove_vip(sender: Sender, caller: Annotated[Caller, by_session]) -> VipOut:
        """Let it go first no more."""
        await core.write(lambda tx: triage.remove_vip(tx, caller.account.id, sender, by=caller.actor))
        return VipOut(sender=sender)
