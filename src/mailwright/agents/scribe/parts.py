"""What the scribe's steps work with: set once at start by work.py, because a recorded step takes only values as arguments."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailwright.agents.models import Models
from mailwright.agents.scribe.web import Nowhere, ResearchWeb
from mailwright.codecs.redaction import Recogniser
from mailwright.core import Core
from mailwright.core.pagetext import PageReader
from mailwright.domain.outreach import AGENT as AGENT

OF_ONE_PAGE = 4.0  # seconds; most pages take a tenth of one


@dataclass(frozen=True, slots=True)
class Options:
    """What an installation chooses. `pages` are read for one mail at most; `recognisers` find what is hidden from models beside the
    built-in ones."""

    pages: int = 8
    recognisers: tuple[Recogniser, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """Core, the models, the web, the options, and who reads pages."""

    core: Core
    models: Models
    web: ResearchWeb = field(default_factory=Nowhere)
    options: Options = field(default_factory=Options)
    # Pages are read one after the other: one that keeps its reader busy must leave time for the others of the mail.
    reader: PageReader = field(default_factory=lambda: PageReader(seconds=OF_ONE_PAGE))


_configured: list[Parts] = []


def configure(core: Core, models: Models, web: ResearchWeb | None = None, options: Options | None = None) -> None:
    """Give the scribe its parts; before the first workflow runs. A second call replaces them (tests do)."""
    _configured[:] = [Parts(core, models, web or Nowhere(), options or Options())]


def parts() -> Parts:
    """The parts. A missing `configure` is a bug of the start and shows at once."""
    if not _configured:
        raise RuntimeError("scribe.configure was not called")
    return _configured[0]


async def close() -> None:
    """End what the scribe started: the process that reads pages."""
    for each in _configured:
        await each.reader.close()
