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
    """One cluster. `stop` and `start` model a database that goes away and comes back."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._folder = Path(tempfile.mkdtemp(prefix="mailwright-pg-"))
        self._data = self._folder / "data"
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._as: dict[str, object] = {}
        self._templates: set[str] = set()
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
            "fsync": "off",  # tests of durability kill processes, not machines
            "shared_buffers": "32MB",
            "max_connections": 120,
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
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        self._execute(f"DROP DATABASE IF EXISTS {url.rsplit('/', 1)[1]} WITH (FORCE)")

    def _make_template(self, name: str, base: str, prepare: Callable[[str], object]) -> None:
        self._execute(f"CREATE DATABASE {name} TEMPLATE {base}")
        prepare(self.url(name))
        self._templates.add(name)

    def _execute(self, sql: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql)

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
