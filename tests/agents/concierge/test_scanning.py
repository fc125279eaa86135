"""The scan of every minute: what is due becomes workflows, each once, whoever scans and whatever ends in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from mailwright.agents.concierge import scanning
from mailwright.codecs import mime
from mailwright.core import Core, CoreSettings, accounts, domains, messages
from mailwright.core.accounts import Account
from mailwright.core.followups import agenda, changing, making
from mailwright.core.followups.making import NewFollowup
from mailwright.core.messages import Provenance
from mailwright.domain import clock
from mailwright.domain.clock import DAY, HOUR, MINUTE
from mailwright.domain.envelope import Origin
from mailwright.domain.followups import Action, FollowupStatus
from mailwright.pipeline import Flows, Request
from mailwright.storage import Database, Tx, assignments, open_blobs, preferences
from mailwright.storage.followups import Followup
from tests.core.followups.crowd import crowd

MANY = 1_000


class Queue:
    """Stands where workflows are queued: an id is queued once."""

    def __init__(self, *, dies: bool = False) -> None:
        self.queued: dict[str, Request] = {}
        self.offered = 0
        self._dies = dies

    async def hand_off(self, requests: Sequence[Request]) -> Callable[[Tx], object] | None:
        if self._dies and requests:
            raise ConnectionError("the process ended here")
        self.offered += len(requests)
        for each in requests:
            self.queued.setdefault(each.id, each)
        return None

    def of(self, name: str) -> list[tuple[Any, ...]]:
        return [each.args for each in self.queued.values() if each.workflow == name]


class House:
    """Ada, a concierge and a queue."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.core = Core(database, open_blobs(database, f"file://{folder}"), CoreSettings())
        self.queue = Queue()
        self.concierge, self.ada = database.write_now(self._people)

    def _people(self, tx: Tx) -> tuple[Account, Account]:
        domains.add(tx, "mailwright.test", tenant="demo")
        concierge = accounts.add_agent(tx, self.core, "concierge@mailwright.test", display_name="Concierge")
        assignments.add(tx, concierge.tenant_id, making.AGENT, concierge.id, grants=("read", "reply"))
        return concierge, accounts.add_user(tx, self.core, "ada@mailwright.test", display_name="Ada")

    def make(self, key: str, due_at: int | None, *, waits_for: str = "") -> Followup:
        new = NewFollowup(
            *("Call the clinic", "", "", Action.REMIND, "", "UTC", (), "", "en", waits_for, "", due_at, False)
        )
        return self.core.database.write_now(lambda tx: making.add(tx, self.core, self.ada, new, key=key))

    async def scan(self, now: int, queue: Queue | None = None) -> int:
        return await scanning.hand_off_due(self.core, cast(Flows, queue or self.queue), now)

    async def stands(self, known: Followup) -> Followup:
        return await self.core.read(lambda tx: making.found(tx, known.id))


@pytest.fixture
def house(any_database: Database, tmp_path: Path) -> House:
    return House(any_database, tmp_path)


async def test_each_that_is_due_becomes_one_workflow_whoever_scans(house: House) -> None:
    now = clock.now()
    made = [house.make(str(each), now - MINUTE) for each in range(20)]
    house.make("later", now + HOUR)
    await asyncio.gather(*(house.scan(now) for _ in range(3)))
    assert sorted(house.queue.of("followup")) == sorted((each.id, 1, 1) for each in made)
    assert house.queue.offered == len(made)
    assert await house.scan(now) == 0


async def test_what_was_taken_by_a_process_that_ended_is_handed_off_by_another(house: House) -> None:
    now = clock.now()
    known = house.make("k", now - MINUTE)
    with pytest.raises(ConnectionError):
        await house.scan(now, Queue(dies=True))
    assert (await house.stands(known)).status is FollowupStatus.DUE
    assert await house.scan(clock.now() + MINUTE) == 0
    assert await house.scan(clock.now() + 6 * MINUTE) == 1
    assert house.queue.of("followup") == [(known.id, 1, 1)]


async def test_one_that_waits_in_a_full_lane_is_not_queued_twice(house: House) -> None:
    now = clock.now()
    house.make("k", now - MINUTE)
    await house.scan(now)
    await house.scan(clock.now() + 6 * MINUTE)
    assert house.queue.offered == 2
    assert len(house.queue.queued) == 1


async def test_put_off_and_due_again_is_another_workflow(house: House) -> None:
    now = clock.now()
    known = house.make("k", now - MINUTE)
    await house.scan(now)
    await house.core.write(lambda tx: changing.snooze(tx, house.core, known.id, now + HOUR, by=None, because="put off"))
    await house.scan(now + HOUR)
    assert house.queue.of("followup") == [(known.id, 1, 1), (known.id, 1, 2)]


async def test_an_open_question_is_handed_off_when_its_time_comes_and_again_until_something_was_said(
    house: House,
) -> None:
    known = house.make("k", None)
    assert known.due_at is not None
    assert await house.scan(known.due_at - MINUTE) == 0
    at = known.due_at - known.due_at % scanning.AGAIN + scanning.AGAIN
    for minute in range(15):
        await house.scan(at + minute * MINUTE)
    assert house.queue.of("followup-question") == [(known.id, 1)]
    await house.scan(at + 15 * MINUTE)
    assert house.queue.of("followup-question") == [(known.id, 1)] * 2
    again = await house.core.write(lambda tx: changing.ask_again(tx, house.core, known.id, asked=1))
    assert again is not None
    assert await house.scan(at + 16 * MINUTE) == 0
    await house.scan(at + 30 * DAY)
    assert house.queue.of("followup-question")[-1] == (known.id, 2)


async def test_the_agenda_is_handed_off_when_there_is_something_to_tell_and_noted_when_not(house: House) -> None:
    chosen = replace(preferences.Preferences(), agenda_at=8 * 60)
    await house.core.write(lambda tx: preferences.set_for(tx, house.ada.id, chosen))
    first = clock.from_datetime(datetime(2030, 6, 12, 8, tzinfo=UTC))
    assert await house.scan(first) == 0
    assert not await house.core.write(lambda tx: agenda.claim(tx, house.ada.id, "2030-06-12"))
    house.make("k", first + DAY + HOUR)
    await house.scan(first + DAY - MINUTE)
    assert house.queue.of("followup-agenda") == []
    await house.scan(first + DAY)
    assert house.queue.of("followup-agenda") == [(house.ada.id, "2030-06-13")]
    await house.core.write(lambda tx: agenda.claim(tx, house.ada.id, "2030-06-13"))
    await house.scan(first + DAY + 30 * MINUTE)
    assert len(house.queue.of("followup-agenda")) == 1


async def test_nobody_is_reminded_of_what_was_answered_before_there_was_a_follow_up(house: House) -> None:
    asked = "<offer.1@mailwright.test>"
    for raw, role in (
        (f"From: ada@mailwright.test\r\nMessage-ID: {asked}\r\n\r\nWell?\r\n", "sent"),
        (f"From: bob@example.org\r\nMessage-ID: <a@example.org>\r\nIn-Reply-To: {asked}\r\n\r\nYes.\r\n", "inbox"),
    ):
        await _file(house, raw.encode(), role)
    now = clock.now()
    answered, open_ = house.make("a", now - MINUTE, waits_for=asked), house.make("b", now - MINUTE)
    await house.scan(now)
    assert house.queue.of("followup") == [(open_.id, 1, 1)]
    assert (await house.stands(answered)).because == "their reply came"


async def _file(house: House, raw: bytes, role: str) -> None:
    blob = await house.core.blobs.stage(house.ada.tenant_id, raw)

    def write(tx: Tx) -> None:
        house.core.blobs.put(tx, blob)
        messages.append(
            tx,
            tenant_id=house.ada.tenant_id,
            user_id=house.ada.id,
            role=role,
            blob=blob,
            parsed=mime.parse(raw),
            provenance=Provenance(Origin.STRANGER, "c"),
            received_at=clock.now(),
        )

    await house.core.write(write)


@pytest.mark.slow
async def test_on_the_engine_two_schedulers_queue_each_once(house: House, any_url: str, tmp_path: Path) -> None:
    now = clock.now()
    ids = await house.core.write(lambda tx: crowd(tx, house.ada, house.concierge, now - MINUTE, MANY))
    url = f"sqlite:///{tmp_path}/flows.db" if any_url.startswith("sqlite") else any_url
    flows = [Flows(house.core.database, url, executor_id=name) for name in ("one", "two")]
    try:
        for each in flows:  # SQLite does not wait while two connections make a new file one with a log
            await each.dead(limit=1)
        await asyncio.gather(*(scanning.hand_off_due(house.core, each, now) for each in flows))
        # All of them once more: nobody has begun.
        await scanning.hand_off_due(house.core, flows[0], clock.now() + 6 * MINUTE)
        queued = await flows[0].find(workflow="followup", limit=2 * MANY)
        assert sorted(each.id for each in queued) == sorted(f"followup:{id}:1:1" for id in ids)
    finally:
        for each in flows:
            await each.stop()
