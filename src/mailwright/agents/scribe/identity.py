"""Identity: which pages are about the recipient, and which about somebody else of the same name. Pure.

Used by `research` and `papers`. Whoever asks for a mail says more than a name: an address, a place of work, an interest, files. A page that
bears one of these out beside the name is the recipient's; others join it when they share a place of work, a work, or a house of their own
with it; what fits nothing is nobody's, and what fits another place is somebody else's.
Promises: a page is the recipient's only for a reason that is told; where two people fit equally, neither is taken.
Does not: believe what a page says about itself or about whom it is meant for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from mailwright.agents.scribe import identity_table as table
from mailwright.agents.scribe.names import Mention, Name, fold, mentions, tokens
from mailwright.agents.scribe.passages import sentences
from mailwright.agents.scribe.recipient import MAX_ZONE, Known, same_place, says, stems, telling, zone_of
from mailwright.agents.scribe.whose import ITEM, PERSON
from mailwright.codecs.mailauth.suffixes import organizational
from mailwright.domain.outreach import About, SourceKind

HEAD = 300  # characters at the beginning of a page: who stands there is whom it is about
LEADING = 30  # characters of a line before the name, such as titles
STRONG = 5  # points from which on one page alone is the recipient's
OF_ONE_PERSON = 8  # points that no namesake at the same place has: their address, a file about them
LIKELY = 3  # ... with no other place of work that speaks against it
LITTLE = 6  # telling words: two pages with fewer cannot be told apart by them
AKIN = 3  # telling words that two pages about one person share, beside the name and the place

_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_TITLED = re.compile(
    r"(?<![\w.])[A-ZÀ-ÖØ-Þ][\w'’-]{0,40}(?: (?:of|the|a|an|and|in|on|to|for|from|de|la|le|les|du|des|del|di|da|do|dos|von|der|die|das|den|und|et|e|y))"
    r"{0,3} [A-ZÀ-ÖØ-Þ][\w'’-]{1,40}(?:(?: (?:of|the|a|an|and|in|on|to|for|de|la|le|du|del|di|da|do|von|der|die|das|und|et|e|y)){0,3}"
    r" [A-ZÀ-ÖØ-Þ][\w'’-]{1,40}){0,4}"
)
_DESCRIBED = re.compile(r"\s?[,(:–—|-]")
_QUOTED = re.compile(r"[“\"«„]([^“”\"«»„\n]{10,120})[”\"»“]")


@dataclass(frozen=True, slots=True)
class Page:
    """A text that may be about the recipient. `site` is what its site calls itself."""

    url: str
    title: str
    text: str
    kind: SourceKind = SourceKind.WEB
    site: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """About whom a page is. `subject`: about that person alone; `personal`: at an address of their own."""

    about: About
    because: str
    subject: bool = False
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """Of all pages together, in their order. `identity` says how the recipient was told from others, `certain` whether that is sure;
    `organisations` are where they were found to be."""

    verdicts: tuple[Verdict, ...]
    certain: bool
    identity: str
    organisations: tuple[frozenset[str], ...] = ()
    middle: str = ""  # the letter that their own pages put between given and family name


@dataclass(slots=True)
class _Seen:
    """What one page shows."""

    page: Page
    full: list[Mention]
    subject: bool
    personal: bool = False
    points: int = 0
    why: str = ""
    topics: int = 0
    organisations: list[frozenset[str]] = field(default_factory=list)
    middles: set[str] = field(default_factory=set)
    works: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    house: str = ""  # its domain, where that has the family's name
    several: bool = False  # it tells of two people of that name
    titled: bool = False  # its title has the name
    at_home: bool = False  # its host or its folder has the family's name: all of that is one person's
    words: set[str] = field(default_factory=set)  # telling ones, without the name and the places


def judge(known: Known, pages: Sequence[Page]) -> Judgement:
    """Say of each page about whom it is."""
    seen = [_look(known, page) for page in pages]
    ours = _sure(seen)
    if _contested(seen, ours):
        # Two people of one name at one place: it tells nothing, and what they work on must.
        ours = {index for index in ours if seen[index].topics or seen[index].points >= OF_ONE_PERSON}
        for each in seen:
            each.organisations = []
        if not any(seen[index].topics for index in ours):
            return Judgement(
                tuple(_verdict(each, False, False, False) for each in seen),
                False,
                "two people of that name are at that place",
            )
    by_topic = not ours
    if not ours:
        ours = _by_topic(known, seen) if known.anchored else _only_one(seen)
    _spread(known, seen, ours)
    found = [seen[index] for index in sorted(ours)]
    verdicts = tuple(
        _verdict(each, index in ours, bool(ours), not all(_may_be_one(each, one) for one in found))
        for index, each in enumerate(seen)
    )
    best = max(found, key=lambda each: each.points + each.topics, default=None)
    rivals = any(each.organisations and index not in ours for index, each in enumerate(seen) if each.full)
    certain = best is not None and (not by_topic or (known.anchored and best.topics >= STRONG - 1 and not rivals))
    organisations = tuple(dict.fromkeys(org for each in found for org in each.organisations))
    middles = {letter for each in found for letter in each.middles if len(letter) == 1}
    middle = middles.pop() if len(middles) == 1 and known.name.given and not known.name.middles else ""
    return Judgement(verdicts, certain, _told(best, by_topic, seen), (*known.organisations, *organisations), middle)


# --- one page -----------------------------------------------------------------------------------------------------------


def _look(known: Known, page: Page) -> _Seen:
    words = tokens(page.text)
    found = mentions(known.name, page.text, words)
    in_title = any(each.form == "full" for each in mentions(known.name, page.title))
    full = [each for each in found if each.form == "full"]
    in_head = any(each.start < HEAD and _leads(page.text, each) for each in full) and _few(known.name, page.text)
    personal = _personal(known.name, page.url)
    subject = bool(full or in_title) and (in_title or personal or in_head)
    seen = _Seen(page, full or [each for each in found if each.form == "initials"], subject, personal)
    if in_title and not seen.full:
        seen.full = [Mention(0, 0, "full")]
    if not seen.full:
        return seen
    zone = page.text[:MAX_ZONE] if subject else zone_of(page.text, seen.full)
    # A file is given by who knows the recipient: everybody of that name in it is the one who is meant.
    seen.several = page.kind is not SourceKind.FILE and _two_of_them(known.name, page.text)
    seen.titled = in_title
    seen.middles = {each.middles[:1] or each.suffix for each in full if each.middles or each.suffix}
    seen.organisations = list(
        dict.fromkeys(filter(None, (telling(each[0]) for each in table.ORGANISATION.finditer(zone))))
    )
    named = " ".join((*known.name.given, *known.name.family, *(each for org in known.organisations for each in org)))
    named = " ".join((named, *(each[0] for each in table.ORGANISATION.finditer(zone))))
    seen.words = {each for each in stems(zone) if len(each) > 4} - stems(named)
    seen.works = _works(known.name, zone)
    seen.addresses = {
        each.lower()
        for each in _MAIL.findall(zone)
        if any(part in fold(each.partition("@")[0]) for part in known.name.family)
    }
    host = _host(page.url)
    seen.house = organizational(host) if any(len(part) > 3 and part in fold(host) for part in known.name.family) else ""
    folder = fold(unquote(urlsplit(page.url).path.rpartition("/")[0]))
    seen.at_home = bool(seen.house) or (bool(known.name.family) and all(each in folder for each in known.name.family))
    _weigh(known, seen, zone, host)
    return seen


def _of_them(name: Name, zone: str) -> list[str]:
    """The sentences that name them."""
    return [each.text for each in sentences(zone) if any(one.form != "other" for one in mentions(name, each.text))]


def _works(name: Name, zone: str) -> set[str]:
    """Titles: what stands between quotation marks, and three words or more that begin with capitals."""
    titled = [
        each
        for each in _TITLED.findall(zone)
        if len(each.split()) > 2 and not table.ORGANISATION.search(each) and not mentions(name, each)
    ]
    return {" ".join(map(fold, each.split())) for each in (*_QUOTED.findall(zone), *titled)}


def _weigh(known: Known, seen: _Seen, zone: str, host: str) -> None:
    """How much of what the owner knows stands on the page."""
    total = len(known.topics)
    # One word says little: it counts where it is said of them.
    where = zone if total > 1 else "\n".join(_of_them(known.name, f"{seen.page.title}\n{zone}"))
    n = len(known.topics & stems(where))
    seen.topics = 0 if not n else 4 if n >= 3 or (n == total and n > 1) else 3 if n == 2 else 2 if total == 1 else 1
    if seen.several:
        return
    if seen.page.kind is SourceKind.FILE:
        seen.points, seen.why = 8, "a file that was given names them"
    elif known.email and known.email in zone.lower():
        seen.points, seen.why = 10, "it gives the address that is known"
    elif known.domain and organizational(host) == known.domain:
        seen.points, seen.why = 7, f"it is on the site of their address, {known.domain}"
    elif any(same_place(each, other) for each in known.organisations for other in seen.organisations) or says(
        known, zone
    ):
        seen.points, seen.why = 5, "it names the place of work that is known"


def _leads(text: str, mention: Mention) -> bool:
    """Whether a line begins with a name: a heading, a first sentence, and no item of a list."""
    begin = text.rfind("\n", 0, mention.start) + 1
    return mention.start - begin <= LEADING and ITEM.match(text, begin) is None


def _few(name: Name, text: str) -> bool:
    """Whether hardly anybody else has a line of the beginning to themselves."""
    lines = [each for each in text[:3_000].split("\n") if each.strip()][:40]
    others = [
        each
        for each in lines
        if (person := PERSON.match(each)) is not None
        and table.ORGANISATION.search(person[1]) is None
        and not any(one.form != "other" for one in mentions(name, person[1]))
    ]
    return len(others) < 3


def _two_of_them(name: Name, text: str) -> bool:
    """Whether a page lists people of the name: two lines that begin with it and tell of different places."""
    heads: list[list[frozenset[str]]] = []
    for each in sentences(text[:MAX_ZONE])[:400]:
        found = mentions(name, each.text[:80])
        if found and found[0].form == "full" and found[0].start < 4 and _DESCRIBED.match(each.text, found[0].end):
            heads.append([telling(one[0]) for one in table.ORGANISATION.finditer(each.text)])
    places = [each[0] for each in heads if each and each[0]]
    return any(not same_place(places[0], each) for each in places[1:]) and len({frozenset(each) for each in places}) > 1


def _personal(name: Name, url: str) -> bool:
    """Whether an address has the name in it."""
    parts = urlsplit(url)
    path = fold(unquote(parts.path))
    place = fold(parts.hostname or "") + path
    return (
        bool(name.family)
        and all(each in place for each in name.family)
        and (not name.given or name.given[0] in place or f"~{name.family[-1]}" in parts.path.lower())
    )


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


# --- all of them --------------------------------------------------------------------------------------------------------


def _sure(seen: Sequence[_Seen]) -> set[int]:
    """Pages that bear out what is known; of two people who do, the better proved, and of two in one house neither, if both are as well."""
    found = sorted(
        (index for index, each in enumerate(seen) if each.points >= STRONG),
        key=lambda index: (-seen[index].points, -seen[index].topics),
    )
    ours: set[int] = set()
    for index in found:
        each = seen[index]
        against = [seen[other] for other in ours if not _may_be_one(each, seen[other])]
        if not against:
            ours.add(index)
        elif any(_rivals(each, one) and (each.points, each.topics) == (one.points, one.topics) for one in against):
            return set()
    return ours


def _contested(seen: Sequence[_Seen], ours: set[int]) -> bool:
    """Whether a site has pages of two people of the name: each has one of their own, and they have nothing in common but the place."""
    own = [seen[index] for index in sorted(ours) if seen[index].personal and seen[index].subject]
    return any(
        _host(one.page.url) == _host(other.page.url)
        and one.points < OF_ONE_PERSON
        and not (one.works & other.works or one.addresses & other.addresses)
        and bool(one.topics) + bool(other.topics) < 2
        for place, one in enumerate(own)
        for other in own[place + 1 :]
    )


def _by_topic(known: Known, seen: Sequence[_Seen]) -> set[int]:
    """No page gives a place or an address that is known: whose subject is the one that is known, if that is one person."""
    enough = LIKELY if len(known.topics) > 1 else 2
    found = [index for index, each in enumerate(seen) if each.full and each.topics >= enough and not each.several]
    groups: list[set[int]] = []
    for index in sorted(found, key=lambda index: (not seen[index].organisations, -seen[index].topics)):
        group = next((each for each in groups if any(_linked(seen[index], seen[other]) for other in each)), None)
        if group is None and not seen[index].organisations and seen[index].topics >= LIKELY and len(groups) == 1:
            group = groups[0] if all(_may_be_one(seen[index], seen[other]) for other in groups[0]) else None
        if group is None:
            groups.append({index})
        else:
            group.add(index)
    if not groups:
        return set()
    best = sorted(groups, key=lambda each: -max(seen[index].topics for index in each))
    if len(best) > 1 and max(seen[i].topics for i in best[0]) <= max(seen[i].topics for i in best[1]):
        return set()  # two people of one name and one subject, as far as can be seen
    return best[0]


def _only_one(seen: Sequence[_Seen]) -> set[int]:
    """Nothing but a name is known: everybody found must be one person."""
    found = {index for index, each in enumerate(seen) if each.full}
    joined: set[int] = set()
    for index in sorted(found):
        if not joined or any(_linked(seen[index], seen[other]) for other in joined):
            joined.add(index)
    return joined if joined == found and len(found) > 1 and not any(each.several for each in seen) else set()


def _spread(known: Known, seen: Sequence[_Seen], ours: set[int]) -> None:
    """Pages that belong to the recipient's join them, until none does."""
    changed = bool(ours)
    while changed:
        changed = False
        for index, each in enumerate(seen):
            if (
                index in ours
                or not each.full
                or each.several
                or not all(_may_be_one(each, seen[other]) for other in ours)
            ):
                continue
            link = next((reason for other in sorted(ours) if (reason := _linked(each, seen[other]))), "")
            if not link and each.topics >= LIKELY and not each.organisations:
                link = "it is about what they are known for"
            if link:
                each.why = link
                ours.add(index)
                changed = True


def _may_be_one(one: _Seen, other: _Seen) -> bool:
    """Middle initials, or "Jr.", that differ are two people's; so are two pages of one house that have nothing else in common."""
    return (not one.middles or not other.middles or bool(one.middles & other.middles)) and not _rivals(one, other)


def _rivals(one: _Seen, other: _Seen) -> bool:
    """Whether two pages of one site are each about somebody of that name, and share no word that would tell of one person."""
    if not (one.titled and other.titled) or min(len(one.words), len(other.words)) < LITTLE:
        return False
    if organizational(_host(one.page.url)) != organizational(_host(other.page.url)) or one.at_home or other.at_home:
        return False
    return len(one.words & other.words) < AKIN and not one.works & other.works and not one.addresses & other.addresses


def _linked(one: _Seen, other: _Seen) -> str:
    """What two pages share that two people would not; "" for nothing."""
    if not _may_be_one(one, other) or one.several or other.several:
        return ""
    if any(same_place(a, b) for a in one.organisations for b in other.organisations):
        return "it names a place of work that their own pages name"
    if one.works & other.works:
        return "it names a work that their own pages name"
    if one.addresses & other.addresses:
        return "it gives an address that their own pages give"
    if one.house and one.house == other.house and one.house not in table.HOSTS_OF_MANY:
        return "it is on a site of their own"
    for a, b in ((one, other), (other, one)):
        if a.house and a.house not in table.HOSTS_OF_MANY and a.house in b.page.text.lower():
            return "their own pages and it name one site"
    return ""


def _verdict(each: _Seen, ours: bool, any_ours: bool, conflict: bool) -> Verdict:
    if ours:
        return Verdict(About.RECIPIENT, each.why or "it is about what they are known for", each.subject, each.personal)
    if not each.full:
        return Verdict(About.UNCLEAR, "it does not name them")
    if each.several:
        return Verdict(About.UNCLEAR, "it tells of several people of that name")
    if any_ours and (each.organisations or conflict) and each.topics < LIKELY:
        return Verdict(About.OTHER, "another person of that name", each.subject)
    return Verdict(About.UNCLEAR, "nothing on it shows which person of that name it is about", each.subject)


def _told(best: _Seen | None, by_topic: bool, seen: Sequence[_Seen]) -> str:
    if best is None:
        named = sum(bool(each.full) for each in seen)
        return "nobody of that name was found" if not named else "it cannot be told which person of that name is meant"
    return ("told by what they work on: " if by_topic else "") + (best.why or "one person of that name was found")
