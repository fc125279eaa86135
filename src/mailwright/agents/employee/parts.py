"""What the employee's steps work with: set once at start by work.py, because a recorded step takes only values as arguments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailwright.agents.models import Models
from mailwright.agents.models.tools import RunLimits
from mailwright.codecs.redaction import Recogniser
from mailwright.core import Core
from mailwright.domain.clock import SECOND, Instant

if TYPE_CHECKING:
    from mailwright.agents.tools.servers import Servers
    from mailwright.agents.tools.shop import Workshop
    from mailwright.agents.tools.web import Web

AGENT = "employee"
"""The agent's name in assignments, tasks and workflow ids."""


@dataclass(frozen=True, slots=True)
class Options:
    """What an installation chooses. `threshold`: below this confidence a mail is no task. `progress`: after this long its sender is told
    that it takes longer. `upgrade_link`: where plans are bought. `hosts` and `tools` are the
    allow-lists of the policy: pages, and tools of others. `recognisers` find what is hidden from models beside the built-in ones.
    """

    threshold: float = 0.6
    limits: RunLimits = field(default_factory=RunLimits)
    progress: Instant = 120 * SECOND
    upgrade_link: str = ""
    hosts: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    recognisers: tuple[Recogniser, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """What tools of a run reach: the web, servers of tools, the processes that runs share. None: nothing, or one of their own."""

    web: Web | None = None
    servers: Servers | None = None
    shop: Workshop | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """Core, the models, the options, and what a run's tools reach."""

    core: Core
    models: Models
    options: Options
    reach: Reach


_configured: Parts | None = None


def configure(core: Core, models: Models, options: Options | None = None, reach: Reach | None = None) -> None:
    """Give the employee its parts; before the first workflow runs. A second call replaces them (tests do)."""
    global _configured
    _configured = Parts(core, models, options or Options(), reach or Reach())


def parts() -> Parts:
    """The parts. A missing `configure` is a bug of the start and shows at once."""
    if _configured is None:
        raise RuntimeError("employee.configure was not called")
    return _configured
