"""Free ports of this machine; each worker of a parallel run (pytest-xdist) has a range of its own."""

import os
import random
import socket
import time

FIRST, LAST = 20_000, 32_000
"""Below the ports a kernel gives to connections that go out (from 32768 on Linux), so that none of them takes one."""

_WORKERS = 8
_SHARE = (LAST - FIRST) // _WORKERS
_OURS = FIRST + _SHARE * (int(os.environ.get("PYTEST_XDIST_WORKER", f"gw{os.getpid()}").removeprefix("gw")) % _WORKERS)
"""The first port of this worker's share: two workers that probe at once never find the same port free."""

_next = random.randrange(_SHARE)


def free_port() -> int:
    """A port nobody listens on now, and that was not given before."""
    global _next
    for _ in range(_SHARE):
        port, _next = _OURS + _next, (_next + 1) % _SHARE
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise OSError(f"no port between {_OURS} and {_OURS + _SHARE} is free")


def wait_for_port(port: int, seconds: float = 60.0) -> None:
    """Until somebody listens. Raises TimeoutError."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(f"nobody listens on port {port}")
