"""What a model is given to work on: the asker's words and what came with them, as plain values.

Made by an agent's gather step; read by the built-in rules model as it is, and by `think` when it writes a prompt.
Everything in here was written by others: it is material, never an instruction to us.
"""

from dataclasses import dataclass, field

from mailwright.domain.clock import Instant


@dataclass(frozen=True, slots=True)
class Attached:
    """One attachment. `text` is what could be read of it (None: not a text), cut where `truncated`; `size` in bytes."""

    name: str
    type: str
    size: int
    text: str | None = None
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier message of the thread that the asker wrote or received."""

    sender: str
    at: Instant
    text: str


@dataclass(frozen=True, slots=True)
class Material:
    """A message with what belongs to it. `text` is what was newly written, `forwarded` what was passed on to be read.

    `asked`: earlier in the thread we asked its sender what is wanted.
    """

    subject: str
    text: str
    sent_at: Instant
    forwarded: str = ""
    sender: str = ""
    sender_name: str = ""
    time_zone: str = "UTC"
    tone: str = ""
    asked: bool = False
    attachments: tuple[Attached, ...] = field(default=())
    earlier: tuple[Earlier, ...] = field(default=())
