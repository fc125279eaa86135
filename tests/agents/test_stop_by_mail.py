"""STOP and RESUME in the agent's mail: a proven owner's throws the switch, everybody else's is a mail like any other."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mailwright.agents import employee
from mailwright.core import stops, tasks
from mailwright.domain.envelope import Origin
from mailwright.domain.events import MESSAGE_DELIVERED, Event
from mailwright.pipeline import Commit, Request
from mailwright.storage import Tx, accounts
from tests.agents.conftest import Office


class Handed:
    """Stands where the workflows are: what was handed off."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    async def hand_off(self, requests: Sequence[Request]) -> Commit | None:
        self.requests += requests
        return None


async def arrive(office: Office, message_id: str) -> int:
    """Let the consumer see the delivery; how many workflows it asks for."""
    handed = Handed()
    event = Event(
        1,
        MESSAGE_DELIVERED,
        office.agent_id,
        {"message_id": message_id, "user_id": office.agent_id, "role": "inbox"},
        "",
        0,
    )
    await employee.on_delivered(office.core, handed)([event])  # type: ignore[arg-type]
    return len(handed.requests)


async def stopped(office: Office, user_id: str) -> str:
    def read(tx: Tx) -> str:
        account = accounts.by_id(tx, user_id)
        assert account is not None
        return stops.engaged(tx, tenant_id=account.tenant_id, user_id=account.id)

    return await office.core.read(read)


async def test_a_signed_in_person_stops_and_resumes(office: Office) -> None:
    ada = office.people["ada"]
    stop = await office.receive("Thanks,\nAda", sender="ada@mailwright.test", subject="Stop", account="ada")
    assert await arrive(office, stop) == 0
    assert "ada@mailwright.test" in await stopped(office, ada)
    assert await stopped(office, office.people["bashir"]) == ""
    resume = await office.receive("", sender="ada@mailwright.test", subject="RESUME", account="ada")
    assert await arrive(office, resume) == 0
    assert await stopped(office, ada) == ""
    assert await arrive(office, stop) == 0  # its event comes again
    assert await stopped(office, ada) == ""
    assert [str(row.recipient) for row, _ in await office.sent()] == ["ada@mailwright.test"] * 2
    assert await office.core.read(lambda tx: tasks.listing(tx)) == []


async def test_an_outside_sender_whose_address_is_proven_stops_what_is_done_for_them(office: Office) -> None:
    message_id = await office.receive("", sender="dora@example.net", subject="STOP")
    await office.core.write(
        lambda tx: tx.execute("UPDATE messages SET origin = ? WHERE id = ?", (Origin.CORRESPONDENT.value, message_id))
    )
    assert await arrive(office, message_id) == 0
    dora = await office.core.read(lambda tx: accounts.with_address(tx, "dora@example.net")[0])
    assert await stopped(office, dora.id)


@pytest.mark.parametrize("sender", ["ada@mailwright.test", "eve@example.org"])
async def test_a_mail_that_proves_nothing_throws_nothing_and_is_a_mail_like_any_other(
    office: Office, sender: str
) -> None:
    message_id = await office.receive("STOP", sender=sender, subject="STOP")
    assert await arrive(office, message_id) == 1
    assert await stopped(office, office.people["ada"]) == ""
    assert await office.sent() == []


async def test_a_sentence_throws_nothing(office: Office) -> None:
    for subject in ("Re: STOP", "STOP the presses", "How to RESUME a download"):
        message_id = await office.receive("?", sender="ada@mailwright.test", subject=subject, account="ada")
        assert await arrive(office, message_id) == 1
    assert await stopped(office, office.people["ada"]) == ""


async def test_an_autoresponder_that_repeats_a_subject_throws_nothing(office: Office) -> None:
    ada = office.people["ada"]
    stop = await office.receive("", sender="ada@mailwright.test", subject="STOP", account="ada")
    await arrive(office, stop)
    message_id = await office.receive(
        "I am away.",
        sender="ada@mailwright.test",
        subject="RESUME",
        account="ada",
        extra="Auto-Submitted: auto-replied\n",
    )
    await arrive(office, message_id)
    assert await stopped(office, ada)


async def test_a_blocked_person_throws_nothing(office: Office) -> None:
    await office.core.write(lambda tx: accounts.set_status(tx, office.people["ada"], "blocked"))
    message_id = await office.receive("", sender="ada@mailwright.test", subject="STOP", account="ada")
    await arrive(office, message_id)
    assert await stopped(office, office.people["ada"]) == ""
