"""Where limits are counted: in Valkey for all processes together, and in this process alone without one or while it is away.

Used by core/limiting.py, through the library `limits`, whose own storages these two are.
Promises: nobody waits or is refused because Valkey is away; what was counted there meanwhile is not known here, nor the other way
round, so that for that time a limit holds for each process by itself. Keys end by themselves when their window does.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from limits.aio.storage import MemoryStorage, MovingWindowSupport, Storage

from mailwright.storage.valkey import Valkey, ValkeyAway

log = structlog.get_logger(__name__)

T = TypeVar("T")

SWEPT_SECONDS = 60.0


class OwnStorage(MemoryStorage):
    """The counters of this process. The library's looks through all of them at every call, and every recipient of a mail is one: here
    those that ended are forgotten once in a while.
    """

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[str, tuple[float, int]] = {}  # until when, and how many
        self._swept_at = time.time()

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        moment = time.time()
        if moment >= self._swept_at + SWEPT_SECONDS:
            self._swept_at = moment
            self._counts = {each: found for each, found in self._counts.items() if found[0] > moment}
        until, count = self._counts.get(key, (0.0, 0))
        if until <= moment:
            until, count = moment + expiry, 0
        self._counts[key] = until, count + amount
        return count + amount

    async def get(self, key: str) -> int:
        until, count = self._counts.get(key, (0.0, 0))
        return count if until > time.time() else 0

    async def get_expiry(self, key: str) -> float:
        return self._counts.get(key, (time.time(), 0))[0]

    async def clear(self, key: str) -> None:
        self._counts.pop(key, None)
        await super().clear(key)


class SharedStorage(Storage, MovingWindowSupport):
    """The counters called `name`."""

    STORAGE_SCHEME = None

    def __init__(self, valkey: Valkey, name: str) -> None:
        super().__init__()
        self._valkey = valkey
        self._name = name
        self._alone = OwnStorage()
        self._together: Any = None

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        return ValkeyAway

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        return await self._either(lambda storage: storage.incr(self._key(key), expiry, amount))

    async def get(self, key: str) -> int:
        return await self._either(lambda storage: storage.get(self._key(key)))

    async def get_expiry(self, key: str) -> float:
        return await self._either(lambda storage: storage.get_expiry(self._key(key)))

    async def clear(self, key: str) -> None:
        await self._either(lambda storage: storage.clear(self._key(key)))
        if not self._valkey.away:  # counted here, too, while it was
            await self._alone.clear(self._key(key))

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        return await self._either(lambda storage: storage.acquire_entry(self._key(key), limit, expiry, amount))

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        return await self._either(lambda storage: storage.get_moving_window(self._key(key), limit, expiry))

    async def check(self) -> bool:
        return await self._either(lambda storage: storage.check())

    async def reset(self) -> int | None:
        raise NotImplementedError("limits end by themselves")

    def _key(self, key: str) -> str:
        return f"{self._name}/{key}"

    async def _either(self, function: Callable[[Any], Awaitable[T]]) -> T:
        try:
            return await self._valkey.ask(lambda client: function(self._shared(client)))
        except ValkeyAway:
            return await function(self._alone)

    def _shared(self, client: Any) -> Any:
        if self._together is None:
            from limits.aio.storage import RedisStorage

            self._together = RedisStorage(
                "async+valkey://localhost:6379",
                key_prefix=self._valkey.key("limit"),
                connection_pool=client.connection_pool,
            )
        return self._together
