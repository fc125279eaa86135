"""Virtual environments of programs that are no dependency of ours: each is made once, from its own lock file, below `.venv`."""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
import venv
from pathlib import Path

from tests.servers_node.packages import NotAvailable

INSTALL_SECONDS = 170


def python(name: str, lock: Path) -> Path:
    """The interpreter of the one called `name`, which is made when it is not there or the lock file has changed.

    Raises NotAvailable, with the reason (no network, no package index).
    """
    folder = Path(sys.prefix) / name
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    mark = folder / ".installed"
    found = folder / "bin" / "python"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # two test processes must not install over each other
        if not (found.exists() and mark.exists() and mark.read_text() == wanted):
            venv.create(folder, with_pip=False, clear=True)
            _install(name, found, lock)
            mark.write_text(wanted)
    return found


def _install(name: str, python: Path, lock: Path) -> None:
    # Without dependencies: the lock file is all of it, and may leave out on purpose what a package asks for.
    arguments = ["--quiet", "--no-deps", "--require-hashes", "-r", str(lock)]
    installers = (
        [sys.executable, "-m", "uv", "pip", "install", "--python", str(python)],
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--disable-pip-version-check"],
    )
    said = ""
    for installer in installers:  # behind a mirror that only pip's own settings know, uv finds nothing
        try:
            done = subprocess.run(
                [*installer, *arguments], capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise NotAvailable(f"{name} took too long to install") from error
        if done.returncode == 0:
            return
        said = done.stderr[-300:]
    raise NotAvailable(f"{name} could not be installed: {said}")
