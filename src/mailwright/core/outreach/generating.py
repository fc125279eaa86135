"""Generating templates: what core and the API ask of whoever drafts them. Implemented by `agents.scribe.templating`, wired by the roof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mailwright.storage.accounts import Account

MAX_ABOUT = 1_000  # characters of what templates are to be for
MAX_MATERIAL = 60_000  # characters of a CV or page


@dataclass(frozen=True, slots=True)
class Drafted:
    """One template, and a short name for it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Drafts:
    """Three of them, and in one sentence how they came to be. Nothing is kept until the person keeps one."""

    templates: tuple[Drafted, ...]
    because: str


class Generator(Protocol):
    """Whoever drafts templates from what a person says of themselves."""

    async def write(self, account: Account, text: str, about: str = "") -> Drafts:
        """Three templates of different manner. `text` is the person's CV or page, `about` what the mails are for.

        Raises BadInput when there is nothing to go by, TryLater when no model answers.
        """
