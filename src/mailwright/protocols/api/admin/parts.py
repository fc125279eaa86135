"""What administration needs besides core, and `app.py` brings: a resolver, the ports, the dead letters, the models, and what can be
seen of the machine. Without a part, what needs it says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mailwright.core.administration.condition import Looks
from mailwright.core.administration.failedtasks import Again
from mailwright.core.administration.providers import Looking
from mailwright.core.dnscheck import LookUp
from mailwright.core.dnsrecords import Doors
from mailwright.core.modelchoices import Premises
from mailwright.pipeline.dead_letters import DeadLetters


@dataclass(frozen=True, slots=True)
class Machine:
    """The installation as it is set up. `relayed`: its mail leaves through another server; `looks` may block a little."""

    doors: Doors = field(default_factory=Doors)
    relayed: bool = False
    look_up: LookUp | None = None  # DNS
    letters: Callable[[], DeadLetters] | None = None  # made at first need
    looks: Looks | None = None
    models: Premises | None = None
    again: Again | None = None  # hands a task to its agent once more
    signon: Looking | None = None  # speaks with identity providers
