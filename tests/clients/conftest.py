"""A running server with people in it, the outside world, and a Postfix between them."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import pytest
from aiosmtpd.controller import Controller

from imapclient import IMAPClient
from tests.servers import dovecot, postfix
from tests.servers.dovecot import DovecotServer
from tests.servers.mailwright import DOMAIN, PASSWORD, PEOPLE, MailwrightServer
from tests.servers.ports import free_port
from tests.servers.postfix import PostfixServer

T = TypeVar("T")
NEWCOMERS = tuple(f"newcomer{number}" for number in range(1, 13))
"""More people, each for one test that wants an account as it is on the first day."""


@dataclass
class Outside:
    """The rest of the world: an SMTP server that keeps what it is sent."""

    port: int = field(default_factory=free_port)
    received: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append((envelope.mail_from, envelope.rcpt_tos, message))
        return "250 2.0.0 taken"

    def next_for(self, recipient: str) -> tuple[str, EmailMessage]:
        """The first message for somebody out there: its envelope sender and itself."""
        return until(lambda: next(((s, m) for s, to, m in self.received if recipient in to), None))


@dataclass(frozen=True)
class Place:
    """What a test works with."""

    server: MailwrightServer
    postfix: PostfixServer
    outside: Outside

    def inbox(self, name: str, subject: str) -> bytes:
        """The raw message of that subject in somebody's INBOX, once it is there."""

        def look() -> bytes | None:
            with self.server.opened() as database:
                row = database.execute(
                    "SELECT b.data FROM messages m JOIN users u ON u.id = m.user_id JOIN mailboxes x ON x.id = m.mailbox_id "
                    "JOIN blobs b ON b.id = m.blob_id WHERE u.email = ? AND x.role = 'inbox' AND m.subject = ?",
                    (f"{name}@{DOMAIN}", subject),
                ).fetchone()
            return row[0] if row else None

        return until(look)


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    world = Outside()
    controller = Controller(world, hostname="127.0.0.1", port=world.port)
    controller.start()
    yield world
    controller.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailwrightServer]:
    """Not yet started: who needs a smart host names it first."""
    made = MailwrightServer(Path(tmp_path_factory.mktemp("clients")) / "data", log_level="warning")
    made.prepare(people=PEOPLE + NEWCOMERS)
    yield made
    made.kill()


@pytest.fixture(scope="module")
def running(server: MailwrightServer) -> Iterator[MailwrightServer]:
    """The server, started. No program that is tested here may have been told that it speaks badly, or have met a bug."""
    if server.process is None:
        server.start()
    yield server
    told = re.findall(r'_imap_commands_total{command="(.*?)",result="(.*?)"}', server.get("/metrics")[1])
    assert not [command for command, result in told if result == "bad"]
    assert '"level": "error"' not in server.log()


@pytest.fixture(scope="module")
def newcomers() -> Iterator[str]:
    """Names of those who have not signed in yet."""
    return iter(NEWCOMERS)


@pytest.fixture
def newcomer(newcomers: Iterator[str]) -> str:
    """Somebody whose account is as it is on the first day."""
    return next(newcomers)


@pytest.fixture(scope="module")
def place(server: MailwrightServer, outside: Outside) -> Iterator[Place]:
    """Postfix hands over to the server by LMTP, and the server sends through Postfix."""
    reason = postfix.why_not()
    if reason:
        pytest.skip(reason)
    relay = PostfixServer(DOMAIN, lmtp_port=server.lmtp_port, relay_port=outside.port)
    try:
        server.settings["smart_host"] = f"smtp://127.0.0.1:{relay.port}"
        server.start()
        yield Place(server, relay, outside)
    finally:
        relay.destroy()


def until(look: Callable[[], T | None], seconds: float = 90.0) -> T:
    """What `look` finds, as soon as it finds something. Raises TimeoutError."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        found = look()
        if found is not None:
            return found
        time.sleep(0.05)
    raise TimeoutError("it did not come")


def sign_in(server: MailwrightServer, name: str) -> IMAPClient:
    """Another session of that person, to look and to change what the tested program looks at."""
    trusting = ssl._create_unverified_context()  # the server made its certificate itself
    client = IMAPClient("127.0.0.1", server.imaps_port, ssl_context=trusting, timeout=30)
    # It writes a command's line end on its own: with Nagle's algorithm that waits 40 ms for an acknowledgement.
    client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.login(f"{name}@{DOMAIN}", PASSWORD)
    return client


def letter(subject: str, text: str = "") -> bytes:
    """A message from Chen, who is somewhere else; its text is `Body of <subject>` and what follows."""
    head = f"From: Chen <chen@example.org>\r\nTo: ada@{DOMAIN}\r\nSubject: {subject}\r\n"
    return (
        f"{head}Message-ID: <{subject.replace(' ', '.')}@example.org>\r\n\r\nBody of {subject}\r\n{text}\r\n".encode()
    )


@pytest.fixture(scope="session")
def beside_dovecot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DovecotServer, MailwrightServer]]:
    """Both IMAP servers, empty, with the same people."""
    if not dovecot.is_installed():
        pytest.skip("Dovecot is not installed")
    theirs = DovecotServer()
    ours = MailwrightServer(
        tmp_path_factory.mktemp("beside") / "data", log_level="warning", allow_clear_sign_in=True, verify_inbound=False
    )
    try:
        ours.prepare(employee=False)
        ours.start()
        yield theirs, ours
    finally:
        ours.kill()
        theirs.destroy()


def sample(language: str, server: MailwrightServer, name: str) -> str:
    """A sample of the page that tells how to connect a mail program, with this server and that person in it."""
    page = Path(__file__).parents[2] / "docs" / "howto" / "connect-a-mail-program.md"
    found = re.search(f"^```{language}\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    assert found is not None
    text = found[1]
    for written, meant in (
        ("ada@example.org", f"{name}@{DOMAIN}"),
        ("ada%40example.org", f"{name}%40{DOMAIN}"),
        ("mail.example.org", "localhost"),
        ("the app password", PASSWORD),
        ("2993", str(server.imaps_port)),
        ("2465", str(server.submissions_port)),
    ):
        text = text.replace(written, meant)
    return text
