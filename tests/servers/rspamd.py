"""A private rspamd as Debian ships it: one scanner, no rules but its test patterns, no look-ups that leave this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.servers.ports import free_port, wait_for_port

# Its well-known test patterns: what it answers to each. Put together from pieces, so that no scanner takes this file for spam.
_TAIL = "C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
REJECTED, MARKED = f"XJS*{_TAIL}", f"YJS*{_TAIL}"

_CONFIGURATION = """
options {{
  pidfile = "{folder}/pid";
  tempdir = "{folder}";
  filters = "";
  enable_test_patterns = true;
  dns {{ nameserver = ["127.0.0.1:{dead}"]; timeout = 0.1s; retransmits = 1; }}
}}
logging {{ type = "file"; filename = "{folder}/log"; level = "info"; }}
actions {{ reject = 15; add_header = 6; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
"""


def why_not() -> str:
    """Why there can be none here; empty when there can."""
    return "" if shutil.which("rspamd") else "rspamd is not installed"


class RspamdServer:
    """One rspamd on a port of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="mailwright-rspamd-"))
        configuration = self.folder / "rspamd.conf"
        configuration.write_text(_CONFIGURATION.format(folder=self.folder, port=self.port, dead=free_port()))
        command = ["rspamd", "-f", "-c", str(configuration)] + (["-i"] if os.geteuid() == 0 else [])
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            wait_for_port(self.port)
        except TimeoutError:
            self.destroy()
            raise RuntimeError(self.log()) from None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def log(self) -> str:
        """What it had to say, its end."""
        path = self.folder / "log"
        return path.read_text()[-8000:] if path.exists() else "it said nothing"

    def destroy(self) -> None:
        """End it and remove its folder."""
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
