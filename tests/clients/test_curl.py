"""curl speaks IMAP: a mailbox is listed, searched, read, written to and marked, over TLS it has checked."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import sign_in
from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer

CURL = shutil.which("curl")
pytestmark = [pytest.mark.server, pytest.mark.skipif(CURL is None, reason="curl is not installed")]
LETTER = (
    b"From: chen@example.org\r\nSubject: By curl\r\nMessage-ID: <curl@example.org>\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n.\r\n"
)


def test_curl_lists_appends_searches_reads_marks_and_removes(
    running: MailwrightServer, newcomer: str, tmp_path: Path
) -> None:
    letter = tmp_path / "letter.eml"
    letter.write_bytes(LETTER)

    def curl(path: str, *options: str, starttls: bool = False) -> bytes:
        scheme, port = ("imap", running.imap_port) if starttls else ("imaps", running.imaps_port)
        trust = ["--cacert", str(running.certificate), "--ssl-reqd"]
        who = ["--user", f"{newcomer}@{DOMAIN}:{PASSWORD}"]
        command = [str(CURL), "-sS", "--max-time", "20", *trust, *who, f"{scheme}://localhost:{port}/{path}", *options]
        done = subprocess.run(command, capture_output=True, check=False, timeout=30)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    for starttls in (False, True):
        listed = curl("", starttls=starttls)
        assert b'* LIST (\\HasNoChildren \\Sent) "/" Sent\r\n' in listed, listed
        curl("Archive", "-T", str(letter), starttls=starttls)
    assert curl("Archive?SUBJECT%20curl") == b"* SEARCH 1 2\r\n"
    assert curl("Archive;UID=1") == LETTER
    assert curl("Archive;UID=2;SECTION=TEXT") == b"Gr\xc3\xbc\xc3\x9fe\r\n.\r\n"
    assert b"MESSAGES 2" in curl("", "-X", "STATUS Archive (MESSAGES UNSEEN)")
    assert b"\\Flagged" in curl("Archive", "-X", "STORE 1 +FLAGS \\Flagged")
    curl("Archive", "-X", "UID STORE 2 +FLAGS.SILENT \\Deleted")
    assert b"* 2 EXPUNGE\r\n" in curl("Archive", "-X", "EXPUNGE")
    assert b"FLAGS (\\Seen \\Flagged)" in curl("Archive", "-X", "FETCH 1:* (FLAGS)")
    # As the page for people with mail programs has it:
    curl("", "-X", f'SETACL "Archive" bashir@{DOMAIN} lrswite')
    client = sign_in(running, newcomer)
    # RFC 4314 §2.1.1: `d`, of RFC 2086, comes with `te`.
    assert (f"bashir@{DOMAIN}".encode(), b"lrswited") in client.getacl("Archive")
    client.logout()
