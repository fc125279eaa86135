"""What the employee's steps work with: set once at start by app.py, because a recorded step takes only values as arguments."""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.agents.models import Models
from mailwright.core import Core

AGENT = "employee"
"""The agent's name in assignments, tasks and workflow ids."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Core and the models."""

    core: Core
    models: Models


_configured: Parts | None = None


def configure(core: Core, models: Models) -> None:
    """Give the employee its parts; before the first workflow runs. A second call replaces them (tests do)."""
    global _configured
    _configured = Parts(core, models)


def parts() -> Parts:
    """The parts. A missing `configure` is a bug of the start and shows at once."""
    if _configured is None:
        raise RuntimeError("employee.configure was not called")
    return _configured
