"""Point-in-time recovery with the files of deploy/postgresql, on a PostgreSQL of its own: base backup, log, and a moment in between."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from mailwright.core import Core, CoreSettings, recovered, restoring
from mailwright.domain.clock import now
from mailwright.storage import databasefigures, lives, open_blobs, open_database
from mailwright.storage.backup import recovered as rows
from mailwright.storage.migrate import migrate
from tests.backups.conftest import fill, listing, put, send, states
from tests.servers.ports import free_port
from tests.servers.postgresql import find_binaries

DEPLOY = Path(__file__).parents[2] / "deploy" / "postgresql"

pytestmark = pytest.mark.server


class Cluster:
    """One PostgreSQL with our archiving settings."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self.binaries, self.folder, self.data = binaries, folder, folder / "data"
        self.port = free_port()
        self.environment = os.environ | {"ARCHIVE": str(folder / "wal"), "BASES": str(folder / "base")}
        self.environment |= {"PATH": f"{binaries}:{os.environ['PATH']}", "PGHOST": "127.0.0.1", "PGUSER": "mailwright"}
        self.environment["PGPORT"] = str(self.port)
        self._process: subprocess.Popen[bytes] | None = None
        self._as = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        (folder / "wal").mkdir()
        for name in ("archive-wal", "restore-wal", "base-backup", "archiving.conf"):
            shutil.copy(DEPLOY / name, folder / name)
        conf = folder / "archiving.conf"
        conf.write_text(conf.read_text().replace("/etc/mailwright", str(folder)))
        if self._as:
            for path in (folder, *folder.iterdir()):
                shutil.chown(path, "postgres", "postgres")
        self.run("initdb", "-D", self.data, "-U", "mailwright", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(f"include = '{conf}'\nfsync = off\nshared_buffers = 16MB\nport = {self.port}\n")
            file.write(f"listen_addresses = '127.0.0.1'\nunix_socket_directories = '{folder}'\n")

    @property
    def url(self) -> str:
        return f"postgresql://mailwright@127.0.0.1:{self.port}/postgres"

    def run(self, *arguments: object) -> str:
        """Run a program as who owns the cluster."""
        done = subprocess.run(
            [str(each) for each in arguments],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.environment,
            **self._as,  # type: ignore[call-overload] # who runs it, when we are root
        )
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    def start(self, data: Path) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.binaries / "postgres", "-D", data],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self.environment,
                **self._as,  # type: ignore[call-overload] # who runs it, when we are root
            )
        for _ in range(600):
            try:
                with psycopg.connect(self.url, connect_timeout=2) as connection:
                    row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
                    if row is not None and not row[0]:
                        return
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.1)
        raise TimeoutError((self.folder / "log").read_text()[-2000:])

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=30)
            self._process = None

    def asked(self, sql: str) -> object:
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(sql).fetchone()  # type: ignore[call-overload] # one of ours below
            return row[0] if row else None


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    binaries = find_binaries()
    if binaries is None or not (binaries / "pg_verifybackup").exists():
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="mailwright-recovery-"))
    made = Cluster(binaries, folder)
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_a_moment_comes_back_and_the_check_settles_what_is_left(cluster: Cluster, tmp_path: Path) -> None:
    cluster.start(cluster.data)
    migrate(cluster.url)
    blobs = tmp_path / "blobs"
    blobs.mkdir()

    def opened() -> Core:
        database = open_database(cluster.url)
        return Core(database, open_blobs(database, f"file://{blobs}"), CoreSettings())

    core = opened()
    fill(core)
    core.database.write_now(lives.renew)
    life = core.database.read_now(lives.current)
    cluster.run("sh", cluster.folder / "base-backup")
    put(core, "ada@example.org", "INBOX", 1001)
    send(core)
    wanted = listing(core)
    core.database.write_now(lambda tx: tx.insert("backups", id=_ID, kind="copy", place="x", started_at=1, seen_at=1))
    moment = cluster.asked("SELECT clock_timestamp()::text")
    time.sleep(0.2)
    put(core, "ada@example.org", "INBOX", 1002)  # the mistake that is to be undone
    core.database.write_now(lambda tx: tx.execute("UPDATE outbox SET status = 'sent'"))  # everybody has it now
    cluster.asked("SELECT pg_switch_wal()")
    for _ in range(200):
        if cluster.asked("SELECT last_archived_wal IS NOT NULL AND failed_count = 0 FROM pg_stat_archiver"):
            break
        time.sleep(0.05)
    archived = core.database.read_now(lambda tx: databasefigures.measure(tx, "postgresql"))
    assert archived.archive_failures == 0
    assert 0 <= (archived.archived_seconds or -1) < 60
    core.database.close()
    cluster.stop()

    (base,) = (cluster.folder / "base").iterdir()
    with (base / "postgresql.conf").open("a") as file:
        file.write(f"recovery_target_time = '{moment}'\nrecovery_target_action = promote\n")
    (base / "recovery.signal").touch()
    if os.geteuid() == 0:
        shutil.chown(base / "recovery.signal", "postgres", "postgres")
    cluster.start(base)
    core = opened()
    try:
        assert listing(core) == wanted
        after = core.database.read_now(lives.current)
        assert after != life  # whatever anybody does next: PostgreSQL is on another timeline
        said = recovered.settle(core)
        assert core.database.read_now(lives.current) not in (None, life, after)
        assert "of this cluster's counter" in said["events"]
        assert said["backups"].startswith("1 runs")
        assert "are where they should be" in said["objects"]
        held = {"bashir@example.com": "queued", "dax@example.net": "failed", "kira@example.net": "failed"}
        assert states(core) == held, "nothing goes out a second time by itself"
        assert "2 messages to others" in said["queue"]
        assert "mailwright restore --send-held" in recovered.settle(core)["queue"], "said as long as they wait"
        assert states(core) == held
        assert asyncio.run(restoring.release(core)) == 2
        assert set(states(core).values()) == {"queued"}
        next(blobs.rglob("*.eml")).unlink()
        assert "1 of the newest" in recovered.settle(core)["objects"]
        (cluster.folder / "wal").rename(cluster.folder / "away")
        cluster.asked("SELECT pg_switch_wal()")
        for _ in range(200):
            told = core.database.read_now(lambda tx: databasefigures.measure(tx, "postgresql"))
            if told.archive_failures:
                break
            time.sleep(0.05)
        assert told.archive_failures, "whoever watches is told that the archive is away"
    finally:
        core.database.close()


_ID = "01980000-0000-7000-8000-000000000000"


def test_a_log_of_another_counter_is_stamped_anew(postgresql_url: str, tmp_path: Path) -> None:
    """As after a logical dump was loaded into a new cluster."""
    database = open_database(postgresql_url)
    core = Core(database, open_blobs(database, f"file://{tmp_path}"), CoreSettings())
    try:
        fill(core)
        far = 10**12
        database.write_now(lambda tx: tx.execute("UPDATE events SET tx = (tx::text::bigint + ?)::text::xid8", (far,)))
        last, mark = database.read_now(
            lambda tx: tx.one("SELECT id, tx::text::bigint FROM events ORDER BY tx, id OFFSET 9 LIMIT 1") or ()
        )
        database.write_now(
            lambda tx: tx.insert(
                "event_cursors", stream="index", grp="g", tx=mark, position=last, owner="x", lease_until=now()
            )
        )
        assert not database.read_now(lambda tx: tx.log_slice(["MessageAppended"], (0, 0), tx.log_end(), 100))
        assert "were stamped anew" in recovered.settle(core)["events"]
        assert len(database.read_now(lambda tx: tx.log_slice(["MessageAppended"], (0, 0), tx.log_end(), 100))) == 40
        cursor = database.read_now(lambda tx: tx.one("SELECT tx, position, owner FROM event_cursors"))
        assert cursor == (3, last, "")
        assert database.read_now(lambda tx: rows.ahead(tx, "postgresql")) == 0
    finally:
        database.close()
