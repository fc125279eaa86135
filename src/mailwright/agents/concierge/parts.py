"""What the concierge's steps work with: set once at start by work.py, because a recorded step takes only values as arguments."""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.agents.models import Models
from mailwright.codecs.redaction import Recogniser
from mailwright.core import Core
from mailwright.core.followups.making import AGENT as AGENT


@dataclass(frozen=True, slots=True)
class Options:
    """What an installation chooses. `threshold`: below this confidence a wish is not carried out but asked about. `trusts_hook`: the From
    line of what comes through the mail hook is believed. `recognisers` find what is hidden from models beside the built-in ones.
    """

    threshold: float = 0.6
    trusts_hook: bool = False
    recognisers: tuple[Recogniser, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """Core, the models and the options."""

    core: Core
    models: Models
    options: Options


_configured: list[Parts] = []


def configure(core: Core, models: Models, options: Options | None = None) -> None:
    """Give the concierge its parts; before the first workflow runs. A second call replaces them (tests do)."""
    _configured[:] = [Parts(core, models, options or Options())]


def parts() -> Parts:
    """The parts. A missing `configure` is a bug of the start and shows at once."""
    if not _configured:
        raise RuntimeError("concierge.configure was not called")
    return _configured[0]
