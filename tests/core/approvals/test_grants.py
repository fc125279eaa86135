"""Grants: what a person allows, exactly that, until they revoke it."""

from __future__ import annotations

import asyncio

import pytest

from mailwright.core import grants
from mailwright.domain.refusals import BadAddress, BadInput, NotFound
from mailwright.storage import Tx, audit
from mailwright.storage.grants import Grant
from tests.core.approvals.conftest import AGENT, BY_ADA, Desk


async def give(desk: Desk, target: str, action: str = "send", agent: str = AGENT) -> Grant:
    return await desk.core.write(lambda tx: grants.give(tx, desk.ada, agent, action, target, by=BY_ADA))


async def allowed(desk: Desk, target: str, action: str = "send", agent: str = AGENT, user_id: str = "") -> bool:
    found = await desk.core.read(lambda tx: grants.allows(tx, user_id or desk.ada, agent, action, target))
    return found is not None


async def test_an_address_means_exactly_that_address(desk: Desk) -> None:
    await give(desk, "Chen@Example.org")
    assert await allowed(desk, "chen@example.org")
    for other in ("chen+eve@example.org", "chen@evil.example.org", "eve@example.org", "chen@example.org.evil.test", ""):
        assert not await allowed(desk, other)


async def test_a_domain_means_exactly_that_domain(desk: Desk) -> None:
    assert (await give(desk, "@MÜNCHEN.example")).target == "@xn--mnchen-3ya.example"
    assert await allowed(desk, "anybody@münchen.example")
    assert not await allowed(desk, "anybody@sub.münchen.example")
    assert not await allowed(desk, "xn--mnchen-3ya.example@evil.test")


async def test_a_grant_is_for_one_action_one_agent_and_one_person(desk: Desk) -> None:
    await give(desk, "*")
    assert await allowed(desk, "anybody@anywhere.example")
    assert not await allowed(desk, "anybody@anywhere.example", action="share")
    assert not await allowed(desk, "anybody@anywhere.example", agent="scribe")
    assert not await allowed(desk, "anybody@anywhere.example", user_id=desk.bashir)
    await give(desk, "Example.org", action="fetch", agent="*")
    assert await allowed(desk, "example.org", action="fetch", agent="scribe")
    assert not await allowed(desk, "evil.example.org", action="fetch")


async def test_a_target_that_is_a_star_of_somebody_else_s_is_no_star(desk: Desk) -> None:
    """What an agent names as its target is looked up as it is: it cannot name the grant for everything."""
    await give(desk, "tool-a", action="call")
    assert not await allowed(desk, "*", action="call")
    assert not await allowed(desk, "*")


async def test_revoked_it_allows_nothing_and_stays_on_record(desk: Desk) -> None:
    grant = await give(desk, "chen@example.org")
    await desk.core.write(lambda tx: grants.revoke(tx, grant.id, by=BY_ADA, user_id=desk.ada))
    assert not await allowed(desk, "chen@example.org")

    def look(tx: Tx) -> tuple[list[Grant], list[Grant], list[str]]:
        told = [entry.action for _, entry in audit.listing(tx, actor=BY_ADA.name)]
        return grants.listing(tx, desk.ada), grants.listing(tx, desk.ada, revoked=True), told

    current, known, told = await desk.core.read(look)
    assert current == []
    assert [each.id for each in known] == [grant.id]
    assert told == ["grant.revoked", "grant.given"]


async def test_nobody_revokes_another_s(desk: Desk) -> None:
    grant = await give(desk, "chen@example.org")
    for grant_id, user_id in ((grant.id, desk.bashir), ("none", desk.ada)):
        with pytest.raises(NotFound):
            await desk.core.write(lambda tx, g=grant_id, u=user_id: grants.revoke(tx, g, by=BY_ADA, user_id=u))  # type: ignore[misc]
    assert await allowed(desk, "chen@example.org")


async def test_the_same_given_twice_at_once_is_one(desk: Desk) -> None:
    found = await asyncio.gather(*(give(desk, "chen@example.org") for _ in range(4)))
    assert len({each.id for each in found}) == 1


async def test_what_makes_no_grant_is_refused(desk: Desk) -> None:
    for target, action, agent, refusal in (
        ("", "send", AGENT, BadInput),
        ("nobody", "send", AGENT, BadAddress),
        ("@", "send", AGENT, BadAddress),
        ("@a b", "send", AGENT, BadAddress),
        ("x\ny", "call", AGENT, BadInput),
        ("x" * 400, "call", AGENT, BadInput),
        ("/", "read", AGENT, BadInput),
        ("x", "call", "", BadInput),
        ("x", "call", "an agent", BadInput),
    ):
        with pytest.raises(refusal):
            await give(desk, target, action, agent)
    with pytest.raises(NotFound):
        await desk.core.write(lambda tx: grants.give(tx, "x", AGENT, "send", "*", by=BY_ADA))
