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


def why_not() -> str:
    """Why there can be none here; empty when there can."""
    return "" if shutil.which("pgbouncer") else "pgBouncer is not installed"


class PgBouncer:
    """One pooler in front of the database `url`. `server_connections`: how many it has for everybody."""

    def __init__(self, url: str, *, server_connections: int = 4) -> None:
        parts = urlsplit(url)
        self.port = free_port()
        self.url = f"postgresql://mailwright@127.0.0.1:{self.port}/mailwright"
        self._folder = Path(tempfile.mkdtemp(prefix="mailwright-pgbouncer-"))
        (self._folder / "userlist.txt").write_text('"mailwright" ""\n')
        text = CONFIGURATION.read_text(encoding="utf-8")
        here = {
            "host=postgres port=5432 dbname=mailwright": f"host=127.0.0.1 port={parts.port} dbname={parts.path[1:]}",
            "listen_addr = *": "listen_addr = 127.0.0.1",
            "listen_port = 6432": f"listen_port = {self.port}",
            "auth_type = scram-sha-256": "auth_type = trust",
            "/etc/pgbouncer/userlist.txt": str(self._folder / "userlist.txt"),
            "default_pool_size = 30": f"default_pool_size = {server_connections}",
            "reserve_pool_size = 10": "reserve_pool_size = 0",
        }
        for there, ours in here.items():
            if there not in text:
                raise ValueError(f"{CONFIGURATION} has no {there}")
            text = text.replace(there, ours)
        (self._folder / "pgbouncer.ini").write_text(text)
        as_whom: dict[str, object] = {}
        if os.geteuid() == 0:  # it refuses to be root
            as_whom = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(self._folder, "postgres", "postgres")
        self._log = open(self._folder / "log", "wb")  # noqa: SIM115 # closed in `destroy`
        program = shutil.which("pgbouncer") or "pgbouncer"
        self._process = subprocess.Popen(
            [program, self._folder / "pgbouncer.ini"],
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
