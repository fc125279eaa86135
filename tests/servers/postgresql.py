"""A private PostgreSQL cluster: made once for a test session, without fsync, with a fresh database for every test.

Found in Debian's folders or on PATH. PostgreSQL refuses to run as root: then the user `postgres` runs it.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from mailwright.storage.migrate import migrate
from tests.servers.databasecontent import Content
from tests.servers.ports import free_port

_numbers = itertools.count(1)


def find_binaries() -> Path | None:
    """The folder with `initdb`, or None when PostgreSQL is not installed."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


class PostgresqlServer:
    """One cluster, with at most so many connections; `durable`: it writes through to the disk. `stop` and `start` model a database that goes away and comes back."""

    def __init__(self, binaries: Path, *, connections: int = 120, durable: bool = False) -> None:
        self._binaries = binaries
        self._durable = durable
        self._folder = Path(tempfile.mkdtemp(prefix="mailwright-pg-"))
        self._data = self._folder / "data"
        self.port = free_port()
        self._connections = connections
        self._process: subprocess.Popen[bytes] | None = None
        self._kept: psycopg.Connection | None = None
        self._as: dict[str, object] = {}
        self._templates: dict[str, Content] = {}
        self._made_from: dict[str, str] = {}
        self._spare: dict[str, list[str]] = {}
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres", "postgres")
            self._as = {"user": "postgres", "group": "postgres", "extra_groups": []}
        self._run(
            "initdb", "-D", self._data, "-U", "mailwright", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"
        )
        # The template has the schema: a database for each test is then a copy of files.
        self.start()
        try:
            self._make_template("template_mailwright", "template1", migrate)
        except BaseException:
            self.destroy()
            raise

    def url(self, database: str) -> str:
        return f"postgresql://mailwright@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it, on the same port as before."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self._folder,
            "fsync": "on" if self._durable else "off",  # tests of durability kill processes, not machines
            "shared_buffers": "32MB",
            "max_connections": self._connections,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with open(self._folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._data, *options],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                **self._as,  # type: ignore[call-overload] # who runs it, when we are root
            )
        for _ in range(400):
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None:
                    raise RuntimeError((self._folder / "log").read_text()[-2000:]) from None
                time.sleep(0.05)
        raise TimeoutError("PostgreSQL did not start")

    def stop(self) -> None:
        """End it at once, breaking every connection."""
        if self._kept is not None:
            self._kept.close()
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # "fast shutdown"
            self._process.wait(timeout=20)
            self._process = None

    def destroy(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def fresh_database(self, *, migrated: bool = True, engine: bool = False) -> str:
        """The URL of a new database, with our schema unless it is to be empty, and with the workflow engine's if asked."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        template = "template_mailwright" if migrated else "template1"
        if engine:
            template = "template_engine"
            if template not in self._templates:
                from dbos import DBOS

                self._make_template(template, "template_mailwright", DBOS.migrate)
        if not self._renewed(template, name):
            self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        if template in self._templates:
            self._made_from[name] = template
        return self.url(name)

    def drop(self, url: str) -> None:
        """End every connection to it. Its files may become those of another database: copying the template costs more than emptying."""
        name = url.rsplit("/", 1)[1]
        template = self._made_from.pop(name, None)
        if template is not None:
            try:
                self._execute(
                    f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'",
                    f"ALTER DATABASE {name} RENAME TO spare_{name}",
                )
                self._spare.setdefault(template, []).append(f"spare_{name}")
                return
            except psycopg.Error:  # it is gone already, or somebody comes again and again
                pass
        self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _renewed(self, template: str, name: str) -> bool:
        """Give a database that is used no more this name, with nothing in it but what the template has. False when there is none."""
        while self._spare.get(template):
            spare = self._spare[template].pop()
            with psycopg.connect(self.url(spare), autocommit=True) as connection:
                is_new = self._templates[template].put_back(connection)
            if is_new:
                self._execute(f"ALTER DATABASE {spare} RENAME TO {name}")
                return True
            self._execute(f"DROP DATABASE {spare} WITH (FORCE)")
        return False

    def _make_template(self, name: str, base: str, prepare: Callable[[str], object]) -> None:
        self._execute(f"CREATE DATABASE {name} TEMPLATE {base}")
        prepare(self.url(name))
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            self._templates[name] = Content(connection)

    def _execute(self, *statements: str) -> None:
        if self._kept is None or self._kept.closed or self._kept.broken:
            self._kept = psycopg.connect(self.url("postgres"), autocommit=True)
        for statement in statements:
            self._kept.execute(statement)

    def _run(self, program: str, *arguments: object) -> None:
        done = subprocess.run(
            [self._binaries / program, *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=self._folder,
            **self._as,  # type: ignore[call-overload] # who runs it, when we are root
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
