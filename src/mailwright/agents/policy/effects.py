"""Effects: what a run of an agent may want to do in the world, and what the monitor says to it.

Made by tools and act, ruled on by `monitor`, recorded in the table `effects`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Action(StrEnum):
    """What is done. The first four stay inside the owner's own workspace and the run."""

    READ = "read"  # the thread, the workspace, the owner's own things
    WRITE = "write"  # a file in the workspace: a new version, nothing is lost
    COMPUTE = "compute"  # code in the sandbox
    NOTE = "note"  # progress told to the asker
    REPLY = "reply"  # an answer to the one who asked, in the thread
    SEND = "send"  # a message to anybody else
    INVITE = "invite"  # an event that others are told of
    SHARE = "share"  # others may see a thing of the owner's
    CHANGE = "change"  # a thing of the owner's is changed in place
    DELETE = "delete"  # a thing of the owner's goes
    SEARCH = "search"  # words go to a search service
    FETCH = "fetch"  # a page of the web is asked for
    CALL = "call"  # a tool of somebody else's (MCP)
    SPEND = "spend"  # money


@dataclass(frozen=True, slots=True)
class Effect:
    """One wish of a run. `target`: the path, address, URL or tool it is done to; `recipients`: whom it reaches; `text`: what leaves."""

    action: Action
    target: str = ""
    recipients: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the monitor says: `ask` means a person must approve the exact thing first."""

    verdict: Literal["allowed", "ask", "denied"]
    because: str

    @property
    def allowed(self) -> bool:
        return self.verdict == "allowed"
