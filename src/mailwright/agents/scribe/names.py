"""Names of people: the ways a name is written, and where a text names its bearer. Pure.

Used by `identity`, `papers` and `facts_by_rules`. Initials, the family name first, accents, hyphens, particles and titles are ways of
writing one name; another given name, another middle initial or "Jr." is another person.
Promises: bounded by the length of the text; a name that cannot be read is named nowhere.
Does not: know who the bearer is. Many people have one name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from mailwright.agents.models.rules.phrases_table import STOP_WORDS
from mailwright.agents.scribe import names_table as table

Form = Literal["full", "initials", "family", "other"]
"""How somebody is named. `other`: the family name, with a given name, a middle initial or a suffix that is not theirs."""

MAX_TOKENS = 60_000  # of one text
MAX_BETWEEN = 3  # tokens between a given name and the family name

_TOKEN = re.compile(r"[^\W\d_]+(?:['’`´][^\W\d_]+)*\.?")
_GAP = re.compile(r"[\s.\u2010\u2011-]{0,4}")
_COMMA_GAP = re.compile(r"\s{0,2},\s{0,3}")
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "æ": "a", "œ": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_UMLAUT = re.compile(r"([aou])e")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_BRACKETS = re.compile(r"\([^()]{0,100}\)|\[[^\[\]]{0,100}\]")


@lru_cache(maxsize=20_000)
def fold(word: str) -> str:
    """A word as names are compared: without case, accents, apostrophes and dots; ü, ue and u are one."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", word.casefold().translate(_LETTERS)) if c.isalnum())
    return _UMLAUT.sub(r"\1", plain)


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a text."""

    start: int
    end: int
    folded: str
    capital: bool

    @property
    def initial(self) -> bool:
        return len(self.folded) == 1 and self.capital


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a text names somebody. `middles` are the first letters of what stands between given and family name."""

    start: int
    end: int
    form: Form
    middles: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """A name, folded. `family` has no particles; `whole` is the name as it was given, where its script has no spaces."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    suffix: str = ""
    whole: str = ""

    @classmethod
    def parse(cls, written: str) -> Name:
        """Read "Prof. Dr. Ada M. van der Byron-King", or "Byron, Ada"."""
        written = _BRACKETS.sub(" ", unicodedata.normalize("NFC", written))[:200].strip()
        if _CJK.search(written):
            return cls((), (), "", "".join(written.split()))
        first, comma, second = written.partition(",")
        if comma and second.strip() and not _only_after(second):
            given, family = _bare(second), _bare(first)
            suffix = ""
        else:
            words = _bare(first)
            suffix = table.SUFFIXES.get(words[-1], "") if len(words) > 2 else ""
            words = words[:-1] if suffix else words
            given, family = _parted(words)
        core = tuple(each for each in family if each not in table.PARTICLES) or tuple(family)
        return cls(tuple(given), core, suffix)

    @property
    def middles(self) -> str:
        return "".join(each[0] for each in self.given[1:] if each not in table.PARTICLES)

    def __bool__(self) -> bool:
        return bool(self.family or self.whole)


def tokens(text: str) -> list[Token]:
    """The words of a text."""
    out = []
    for found in _TOKEN.finditer(text):
        word = found[0]
        single = len(word.rstrip(".")) == 1
        end = found.end() if single or not word.endswith(".") else found.end() - 1
        folded = fold(word)
        if folded:
            out.append(Token(found.start(), end, folded, word[0].isupper()))
        if len(out) >= MAX_TOKENS:
            break
    return out


def mentions(name: Name, text: str, words: Sequence[Token] | None = None) -> list[Mention]:
    """Where a text names somebody of that name, in order; places where it names another of the family are `other`."""
    if name.whole:
        return [Mention(found.start(), found.end(), "full") for found in re.finditer(re.escape(name.whole), text)]
    if not name.family:
        return []
    found = tokens(text) if words is None else words
    out: list[Mention] = []
    at = 0
    while at < len(found):
        if found[at].folded != name.family[0] or not found[at].capital:
            at += 1
            continue
        last = _family_end(name, found, at, text)
        out.append(_mention(name, found, at, last, text))
        at = last + 1
    return out


def same_person(name: Name, written: str) -> Form | None:
    """How a name that stands alone (an author of a paper) fits; None: it is another one."""
    other = Name.parse(written)
    if name.whole or other.whole:
        return "full" if name.whole == other.whole else None
    if not other.family or (set(other.family) != set(name.family) and other.family[:1] != name.family[:1]):
        # "Wei Chen" and "Chen Wei"
        turned = other.given == name.family and other.family == name.given and len(name.given) == 1
        return "full" if turned else None
    if not _fits(name.middles, other.middles) or (other.suffix and name.suffix and other.suffix != name.suffix):
        return None
    if not name.given or not other.given:
        return "family"
    if other.given[0] == name.given[0]:
        return "full"
    short = len(other.given[0]) == 1 or len(name.given[0]) == 1
    return "initials" if short and other.given[0][0] == name.given[0][0] else None


def plainly(written: str) -> str:
    """A name as it was written, without titles and degrees, the given name first: what a service is asked for."""
    bare = _BRACKETS.sub(" ", unicodedata.normalize("NFC", written))[:200]
    first, comma, second = bare.partition(",")
    if comma and second.strip() and not _only_after(second):
        first = f"{second} {first}"
    words = first.split()
    while len(words) > 1 and fold(words[0]) in _TITLES:
        words = words[1:]
    while len(words) > 2 and fold(words[-1]) in _AFTER:
        words = words[:-1]
    return " ".join(words)


# --- reading a name -----------------------------------------------------------------------------------------------------

_TITLES = frozenset(fold(each) for each in table.TITLES)
_AFTER = frozenset(table.AFTER)
_AND = frozenset(["y", "e", "i"])  # between two family names; capitals are initials
_COMMON = frozenset(fold(each) for each in STOP_WORDS)


def _bare(text: str) -> list[str]:
    """The words of a name without titles."""
    written = [each for each in re.split(r"[\s\u2010\u2011-]+|(?<=\.)", text) if each not in _AND]
    words = [each for each in map(fold, written) if each]
    while len(words) > 1 and words[0] in _TITLES:
        words = words[1:]
    while len(words) > 2 and words[-1] in _AFTER:
        words = words[:-1]
    return words


def _only_after(text: str) -> bool:
    """Whether what follows a comma are degrees: "Ada Byron, PhD"."""
    words = [fold(each) for each in text.replace(".", "").split()]
    return all(each in _AFTER or each in _TITLES or each in table.SUFFIXES for each in words)


def _parted(words: list[str]) -> tuple[list[str], list[str]]:
    """Given names and the family name: the last word, with the particles before it."""
    if len(words) < 2:
        return [], words
    at = len(words) - 1
    while at > 1 and words[at - 1] in table.PARTICLES:
        at -= 1
    return words[:at], words[at:]


# --- finding one --------------------------------------------------------------------------------------------------------


def _near(text: str, left: Token, right: Token) -> bool:
    return _GAP.fullmatch(text, left.end, right.start) is not None


def _family_end(name: Name, found: Sequence[Token], at: int, text: str) -> int:
    """Where a family name of several words ends."""
    last = at
    for part in name.family[1:]:
        following = last + 1
        if following < len(found) and found[following].folded == part and _near(text, found[last], found[following]):
            last = following
    return last


def _mention(name: Name, found: Sequence[Token], at: int, last: int, text: str) -> Mention:
    """What stands around a family name decides who is named."""
    start, end = found[at].start, found[last].end
    suffix = ""
    if last + 1 < len(found):
        following = found[last + 1]
        between = text[end : following.start]
        if following.folded in table.SUFFIXES and re.fullmatch(r",?\s{1,2}", between):
            suffix, end = table.SUFFIXES[following.folded], following.end
        elif following.capital and re.fullmatch(r"[\u2010\u2011-]", between):
            return Mention(start, following.end, "other")  # a double name, and not this one
    if suffix and name.suffix and suffix != name.suffix:
        return Mention(start, end, "other", suffix=suffix)
    if not name.given:
        return Mention(start, end, "full", suffix=suffix)
    before = _before(name, found, at, text)
    if before is not None:
        first, form, middles = before
        return Mention(found[first].start if first >= 0 else start, end, form, middles, suffix)
    after = _after(name, found, last, text)
    if after is not None:
        stop, form, middles = after
        return Mention(start, found[stop].end, form, middles, suffix)
    if last + 1 < len(found) and text[end : found[last + 1].start] == " ":
        following = found[last + 1]
        if following.capital and not following.initial and following.folded not in _COMMON:
            return Mention(start, end, "other")  # "Wei Chenoweth", "the Byron Prize"
    return Mention(start, end, "family", suffix=suffix)


def _before(name: Name, found: Sequence[Token], at: int, text: str) -> tuple[int, Form, str] | None:
    """Given names before the family name: where they begin, the form, the middle letters. None: there are none."""
    chain: list[int] = []
    here = at
    while len(chain) <= MAX_BETWEEN + 1 and here > 0 and _near(text, found[here - 1], found[here]):
        one = found[here - 1]
        if "\n" in text[one.end : found[here].start]:
            break
        if not (one.capital or one.folded in table.PARTICLES or one.folded in _AND):
            break
        if one.capital and not one.initial and (one.folded in _TITLES or one.folded in _COMMON):
            break
        # The end of a sentence is no part of a name: "… met Chen. Byron said".
        if not one.initial and text[one.end : one.end + 1] == "." and text[one.end + 1 : one.end + 2].isspace():
            break
        here -= 1
        chain.insert(0, here)
    chain = [each for each in chain if found[each].capital and found[each].folded not in table.PARTICLES]
    if not chain:
        return None
    for place, index in enumerate(chain):
        one = found[index]
        rest = "".join(found[each].folded[0] for each in chain[place + 1 :])
        if one.folded == name.given[0] or _joined(name, one.folded):
            if not _fits(name.middles, rest):
                return index, "other", rest
            return index, "full", rest
    # "Archivist A.-L. Byron"; but "Peter A. Byron" is Peter.
    letters = [each for each in chain if found[each].initial]
    if len(letters) > 1 and chain[-len(letters) :] == letters:
        chain = letters
    one = found[chain[0]]
    rest = "".join(found[each].folded[0] for each in chain[1:])
    initials = all(found[each].initial for each in chain)
    short = len(name.given[0]) == 1
    if (initials or short) and one.folded[0] == name.given[0][0]:
        return chain[0], "initials" if _fits(name.middles, rest) else "other", rest
    if len(name.given) > 1 and one.folded == name.given[1] and len(chain) == 1:
        return chain[0], "full", ""  # called by the second of their names
    return chain[0], "other", rest


def _after(name: Name, found: Sequence[Token], last: int, text: str) -> tuple[int, Form, str] | None:
    """Given names after the family name: "Byron, Ada M.", "Byron AM", and without a comma where the name is written so."""
    if last + 1 >= len(found):
        return None
    following = found[last + 1]
    gap = text[found[last].end : following.start]
    has_comma = _COMMA_GAP.fullmatch(gap) is not None
    if not following.capital or not (has_comma or gap in (" ", "-")):
        return None
    if following.folded == name.given[0]:
        stop, middles = last + 1, ""
        while stop + 1 < len(found) and found[stop + 1].initial and _near(text, found[stop], found[stop + 1]):
            stop += 1
            middles += found[stop].folded
        return stop, "full" if _fits(name.middles, middles) else "other", middles
    written = text[following.start : following.end]
    if following.initial and (has_comma or written.endswith(".")):
        stop, letters = last + 1, following.folded
        while stop + 1 < len(found) and found[stop + 1].initial and _near(text, found[stop], found[stop + 1]):
            stop += 1
            letters += found[stop].folded
        return stop, _by_letters(name, letters), letters[1:]
    if written.isupper() and len(written) <= 3 and not has_comma and text[following.end : following.end + 1] in ",;.(":
        return last + 1, _by_letters(name, following.folded), following.folded[1:]
    return (last + 1, "other", "") if has_comma and not following.initial else None  # "Byron, Bertha"


def _by_letters(name: Name, letters: str) -> Form:
    return "initials" if letters[0] == name.given[0][0] and _fits(name.middles, letters[1:]) else "other"


def _joined(name: Name, folded: str) -> bool:
    """ "Jeanluc" for "Jean-Luc"."""
    return len(name.given) > 1 and folded == name.given[0] + name.given[1]


def _fits(ours: str, theirs: str) -> bool:
    """Whether two rows of middle letters may be one person's: one has none, or they begin alike."""
    return ours.startswith(theirs) or theirs.startswith(ours)
