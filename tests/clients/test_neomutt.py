"""neomutt, with its keys pressed on a terminal: reading, flagging, moving, deleting, waiting for mail, and sending."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.clients.conftest import letter, sample, sign_in, until
from tests.servers.mailwright import DOMAIN, MailwrightServer

NEOMUTT = shutil.which("neomutt")
pytestmark = [pytest.mark.server, pytest.mark.skipif(NEOMUTT is None, reason="neomutt is not installed")]

PATIENCE_SECONDS = 20.0
_ESCAPES = re.compile(rb"\x1b(\[[0-9;?]*[ -/]*[@-~]|[()].|[=>])")


class Terminal:
    """neomutt on a pseudo-terminal of 40 lines."""

    def __init__(self, master: int, process: int) -> None:
        self.master = master
        self.process = process
        self.shown = b""

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def wait_for(self, text: str, seconds: float = PATIENCE_SECONDS) -> float:
        """Until it is on the screen. How long it took; raises TimeoutError."""
        began = time.monotonic()
        while text.encode() not in _ESCAPES.sub(b"", self.shown):
            if time.monotonic() - began > seconds or not self._read(0.2):
                raise TimeoutError(f"no {text!r} in:\n{_ESCAPES.sub(b'', self.shown).decode(errors='replace')}")
        return time.monotonic() - began

    def wait(self) -> None:
        """Until it has ended, by itself."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while self._read(0.2):
            if time.monotonic() > ends:
                raise TimeoutError(_ESCAPES.sub(b"", self.shown).decode(errors="replace"))

    def _read(self, seconds: float) -> bool:
        """Take what it writes. False once it has ended."""
        if select.select([self.master], [], [], seconds)[0]:
            try:
                self.shown += os.read(self.master, 65_536)
            except OSError:
                return False
        return True


@pytest.fixture
def settings(running: MailwrightServer, newcomer: str, tmp_path: Path) -> Path:
    """The newcomer's neomuttrc."""
    certificate = re.search("-----BEGIN CERT.*?END CERTIFICATE-----\n", running.certificate.read_text(), re.DOTALL)
    assert certificate is not None
    (tmp_path / "certificates").write_text(certificate[0])
    path = tmp_path / "neomuttrc"
    text = sample("muttrc", running, newcomer).replace("~/.mutt/certificates", str(tmp_path / "certificates"))
    path.write_text(
        f"{text}set header_cache='{tmp_path}/headers' message_cachedir='{tmp_path}/bodies' tmpdir='{tmp_path}'\n"
        "set mbox='+Archive' realname='Newcomer' mail_check=1 timeout=1 sort=mailbox-order\n"
        "set quit=yes delete=yes confirmappend=no move=no wait_key=no sleep_time=0 editor=true abort_unmodified=no\n"
        "set edit_headers=no autoedit=yes fast_reply=yes copy=yes crypt_use_gpgme=no\n"
    )
    return path


@contextmanager
def _neomutt(settings: Path, *options: str) -> Iterator[Terminal]:
    process, master = pty.fork()
    if process == 0:
        os.environ |= {"HOME": str(settings.parent), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
        os.execv(str(NEOMUTT), [str(NEOMUTT), "-n", "-F", str(settings), *options])
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    try:
        yield Terminal(master, process)
    finally:
        os.kill(process, signal.SIGKILL)  # still there, or waiting to be asked how it ended
        os.waitpid(process, 0)
        os.close(master)


def test_neomutt_flags_moves_deletes_and_sees_new_mail_at_once(
    running: MailwrightServer, newcomer: str, settings: Path
) -> None:
    client = sign_in(running, newcomer)
    for number in range(1, 6):
        client.append("INBOX", letter(f"Number {number}"))
    with _neomutt(settings) as terminal:
        terminal.wait_for("Number 5")
        terminal.press("1\rF")  # flag the first
        terminal.press("2\rs=Archive\r\r")  # save the second
        terminal.press("3\rd")
        terminal.press("4\r\r")  # read the fourth
        terminal.wait_for("Body of Number 4")
        terminal.press("q$")
        until(lambda: client.folder_status("Trash", ["MESSAGES"]) == {b"MESSAGES": 1} or None)
        for number in range(6, 9):
            client.append("INBOX", letter(f"Number {number}"))
            terminal.wait_for(f"Number {number}", seconds=3)
        client.select_folder("INBOX")
        client.delete_messages(client.search(["SUBJECT", "Number 6"]))
        client.expunge()
        terminal.press("q")
        terminal.wait()
    client.select_folder("INBOX")
    found = {e[b"ENVELOPE"].subject: e[b"FLAGS"] for e in client.fetch(client.search(), ["FLAGS", "ENVELOPE"]).values()}
    assert sorted(found) == [b"Number %d" % number for number in (1, 4, 5, 7, 8)]
    assert b"\\Flagged" in found[b"Number 1"]
    assert b"\\Seen" in found[b"Number 4"]
    assert client.folder_status("Archive", ["MESSAGES"]) == {b"MESSAGES": 1}
    with _neomutt(settings) as terminal:  # QRESYNC: what it kept of the mailbox is brought up to date
        terminal.wait_for("Number 8")
        terminal.press("q")
        terminal.wait()
        assert "Number 6" not in terminal.shown.decode(errors="replace")
    client.logout()


def test_what_neomutt_sends_is_in_sent_once(running: MailwrightServer, newcomer: str, settings: Path) -> None:
    with _neomutt(settings, "-s", "By neomutt", f"bashir@{DOMAIN}") as terminal:
        terminal.wait_for("Security:")
        terminal.press("y")
        terminal.wait()
    client = sign_in(running, newcomer)
    client.select_folder("Sent")
    [uid] = client.search()
    assert uid == 2, "the server's own copy was there first, and gave way"
    found = client.fetch([uid], ["FLAGS", "ENVELOPE"])[uid]
    assert found[b"ENVELOPE"].subject == b"By neomutt"
    assert b"\\Seen" in found[b"FLAGS"]
    reader = sign_in(running, "bashir")
    reader.select_folder("INBOX")
    until(lambda: (reader.noop() and reader.search(["SUBJECT", "By neomutt"])) or None)
    client.logout()
    reader.logout()


def test_what_neomutt_sends_in_batch_mode_is_in_sent_though_it_puts_nothing_there(
    running: MailwrightServer, newcomer: str, settings: Path
) -> None:
    command = [str(NEOMUTT), "-n", "-F", str(settings), "-s", "In batch mode", f"bashir@{DOMAIN}"]
    done = subprocess.run(command, input="Hello.\n", text=True, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    client = sign_in(running, newcomer)
    client.select_folder("Sent")
    assert len(client.search(["SUBJECT", "In batch mode"])) == 1
    client.logout()
