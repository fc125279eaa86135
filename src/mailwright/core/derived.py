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

MAX_ROUNDS = (
    64  # of asking; the rules of one recipient ask for a few messages, those of a whole group for theirs together
)
ENOUGH_OCTETS = 32 * 1024 * 1024  # asked for in one round: all of it is in memory until it is staged


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message to be staged for a tenant; `read`: what is in it has to be known, too."""

    tenant_id: str
    raw: bytes = field(repr=False)
    read: bool


class NotStaged(Exception):
    """The transaction needs these messages staged."""

    def __init__(self, *wanted: Wanted) -> None:
        super().__init__("a message has to be staged first")
        self.wanted = wanted


@dataclass(slots=True)
class Missing:
    """What several recipients lack, so that they do not ask one after the other. Nothing that is done meanwhile will last."""

    _wanted: list[Wanted] = field(default_factory=list)

    def note(self, lacking: NotStaged) -> None:
        """One more. Raises NotStaged when that is enough for one round."""
        self._wanted += lacking.wanted
        if sum(len(each.raw) for each in self._wanted) >= ENOUGH_OCTETS:
            self.ask()

    def ask(self) -> None:
        """Raises NotStaged when anything was noted."""
        if self._wanted:
            raise NotStaged(*self._wanted)


@dataclass(frozen=True, slots=True)
class Made:
    """A message ready to be named by a row."""

    blob: StoredBlob
    parsed: mime.Parsed


@dataclass(slots=True)
class Derived:
    """The messages made so far for one that is being filed."""

    _blobs: dict[tuple[str, str], StoredBlob] = field(default_factory=dict)
    _made: dict[tuple[str, str], Made] = field(default_factory=dict)

    def blob_of(self, tenant_id: str, raw: bytes) -> StoredBlob:
        """The blob with these bytes. Raises NotStaged."""
        blob = self._blobs.get((tenant_id, checksum(raw)))
        if blob is None:
            raise NotStaged(Wanted(tenant_id, raw, read=False))
        return blob

    def of(self, tenant_id: str, raw: bytes) -> Made:
        """The message with these bytes. Raises NotStaged."""
        made = self._made.get((tenant_id, checksum(raw)))
        if made is None:
            raise NotStaged(Wanted(tenant_id, raw, read=True))
        return made

    async def stage(self, core: Core, lacking: NotStaged) -> None:
        """Make what was asked for. Raises TryLater."""
        for wanted in lacking.wanted:
            blob = await core.blobs.stage(wanted.tenant_id, wanted.raw)
            self._blobs[wanted.tenant_id, blob.checksum] = blob
            if wanted.read:
                parsed = await asyncio.to_thread(mime.parse, wanted.raw)
                self._made[wanted.tenant_id, blob.checksum] = Made(blob, parsed)


async def write(core: Core, derived: Derived, function: Callable[[Tx], T]) -> T:
    """`core.write` for a function that may raise NotStaged: again and again until it has all it needs."""
    for _ in range(MAX_ROUNDS):
        try:
            return await core.write(function, shared=True)
        except NotStaged as lacking:
            await derived.stage(core, lacking)
    return await core.write(function, shared=True)
