"""The sandbox: Python written by a model, in pydantic-monty. No network, no files, little memory, not much time.

Kept by `shop.Workshop`, used by the tool `run_python`. The code runs in a worker process of its own that knows nothing of this machine:
what it calls outside are the functions it is given here, and each call is answered, or refused, by the tool that gives them.
Promises: never blocks the event loop; code that loops, eats memory or breaks its worker costs that worker; what it prints is bounded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from mailwright.agents.models.tools import ToolFailed

if TYPE_CHECKING:
    from pydantic_monty import AsyncMonty, AsyncSnapshot, ResourceLimits

SECONDS = 10.0  # of computing, in all
WAITED_SECONDS = 90.0  # from its start to its end, with the files it asks for
GRACE_SECONDS = 2.0  # beyond what the sandbox stops by itself, until its process is killed
MEMORY = 128 * 1024 * 1024  # octets of its values: a table of a million numbers
DEPTH = 300  # calls in calls
CALLS = 500  # of the functions it is given
WORKERS = 2  # processes at once, in one process of ours: the others wait
WAIT_SECONDS = 60.0  # for one of them
RUNS = 20  # of one worker, then it is replaced
MAX_OUTPUT = 60_000  # characters printed
MAX_ERROR = 3_000  # characters of an error, with where it happened

Function: TypeAlias = Callable[[tuple[Any, ...], dict[str, Any]], Awaitable[Any]]
"""What the code may call. Raises ToolFailed (an OSError to the code) and ValueError."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of it: what was printed, whether some of that was cut off, and the error it ended with, or ""."""

    printed: str
    cut: bool
    error: str


class Sandbox:
    """A pool of workers, started when first needed."""

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._limits: ResourceLimits = {
            "max_feed_duration_secs": seconds,
            "max_memory": memory,
            "max_recursion_depth": DEPTH,
            "max_suspensions": CALLS,
            "max_total_sleep_secs": 0.0,
        }
        self._seconds = seconds
        self._pool: AsyncMonty | None = None
        self._starting = asyncio.Lock()

    async def run(self, code: str, functions: Mapping[str, Function]) -> Ran:
        """Run code. Raises ToolFailed when there is no sandbox to be had."""
        from pydantic_monty import MontyCrashedError, MontyError

        output = _Output()
        try:
            async with asyncio.timeout(WAITED_SECONDS):
                await self._drive(code, functions, output)
        except MontyCrashedError as crash:
            why = "it took too long" if crash.timed_out else "it broke the sandbox"
            return Ran(output.text(), output.cut, f"stopped: {why}")
        except MontyError as error:
            return Ran(output.text(), output.cut, _told(error))
        except TimeoutError:
            return Ran(output.text(), output.cut, f"stopped: it took longer than {WAITED_SECONDS:.0f} s")
        except OSError as error:
            raise ToolFailed("the sandbox cannot be started now") from error
        return Ran(output.text(), output.cut, "")

    async def close(self) -> None:
        """End the workers."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.__aexit__(None, None, None)

    async def _drive(self, code: str, functions: Mapping[str, Function], output: _Output) -> None:
        from pydantic_monty import MontyComplete

        pool = await self._started()
        async with pool.checkout(limits=self._limits, os_policy={"sleep": "zero"}) as session:
            # The value of a last expression would be copied into this process: there is none.
            at: AsyncSnapshot = await session.feed_start(f"{code}\nNone", print_callback=output.add)
            while not isinstance(at, MontyComplete):
                at = await _answered(at, functions)

    async def _started(self) -> AsyncMonty:
        async with self._starting:
            if self._pool is None:
                from pydantic_monty import AsyncMonty

                pool = AsyncMonty(
                    min_processes=0,
                    max_processes=WORKERS,
                    checkout_timeout=WAIT_SECONDS,
                    request_timeout=self._seconds + GRACE_SECONDS,
                    max_checkouts_per_worker=RUNS,
                )
                self._pool = await pool.__aenter__()
            return self._pool


class _Output:
    """What is printed, as far as there is room for it."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._room = MAX_OUTPUT
        self.cut = False

    def add(self, stream: Literal["stdout", "stderr"], text: str) -> None:
        if len(text) > self._room:
            self.cut = True
            text = text[: self._room]
        if text:
            self._pieces.append(text)
            self._room -= len(text)

    def text(self) -> str:
        return "".join(self._pieces)


async def _answered(at: Any, functions: Mapping[str, Function]) -> AsyncSnapshot:
    """Answer what the code waits for: one of its functions, or that there is no such thing."""
    from pydantic_monty import AsyncFunctionSnapshot, AsyncNameLookupSnapshot, ExternalResult

    result: ExternalResult
    if isinstance(at, AsyncNameLookupSnapshot):
        return await at.resume()
    if not isinstance(at, AsyncFunctionSnapshot):  # nothing that we give is waited for later
        raise ToolFailed("the code waits for something that will never come")
    if at.is_os_function:  # files, the environment: the sandbox says no by itself
        return await at.resume_not_handled()
    function = functions.get(at.function_name) if at.object_id is None else None
    if function is None:
        return await at.resume({"exc_type": "NameError", "message": f"name {at.function_name[:100]!r} is not defined"})
    try:
        result = {"return_value": await function(at.args, at.kwargs)}
    except ToolFailed as failed:
        result = {"exc_type": "OSError", "message": str(failed)}
    except ValueError as error:
        result = {"exc_type": "ValueError", "message": str(error)[:MAX_ERROR]}
    return await at.resume(result)


def _told(error: Any) -> str:
    """An error with the lines it came from, its end when it is long: that says what it was."""
    display = getattr(error, "display", None)
    text = str(display() if callable(display) else error)
    return text if len(text) <= MAX_ERROR else f"…{text[-MAX_ERROR:]}"
