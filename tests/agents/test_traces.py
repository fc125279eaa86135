"""Traces: what happened to a message and because of what, without a word of it, and nothing of other people's."""

import pytest

from mailwright.core import messages, submission, traces
from mailwright.core.accounts import find
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Channel, Envelope
from mailwright.domain.ids import new_id
from mailwright.storage import Tx
from tests.agents.conftest import Office

TASK = "Please add up 17 and 25."


async def traced(office: Office, message_id: str, *, everything: bool = False) -> traces.Trace:
    def read(tx: Tx) -> traces.Trace:
        return traces.of_message(tx, messages.load(tx, message_id), everything=everything)

    return await office.core.read(read)


async def sent_copy(office: Office, name: str, text: str, *recipients: str) -> str:
    """`name` submits a mail; the id of the copy in their Sent."""
    account = await office.core.read(lambda tx: find(tx, f"{name}@mailwright.test"))
    envelope = Envelope(
        channel=Channel.SUBMISSION,
        sender=Address.parse(account.email),
        recipients=tuple(Address.parse(each) for each in recipients),
        received_at=clock.now(),
        correlation_id=new_id(),
    )
    raw = (
        f"From: {account.email}\r\nTo: {recipients[0]}\r\nSubject: Sum\r\nMessage-ID: <{new_id()}@x>\r\n\r\n{text}\r\n"
    )
    await submission.submit(office.core, account, envelope, raw.encode())
    found: str = await office.core.read(
        lambda tx: tx.scalar("SELECT id FROM messages WHERE user_id = ? ORDER BY id DESC LIMIT 1", (account.id,))
    )
    return found


async def test_a_task_is_told_from_its_arrival_to_its_answer(office: Office) -> None:
    message_id = await office.receive(TASK, subject="Sum")
    await office.run(message_id)
    found = await traced(office, message_id)
    assert found.summary.startswith("received → filed (INBOX) → judged a task (")
    assert "drafted → answered → waits to be sent" in found.summary
    assert [step.stage for step in found.steps][:3] == ["received", "filed", "task"]
    assert [step.at for step in found.steps] == sorted(step.at for step in found.steps)
    judged = next(step for step in found.steps if step.stage == "judged")
    assert judged.because.startswith("judged a task (")


async def test_no_word_of_the_mail_is_in_it(office: Office) -> None:
    message_id = await office.receive("Please add up 17 and 25. The secret is xyzzy.", subject="Plugh")
    await office.run(message_id)
    text = repr((await traced(office, message_id, everything=True)).steps)
    assert "xyzzy" not in text
    assert "Plugh" not in text


async def test_a_message_without_a_known_arrival_has_a_way_all_the_same(office: Office) -> None:
    message_id = await office.receive(TASK)
    await office.core.write(lambda tx: tx.execute("DELETE FROM inbound"))
    assert (await traced(office, message_id)).summary == "received → filed (INBOX)"


async def test_what_one_sent_tells_who_got_it(office: Office) -> None:
    copy = await sent_copy(office, "ada", "Hello", "bashir@mailwright.test", "dora@example.org")
    found = await traced(office, copy)
    assert found.summary.startswith("filed (Sent) → sent")
    assert {step.detail for step in found.steps if step.stage == "queued"} == {
        "queued for bashir@mailwright.test",
        "queued for dora@example.org",
    }


async def test_a_reader_is_not_told_of_the_others_who_got_it(office: Office) -> None:
    copy = await sent_copy(office, "ada", "Hello", "bashir@mailwright.test", "chen@example.org")
    theirs = await office.core.read(lambda tx: messages.load(tx, copy))
    hers = await office.receive("Hello", subject="Same way")
    await office.core.write(
        lambda tx: tx.execute("UPDATE messages SET correlation_id = ? WHERE id = ?", (theirs.correlation_id, hers))
    )
    assert "chen@example.org" not in repr((await traced(office, hers)).steps)
    assert "chen@example.org" in repr((await traced(office, hers, everything=True)).steps)


@pytest.mark.parametrize("by", ["id", "header", "correlation", "address", "owner"])
async def test_messages_are_found_by_what_people_have(office: Office, by: str) -> None:
    message_id = await office.receive(TASK, message_id="<sum@example.org>")

    def look(tx: Tx) -> list[str]:
        message = messages.load(tx, message_id)
        asked = {
            "id": message.id,
            "header": "<sum@example.org>",
            "correlation": message.correlation_id,
            "address": " Eve@example.org ",
            "owner": "main@mailwright.test",
        }[by]
        return [each.id for each in traces.find(tx, asked, tenant_id=message.tenant_id)]

    assert await office.core.read(look) == [message_id]


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "nobody@example.org",
        "<none@example.org>",
        "x",
        "01890a5d-ac96-774b-bcce-b302099a8057",
        "@",
        "\x00",
        "a" * 5000,
    ],
)
async def test_what_nobody_knows_is_not_found(office: Office, asked: str) -> None:
    await office.receive(TASK)
    assert await office.core.read(lambda tx: traces.find(tx, asked, tenant_id=None)) == []


async def test_another_tenant_finds_nothing(office: Office) -> None:
    message_id = await office.receive(TASK, message_id="<sum@example.org>")
    for asked in (message_id, "<sum@example.org>", "eve@example.org", "main@mailwright.test"):
        assert await office.core.read(lambda tx, asked=asked: traces.find(tx, asked, tenant_id=new_id())) == []
