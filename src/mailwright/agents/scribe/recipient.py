"""The recipient, as their owner's words have them: name, address, places of work, what they are known for. Pure.

Used by `identity`, `searching`, `sifting` and `authorship`. What is said here of words (stems, what tells an organisation from others) is how
pages and papers are compared with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mailwright.agents.models.rules.phrases_table import STOP_WORDS
from mailwright.agents.scribe import identity_table as table
from mailwright.agents.scribe.names import Mention, Name, fold, mentions, tokens
from mailwright.agents.scribe.whose import PERSON
from mailwright.codecs.mailauth.suffixes import organizational

MAX_ZONE = 30_000  # characters around a name that are looked through
AROUND = 500  # characters after a name that are looked through on a page about many

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_ELIDED = re.compile(r"^(?:l|d|qu|j|s|n|m|c|un|dell|all|nell|sull|dall|quell)['’]", re.IGNORECASE)
_COMMON = frozenset(fold(each) for each in STOP_WORDS)
_GENERIC = frozenset(fold(each) for each in table.GENERIC)
_WORK_FIELDS = frozenset(fold(each) for each in table.FIELDS_OF_WORK)


@dataclass(frozen=True, slots=True)
class Known:
    """What the owner of a mail knows of its recipient. `organisations` are telling words of each; `topics` stems of words."""

    name: Name
    email: str = ""
    domain: str = ""
    organisations: tuple[frozenset[str], ...] = ()
    plain: tuple[frozenset[str], ...] = ()  # those of them whose names are no words for other things
    acronyms: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()

    @classmethod
    def of(cls, name: str, *, email: str = "", interest: str = "", fields: Mapping[str, str] | None = None) -> Known:
        """From the owner's words."""
        read = Name.parse(name)
        address = email.strip().lower()
        domain = organizational(address.rpartition("@")[2]) if "@" in address else ""
        works: list[str] = []
        rest = [interest]
        for field_, value in (fields or {}).items():
            (works if fold(field_.split("_")[0]) in _WORK_FIELDS else rest).append(value)
        named = [found[0] for text in rest for found in table.ORGANISATION.finditer(text)] + works
        organisations = tuple(filter(None, (telling(each) for each in named)))
        own = {*read.given, *read.family, *(word for each in organisations for word in each)}
        topics = {each for text in rest for each in stems(text)} - {stem(each) for each in own}
        particular = topics - {stem(each) for each in _GENERIC}
        topics = particular if len(particular) > 1 or not topics - particular else topics
        return cls(
            read,
            address,
            "" if domain in table.EVERYBODYS_MAIL else domain,
            organisations,
            tuple(telling(each) for each in named if _is_plain(each)),
            frozenset(filter(None, map(_acronym, named))),
            frozenset(topics),
        )

    @property
    def anchored(self) -> bool:
        return bool(self.email or self.organisations or self.topics)


def with_files(known: Known, files: Sequence[str]) -> Known:
    """With what the owner's own files say of the recipient: where they are, and what they are about."""
    zones = [zone_of(text, found) for text in files if (found := _named(known.name, text))]
    if not zones:
        return known
    organisations = [telling(each[0]) for zone in zones for each in table.ORGANISATION.finditer(zone)]
    own = {stem(each) for each in (*known.name.given, *known.name.family)}
    topics = frozenset(each for zone in zones for each in stems(zone)) - own
    return replace(
        known,
        organisations=tuple(dict.fromkeys([*known.organisations, *filter(None, organisations)])),
        topics=known.topics or topics,
    )


def with_middle(known: Known, letter: str) -> Known:
    """With a middle letter that tells them from others."""
    return replace(known, name=replace(known.name, given=(*known.name.given, letter))) if letter else known


def stem(word: str) -> str:
    """A word as topics are compared: singular and plural, and the endings of one language, are one."""
    folded = fold(_ELIDED.sub("", word))
    for end in ("ies", "es", "s", "en", "e"):
        if len(folded) - len(end) >= 4 and folded.endswith(end):
            return folded[: -len(end)]
    return folded


def stems(text: str) -> set[str]:
    """The telling words of a text."""
    words = (each for each in _WORD.findall(text[:MAX_ZONE]) if len(each) >= 3 and not each.isdigit())
    return {stem(each) for each in words if fold(_ELIDED.sub("", each)) not in _COMMON}


def telling(organisation: str) -> frozenset[str]:
    """What tells an organisation from others of its kind."""
    words = [fold(each) for each in _WORD.findall(organisation)]
    return frozenset(each for each in words if each and each not in _GENERIC and each not in _COMMON)


def same_place(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two names may be of one organisation: the one says no more than the other."""
    return bool(one and other) and (one <= other or other <= one)


def says(known: Known, zone: str) -> bool:
    """Whether a known place of work stands there without a word that says what it is."""
    if any(re.search(rf"(?<!\w){re.escape(each)}(?!\w)", zone) for each in known.acronyms):
        return True
    words = {each.folded for each in tokens(zone) if each.capital}
    return any(each <= words for each in known.plain)


def anchored(known: Known, organisations: Sequence[frozenset[str]], text: str) -> bool:
    """Whether an item of a list says by itself that it is about the recipient."""
    if known.topics & stems(text) or says(known, text):
        return True
    places = [telling(each[0]) for each in table.ORGANISATION.finditer(text)]
    return any(same_place(place, each) for place in places for each in organisations)


def _named(name: Name, text: str) -> list[Mention]:
    return [each for each in mentions(name, text) if each.form == "full"]


def zone_of(text: str, found: Sequence[Mention]) -> str:
    """What stands around a name on a page about many: until the next person."""
    pieces = []
    for each in found[:20]:
        after = text[each.end : each.end + AROUND]
        stop = len(after)
        for line in re.finditer(r"\n+", after):
            if PERSON.match(after, line.end()):
                stop = line.start()
                break
        begin = max(text.rfind("\n", 0, each.start) + 1, each.start - AROUND)
        pieces.append(text[begin : each.end + stop])
    return "\n".join(pieces)[:MAX_ZONE]


def _is_plain(organisation: str) -> bool:
    """ "Fjordlab" can stand alone, "Norrland" of the University of Norrland is a region first of all; two telling words are enough."""
    own = telling(organisation)
    return len(own) > 1 or (len(own) == 1 and len(_WORD.findall(organisation)) == 1)


def _acronym(organisation: str) -> str:
    """ "LIC" of the Lake Institute of Chemistry; the name itself when it is one."""
    bare = organisation.strip()
    if bare.isupper() and bare.isalpha() and 3 <= len(bare) <= 8:
        return bare
    letters = "".join(each[0] for each in bare.split() if each[0].isupper())
    return letters if len(letters) >= 3 else ""
