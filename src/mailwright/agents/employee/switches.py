"""The stop switch in the agent's mail: STOP and RESUME are looked for before a message becomes a task.

Called by arrivals. A mail throws it only when its author is proven (signed in, or by the domain of their address), is a person with an
active account, and sat at the keyboard: automatic mail throws nothing, for an autoresponder repeats subjects that others chose.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from mailwright.agents import policy
from mailwright.agents.employee import contents
from mailwright.agents.employee.facts import correspondent_of, is_addressed
from mailwright.core import Core, messages, stopmail
from mailwright.core.messages import StoredMessage
from mailwright.core.stopmail import Word
from mailwright.domain.envelope import Origin
from mailwright.domain.refusals import NotFound
from mailwright.storage import Tx, accounts
from mailwright.storage.accounts import Account


async def take(core: Core, wanted: Mapping[str, str]) -> dict[str, str]:
    """Throw the switch for the messages (id → assignment) that ask for it; those that are left are to become tasks. Raises TryLater."""
    said = await core.read(lambda tx: _said(tx, wanted))
    left = dict(wanted)
    for message, word in said:
        if await _throw(core, message, word):
            del left[message.id]
    return left


def _said(tx: Tx, wanted: Mapping[str, str]) -> list[tuple[StoredMessage, Word]]:
    found = []
    for message_id in wanted:
        try:
            message = messages.load(tx, message_id)
        except NotFound:  # removed since
            continue
        word = stopmail.word_of(message.subject)
        if word is not None and policy.words_of_author(message.origin) is Origin.OWNER:
            found.append((message, word))
    return found


async def _throw(core: Core, message: StoredMessage, word: Word) -> bool:
    """Whether the mail was about the switch (also when it was thrown by it before)."""
    try:
        raw = await core.blobs.read(message.blob_id)
    except NotFound:
        return False
    if (await asyncio.to_thread(contents.read, raw, with_files=False)).automatic:
        return False
    if word == "RESUME" and not await core.read(lambda tx: is_addressed(tx, message)):
        return False  # proven, and written to somebody else: whoever got it once may have brought it here
    person, agent = await core.write(lambda tx: _people(tx, message))
    if person is None or agent is None or person.status != "active" or person.role == "agent":
        return False
    await stopmail.throw(core, message, person, agent, word)
    return True


def _people(tx: Tx, message: StoredMessage) -> tuple[Account | None, Account | None]:
    return correspondent_of(tx, message).person, accounts.by_id(tx, message.user_id)
