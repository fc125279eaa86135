"""Extraction: what a file says, read in a process of its own that may do little and can be killed.

Called by attachmenttext (search), and meant for agents that read attachments.
Promises: never raises but TryLater (no process can be started now); one file at a time, the others wait; a file that is too large, takes too
long, wants too much memory or breaks its reader costs the reader's process and nothing else; the process is started when it is
needed, kept for a while, and has no network. What it may do is set by itself, first of all: core/extraction_child.py.
Does not: decide what is worth reading, or keep anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import structlog

from mailwright.codecs.search.attachments import MAX_PART, extension_of, kind_of
from mailwright.domain.refusals import TryLater

log = structlog.get_logger(__name__)

MAX_FILE = 20 * 1024 * 1024  # octets: what mail systems let through as one attachment
SECONDS = 30.0  # for one file: a report of three hundred pages takes ten
IDLE_SECONDS = 60.0  # after which the reader ends: it holds 120 MB of libraries
_ENVIRONMENT = {"LANG": "C.UTF-8", "OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_CHILD = Path(__file__).with_name("extraction_child.py")


@dataclass(frozen=True, slots=True)
class Extracted:
    """`text` of a file, at most MAX_PART characters; `because` says why there is none or not all of it, else ""."""

    text: str
    because: str = ""


class Extractor:
    """Reads files, one after the other. `ocr` names tesseract's languages (`eng+deu`); None reads no pictures."""

    def __init__(self, *, ocr: str | None = None, seconds: float = SECONDS, idle_seconds: float = IDLE_SECONDS) -> None:
        self._ocr = ocr
        self._seconds = seconds
        self._idle_seconds = idle_seconds
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._rest: asyncio.TimerHandle | None = None

    def reads(self, name: str, media_type: str) -> bool:
        """Whether files like this are opened at all."""
        kind = kind_of(media_type, name)
        return kind == "file" or (kind == "picture" and self._ocr is not None)

    async def text_of_attachment(self, name: str, media_type: str, data: bytes) -> Extracted:
        """The text of a file. Raises TryLater when no reader can be started now."""
        extension = extension_of(media_type, name)
        if extension is None or not self.reads(name, media_type):
            return Extracted("", "files of its kind are not read")
        if len(data) > MAX_FILE:
            return Extracted("", f"it is larger than {MAX_FILE // 1024**2} MB")
        async with self._turn:
            if self._rest is not None:
                self._rest.cancel()
            try:
                return await asyncio.wait_for(self._ask(extension, data), self._seconds)
            except TimeoutError:
                self._kill()
                return Extracted("", f"it takes longer than {self._seconds:.0f} s to read")
            except (OSError, asyncio.IncompleteReadError, ValueError) as error:
                self._kill()
                log.warning("extraction.reader_died", extension=extension, error=type(error).__name__)
                return Extracted("", "its reader gave up")
            except asyncio.CancelledError:
                self._kill()  # it is still at the file nobody waits for
                raise
            finally:
                self._rest = asyncio.get_running_loop().call_later(self._idle_seconds, self._let_go)

    async def close(self) -> None:
        """End the reader."""
        if self._rest is not None:
            self._rest.cancel()
        process = self._process
        self._kill()
        if process is not None:
            await process.wait()

    async def _ask(self, extension: str, data: bytes) -> Extracted:
        process = await self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        head = json.dumps({"extension": extension, "size": len(data), "ocr": self._ocr, "limit": MAX_PART}).encode()
        process.stdin.write(len(head).to_bytes(4, "big") + head)
        process.stdin.write(data)
        await process.stdin.drain()
        length = int.from_bytes(await process.stdout.readexactly(4), "big")
        if length > 8 * MAX_PART:  # JSON of so many characters, none of them escaped in more than six
            raise ValueError("too long an answer")
        answer = json.loads(await process.stdout.readexactly(length))
        return Extracted(str(answer["text"])[:MAX_PART], str(answer["because"])[:200])

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-I",  # nothing of the environment or of this folder is imported
                    str(_CHILD),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.DEVNULL,
                    start_new_session=True,  # so that what it starts is killed along
                    cwd="/",
                    env={"PATH": os.environ.get("PATH", os.defpath), **_ENVIRONMENT},
                )
            except OSError as error:
                raise TryLater(f"no process can be started to read a file: {error.strerror}") from error
        return self._process

    def _let_go(self) -> None:
        """Nobody needed it for a while: the end of its input ends it."""
        if self._process is not None and self._process.stdin is not None and not self._turn.locked():
            self._process.stdin.close()
            self._process = None

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
