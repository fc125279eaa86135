"""The assistant: it looks after an inbox, says what each mail is to its owner, and drafts the replies that are due. It sends nothing.

    workflow   the order of things                  inbox      what it needs of a mailbox, whosever it is
    classify   what a mail is, and its label        ours       a mailbox here; `gmailinbox`, `imapinbox` elsewhere
    generate   the text of a draft                  arrivals   from mail that came to a workflow; asked for again
    draft      the draft, filed once                looking    new mail elsewhere is found; `watching` has it told
    gather     mail, conversation, owner            giving_up  what failed for good; `healing` tries it again
    layer      what is certain without a model      drafting   how a draft is written; `claims` checks it
    signals    what a header shows                  composing  how it becomes a message
    stepping   retries, and what must be true before anything is done; `deciding` whether a draft is due
    standing   what became of drafts                ending     how a task comes to its end
    corrections, learning   what owners do with labels and drafts is taken as their word
    labelling  what they say here is shown elsewhere, too
    parts      core, models, inboxes, set at start  prompts/   what a model is told

work.py calls `configure` before the first workflow, subscribes the consumers and schedules the rounds. Importing this package declares
the workflows.
"""

from mailwright.agents.assistant.arrivals import (
    GROUP,
    again,
    again_all,
    on_dead,
    on_delivered,
    open_items,
    open_task,
    replayer,
    requests_for,
)
from mailwright.agents.assistant.healing import EVERY_HOUR, heal
from mailwright.agents.assistant.parts import AGENT, OpenInbox, Options, configure, only_ours
from mailwright.agents.assistant.workflow import assist

__all__ = [
    "AGENT",
    "EVERY_HOUR",
    "GROUP",
    "OpenInbox",
    "Options",
    "again",
    "again_all",
    "assist",
    "configure",
    "heal",
    "on_dead",
    "on_delivered",
    "only_ours",
    "open_items",
    "open_task",
    "replayer",
    "requests_for",
]
