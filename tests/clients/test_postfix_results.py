"""What a real Postfix in front of us found out about a message counts; what its clients wrote does not."""

from __future__ import annotations

import asyncio
import smtplib
from typing import Any

import pytest

from mailwright.core import Core, CoreSettings, accounts, domains
from mailwright.core.authentication import Authenticator, Trust
from mailwright.domain.envelope import Origin
from mailwright.protocols.smtp.core_entrance import CoreEntrance
from mailwright.protocols.smtp.server import MailServer
from mailwright.protocols.smtp.settings import SmtpSettings
from mailwright.storage import Database, Tx, inbound, mailboxes, messages, open_blobs
from tests.servers import postfix
from tests.servers.mailworld import letter
from tests.servers.ports import free_port
from tests.servers.postfix import PostfixServer

pytestmark = pytest.mark.server

ADA, BASHIR = "ada@mailwright.test", "bashir@mailwright.test"
NAME = "mx.example.net"
SIGNED_IN = f"Authentication-Results: {NAME}; auth=pass (plain) smtp.auth={ADA} smtp.mailfrom={ADA}"
NOTHING = f"Authentication-Results: {NAME}; none"


@pytest.mark.parametrize(
    ("writes", "forged", "origin"),
    [
        (SIGNED_IN, "", Origin.CORRESPONDENT),
        (NOTHING, "", Origin.STRANGER),
        (NOTHING, SIGNED_IN + "\n", Origin.STRANGER),
        (NOTHING, "Received: from a by b; Fri, 20 Nov 2026 10:00:00 +0000\n" + SIGNED_IN + "\n", Origin.STRANGER),
        ("", "Received: from a by b; Fri, 20 Nov 2026 10:00:00 +0000\n" + SIGNED_IN + "\n", Origin.STRANGER),
    ],
)
async def test_the_word_of_postfix_counts_and_that_of_its_clients_does_not(
    database: Database, tmp_path: Any, writes: str, forged: str, origin: Origin
) -> None:
    reason = postfix.why_not()
    if reason:
        pytest.skip(reason)
    core = Core(database, open_blobs(database, f"file://{tmp_path}"), CoreSettings(hostname="mail.mailwright.test"))

    def people(tx: Tx) -> None:
        domains.add(tx, "mailwright.test", tenant="demo")
        for each in (ADA, BASHIR):
            accounts.add_user(tx, core, each)

    await core.write(people)
    door = CoreEntrance(core, Authenticator(core, Trust.of([], [NAME])))
    server = MailServer("lmtp", door, SmtpSettings(hostname="mail.mailwright.test"))
    await server.start()
    relay = await asyncio.to_thread(
        PostfixServer, "mailwright.test", lmtp_port=server.port, relay_port=free_port(), writes=writes
    )
    try:
        raw = forged.replace("\n", "\r\n").encode() + letter(ADA, to=BASHIR)
        await asyncio.to_thread(_send, relay.port, raw)
        message = await _arrived(core)
        found = await core.read(lambda tx: inbound.authentication(tx, message.inbound_id))
        assert (message.origin, found.author) == (origin, ADA if origin is Origin.CORRESPONDENT else "")
        stored = await core.blobs.read(message.blob_id)
        assert stored.count(b"Authentication-Results: " + NAME.encode()) == (1 if writes else 0)
    finally:
        await asyncio.to_thread(relay.destroy)
        await server.close(1)


def _send(port: int, raw: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.sendmail(ADA, [BASHIR], raw)


async def _arrived(core: Core) -> Any:
    def look(tx: Tx) -> Any:
        mailbox = mailboxes.by_role(tx, accounts.find(tx, BASHIR).id, "inbox")
        assert mailbox is not None
        return next(iter(messages.in_mailbox(tx, mailbox.id, 1)), None)

    async with asyncio.timeout(30):
        while (found := await core.read(look)) is None:
            await asyncio.sleep(0.05)
    return found
