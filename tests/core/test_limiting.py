"""Limits and counts that processes share, and what becomes of them while Valkey is away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.strategies import FixedWindowRateLimiter

from mailwright.core import Core, accept, mailboxcounts
from mailwright.core.limiting import Limiting
from mailwright.domain.addresses import Address
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import TryLater
from mailwright.storage import Tx, accounts, lives, mailboxes, sharedlimits
from mailwright.storage.mailbox_counts import Counts
from mailwright.storage.sharedlimits import OwnStorage
from mailwright.storage.sharedstates import SharedStates
from mailwright.storage.valkey import Valkey
from tests.servers.valkey import ValkeyServer

FIVE = RateLimitItemPerHour(5)


@pytest.fixture
def server(valkey_server: ValkeyServer) -> Iterator[ValkeyServer]:
    yield valkey_server
    valkey_server.stop()
    valkey_server.start()


@pytest.mark.server
async def test_processes_count_together_and_each_alone_while_valkey_is_away(server: ValkeyServer) -> None:
    prefix = f"t{new_id()[-12:]}"
    valkeys = [Valkey(server.url, prefix) for _ in range(2)]
    one, two = (Limiting(valkey).moving("sign-in") for valkey in valkeys)
    assert await one.hit(FIVE, "recipients", "ada", cost=3)
    assert await two.hit(FIVE, "recipients", "ada", cost=2)
    assert not await one.test(FIVE, "recipients", "ada")
    assert not await two.hit(FIVE, "recipients", "ada")
    assert await two.hit(FIVE, "recipients", "chen")
    assert await Limiting(valkeys[0]).moving("other").hit(FIVE, "recipients", "ada")  # of another name: not the same
    per_day = RateLimitItemPerHour(3, 24)
    counted = Limiting(valkeys[0]).fixed("hook"), Limiting(valkeys[1]).fixed("hook")
    assert [await each.hit(per_day, "client") for each in (*counted, *counted)] == [True, True, True, False]
    await one.clear(FIVE, "recipients", "ada")
    assert await two.hit(FIVE, "recipients", "ada", cost=5)
    server.stop()
    assert await two.hit(FIVE, "recipients", "ada", cost=5)  # nobody is refused because Valkey is down
    assert not await two.hit(FIVE, "recipients", "ada")  # and the limit holds in this process
    assert await one.hit(FIVE, "recipients", "ada", cost=5)
    await one.clear(FIVE, "recipients", "ada")
    for valkey in valkeys:
        await valkey.close()


async def test_a_mailbox_that_is_flooded_is_asked_to_wait_and_no_other(core: Core) -> None:
    core.settings = replace(core.settings, mailbox_per_minute=3)
    eve, ada, chen = (
        Address.parse(each) for each in ("eve@example.org", "ada@mailwright.test", "chen@mailwright.test")
    )

    async def seven() -> None:  # a new minute may begin in between
        for _ in range(7):
            await accept.may_receive(core, eve, ada, account=None)

    with pytest.raises(TryLater):
        await seven()
    await accept.may_receive(core, eve, chen, account=None)


async def test_counting_looks_at_no_other_counter_and_forgets_what_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1_000_000.0
    monkeypatch.setattr(sharedlimits.time, "time", lambda: moment)
    storage = OwnStorage()
    limiter, most = FixedWindowRateLimiter(storage), RateLimitItemPerMinute(2)
    assert [await limiter.hit(most, "ada") for _ in range(3)] == [True, True, False]
    before = storage._counts
    for number in range(500):
        assert await limiter.hit(most, f"{number}")
    assert storage._counts is before  # none was looked through
    assert storage.timer is None
    assert not await limiter.test(most, "ada")
    moment += 61
    assert await limiter.test(most, "ada")
    assert await limiter.hit(most, "ada")
    assert len(storage._counts) == 1
    await limiter.clear(most, "ada")
    assert await storage.get(most.key_for("ada")) == 0


@pytest.mark.server
async def test_large_mailboxes_are_counted_once_for_all_and_never_shown_as_they_were(server: ValkeyServer) -> None:
    one, two = (SharedStates(Valkey(server.url, "states")) for _ in range(2))
    assert one.find("now", "ada", "inbox", 7) is None
    one.keep("now", "ada", "inbox", 7, (5, 2, 4, 1))
    assert two.find("now", "ada", "inbox", 7) == (5, 2, 4, 1)
    assert two.find("now", "ada", "inbox", 8) is None  # something changed since
    assert two.find("now", "ada", "inbox", 6) is None  # who reads an older snapshot counts that
    assert 0 < server.client.ttl("states:now:mbx:ada:inbox:state") <= 60
    assert two.find("then", "ada", "inbox", 7) is None  # the database came back from an earlier moment
    server.stop()
    assert two.find("now", "ada", "inbox", 7) is None
    two.keep("now", "ada", "inbox", 7, (5, 2, 4, 1))


@pytest.mark.server
async def test_counting_asks_the_others_only_for_the_same_state(
    core: Core, server: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def count(tx: Tx, mailbox_id: str) -> Counts:
        asked.append(mailbox_id)
        return Counts(3_000, 1, 2_000, 1)

    monkeypatch.setattr(mailboxcounts.mailbox_counts, "counts", count)
    monkeypatch.setattr(mailboxcounts, "_known", {})
    mailboxcounts.share(SharedStates(Valkey(server.url, f"t{new_id()[-12:]}")))
    try:
        [owner] = core.database.read_now(lambda tx: accounts.with_address(tx, "ada@mailwright.test"))
        inbox = core.database.read_now(lambda tx: mailboxes.by_role(tx, owner.id, "inbox"))
        assert inbox is not None
        core.database.write_now(lives.renew)
        for modseq in (5, 5, 6, 5):
            large = replace(inbox, total=3_000, modseq=modseq)
            mailboxcounts._known.clear()  # as another process
            core.database.read_now(lambda tx, large=large: mailboxcounts.counts_of(tx, large))
        assert len(asked) == 3  # the second was told; the last found that of another state
    finally:
        mailboxcounts.share(None)
