"""Deciding: whether a draft is due. Plain code, no model, no I/O: the same facts, the same decision.

Called when a mail was judged, and again in the transaction that files a draft, with facts read anew.
"""

from __future__ import annotations

from mailwright.agents.assistant.snapshot import Signals
from mailwright.agents.policy import Grant
from mailwright.core.assistants import Assistant
from mailwright.domain.triage import Category
from mailwright.storage.triage import Item

NEWER = "a newer mail of the conversation is looked after"
WRITING = "you are writing in this conversation already"
EDITED = "you edited the draft, and it stays as it is"
NOBODY = "the mail names nobody who could be written to"


def no_draft(item: Item, signals: Signals, assistant: Assistant, threshold: float) -> str:
    """Why no draft is made, or nothing: then one is due. The order of the rules is the order of their weight."""
    if signals.bounce:
        return "it came without a return address, like every bounce (RFC 3834 §2)"
    if signals.automatic:
        return f"automatic mail gets no draft: {signals.automatic}"
    if signals.from_agent:
        return "an agent of this server wrote it"
    if signals.from_owner:
        return "you wrote it yourself"
    if item.category != Category.NEEDS_REPLY.value:
        return f"it is {item.category or 'not judged'}, and no reply is due"
    if item.confidence < threshold:
        return f"that a reply is due is sure to {item.confidence:.2f}, and drafts begin at {threshold:g}"
    if not assistant.options.drafts:
        return "drafts are switched off"
    if Grant.DRAFT.value not in assistant.grants:
        return "the assistant was not granted to draft"
    return ""
