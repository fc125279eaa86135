"""People: `/api/admin/users`. Support sees who there is; admins add, invite, change, sign out and remove."""

import asyncio
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from mailwright.core import Core, accounts
from mailwright.core.administration import Reach, people
from mailwright.core.administration.people import Change, NewPerson
from mailwright.core.passwords import generated_password
from mailwright.domain.clock import to_iso
from mailwright.domain.refusals import BadInput
from mailwright.protocols.api.admin.reaching import Reaching
from mailwright.protocols.api.admin.removals import Removals
from mailwright.protocols.api.admin.words import (
    Address,
    Bytes,
    Cursor,
    Done,
    Limit,
    Name,
    RowId,
    Text,
    Words,
    cursor_of,
    place_of,
    refusals,
)
from mailwright.protocols.identity import Web
from mailwright.storage import Tx
from mailwright.storage.administration import Person

SIGN_IN_PAGE = "/app/sign-in#link="

Password = Annotated[Text, Field(max_length=1024, description="8 characters at least; made when not given")]
RoleFilter = Literal["user", "support", "admin", "agent", "guest", ""]
StatusFilter = Literal["active", "blocked", "removing", ""]


class UserOut(BaseModel):
    """A person, an agent, or an outside sender (guest), without a word of their mail."""

    id: str
    email: str = Field(examples=["ada@example.org"])
    name: str = Field(examples=["Ada Lovelace"])
    role: str = Field(examples=["user"], description="user, support, admin; agent and guest are made otherwise")
    status: str = Field(examples=["active"], description="active, blocked, or removing")
    operator: bool = Field(description="an admin of the whole installation")
    plan: str
    tenant: str
    tenant_id: str
    quota_bytes: int | None = Field(description="null: no limit")
    used_bytes: int
    second_factor: bool
    sessions: int = Field(description="browsers that are signed in")
    created_at: str


class UsersOut(BaseModel):
    """A page, by address."""

    users: list[UserOut]
    next: str | None = Field(description="the `cursor` of the next page; null: this is the last")


class UserIn(BaseModel):
    """Somebody new. Without a password and without `invite` a password is made and answered once."""

    email: Address
    name: Name = ""
    role: people.Role = "user"
    operator: bool = Field(False, description="only operators make others")
    quota_bytes: Bytes | None = Field(None, description="null: no limit; when it is not given, the server's usual one")
    password: Password | None = None
    invite: bool = Field(False, description="no password: a link to hand over, which signs in once")


class UserMade(BaseModel):
    """Who was added, and what to hand over: it is shown this once."""

    user: UserOut
    password: str | None = Field(None, description="only when it was made here")
    link: str | None = Field(None, description="only for an invitation; it is good for three days")


class UserChange(BaseModel):
    """What is given is changed, what is missing stays."""

    name: Name | None = None
    role: people.Role | None = None
    status: Literal["active", "blocked"] | None = None
    operator: bool | None = None
    quota_bytes: Bytes | None = Field(None, description="null: no limit")


class PasswordIn(BaseModel):
    """The new password."""

    password: Password | None = None


class PasswordMade(BaseModel):
    """It is in force, and every browser is signed out."""

    password: str | None = Field(description="only when it was made here: it is shown this once")


class PhoneIn(BaseModel):
    """The phone somebody writes from."""

    phone: Annotated[Text, Field(max_length=40)] | None = Field(examples=["+49 151 12345678"], description="null: none")


class PhoneOut(BaseModel):
    """The phone, in the form of E.164."""

    phone: str | None = Field(examples=["+4915112345678"])


class SignedOut(BaseModel):
    """How many browsers were signed out."""

    sessions: int


class RemovalOut(BaseModel):
    """How far it is: `removed`, or `removing` while there is much mail (the user is listed so until it is gone)."""

    status: Literal["removed", "removing"]
    email: str


class InvitationOut(BaseModel):
    """A link that signs in once, to be handed over: it is shown this once, and is good for three days."""

    link: str


def create_router(core: Core, reaching: Reaching, web: Web) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["administration: users"], prefix="/users")
    support, admin = Depends(reaching.looks), Depends(reaching.changes)
    removals = Removals(core)

    @router.get("", responses=refusals(400))
    async def list_users(
        reach: Annotated[Reach, support],
        q: Annotated[Words, Query(description="part of the address or of the name")] = None,
        role: RoleFilter | None = None,
        status: StatusFilter | None = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> UsersOut:
        """Everybody within reach, by address."""
        after = place_of(cursor, str, UUID)

        def look(tx: Tx) -> list[Person]:
            return people.listing(
                tx,
                reach,
                text=q,
                role=role or None,
                status=status or None,
                after=None if after is None else (after[0], after[1]),
                limit=limit + 1,
            )

        found = await core.read(look)
        last = found[limit - 1] if len(found) > limit else None
        more = None if last is None else cursor_of(last.email, last.id)
        return UsersOut(users=[_told(person) for person in found[:limit]], next=more)

    @router.post("", status_code=201, responses=refusals(400, 404, 409))
    async def add_user(given: UserIn, reach: Annotated[Reach, admin]) -> UserMade:
        """Add a person with the standard mailboxes, to a domain within reach."""
        if given.invite and given.password is not None:
            raise BadInput("an invitation needs no password")
        made = None if given.invite or given.password is not None else generated_password()
        chosen = given.password or made
        hashed = None if chosen is None else await asyncio.to_thread(accounts.hash_password, chosen)
        new = NewPerson(
            given.email,
            given.name,
            given.role,
            given.operator,
            hashed,
            given.quota_bytes if "quota_bytes" in given.model_fields_set else "default",
        )

        def write(tx: Tx) -> tuple[Person, str | None]:
            person = people.add(tx, core, reach, new)
            return person, people.invite(tx, reach, person.id) if given.invite else None

        person, token = await core.write(write)
        return UserMade(user=_told(person), password=made, link=None if token is None else _link(web, token))

    @router.get("/{user_id}", responses=refusals(404))
    async def show_user(user_id: RowId, reach: Annotated[Reach, support]) -> UserOut:
        """One person."""
        return _told(await core.read(lambda tx: people.described(tx, reach, str(user_id))))

    @router.patch("/{user_id}", responses=refusals(400, 404))
    async def change_user(user_id: RowId, given: UserChange, reach: Annotated[Reach, admin]) -> UserOut:
        """Change a person. Who is blocked is signed out everywhere and gets no work done.

        Nobody blocks or demotes themselves, and the last operator stays one.
        """
        wanted = Change(
            given.name,
            given.role,
            given.status,
            given.operator,
            given.quota_bytes if "quota_bytes" in given.model_fields_set else "unchanged",
        )
        return _told(await core.write(lambda tx: people.change(tx, reach, str(user_id), wanted)))

    @router.delete(
        "/{user_id}",
        status_code=200,
        response_model=RemovalOut,
        responses=refusals(400, 404) | {202: {"model": RemovalOut, "description": "The mail is being taken away"}},
    )
    async def remove_user(
        user_id: RowId,
        reach: Annotated[Reach, admin],
        confirm: Annotated[Text, Query(max_length=320, description="the address of whom to remove")] = "",
    ) -> JSONResponse:
        """Remove a person with all their mail. There is no way back.

        At once nobody signs in and no mail comes; much mail takes a while, which the answer 202 says.
        """
        account = await core.write(lambda tx: people.begin_removal(tx, reach, str(user_id), confirm=confirm))
        done = await removals.finish(account, reach.by)
        body = RemovalOut(status="removed" if done else "removing", email=account.email)
        return JSONResponse(body.model_dump(), 200 if done else 202)

    @router.post("/{user_id}/password", responses=refusals(400, 404))
    async def set_password(
        user_id: RowId, reach: Annotated[Reach, admin], given: PasswordIn | None = None
    ) -> PasswordMade:
        """Give somebody a new password. Their browsers are signed out; app passwords stay."""
        chosen = None if given is None else given.password
        made = generated_password() if chosen is None else None
        hashed = await asyncio.to_thread(accounts.hash_password, chosen or made or "")
        await core.write(lambda tx: people.set_password(tx, reach, str(user_id), hashed))
        return PasswordMade(password=made)

    @router.post("/{user_id}/invite", responses=refusals(400, 404))
    async def invite(user_id: RowId, reach: Annotated[Reach, admin]) -> InvitationOut:
        """Make a link that signs somebody in once, to be handed over."""
        token = await core.write(lambda tx: people.invite(tx, reach, str(user_id)))
        return InvitationOut(link=_link(web, token))

    @router.get("/{user_id}/phone", responses=refusals(404))
    async def show_phone(user_id: RowId, reach: Annotated[Reach, support]) -> PhoneOut:
        """The phone whose messages by WhatsApp are somebody's."""
        return PhoneOut(phone=await core.read(lambda tx: people.phone(tx, reach, str(user_id))))

    @router.put("/{user_id}/phone", responses=refusals(400, 404, 409))
    async def set_phone(user_id: RowId, given: PhoneIn, reach: Annotated[Reach, admin]) -> PhoneOut:
        """Set it without a proof: messages from that phone are this person's from now on."""
        return PhoneOut(phone=await core.write(lambda tx: people.set_phone(tx, reach, str(user_id), given.phone)))

    @router.post("/{user_id}/sign-out", responses=refusals(400, 404))
    async def sign_out(user_id: RowId, reach: Annotated[Reach, admin]) -> SignedOut:
        """End every session in a browser."""
        return SignedOut(sessions=await core.write(lambda tx: people.sign_out(tx, reach, str(user_id))))

    @router.post("/{user_id}/totp/remove", responses=refusals(400, 404))
    async def remove_second_factor(user_id: RowId, reach: Annotated[Reach, admin]) -> Done:
        """Let somebody in who lost the device and the recovery codes: the password alone will do."""
        await core.write(lambda tx: people.remove_second_factor(tx, reach, str(user_id)))
        return Done(status="done")

    return router


def _link(web: Web, token: str) -> str:
    return f"{web.public_url}{SIGN_IN_PAGE}{token}"


def _told(person: Person) -> UserOut:
    return UserOut(
        id=person.id,
        email=person.email,
        name=person.display_name,
        role=person.role,
        status=person.status,
        operator=person.operator,
        plan=person.plan,
        tenant=person.tenant,
        tenant_id=person.tenant_id,
        quota_bytes=person.quota_bytes,
        used_bytes=person.used_bytes,
        second_factor=person.second_factor,
        sessions=person.sessions,
        created_at=to_iso(person.created_at),
    )
