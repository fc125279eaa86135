"""jmap-jam and jmap-client-ts, the clients of Node programs: signed in with an app password, through reading, sending and push."""

from __future__ import annotations

import base64
import json
import smtplib
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import sign_in
from tests.servers.mailwright import DOMAIN, MailwrightServer
from tests.servers_node.packages import NotAvailable, installed

pytestmark = pytest.mark.server

JAM = ("jmap-jam", "0.13.1")
CLIENT_TS = ("jmap-client-ts", "1.0.0")
EVENTS = ("eventsource", "4.1.1")
"""The event source of browsers for Node, which can say who one is."""

HERE = Path(__file__).parent
SOON_MILLISECONDS = 3000
"""From the request that sends a message to the event of its arrival: it is queued, delivered and told of."""

ROLES = ["archive", "drafts", "inbox", "junk", "sent", "trash"]
PICTURE = "89504e470d0a1a0a"
LETTER = (
    "From: Chen <chen@example.org>\r\nTo: {to}\r\nSubject: =?utf-8?q?Gr=C3=B6=C3=9Fe?=\r\nMessage-ID: <1@example.org>\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    "--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThe ledger of May.\r\n"
    "--x\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n"
    "Content-Disposition: attachment; filename=a.png\r\n\r\niVBORw0KGgo=\r\n--x--\r\n"
)


def _walk(server: MailwrightServer, name: str, script: str, **packages: tuple[str, str]) -> dict[str, Any]:
    """What a client saw that was given a letter, an app password for JMAP, and the address of the session."""
    try:
        folders = {key: str(installed(*package)) for key, package in packages.items()}
    except NotAvailable as reason:
        pytest.skip(str(reason))
    email = f"{name}@{DOMAIN}"
    with smtplib.LMTP("127.0.0.1", server.lmtp_port, timeout=20) as client:
        client.sendmail("chen@example.org", [email], LETTER.format(to=email).encode())
    signed = base64.b64encode(f"{email}:{_app_password(server, email)}".encode()).decode()
    told = {
        **folders,
        "session": f"http://127.0.0.1:{server.http_port}/.well-known/jmap",
        "authorization": f"Basic {signed}",
        "email": email,
    }
    command = ["node", str(HERE / script), json.dumps(told)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def _app_password(server: MailwrightServer, email: str) -> str:
    """One that is for JMAP alone, made beside the running server as the command line makes it."""
    from mailwright.core import accounts, apppasswords
    from mailwright.installation import build_core
    from mailwright.settings import load

    core = build_core(load(**server.settings))
    try:
        return core.database.write_now(
            lambda tx: apppasswords.make(tx, accounts.find(tx, email), "a JMAP client", ["jmap"])[1]
        )
    finally:
        core.database.close()


def test_jmap_jam_reads_files_sends_and_is_told_of_what_arrives(running: MailwrightServer, newcomer: str) -> None:
    seen = _walk(running, newcomer, "jmap_jam_walk.mjs", package=JAM, events=EVENTS)
    assert seen.pop("told") < SOON_MILLISECONDS
    assert seen == {
        "refused": ["authentication_failed", False],
        "session": [f"{newcomer}@{DOMAIN}", True, True],
        "mailboxes": [[role, int(role == "inbox"), int(role == "inbox")] for role in ROLES],
        "read": [1, "Größe", [{"name": "Chen", "email": "chen@example.org"}], "The ledger of May.", True, {}, 1],
        "attachment": ["a.png", "image/png", PICTURE],
        "snippet": "The <mark>ledger</mark> of May.",
        "marked": 1,
        "changed": [[], [True], []],
        "moved": [{"$seen": True, "$flagged": True}, [True]],
        "stale": "stateMismatch",
        "uploaded": ["text/plain;charset=utf-8", 13, True],
        "downloaded": [
            "Öl, 5 Liter\n",
            "text/plain; charset=utf-8",
            "attachment; filename=\"Gr__e & Mai.txt\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%26%20Mai.txt",
        ],
        "linked": "application/ld+json",
        "sent": [None, True],
        "event": ["StateChange", [True], True],
        "arrived": ["Größe & Öl", "As said.\n", [["Größe & Mai.txt", "text/plain", 13]], [True]],
        "filed": [[True], {"$seen": True}],
        "counted": [True, True, True],
        "later": ["Mailbox"],
        "destroyed": [True],
        "wrong": ["accountNotFound", True],
    }


def test_jmap_client_ts_reads_files_and_sends_in_ones_own_account(running: MailwrightServer, newcomer: str) -> None:
    owner = sign_in(running, "bashir")  # what others share comes after what is one's own: this client takes the first
    owner.setacl("INBOX", f"{newcomer}@{DOMAIN}", "lr")
    owner.logout()
    seen = _walk(running, newcomer, "jmap_client_ts_walk.cjs", package=CLIENT_TS)
    assert seen == {
        "untyped": "Request failed, got http status code 400",
        "bearer": "Request failed, got http status code 401",
        "session": [f"{newcomer}@{DOMAIN}", 2, True],
        "mailboxes": [ROLES, True],
        "read": ["Größe", "chen@example.org", "The ledger of May.", [["a.png", "image/png", 8]], True],
        "changed": [[], [True], []],
        "arrived": [["From a draft", "As said"]],
        "submission": [["final", "yes"]],
        "submissions": 1,
        "folders": [[], [True], True],
        "wrong": "cannotCalculateChanges",
    }
