"""Messages that filing itself writes: a copy with another header, an answer. Staged outside the transaction, as all blobs are.

Called by rule delivery, which finds out in the middle of a transaction what has to be written, and by whoever runs that
transaction. Promises: a transaction never waits for a disk or a bucket. What it lacks it asks for by raising; nothing of it
has happened then, the message is staged, and the transaction runs again, with the same result since the same bytes come out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from mailwright.codecs import mime
from mailwright.core import Core
from mailwright.domain.ids import checksum
from mailwright.storage import StoredBlob, Tx

T = TypeVar("T")

MAX_ROUNDS = 64  # messages written for one that came in; its recipients' rules together ask for a few


class NotStaged(Exception):
    """The transaction needs this message staged for this tenant."""

    def __init__(self, tenant_id: str, raw: bytes) -> None:
        super().__init__("a message has to be staged first")
        self.tenant_id = tenant_id
        self.raw = raw


@dataclass(frozen=True, slots=True)
class Made:
    """A message ready to be named by a row."""

    blob: StoredBlob
    parsed: mime.Parsed


@dataclass(slots=True)
class Derived:
    """The messages made so far for one that is being filed."""

    _made: dict[tuple[str, str], Made] = field(default_factory=dict)

    def of(self, tenant_id: str, raw: bytes) -> Made:
        """The message with these bytes. Raises NotStaged."""
        made = self._made.get((tenant_id, checksum(raw)))
        if made is None:
            raise NotStaged(tenant_id, raw)
        return made

    async def stage(self, core: Core, wanted: NotStaged) -> None:
        """Make what was asked for. Raises TryLater."""
        blob = await core.blobs.stage(wanted.tenant_id, wanted.raw)
        parsed = await asyncio.to_thread(mime.parse, wanted.raw)
        self._made[wanted.tenant_id, blob.checksum] = Made(blob, parsed)


async def write(core: Core, derived: Derived, function: Callable[[Tx], T]) -> T:
    """`core.write` for a function that may raise NotStaged: again and again until it has all it needs."""
    for _ in range(MAX_ROUNDS):
        try:
            return await core.write(function, shared=True)
        except NotStaged as wanted:
            await derived.stage(core, wanted)
    return await core.write(function, shared=True)
