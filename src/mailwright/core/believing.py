"""Whether the search index that is here is the one that the database's marks are about (see storage/searchindexes).

Called by whoever asks the index, feeds it or makes it. Promises: an index that is not believed is asked for nothing that people see, as if
there were none; one that does not answer just now is not made anew for that; and what feeds another one than the database has noted
moves neither marks nor the cursor of its group, but lets another process have its turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from mailwright.core import Core, asking
from mailwright.domain.refusals import TryLater
from mailwright.pipeline.consumers import HandOver
from mailwright.storage import Tx, searchindexes
from mailwright.storage.search import IndexFailed, KeptIndex, SearchIndex

T = TypeVar("T")


async def look(core: Core, index: SearchIndex | None, question: Callable[[Tx], T]) -> tuple[bool, T]:
    """Whether the index may be asked, and what the rows say in the same moment. Raises TryLater."""
    answers = None if index is None else await asking.in_thread(_answering, index)
    found = await core.read(lambda tx: (searchindexes.believes(tx, answers), question(tx)))
    if index is not None and answers is not None and not found[0]:
        now = await asking.in_thread(_answering, index, anew=True)  # another may have taken its place a moment ago
        if now != answers:
            found = await core.read(lambda tx: (searchindexes.believes(tx, now), question(tx)))
    return found


async def is_believed(core: Core, index: SearchIndex | None) -> bool:
    """Whether the index may be asked. Raises TryLater."""
    return (await look(core, index, lambda _: None))[0]


async def is_to_be_made(core: Core, index: KeptIndex) -> bool:
    """Whether there is no index, or none to be believed. Raises TryLater when nobody can tell just now."""
    if await asyncio.to_thread(index.is_missing):
        return True
    for anew in (False, True):
        answers = await asyncio.to_thread(generation_of, index, anew=anew)
        if await core.read(lambda tx, answers=answers: searchindexes.believes(tx, answers)):  # type: ignore[misc]
            return False
    return True


def generation_of(index: KeptIndex, *, anew: bool = False) -> str | None:
    """The generation that answers, None when there is none: for who goes by that. Raises TryLater when nobody can tell just now."""
    try:
        return index.generation(anew=anew)
    except IndexFailed as failed:
        if index.is_missing():
            return None
        raise TryLater(str(failed)) from failed


def feeds(tx: Tx, fed: frozenset[str] | None) -> bool:
    """Whether the marks are about what was fed (None: there was nothing to feed it with), so that they may be moved.

    Raises HandOver when they are about something else.
    """
    noted = searchindexes.noted(tx)
    if noted and fed is not None and noted.isdisjoint(fed):
        raise HandOver("the search index of this process is not the one that is kept now")
    return bool(noted)


def _answering(index: SearchIndex, *, anew: bool = False) -> str | None:
    try:
        return index.generation(anew=anew)
    except IndexFailed:
        return None
