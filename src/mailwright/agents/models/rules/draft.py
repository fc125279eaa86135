"""Drafting a reply by rules: greeting, every point of the mail with what the owner's settings say to it or a gap, ending.

Called by the rules model for the assistant. Honest: it invents nothing, and what it cannot answer is a gap for the owner to fill; that
rules wrote it is said beside the draft, not in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.agents.models.rules import texts
from mailwright.agents.models.rules.draft_table import PHRASES
from mailwright.agents.models.rules.phrases_table import STOP_WORDS
from mailwright.agents.models.turns import Draft

MAX_POINTS = 10  # repeated in a draft; who asked more gets the first
MAX_POINT = 160  # characters
MAX_FACT = 300
MAX_CLAUSES = 8  # of a point, looked up one by one
ENOUGH = 0.5  # of the telling words of a clause, found in one sentence of the settings

_WORD = re.compile(r"[^\W\d_]{3,40}")
_CLAUSE = re.compile(r"[,;:]\s|\s(?:and|und|sowie|et|ainsi que|y|e|ed|o|or|oder|ou)\s")
_ASIDE = frozenset(
    [
        "tell",
        "please",
        "know",
        "like",
        "want",
        "give",
        "send",
        "could",
        "would",
        "kindly",
        "bitte",
        "sagen",
        "gern",
        "können",
        "könnten",
        "möchte",
        "möchten",
        "vous",
        "pouvez",
        "pourriez",
        "puede",
        "podría",
        "puoi",
        "potrebbe",
        "does",
        "many",
        "much",
    ]
)


@dataclass(frozen=True, slots=True)
class Manner:
    """How it is to sound. `greeting` may have `{name}`; what is empty is the language's own."""

    greeting: str = ""
    ending: str = ""
    name: str = ""
    informal: bool = False


def draft(
    points: Sequence[str], *, language: str, correspondent: str, facts: str, manner: Manner, most: int = 200
) -> Draft:
    """The draft. `points` are what the mail asks, `correspondent` the name of who wrote it, `most` its words at most."""
    says = PHRASES.get(language, PHRASES["en"])
    lines = [sentence for line in facts.splitlines() for sentence in texts.sentences(line)]
    body: list[str] = []
    answered = 0
    thanks = says.get("thanks_informal", says["thanks"]) if manner.informal else says["thanks"]
    ending = "\n".join(each for each in (manner.ending or says["bye"], manner.name) if each)
    head = f"{_greeting(says, manner, correspondent)}\n\n{thanks}"
    room = most - len(texts.words(f"{head} {ending}"))
    for point in points[:MAX_POINTS]:
        told, whole = _told(point, lines)
        answer = " ".join(told if whole else [*told, says["answer"]])
        block = f"{says['quote'].format(text=texts.shortened(point, MAX_POINT))}\n{answer}"
        room -= len(texts.words(block))
        if room < 0:
            break
        answered += whole
        body.append(block)
    if not body:
        body.append(says["answer"])
    because = (
        f"by rules: {answered} of {len(points)} points answered from the owner's settings, the rest left to fill in"
    )
    return Draft(text="\n\n".join([head, *body, ending]), points=tuple(points[: len(body)]), because=because)


def stems(text: str) -> frozenset[str]:
    """The telling words of a text by their beginnings: "deliveries" and "delivered" are one."""
    words = (word.casefold() for word in _WORD.findall(text[:20_000]))
    return frozenset(word[:5] for word in words if word not in STOP_WORDS and word not in _ASIDE)


def _told(point: str, facts: Sequence[str]) -> tuple[list[str], bool]:
    """What the settings say about a point, clause by clause, and whether that is something for every clause."""
    found: dict[str, None] = {}
    whole = True
    for clause in _CLAUSE.split(point)[:MAX_CLAUSES]:
        wanted = stems(clause)
        if not wanted:
            continue
        scores = sorted(((len(wanted & stems(fact)) / len(wanted), fact) for fact in facts), reverse=True)
        near = [fact for score, fact in scores if score >= ENOUGH]
        # One word alone may be anybody's: it counts where only one line has it.
        if near and (len(wanted) > 1 or len(near) == 1):
            found[texts.shortened(near[0], MAX_FACT)] = None
        else:
            whole = False
    return list(found), whole and bool(found)


def _greeting(says: dict[str, str], manner: Manner, correspondent: str) -> str:
    """`Hello Eve,`; the first name where the owner is on such terms, else the whole one."""
    name = " ".join(correspondent.split())
    fits = 1 < len(name) <= 60 and all(c.isalpha() or c in " .'’-" for c in name)
    wanted = manner.greeting if "/" not in manner.greeting else ""
    if not fits:
        return says["hello_nobody"] if "{name}" in wanted or not wanted else wanted
    first = name.split()[0] if manner.informal or (wanted and says is PHRASES["en"]) else name
    return (wanted or says["hello"]).replace("{name}", first)
