"""aimock: an offline twin of the Anthropic and OpenAI interfaces, installed once into `.venv/node-servers`.

Needs npm and Node 20.15 or later; `find_aimock` says why when it cannot be had.
"""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

VERSION = "1.43.0"
PACKAGE = "@copilotkit/aimock"
FOLDER = Path(sys.prefix) / "node-servers" / f"aimock-{VERSION}"
OLDEST_NODE = (20, 15)
INSTALL_SECONDS = 120
START_SECONDS = 20


class NotAvailable(Exception):
    """aimock cannot be run here; the text says why."""


def find_aimock() -> Path:
    """The script to run with node. Raises NotAvailable."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NotAvailable("node and npm are not installed")
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = re.match(r"v(\d+)\.(\d+)", told)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST_NODE:
        raise NotAvailable(f"node is older than {OLDEST_NODE[0]}.{OLDEST_NODE[1]}")
    script = FOLDER / "node_modules" / PACKAGE / "dist" / "cli.js"
    if script.exists():
        return script
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test processes must not install over each other
        if not script.exists():
            _install(npm)
    return script


def _install(npm: str) -> None:
    command = [
        npm,
        "install",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefix",
        str(FOLDER),
        f"{PACKAGE}@{VERSION}",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotAvailable("npm install took too long") from error
    if done.returncode != 0:
        raise NotAvailable(f"npm could not install {PACKAGE}: {done.stderr[-300:]}")


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
