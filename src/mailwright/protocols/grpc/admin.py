"""AdminService: people, domains, the stop switch and the dead letters, as `core.administration` has them. Its reach decides who may."""

from __future__ import annotations

import asyncio
from typing import Literal, cast, get_args

from mailwright.core import accounts, stops
from mailwright.core.administration import people, places, queues
from mailwright.core.administration.people import NewPerson, Role
from mailwright.domain.refusals import BadInput, TryLater
from mailwright.protocols.grpc.talk import Methods, Talk
from mailwright.protocols.grpc.words import checked_id, page_size, row_before, stamp
from mailwright.storage import Tx
from mailwright.storage.administration import Person, Place
from mailwright.storage.dead_letters import DeadLetter
from mailwright.storage.stops import Scope
from mailwright.v1 import admin_pb2 as pb

PAGE, MAX_PAGE = 50, 200
MAX_NAME, MAX_PASSWORD = 200, 1024  # characters, as under /api/admin

_SCOPES: dict[int, Scope] = {
    pb.STOP_SCOPE_INSTALLATION: "installation",
    pb.STOP_SCOPE_TENANT: "tenant",
    pb.STOP_SCOPE_USER: "user",
}


async def list_users(talk: Talk, asked: pb.ListUsersRequest) -> pb.ListUsersResponse:
    """People within reach, by address."""
    reach, size = talk.reach(), page_size(asked.page_size, PAGE, MAX_PAGE)
    email, separator, user_id = asked.page_token.rpartition(" ")
    if asked.page_token and not separator:
        raise BadInput("page_token is not one of ours")
    after = (email, checked_id(user_id, "page")) if separator else None

    def look(tx: Tx) -> list[Person]:
        return people.listing(
            tx,
            reach,
            text=asked.query or None,
            role=asked.role or None,
            status=asked.status or None,
            after=after,
            limit=size + 1,
        )

    found = await talk.core.read(look)
    more = f"{found[size - 1].email} {found[size - 1].id}" if len(found) > size else ""
    return pb.ListUsersResponse(users=[_person(each) for each in found[:size]], next_page_token=more)


async def add_user(talk: Talk, asked: pb.AddUserRequest) -> pb.AddUserResponse:
    """Add a person."""
    reach = talk.reach()
    role = asked.role or "user"
    if role not in get_args(Role):
        raise BadInput(f"{role[:50]!r} is no role: user, support or admin")
    if len(asked.name) > MAX_NAME or not asked.name.isprintable() or len(asked.password) > MAX_PASSWORD:
        raise BadInput(f"a name has {MAX_NAME} characters that can be shown, a password {MAX_PASSWORD}, at most")
    if asked.quota_bytes < 0:
        raise BadInput("quota_bytes is not below 0")
    reach.check_changes()  # before a password is hashed, which takes its time
    hashed = await asyncio.to_thread(accounts.hash_password, asked.password) if asked.password else None
    quota: int | Literal["default"] = asked.quota_bytes if asked.HasField("quota_bytes") else "default"
    new = NewPerson(asked.email, asked.name, cast(Role, role), password_hash=hashed, quota_bytes=quota)
    made = await talk.core.write(lambda tx: people.add(tx, talk.core, reach, new))
    return pb.AddUserResponse(user=_person(made))


async def remove_user(talk: Talk, asked: pb.RemoveUserRequest) -> pb.RemoveUserResponse:
    """Remove a person with all their mail."""
    reach, user_id = talk.reach(), checked_id(asked.user_id, "user")
    account = await talk.core.write(lambda tx: people.begin_removal(tx, reach, user_id, confirm=asked.confirm_email))
    return pb.RemoveUserResponse(finished=await talk.house.removals.finish(account, reach.by))


async def list_domains(talk: Talk, _asked: pb.ListDomainsRequest) -> pb.ListDomainsResponse:
    """Domains within reach, by name."""
    reach = talk.reach()
    reach.check_changes()  # as under /api/admin: support has no business with them
    found = await talk.core.read(lambda tx: places.domain_listing(tx, reach))
    return pb.ListDomainsResponse(domains=[_domain(each) for each in found])


async def add_domain(talk: Talk, asked: pb.AddDomainRequest) -> pb.AddDomainResponse:
    """Make a domain ours."""
    made = await places.add_domain(talk.core, talk.reach(), asked.name, tenant=asked.tenant or None)
    return pb.AddDomainResponse(domain=_domain(made))


async def remove_domain(talk: Talk, asked: pb.RemoveDomainRequest) -> pb.RemoveDomainResponse:
    """Let go of a domain without addresses."""
    reach = talk.reach()
    await talk.core.write(lambda tx: places.remove_domain(tx, talk.core, reach, asked.name))
    return pb.RemoveDomainResponse()


async def list_stops(talk: Talk, _asked: pb.ListStopsRequest) -> pb.ListStopsResponse:
    """The switches that hold for the caller."""
    return pb.ListStopsResponse(stops=await talk.core.read(lambda tx: _stops(tx, talk)))


async def engage_stop(talk: Talk, asked: pb.EngageStopRequest) -> pb.EngageStopResponse:
    """Throw a switch."""
    scope, scope_id = _scope(talk, asked.scope)

    def write(tx: Tx) -> list[pb.Stop]:
        stops.engage(tx, scope, scope_id, because=asked.because, by=talk.caller.actor)
        return _stops(tx, talk)

    return pb.EngageStopResponse(stops=await talk.core.write(write))


async def release_stop(talk: Talk, asked: pb.ReleaseStopRequest) -> pb.ReleaseStopResponse:
    """Put a switch back."""
    scope, scope_id = _scope(talk, asked.scope)

    def write(tx: Tx) -> list[pb.Stop]:
        stops.release(tx, scope, scope_id, by=talk.caller.actor)
        return _stops(tx, talk)

    return pb.ReleaseStopResponse(stops=await talk.core.write(write))


async def list_letters(talk: Talk, asked: pb.ListDeadLettersRequest) -> pb.ListDeadLettersResponse:
    """What was given up."""
    reach, size, before = talk.reach(), page_size(asked.page_size, PAGE, MAX_PAGE), row_before(asked.page_token)
    source, replayed = asked.source or None, asked.include_replayed
    found, more = await talk.core.read(
        lambda tx: queues.letters(tx, reach, source=source, replayed=replayed, before=before, limit=size)
    )
    letters = [_letter(each) for each, _ in found]
    return pb.ListDeadLettersResponse(dead_letters=letters, next_page_token=more or "")


async def replay_letter(talk: Talk, asked: pb.ReplayDeadLetterRequest) -> pb.ReplayDeadLetterResponse:
    """Offer one again."""
    reach, letter_id = talk.reach(), checked_id(asked.dead_letter_id, "dead letter")
    if talk.house.letters is None:
        raise TryLater("this process cannot replay")
    letter, _ = await queues.replay(talk.core, reach, letter_id, talk.house.letters())
    return pb.ReplayDeadLetterResponse(dead_letter=_letter(letter))


def _scope(talk: Talk, asked: pb.StopScope) -> tuple[Scope, str | None]:
    """What a switch is for. Everybody throws their own; the wider ones are for admins, and operators. Raises NotPermitted."""
    if asked not in _SCOPES:
        raise BadInput("say how far the switch reaches")
    scope = _SCOPES[asked]
    if scope == "user":
        return scope, talk.account.id
    reach = talk.reach()
    if scope == "tenant":
        reach.check_changes()
        return scope, talk.account.tenant_id
    reach.check_operates()
    return scope, None


def _stops(tx: Tx, talk: Talk) -> list[pb.Stop]:
    numbers = {scope: number for number, scope in _SCOPES.items()}
    return [
        pb.Stop(
            scope=cast(pb.StopScope, numbers[each.scope]),
            because=each.because,
            engaged_by=each.engaged_by,
            engaged_at=stamp(each.engaged_at),
        )
        for each in stops.in_force(tx, tenant_id=talk.account.tenant_id, user_id=talk.account.id)
    ]


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
    )


def _domain(domain: Place) -> pb.Domain:
    return pb.Domain(
        name=domain.name, tenant=domain.tenant, addresses=domain.addresses, created_at=stamp(domain.created_at)
    )


def _letter(letter: DeadLetter) -> pb.DeadLetter:
    return pb.DeadLetter(
        id=letter.id,
        source=letter.source,
        name=letter.name,
        group=letter.group,
        error=queues.error_of(letter),
        facts=queues.facts_of(letter),
        attempts=letter.attempts,
        correlation_id=letter.correlation_id,
        died_at=stamp(letter.died_at),
        replayed_at=stamp(letter.replayed_at),
    )


METHODS: Methods = {
    "ListUsers": list_users,
    "AddUser": add_user,
    "RemoveUser": remove_user,
    "ListDomains": list_domains,
    "AddDomain": add_domain,
    "RemoveDomain": remove_domain,
    "ListStops": list_stops,
    "EngageStop": engage_stop,
    "ReleaseStop": release_stop,
    "ListDeadLetters": list_letters,
    "ReplayDeadLetter": replay_letter,
}
