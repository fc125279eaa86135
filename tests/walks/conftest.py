"""A whole installation in this process: every role, free ports, and a server outside that catches what leaves."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from mailwright.app import Application
from mailwright.core import accounts, domains
from mailwright.settings import Settings, load
from mailwright.storage import assignments, mailboxes, messages
from tests.servers.ports import free_port

PASSWORD = "the password of the walk"
MAIN = "main@mailwright.test"
ADA = "ada@mailwright.test"


@dataclass
class Outside:
    """The rest of the world: an SMTP server that keeps what it is sent."""

    port: int = 0
    received: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append((envelope.mail_from, envelope.rcpt_tos, message))
        return "250 2.0.0 taken"


@pytest.fixture
def outside() -> Iterator[Outside]:
    world = Outside()
    world.port = free_port()
    controller = Controller(world, hostname="127.0.0.1", port=world.port)
    controller.start()
    yield world
    controller.stop()


@pytest.fixture
def settings(any_url: str, tmp_path: Path, outside: Outside) -> Settings:
    return load(
        data=tmp_path / "data",
        database_url=any_url,
        hostname="mail.mailwright.test",
        smart_host=f"smtp://127.0.0.1:{outside.port}",
        smtp_port=0,
        submission_port=0,
        submissions_port=0,
        imap_port=0,
        imaps_port=0,
        sieve_port=0,
        lmtp_port=0,
        http_port=0,
        grpc_port=0,
    )


@pytest.fixture
async def installation(settings: Settings) -> AsyncIterator[Application]:
    application = Application(settings)
    await application.start()
    hashed = accounts.hash_password(PASSWORD)

    def people(tx: Any) -> None:
        core = application.core
        domains.add(tx, "mailwright.test", tenant="demo")
        for name in ("ada", "bashir"):
            account = accounts.add_user(tx, core, f"{name}@mailwright.test", display_name=name.title())
            accounts.set_password(tx, account, hashed)
        agent = accounts.add_agent(tx, core, MAIN, display_name="Mini Mouse")
        assignments.add(tx, agent.tenant_id, "employee", agent.id, grants=("read", "send"))

    await application.core.write(people)
    yield application
    await application.stop()


def task(
    sender: str, *, subject: str = "Two numbers", text: str = "Please tell me: what is 12.5 * 8?", **headers: str
) -> EmailMessage:
    """A mail that asks for something."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, MAIN, subject
    message["Message-ID"] = headers.pop("message_id", "<task@example.org>")
    message["Date"] = "Fri, 20 Nov 2026 10:00:00 +0000"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


async def submit(application: Application, message: EmailMessage, *, to: str = MAIN, who: str = ADA) -> None:
    """Send as a mail program does: STARTTLS, sign in, send."""

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", application.servers["submission"].port, timeout=30) as client:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            client.starttls(context=context)
            client.login(who, PASSWORD)
            client.send_message(message, who, [to])

    await asyncio.to_thread(send)


async def arrive(
    application: Application, message: EmailMessage, sender: str, *, to: str = MAIN, kind: str = "smtp"
) -> None:
    """Come in from outside, over SMTP or LMTP."""

    def send() -> None:
        client: smtplib.SMTP
        port = application.servers[kind].port
        client = smtplib.LMTP("127.0.0.1", port) if kind == "lmtp" else smtplib.SMTP("127.0.0.1", port, timeout=30)
        with client:
            client.sendmail(sender, [to], message.as_bytes(policy=policy.SMTP))

    await asyncio.to_thread(send)


async def inbox_of(application: Application, who: str) -> list[EmailMessage]:
    """What is in somebody's INBOX, oldest first, read back from the stored bytes."""

    def look(tx: Any) -> list[Any]:
        account = accounts.find(tx, who)
        mailbox = mailboxes.by_role(tx, account.id, "inbox")
        assert mailbox is not None
        return list(reversed(messages.in_mailbox(tx, mailbox.id, 100)))

    found = await application.core.read(look)
    parsed = [
        message_from_bytes(await application.core.blobs.read(message.blob_id), policy=policy.default)
        for message in found
    ]
    return [message for message in parsed if isinstance(message, EmailMessage)]


async def until(condition: Callable[[], Any], *, seconds: float = 120.0) -> Any:
    """Wait until a condition (or a coroutine's) holds; its value."""
    for _ in range(int(seconds / 0.05)):
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        await asyncio.sleep(0.05)
    raise AssertionError(f"it did not come true within {seconds:g} s")
