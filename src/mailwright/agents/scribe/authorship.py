"""Authorship: which of the papers by somebody of the recipient's name are the recipient's. Pure.

Called by `papers` with what research found. A paper is theirs for one of these reasons: their own pages name it, it was written where they
are or were, a co-author is named on their pages or on a paper that is theirs already, or it is about what they are known for and nothing
speaks against it. What has none of these is somebody else's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailwright.agents.scribe.identity_table import ORGANISATION
from mailwright.agents.scribe.names import Name, mentions, same_person
from mailwright.agents.scribe.recipient import Known, same_place, stems, telling
from mailwright.agents.scribe.sifting import Material
from mailwright.codecs.quotation import stands

ON_TOPIC = 2  # words of a paper that are the recipient's subject, where nothing else speaks for it
LONG_TITLE = 16  # characters: a shorter one may stand anywhere


@dataclass(frozen=True, slots=True)
class Candidate:
    """A paper that somebody of that name wrote."""

    id: str
    title: str
    abstract: str
    authors: tuple[str, ...]
    affiliations: tuple[str, ...]
    year: int
    url: str


def theirs(known: Known, sources: Sequence[Material], found: Sequence[Candidate]) -> list[tuple[Candidate, str]]:
    """The recipient's, in the order they came, each with the reason."""
    name = with_middles(known.name, sources)
    places = [*known.organisations, *(place for source in sources for place in _places(source))]
    signed = {each.id: form for each in found if (form := _signed(name, each)) is not None}
    reasons: dict[str, str] = {}
    for each in found:
        if each.id in signed:
            reason = _reason(known, sources, places, each, signed[each.id])
            if reason:
                reasons[each.id] = reason
    changed = bool(reasons)
    while changed:
        changed = False
        friends = {author for each in found if each.id in reasons for author in _others(name, each)}
        for each in found:
            if each.id in signed and each.id not in reasons and not _elsewhere(places, each):
                shared = next((author for author in _others(name, each) if author in friends), "")
                if shared:
                    reasons[each.id] = "a co-author wrote another paper of theirs"
                    changed = True
    return [(each, reasons[each.id]) for each in found if each.id in reasons]


def _reason(
    known: Known, sources: Sequence[Material], places: Sequence[frozenset[str]], paper: Candidate, form: str
) -> str:
    if len(paper.title) >= LONG_TITLE and any(stands(paper.title, source.page.text) for source in sources):
        return "their own pages name it"
    if any(same_place(telling(each), place) for each in paper.affiliations for place in places):
        return "it was written where they are or were"
    if _elsewhere(places, paper):
        return ""
    if any(_names(source, author) for author in _others(known.name, paper) for source in sources):
        return "their own pages name a co-author"
    shared = known.topics & stems(f"{paper.title}\n{paper.abstract}")
    if form == "full" and len(shared) >= min(ON_TOPIC, len(known.topics)) and len(known.topics) >= ON_TOPIC:
        return "it is about what they are known for"
    return ""


def _signed(name: Name, paper: Candidate) -> str | None:
    """How the recipient's name stands among the authors; None: it does not."""
    forms = [form for author in paper.authors if (form := same_person(name, author)) in ("full", "initials")]
    return min(forms, default=None)


def _others(name: Name, paper: Candidate) -> list[str]:
    return [author for author in paper.authors if same_person(name, author) is None]


def _names(source: Material, author: str) -> bool:
    other = Name.parse(author)
    if not other.given or len(other.given[0]) < 2:
        return False
    return any(each.form == "full" for each in mentions(other, source.page.text))


def _elsewhere(places: Sequence[frozenset[str]], paper: Candidate) -> bool:
    """Whether a paper says where it was written, and that is no place of theirs."""
    said = [telling(each) for each in paper.affiliations]
    return any(said) and not any(same_place(each, place) for each in said for place in places)


def _places(source: Material) -> list[frozenset[str]]:
    """Where the sentences about the recipient have them."""
    return [each for one in source.own for found in ORGANISATION.finditer(one.text) if (each := telling(found[0]))]


def signatures(written: str, name: Name, sources: Sequence[Material]) -> list[str]:
    """The names to ask for: as it was given, and with the middle letters that their own pages give it."""
    letters = with_middles(name, sources).middles
    words = written.split()
    if name.middles or not letters or len(words) < 2:
        return [written]
    return [written, f"{words[0]} {letters.upper()}. {' '.join(words[1:])}"]


def with_middles(name: Name, sources: Sequence[Material]) -> Name:
    """The name with the middle letters that their own pages give it."""
    if name.middles or not name.given:
        return name
    letters = {
        each.middles[:1]
        for source in sources
        for each in mentions(name, source.page.text)
        if each.form == "full" and each.middles
    }
    return replace(name, given=(*name.given, *letters)) if len(letters) == 1 else name
