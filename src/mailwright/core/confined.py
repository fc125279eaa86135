"""Work in a process of its own that may do little and can be killed: for what was written by strangers.

Called by extraction (files are read) and by agents' tools (files are made). What the process may do is set by itself, first of all:
core/confined_child.py.
Promises: one question at a time, the others wait; one that takes too long, wants too much memory or breaks its libraries costs the
process and nothing else; the process is started when it is needed, kept for a while, and has no network.
Does not: know what the jobs are about.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from mailwright.core.confined_child import ANSWERS
from mailwright.domain.refusals import TryLater

log = structlog.get_logger(__name__)

MAX_HEAD = 64 * 1024  # octets of the head of an answer: a size and a sentence
_ENVIRONMENT = {"LANG": "C.UTF-8", "OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_CHILD = Path(__file__).with_name("confined_child.py")


@dataclass(frozen=True, slots=True)
class Answered:
    """What the process gave. `because` says why it is nothing or not all, else ""."""

    content: bytes
    because: str = ""


class Stopped(Exception):
    """The process was stopped, or ended by itself, before it answered. `timed_out`: it took too long."""

    def __init__(self, *, timed_out: bool) -> None:
        super().__init__("too long" if timed_out else "gave up")
        self.timed_out = timed_out


class Confined:
    """A process for one kind of job. `scratch`: with a folder of its own to write in, which goes with it."""

    def __init__(self, job: Path, *, seconds: float, idle_seconds: float, scratch: bool = False) -> None:
        self._job = job
        self._seconds = seconds
        self._idle_seconds = idle_seconds
        self._scratch = scratch
        self._folder: str | None = None
        self._answers = 0  # given by the process
        self._turn = asyncio.Lock()
        self._rest: asyncio.TimerHandle | None = None
        self._killed: list[asyncio.subprocess.Process] = []  # whose end nobody has waited for
        self.process: asyncio.subprocess.Process | None = None

    async def ask(self, head: dict[str, Any], data: bytes, *, limit: int) -> Answered:
        """Its answer, at most `limit` octets. Raises Stopped, and TryLater when no process can be started now."""
        async with self._turn:
            if self._rest is not None:
                self._rest.cancel()
            try:
                return await asyncio.wait_for(self._exchange(head, data, limit), self._seconds)
            except TimeoutError:
                self._kill()
                raise Stopped(timed_out=True) from None
            except (OSError, asyncio.IncompleteReadError, ValueError) as error:
                self._kill()
                log.warning("confined.died", job=self._job.stem, error=type(error).__name__)
                raise Stopped(timed_out=False) from error
            except asyncio.CancelledError:
                self._kill()  # it is still at what nobody waits for
                raise
            finally:
                self._rest = asyncio.get_running_loop().call_later(self._idle_seconds, self._let_go)

    async def close(self) -> None:
        """End the process."""
        if self._rest is not None:
            self._rest.cancel()
        self._kill()
        for process in self._killed:
            await process.wait()

    async def _exchange(self, head: dict[str, Any], data: bytes, limit: int) -> Answered:
        process = await self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        said = json.dumps(head | {"size": len(data)}).encode()
        process.stdin.write(len(said).to_bytes(4, "big") + said)
        process.stdin.write(data)
        await process.stdin.drain()
        length = int.from_bytes(await process.stdout.readexactly(4), "big")
        if length > MAX_HEAD:
            raise ValueError("too long a head")
        answer = json.loads(await process.stdout.readexactly(length))
        size = int(answer["size"])
        if not 0 <= size <= limit:
            raise ValueError("too long an answer")
        content = await process.stdout.readexactly(size)
        self._answers += 1
        if self._answers >= ANSWERS:
            self._release()  # it ends now: the next question would meet a process that is going
        return Answered(content, str(answer["because"])[:200])

    async def _started(self) -> asyncio.subprocess.Process:
        if self.process is None or self.process.returncode is not None:
            self._clear()
            if self._scratch:
                self._folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="mailwright-")
            folder = self._folder
            own = {} if folder is None else {"HOME": folder, "TMPDIR": folder, "MPLCONFIGDIR": folder}
            try:
                self.process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-I",  # nothing of the environment or of this folder is imported
                    str(_CHILD),
                    str(self._job),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.DEVNULL,
                    start_new_session=True,  # so that what it starts is killed along
                    cwd=folder or "/",
                    env={"PATH": os.environ.get("PATH", os.defpath), **_ENVIRONMENT, **own},
                )
            except OSError as error:
                raise TryLater(f"no process can be started for a file: {error.strerror}") from error
            self._answers = 0
        return self.process

    def _let_go(self) -> None:
        """Nobody needed it for a while."""
        if not self._turn.locked():
            self._release()

    def _release(self) -> None:
        """The end of its input ends it."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
            self.process = None
            self._clear()

    def _kill(self) -> None:
        process, self.process = self.process, None
        if process is not None and process.returncode is None:
            self._killed = [process, *(each for each in self._killed if each.returncode is None)]
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        self._clear()

    def _clear(self) -> None:
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
