"""swaks, as administrators try a server by hand: submission with STARTTLS and both ways of signing in, SMTP, LMTP."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from tests.clients.conftest import until
from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer

SWAKS = shutil.which("swaks")
pytestmark = [pytest.mark.server, pytest.mark.skipif(SWAKS is None, reason="swaks is not installed")]

ADA, BASHIR = f"ada@{DOMAIN}", f"bashir@{DOMAIN}"


def _swaks(port: int, *options: str) -> subprocess.CompletedProcess[str]:
    assert SWAKS is not None
    command = [SWAKS, "--server", "127.0.0.1", "--port", str(port), "--timeout", "20", "--suppress-data", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("way", ["PLAIN", "LOGIN"])
def test_a_user_signs_in_over_tls_and_submits(running: MailwrightServer, way: str) -> None:
    sign_in = ("--tls", "--auth", way, "--auth-user", ADA, "--auth-password", PASSWORD)
    done = _swaks(running.submission_port, *sign_in, "--from", ADA, "--to", BASHIR, "--body", "By swaks.")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "235 2.7.0" in done.stdout
    assert "250 2.0.0" in done.stdout


def test_a_program_with_a_password_of_its_own_submits_inside_tls(running: MailwrightServer) -> None:
    def made(label: str, scope: str) -> str:
        command = [
            sys.executable,
            "-m",
            "mailwright",
            "user",
            "app-password",
            "add",
            ADA,
            label,
            "--scope",
            scope,
            "--json",
        ]
        done = subprocess.run(
            [*command, "--data", str(running.data)], capture_output=True, text=True, check=True, timeout=60
        )
        return str(json.loads(done.stdout)["password"])

    for password, status, answer in (
        (made("swaks", "smtp"), 0, "250 2.0.0"),
        (made("reader", "imap"), 28, "535 5.7.8"),
    ):
        sign_in = ("--tls-on-connect", "--auth", "PLAIN", "--auth-user", ADA, "--auth-password", password)
        done = _swaks(running.submissions_port, *sign_in, "--from", ADA, "--to", BASHIR, "--body", "By swaks.")
        assert done.returncode == status, done.stdout + done.stderr
        assert answer in done.stdout


def test_what_is_submitted_is_in_sent_and_arrives_without_its_blind_recipients(running: MailwrightServer) -> None:
    sign_in = ("--tls-on-connect", "--auth", "PLAIN", "--auth-user", ADA, "--auth-password", PASSWORD)
    header = ("--header", "Subject: Blind", "--add-header", f"Bcc: {BASHIR}", "--from", ADA, "--to", BASHIR)
    assert _swaks(running.submissions_port, *sign_in, *header).returncode == 0
    arrived, kept = (
        until(lambda name=name, role=role: _raw(running, name, role))
        for name, role in ((BASHIR, "inbox"), (ADA, "sent"))
    )
    assert b"Bcc" not in arrived
    assert f"Bcc: {BASHIR}".encode() in kept


def _raw(running: MailwrightServer, email: str, role: str) -> bytes | None:
    with running.opened() as database:
        row = database.execute(
            "SELECT b.data FROM messages m JOIN users u ON u.id = m.user_id JOIN mailboxes x ON x.id = m.mailbox_id "
            "JOIN blobs b ON b.id = m.blob_id WHERE u.email = ? AND x.role = ? AND m.subject = 'Blind'",
            (email, role),
        ).fetchone()
    return row[0] if row else None


def test_a_wrong_password_is_refused(running: MailwrightServer) -> None:
    sign_in = ("--tls", "--auth", "PLAIN", "--auth-user", ADA, "--auth-password", "not it")
    done = _swaks(running.submission_port, *sign_in, "--from", ADA, "--to", BASHIR)
    assert done.returncode == 28  # swaks: an error with authentication
    assert "535 5.7.8" in done.stdout


def test_no_password_is_asked_for_without_tls(running: MailwrightServer) -> None:
    done = _swaks(running.submission_port, "--from", ADA, "--to", BASHIR)
    assert done.returncode != 0
    assert "530 5.7.0" in done.stdout
    assert "AUTH" not in done.stdout.partition("MAIL FROM")[0]


def test_submission_sends_only_under_the_users_own_address(running: MailwrightServer) -> None:
    sign_in = ("--tls", "--auth", "PLAIN", "--auth-user", ADA, "--auth-password", PASSWORD)
    done = _swaks(running.submission_port, *sign_in, "--from", BASHIR, "--to", ADA)
    assert done.returncode != 0
    assert "550 5.7.1" in done.stdout


def test_smtp_takes_mail_for_us_and_for_nobody_else(running: MailwrightServer) -> None:
    for tls in ((), ("--tls",)):
        done = _swaks(running.smtp_port, *tls, "--from", "eve@example.org", "--to", ADA)
        assert done.returncode == 0, done.stdout + done.stderr
    for recipient, answer in (("friend@example.org", "550 5.7.1"), (f"nobody@{DOMAIN}", "550 5.1.1")):
        done = _swaks(running.smtp_port, "--from", "eve@example.org", "--to", recipient)
        assert done.returncode == 24  # swaks: no recipient was accepted
        assert answer in done.stdout
    done = _swaks(running.smtp_port, "--from", BASHIR, "--to", ADA)
    assert "550 5.7.1" in done.stdout, "a sender of ours signs in"


def test_lmtp_answers_for_each_recipient(running: MailwrightServer) -> None:
    done = _swaks(running.lmtp_port, "--protocol", "LMTP", "--from", "eve@example.org", "--to", f"{ADA},{BASHIR}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("250 2.0.0 accepted") == 2
