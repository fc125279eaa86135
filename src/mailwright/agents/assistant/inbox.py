"""An inbox, whosever it is: what the assistant needs of a mailbox of ours, a Gmail account or an IMAP account.

`ours` keeps it over core; `connectors` have one for each service, handed in at start (see `parts`). Steps ask an inbox and know
nothing of where the mail is.
Promises of every implementation: what is read is not marked as read; a draft is found again by its Message-ID, so that a repeated
step makes no second one; errors are `NotFound` (the mail or draft is gone), `TryLater` (worth another attempt), `AuthenticationFailed`
(its owner must sign in anew) and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Origin
from mailwright.domain.refusals import Refusal
from mailwright.domain.triage import Category
from mailwright.storage.triage import Item


@dataclass(frozen=True, slots=True)
class Mail:
    """One message of a conversation. `mine`: its owner wrote it (it is among what was sent). `origin` is whose words they are proven to be."""

    id: str
    raw: bytes = field(repr=False)
    received_at: Instant = 0
    mine: bool = False
    origin: Origin = Origin.STRANGER


class Answered(Refusal):
    """The owner has answered the conversation meanwhile: no draft is made."""

    code = "answered"


class Inbox(Protocol):
    """One owner's inbox. `addresses` are the owner's own (`Address.key`), the first one the one that drafts are written from."""

    addresses: tuple[str, ...]

    async def mail(self, item: Item) -> Mail:
        """The mail itself. Raises NotFound, TryLater, AuthenticationFailed."""

    async def thread(self, item: Item, most: int) -> list[Mail]:
        """The conversation it is in, oldest first, without drafts; of a long one the newest `most`. The mail itself is among them."""

    async def written_to(self, item: Item) -> bool:
        """Whether the owner has ever written to the sender of the mail."""

    async def show(self, item: Item, category: Category | None) -> None:
        """Let the mail carry the label of the category instead of any other category's; None takes them away. Twice is as once."""

    async def find_draft(self, item: Item, header_id: str) -> str | None:
        """The id of the draft (or sent message) with that Message-ID, if there is one."""

    async def make_draft(self, item: Item, raw: bytes, header_id: str) -> str:
        """Put a draft into the mail's conversation; its id. Looks first whether the owner answered since: raises Answered."""

    async def draft(self, draft_id: str) -> bytes | None:
        """A draft as it is now; None when it is there no more."""

    async def remove_draft(self, draft_id: str) -> None:
        """Take a draft away that nobody edited (the caller has looked)."""

    async def sent(self, most: int) -> list[Mail]:
        """The newest mails its owner sent, the newest first."""

    async def close(self) -> None:
        """Let connections go."""
