"""What the assistant's steps work with: set once at start by work.py, because a recorded step takes only values as arguments."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

from mailwright.agents.assistant.inbox import Inbox
from mailwright.agents.assistant.ours import OurInbox
from mailwright.agents.models import Models
from mailwright.codecs.redaction import Recogniser
from mailwright.core import Core, assistants
from mailwright.domain.refusals import NotFound
from mailwright.pipeline import Flows

AGENT = assistants.AGENT
"""The agent's name in assignments, tasks and workflow ids."""

OpenInbox: TypeAlias = Callable[[str, str | None], Awaitable[Inbox]]
"""From whose (a user's id) and where (a connection's id; None: the mailbox here) to an open inbox, which the caller closes.

Raises NotFound, TryLater, AuthenticationFailed.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What an installation chooses. `threshold`: from this confidence that a reply is due one is drafted, unless its owner chose
    another. `draft_words`: what a draft has at most. `recognisers` find what is hidden from models beside the built-in ones.
    """

    threshold: float = 0.7
    draft_words: int = 200
    recognisers: tuple[Recogniser, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """Core, the models, the options, how an inbox is opened, and who carries a workflow (None: nobody here)."""

    core: Core
    models: Models
    options: Options
    open_inbox: OpenInbox
    flows: Flows | None


_configured: Parts | None = None


def configure(
    core: Core,
    models: Models,
    options: Options | None = None,
    open_inbox: OpenInbox | None = None,
    *,
    flows: Flows | None = None,
) -> None:
    """Give the assistant its parts; before the first workflow runs. A second call replaces them (tests do)."""
    global _configured
    _configured = Parts(core, models, options or Options(), open_inbox or only_ours(core), flows)


def parts() -> Parts:
    """The parts. A missing `configure` is a bug of the start and shows at once."""
    if _configured is None:
        raise RuntimeError("assistant.configure was not called")
    return _configured


@asynccontextmanager
async def opened(user_id: str, connection_id: str | None) -> AsyncIterator[Inbox]:
    """An inbox for as long as it is needed. Raises NotFound, TryLater, AuthenticationFailed."""
    inbox = await parts().open_inbox(user_id, connection_id)
    try:
        yield inbox
    finally:
        await inbox.close()


def only_ours(core: Core) -> OpenInbox:
    """Mailboxes here, and no account elsewhere."""

    async def open_inbox(user_id: str, connection_id: str | None) -> Inbox:
        if connection_id is not None:
            raise NotFound("no account elsewhere can be opened here")
        return await OurInbox.of(core, user_id)

    return open_inbox
