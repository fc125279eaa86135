"""The jars of OpenSearch for the tests: Maven fetches them once into `.venv/java-servers`, before the tests begin.

Called by scripts/servers_for_tests.py (`python -m tests.servers_java.jars`), by any Python; a test only looks whether they are there.
Promises: `main` always ends well, after FETCH_SECONDS at the latest: what could not be had is skipped by the tests, with its reason.
What Maven got so far is kept by Maven, so that the next time goes on from there.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.servers_node.packages import NotAvailable

POM = Path(__file__).with_name("opensearch.xml")
VENV = Path(sys.prefix) if sys.prefix != sys.base_prefix else POM.parents[2] / ".venv"
FOLDER = VENV / "java-servers"
OLDEST_JAVA = 17
FETCH_SECONDS = 600  # for 53 MB: on a busy line they took seven minutes
TOLD_SECONDS = 10.0  # between two lines about how far it has come


def fetched() -> Path:
    """The folder of the jars. Raises NotAvailable."""
    _maven()
    folder = _folder()
    if not _mark(folder).exists():
        raise NotAvailable("OpenSearch is not here: `make test` fetches it, or python -m tests.servers_java.jars")
    return folder


def main() -> int:
    """Fetch them, unless they are there; always 0."""
    try:
        maven = _maven()
    except NotAvailable:
        return 0  # scripts/servers_for_tests.py says so
    folder = _folder()
    if _mark(folder).exists():
        return 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two that begin at once must not fetch over each other
            if not _mark(folder).exists():
                _fetch(maven, folder)
                _mark(folder).touch()
    except (NotAvailable, OSError) as why:
        print(f"  the tests with OpenSearch are skipped: {why}", flush=True)
    return 0


def _folder() -> Path:
    return FOLDER / f"opensearch-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"


def _mark(folder: Path) -> Path:
    return folder / ".fetched"


def _maven() -> str:
    """Maven, where a Java is that is young enough. Raises NotAvailable."""
    java, maven = shutil.which("java"), shutil.which("mvn")
    if java is None or maven is None:
        raise NotAvailable("Java and Maven are not installed")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    numbers = re.search(r'version "(\d+)', told)
    if numbers is None or int(numbers[1]) < OLDEST_JAVA:
        raise NotAvailable(f"Java is older than {OLDEST_JAVA}")
    return maven


def _fetch(maven: str, folder: Path) -> None:
    print("Fetching OpenSearch for the tests, once (53 MB from Maven Central)", flush=True)
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={folder}", "-DincludeScope=runtime"]
    command = [maven, "--batch-mode", "-Dstyle.color=never", "-f", str(POM), *goal]
    said = folder / ".log"
    with open(said, "wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    try:
        _watch(process, said)
    finally:
        process.kill()  # when this was broken off
        process.wait()
    if process.returncode != 0:
        problem = re.search(r"^\[ERROR\] (.{1,300})", said.read_text(errors="replace"), re.MULTILINE)
        raise NotAvailable(f"Maven could not fetch it: {problem[1] if problem else 'it says nothing'}")


def _watch(process: subprocess.Popen[bytes], said: Path) -> None:
    """Say how far it is, until it ends."""
    began = told_at = time.monotonic()
    while process.poll() is None:
        time.sleep(0.2)
        now = time.monotonic()
        if now - began > FETCH_SECONDS:
            raise NotAvailable(f"Maven did not get it in {FETCH_SECONDS} s; the next time goes on from there")
        if now - told_at > TOLD_SECONDS:
            told_at = now
            print(
                f"  {said.read_text(errors='replace').count('Downloaded from')} files after {now - began:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    sys.exit(main())
