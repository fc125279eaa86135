"""Who calls, and what they reach: the dependencies of every route of this package.

    looks       support, admin, operator      reads, retries, replays
    changes     admin, operator               everything of a tenant
    operates    operator                      tenants, models

Which tenant's things are reached is `core.administration.reach`'s to decide, for each thing.
"""

from starlette.requests import Request

from mailwright.core.administration import Reach, reach_of
from mailwright.protocols.identity import Caller, Identity


class Reaching:
    """Turns callers into their reach. Raises AuthenticationFailed, NotPermitted (role, CSRF), TryLater."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    async def looks(self, request: Request) -> Reach:
        """Support and admins."""
        return _reach(await self._identity.support(request))

    async def changes(self, request: Request) -> Reach:
        """Admins."""
        return _reach(await self._identity.admin(request))

    async def operates(self, request: Request) -> Reach:
        """Operators."""
        return _reach(await self._identity.operator(request))


def _reach(caller: Caller) -> Reach:
    return reach_of(caller.account, caller.actor)
