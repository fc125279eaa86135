"""One's own templates of outreach, and how one uses the scribe: `/api/templates` and `/api/scribe`.

Everybody reaches their own. Generated templates are answered and not kept: who likes one adds it.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from limits import RateLimitItemPerHour
from pydantic import BaseModel, Field

from mailwright.core import Core
from mailwright.core.outreach import making, room, templates
from mailwright.core.outreach.generating import MAX_ABOUT, MAX_MATERIAL
from mailwright.core.outreach.studio import Studio
from mailwright.core.outreach.templates import MAX_NOTE
from mailwright.core.outreach.wishes import placeholders
from mailwright.domain import clock
from mailwright.domain.outreach import MAX_NAME
from mailwright.domain.refusals import BadInput, NotPermitted, TooManyRequests
from mailwright.protocols.api.admin.words import Line, Text, iso, refusals
from mailwright.protocols.api.outreachwords import AT, FileIn, Id, TemplateText
from mailwright.protocols.identity import Caller, Identity
from mailwright.storage import Tx
from mailwright.storage.outreachtemplates import Template

READ = RateLimitItemPerHour(60)  # before a file or page is read, whatever becomes of it

TemplateName = Annotated[Line, Field(min_length=1, max_length=MAX_NAME, examples=["Asking for an interview"])]


class TemplateOut(BaseModel):
    """One of one's library."""

    id: str
    name: str
    text: str
    origin: Literal["own", "generated"]
    placeholders: list[str]
    created_at: str = Field(examples=[AT])
    updated_at: str
    deleted_at: str | None


class TemplatesOut(BaseModel):
    """The library, the newest first."""

    templates: list[TemplateOut]


class TemplateIn(BaseModel):
    """One to keep."""

    name: TemplateName
    text: TemplateText
    origin: Literal["own", "generated"] = "own"


class TemplateChange(BaseModel):
    """What to change; what is not named stays."""

    name: TemplateName | None = None
    text: TemplateText | None = None


class MaterialIn(BaseModel):
    """What templates are drafted from: one of the three."""

    file: FileIn | None = Field(None, description="a CV, for example")
    url: Annotated[Line, Field(max_length=2_000, examples=["https://ada.example.org/"])] = ""
    text: Annotated[Text, Field(max_length=MAX_MATERIAL)] = ""
    about: Annotated[
        Text, Field(max_length=MAX_ABOUT, description="what the mails are for", examples=["asking for internships"])
    ] = ""


class DraftedOut(BaseModel):
    """A template that is not kept yet."""

    name: str
    text: str
    placeholders: list[str]


class DraftsOut(BaseModel):
    """Three of different manner."""

    templates: list[DraftedOut]
    because: str


class LimitsOut(BaseModel):
    """What the installation allows."""

    per_day: int
    batch: int
    sends_per_day: int
    domain_per_day: int


class LeftOut(BaseModel):
    """What is left of today."""

    writes: int
    sends: int


class ScribeOut(BaseModel):
    """How one uses the scribe."""

    onboarded: bool
    template_id: str | None = Field(description="the default template")
    note: str = Field(description="who one is and where: it stands below what is sent")
    generated: int = Field(description="mails that were written")
    templates: int = Field(description="templates that were made")
    searches: bool = Field(description="whether pages are looked for")
    papers: bool
    model: str = Field(examples=["rules"])
    limits: LimitsOut
    left_today: LeftOut


class ScribeChange(BaseModel):
    """What to change; what is not named stays."""

    onboarded: bool | None = None
    template_id: Annotated[Line | None, Field(max_length=64, description="empty: none")] = None
    note: Annotated[Text | None, Field(max_length=MAX_NOTE)] = None


def create_router(core: Core, identity: Identity, studio: Studio) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["outreach"], prefix="/api")
    who = Depends(identity.signed_in)

    @router.get("/templates", responses=refusals())
    async def list_templates(caller: Annotated[Caller, who], deleted: bool = False) -> TemplatesOut:
        """One's library; with `deleted` what can be had back."""
        found = await core.read(lambda tx: templates.listing(tx, caller.account, deleted=deleted))
        return TemplatesOut(templates=[_told(each) for each in found])

    @router.post("/templates", status_code=201, responses=refusals(400))
    async def add(given: TemplateIn, caller: Annotated[Caller, who]) -> TemplateOut:
        """Keep one more."""

        def write(tx: Tx) -> Template:
            return templates.add(
                tx, caller.account, name=given.name, text=given.text, origin=given.origin, by=caller.actor
            )

        return _told(await core.write(write))

    @router.post("/templates/generate", responses=refusals(400))
    async def generate(given: MaterialIn, caller: Annotated[Caller, who]) -> DraftsOut:
        """Three drafts from a CV, a page or a text. Takes up to half a minute."""
        if studio.generator is None:
            raise NotPermitted("no templates are drafted here")
        if not await core.submissions.hit(READ, "material", caller.account.id):
            raise TooManyRequests(
                f"files and pages are read for templates {READ.amount} times in an hour; try it again later"
            )
        text = await _material(given, studio)
        drafts = await studio.generator().write(caller.account, text, given.about)
        return DraftsOut(
            templates=[
                DraftedOut(name=each.name, text=each.text, placeholders=list(placeholders(each.text)))
                for each in drafts.templates
            ],
            because=drafts.because,
        )

    @router.patch("/templates/{template_id}", responses=refusals(400, 404))
    async def change(template_id: Id, given: TemplateChange, caller: Annotated[Caller, who]) -> TemplateOut:
        """Another name or text."""

        def write(tx: Tx) -> Template:
            return templates.change(tx, caller.account, template_id, name=given.name, text=given.text, by=caller.actor)

        return _told(await core.write(write))

    @router.delete("/templates/{template_id}", status_code=204, responses=refusals(404))
    async def remove(template_id: Id, caller: Annotated[Caller, who]) -> Response:
        """Put one away; mails that were made of it keep its text."""
        await core.write(lambda tx: templates.remove(tx, caller.account, template_id, by=caller.actor))
        return Response(status_code=204)

    @router.post("/templates/{template_id}/restore", responses=refusals(404))
    async def restore(template_id: Id, caller: Annotated[Caller, who]) -> TemplateOut:
        """Have one back that was put away."""
        return _told(await core.write(lambda tx: templates.restore(tx, caller.account, template_id, by=caller.actor)))

    @router.get("/scribe", responses=refusals())
    async def show(caller: Annotated[Caller, who]) -> ScribeOut:
        """How one uses the scribe, and what is left of today."""
        return await core.read(lambda tx: _scribe(tx, core, caller, studio))

    @router.patch("/scribe", responses=refusals(400, 404))
    async def choose(given: ScribeChange, caller: Annotated[Caller, who]) -> ScribeOut:
        """The first look is done, another default template, another note."""

        def write(tx: Tx) -> ScribeOut:
            templates.change_settings(
                tx,
                caller.account,
                onboarded=given.onboarded,
                template_id=given.template_id or None,
                no_template=given.template_id == "",
                note=given.note,
                by=caller.actor,
            )
            return _scribe(tx, core, caller, studio)

        return await core.write(write)

    return router


async def _material(given: MaterialIn, studio: Studio) -> str:
    """The text to go by. Raises BadInput, MessageTooLarge, NotFound, NotPermitted, TryLater."""
    named = [each for each in (given.file, given.url, given.text.strip()) if each]
    if len(named) != 1:
        raise BadInput("name a file, a page or a text, one of the three")
    if given.file is not None:
        [found] = await studio.read([(given.file.name, given.file.octets())])
        if not found.text.strip():
            raise BadInput(f"nothing could be read in {given.file.name[:80]!r}: {found.because}")
        return found.text[:MAX_MATERIAL]
    return (await studio.page(given.url))[:MAX_MATERIAL] if given.url else given.text


def _scribe(tx: Tx, core: Core, caller: Caller, studio: Studio) -> ScribeOut:
    found, limits = templates.settings(tx, caller.account), core.settings.outreach
    return ScribeOut(
        onboarded=found.onboarded,
        template_id=found.template_id,
        note=found.note,
        generated=found.generated,
        templates=found.templates,
        searches=studio.searches,
        papers=studio.papers,
        model=studio.model,
        limits=LimitsOut(
            per_day=limits.per_day,
            batch=limits.batch,
            sends_per_day=limits.sends_per_day,
            domain_per_day=limits.domain_per_day,
        ),
        left_today=LeftOut(
            writes=making.left_today(tx, core, caller.account.id, clock.now()),
            sends=room.left_today(tx, core, caller.account.id),
        ),
    )


def _told(found: Template) -> TemplateOut:
    return TemplateOut(
        id=found.id,
        name=found.name,
        text=found.text,
        origin="generated" if found.origin == "generated" else "own",
        placeholders=list(placeholders(found.text)),
        created_at=iso(found.created_at) or "",
        updated_at=iso(found.updated_at) or "",
        deleted_at=iso(found.deleted_at),
    )
