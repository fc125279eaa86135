"""A Celery worker with its Redis, as a peer of ours: started, given work, watched until it is done."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.servers import venvs
from tests.servers.ports import free_port, wait_for_port
from tests.servers_node.packages import NotAvailable

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements-celery.lock"
START_SECONDS = 4.0  # until it has forked and subscribed


def work(
    module: str,
    messages: int,
    pool: Sequence[str],
    done: Callable[[Path], int],
    environment: Mapping[str, str],
    *,
    seconds: float = 900,
) -> tuple[float, float]:
    """Have `python -m <module> send MESSAGES` queue work; the seconds until `done` (of the peer's folder) counts all of it, and the peak
    memory of the worker and its children in MiB. Raises NotAvailable, RuntimeError when it takes too long."""
    redis = shutil.which("redis-server")
    if redis is None:
        raise NotAvailable("redis-server is not installed")
    python = venvs.python("celery", LOCK)
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="mailwright-peer-") as folder:
        around = os.environ | {
            "PEER_FOLDER": folder,
            "PEER_BROKER": f"redis://127.0.0.1:{port}/0",
            "PYTHONPATH": str(ROOT),
            "C_FORCE_ROOT": "1",
            **environment,
        }
        broker = subprocess.Popen(
            [redis, "--port", str(port), "--save", "", "--appendonly", "yes", "--dir", folder],
            stdout=subprocess.DEVNULL,
        )
        wait_for_port(port)
        worker = subprocess.Popen(
            [str(python), "-m", "celery", "-A", module, "worker", "--loglevel", "ERROR", *pool],
            env=around,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            time.sleep(START_SECONDS)
            began = time.monotonic()
            subprocess.run([str(python), "-m", module, "send", str(messages)], env=around, check=True)
            _wait_for(lambda: done(Path(folder)), messages, seconds)
            return time.monotonic() - began, _family_bytes(worker.pid) / 1024**2
        finally:
            worker.terminate()
            worker.wait(30)
            broker.terminate()
            broker.wait(10)


def _wait_for(done: Callable[[], int], messages: int, seconds: float) -> None:
    ends = time.monotonic() + seconds
    count = 0
    while time.monotonic() < ends:
        count = done()
        if count >= messages:
            return
        time.sleep(0.1)
    raise RuntimeError(f"the peer did {count} of {messages}")


def _family_bytes(pid: int) -> int:
    """The peak memory of a process and its children."""
    pids = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    total = 0
    for each in pids:
        for line in Path(f"/proc/{each}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                total += int(line.split()[1]) * 1024
    return total
