"""What services tell of mail that left: recorded once, told to people, and nothing automatic goes where mail comes back from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailwright.codecs.postmarkreports import to_report
from mailwright.core import Core, accounts, outbox, reports
from mailwright.domain.addresses import Address
from mailwright.domain.clock import DAY, now
from mailwright.domain.envelope import Origin, Verdict
from mailwright.domain.ids import new_id
from mailwright.domain.reports import Report
from mailwright.storage import Tx, domains
from mailwright.storage import outbox as outbox_rows
from mailwright.storage import reports as rows
from mailwright.storage.audit import Actor
from tests.core.conftest import letter
from tests.servers.postmark import bounce, change, complaint, delivery

ADA, CHEN = Address.parse("ada@mailwright.test"), Address.parse("chen@example.net")


async def sent(core: Core, *, agent: str = "", recipient: Address = CHEN) -> str:
    """A message of Ada's that left; the id of its row."""
    owner = await core.read(lambda tx: accounts.find(tx, str(ADA)))
    blob = await core.blobs.stage(owner.tenant_id, letter("The figures"))

    def write(tx: Tx) -> str:
        core.blobs.put(tx, blob)
        [row_id] = outbox.enqueue(
            tx,
            tenant_id=owner.tenant_id,
            user_id=owner.id,
            sender=ADA,
            recipients=(recipient,),
            blob_id=blob.id,
            message_id="<1@example.org>",
            idempotency_key=new_id(),
            correlation_id="c-1",
            verdict=Verdict(Origin.OWNER, owner.id, "Ada signed in"),
        )
        if agent:
            tx.execute("UPDATE outbox SET agent = ? WHERE id = ?", (agent, row_id))
        row = outbox.load(tx, row_id)
        assert outbox_rows.settle_sent(tx, row, now(), "200 taken")
        return row_id

    return await core.write(write)


async def told(core: Core, body: dict[str, object], row_id: str = "") -> bool:
    report = to_report({**body, "Metadata": {"outbox_id": row_id} if row_id else {}})
    assert report is not None
    return await reports.record(core, report)


async def tenant(core: Core) -> str:
    return (await core.read(lambda tx: accounts.find(tx, str(ADA)))).tenant_id


async def suppressed(core: Core, address: str = "chen@example.net") -> str:
    tenant_id = await tenant(core)
    return await core.read(lambda tx: reports.suppressed(tx, tenant_id, address))


async def waiting(core: Core) -> list[tuple[str, str]]:
    """What is queued: to whom, and under which key."""
    return await core.read(
        lambda tx: tx.all("SELECT recipient, idempotency_key FROM outbox WHERE status = 'queued' ORDER BY id")
    )


async def test_a_report_belongs_to_the_message_it_is_about(core: Core) -> None:
    row_id = await sent(core)
    assert await told(core, delivery(), row_id)
    assert not await told(core, delivery(), row_id)
    [report] = await core.read(lambda tx: reports.of_outbox(tx, row_id))
    assert (report.kind, report.permanent, report.recipient, report.message_id) == (
        "delivered",
        False,
        "chen@example.net",
        "<1@example.org>",
    )
    assert await suppressed(core) == ""


async def test_an_author_is_told_once_that_mail_came_back(core: Core) -> None:
    row_id = await sent(core)
    for _ in range(3):
        await told(core, bounce(), row_id)
    await told(core, bounce(ID=2), row_id)
    assert await waiting(core) == [("ada@mailwright.test", f"dsn:{row_id}:failed:ada@mailwright.test")]
    [notice] = await core.read(lambda tx: [row for row in outbox.listing(tx) if row.status == "queued"])
    assert notice.sender is None
    said = await core.blobs.read(notice.blob_id)
    assert b"550 5.1.1 no such user" in b" ".join(said.split())


@pytest.mark.parametrize("body", [bounce(Type="Transient", Inactive=False), complaint(), delivery(), change()])
async def test_what_is_no_failure_is_told_to_nobody(core: Core, body: dict[str, object]) -> None:
    await told(core, body, await sent(core))
    assert await waiting(core) == []


async def test_a_bounce_of_an_agents_mail_is_recorded_and_answered_by_nobody(core: Core) -> None:
    row_id = await sent(core, agent="employee")
    assert await told(core, bounce(), row_id)
    assert await waiting(core) == []
    assert "HardBounce" in await suppressed(core)


@pytest.mark.parametrize(
    ("body", "stops"),
    [
        (bounce(), True),
        (bounce(Type="BadEmailAddress"), True),
        (bounce(Type="SomethingNew", Inactive=True), True),
        (bounce(Type="SoftBounce", Inactive=False), False),
        (bounce(Type="Transient", Inactive=False), False),
        (bounce(Type="AutoResponder", Inactive=False), False),
        (complaint(), True),
        (change(), True),
        (delivery(), False),
    ],
)
async def test_mail_that_comes_back_for_good_stops_what_is_automatic(
    core: Core, body: dict[str, object], stops: bool
) -> None:
    await told(core, body, await sent(core))
    assert bool(await suppressed(core)) is stops


async def test_a_tag_of_an_address_elsewhere_is_an_address_of_its_own(core: Core) -> None:
    await told(core, bounce(Email="Chen+News@example.net"))
    assert await suppressed(core, "chen+news@EXAMPLE.net")
    assert await suppressed(core) == ""


async def test_an_id_of_another_message_is_not_believed(core: Core) -> None:
    row_id = await sent(core)
    await told(core, bounce(Email="bashir@example.net"), row_id)
    assert await core.read(lambda tx: reports.of_outbox(tx, row_id)) == []
    assert await waiting(core) == []
    await told(core, bounce(), "no id at all")
    await told(core, bounce(ID=3), new_id())
    found = await core.read(lambda tx: rows.about(tx, "chen@example.net", 10))
    assert {each.outbox_id for each in found} == {None}


async def test_another_tenants_mail_is_stopped_by_no_ones_bounce_but_its_own(core: Core) -> None:
    await core.write(lambda tx: domains.add_tenant(tx, "other"))
    other = await core.read(lambda tx: domains.tenant_named(tx, "other"))
    assert other is not None
    await told(core, bounce(), await sent(core))
    assert await core.read(lambda tx: reports.suppressed(tx, other, CHEN)) == ""
    await told(core, change())  # the list of the service holds for all
    assert await core.read(lambda tx: reports.suppressed(tx, other, CHEN))
    await told(core, change(SuppressSending=False, ChangedAt="2026-04-01T00:00:00Z"))
    assert await core.read(lambda tx: reports.suppressed(tx, other, CHEN)) == ""
    assert await suppressed(core) == ""


async def test_mail_under_no_name_of_ours_stops_nothing(core: Core) -> None:
    await told(core, bounce(From="somebody@elsewhere.example"))
    assert await suppressed(core) == ""


async def test_a_person_may_say_that_mail_reaches_an_address_again(core: Core) -> None:
    await told(core, bounce())
    tenant_id = await tenant(core)
    assert await core.write(lambda tx: reports.allow(tx, tenant_id, CHEN, Actor(str(ADA))))
    assert not await core.write(lambda tx: reports.allow(tx, tenant_id, CHEN, Actor(str(ADA))))
    assert await suppressed(core) == ""


async def test_old_reports_are_forgotten(core: Core) -> None:
    await told(core, delivery())
    assert await core.write(lambda tx: rows.purge(tx, now() - DAY, 10)) == 0
    assert await core.write(lambda tx: rows.purge(tx, now() + DAY, 10)) == 1


async def test_what_was_told_is_a_step_of_a_trace(core: Core) -> None:
    from mailwright.core.traces import _of_reports  # the page shows it between the others

    row_id = await sent(core)
    for body in (delivery(), bounce(), complaint()):
        await told(core, body, row_id)
    steps = await core.read(lambda tx: _of_reports(tx, outbox.load(tx, row_id)))
    assert [step.label for step in steps] == ["", "came back", "complained of"]


def test_a_report_is_known_by_its_address_in_small_letters() -> None:
    report = Report("p", "1", "bounce", Address.parse("Chen+X@Example.net"), 0)
    assert report.address == "chen+x@example.net"
    assert replace(report, recipient=CHEN).address == "chen@example.net"
