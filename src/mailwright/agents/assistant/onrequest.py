"""On request: what people and their programs ask of the assistant through the API, done here or handed to its workflows.

The `Worker` of `core.processing`, made by staff.py in any process that has the API, with or without workflows of its own.
Promises: a draft is thrown away only while it is as we wrote it; of an account elsewhere nothing is fetched but the one message that is
named; its services' errors reach the caller as ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from mailwright.agents.assistant import arrivals, ending, looking, revisiting, standing
from mailwright.agents.assistant.looks import Arrival, Open, to_look_at
from mailwright.agents.assistant.looks_gmail import GmailLooks
from mailwright.agents.assistant.ours import OurInbox
from mailwright.agents.assistant.parts import OpenInbox
from mailwright.core import Core, connections
from mailwright.core.processing import AssistantOff, DraftEdited
from mailwright.domain import clock
from mailwright.domain.clock import MINUTE
from mailwright.domain.refusals import AuthenticationFailed, NotFound
from mailwright.domain.triage import DraftState
from mailwright.pipeline import Flows
from mailwright.storage import Tx, triage
from mailwright.storage.connections import Connection
from mailwright.storage.tasks import Task
from mailwright.storage.triage import Item

DISCARDED: Final = "its owner threw it away"
_GMAIL_ID = re.compile(r"[0-9a-f]{8,32}")
_LOCKED_OUT = "the account does not let us in any more: connect it anew"


class OnRequest:
    """See `core.processing.Worker`. `openers` open accounts elsewhere, by the kind of connection."""

    def __init__(
        self, core: Core, flows: Flows, open_inbox: OpenInbox, openers: Mapping[str, Open] | None = None
    ) -> None:
        self._core = core
        self._flows = flows
        self._open_inbox = open_inbox
        self._openers = openers or {}

    async def again(self, item_ids: Sequence[str], *, force: bool, bulk: bool) -> list[Task]:
        """See `Worker`."""
        return await arrivals.again_all(self._core, self._flows, item_ids, force=force, bulk=bulk)

    async def learn(self, user_id: str) -> None:
        """See `Worker`. Asked for several times in a minute it is done once."""
        name = f"assistant-style:{user_id}:{clock.now() // MINUTE}"
        await self._flows.enqueue(revisiting.style_of, user_id, id=name)

    async def discard(self, item: Item) -> None:
        """See `Worker`. Raises NotFound and AssistantOff where the account cannot be opened, too."""
        try:
            inbox = await self._open_inbox(item.user_id, item.connection_id)
            try:
                found = await standing.of_draft(inbox, item)
                if isinstance(inbox, OurInbox) and await self._core.read(lambda tx: inbox.rewritten(tx, item)):
                    found = "edited"  # mail programs keep an edited draft as a new one
                if found == "edited":
                    raise DraftEdited("the draft was edited by its owner")
                if found == "ours":
                    await inbox.remove_draft(item.draft_id)
            finally:
                await inbox.close()
        except AuthenticationFailed:
            raise AssistantOff(_LOCKED_OUT) from None
        await self._core.write(lambda tx: _discarded(tx, item))

    async def bring(self, connection: Connection, remote_id: str) -> str:
        """See `Worker`. Only Gmail has ids that people can know. Raises AssistantOff where the account does not let us in, too."""
        opener = self._openers.get(connection.kind)
        if opener is None or connection.kind != connections.GMAIL or _GMAIL_ID.fullmatch(remote_id) is None:
            raise NotFound("there is no such mail")
        try:
            account = await opener(connection)
            try:
                if isinstance(account, GmailLooks):
                    account.called_for(remote_id)
                arrival = await account.arrival(remote_id)
            finally:
                await account.close()
        except AuthenticationFailed:
            raise AssistantOff(_LOCKED_OUT) from None
        if arrival is None:
            raise NotFound("there is no such mail in the inbox there")
        return await self._core.write(lambda tx: _brought(tx, connection, arrival))


def _discarded(tx: Tx, item: Item) -> None:
    fresh = triage.by_id(tx, item.id)
    if fresh is None or fresh.draft_id != item.draft_id or fresh.draft_state != DraftState.MADE.value:
        return  # forgotten, or something newer is known of it
    state = DraftState.DISCARDED.value
    triage.update(tx, item.id, now=clock.now(), draft_state=state, draft_because=DISCARDED)
    ending.tell(tx, fresh)


def _brought(tx: Tx, connection: Connection, arrival: Arrival) -> str:
    if to_look_at(tx, connection.id) is None:  # taken away meanwhile: nothing of it is kept
        raise NotFound("there is no such mail")
    return looking.item_of(tx, connection, arrival).id
