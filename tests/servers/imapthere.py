"""An IMAP account somewhere, on servers that are real: our own (TLS, CONDSTORE, special uses) and Dovecot (as Debian ships it).

`there` is one of them with an empty account: `there.account()` is our connector, `there.client` a plain client to arrange things with.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from imapclient import IMAPClient
from mailwright.connectors.imapaccount import ImapAccount
from mailwright.domain.elsewhere import Server
from tests.servers.dovecot import DovecotServer, is_installed
from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer

ADA, EVE = f"ada@{DOMAIN}", "eve@example.org"


class NoNames:
    """A resolver: tests name addresses."""

    def __init__(self, **known: Sequence[str]) -> None:
        self.known = known

    async def addresses(self, host: str) -> Sequence[str]:
        return self.known.get(host.replace(".", "_"), ())


@dataclass
class There:
    """An account: how to reach it, and a plain client to arrange things with."""

    server: Server
    password: str
    context: ssl.SSLContext | None
    client: IMAPClient
    condstore: bool
    opened: list[ImapAccount]

    def account(self) -> ImapAccount:
        made = ImapAccount(self.server, self.password, NoNames(), allow_private=True, context=self.context)
        self.opened.append(made)
        return made

    def put(self, folder: str, raw: bytes, *, days_ago: float = 0, flags: Sequence[bytes] = ()) -> None:
        self.client.append(folder, raw, flags, datetime.now(UTC) - timedelta(days=days_ago))

    def flags(self, folder: str = "INBOX") -> dict[int, tuple[bytes, ...]]:
        self.client.select_folder(folder, readonly=True)
        return {uid: answer[b"FLAGS"] for uid, answer in self.client.fetch(self.client.search(), ["FLAGS"]).items()}


def mail(
    header_id: str, *, sender: str = EVE, to: str = ADA, subject: str = "Hello", refs: str = "", body: str = "Hi."
) -> bytes:
    extra = f"References: {refs}\nIn-Reply-To: {refs.split()[-1]}\n" if refs else ""
    text = f"From: {sender}\nTo: {to}\nSubject: {subject}\nMessage-ID: {header_id}\n{extra}\n{body}\n"
    return text.replace("\n", "\r\n").encode()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailwrightServer]:
    server = MailwrightServer(tmp_path_factory.mktemp("ours") / "data")
    server.prepare(employee=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def dovecot() -> Iterator[DovecotServer]:
    if not is_installed():
        pytest.skip("Dovecot is not installed")
    server = DovecotServer()
    yield server
    server.destroy()


def unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@pytest.fixture(params=["ours", "ours-starttls", "dovecot"])
async def there(request: pytest.FixtureRequest) -> AsyncIterator[There]:
    context: ssl.SSLContext | None = None
    if request.param == "dovecot":
        dovecot = request.getfixturevalue("dovecot")
        user = f"u{abs(hash(request.node.name)) % 10**8}"
        server, password = Server("127.0.0.1", dovecot.imap_port, "none", user), "anything"
        client = IMAPClient("127.0.0.1", port=dovecot.imap_port, ssl=False)
    else:
        ours = request.getfixturevalue("ours")
        context, password = unverified(), PASSWORD
        starttls = request.param.endswith("starttls")
        port = ours.imap_port if starttls else ours.imaps_port
        server = Server("127.0.0.1", port, "starttls" if starttls else "tls", ADA)
        client = IMAPClient("127.0.0.1", port=ours.imaps_port, ssl_context=context)
    client.login(server.user, password)
    client.normalise_times = False
    for _flags, _separator, folder in client.list_folders():
        if folder in ("INBOX", "Drafts", "Sent"):
            client.select_folder(folder)
            if client.search():
                client.delete_messages(client.search())
                client.expunge()
    if request.param == "dovecot":
        with contextlib.suppress(Exception):
            client.create_folder("Sent")
    made = There(server, password, context, client, client.has_capability("CONDSTORE"), [])
    yield made
    for each in made.opened:
        await each.close()
    client.logout()
