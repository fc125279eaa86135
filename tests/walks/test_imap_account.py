"""An account on another server, from connecting it to the draft in its Drafts: a whole Mailwright beside a real Dovecot."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from imapclient import IMAPClient
from mailwright.codecs import mime
from mailwright.core import accounts, assistants, connections
from mailwright.installation import build_core
from mailwright.settings import load
from mailwright.storage import Tx
from mailwright.storage.audit import SYSTEM
from tests.servers.dovecot import DovecotServer, is_installed
from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer

pytestmark = [pytest.mark.server, pytest.mark.skipif(not is_installed(), reason="Dovecot is not installed")]

THERE = "ada@example.org"
LETTER = f"""From: Bashir <bashir@example.net>
To: {THERE}
Subject: The offer for the roof
Message-ID: <offer@example.net>
Date: Fri, 20 Nov 2026 10:00:00 +0000

Dear Ada,

could you please tell me when you can come and look at the roof, and what it will cost?
Can we meet on Tuesday?

Kind regards
Bashir
"""


@pytest.fixture
def dovecot() -> Iterator[DovecotServer]:
    server = DovecotServer()
    yield server
    server.destroy()


@pytest.fixture
def there(dovecot: DovecotServer) -> Iterator[IMAPClient]:
    client = IMAPClient("127.0.0.1", port=dovecot.imap_port, ssl=False)
    client.login("ada", "anything")
    for name in ("Drafts", "Sent"):
        client.create_folder(name)
    yield client
    client.logout()


@pytest.fixture
def server(tmp_path: Path, dovecot: DovecotServer) -> Iterator[MailwrightServer]:
    made = MailwrightServer(tmp_path / "data", allow_private_accounts=True, connections_poll_seconds=10)
    made.prepare(employee=False)
    core = build_core(load(**made.settings))

    def connect(tx: Tx) -> None:
        ada = accounts.find(tx, f"ada@{DOMAIN}")
        assistants.switch_on(tx, core, ada, by=SYSTEM)
        where = {"host": "127.0.0.1", "port": dovecot.imap_port, "user": "ada", "tls": "none"}
        connections.add_imap(tx, core, ada, address=THERE, password="anything", **where)  # type: ignore[arg-type]

    core.database.write_now(connect)
    core.database.close()
    yield made
    made.stop()


def waited(found: Callable[[], object], server: MailwrightServer, seconds: float = 90.0) -> None:
    ends = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < ends, server.log()[-3000:]
        time.sleep(0.3)


def uids(client: IMAPClient, folder: str) -> list[int]:
    client.select_folder(folder, readonly=True)
    return sorted(client.search())


def test_a_question_there_has_a_draft_there(server: MailwrightServer, there: IMAPClient) -> None:
    there.append("INBOX", LETTER.replace("\n", "\r\n").encode())
    server.start()
    waited(lambda: uids(there, "Drafts"), server)
    (uid,) = uids(there, "Drafts")
    raw = there.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"]
    draft = mime.parse(raw)
    assert draft.subject == "Re: The offer for the roof"
    assert [each.address for each in draft.header.mailboxes("To")] == ["bashir@example.net"]
    assert [each.address for each in draft.from_] == [THERE]
    assert draft.in_reply_to == ("<offer@example.net>",)
    (mail,) = uids(there, "INBOX")
    flags = there.fetch([mail], ["FLAGS"])[mail][b"FLAGS"]
    assert b"needs_reply" in flags
    assert b"\\Seen" not in flags
    # Looked at again and again, it stays one; and nothing leaves.
    time.sleep(12)
    assert len(uids(there, "Drafts")) == 1
    assert uids(there, "Sent") == []
    with server.opened() as database:
        assert database.execute("SELECT count(*) FROM outbox").fetchone()[0] == 0
        ((state, failures),) = database.execute("SELECT state, failures FROM connections").fetchall()
    assert (state, failures) == ("connected", 0)
    assert "anything" not in server.log()


def test_ada_connects_it_in_her_browser_corrects_there_and_here_and_lets_go(
    tmp_path: Path, dovecot: DovecotServer, there: IMAPClient
) -> None:
    server = MailwrightServer(tmp_path / "data", allow_private_accounts=True)
    server.prepare(people=("ada",), employee=False)
    core = build_core(load(**server.settings))
    core.database.write_now(lambda tx: assistants.switch_on(tx, core, accounts.find(tx, f"ada@{DOMAIN}"), by=SYSTEM))
    core.database.close()
    server.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{server.http_port}", timeout=30) as ada:
            _walk(server, dovecot, there, ada)
        assert "anything" not in server.log()
        assert "roof" not in server.log()
    finally:
        server.stop()


def _walk(server: MailwrightServer, dovecot: DovecotServer, there: IMAPClient, ada: httpx.Client) -> None:
    signed_in = ada.post("/api/session", json={"email": f"ada@{DOMAIN}", "password": PASSWORD})
    ada.headers["X-CSRF-Token"] = signed_in.json()["csrf"]

    def item() -> dict[str, str]:
        found = ada.get("/api/assistant/items").json()["items"]
        return found[0] if found else {}

    def flags() -> set[bytes]:
        (uid,) = uids(there, "INBOX")
        return set(there.fetch([uid], ["FLAGS"])[uid][b"FLAGS"])

    wanted = {"address": THERE, "host": "127.0.0.1", "port": dovecot.imap_port, "tls": "none", "user": "ada"}
    made = ada.post("/api/connections/imap", json={**wanted, "password": "anything"})
    assert made.status_code == 201, made.text
    assert "anything" not in made.text
    connection = f"/api/connections/{made.json()['id']}"
    waited(lambda: ada.get(connection).json()["state"] == "connected", server)
    there.append("INBOX", LETTER.replace("\n", "\r\n").encode())
    assert ada.post(f"{connection}/look").status_code == 202
    waited(lambda: uids(there, "Drafts"), server)
    waited(lambda: b"needs_reply" in flags(), server)
    # In another mail program …
    (uid,) = uids(there, "INBOX")
    there.select_folder("INBOX")
    there.remove_flags([uid], ["needs_reply"])
    there.add_flags([uid], ["informational"])
    ada.post(f"{connection}/look")
    waited(lambda: item()["category"] == "informational", server)
    (rule,) = ada.get("/api/assistant/rules").json()["rules"]
    assert (rule["sender"], rule["made_by"]) == ("bashir@example.net", "correction")
    # … and here.
    ada.post(f"/api/assistant/items/{item()['id']}/correct", json={"category": "needs_reply"})
    waited(lambda: {b"needs_reply", b"informational"} & flags() == {b"needs_reply"}, server)
    assert ada.patch(connection, json={"enabled": False}).json()["state"] == "paused"
    assert ada.delete(connection).json() == {"removed": True, "revoked": None}
    assert item() == {}
