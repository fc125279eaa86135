"""One's own phone: `/api/account/phone`, for browsers only. A number is proven by a code that is sent from it, by WhatsApp."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from mailwright.core import Core, phones
from mailwright.domain.clock import to_iso
from mailwright.domain.refusals import NotFound
from mailwright.protocols.identity import Caller, Identity
from mailwright.storage import Tx


class PhoneOut(BaseModel):
    """The number that is linked, and whether there is a WhatsApp number to write to."""

    phone: str | None = Field(examples=["+4915112345678"], description="in the form of E.164; null: none is linked")
    whatsapp: str | None = Field(
        description="our number, to be written to by WhatsApp; null: it is not told, or there is none"
    )
    available: bool = Field(description="whether a phone can be linked here at all")
    code_until: str | None = Field(description="until when a code that was made is good")


class CodeOut(BaseModel):
    """What to send from the phone: it is shown this once."""

    code: str = Field(examples=["K7QM-3XPA"])
    message: str = Field(examples=["link K7QM-3XPA"], description="the whole message")
    whatsapp: str | None = Field(description="to which number")
    url: str | None = Field(description="opens WhatsApp with the message written already")
    expires_at: str


def create_router(core: Core, identity: Identity, *, number: str | None, available: bool) -> APIRouter:
    """The paths. `number` is ours as people see it; `available`: messages of WhatsApp come in here."""
    router = APIRouter(tags=["account"], prefix="/api/account/phone")
    who = Depends(identity.by_session)

    @router.get("")
    async def get_phone(caller: Annotated[Caller, who]) -> PhoneOut:
        """The number that is linked to the account."""

        def look(tx: Tx) -> PhoneOut:
            until = phones.open_until(tx, caller.account)
            return PhoneOut(
                phone=phones.of_account(tx, caller.account),
                whatsapp=number,
                available=available,
                code_until=None if until is None else to_iso(until),
            )

        return await core.read(look)

    @router.post("", status_code=201, responses={404: {"description": "There is no WhatsApp here"}})
    async def make_code(caller: Annotated[Caller, who]) -> CodeOut:
        """A code that links the phone it is sent from. It is good once, within a quarter of an hour; one before it is worth nothing."""
        if not available:
            raise NotFound("no messages of WhatsApp come in here; an administrator can set a phone")
        made = await core.write(lambda tx: phones.link_code(tx, caller.account, client=caller.client))
        # People see it with spaces, as +49 30 901820; the link has digits only.
        digits = "".join(each for each in number or "" if each.isascii() and each.isdecimal())
        return CodeOut(
            code=made.code,
            message=made.words,
            whatsapp=number,
            url=f"https://wa.me/{digits}?text={quote(made.words)}" if digits else None,
            expires_at=to_iso(made.expires_at),
        )

    @router.delete("", status_code=204)
    async def remove_phone(caller: Annotated[Caller, who]) -> Response:
        """The number is nobody's any more."""
        await core.write(lambda tx: phones.set_phone(tx, caller.account, None, by=caller.actor))
        return Response(status_code=204)

    return router
