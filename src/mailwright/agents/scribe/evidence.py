"""Evidence: whether a quote stands in the stored copy of its source, whether a sentence says more than what it rests on, and whether the whole
mail can be relied on. Nothing in here is anybody's own report: words are compared with words.

Called by research and papers (`stands`, `instructs`), by checking (the rest) and by the evaluations. Pure and bounded; never raises.
Promises of `supports`: every number, date, link, price, name and quoted title of a sentence stands in the quotes of its facts, in what is
known of their sources, in the owner's own words or the recipient's name; links, addresses, prices and telephone numbers only in the owner's.
Does not: understand a sentence. What it says between its names and numbers is only compared word by word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from mailwright.agents.assistant import stated
from mailwright.agents.assistant.stated import Key
from mailwright.agents.models.rules import language as languages
from mailwright.agents.models.rules.phrases_table import STOP_WORDS
from mailwright.agents.scribe import by_rules_table as table
from mailwright.agents.scribe import turned
from mailwright.agents.scribe.results import Fact
from mailwright.codecs.quotation import stands as stands

MAX_WORDS = 60_000  # characters of the owner's words that are looked at
STEM = 5  # characters that words of one stem share
ENOUGH = 0.5  # of the telling words of a sentence that states facts are those of its facts
LOOSE = 3  # telling words that may be its own
SIGNED = 3  # words of a line with a name below a mail
OWN = 0.8  # of the telling words of a sentence that is its owner's
SPEAKS = 2  # telling words of nobody's make a sentence about the recipient one that states something
STATES = 4  # ... and any other
MOST_LOST = 1 / 3  # of the sentences that state something, left out: more, and the mail is not relied on

_ORDERS = re.compile(table.ORDERS, re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_CITED = re.compile(r"[“„«»\"‘‚]([^“”„«»\"‘’‚\n]{2,300})[”“»«\"’‘]")
_START = re.compile(r"(?:\A|[.!?:]\s+)[\s\W]*\Z")
_GERMAN_NAME = re.compile(r"(?:\b(?:in|aus|bei|nach|an der|am|vom|von|der)\s+)\Z")
_HOST = re.compile(r"(?<![\w.@/])(?:[\w-]{1,60}\.){1,4}[a-z]{2,20}(?![\w-])")
_FILES: Final = (".js", ".py")  # programs are called so
_OPENING: Final = ("ing", "ly", "ed", "s")  # endings of words that begin a sentence and name nobody
_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+")
_GENITIVE = re.compile(r"['’]s?\Z")

OWNERS_ALONE: Final = frozenset(["link", "address", "price"])
"""What a stranger's page cannot bring into somebody's mail."""


@dataclass(frozen=True)
class Support:
    """What a sentence may rest on. `owner` are the owner's own words (template, interest, fields, name), `name` is the recipient's; `facts`
    those the sentence names, and `known` what else their sources are known by (title, author, day). `alone` is the same without facts: what
    the owner's words say is read once for all sentences."""

    owner: str
    name: str
    facts: tuple[Fact, ...] = ()
    known: str = ""
    at: int = 0
    language: str = "en"
    alone: Support | None = None

    def and_facts(self, facts: Sequence[Fact], known: str) -> Support:
        """What a sentence may rest on that names those facts."""
        return Support(self.owner, self.name, tuple(facts), known, self.at, self.language, alone=self.alone or self)

    @cached_property
    def of_them(self) -> Support:
        """The same without what the owner says of themselves."""
        if self.alone is not None:
            return self.alone.of_them.and_facts(self.facts, self.known)
        said = _SENTENCES.split(self.owner[:MAX_WORDS])
        others = "\n".join(each for each in said if not turned.FIRST.search(each))
        return replace(self, owner=others)

    @cached_property
    def quotes(self) -> str:
        return "\n".join([*(fact.quote for fact in self.facts), self.known])

    @cached_property
    def folded(self) -> str:
        """The owner's words, as they are compared."""
        return self.alone.folded if self.alone is not None else _folded(self.owner)

    @cached_property
    def own_names(self) -> frozenset[str]:
        if self.alone is not None:
            return self.alone.own_names
        return frozenset(_key(word) for word in _words(f"{self.owner}\n{self.name}"))

    @cached_property
    def names(self) -> frozenset[str]:
        return self.own_names | frozenset(_key(word) for word in _words(self.quotes))

    @cached_property
    def stems(self) -> frozenset[str]:
        """Of the facts, in their own words and in ours."""
        claims = "\n".join(fact.claim for fact in self.facts)
        return _stems(f"{self.quotes}\n{claims}")

    @cached_property
    def own_stems(self) -> frozenset[str]:
        return self.alone.own_stems if self.alone is not None else _stems(f"{self.owner}\n{self.name}")

    @cached_property
    def values(self) -> frozenset[Key]:
        return self.own_values | _values(self.quotes, self.at)

    @cached_property
    def own_values(self) -> frozenset[Key]:
        return self.alone.own_values if self.alone is not None else _values(f"{self.owner}\n{self.name}", self.at)


def supports(sentence: str, support: Support) -> str:
    """What is wrong with a sentence that is to rest on that; "" when nothing is."""
    support = _for(sentence, support)
    for each in stated.find(sentence, at=support.at, language=support.language):
        have = support.own_values if each.kind in OWNERS_ALONE or _is_phone(each.needs) else support.values
        if any(not need & have and not _counts_one(need, each.text) for need in each.needs):
            return f"{each.text!r} stands in none of its sources"
    for host in _HOST.findall(sentence):
        if host.casefold() not in support.owner.casefold():
            return f"{host!r} is no address of its owner's"
    for name in names(sentence, support.language):
        if not _known(name, support.names):
            return f"{name!r} stands in none of its sources"
    for title in cited(sentence):
        if not _says(title, support.quotes) and f" {_folded(title)} " not in f" {support.folded} ":
            return f"the words {title[:60]!r} stand in none of its sources"
    if support.facts:
        own = _telling(sentence)
        shared = own & support.stems
        if not shared - _stems(support.name):
            return "it says nothing of what its sources say"
        loose = own - support.stems - support.own_stems
        if len(loose) > LOOSE and len(loose) > (1 - ENOUGH) * len(own):
            return "it says more than its sources do"
        quotes = [fact.quote for fact in support.facts]
        return turned.turns(sentence, quotes, support.owner, _telling, support.name)
    return ""


def opens(sentence: str, support: Support) -> str:
    """What is wrong with the first word of an English sentence, whose capital shows nothing: "Evermore is the best." "" when nothing is."""
    words = _words(sentence[:200])
    if support.language != "en" or not words or len(words[0]) < 3 or words[0][0].islower() or words[0][0].isdigit():
        return ""
    plain = words[0].casefold()
    if plain in _COMMON or plain in table.OPENERS or plain.endswith(_OPENING) or _known(words[0], support.names):
        return ""
    if _stems(words[0]) <= support.stems | support.own_stems:
        return ""
    return f"{words[0]!r} stands in none of its sources"


def strangers(texts: Iterable[str]) -> frozenset[str]:
    """Words of these texts that are names by their letters: capitals inside sentences, and never without. German ones show nothing."""
    large: set[str] = set()
    small: set[str] = set()
    for text in texts:
        if languages.guess(text[:2_000]) == "de":
            continue
        for found in _WORD.finditer(text[:MAX_WORDS]):
            if found[0][0].islower():
                small.add(_key(found[0]))
            elif found[0][0].isupper() and text[max(0, found.start() - 2) : found.start()].strip(" ,;").isalnum():
                large.add(_key(found[0]))
    return frozenset(large - small)


def strange(sentence: str, support: Support, names: frozenset[str]) -> str:
    """Which of those names a sentence has that neither its facts nor its owner have; "" for none."""
    return next(
        (
            f"{word!r} stands in none of its sources"
            for word in _words(sentence)
            if word[0].isupper() and _key(word) in names and not _known(word, support.names)
        ),
        "",
    )


def is_factual(sentence: str, owner_words: str, name: str, *, at: int = 0, language: str = "en") -> bool:
    """Whether a sentence states something that is not its owner's own to state, and so needs a source."""
    return states(sentence, Support(owner_words, name, at=at, language=language))


def states(sentence: str, own: Support) -> bool:
    """`is_factual`, by a support without facts."""
    if supports(sentence, own):
        return True
    own = _for(sentence, own)
    loose = _telling(sentence) - own.own_stems
    bag = {word.casefold() for word in _words(sentence)}
    speaks_of_them = bool(bag & table.YOU) or any(word.casefold() in bag for word in own.name.split())
    return len(loose) >= (SPEAKS if speaks_of_them else STATES)


def strays(text: str, support: Support) -> bool:
    """Whether a text has a telling word that is neither its owner's nor in the facts: for lines in which capitals show nothing."""
    return bool(_telling(text) - support.stems - support.own_stems)


def tells(text: str) -> int:
    """How many telling words a text has."""
    return len(_telling(text))


def is_own(sentence: str, support: Support) -> bool:
    """Whether a sentence is its owner's: said in the template, or all but."""
    if _folded(sentence) in support.folded:
        return True
    own = _telling(sentence)
    return bool(own) and len(own & _for(sentence, support).own_stems) >= OWN * len(own)


def _for(sentence: str, support: Support) -> Support:
    """What a sentence that only tells of the recipient may rest on: what the owner says of themselves is not theirs."""
    bag = {word.casefold() for word in _words(sentence)}
    is_told = bool(bag & table.YOU) and "?" not in sentence and not turned.FIRST.search(sentence)
    return support.of_them if is_told else support


def instructs(text: str) -> bool:
    """Whether a text speaks to a program that reads it: no fact of anybody, wherever it stands."""
    return _ORDERS.search(text[:2_000]) is not None


def names_a_host(text: str) -> bool:
    """Whether a text names a place of the web, with or without https."""
    return any(not each.endswith(_FILES) for each in _HOST.findall(text))


def names(sentence: str, language: str) -> list[str]:
    """The words of a sentence that name something, as far as their letters show it: forms of address are none."""
    found = []
    for match in _WORD.finditer(sentence):
        word = match[0]
        if word.casefold() in table.NOBODY or not word[0].isalpha():
            continue
        before, after = sentence[: match.start()], sentence[match.end() : match.end() + 24]
        if _is_name(word, before, after, language):
            found.append(word)
    return found


def _is_name(word: str, before: str, after: str, language: str) -> bool:
    inner, plain = word[1:], word.casefold()
    if any(c.isupper() for c in inner) and len(word) > 1:
        return True  # MIT, NeurIPS, McKay
    if not word[0].isupper() or len(word) < 2:
        return False
    goes_on = re.match(r"[\s-]+[A-ZÀ-ÖØ-Þ][\w’']", after) is not None
    line = before.rpartition("\n")[2] + word + after.partition("\n")[0]
    if not line.rstrip().endswith((",", ".", "!", "?", ":")) and len(line.split()) <= SIGNED:
        return plain not in _COMMON  # a line of its own: who signs
    if _START.search(before):
        # Every sentence begins with a capital: a name only where a second one follows.
        return goes_on and language != "de" and plain not in _COMMON
    if language == "de":  # where every noun has a capital
        if plain in _COMMON:
            return False
        joined = re.search(r"[A-ZÄÖÜ][\wäöüß]+[\s-]+\Z", before) is not None and not _START.search(
            re.sub(r"[A-ZÄÖÜ][\wäöüß]+[\s-]+\Z", "", before)
        )
        return goes_on or joined or _GERMAN_NAME.search(before) is not None
    return plain not in STOP_WORDS and not (plain in _COMMON and not goes_on)


def cited(sentence: str) -> list[str]:
    """What a sentence puts between quotation marks."""
    return [found[1].strip(" .,;:!?") for found in _CITED.finditer(sentence) if len(found[1].split()) > 1]


@dataclass(frozen=True, slots=True)
class Standing:
    """What `confidence` is computed from. `lost`: sentences left out that stated something."""

    verified: int
    marked: int
    lost: int
    certain: bool
    greets: bool = True
    open_placeholders: tuple[str, ...] = field(default=())


def confidence(standing: Standing) -> tuple[bool, str]:
    """Whether the mail can be relied on, and why."""
    doubts = []
    if standing.open_placeholders:
        doubts.append(f"nothing was found for {', '.join(standing.open_placeholders[:5])}")
    if standing.marked:
        doubts.append(f"{_count(standing.marked, 'sentence')} could not be verified")
    if not standing.verified:
        doubts.append("nothing in it about the recipient could be verified")
    if standing.verified and not standing.certain:
        doubts.append("it is not certain that the sources are about the right person")
    if standing.lost > MOST_LOST * max(1, standing.lost + standing.verified) and standing.lost > 1:
        doubts.append(f"{_count(standing.lost, 'sentence')} had to be left out")
    if not standing.greets:
        doubts.append("it does not greet the recipient by name")
    if doubts:
        return False, "; ".join(doubts)
    stand = "statement stands" if standing.verified == 1 else "statements stand"
    return True, f"{standing.verified} {stand} word for word in the stored copies of the sources"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _words(text: str) -> list[str]:
    return _WORD.findall(text[:MAX_WORDS])


def _key(word: str) -> str:
    plain = _GENITIVE.sub("", word.casefold())
    return table.SAME_WORDS.get(plain, plain)


def _known(name: str, known: frozenset[str]) -> bool:
    key = _key(name)
    if key in known or all(_key(part) in known for part in name.split("-")):
        return True
    # Endings of cases and plurals: "Wiens", "Alpen"; never of what has digits.
    least = max(4, len(key) - 2)
    return key.isalpha() and any(
        each[:least] == key[:least] and abs(len(each) - len(key)) <= 2 for each in known if len(each) >= least
    )


def _stems(text: str) -> frozenset[str]:
    return frozenset(_key(word)[:STEM] for word in _words(text) if len(word) > 2 and word.casefold() not in STOP_WORDS)


def _telling(sentence: str) -> frozenset[str]:
    return frozenset(
        _key(word)[:STEM]
        for word in _words(sentence)
        if len(word) > 2 and word.casefold() not in STOP_WORDS and word.casefold() not in _SAYS_NOTHING
    )


_SAYS_NOTHING: Final = table.COURTESY | table.NOBODY | table.YOU
_COMMON: Final = _SAYS_NOTHING | STOP_WORDS


def _values(text: str, at: int) -> frozenset[Key]:
    out: set[Key] = set()
    for each in stated.find(text[:MAX_WORDS], at=at):
        out.update(each.also)
        for need in each.needs:
            out |= need
    return frozenset(out)


def _is_phone(needs: Iterable[frozenset[Key]]) -> bool:
    return any(key[0] == "phone" for need in needs for key in need)


def _counts_one(need: frozenset[Key], text: str) -> bool:
    """ "One of your papers": no number of anything."""
    return not any(c.isdigit() for c in text) and any(key[0] == "num" and key[1] == 1 for key in need)


def _folded(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


def _says(words: str, text: str) -> bool:
    return stands(words, text) or f" {_folded(words)} " in f" {_folded(text)} "


def facts_of(numbers: Sequence[int], facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Those of these numbers that there are, in their order."""
    known = {fact.number: fact for fact in facts}
    return tuple(known[each] for each in dict.fromkeys(numbers) if each in known)
