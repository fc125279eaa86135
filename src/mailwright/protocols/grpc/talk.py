"""One call under way, as the methods see it: who asks, and what they work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mailwright.core import Core
from mailwright.core.administration import Reach, reach_of
from mailwright.domain.refusals import NotPermitted
from mailwright.protocols.api.admin.parts import Machine
from mailwright.protocols.api.admin.removals import Removals
from mailwright.protocols.grpc.callers import Known
from mailwright.protocols.identity import Caller
from mailwright.protocols.jmap.capabilities import MAX_DOWNLOADS_AT_ONCE, MAX_UPLOADS_AT_ONCE
from mailwright.protocols.jmap.dispatch import Call
from mailwright.protocols.jmap.requests import Going
from mailwright.protocols.streams import Streams
from mailwright.storage.accounts import Account

Methods: TypeAlias = dict[str, Callable[..., Any]]
"""What answers the calls of a service, by their names: from a `Talk` and a message (or an iterator of them) to what is answered."""


class Noted(Call):
    """What JMAP's handlers work with; in the audit trail stands by which protocol somebody came."""

    def note(self, action: str, resource: str = "") -> None:
        """See `Call.note`."""
        Call.note(self, f"grpc.{action.removeprefix('jmap.')}", resource)


@dataclass(slots=True)
class House:
    """What all calls of a face share: `machine` has the dead letters and the agents, where this process can offer them something again."""

    core: Core
    streams: Streams
    removals: Removals
    machine: Machine = field(default_factory=Machine)
    uploads: Going = field(default_factory=lambda: Going(MAX_UPLOADS_AT_ONCE, "appends"))
    downloads: Going = field(default_factory=lambda: Going(MAX_DOWNLOADS_AT_ONCE, "downloads"))


class Talk:
    """One call."""

    def __init__(self, house: House, known: Known) -> None:
        self.house = house
        self.core = house.core
        self.call = Noted(house.core, known.caller, frozenset())
        self._known = known

    @property
    def caller(self) -> Caller:
        """Who asks."""
        return self._known.caller

    @property
    def account(self) -> Account:
        """Their account."""
        return self.caller.account

    def whose(self, account_id: str) -> str:
        """The account that a request names; nothing names one's own."""
        return account_id or self.account.id

    def check_mailbox(self) -> None:
        """Raises NotPermitted for people without mail here."""
        if not self.account.has_mailbox:
            raise NotPermitted("you have no mailbox here")

    def check_decides(self) -> None:
        """Raises NotPermitted for programs, which say yes to nothing that an agent asks."""
        if not self._known.decides:
            raise NotPermitted("sign in with a browser for this: see the how-to about gRPC")

    def reach(self) -> Reach:
        """What they may look after. Raises NotPermitted."""
        if not self._known.trusted:
            raise NotPermitted("this way of signing in does not administer: see the how-to about gRPC")
        return reach_of(self.account, self.caller.actor)
