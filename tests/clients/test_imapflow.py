"""imapflow, the client of Node programs: it turns on IMAP4rev2 and QRESYNC, and what it sees is compared here."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer
from tests.servers_node.packages import NotAvailable, installed

pytestmark = pytest.mark.server

PACKAGE, VERSION = "imapflow", "2.1.2"
WALK = Path(__file__).parent / "imapflow_walk.cjs"
SOON_MILLISECONDS = 1000


def test_imapflow_walks_through_a_mailbox_is_told_in_idle_and_catches_up(
    running: MailwrightServer, newcomer: str
) -> None:
    try:
        package = installed(PACKAGE, VERSION)
    except NotAvailable as reason:
        pytest.skip(str(reason))
    who = {"host": "127.0.0.1", "port": running.imaps_port, "user": f"{newcomer}@{DOMAIN}", "password": PASSWORD}
    command = ["node", str(WALK), json.dumps({"package": str(package), **who})]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    own = ["INBOX", "Sent", "Drafts", "Archive", "Junk", "Trash"]
    assert seen.pop("slowest") < SOON_MILLISECONDS
    assert seen == {
        "enabled": ["CONDSTORE", "IMAP4REV2", "QRESYNC", "UTF8=ACCEPT"],
        "created": ["Größe/Mai", True],
        "mailboxes": [*([name, "\\Inbox" if name == "INBOX" else f"\\{name}"] for name in own), ["Größe/Mai", ""]],
        "appended": [4, ""],
        "status": [4, 2, 5],
        "search": [[2, 4], [3], [3], [1, 2, 3, 4]],
        "fetched": [
            [
                number,
                ["$Work", "\\Seen"] if number % 2 else [],
                f"Number-{number}",
                ["text/plain", "image/png"],
                f"2026-07-0{number}T00:00:00.000Z",
                297,
                True,
            ]
            for number in range(1, 5)
        ],
        "source": True,
        "attachment": ["image/png", "89504e470d0a1a0a"],
        "moved": ["Archive", [[3, 1]]],
        "resync": {
            "vanished": [2, 3],
            "flags": [1, 5],
            "changed": [[1, ["$Work", "\\Flagged", "\\Seen"], True], [5, [], True]],
        },
        "quota": True,
        "left": own,
    }
