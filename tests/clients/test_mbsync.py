"""mbsync (isync) keeps a Maildir and an account the same, whatever happens on either side between two runs."""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import TypeAlias

import pytest
from imapclient.imap_utf7 import decode, encode

from imapclient import IMAPClient
from tests.clients.conftest import sample, sign_in
from tests.servers.mailwright import MailwrightServer

MBSYNC = shutil.which("mbsync")
pytestmark = [pytest.mark.server, pytest.mark.skipif(MBSYNC is None, reason="mbsync (isync) is not installed")]

MANY = 600
ROUNDS = 4
CHANGES = 14  # on each side, in one round
LETTERS = {
    b"\\Draft": "D",
    b"\\Flagged": "F",
    b"$Forwarded": "P",
    b"\\Answered": "R",
    b"\\Seen": "S",
    b"\\Deleted": "T",
}
"""The flags a Maildir has letters for; mbsync carries no others."""

Tree: TypeAlias = "dict[str, list[tuple[str, str, int]]]"
"""Mailbox → what is in it: digest of the message, letters, second of arrival."""


class Sides:
    """An account and a Maildir, and mbsync between them."""

    def __init__(self, server: MailwrightServer, name: str, folder: Path) -> None:
        self.server = server
        self.name = name
        self.folder = folder / "Mail"
        self.folder.mkdir(parents=True)
        self.rc = folder / "mbsyncrc"
        text = sample("mbsyncrc", server, name).replace("~/Mail", str(self.folder))
        self.rc.write_text(text.replace("~/.mailwright.pem", str(server.certificate)))
        self.client = sign_in(server, name)
        self.serial = 0

    def run(self) -> None:
        """One run of mbsync, without a complaint."""
        assert MBSYNC is not None
        command = [MBSYNC, "-c", str(self.rc), "-a"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "rror" not in done.stderr, done.stderr

    def letter(self, chance: random.Random) -> tuple[bytes, int]:
        """A message nobody has seen, and when it came."""
        self.serial += 1
        moment = chance.randrange(1_000_000_000, 1_760_000_000)
        date = format_datetime(datetime.fromtimestamp(moment, UTC))
        text = "".join(chance.choice("abc äöü\n") for _ in range(chance.randrange(2_000)))
        head = (
            f"From: chen@example.org\nSubject: {self.serial}\nDate: {date}\nMessage-ID: <{self.serial}@example.org>\n"
        )
        raw = f"{head}Content-Type: text/plain; charset=utf-8\n\n{text}\n".encode()
        return raw.replace(b"\n", b"\r\n"), moment

    # The account

    def far(self) -> Tree:
        found: Tree = {}
        for _, _, name in self.client.list_folders():
            self.client.select_folder(name, readonly=True)
            fetched = self.client.fetch(self.client.search(), ["FLAGS", "INTERNALDATE", "BODY.PEEK[]"]).values()
            found[name] = sorted(
                (
                    _digest(each[b"BODY[]"]),
                    "".join(sorted(LETTERS[flag] for flag in each[b"FLAGS"] if flag in LETTERS)),
                    int(each[b"INTERNALDATE"].timestamp()),
                )
                for each in fetched
            )
        self.client.unselect_folder()
        return found

    def change_far(self, chance: random.Random) -> None:
        client = self.client
        names = [name for _, _, name in client.list_folders()]
        client.select_folder(chance.choice(names))
        uids = client.search()
        uid = chance.choice(uids) if uids else None
        match chance.randrange(6):
            case 0 | 1:
                raw, moment = self.letter(chance)
                flags = [flag for flag in (*LETTERS, b"Later") if flag != b"\\Deleted" and chance.random() < 0.3]
                client.append(chance.choice(names), raw, flags, datetime.fromtimestamp(moment, UTC))
            case 2 | 3 if uid is not None:
                flag = chance.choice((*LETTERS, b"Later"))
                chance.choice((client.add_flags, client.remove_flags))([uid], [flag])
            case 4 if uid is not None:
                client.delete_messages([uid])
                client.uid_expunge([uid])
            case 5 if uid is not None:
                client.move([uid], chance.choice(names))
        client.unselect_folder()

    # The Maildir

    def boxes(self) -> list[Path]:
        return sorted(path.parent for path in self.folder.rglob("cur"))

    def near(self) -> Tree:
        found: Tree = {}
        for box in self.boxes():
            found[decode(str(box.relative_to(self.folder)).encode())] = sorted(
                (
                    _digest(path.read_bytes()),
                    path.name.partition(":2,")[2],
                    int(path.stat().st_mtime),
                )
                for path in (*(box / "cur").iterdir(), *(box / "new").iterdir())
            )
        return found

    def box(self, name: str) -> Path:
        made = self.folder / encode(name).decode()
        for part in ("cur", "new", "tmp"):
            (made / part).mkdir(parents=True, exist_ok=True)
        return made

    def put_near(self, box: Path, raw: bytes, moment: int, letters: str = "") -> None:
        self.serial += 1
        path = box / ("cur" if letters else "new") / f"{self.serial}.near.host{':2,' + letters if letters else ''}"
        path.write_bytes(raw.replace(b"\r\n", b"\n"))
        os.utime(path, (moment, moment))

    def change_near(self, chance: random.Random) -> None:
        boxes = self.boxes()
        box = chance.choice(boxes)
        files = sorted((*(box / "cur").iterdir(), *(box / "new").iterdir()))
        path = chance.choice(files) if files else None
        match chance.randrange(6):
            case 0 | 1:
                letters = "".join(letter for letter in "DFPRS" if chance.random() < 0.3)
                self.put_near(box, *self.letter(chance), letters)
            case 2 | 3 if path is not None:
                name, _, letters = path.name.partition(":2,")
                changed = "".join(sorted(set(letters) ^ {chance.choice("DFPRST")}))
                path.rename(box / "cur" / f"{name}:2,{changed}")
            case 4 if path is not None:
                path.unlink()
            case 5 if path is not None:
                other = chance.choice(boxes)
                if other != box:  # its number is the old mailbox's: mutt and its kin drop it, too
                    path.rename(other / path.parent.name / re.sub(r",U=\d+", "", path.name))


def _digest(raw: bytes) -> str:
    # mbsync marks what it uploads with a field, to find it again where there is no UIDPLUS.
    plain = re.sub(rb"X-TUID: [^\n]*\n", b"", raw.replace(b"\r\n", b"\n"))
    found = re.search(rb"^Subject: (.*)$", plain, re.MULTILINE)
    return f"{found[1].decode() if found else ''} {hashlib.sha256(plain).hexdigest()[:12]}"


@pytest.fixture
def sides(running: MailwrightServer, newcomer: str, tmp_path: Path) -> Iterator[Sides]:
    made = Sides(running, newcomer, tmp_path)
    yield made
    made.client.logout()


@pytest.mark.parametrize("seed", [1, 2])
def test_random_changes_on_both_sides_end_in_two_equal_trees(sides: Sides, seed: int) -> None:
    chance = random.Random(seed)
    sides.client.create_folder("Größe/Mai & Juni")
    sides.client.create_folder("Work")
    sides.run()
    for _ in range(ROUNDS):
        for _ in range(CHANGES):
            sides.change_far(chance)
            sides.change_near(chance)
        sides.run()
        if sides.near() != sides.far():  # what was moved here and deleted there takes a second look
            sides.run()
            assert sides.near() == sides.far()
    assert sum(map(len, sides.far().values())) > ROUNDS * CHANGES / 3


def test_many_messages_go_down_and_up_and_a_second_run_does_nothing(sides: Sides) -> None:
    chance = random.Random(7)
    messages = []
    for _ in range(MANY):
        raw, moment = sides.letter(chance)
        messages.append({"msg": raw, "flags": [b"\\Seen"], "date": datetime.fromtimestamp(moment, UTC)})
    for start in range(0, MANY, 100):
        sides.client.multiappend("INBOX", messages[start : start + 100])
    work = sides.box("Work")
    for _ in range(MANY):
        sides.put_near(work, *sides.letter(chance))
    sides.run()
    near = sides.near()
    assert near == sides.far()
    assert {name: len(found) for name, found in near.items() if found} == {"INBOX": MANY, "Work": MANY}
    modseqs = _modseqs(sides.client)
    sides.run()
    assert _modseqs(sides.client) == modseqs, "a run without changes changes nothing"


def test_mailboxes_made_and_emptied_and_removed_on_one_side_follow_on_the_other(sides: Sides) -> None:
    chance = random.Random(9)
    sides.client.create_folder("Far")
    sides.put_near(sides.box("Near/Below"), *sides.letter(chance))
    sides.run()
    assert {"Far", "Near/Below"} <= set(sides.near())
    assert sides.near() == sides.far()
    for path in (sides.box("Near/Below") / "new").iterdir():
        path.unlink()
    sides.run()
    shutil.rmtree(sides.box("Near/Below") / "cur")
    sides.client.delete_folder("Far")
    sides.run()
    assert sides.near() == sides.far()
    assert not {"Far", "Near/Below"} & set(sides.far())


def test_a_mailbox_renamed_on_both_sides_is_not_transferred_again(sides: Sides) -> None:
    chance = random.Random(11)
    for _ in range(20):
        sides.put_near(sides.box("Work"), *sides.letter(chance))
    sides.run()
    before = sides.client.folder_status("Work", ["UIDVALIDITY", "UIDNEXT"])
    sides.client.rename_folder("Work", "Arbeit/2026")
    (sides.folder / "Arbeit").mkdir()
    (sides.folder / "Work").rename(sides.folder / "Arbeit" / "2026")
    sides.run()
    assert sides.client.folder_status("Arbeit/2026", ["UIDVALIDITY", "UIDNEXT"]) == before
    assert sides.near() == sides.far()
    assert len(sides.near()["Arbeit/2026"]) == 20


def _modseqs(client: IMAPClient) -> dict[str, int]:
    return {
        name: client.folder_status(name, ["HIGHESTMODSEQ"])[b"HIGHESTMODSEQ"] for _, _, name in client.list_folders()
    }


def test_mail_that_is_changed_while_mbsync_runs_is_the_same_in_the_end(sides: Sides) -> None:
    chance = random.Random(13)
    sides.client.create_folder("Work")
    for _ in range(60):
        raw, moment = sides.letter(chance)
        sides.client.append("INBOX", raw, [], datetime.fromtimestamp(moment, UTC))
    over = threading.Event()

    def disturb() -> None:
        while not over.is_set():
            sides.change_far(chance)

    with ThreadPoolExecutor(1) as pool:
        disturbing = pool.submit(disturb)
        for _ in range(3):
            sides.run()
        over.set()
        disturbing.result()
    sides.run()
    if sides.near() != sides.far():  # what was taken away from under a run is put right by the second one after it
        sides.run()
    assert sides.near() == sides.far()
    assert len(sides.far()["INBOX"]) > 10
