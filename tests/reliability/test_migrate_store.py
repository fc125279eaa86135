"""An embedded installation moves to PostgreSQL and S3, killed on the way, and is the same there; and nobody starts on the old one."""

from __future__ import annotations

import asyncio
import imaplib
import json
import os
import sqlite3
import ssl
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Boolean, Float, LargeBinary, Table, Text
from typer.testing import Result

from mailwright.domain.clock import SECOND, now
from mailwright.domain.ids import new_id
from mailwright.pipeline import Flows
from mailwright.storage import lives, open_blobs, open_database
from mailwright.storage.schema import Id, metadata
from mailwright.storage.tablecopy import LEFT_OUT
from tests.servers import program
from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer
from tests.servers.s3 import BUCKET, Meddler, S3Server
from tests.waiting import until

from .conftest import Start

pytestmark = [pytest.mark.slow, pytest.mark.server]

SECONDS = 60.0


@pytest.mark.timeout(600)
def test_everything_moves_though_it_is_killed_and_goes_back_until_it_is_used(
    prepared: Start, meddler: Meddler, postgresql_url: str
) -> None:
    server = prepared()
    server.start()
    fill_by_mail(server)
    before = seen_by_imap(server)
    server.stop()
    fill_what_is_empty(server.data / "mailwright.db")
    waiting = asyncio.run(queue_one(server))
    address = f"s3://{BUCKET}/moved"
    arguments = ["--to-database", postgresql_url, "--to-blobs", address]
    opens = {
        "blob_endpoint": meddler.endpoint,
        "blob_region": "us-east-1",
        "blob_access_key_id": "test",
        "blob_secret_access_key": "test",
    }

    meddler.seconds = 0.1
    killed_when(server, arguments, opens, lambda: sum(each[0] == "PUT" for each in meddler.seen) > 3)
    meddler.seconds = 0.0
    refused = run(server, ["user", "list"], {})
    assert "is being moved to" in refused.stderr
    with psycopg.connect(postgresql_url, autocommit=True) as looking:
        killed_when(server, arguments, opens, lambda: tables_begun(looking) > 5)
    half = run(server, ["user", "list"], {**opens, "database_url": postgresql_url, "blob_url": address})
    assert "not all of it is there" in half.stderr

    done = run(server, ["migrate-store", *arguments], opens)
    assert done.exit_code == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["moved"]
    assert report["workflows_handed_over"] == 1
    assert report["blobs"]["lost"] == []
    assert {each["table"] for each in report["tables"]} == set(metadata.tables) - LEFT_OUT
    assert min(each["rows"] for each in report["tables"]) >= 1  # each had something to lose
    assert "postgres" not in json.dumps(report["next"])
    again = run(server, ["migrate-store", *arguments], opens)
    assert again.exit_code == 1
    assert "already" in again.stderr
    start = program.start("up", settings=server.settings)  # were it not refused, it would not end
    said = start.communicate(timeout=SECONDS)[1]
    assert start.returncode == 1
    assert len(said.strip().splitlines()) == 1
    assert "was moved to" in said

    same_events_wait(server.data / "mailwright.db", postgresql_url)
    assert asyncio.run(is_queued(postgresql_url, waiting))
    moved = MailwrightServer(server.data, **opens, database_url=postgresql_url, blob_url=address, roles="imap,smtp")
    moved.start()
    try:
        assert seen_by_imap(moved) == before
    finally:
        moved.stop()
    checked = run(
        server, ["storage", "check", "--deep"], {**opens, "database_url": postgresql_url, "blob_url": address}
    )
    assert json.loads(checked.stdout)["open"] == {"missing": 0, "damaged": 0, "orphaned": 0}, checked.stderr

    assert run(server, ["migrate-store", "--undo"], {}).exit_code == 0
    back = MailwrightServer(server.data, roles="imap")
    back.start()
    try:
        assert seen_by_imap(back) == before
    finally:
        back.stop()


def test_messages_alone_move_while_the_server_runs_and_the_rest_when_it_stands(
    prepared: Start, meddler: Meddler
) -> None:
    server = prepared(blob_region="us-east-1", blob_access_key_id="test", blob_secret_access_key="test")
    server.settings["blob_endpoint"] = meddler.endpoint
    server.start()
    server.submit("ada", letter("large", size=400_000), [f"bashir@{DOMAIN}"])
    until(lambda: blobs_outside(server) >= 1)
    arguments = ["migrate-store", "--to-blobs", f"s3://{BUCKET}/alone"]
    running = run(server, arguments, {})
    assert running.exit_code == 1
    assert "stop it" in running.stderr
    early = run(server, [*arguments, "--prepare"], {})
    assert json.loads(early.stdout)["blobs"]["copied"] >= 1, early.stderr
    server.submit("ada", letter("late", size=400_000), [f"bashir@{DOMAIN}"])
    until(lambda: blobs_outside(server) >= 2)
    before = seen_by_imap(server)
    server.stop()
    done = json.loads(run(server, arguments, {}).stdout)
    assert done["moved"]
    assert done["blobs"]["already"] >= 1
    assert done["blobs"]["blobs"] >= 1
    assert run(server, ["user", "list"], {}).exit_code == 1
    for folder in (server.data / "blobs").rglob("*.eml"):
        folder.unlink()  # as its owner would, much later
    server.settings["blob_url"] = f"s3://{BUCKET}/alone"
    server.start()
    assert seen_by_imap(server) == before


def test_the_database_alone_moves_with_the_messages_that_it_keeps_itself(
    prepared: Start, s3_server: S3Server, postgresql_url: str
) -> None:
    """Messages have been in the object store since a setting changed; those of before are still rows."""
    place = f"s3://{BUCKET}/{new_id()}"
    server = prepared(blob_region="us-east-1", blob_access_key_id="test", blob_secret_access_key="test", blob_url=place)
    server.settings["blob_endpoint"] = s3_server.endpoint
    old = open_database(f"sqlite:///{server.data}/mailwright.db")
    blobs = open_blobs(old, place, inline_bytes=1_000, **s3_server.options)
    tenant = old.read_now(lambda tx: tx.scalar("SELECT id FROM tenants"))
    texts = [b"small", b"large" * 1_000]
    kept = [blobs.stage_now(tenant, text) for text in texts]
    old.write_now(lambda tx: [blobs.put(tx, each) for each in kept])
    old.write_now(lives.renew)
    old.close()
    assert [each.place for each in kept] == ["row", "object"]
    done = run(server, ["migrate-store", "--to-database", postgresql_url], {})
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["blobs"]["blobs"] == 1
    new = open_database(postgresql_url)
    there = open_blobs(new, place, **s3_server.options)
    assert [there.read_now(each.id) for each in kept] == texts
    assert new.read_now(lives.current) is None  # it gets a life of its own
    new.close()


# --- what moves ---------------------------------------------------------------------------------------------------------


def letter(subject: str, *, size: int = 0) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = f"ada@{DOMAIN}", f"bashir@{DOMAIN}", subject
    made["Message-ID"] = f"<{new_id()}@{DOMAIN}>"
    made.set_content("Please look at this.")
    if size:
        made.add_attachment(os.urandom(size), maintype="application", subtype="pdf", filename="plan.pdf")
    return made.as_bytes().replace(b"\n", b"\r\n")


def fill_by_mail(server: MailwrightServer) -> None:
    for number in range(6):
        server.submit("ada", letter(f"number {number}", size=400_000 if number % 2 else 0), [f"bashir@{DOMAIN}"])
    server.submit("ada", letter("a task", size=300_000), [f"main@{DOMAIN}"])
    with signed_in(server, "bashir") as mail:
        mail.append("Drafts", "(\\Draft \\Flagged)", imaplib.Time2Internaldate(time.time()), letter("a draft"))
        mail.create("Shared")
        mail.setacl("Shared", f"chen@{DOMAIN}", "lrswi")
        mail.select("INBOX")
        mail.uid("COPY", "1:2", "Shared")
        mail.uid("STORE", "1", "+FLAGS", "(\\Seen important)")
        mail.uid("STORE", "3", "+FLAGS", "(\\Deleted)")
        mail.expunge()
    with signed_in(server, "ada") as mail:
        until(lambda: mail.select("INBOX")[1][0] != b"0")  # the employee has answered


def fill_what_is_empty(path: Path) -> None:
    """A row into each table that has none, so that each has something to lose. Foreign keys are kept."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        for table in metadata.sorted_tables:
            if connection.execute(f"SELECT 1 FROM {table.name} LIMIT 1").fetchone() is None:
                row = {column.name: made_up(connection, table, column) for column in table.columns}
                row = {name: value for name, value in row.items() if value is not None}
                marks = ", ".join("?" * len(row))
                connection.execute(f"INSERT INTO {table.name} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))


def made_up(connection: sqlite3.Connection, table: Table, column: Any) -> Any:
    for key in column.foreign_keys:
        parent = key.column
        return connection.execute(f"SELECT {parent.name} FROM {parent.table.name} LIMIT 1").fetchone()[0]
    if column.name == "blob_id":
        return connection.execute("SELECT id FROM blobs LIMIT 1").fetchone()[0]
    if isinstance(column.type, Id):
        return new_id()
    if isinstance(column.type, LargeBinary):
        return bytes(range(256))
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, Float):
        return 0.1
    if isinstance(column.type, Text):
        # PostgreSQL has no NUL, and what stands in COPY has rules of its own.
        return f"{table.name}\t\\N \\. \x00 é€𝄞 {new_id()}"
    return None if column.name == "tx" else 7


async def queue_one(server: MailwrightServer) -> str:
    database = open_database(f"sqlite:///{server.data}/mailwright.db")
    flows = Flows(database, f"sqlite:///{server.data}/flows.db")
    name = f"waiting-{new_id()}"
    await flows.enqueue("snoozing", "2026-11-22T00:00:00+00:00", id=name, lane="notify", priority=7, delay=100_000)
    await flows.stop(0)
    database.close()
    return name


async def is_queued(url: str, name: str) -> bool:
    database = open_database(url)
    flows = Flows(database, url, executor_id="looking")
    found = await flows.status(name)
    await flows.stop(0)
    database.close()
    if found is None or found.args != ("2026-11-22T00:00:00+00:00",):
        return False
    return (found.status, found.priority) == ("delayed", 7) and (found.due_at or 0) > now() + 90_000 * SECOND


# --- looking ------------------------------------------------------------------------------------------------------------


def signed_in(server: MailwrightServer, name: str) -> imaplib.IMAP4_SSL:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    mail = imaplib.IMAP4_SSL("127.0.0.1", server.imaps_port, ssl_context=context, timeout=30)
    mail.login(f"{name}@{DOMAIN}", PASSWORD)
    mail.enable("CONDSTORE")
    return mail


def seen_by_imap(server: MailwrightServer) -> dict[str, object]:
    """Every mailbox with its UIDVALIDITY, and every message with uid, flags, modseq, times and octets."""
    found: dict[str, object] = {}
    for name in ("ada", "bashir", "chen"):
        with signed_in(server, name) as mail:
            for line in mail.list('""', "*")[1]:
                box = line.decode().rpartition('" ')[2].strip('"') if b'"/" ' in line else line.split()[-1].decode()
                told = mail.select(f'"{box}"', readonly=True)
                assert told[0] == "OK", told
                state = (
                    mail.response("UIDVALIDITY")[1],
                    mail.response("UIDNEXT")[1],
                    mail.response("HIGHESTMODSEQ")[1],
                )
                _, fetched = mail.uid("FETCH", "1:*", "(UID FLAGS MODSEQ EMAILID THREADID INTERNALDATE BODY.PEEK[])")
                found[f"{name}/{box}"] = (state, fetched)
    return found


def blobs_outside(server: MailwrightServer) -> int:
    with server.opened() as connection:
        return int(connection.execute("SELECT count(*) FROM blobs WHERE place <> 'row'").fetchone()[0])


def tables_begun(database: psycopg.Connection[Any]) -> int:
    if database.execute("SELECT to_regclass('store_move_tables')").fetchone() == (None,):
        return 0
    ((count,),) = database.execute("SELECT count(*) FROM store_move_tables").fetchall()
    return int(count)


def same_events_wait(path: Path, url: str) -> None:
    """Each group has the same events before it, and what is written next is behind them all."""
    with sqlite3.connect(path) as here, psycopg.connect(url) as there:
        for stream, group, position in here.execute("SELECT stream, grp, position FROM event_cursors").fetchall():
            left = [row[0] for row in here.execute("SELECT id FROM events WHERE id > ? ORDER BY id", (position,))]
            found = there.execute(
                "SELECT e.id FROM events e, event_cursors c WHERE c.stream = %s AND c.grp = %s "
                "AND (e.tx, e.id) > (c.tx::text::xid8, c.position) ORDER BY e.tx, e.id",
                (stream, group),
            )
            assert [row[0] for row in found] == left
        (highest,) = here.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        newest = there.execute(
            "INSERT INTO events (kind, key, payload, created_at) VALUES ('test', '', '{}', 0) RETURNING id, tx"
        ).fetchone()
        assert newest is not None
        assert newest[0] == highest + 1
        assert there.execute(
            "SELECT count(*) FROM events WHERE (tx, id) > (%s::text::xid8, %s)", newest[::-1]
        ).fetchone() == (0,)
        there.rollback()


# --- commands -----------------------------------------------------------------------------------------------------------


def run(server: MailwrightServer, arguments: list[str], more: dict[str, object]) -> Result:
    return program.run(*arguments, settings=server.settings | more)


def killed_when(
    server: MailwrightServer, arguments: list[str], more: dict[str, object], moment: Callable[[], bool]
) -> None:
    process = program.start("migrate-store", *arguments, settings=server.settings | more)
    ends = time.monotonic() + SECONDS
    while not moment():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < ends
        time.sleep(0.005)
    process.kill()
    process.communicate()
