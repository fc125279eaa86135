"""Valkey, or the Redis of Debian, on a free port with an append-only file, as a server that may be stopped, frozen and emptied."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import valkey

from tests.servers.ports import free_port


def find_binary() -> str | None:
    """The server's program, or None when neither is installed."""
    return shutil.which("valkey-server") or shutil.which("redis-server")


class ValkeyServer:
    """One server. `stop` and `start` model one that goes away and comes back with what it had. `config`: the text of a configuration."""

    def __init__(self, binary: str, config: str = "") -> None:
        self._binary = binary
        self._folder = Path(tempfile.mkdtemp(prefix="mailwright-valkey-"))
        (self._folder / "valkey.conf").write_text(config)
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"valkey://127.0.0.1:{self.port}/0"

    @property
    def client(self) -> valkey.Valkey:
        """A client for the tests to look with."""
        return valkey.Valkey(port=self.port, decode_responses=True)

    def start(self) -> None:
        """Start it, on the same port and folder as before."""
        options = {"port": self.port, "bind": "127.0.0.1", "dir": self._folder, "appendonly": "yes", "save": ""}
        with open(self._folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                [
                    self._binary,
                    self._folder / "valkey.conf",
                    *(part for name, value in options.items() for part in (f"--{name}", str(value))),
                ],
                stdout=log,
                stderr=log,
            )
        ends = time.monotonic() + 30
        while True:
            try:
                self.client.ping()
                return
            except valkey.ValkeyError:
                assert time.monotonic() < ends, "Valkey does not start"
                time.sleep(0.02)

    def revive(self) -> None:
        """Start it again where a test that failed left it stopped, or it ended by itself; then its last words are printed."""
        if self._process is not None and self._process.poll() is None:
            return
        print((self._folder / "log").read_text()[-4000:])
        self.start()

    def stop(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """It takes connections and answers nothing; `thaw` ends it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def empty(self) -> None:
        """Everything is gone."""
        self.client.flushall()

    def destroy(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
