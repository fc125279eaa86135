"""aimock: an offline twin of the Anthropic and OpenAI interfaces, as `packages` installs it.

`find_aimock` says why when it cannot be had.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.servers_node.packages import NotAvailable, installed

VERSION = "1.43.0"
PACKAGE = "@copilotkit/aimock"
START_SECONDS = 20


def find_aimock() -> Path:
    """The script to run with node. Raises NotAvailable."""
    return installed(PACKAGE, VERSION) / "dist" / "cli.js"


class Aimock:
    """One running server. `fixtures` are aimock's own: `{"match": {...}, "response": {...}}`, the first that fits answers."""

    def __init__(self, folder: Path, fixtures: Sequence[dict[str, Any]], *options: str) -> None:
        script = find_aimock()
        file = folder / "fixtures.json"
        file.write_text(json.dumps({"fixtures": list(fixtures)}), encoding="utf-8")
        self._log = open(folder / "aimock.log", "w+", encoding="utf-8")  # noqa: SIM115 - closed in stop
        command = ["node", str(script), "-p", "0", "-h", "127.0.0.1", "-f", str(file), "--log-level", "info", *options]
        self._process = subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT)
        self.url = self._wait()

    def requests(self) -> list[dict[str, Any]]:
        """What was asked, oldest first."""
        with urllib.request.urlopen(f"{self.url}/__aimock/journal", timeout=5) as answer:
            found: list[dict[str, Any]] = json.load(answer)
        return found

    def stop(self) -> None:
        """End the server."""
        self._process.terminate()
        self._process.wait(10)
        self._log.close()

    def _wait(self) -> str:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            self._log.flush()
            text = Path(self._log.name).read_text(encoding="utf-8")
            found = re.search(r"listening on (http://[^\s]+)", text)
            if found is not None:
                return found[1]
            time.sleep(0.05)
        self._process.kill()
        raise NotAvailable(f"aimock did not start: {Path(self._log.name).read_text(encoding='utf-8')[-300:]}")
