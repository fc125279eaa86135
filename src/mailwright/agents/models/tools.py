"""Tools of a run, and its limits: what a model may call while it works on a question.

Made by an agent (`agents.tools`), handed over in `Question.tools`; called by `remote`. A tool decides nothing about what is
allowed: it asks the monitor before it does anything.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel


class ToolFailed(Exception):
    """A tool could not do what was asked, or may not; the text is for the model, and is ours."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. `run` gets checked arguments and gives text for the model (placeholders are put in and taken out by the caller).

    `name` is small letters and underscores; `run` raises ToolFailed.
    """

    name: str
    description: str
    arguments: type[BaseModel]
    run: Callable[[Any], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class RunLimits:
    """How far one run may go: turns of the model, tokens in and out, US dollars, seconds."""

    turns: int = 30
    tokens: int = 500_000
    cost_usd: float = 5.0
    seconds: float = 900.0
