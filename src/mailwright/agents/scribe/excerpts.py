"""Excerpts: what of the sources a model is shown. Numbered pieces around the sentences about the recipient, bounded. Pure.

Called by `research`. A piece is a copy of the source, gaps are marked, and no line of it looks like the head of a source: what a model quotes from it stands in the source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from mailwright.agents.scribe import prompts
from mailwright.agents.scribe.sifting import Material
from mailwright.domain.outreach import SourceKind
from mailwright.storage.outreach import Outreach

OF_ONE = 3_500  # characters of one source
OF_ALL = 20_000  # ... of all: some five thousand tokens
GAP = "[…]"

_HEAD = re.compile(
    r"^[^\w\n]*(?:SOURCE|SOURCES|MATERIAL)\b[^\n]*", re.MULTILINE
)  # a page does not begin another source


def to_research(mail: Outreach, sources: Sequence[tuple[Material, SourceKind]], hide: Callable[[str], str]) -> str:
    """What was found about a recipient, as a model gets it."""
    body = [f"The recipient: {_line(mail.name)}"]
    body += [f"What the sender is interested in: {_line(mail.interest)}"] if mail.interest else []
    body += [f"What the sender knows: {_line(name)}: {_line(value)}" for name, value in mail.fields.items()]
    room = OF_ALL
    for source, kind in sources:
        text = excerpt(source, min(OF_ONE, room))
        if not text:
            continue
        room -= len(text)
        page = source.page
        where = "a file that the sender gave" if kind is SourceKind.FILE else urlsplit(page.url).hostname or "a page"
        dated = f", {page.published}" if page.published else ""
        body += ["", f"== SOURCE {source.number}: {_line(page.title)[:200]} ({where}{dated}) ==", text]
    return prompts.between("\n".join(body), "SOURCES", hide)


def excerpt(source: Material, limit: int) -> str:
    """The sentences about the recipient, each with the one after it, as they stand in the source."""
    text = source.page.text
    spans: list[tuple[int, int]] = []
    left = limit
    for place in source.places:
        start = source.said[place].start
        end = source.said[min(place + 1, len(source.said) - 1)].end
        if spans and start <= spans[-1][1] + 2:
            grown = max(end, spans[-1][1])
            left -= grown - spans[-1][1]
            spans[-1] = (spans[-1][0], grown)
        else:
            left -= end - start
            spans.append((start, end))
        if left <= 0:
            break
    shown = f"\n{GAP}\n".join(text[start:end] for start, end in spans)[:limit]
    return _HEAD.sub(GAP, shown)


def _line(text: str) -> str:
    return " ".join(text.split())
