"""The stop switch: those that are thrown, throwing one and putting it back. Everybody has their own.

Any program throws one, lest agents go on; put back it is by people, since what is held then leaves.
"""

from __future__ import annotations

from typing import cast

from mailwright.core import stops
from mailwright.domain.refusals import BadInput
from mailwright.protocols.grpc.talk import Methods, Talk
from mailwright.protocols.grpc.words import stamp
from mailwright.storage import Tx
from mailwright.storage.stops import Scope
from mailwright.v1 import admin_pb2 as pb

_SCOPES: dict[int, Scope] = {
    pb.STOP_SCOPE_INSTALLATION: "installation",
    pb.STOP_SCOPE_TENANT: "tenant",
    pb.STOP_SCOPE_USER: "user",
}


async def list_stops(talk: Talk, _asked: pb.ListStopsRequest) -> pb.ListStopsResponse:
    """The switches that hold for the caller."""
    return pb.ListStopsResponse(stops=await talk.core.read(lambda tx: _stops(tx, talk)))


async def engage_stop(talk: Talk, asked: pb.EngageStopRequest) -> pb.EngageStopResponse:
    """Throw a switch."""
    scope, scope_id = _scope(talk, asked.scope)
    if len(asked.because) > stops.MAX_BECAUSE or not asked.because.isprintable():
        raise BadInput(f"because has {stops.MAX_BECAUSE} characters that can be shown, at most")

    def write(tx: Tx) -> list[pb.Stop]:
        stops.engage(tx, scope, scope_id, because=asked.because, by=talk.caller.actor)
        return _stops(tx, talk)

    return pb.EngageStopResponse(stops=await talk.core.write(write))


async def release_stop(talk: Talk, asked: pb.ReleaseStopRequest) -> pb.ReleaseStopResponse:
    """Put a switch back."""
    talk.check_decides()
    scope, scope_id = _scope(talk, asked.scope)

    def write(tx: Tx) -> list[pb.Stop]:
        stops.release(tx, scope, scope_id, by=talk.caller.actor)
        return _stops(tx, talk)

    return pb.ReleaseStopResponse(stops=await talk.core.write(write))


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


METHODS: Methods = {"ListStops": list_stops, "EngageStop": engage_stop, "ReleaseStop": release_stop}
