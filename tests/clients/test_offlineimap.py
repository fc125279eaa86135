"""offlineimap keeps a Maildir and an account the same with imaplib2, flags and keywords included; imapfilter sorts by Lua."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import sign_in
from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer

OFFLINEIMAP, IMAPFILTER = shutil.which("offlineimap"), shutil.which("imapfilter")
pytestmark = pytest.mark.server
COUNT = 30


def _letter(number: int) -> bytes:
    head = f"From: chen@example.org\r\nTo: ada@{DOMAIN}\r\nSubject: Number {number}\r\nMessage-ID: <{number}@example.org>\r\n"
    return f"{head}\r\nHello, {number}.\r\n".encode()


def _subjects(folder: Path) -> dict[str, str]:
    """Subject → flags of each message in a Maildir."""
    found = {}
    for path in (*(folder / "cur").iterdir(), *(folder / "new").iterdir()):
        subject = re.search(r"^Subject: (.*)$", path.read_text(), re.MULTILINE)
        found[subject[1] if subject else ""] = path.name.partition(":2,")[2]
    return found


@pytest.mark.skipif(OFFLINEIMAP is None, reason="offlineimap3 is not installed")
def test_offlineimap_brings_both_sides_together_and_then_finds_nothing_to_do(
    running: MailwrightServer, newcomer: str, tmp_path: Path
) -> None:
    mail = tmp_path / "Mail"
    rc = tmp_path / "offlineimaprc"
    rc.write_text(
        f"[general]\naccounts = all\nmetadata = {tmp_path}/state\nui = basic\nmaxsyncaccounts = 1\n\n"
        "[Account all]\nlocalrepository = near\nremoterepository = far\nsynclabels = no\n\n"
        f"[Repository near]\ntype = Maildir\nlocalfolders = {mail}\nsep = /\nsync_deletes = yes\n\n"
        f"[Repository far]\ntype = IMAP\nremotehost = localhost\nremoteport = {running.imaps_port}\n"
        f"remoteuser = {newcomer}@{DOMAIN}\nremotepass = {PASSWORD}\nssl = yes\nsslcacertfile = {running.certificate}\n"
        "maxconnections = 2\nusecompression = yes\n"
    )
    client = sign_in(running, newcomer)
    for number in range(COUNT):
        client.append("INBOX", _letter(number), [b"\\Seen"] if number % 3 == 0 else [])
    client.create_folder("Work/Übung")
    _offlineimap(rc)
    assert len(_subjects(mail / "INBOX")) == COUNT
    # The account loses one and flags one; the Maildir answers one, loses another and gets two.
    client.select_folder("INBOX")
    first, second = client.search()[:2]
    client.delete_messages([first])
    client.uid_expunge([first])
    client.add_flags([second], [b"\\Flagged"])
    box = {
        re.search(r"^Subject: (.*)$", path.read_text(), re.MULTILINE)[1]: path  # type: ignore[index]
        for path in (*(mail / "INBOX" / "cur").iterdir(), *(mail / "INBOX" / "new").iterdir())
    }
    answered = box["Number 2"]
    answered.rename(mail / "INBOX" / "cur" / f"{answered.name.partition(':2,')[0]}:2,RS")
    box["Number 3"].unlink()
    for number, folder in ((100, "INBOX"), (101, "Work/&ANw-bung")):
        (mail / folder / "cur" / f"{number}.near.host:2,FS").write_bytes(_letter(number).replace(b"\r\n", b"\n"))
    _offlineimap(rc)
    near = _subjects(mail / "INBOX")
    client.select_folder("INBOX")
    far = {
        each[b"ENVELOPE"].subject.decode(): "".join(sorted(_LETTERS[flag] for flag in each[b"FLAGS"]))
        for each in client.fetch(client.search(), ["FLAGS", "ENVELOPE"]).values()
    }
    assert near == far
    assert len(near) == COUNT - 2 + 1
    assert (near["Number 1"], near["Number 2"], near["Number 100"]) == ("F", "RS", "FS")
    assert client.folder_status("Work/Übung", ["MESSAGES"]) == {b"MESSAGES": 1}
    modseq = client.folder_status("INBOX", ["HIGHESTMODSEQ"])
    told = _offlineimap(rc)
    assert client.folder_status("INBOX", ["HIGHESTMODSEQ"]) == modseq
    assert not re.search("Copy message|Adding flags|Deleting", told), told
    client.logout()


_LETTERS = {b"\\Flagged": "F", b"\\Answered": "R", b"\\Seen": "S", b"\\Draft": "D", b"\\Deleted": "T"}


def _offlineimap(rc: Path) -> str:
    assert OFFLINEIMAP is not None
    done = subprocess.run([OFFLINEIMAP, "-o", "-c", str(rc)], capture_output=True, text=True, check=False, timeout=120)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert "ERROR" not in told, told
    return told


@pytest.mark.skipif(IMAPFILTER is None, reason="imapfilter is not installed")
def test_imapfilter_finds_marks_moves_and_deletes(running: MailwrightServer, newcomer: str, tmp_path: Path) -> None:
    assert IMAPFILTER is not None
    client = sign_in(running, newcomer)
    for number in range(10):
        client.append("INBOX", _letter(number), [b"\\Seen"] if number % 2 else [])
    rules = tmp_path / "rules.lua"
    rules.write_text(
        "options.timeout = 20\noptions.create = true\n"
        f"a = IMAP {{ server = 'localhost', port = {running.imaps_port}, username = '{newcomer}@{DOMAIN}', "
        f"password = '{PASSWORD}', ssl = 'auto' }}\n"
        "a.INBOX:contain_subject('Number 3'):move_messages(a['Sorted/Three'])\n"
        "r = a.INBOX:is_unseen() * a.INBOX:contain_body('Hello, 4')\nr:mark_flagged()\n"
        "a.INBOX:match_header('Number [56]'):delete_messages()\n"
        "a.INBOX:is_larger(1):add_flags({ '$Seen-by-a-rule' })\n"
    )
    done = subprocess.run(
        [IMAPFILTER, "-c", str(rules), "-t", str(running.certificate)],
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert client.folder_status("Sorted/Three", ["MESSAGES"]) == {b"MESSAGES": 1}
    client.select_folder("INBOX")
    fetched = {
        e[b"ENVELOPE"].subject: e[b"FLAGS"] for e in client.fetch(client.search(), ["ENVELOPE", "FLAGS"]).values()
    }
    assert sorted(fetched) == [b"Number %d" % number for number in (0, 1, 2, 4, 7, 8, 9)]
    assert b"\\Flagged" in fetched[b"Number 4"]
    assert all(b"$Seen-by-a-rule" in flags for flags in fetched.values())
    client.logout()
