"""The pages under /app: builds `webmail/` into the Python package; takes a moment when nothing has changed.

Called by the Makefile after set-up: `python3 scripts/webmail.py build`, and `… check` (types, lint, format) or `… test` (logic).
Expects: `.venv` as `setup.py` leaves it, for the case that a Node.js has to be installed.
Promises: Node and npm are found, or come as a Python package in the locked version into `.venv`; npm's packages are those of
package-lock.json; a page being served never sees half a build; each line printed says what happens now, or what to do.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEBMAIL = ROOT / "webmail"
MODULES = WEBMAIL / "node_modules"
OUTPUT = ROOT / "src" / "mailwright" / "protocols" / "web" / "app"
STAMP = ".built-from"  # inside the output: a digest of the sources
BIN = ROOT / ".venv" / "bin"
LOCK = "requirements-node.lock"
SAY_EVERY_SECONDS = 5  # a longer silence looks like a hang
VERBS = {"build": None, "check": "the pages do not pass their checks", "test": "tests of the pages failed"}


class BuildFailed(Exception):
    """It cannot go on; the text says why and what to do."""


def main(arguments: list[str]) -> int:
    """Run it; the exit status."""
    verb = arguments[0] if arguments else "build"
    if verb not in VERBS:
        print("usage: python3 scripts/webmail.py [build|check|test]", file=sys.stderr)
        return 2
    try:
        failure = VERBS[verb]
        if failure is None:
            build()
        else:
            with _alone():
                npm = _ready()
            _run([*npm, "run", "--silent", verb], failure)
    except BuildFailed as failed:
        print(f"\nThe pages could not be made ready: {failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; the next `make` goes on from here.", file=sys.stderr)
        return 130
    return 0


def build() -> None:
    """Bring the output up to date with `webmail/`. Raises BuildFailed."""
    if _built_from() == _digest(_sources()):
        return
    with _alone():
        state = _digest(_sources())
        if _built_from() == state:
            return  # somebody else did it while we waited
        started = time.monotonic()
        print("Building the pages (webmail, sign-in, administration)", flush=True)
        npm = _ready()
        print("  3/3 building", flush=True)
        fresh, old = OUTPUT.with_name("app.new"), OUTPUT.with_name("app.old")
        command = ["run", "--silent", "build", "--", "--logLevel", "warn", "--emptyOutDir", "--outDir", str(fresh)]
        _run([*npm, *command], "Vite could not build the pages")
        (fresh / STAMP).write_text(state + "\n")
        shutil.rmtree(old, ignore_errors=True)
        if OUTPUT.exists():
            OUTPUT.rename(old)
        fresh.rename(OUTPUT)
        shutil.rmtree(old, ignore_errors=True)
        print(f"Pages built in {time.monotonic() - started:.0f} s.", flush=True)


def _built_from() -> str:
    try:
        return (OUTPUT / STAMP).read_text().strip()
    except OSError:
        return ""


def _sources() -> list[Path]:
    return sorted(
        path for path in WEBMAIL.rglob("*") if path.is_file() and MODULES not in path.parents and path.suffix != ".md"
    )


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _alone() -> Iterator[None]:
    """One process at a time installs and builds."""
    (ROOT / ".venv").mkdir(exist_ok=True)
    with open(ROOT / ".venv" / "webmail.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _ready() -> list[str]:
    """The command that npm is, with `node_modules` filled from the lock file. Raises BuildFailed."""
    found = _node_here() or _node_of_ours()
    if found is None:
        _install_node()
        found = _node_of_ours()
        if found is None:
            raise BuildFailed("the Node.js just installed does not start here.\nInstall Node 22 or newer with npm.")
    node, npm = found
    # npm's scripts look for `node` on the path, and must meet the one that was chosen.
    os.environ["PATH"] = f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}"
    stamp = MODULES / ".installed-from"
    state = _digest([WEBMAIL / "package-lock.json", WEBMAIL / "package.json"])
    if not stamp.exists() or stamp.read_text().strip() != state:
        print("  2/3 installing what the pages are built with", flush=True)
        quiet = ["--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]
        failure = "npm could not install its packages (it needs the network, or a mirror set in its configuration)"
        _run([npm, "ci", *quiet], failure)
        stamp.write_text(state + "\n")
    return [npm]


def _node_here() -> tuple[str, str] | None:
    """Node and npm on the path, when Vite can use them."""
    return _usable(shutil.which("node"), shutil.which("npm"))


def _node_of_ours() -> tuple[str, str] | None:
    """Node and npm that an earlier run put into `.venv`."""
    return _usable(shutil.which("node", path=str(BIN)), shutil.which("npm", path=str(BIN)))


def _usable(node: str | None, npm: str | None) -> tuple[str, str] | None:
    if node is None or npm is None:
        return None
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = re.match(r"v(\d+)\.(\d+)", told)
    if numbers is None:
        return None
    major, minor = int(numbers[1]), int(numbers[2])
    # The same range as `engines` in package.json, which is Vite's.
    fits = (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22
    return (node, npm) if fits else None


def _install_node() -> None:
    print("  1/3 no Node.js that fits is here: installing one into .venv", flush=True)
    python = str(BIN / "python")
    advice = "Node.js could not be installed; install Node 22 or newer with npm, then call make again"
    uv = [python, "-m", "uv", "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", LOCK]
    try:
        _run(uv, advice, cwd=ROOT)
    except (BuildFailed, OSError):  # behind a mirror that only pip's own settings know, uv finds nothing
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", LOCK]
        _run(pip, advice, cwd=ROOT)


def _run(command: list[str], failure: str, *, cwd: Path = WEBMAIL) -> None:
    """Run it quietly, saying now and then that it still does. Raises BuildFailed with the end of its output."""
    started = time.monotonic()
    try:
        process = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except OSError as error:
        raise BuildFailed(f"{failure}: {error}") from error
    with process:
        while True:
            try:
                output = process.communicate(timeout=SAY_EVERY_SECONDS)[0]
                break
            except subprocess.TimeoutExpired:
                print(f"      … {time.monotonic() - started:.0f} s", flush=True)
    if process.returncode != 0:
        last = output.decode(errors="replace").strip().splitlines()[-40:]
        raise BuildFailed("\n".join([failure, *("  | " + line for line in last)]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
