"""pgBouncer as Debian ships it, with the configuration of deploy/ha: in transaction mode, in front of the tests' PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from tests.servers.ports import free_port, wait_for_port

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy" / "ha" / "pgbouncer.ini"
ENCRYPTED = CONFIGURATION.with_name("pgbouncer-tls.ini")


def why_not() -> str:
    """Why there can be none here; empty when there can."""
    return "" if shutil.which("pgbouncer") else "pgBouncer is not installed"


class PgBouncer:
    """One pooler in front of the database `url`. `server_connections`: how many it has for everybody.

    With a `certificate` it is the one for between machines: it shows that, and PostgreSQL has to show the same.
    """

    def __init__(self, url: str, *, server_connections: int = 4, certificate: Path | None = None) -> None:
        parts = urlsplit(url)
        self.port = free_port()
        self.url = f"postgresql://mailwright@{parts.hostname}:{self.port}/mailwright"
        self._folder = Path(tempfile.mkdtemp(prefix="mailwright-pgbouncer-"))
        (self._folder / "userlist.txt").write_text('"mailwright" ""\n')
        here = {
            "host=postgres port=5432 dbname=mailwright": f"host={parts.hostname} port={parts.port} dbname={parts.path[1:]}",
            "listen_addr = *": "listen_addr = 127.0.0.1",
            "listen_port = 6432": f"listen_port = {self.port}",
            "auth_type = scram-sha-256": "auth_type = trust",
            "/etc/pgbouncer/userlist.txt": str(self._folder / "userlist.txt"),
            "default_pool_size = 30": f"default_pool_size = {server_connections}",
            "reserve_pool_size = 10": "reserve_pool_size = 0",
        }
        _write(CONFIGURATION, here, self._folder)
        if certificate is not None:
            shown = str(shutil.copy(certificate, self._folder))
            files = ("pgbouncer.pem", "pgbouncer.key", "ca.pem")
            tls = {f"/etc/ssl/mailwright/{name}": shown for name in files}
            _write(ENCRYPTED, tls | {"/etc/pgbouncer": str(self._folder)}, self._folder)
        as_whom: dict[str, object] = {}
        if os.geteuid() == 0:  # it refuses to be root
            as_whom = {"user": "postgres", "group": "postgres", "extra_groups": []}
            for path in (self._folder, *self._folder.iterdir()):
                shutil.chown(path, "postgres", "postgres")
        self._log = open(self._folder / "log", "wb")  # noqa: SIM115 # closed in `destroy`
        program = shutil.which("pgbouncer") or "pgbouncer"
        self._process = subprocess.Popen(
            [program, self._folder / (CONFIGURATION if certificate is None else ENCRYPTED).name],
            stdout=self._log,
            stderr=self._log,
            cwd=self._folder,
            **as_whom,  # type: ignore[call-overload] # who runs it, when we are root
        )
        try:
            wait_for_port(self.port)
        except TimeoutError:
            said = (self._folder / "log").read_text()
            self.destroy()
            raise RuntimeError(said[-2000:]) from None

    def destroy(self) -> None:
        """End it and remove its folder."""
        self._process.terminate()
        self._process.wait(timeout=10)
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _write(file: Path, here: dict[str, str], folder: Path) -> None:
    """A file of deploy/ha as it is here."""
    text = file.read_text(encoding="utf-8")
    for there, ours in here.items():
        if there not in text:
            raise ValueError(f"{file} has no {there}")
        text = text.replace(there, ours)
    (folder / file.name).write_text(text)
