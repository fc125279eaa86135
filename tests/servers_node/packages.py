"""Packages of npm the tests use, each installed once, at one version, into `.venv/node-servers`.

Needs npm and Node 20.15 or later; `installed` says why when something cannot be had.
"""

from __future__ import annotations

import fcntl
import re
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(sys.prefix) / "node-servers"
OLDEST_NODE = (20, 15)
INSTALL_SECONDS = 120


class NotAvailable(Exception):
    """It cannot be run here; the text says why."""


def installed(package: str, version: str) -> Path:
    """The folder of the package. Raises NotAvailable."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NotAvailable("node and npm are not installed")
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = re.match(r"v(\d+)\.(\d+)", told)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST_NODE:
        raise NotAvailable(f"node is older than {OLDEST_NODE[0]}.{OLDEST_NODE[1]}")
    folder = FOLDER / f"{package.rpartition('/')[2]}-{version}"
    found = folder / "node_modules" / package
    mark = folder / ".installed"
    if not mark.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two test processes must not install over each other
            if not mark.exists():
                _install(npm, folder, f"{package}@{version}")
                mark.touch()
    return found


def _install(npm: str, folder: Path, wanted: str) -> None:
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), wanted]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotAvailable("npm install took too long") from error
    if done.returncode != 0:
        raise NotAvailable(f"npm could not install {wanted}: {done.stderr[-300:]}")
