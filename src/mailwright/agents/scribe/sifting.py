"""Sifting: which of the facts that a model found may be used. Every one is checked against the stored copy of its source; nobody's word is
taken for it.

Called by `research` and the evaluations' measures. Pure.
Promises: the quotation stands in the copy, in sentences that tell of the recipient; the claim says nothing that its quotation does not;
orders, links, rumours and private matters are no facts; contradicted and outdated ones are left out. What is left out is counted by reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from mailwright.agents.models.turns import FoundFact
from mailwright.agents.scribe import evidence, turned
from mailwright.agents.scribe import facts_table as table
from mailwright.agents.scribe.disputes import Disputes, Told, year_of
from mailwright.agents.scribe.evidence import Support
from mailwright.agents.scribe.facts_by_rules import Candidate
from mailwright.agents.scribe.identity import Verdict
from mailwright.agents.scribe.pages import ReadPage
from mailwright.agents.scribe.passages import Sentence, sentences
from mailwright.agents.scribe.recipient import Known, anchored
from mailwright.agents.scribe.results import Fact
from mailwright.agents.scribe.whose import ITEM, whose
from mailwright.codecs.quotation import where
from mailwright.domain.outreach import About

MOST = 24  # facts of one mail
MAX_CLAIM = 400
LONGEST = 1_000  # characters of a sentence; what is longer is none

_LINK = re.compile(r"https?://|www\.|[\w.+-]{1,64}@[\w-]{1,63}\.\w", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Material:
    """A source about the recipient: its number, what was read, and of whom each of its sentences tells."""

    number: int
    page: ReadPage
    said: tuple[Sentence, ...] = ()
    about: tuple[About, ...] = ()
    year: int = 0  # how old the page is, 0 when it does not say

    @property
    def places(self) -> list[int]:
        """Which of its sentences are about the recipient."""
        return [place for place, about in enumerate(self.about) if about is About.RECIPIENT]

    @property
    def own(self) -> list[Sentence]:
        """The sentences about the recipient."""
        return [self.said[place] for place in self.places]


@dataclass(slots=True)
class Sifted:
    """The facts that may be used, and how many were left out for which reason."""

    facts: list[Fact] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)


def material(
    known: Known,
    number: int,
    page: ReadPage,
    verdict: Verdict,
    organisations: Sequence[frozenset[str]] = (),
) -> Material:
    """A source of the recipient's, looked at sentence by sentence. `organisations` are where they are known to be."""
    said = sentences(page.text)
    about = whose(known.name, page.text, said, subject=verdict.subject, personal=verdict.personal)
    if not verdict.subject and known.anchored:
        # A list may name two people of one name: each item must say that it is they.
        about = [
            About.UNCLEAR
            if one is About.RECIPIENT and ITEM.match(each.text) and not anchored(known, organisations, each.text)
            else one
            for each, one in zip(said, about, strict=True)
        ]
    return Material(number, page, tuple(said), tuple(about), year_of(page.published, page.text))


def disputes(known: Known, sources: Sequence[Material]) -> Disputes:
    """What the sources say against each other."""
    return Disputes(known, [_told(source, each.text[:LONGEST]) for source in sources for each in source.said])


def candidates(known: Known, sources: Sequence[Material]) -> list[Candidate]:
    """The sentences that may be facts."""
    settled = disputes(known, sources)
    return [
        Candidate(source.number, each.text)
        for source in sources
        for each in source.own
        if len(each.text) <= LONGEST and not _unfit(each.text) and not settled.against(_told(source, each.text))
    ]


def sift(known: Known, name: str, sources: Sequence[Material], found: Sequence[FoundFact], *, first: int = 1) -> Sifted:
    """The facts that stand, numbered from `first`."""
    by_number = {each.number: each for each in sources}
    settled = disputes(known, sources)
    out = Sifted()
    quotes: set[str] = set()
    for each in found:
        source = by_number.get(each.source)
        because = "no such source" if source is None else _problem(source, each, settled)
        if because or source is None:
            out.dropped[because] += 1
            continue
        quote = _uncut(source, each)
        if not quote:
            out.dropped["cut out of a sentence that says otherwise"] += 1
            continue
        if quote.casefold() in quotes:
            continue
        quotes.add(quote.casefold())
        claim = _claim(name, source, each, quote)
        out.facts.append(Fact(number=first + len(out.facts), claim=claim, quote=quote, source=source.number))
        if len(out.facts) >= MOST:
            break
    return out


def _problem(source: Material, found: FoundFact, settled: Disputes) -> str:
    """Why a fact is left out, in a few words; "" when it may be used."""
    if found.about != "recipient":
        return "about somebody else" if found.about == "other" else "unclear whom it is about"
    span = where(found.quote, source.page.text)
    if span is None:
        return "its words do not stand in the source"
    if _unfit(found.quote) or _unfit(found.claim):
        return "an order, a link or a private matter"
    met = [
        (each, about)
        for each, about in zip(source.said, source.about, strict=True)
        if each.start < span[1] and each.end > span[0]
    ]
    if not met or any(about is About.OTHER for _, about in met):
        return "about somebody else"
    if any(evidence.instructs(each.text) or table.DOUBTFUL.search(each.text) for each, _ in met):
        return "an order, a link or a private matter"
    if met[0][1] is not About.RECIPIENT:
        return "unclear whom it is about"
    return next((why for each, _ in met if (why := settled.against(_told(source, each.text[:LONGEST])))), "")


def _uncut(source: Material, found: FoundFact) -> str:
    """The quotation, with the rest of its sentence where that turns it: "she did not", "until 2015". "" when that cannot be quoted."""
    text = source.page.text
    span = where(found.quote, text) or (0, 0)
    met = [each for each in source.said if each.start < span[1] and each.end > span[0]]
    start, end = min(met[0].start, span[0]), max(met[-1].end, span[1])
    if not turned.turning(f"{text[start : span[0]]} … {text[span[1] : end]}"):
        return " ".join(found.quote.split())
    whole = text[start:end]
    return "" if len(whole) > LONGEST or _unfit(whole) else " ".join(whole.split())


def _claim(name: str, source: Material, found: FoundFact, quote: str) -> str:
    """The claim, when it says no more than its quotation; else the quotation."""
    claim = " ".join(found.claim.split())[:MAX_CLAIM]
    # What a page says of itself (title, author, day) is not in its copy: it proves nothing.
    rests = Support(owner="", name=name, facts=(Fact(number=1, claim="", quote=quote, source=source.number),))
    return quote[:MAX_CLAIM] if evidence.supports(claim, rests) else claim


def _unfit(text: str) -> bool:
    return (
        evidence.instructs(text)
        or evidence.names_a_host(text)
        or any(each.search(text) is not None for each in (_LINK, table.PRIVATE, table.DOUBTFUL))
    )


def _told(source: Material, text: str) -> Told:
    return Told(source.number, text, source.year)
