"""Mail that comes back later, and mail that asks for no more: the address is left alone, and only then."""

from __future__ import annotations

import pytest

from mailwright.codecs import postmarkreports
from mailwright.core import accept, reports
from mailwright.core.outreach import refusals, returned
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Verdict
from mailwright.domain.outreach import SentState
from mailwright.domain.refusals import NotPermitted
from mailwright.storage import Tx, events
from mailwright.storage.outreach import Outreach
from tests.codecs.test_dsn_reading import ours
from tests.core.conftest import envelope, letter
from tests.core.outreach.sent import AMARA, Desk
from tests.core.outreach.sent import desk as desk
from tests.core.outreach.sent import now as now
from tests.servers.postmark import bounce


async def arrives(desk: Desk, raw: bytes, *, to: str = "ada@mailwright.test") -> None:
    """A mail comes in, and the consumer hears of it."""
    await accept.accept(desk.core, envelope(to, sender=None), raw, Verdict())

    def happened(tx: Tx) -> list[events.Event]:
        return [event for _, event in events.visible(tx, returned.STREAM, (0, 0), 1_000)]

    for _ in range(2):
        commit = await returned.on_delivered(desk.core)(await desk.core.read(happened))
        if commit is not None:
            await desk.core.write(commit)


async def sent(desk: Desk) -> Outreach:
    known = await desk.send(await desk.written())
    await desk.leave()
    return await desk.load(known)


async def refused(desk: Desk) -> list[str]:
    return [each.address for each in await desk.core.read(lambda tx: refusals.listing(tx))]


def report(known: Outreach, **changes: object) -> bytes:
    header = f"Message-ID: {known.message_id}\r\nSubject: x\r\n".encode()
    return ours(**({"header": header} | changes))


async def test_a_report_of_the_recipient_s_server_ends_writing_to_them(desk: Desk) -> None:
    known = await sent(desk)
    await arrives(desk, report(known))
    failed = await desk.load(known)
    assert (failed.sent_state, failed.sent_because[:5]) == (SentState.FAILED, "5.1.1")
    assert await refused(desk) == [AMARA]


async def test_a_report_of_a_full_mailbox_is_told_and_the_address_stays(desk: Desk) -> None:
    known = await sent(desk)
    await arrives(desk, report(known, status="5.2.2"))
    assert (await desk.load(known)).sent_state is SentState.FAILED
    assert await refused(desk) == []


@pytest.mark.parametrize("forged", ["another message", "another recipient", "another owner"])
async def test_a_report_about_something_else_changes_nothing(desk: Desk, forged: str) -> None:
    known = await sent(desk)
    raw = report(known)
    if forged == "another message":
        raw = ours(header=b"Message-ID: <guessed@mailwright.test>\r\n")
    elif forged == "another recipient":
        raw = report(known, recipient=Address.parse("chen@example.org"))
    await arrives(desk, raw, to="bashir@mailwright.test" if forged == "another owner" else "ada@mailwright.test")
    assert (await desk.load(known)).sent_state is SentState.SENT
    assert await refused(desk) == []


async def test_a_mail_that_only_says_unsubscribe_is_heard(desk: Desk) -> None:
    await sent(desk)
    await arrives(desk, letter("Unsubscribe ").replace(b"eve@example.org", AMARA.encode()))
    assert await refused(desk) == [AMARA]


async def test_nobody_who_was_not_written_to_can_fill_the_list(desk: Desk) -> None:
    await sent(desk)
    await arrives(desk, letter("unsubscribe"))
    assert await refused(desk) == []


async def test_what_a_sending_service_says_of_it_counts(desk: Desk) -> None:
    known = await sent(desk)
    [row] = await desk.outbox()
    told = postmarkreports.to_report({**bounce(), "Email": AMARA, "Metadata": {"outbox_id": row.id}})
    assert told is not None
    assert await reports.record(desk.core, told)
    assert (await desk.load(known)).sent_state is SentState.FAILED
    other = await desk.written()
    with pytest.raises(NotPermitted, match="nothing is sent to"):
        await desk.send(other)
