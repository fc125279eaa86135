"""Questions to the search index, in threads of their own.

Called by whatever searches, and by status. An index on another machine may hang: it then holds these threads for as long as a
question may take, and none of those in which the process does everything else.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 8  # as many connections as are kept to an engine

_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="search")


async def in_thread(question: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call it there, as `asyncio.to_thread` does in those of everybody."""
    call = functools.partial(contextvars.copy_context().run, question, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_threads, call)
