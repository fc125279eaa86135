"""Robots that answer robots: whoever they are, each gets at most one reply of ours, ever."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from mailwright.app import Application
from mailwright.core import accounts, domains
from mailwright.settings import load
from mailwright.storage import assignments
from tests.servers.mailwright import DOMAIN, MailwrightServer
from tests.servers.ports import free_port
from tests.walks.conftest import arrive, task

QUIET_SECONDS = 2.0  # nothing new for so long: whoever wants to go on has had the time to


class World:
    """Carries mail between servers; `robots` answer what they get, by address."""

    def __init__(self) -> None:
        self.port = free_port()
        self.carried: list[tuple[str, str, EmailMessage]] = []
        self.servers: dict[str, int] = {}
        self.robots: dict[str, Any] = {}

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        for recipient in envelope.rcpt_tos:
            self.carried.append((envelope.mail_from, recipient, message))
            asyncio.get_running_loop().create_task(self._on(envelope.mail_from, recipient, message))
        return "250 2.0.0 taken"

    async def _on(self, sender: str, recipient: str, message: EmailMessage) -> None:
        port = self.servers.get(recipient.rpartition("@")[2])
        if port is not None:
            await _hand_over(port, message, sender, recipient)
        elif recipient in self.robots:
            for answer, return_path in self.robots[recipient](message):
                to = str(answer["To"])
                await _hand_over(self.servers[to.rpartition("@")[2]], answer, return_path, to)

    async def settle(self) -> None:
        """Until nobody writes any more, or too much was written."""
        seen, quiet = -1, 0.0
        while quiet < QUIET_SECONDS and len(self.carried) < 50:
            await asyncio.sleep(0.25)
            quiet = quiet + 0.25 if len(self.carried) == seen else 0.0
            seen = len(self.carried)

    def to(self, recipient: str) -> int:
        """How many mails went there."""
        return sum(1 for _, to, _ in self.carried if to == recipient)


async def _hand_over(port: int, message: EmailMessage, sender: str, recipient: str) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
            client.sendmail(sender, [recipient], message.as_bytes(policy=policy.SMTP))

    await asyncio.to_thread(send)


@pytest.fixture
def world() -> Iterator[World]:
    found = World()
    controller = Controller(found, hostname="127.0.0.1", port=found.port)
    controller.start()
    yield found
    controller.stop()


@pytest.fixture
async def here(world: World, tmp_path: Path) -> AsyncIterator[Application]:
    """A server with two employees."""
    ports = ("smtp", "submission", "submissions", "imap", "imaps", "sieve", "lmtp", "http")
    application = Application(
        load(
            data=tmp_path / "here",
            hostname="mail.here.test",
            smart_host=f"smtp://127.0.0.1:{world.port}",
            **{f"{name}_port": 0 for name in ports},
        )
    )
    await application.start()

    def fill(tx: Any) -> None:
        domains.add(tx, "here.test", tenant="robots")
        for name in ("main", "second"):
            agent = accounts.add_agent(tx, application.core, f"{name}@here.test", display_name=name.title())
            assignments.add(tx, agent.tenant_id, "employee", agent.id, grants=("read", "send"))

    await application.core.write(fill)
    world.servers["here.test"] = application.servers["smtp"].port
    yield application
    await application.stop()


@pytest.fixture
def there(world: World, tmp_path: Path) -> Iterator[str]:
    """The address of an employee of another server."""
    server = MailwrightServer(tmp_path / "there", smart_host=f"smtp://127.0.0.1:{world.port}", log_level="warning")
    server.prepare()
    server.start()
    world.servers[DOMAIN] = server.smtp_port
    yield f"main@{DOMAIN}"
    server.kill()


def _to(message: EmailMessage, address: str) -> EmailMessage:
    del message["To"]
    message["To"] = address
    return message


@pytest.mark.slow
async def test_two_employees_of_two_servers_do_not_talk_to_each_other(
    here: Application, there: str, world: World
) -> None:
    await arrive(here, _to(task(there), "main@here.test"), there, to="main@here.test")
    await world.settle()
    assert world.to(there) == 1
    assert world.to("main@here.test") == 0


@pytest.mark.slow
async def test_two_employees_of_one_server_do_not_talk_to_each_other(here: Application, world: World) -> None:
    await arrive(here, _to(task("second@here.test"), "main@here.test"), "bounces@elsewhere.test", to="main@here.test")
    await world.settle()
    queued = await here.core.read(lambda tx: tx.scalar("SELECT COUNT(*) FROM outbox"))
    assert (queued, world.carried) == (0, [])


def _absent(*, threaded: bool) -> Any:
    """An absence notice of a program that does not know RFC 3834, each time with another number in it."""
    count = iter(range(1000))

    def answer(message: EmailMessage) -> list[tuple[EmailMessage, str]]:
        notice = EmailMessage()
        notice["From"], notice["To"] = "eve@elsewhere.test", "main@here.test"
        notice["Message-ID"] = f"<absent-{next(count)}@elsewhere.test>"
        notice["Subject"] = f"Out of office: {message['Subject']}" if not threaded else f"Re: {message['Subject']}"
        if threaded:
            notice["In-Reply-To"] = notice["References"] = message["Message-ID"]
        notice.set_content(
            "Thank you for your message. I am out of the office until Monday with limited access to my mail.\n"
            "In urgent cases please contact my colleague Bashir."
        )
        return [(notice, "eve@elsewhere.test")]

    return answer


@pytest.mark.slow
@pytest.mark.parametrize("threaded", [True, False])
async def test_an_autoresponder_that_does_not_say_what_it_is_gets_one_reply(
    here: Application, world: World, threaded: bool
) -> None:
    world.robots["eve@elsewhere.test"] = _absent(threaded=threaded)
    await arrive(here, _to(task("eve@elsewhere.test"), "main@here.test"), "eve@elsewhere.test", to="main@here.test")
    await world.settle()
    assert world.to("eve@elsewhere.test") == 1


@pytest.mark.slow
async def test_a_list_that_reflects_what_it_gets_is_answered_once(here: Application, world: World) -> None:
    count = iter(range(1000))

    def reflect(message: EmailMessage) -> list[tuple[EmailMessage, str]]:
        copy = message_from_bytes(message.as_bytes(), policy=policy.default)
        assert isinstance(copy, EmailMessage)
        for name in ("To", "Message-ID", "Auto-Submitted"):  # a list that washes off what would end the loop
            del copy[name]
        copy["To"], copy["Message-ID"] = "main@here.test", f"<list-{next(count)}@elsewhere.test>"
        copy["List-Id"] = "<friends.elsewhere.test>"
        copy["Precedence"] = "list"
        return [(copy, "friends-bounces@elsewhere.test")]

    world.robots["friends@elsewhere.test"] = reflect
    first = _to(task("friends@elsewhere.test"), "main@here.test")
    await arrive(here, first, "friends@elsewhere.test", to="main@here.test")
    await world.settle()
    assert world.to("friends@elsewhere.test") == 1


@pytest.mark.slow
async def test_a_storm_of_bounces_is_answered_by_nobody(here: Application, world: World) -> None:
    count = iter(range(1000))

    def bounce(message: EmailMessage) -> list[tuple[EmailMessage, str]]:
        """Twenty of them, from the null reverse-path and from a postmaster who does not know what that is."""
        out = []
        for number in range(20):
            notice = EmailMessage()
            notice["From"], notice["To"] = "MAILER-DAEMON@elsewhere.test", "main@here.test"
            notice["Message-ID"] = f"<bounce-{next(count)}@elsewhere.test>"
            notice["Subject"] = "Undelivered Mail Returned to Sender"
            notice.set_content(
                f"I'm sorry to have to inform you that your message could not be delivered.\n\n{message['Subject']}"
            )
            out.append((notice, "" if number % 2 else "MAILER-DAEMON@elsewhere.test"))
        return out

    world.robots["eve@elsewhere.test"] = bounce
    await arrive(here, _to(task("eve@elsewhere.test"), "main@here.test"), "eve@elsewhere.test", to="main@here.test")
    await world.settle()
    assert [to for _, to, _ in world.carried] == ["eve@elsewhere.test"]
