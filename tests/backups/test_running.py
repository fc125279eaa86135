"""Backups of a server that is at work, by the command line: under load, killed in the middle, one message back."""

from __future__ import annotations

import contextlib
import imaplib
import json
import smtplib
import sqlite3
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailwright.core import restoring
from mailwright.storage.backup.opening import opened
from mailwright.storage.backup.repository import open_repository
from tests.servers import program
from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer

ADA = f"ada@{DOMAIN}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailwrightServer]:
    """One that runs, with some mail."""
    made = MailwrightServer(tmp_path_factory.mktemp("backups") / "data")
    made.prepare(employee=False)
    made.start()
    yield made
    made.kill()


def _command(*arguments: object, data: Path, expected: int = 0) -> str:
    """Run `mailwright …`; what it answered, or (when it was to fail) what it said."""
    done = program.run(*arguments, "--data", data, settings={})
    assert done.exit_code == expected, done.stderr
    return done.stderr if expected else done.stdout


def _deliver(server: MailwrightServer, number: int, size: int = 2_000) -> None:
    raw = f"From: chen@example.net\r\nMessage-ID: <n{number}@example.net>\r\nSubject: n{number}\r\n\r\n" + "x" * size
    with smtplib.LMTP("127.0.0.1", server.lmtp_port, timeout=30) as client:
        client.sendmail("chen@example.net", [ADA], raw)


def _message_ids(place: Path) -> set[str]:
    with opened(open_repository(str(place)), tables={"messages", "blobs"}) as found:
        return {row[0] for row in found.rows("SELECT message_id FROM messages")}


def test_what_was_acknowledged_before_is_in_it_while_mail_pours_in(server: MailwrightServer, tmp_path: Path) -> None:
    place = tmp_path / "kept"
    acknowledged: list[int] = []
    ended = threading.Event()

    def pour() -> None:
        number = 0
        while not ended.is_set():
            # Some lie outside the database: what the copy names must be copied, too.
            _deliver(server, number, 300_000 if number % 10 == 9 else 2_000)
            acknowledged.append(number)
            number += 1

    senders = threading.Thread(target=pour, daemon=True)
    senders.start()
    while len(acknowledged) < 20:
        time.sleep(0.05)
    before = set(acknowledged)
    told = json.loads(_command("backup", "--to", place, "--json", data=server.data))
    during = len(acknowledged)
    ended.set()
    senders.join()
    assert during > len(before)  # the server went on accepting
    assert {f"<n{number}@example.net>" for number in before} <= _message_ids(place)
    done = restoring.verify(open_repository(str(place)), "latest")
    assert (done.problems, told["damaged"]) == ([], 0)
    second = json.loads(_command("backup", "--to", place, "--json", data=server.data))
    assert second["added"] < second["octets"]
    assert "mailwright_backup_age_seconds" in server.get("/metrics")[1]


def test_a_message_comes_back_into_the_running_server(server: MailwrightServer, tmp_path: Path) -> None:
    place = tmp_path / "kept"
    _deliver(server, 900_001)
    context = ssl._create_unverified_context()
    with imaplib.IMAP4_SSL("127.0.0.1", server.imaps_port, ssl_context=context) as client:
        client.login(ADA, PASSWORD)
        client.select("INBOX")

        def there() -> list[bytes]:
            client.noop()
            found: list[bytes] = client.search(None, "HEADER", "Message-ID", "<n900001@example.net>")[1][0].split()
            return found

        (number,) = there()
        client.store(number.decode(), "+FLAGS", "(\\Flagged important)")
        _command("backup", "--to", place, data=server.data)
        client.store(number.decode(), "+FLAGS", "(\\Deleted)")
        client.expunge()
        assert there() == []
        wanted = ("restore", "--from", place, "--message", "<n900001@example.net>", "--json")
        told = json.loads(_command(*wanted, data=server.data))
        assert (told["messages"], told["failed"]) == (1, 0)
        for _ in range(200):
            if found := there():
                break
            time.sleep(0.05)
        (number,) = found
        flags = client.fetch(number.decode(), "(FLAGS)")[1][0]
        assert b"\\Flagged" in flags and b"important" in flags and b"\\Deleted" not in flags  # noqa: PT018
        assert json.loads(_command(*wanted, data=server.data))["messages"] == 0
        _command("restore", "--undo", told["report"], data=server.data)
        assert there() == []


def _killed(arguments: list[object], data: Path, begun: Path) -> bool:
    """Start a command and kill it as soon as a file or folder that fits is there. False when it was faster."""
    process = program.start(*arguments, "--data", data, settings={})
    while process.poll() is None and not (begun.is_dir() and any(path.is_file() for path in begun.rglob("*"))):
        time.sleep(0.001)
    process.kill()
    process.communicate()
    return process.returncode != 0


def test_killed_in_the_middle_it_is_begun_again(server: MailwrightServer, tmp_path: Path) -> None:
    place, target = tmp_path / "kept", tmp_path / "second" / "data"
    assert _killed(["backup", "--to", place], server.data, place / "pieces")
    kept = open_repository(str(place))
    assert kept.names() == []
    assert "under way" in _command("backup", "--to", place, data=server.data, expected=1)
    with contextlib.closing(sqlite3.connect(server.data / "mailwright.db")) as connection, connection:
        connection.execute("UPDATE backups SET seen_at = 0 WHERE ended_at IS NULL")  # as if time had passed
    _command("backup", "--to", place, data=server.data)
    assert restoring.verify(kept, "latest").ok
    target.parent.mkdir()
    assert _killed(["restore", "--from", place], target, target / restoring.UNFINISHED)
    assert not (target / "mailwright.db").exists()
    _command("restore", "--from", place, data=target)
    with contextlib.closing(sqlite3.connect(target / "mailwright.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        count = connection.execute("SELECT count(*) FROM messages").fetchone()[0]
    assert count == kept.summary().messages
    assert "is there already" in _command("restore", "--from", place, data=target, expected=1)
