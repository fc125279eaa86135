"""Reading the thread: its history as the workspace keeps it, or as it came when there is no workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from mailwright.agents.models.tools import Tool
from mailwright.agents.policy.effects import Action, Effect
from mailwright.core import workspaces
from mailwright.core.workspaces import THREAD_FILE, Entry

if TYPE_CHECKING:
    from mailwright.agents.models import Material
    from mailwright.agents.tools.run import Run

PAGE = 19_000  # characters of one answer: below what a result may have, with a line that says how to go on


class Arguments(BaseModel):
    """Of read_thread."""

    model_config = ConfigDict(extra="forbid")

    start: int = Field(0, ge=0, le=10_000_000, description="Where to begin, in characters; 0 is the beginning.")


def tools(run: Run) -> tuple[Tool, ...]:
    """read_thread."""

    async def read_thread(arguments: Arguments) -> str:
        await run.allow(Effect(Action.READ, THREAD_FILE))
        text = await run.folder.history()
        if text is None:
            text = workspaces.render_thread(_entries(run.snapshot.material, run.snapshot.message_id))
        return page_of(text, arguments.start)

    return (
        Tool(
            "read_thread",
            "Read the history of this conversation: every message with its date, sender, text and the names of its attachments.",
            Arguments,
            read_thread,
        ),
    )


def page_of(text: str, start: int) -> str:
    """A piece of a long text, and where the next one begins."""
    if start and start >= len(text):
        return f"[there is nothing at {start}: the text has {len(text)} characters]"
    end = start + PAGE
    more = f"\n[characters {start} to {end} of {len(text)}; go on with start={end}]" if end < len(text) else ""
    return (text[start:end] or "[it is empty]") + more


def _entries(material: Material, message_id: str) -> list[Entry]:
    before = [Entry("", each.sender, each.at, "", each.text) for each in material.earlier]
    sender = f"{material.sender_name} <{material.sender}>" if material.sender_name else material.sender
    names = tuple(f"{each.name} ({each.type}, {each.size} bytes)" for each in material.attachments)
    newest = Entry(message_id, sender, material.sent_at, material.subject, material.text, material.forwarded, names)
    return [*before, newest]
