"""How it stands with drafts: what became of the one that was made, and what else is going on in the conversation.

Used by generate and draft, before a model is asked and before anything is filed.
"""

from __future__ import annotations

import hashlib
from typing import Literal, TypeAlias

from mailwright.agents.assistant.inbox import Inbox
from mailwright.codecs import mime
from mailwright.core.assistants import AGENT
from mailwright.domain.addresses import Address
from mailwright.domain.ids import derived_token
from mailwright.domain.refusals import BadAddress
from mailwright.domain.triage import Category, DraftState
from mailwright.storage import Tx, mailboxes, messages, tasks, triage
from mailwright.storage.messages import Flag, StoredMessage
from mailwright.storage.triage import Item

Standing: TypeAlias = Literal["none", "ours", "edited", "gone"]
"""Of the draft of a mail: there never was one, it is as we wrote it, its owner edited or sent it, or it was taken away."""

MAX_LOOKED_AT = 200  # messages of a conversation
MAX_DRAFTS = 100  # the newest of somebody's, among which an answer to a mail without a Message-ID is looked for


def header_id(item_id: str, generation: int, hostname: str) -> str:
    """The Message-ID of the draft for a mail: the same for every attempt of a generation, so that a repeat makes no second draft."""
    return f"<{derived_token(AGENT, item_id, str(generation), 'draft')}@{hostname}>"


def checksum(text: str) -> str:
    """Of the words of a draft: programs that keep it break its lines as they like."""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "replace")).hexdigest()


def text_of(raw: bytes) -> str:
    """The words of a draft as it is now."""
    parsed = mime.parse(raw)
    text = mime.body_text(raw, parsed)
    return text if text.strip() else mime.html_to_text(mime.body_html(raw, parsed) or "")


async def of_draft(inbox: Inbox, item: Item) -> Standing:
    """Raises TryLater, AuthenticationFailed."""
    if item.draft_state in (DraftState.EDITED.value, DraftState.SENT.value):
        return "edited"
    if not item.draft_id:
        return "none"
    raw = await inbox.draft(item.draft_id)
    if raw is None:
        return "gone"
    return "ours" if checksum(text_of(raw)) == item.draft_checksum else "edited"


def unnamed_answers(tx: Tx, item: Item) -> list[StoredMessage]:
    """The drafts of its owner's that answer a mail here without a Message-ID, oldest first, beside the one made for it.

    RFC 5322 §3.6.4: such an answer names no mail. What it has is the subject, and to whom it is; drafts made for other mails are none.
    """
    drafts = mailboxes.by_role(tx, item.user_id, "drafts")
    if item.header_id or drafts is None:
        return []
    subject = mime.reply_subject(item.subject).casefold()
    found = [
        each
        for each in reversed(messages.in_mailbox(tx, drafts.id, MAX_DRAFTS))
        if not each.headers.get("in_reply_to")
        and not each.flags & Flag.DELETED
        and each.subject.casefold() == subject
        and any(_key(address) == item.sender for _name, address in each.headers.get("to", ()))
    ]
    made = {each.draft_id for each in triage.with_drafts(tx, item.user_id, draft_ids=[each.id for each in found])}
    return [each for each in found if each.id not in made]


def others(tx: Tx, item: Item) -> list[Item]:
    """The other mails of the conversation that were seen, oldest first."""
    if item.connection_id is not None:
        if not item.remote_thread:
            return []
        found = triage.in_remote_thread(tx, item.connection_id, item.remote_thread)
        return [each for each in found if each.id != item.id]
    message = messages.by_id(tx, item.id)
    if message is None:
        return []
    thread = messages.in_thread(tx, item.user_id, message.thread_id, MAX_LOOKED_AT)
    known = triage.known(tx, [each.id for each in thread if each.id != item.id])
    return sorted(known.values(), key=lambda each: (each.received_at, each.id))


def newer_waits(tx: Tx, item: Item, among: list[Item], threshold: float) -> bool:
    """Whether a newer mail of the conversation gets the draft, or may get it: it is not judged yet."""
    for each in among:
        if (each.received_at, each.id) <= (item.received_at, item.id):
            continue
        if each.category == Category.NEEDS_REPLY.value and each.confidence >= threshold:
            return True
        if (
            not each.category
            and (task := tasks.by_message(tx, AGENT, each.id)) is not None
            and not task.status.is_final
        ):
            return True
    return False


def _key(address: str) -> str:
    try:
        return Address.parse(address).key
    except BadAddress:
        return address.lower()
