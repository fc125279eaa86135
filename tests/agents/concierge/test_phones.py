"""Who writes from a phone: WhatsApp's hook alone proves it, and nobody else makes us write to one."""

from __future__ import annotations

import pytest

from mailwright.agents import concierge
from mailwright.agents.models import Models
from mailwright.core import outbox, phones
from mailwright.domain.envelope import Channel
from mailwright.domain.followups import AskedIn, FollowupStatus
from mailwright.storage import Tx, accounts
from tests.agents.concierge.conftest import Office
from tests.servers.whatsapp import ADAS_PHONE, EVES_PHONE

WISH = "Follow up with Dr office next Friday morning about test results."


@pytest.fixture
async def linked(office: Office) -> Office:
    """Ada's phone is known."""

    def link(tx: Tx) -> None:
        ada = accounts.by_id(tx, office.people["ada"])
        assert ada is not None
        phones.set_phone(tx, ada, ADAS_PHONE)

    await office.core.write(link)
    return office


async def test_a_wish_from_a_persons_phone_is_planned_and_confirmed_there(linked: Office) -> None:
    await linked.tell(WISH, sender=f"{ADAS_PHONE}@whatsapp.invalid", account="ada", channel=Channel.HOOK)
    said = await linked.only()
    known = await linked.followup()
    assert (known.status, known.channel) == (FollowupStatus.PENDING, AskedIn.WHATSAPP)
    assert (said.row.channel, said.row.recipient.local) == (outbox.WHATSAPP, ADAS_PHONE)


@pytest.mark.parametrize("phone", [ADAS_PHONE, EVES_PHONE], ids=["known", "unknown"])
async def test_a_mail_in_a_phones_name_makes_nothing_and_nobody_is_written_to(linked: Office, phone: str) -> None:
    await linked.tell(WISH, sender=f"{phone}@whatsapp.invalid", account=None)
    assert await linked.followups() == []
    assert await linked.said() == []


async def test_a_hook_that_is_believed_for_addresses_is_not_for_phones(linked: Office) -> None:
    concierge.configure(linked.core, Models.by_rules(), concierge.Options(trusts_hook=True))
    await linked.tell(WISH, sender=f"{ADAS_PHONE}@whatsapp.invalid", account=None, channel=Channel.HOOK)
    assert await linked.followups() == []
    assert await linked.said() == []
