"""Set-up: makes `.venv` and fills it from the lock files; takes a moment when nothing has changed.

Called by the Makefile with whatever Python is there: `python3 scripts/setup.py run` for what the server needs, `… dev` for the
tests and checks as well.
Expects: Python 3.11 or newer with its venv module (as root on Debian a missing one is installed).
Promises: every package comes in the locked version and is checked against its recorded hash; a run that is interrupted is
completed by the next; each line printed says what happens now, or what to do.
Does not: install servers for the tests (`servers_for_tests.py` does) or touch anything outside the checkout, the venv package aside.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST, TOO_NEW = (3, 11), (3, 15)  # the same range as `requires-python` in pyproject.toml
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "set-up.stamp"
TOOLS = "requirements-setup.lock"  # uv, and what builds our own package
LOCKS = {"run": "requirements.lock", "dev": "requirements-dev.lock"}
SAY_EVERY_SECONDS = 5  # a longer silence looks like a hang


class SetUpFailed(Exception):
    """It cannot go on; the text says why and what to do."""


def main(arguments: list[str]) -> int:
    """Run it; the exit status."""
    level = arguments[0] if arguments else "run"
    if level not in LOCKS:
        print("usage: python3 scripts/setup.py [run|dev]", file=sys.stderr)
        return 2
    try:
        set_up(level)
    except SetUpFailed as failure:
        print(f"\nSet-up stopped: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSet-up interrupted; the next `make` goes on from here.", file=sys.stderr)
        return 130
    return 0


def set_up(level: str) -> None:
    """Bring `.venv` to `level`, or see that it is there. Raises SetUpFailed."""
    if level in _levels_done():
        return
    if not OLDEST <= sys.version_info[:2] < TOO_NEW:
        found = ".".join(map(str, sys.version_info[:3]))
        raise SetUpFailed(
            f"Mailwright needs Python 3.11 to 3.14, and {sys.executable} is {found}.\n"
            "Install python3.11 and call: make PYTHON=python3.11"
        )
    started = time.monotonic()
    lock = LOCKS[level]
    print(f"Setting up Mailwright in {VENV.name} (a minute or two the first time)", flush=True)
    _make_venv()
    print("  2/4 installing the installer (uv)", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--require-hashes", "-r", TOOLS], "pip could not install uv")
    print(f"  3/4 installing {_count(lock)} packages, each checked against {lock}", flush=True)
    # Compiled now, or the first start pays for it, and every start where Python may not write beside its sources.
    uv = [str(PYTHON), "-m", "uv", "pip", "install", "--quiet", "--compile-bytecode"]
    uv += ["--python", str(PYTHON), "--require-hashes", "-r"]
    try:
        _run([*uv, lock], "uv could not install the packages")
    except SetUpFailed as failure:  # behind a mirror that only pip's own settings know, uv finds nothing
        print(f"  3/4 {str(failure).splitlines()[0]}; trying pip, which is slower", flush=True)
        _run([*pip, "--require-hashes", "-r", lock], "pip could not install the packages")
    print("  4/4 installing Mailwright itself", flush=True)
    own = ["--no-deps", "--no-build-isolation", "--editable", "."]
    _run([*pip, *own], "Mailwright itself could not be installed")
    _run([str(PYTHON), "-m", "compileall", "-q", "src"], "Mailwright could not be compiled")
    STAMP.write_text(f"{level} {_state()}\n")
    print(f"Set up in {time.monotonic() - started:.0f} s.", flush=True)


def _levels_done() -> set[str]:
    """What an earlier run completed with the same locks, in this place, with a Python that still starts."""
    try:
        level, state = STAMP.read_text().split()
    except (OSError, ValueError):
        return set()
    if state != _state() or not os.access(PYTHON, os.X_OK):
        return set()
    return {"run", "dev"} if level == "dev" else {"run"}


def _state() -> str:
    """A digest of everything the contents of `.venv` follow from."""
    digest = hashlib.sha256(str(ROOT).encode())  # a moved checkout has scripts that point to where it was
    for name in (TOOLS, *LOCKS.values(), "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _count(lock: str) -> int:
    return sum("==" in line for line in (ROOT / lock).read_text().splitlines())


def _make_venv() -> None:
    if PYTHON.exists() and _starts_here():
        print("  1/4 .venv is there", flush=True)
        return
    print(f"  1/4 making .venv with Python {'.'.join(map(str, sys.version_info[:3]))}", flush=True)
    if not _has_venv():
        _install_venv_module()
    shutil.rmtree(VENV, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(VENV)], "Python could not make .venv")


def _starts_here() -> bool:
    """Whether the Python in `.venv` runs, has pip and believes to be where it is."""
    code = "import pip, sys; print(sys.prefix)"
    found = subprocess.run([str(PYTHON), "-c", code], capture_output=True, text=True, check=False)
    moved = (VENV / "bin" / "pip").exists() and str(VENV) not in (VENV / "bin" / "pip").read_text()[:500]
    return found.returncode == 0 and Path(found.stdout.strip()).resolve() == VENV and not moved


def _has_venv() -> bool:
    """Debian ships Python without `ensurepip`, which venv needs, unless python3-venv is installed."""
    code = "import ensurepip, venv"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def _install_venv_module() -> None:
    advice = (
        "this Python has no venv module.\nInstall it as root, then call make again:\n  apt-get install python3-venv"
    )
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SetUpFailed(advice)
    print("      Debian's python3-venv is missing: installing it", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "update", "-qq"], advice, environment)
    _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "python3-venv"], advice, environment)
    if not _has_venv():
        raise SetUpFailed(advice)


def _run(command: list[str], failure: str, environment: dict[str, str] | None = None) -> None:
    """Run it quietly, saying now and then that it still does. Raises SetUpFailed with the end of its output."""
    started = time.monotonic()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        output = b""
        while True:
            try:
                output = process.communicate(timeout=SAY_EVERY_SECONDS)[0]
                break
            except subprocess.TimeoutExpired:
                print(f"      … {time.monotonic() - started:.0f} s", flush=True)
    if process.returncode != 0:
        last = output.decode(errors="replace").strip().splitlines()[-15:]
        raise SetUpFailed("\n".join([failure, *("  | " + line for line in last)]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
