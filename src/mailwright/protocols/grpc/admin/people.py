"""People: who there is, adding, changing, signing out and removing them."""

from __future__ import annotations

import asyncio
from typing import Literal, TypeVar, cast, get_args

from mailwright.core import accounts
from mailwright.core.administration import people
from mailwright.core.administration.people import Change, NewPerson, Role
from mailwright.domain.ids import is_id
from mailwright.domain.refusals import BadInput
from mailwright.protocols.api.admin.users import RoleFilter, StatusFilter
from mailwright.protocols.api.admin.words import MAX_BYTES
from mailwright.protocols.grpc.talk import Methods, Talk
from mailwright.protocols.grpc.words import (
    MAX_PAGE,
    PAGE,
    checked_id,
    cut,
    looked_for,
    one_of,
    page_size,
    stamp,
    storable,
)
from mailwright.storage import Tx
from mailwright.storage.administration import Person
from mailwright.v1 import admin_pb2 as pb

MAX_NAME = 200  # characters, as under /api/admin

Status = Literal["active", "blocked"]
Usual = TypeVar("Usual", Literal["default"], Literal["unchanged"])


async def list_users(talk: Talk, asked: pb.ListUsersRequest) -> pb.ListUsersResponse:
    """People within reach, by address."""
    reach, size = talk.reach(), page_size(asked.page_size, PAGE, MAX_PAGE)
    text = looked_for(asked.query)
    role = one_of(asked.role, get_args(RoleFilter), "role")
    status = one_of(asked.status, get_args(StatusFilter), "state of a person")
    email, separator, user_id = storable(asked.page_token, "page_token").rpartition(" ")
    if asked.page_token and not (separator and is_id(user_id)):
        raise BadInput("page_token is not one of ours")
    after = (email, user_id) if separator else None

    def look(tx: Tx) -> list[Person]:
        return people.listing(tx, reach, text=text, role=role, status=status, after=after, limit=size + 1)

    found = await talk.core.read(look)
    rows, more = cut(found, size, lambda row: f"{row.email} {row.id}")
    return pb.ListUsersResponse(users=[_person(each) for each in rows], next_page_token=more)


async def get_user(talk: Talk, asked: pb.GetUserRequest) -> pb.GetUserResponse:
    """One of them."""
    reach, user_id = talk.reach(), checked_id(asked.user_id, "user")
    return pb.GetUserResponse(user=_person(await talk.core.read(lambda tx: people.described(tx, reach, user_id))))


async def add_user(talk: Talk, asked: pb.AddUserRequest) -> pb.AddUserResponse:
    """Add a person."""
    reach = talk.reach()
    name, role, quota = _name(asked.name), _role(asked.role or "user"), _quota(asked, usual="default")
    hashed = await _hashed(talk, asked.password) if asked.password else None
    new = NewPerson(asked.email, name, role, asked.operator, password_hash=hashed, quota_bytes=quota)
    made = await talk.core.write(lambda tx: people.add(tx, talk.core, reach, new))
    return pb.AddUserResponse(user=_person(made))


async def update_user(talk: Talk, asked: pb.UpdateUserRequest) -> pb.UpdateUserResponse:
    """Change a person."""
    reach, user_id = talk.reach(), checked_id(asked.user_id, "user")
    wanted = Change(
        name=_name(asked.name) if asked.HasField("name") else None,
        role=_role(asked.role) if asked.HasField("role") else None,
        status=_status(asked.status) if asked.HasField("status") else None,
        operator=asked.operator if asked.HasField("operator") else None,
        quota_bytes=_quota(asked, usual="unchanged"),
    )
    changed = await talk.core.write(lambda tx: people.change(tx, reach, user_id, wanted))
    return pb.UpdateUserResponse(user=_person(changed))


async def set_password(talk: Talk, asked: pb.SetUserPasswordRequest) -> pb.SetUserPasswordResponse:
    """Give somebody a new password."""
    reach, user_id = talk.reach(), checked_id(asked.user_id, "user")
    hashed = await _hashed(talk, asked.password)
    await talk.core.write(lambda tx: people.set_password(tx, reach, user_id, hashed))
    return pb.SetUserPasswordResponse()


async def sign_out(talk: Talk, asked: pb.SignOutUserRequest) -> pb.SignOutUserResponse:
    """End every session of somebody's."""
    reach, user_id = talk.reach(), checked_id(asked.user_id, "user")
    return pb.SignOutUserResponse(sessions=await talk.core.write(lambda tx: people.sign_out(tx, reach, user_id)))


async def remove_second_factor(talk: Talk, asked: pb.RemoveSecondFactorRequest) -> pb.RemoveSecondFactorResponse:
    """Let somebody in who lost the device."""
    reach, user_id = talk.reach(), checked_id(asked.user_id, "user")
    await talk.core.write(lambda tx: people.remove_second_factor(tx, reach, user_id))
    return pb.RemoveSecondFactorResponse()


async def remove_user(talk: Talk, asked: pb.RemoveUserRequest) -> pb.RemoveUserResponse:
    """Remove a person with all their mail."""
    reach, user_id = talk.reach(), checked_id(asked.user_id, "user")
    account = await talk.core.write(lambda tx: people.begin_removal(tx, reach, user_id, confirm=asked.confirm_email))
    return pb.RemoveUserResponse(finished=await talk.house.removals.finish(account, reach.by))


def _name(given: str) -> str:
    if len(given) > MAX_NAME or not given.isprintable():
        raise BadInput(f"a name has {MAX_NAME} characters that can be shown, at most")
    return given


def _role(given: str) -> Role:
    if given not in get_args(Role):
        raise BadInput(f"{given[:50]!r} is no role: user, support or admin")
    return cast(Role, given)


def _status(given: str) -> Status:
    if given not in get_args(Status):
        raise BadInput(f"{given[:50]!r} is none that can be set: active or blocked")
    return cast(Status, given)


def _quota(asked: pb.AddUserRequest | pb.UpdateUserRequest, *, usual: Usual) -> int | Usual | None:
    """The room that is asked for, or `usual` when nothing is said; None: without a limit."""
    if not asked.HasField("quota_bytes"):
        return None if asked.unlimited else usual
    if asked.unlimited:
        raise BadInput("either quota_bytes or unlimited")
    if not 0 <= asked.quota_bytes <= MAX_BYTES:
        raise BadInput(f"quota_bytes is between 0 and {MAX_BYTES}")
    return asked.quota_bytes


async def _hashed(talk: Talk, password: str) -> str:
    talk.reach().check_changes()  # before a password is hashed, which takes its time
    return await asyncio.to_thread(accounts.hash_password, password)


def _person(person: Person) -> pb.User:
    return pb.User(
        id=person.id,
        email=person.email,
        name=person.display_name,
        role=person.role,
        status=person.status,
        operator=person.operator,
        tenant=person.tenant,
        quota_bytes=person.quota_bytes,
        used_bytes=person.used_bytes,
        created_at=stamp(person.created_at),
        tenant_id=person.tenant_id,
        plan=person.plan,
        second_factor=person.second_factor,
        sessions=person.sessions,
    )


METHODS: Methods = {
    "ListUsers": list_users,
    "GetUser": get_user,
    "AddUser": add_user,
    "UpdateUser": update_user,
    "SetUserPassword": set_password,
    "SignOutUser": sign_out,
    "RemoveSecondFactor": remove_second_factor,
    "RemoveUser": remove_user,
}
