"""Limiting: how often somebody may do something. The one place that makes limiters.

Used by core and by the protocols that take calls from outside. With a Valkey the limiters of all processes count together, without
one each process counts for itself.
"""

from __future__ import annotations

from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

from mailwright.storage.sharedlimits import OwnStorage, SharedStorage
from mailwright.storage.valkey import Valkey


class Limiting:
    """Makes limiters. Those of one name count together, wherever they are made."""

    def __init__(self, valkey: Valkey | None = None) -> None:
        self._valkey = valkey

    def moving(self, name: str) -> MovingWindowRateLimiter:
        """So many in any period of that length: exact, and remembers each. For what is rare or must not come in bursts."""
        return MovingWindowRateLimiter(self._storage(name))

    def fixed(self, name: str) -> FixedWindowRateLimiter:
        """So many in each period: one number to remember. For what comes often."""
        return FixedWindowRateLimiter(self._storage(name))

    def _storage(self, name: str) -> Storage:
        return OwnStorage() if self._valkey is None else SharedStorage(self._valkey, name)
