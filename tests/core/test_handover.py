"""What services handed over: kept as it came for a while, and gone with its octets after it."""

from __future__ import annotations

from mailwright.core import Core, handover, retention
from mailwright.domain.addresses import Address
from mailwright.domain.clock import now
from mailwright.domain.refusals import MailboxFull, NoSuchRecipient
from mailwright.storage import hook_payloads

ADA = Address.parse("ada@mailwright.test")


async def counted(core: Core) -> tuple[int, int]:
    return await core.read(
        lambda tx: (
            tx.scalar("SELECT count(*) FROM hook_payloads"),
            tx.scalar("SELECT count(*) FROM blobs WHERE key LIKE '%.json'"),
        )
    )


async def test_a_call_is_kept_once_and_known_by_its_octets_when_it_has_no_id(core: Core) -> None:
    for octets in (b"{}", b"{}", b"[]"):
        handed = await handover.keep(core, "postmark-inbound", "", octets, (), "c-1")
        assert not handed.is_filed
    await handover.keep(core, "postmark-inbound", "m-1", b"{}", (ADA,), "c-1")
    assert await counted(core) == (3, 3)


async def test_what_became_of_it_is_noted_and_the_last_word_counts(core: Core) -> None:
    handed = await handover.keep(core, "postmark-inbound", "m-1", b"{}", (ADA,), "c-1")
    said = [
        (MailboxFull("it is full"), "waiting: mailbox_full: it is full"),
        (NoSuchRecipient("x"), "refused: no_such_recipient: x"),
    ]
    for refusal, outcome in [*said, (None, "filed")]:
        await handover.settle(core, handed, refusal)
        kept = await core.read(lambda tx: hook_payloads.known(tx, "postmark-inbound", "m-1"))
        assert kept is not None
        assert kept.outcome == outcome
    assert (await handover.keep(core, "postmark-inbound", "m-1", b"{}", (ADA,), "c-2")).is_filed


async def test_the_collector_leaves_what_is_kept_and_takes_it_when_its_time_is_over(core: Core) -> None:
    await handover.keep(core, "postmark-inbound", "m-1", b"{}", (ADA,), "c-1")
    old = now() - retention.PAYLOADS_KEPT
    await core.write(lambda tx: tx.execute("UPDATE blobs SET created_at = ?", (old,)))
    await retention.sweep(core)
    assert await counted(core) == (1, 1)
    await core.write(lambda tx: tx.execute("UPDATE hook_payloads SET created_at = ?", (old - 1,)))
    await retention.sweep(core)
    assert await counted(core) == (0, 0)
