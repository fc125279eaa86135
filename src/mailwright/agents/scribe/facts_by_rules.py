"""The built-in reader of pages: sentences that tell something of the recipient, as they were written. No key, no network.

Called by `research` as what the model `rules` does, with the sentences that are the recipient's. A claim is its own quotation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.agents.models import FactsFound
from mailwright.agents.models.turns import FoundFact
from mailwright.agents.scribe import facts_table as table
from mailwright.agents.scribe.names import Name, mentions
from mailwright.agents.scribe.recipient import stems

MOST = 14  # facts: a letter has room for three
OF_ONE = 5  # of one source
ENOUGH = 1.0  # points from which a sentence is worth telling
SHORTEST, LONGEST = 24, 400  # characters

_BULLET = re.compile(r"^[-*•·–|#\s]+|[|\s]+$")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_CITED = re.compile(r"[“\"«„][^“”\"«»„\n]{3,120}[”\"»“]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence about the recipient, and the number of its source."""

    source: int
    text: str


def find(name: Name, topics: frozenset[str], candidates: Sequence[Candidate]) -> FactsFound:
    """The most telling ones first."""
    ranked = []
    for place, each in enumerate(candidates):
        worth = _worth(name, topics, each.text)
        if worth >= ENOUGH:
            ranked.append((-worth, place, each))
    facts: list[FoundFact] = []
    of_source: dict[int, int] = {}
    said: set[frozenset[str]] = set()
    for _, _, each in sorted(ranked, key=lambda one: one[:2]):
        words = frozenset(stems(each.text))
        if of_source.get(each.source, 0) >= OF_ONE or any(len(words & other) > 0.8 * len(words) for other in said):
            continue
        said.add(words)
        of_source[each.source] = of_source.get(each.source, 0) + 1
        quote = _BULLET.sub("", each.text)
        facts.append(FoundFact(claim=" ".join(quote.split()), source=each.source, quote=quote, about="recipient"))
        if len(facts) >= MOST:
            break
    return FactsFound(
        facts=tuple(facts), because="sentences that tell something of the recipient, as they were written"
    )


def _worth(name: Name, topics: frozenset[str], text: str) -> float:
    bare = _BULLET.sub("", text)
    if not SHORTEST <= len(bare) <= LONGEST or table.UNFIT.search(bare) or bare.rstrip("\"'”’) ").endswith(("?", "？")):
        return 0.0
    words = stems(bare)
    if len(words) < 3:
        return 0.0
    worth = 2.0 * bool(table.TELLING.search(bare)) + 1.5 * bool(_CITED.search(bare)) + 0.5 * bool(_YEAR.search(bare))
    worth += min(3, len(words & topics)) * 1.5
    worth += 0.5 * any(each.form != "other" for each in mentions(name, bare))
    worth += 0.5 * any(each.isdigit() for each in bare)
    worth += 0.5 * bare.endswith((".", "!"))
    return worth - (0.5 if len(bare) > 250 else 0.0)
