"""A private Redis (in Valkey's place): one process on its own port, nothing kept."""

from __future__ import annotations

import shutil
import subprocess
import tempfile

from tests.servers.ports import free_port, wait_for_port


class RedisServer:
    """One server. Raises FileNotFoundError when neither valkey-server nor redis-server is installed."""

    def __init__(self) -> None:
        program = shutil.which("valkey-server") or shutil.which("redis-server")
        if program is None:
            raise FileNotFoundError("valkey-server or redis-server")
        self.port = free_port()
        self._folder = tempfile.mkdtemp(prefix="mailwright-redis-")
        self._process = subprocess.Popen(
            [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self._folder],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for_port(self.port)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def destroy(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)
        shutil.rmtree(self._folder, ignore_errors=True)
