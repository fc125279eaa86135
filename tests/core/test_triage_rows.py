"""What a mail is to its owner is kept as long as the mail: on both databases."""

from __future__ import annotations

from mailwright.core import Core, access, accounts, appending, expunge
from mailwright.core.appending import Item
from mailwright.storage import Tx, triage
from tests.core.conftest import letter

ADA = "ada@mailwright.test"


async def test_a_mail_that_is_removed_takes_its_row_along(core: Core) -> None:
    ada = await core.read(lambda tx: accounts.find(tx, ADA))
    inbox = await core.read(lambda tx: access.by_name(tx, ada, "INBOX"))
    made = [Item(letter(message_id=f"<{n}@example.org>")) for n in (1, 2)]
    await appending.append(core, ada, inbox.mailbox.id, made)

    def note(tx: Tx) -> None:
        for (message_id,) in tx.all("SELECT id FROM messages"):
            triage.insert(
                tx,
                tenant_id=ada.tenant_id,
                user_id=ada.id,
                sender="eve@example.org",
                received_at=1,
                now=1,
                item_id=message_id,
            )

    await core.write(note)
    assert len(await core.read(lambda tx: triage.listing(tx, ada.id))) == 2
    await core.write(lambda tx: expunge.remove_uids(tx, inbox.mailbox.id, [1], because="a test"))
    assert len(await core.read(lambda tx: triage.listing(tx, ada.id))) == 1
