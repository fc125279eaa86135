"""Upgrades: what an older release wrote opens in today's code, on both databases, and every message still reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from alembic import command

from mailwright.codecs import mime
from mailwright.core import Core, CoreSettings, access, appending, backups, mailboxes, restoring, tasks
from mailwright.core.accounts import find
from mailwright.core.appending import Item
from mailwright.domain.ids import checksum, new_id
from mailwright.domain.tasks import TaskStatus
from mailwright.storage import Database, Tx, migrations, open_blobs, open_database, outreach, outreachturns, views
from mailwright.storage.backup.contents import Table
from mailwright.storage.backup.repository import open_repository
from mailwright.storage.migrate import HEAD, configuration, migrate
from mailwright.storage.schema import metadata

VERSIONS = Path(str(migrations.__path__[0])) / "versions"
RAW = b"From: chen@example.org\r\nMessage-ID: <old@example.org>\r\nSubject: from before\r\n\r\nHello\r\n"


def _insert(tx: Tx, table: str, **values: Any) -> str:
    tx.insert(table, **values)
    return str(values.get("id", ""))


def _as_0001_wrote_it(tx: Tx) -> None:
    tenant = _insert(tx, "tenants", id=new_id(), name="default", created_at=1)
    _insert(tx, "domains", id=new_id(), tenant_id=tenant, name="mailwright.test", created_at=1)
    ada = _insert(
        tx,
        "users",
        id=new_id(),
        tenant_id=tenant,
        email="ada@mailwright.test",
        role="user",
        used_bytes=2 * len(RAW),
        modseq=2,
        created_at=1,
    )
    address = {"tenant_id": tenant, "address": "ada@mailwright.test", "kind": "user", "user_id": ada}
    _insert(tx, "addresses", id=new_id(), created_at=1, **address)
    inbox = _insert(
        tx,
        "mailboxes",
        id=new_id(),
        tenant_id=tenant,
        user_id=ada,
        name="INBOX",
        role="inbox",
        uidvalidity=4_000_000_000,
        uidnext=3,
        modseq=2,
        total=2,
        unseen=2,
        created_at=1,
    )
    for uid in (1, 2):
        blob, inbound = new_id(), new_id()
        tx.insert(
            "blobs",
            id=blob,
            tenant_id=tenant,
            key=f"blobs/{tenant}/2026/11/20/{blob}.eml",  # as every release has named them
            place="row",
            size=len(RAW),
            checksum=checksum(RAW),
            created_at=1,
            data=RAW,
        )
        tx.insert(
            "inbound",
            id=inbound,
            tenant_id=tenant,
            channel="submission",
            idempotency_key=str(uid),
            recipient="ada@mailwright.test",
            origin="owner",
            account_id=ada if uid == 2 else None,
            blob_id=blob,
            correlation_id=new_id(),
            received_at=uid,
        )
        parsed = mime.parse(RAW)
        tx.insert(
            "messages",
            id=new_id(),
            tenant_id=tenant,
            user_id=ada,
            mailbox_id=inbox,
            uid=uid,
            modseq=uid,
            created_modseq=uid,
            thread_id=new_id(),
            message_id="<old@example.org>",
            subject="from before",
            headers='{"from":[["","chen@example.org"]],"to":[],"cc":[],"reply_to":[],"in_reply_to":[],"references":[]}',
            structure=parsed.root.to_json(),
            size=len(RAW),
            blob_id=blob,
            checksum=checksum(RAW),
            inbound_id=inbound,
            origin="owner",
            received_at=uid,
        )


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/old.db"
        return
    server = request.getfixturevalue("postgresql_server")
    url: str = server.fresh_database(migrated=False)
    yield url
    server.drop(url)


def _scribe_at_work(tx: Tx) -> None:
    tenant, ada, task = new_id(), new_id(), new_id()
    tx.insert("tenants", id=tenant, name="default", created_at=1)
    tx.insert("users", id=ada, tenant_id=tenant, email="ada@mailwright.test", role="user", created_at=1)
    tasks.create_all(
        tx,
        [(task, new_id())],
        tenant_id=tenant,
        agent="scribe",
        assignment_id=ada,
        correspondent="ada@mailwright.test",
        user_id=ada,
        correlation_id="",
    )
    tasks.move(tx, task, TaskStatus.RUNNING)
    outreach.insert_all(tx, [(task, outreach.New("k", "Chen", "Hello"))], tenant_id=tenant, user_id=ada, now=1)


def test_a_scribe_that_is_taken_away_and_comes_back_has_no_work_that_never_ends(old_url: str) -> None:
    """Mails at work have a place; who is at work for ever keeps it from everybody else's."""
    assert migrate(old_url)
    for stage in ("work", "gone", "back"):
        if stage == "gone":
            command.downgrade(configuration(old_url), "0006")
        elif stage == "back":
            assert migrate(old_url)
        database = open_database(old_url)
        try:
            if stage == "work":
                database.write_now(_scribe_at_work)
            elif stage == "back":
                assert database.read_now(outreachturns.running) == 0
                assert database.read_now(lambda tx: tx.scalar("SELECT status FROM tasks")) == "cancelled"
        finally:
            database.close()


async def test_mail_of_the_first_schema_reads_and_counts_today(old_url: str, data_folder: Path) -> None:
    command.upgrade(configuration(old_url), "0001")
    database = open_database(old_url)
    database.write_now(_as_0001_wrote_it)
    database.close()
    assert migrate(old_url)
    database = open_database(old_url)
    try:
        core = Core(database, open_blobs(database, f"file://{data_folder}"), CoreSettings())
        ada = database.read_now(lambda tx: find(tx, "ada@mailwright.test"))
        inbox = database.read_now(lambda tx: access.by_name(tx, ada, "INBOX")).mailbox
        assert (inbox.total, inbox.size_bytes, bool(inbox.subscribed)) == (2, 2 * len(RAW), True)
        rows = database.read_now(lambda tx: views.rows(tx, inbox.id, [1, 2], ("blob_id", "saved_at")))
        assert [(core.blobs.read_now(row[1]), row[2]) for row in rows] == [(RAW, 1), (RAW, 2)]
        signed_in = database.read_now(lambda tx: tx.all("SELECT uid, account_id FROM messages ORDER BY uid"))
        assert [(uid, str(account) if account else None) for uid, account in signed_in] == [(1, None), (2, ada.id)]
        made = database.write_now(lambda tx: mailboxes.create(tx, ada, "New"))
        assert made.uidvalidity > inbox.uidvalidity
        appended = await appending.append(core, ada, inbox.id, [Item(RAW)])
        assert appended.uids == [3]
    finally:
        database.close()


def _flagged_and_at_work(tx: Tx) -> None:
    """What else an installation of the first schema had: flags, keywords, a task with its place, an event nobody had read."""
    tx.execute("UPDATE messages SET flags = 5, keywords = ? WHERE uid = 1", ('["later"]',))
    message, user, tenant = tx.one("SELECT id, user_id, tenant_id FROM messages WHERE uid = 1") or ()
    tx.insert(
        "tasks",
        id=new_id(),
        tenant_id=tenant,
        agent="employee",
        assignment_id=new_id(),
        message_id=message,
        user_id=user,
        status="done",
        created_at=1,
        updated_at=2,
        completed_at=2,
    )
    tx.insert("events", kind="MessageDelivered", key="k", payload="{}", created_at=1)


def _seen(tx: Tx) -> tuple[Any, ...]:
    messages = tx.all("SELECT uid, flags, keywords, subject, checksum FROM messages ORDER BY uid")
    tasks_there = tx.all("SELECT agent, status, completed_at FROM tasks")
    return messages, tasks_there, tx.all("SELECT id, kind, payload FROM events ORDER BY id")


def test_every_step_keeps_mail_flags_tasks_and_events(old_url: str) -> None:
    steps = sorted(path.name[:4] for path in VERSIONS.glob("[0-9]*.py"))
    seen: list[tuple[Any, ...]] = []
    for revision in steps:
        command.upgrade(configuration(old_url), revision)
        database = open_database(old_url)
        try:
            if revision == steps[0]:
                database.write_now(_as_0001_wrote_it)
                database.write_now(_flagged_and_at_work)
            seen.append(database.read_now(_seen))
        finally:
            database.close()
    assert steps[-1] == HEAD
    assert seen == [seen[0]] * len(steps)


def test_code_of_the_first_schema_runs_on_todays(old_url: str, data_folder: Path) -> None:
    """Expand, then contract: while processes are exchanged one after the other, the old ones write rows as they always did."""
    assert migrate(old_url)
    database = open_database(old_url)
    try:
        database.write_now(_as_0001_wrote_it)
        database.write_now(_flagged_and_at_work)
        messages, _, _ = database.read_now(_seen)
        assert [row[:3] for row in messages] == [(1, 5, '["later"]'), (2, 0, "[]")]
        core = Core(database, open_blobs(database, f"file://{data_folder}"), CoreSettings())
        ada = database.read_now(lambda tx: find(tx, "ada@mailwright.test"))
        inbox = database.read_now(lambda tx: access.by_name(tx, ada, "INBOX")).mailbox
        ready = appending.prepare_now(core, ada.tenant_id, RAW)
        placed = database.write_now(lambda tx: appending.file_all(tx, core, ada, inbox.id, [Item(b"")], [ready]))
        assert placed.uids == [3]
    finally:
        database.close()


def test_a_backup_of_the_first_schema_is_brought_up_to_date_when_it_is_restored(
    old_url: str, data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the version of that schema would have made it: its own tables and columns."""
    first = f"sqlite:///{tmp_path}/first.db"
    command.upgrade(configuration(first), "0001")
    database = open_database(first)
    place = str(tmp_path / "backups")

    def tables_then(tx: Tx, _dialect: str) -> Iterator[Table]:
        known = {row[0] for row in tx.all("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for name in (each.name for each in metadata.sorted_tables if each.name in known):
            columns = tx.all(f"PRAGMA table_info({name})")
            key = [row[1] for row in sorted(columns, key=lambda row: row[5]) if row[5]]
            named = [row[1] for row in columns if (name, row[1]) != ("blobs", "data")]
            casts = {"tx": "xid8"} if name == "events" else {}
            yield Table(name, named, key, casts=casts)

    try:
        database.write_now(_as_0001_wrote_it)
        database.write_now(_flagged_and_at_work)
        before = database.read_now(_seen)
        with monkeypatch.context() as patched:
            patched.setattr("mailwright.storage.backup.copying._tables", tables_then)
            patched.setattr("mailwright.core.backups.HEAD", "0001")
            patched.setattr("mailwright.core.backups.under_way", _no_run)  # that table is younger
            patched.setattr("mailwright.core.backups.life_of", lambda _: "")  # and so is that one
            core = Core(database, open_blobs(database, f"file://{data_folder}"), CoreSettings())
            backups.make(core, data_folder, place)
    finally:
        database.close()
    target = tmp_path / "restored"
    url = f"sqlite:///{target}/mailwright.db" if old_url.startswith("sqlite") else old_url
    restoring.whole(open_repository(place), "latest", target, url, lambda there: open_blobs(there, f"file://{target}"))
    database = open_database(url)
    try:
        assert database.read_now(_seen) == before
        blob = database.read_now(lambda tx: tx.scalar("SELECT blob_id FROM messages WHERE uid = 2"))
        assert open_blobs(database, f"file://{target}").read_now(blob) == RAW
    finally:
        database.close()


@contextmanager
def _no_run(_database: Database, _kind: str, _place: str) -> Iterator[Any]:
    yield SimpleNamespace(check=lambda **_: None, told={})
