"""The letters of the employee: what it says by itself, without a model, and how a letter becomes a message.

Called by act and progress. Expects texts of phrases_table; promises that whatever leaves has passed the filter of outgoing text.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailwright.agents import policy
from mailwright.agents.employee import phrases_table
from mailwright.agents.employee.facts import sent_id
from mailwright.agents.employee.parts import parts
from mailwright.agents.employee.snapshot import Snapshot
from mailwright.agents.models.budget import REACHED
from mailwright.codecs import mime
from mailwright.codecs.mime import Attachment, Mailbox
from mailwright.core import Core
from mailwright.core.usage import Usage
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.storage.approvals import Approval
from mailwright.storage.tasks import Task


def compose(
    core: Core,
    snapshot: Snapshot,
    task: Task,
    recipient: Address,
    text: str,
    files: Sequence[Attachment] = (),
    *,
    message_id: str = "",
) -> bytes:
    """The answer to the snapshot's message, in its thread."""
    return mime.compose(
        from_=Mailbox(_plain(snapshot.agent_name), snapshot.agent_address),
        to=[Mailbox(_plain(snapshot.correspondent_name), str(recipient))],
        subject=mime.reply_subject(snapshot.subject),
        text=policy.outgoing(text),
        message_id=message_id or sent_id(task, task.generation, core.settings.hostname),
        date=clock.now(),
        in_reply_to=snapshot.header_message_id,
        references=snapshot.references,
        attachments=files,
        # RFC 3834 §5: whoever answers automatically sees that this is an answer already.
        headers=[("Auto-Submitted", "auto-replied")],
    )


def clarification(snapshot: Snapshot) -> str:
    """Asking what is wanted."""
    return _letter(phrases_table.CLARIFY, snapshot)


def acknowledgement(snapshot: Snapshot) -> str:
    """Saying that it arrived."""
    return _letter(phrases_table.ACKNOWLEDGE, snapshot)


def limit(snapshot: Snapshot, usage: Usage) -> str:
    """Saying that the plan's tasks are used up, and where there are more."""
    link = parts().options.upgrade_link
    return _letter(
        phrases_table.LIMIT,
        snapshot,
        plan=usage.plan.name,
        used=usage.tasks_used,
        limit=usage.tasks_limit if usage.tasks_limit is not None else "∞",
        link=link,
    )


def progress(snapshot: Snapshot, task: Task) -> str:
    """Saying that it takes longer."""
    return _letter(phrases_table.PROGRESS, snapshot, reference=task.id)


def apology(snapshot: Snapshot, task: Task) -> str:
    """Saying that it failed, and why as far as that is ours to tell."""
    detail = task.last_error
    if REACHED in detail:
        reason = _in(phrases_table.BUDGET_SPENT, snapshot.language)
    elif detail:
        reason = _in(phrases_table.NO_MODEL, snapshot.language).format(detail=detail)
    else:
        reason = _in(phrases_table.UNKNOWN_REASON, snapshot.language)
    return _letter(phrases_table.APOLOGY, snapshot, reason=reason, reference=task.id)


def with_waiting(snapshot: Snapshot, text: str, waiting: Sequence[Approval]) -> str:
    """An answer, and below it the messages of its run that wait for an approval."""
    if not waiting:
        return text
    lines = "\n".join(f"- {', '.join(each.recipients)}: {each.subject}"[:300] for each in waiting)
    return f"{text}\n\n{_in(phrases_table.WAITING_APPROVAL_NOTE, snapshot.language).format(messages=lines)}"


def _letter(phrases: dict[str, str], snapshot: Snapshot, **more: object) -> str:
    agent = snapshot.agent_name or snapshot.agent_address
    return _in(phrases, snapshot.language).format(hello=_hello(snapshot), agent=agent, **more)


def _hello(snapshot: Snapshot) -> str:
    named, nobody = phrases_table.HELLO.get(snapshot.language, phrases_table.HELLO["en"])
    first = snapshot.material.sender_name.split()[:1]
    return named.format(name=first[0]) if first and first[0].isalpha() else nobody


def _in(phrases: dict[str, str], language: str) -> str:
    return phrases.get(language, phrases["en"])


def _plain(name: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:200]
