"""A text as the recognisers of this folder look at it: one way to write digits, dashes and spaces, and the labels in it.

Called by `recognisers` once for each text. Every form kept here has the length of the text, so that a place in one is the same
place in all. Promises: never raises; one pass for each form, and one for the labels when somebody asks for them; its tables, some MiB,
are made for the first text that needs them.
A label is a word that says what the number beside it is ("IBAN", "Telefon", "order no"): see `labels_table`.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property

from mailwright.codecs.redaction.labels_table import INSIDE_WORDS, LABELS, LANGUAGES

NEAR = 40  # characters between a label and what it names: "please call me tomorrow before noon at …"
CODE = "code"  # of a label that says no more than that
NUMBER = "number"  # the name of a label that only says that a number follows
_OWNED = 12  # characters between "customer" and its "number"
BESIDE = 14  # after a number: "(SSN)", "is my IBAN"
LATIN = "0-9A-Za-z\u00c0-\u024f"
"""What a number may not touch: other scripts set no space before one."""
_SEEN_OF_LANGUAGE = 20_000  # characters that are enough to tell which languages a text is written in

_DASHES = "\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_BLANKS = "\u00a0\u1680\u180e\u200b\u200c\u200d\u2060\ufeff\u202f\u205f\u3000\u2007" + "".join(
    map(chr, range(0x2000, 0x200B))
)


@dataclass(frozen=True, slots=True)
class Label:
    """A word that names what is beside it."""

    start: int
    end: int
    name: str


class Reading:
    """One text, prepared."""

    def __init__(self, text: str) -> None:
        self.text = _plain(text)
        """With ASCII digits, dashes and spaces wherever Unicode has others."""

    @cached_property
    def lower(self) -> str:
        """Small letters without accents."""
        return (self.text if self.text.isascii() else _translated(self.text, _accents_table())).lower()

    @cached_property
    def labels(self) -> list[Label]:
        """All labels, in order."""
        at_words, by_key = _at_words()
        found = [Label(each.start(), each.end(), by_key[_key(each[0])]) for each in at_words.finditer(self.lower)]
        found += [Label(each.start(), each.end(), INSIDE_WORDS[each[0]]) for each in _inside().finditer(self.lower)]
        return sorted(found, key=lambda label: (label.start, label.end))

    @cached_property
    def _starts(self) -> list[int]:
        return [label.start for label in self.labels]

    def label_of(self, start: int, end: int, *, near: int = NEAR) -> str:
        """The name of the label that belongs to what stands from `start` to `end`; "" without one.

        The nearest one before it on its line or the one above, in its paragraph; else one close behind it on its line.
        """
        index = bisect_left(self._starts, start)
        while index:
            label = self.labels[index - 1]
            if label.end > start:  # "IBAN" inside of what was found
                index -= 1
                continue
            between = self.text[label.end : start]
            if len(between) > near or between.count("\n") > 1:
                break
            if label.name == CODE:
                return ""
            if label.name != NUMBER:
                return label.name
            return self._numbered(index - 1)
        index = bisect_left(self._starts, end)
        if index < len(self.labels):
            label = self.labels[index]
            between = self.text[end : label.start]
            if len(between) <= BESIDE and not re.search(r"[\n.,;:!?]", between):
                return label.name
        return ""

    def _numbered(self, index: int) -> str:
        """Whose "number" it is: "the customer's number" is the customer's."""
        if index:
            owner, number = self.labels[index - 1], self.labels[index]
            if number.start - owner.end <= _OWNED and not re.search(
                r"[\d\n.,;:!?]", self.text[owner.end : number.start]
            ):
                return owner.name
        return NUMBER

    def named(self, names: Iterable[str]) -> list[Label]:
        """The labels with one of these names."""
        wanted = frozenset(names)
        return [label for label in self.labels if label.name in wanted]

    def labels_between(self, start: int, end: int) -> list[Label]:
        """The labels that begin there, and say more than that a number follows."""
        between = self.labels[bisect_left(self._starts, start) : bisect_left(self._starts, end)]
        return [label for label in between if label.name not in (NUMBER, CODE)]

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages the text seems to be written in, the likeliest first."""
        counts: dict[str, int] = {}
        for word in re.findall(r"[^\W\d_]+", self.lower[:_SEEN_OF_LANGUAGE]):
            for language in LANGUAGES.get(word, ()):
                counts[language] = counts.get(language, 0) + 1
        return tuple(sorted(counts, key=lambda language: -counts[language])[:3])


def _plain(text: str) -> str:
    return text if text.isascii() else _translated(text, _plain_table())


def _translated(text: str, table: dict[int, str]) -> str:
    """Faster than `translate` with a large table: few characters of it are in any one text."""
    used = {ord(character): table[ord(character)] for character in set(text) if ord(character) in table}
    return text.translate(used) if used else text


@cache
def _plain_table() -> dict[int, str]:
    table = {ord(dash): "-" for dash in _DASHES} | {ord(blank): " " for blank in _BLANKS}
    for code in (*range(0xA0, 0x3000), *range(0xA000, 0x20000)):
        if unicodedata.category(chr(code)) == "Nd":
            table[code] = str(unicodedata.digit(chr(code)))
    for code in range(0xFF01, 0xFF5F):  # the wide forms of ASCII
        table.setdefault(code, chr(code - 0xFEE0))
    return table


@cache
def _accents_table() -> dict[int, str]:
    table = {ord("ø"): "o", ord("Ø"): "o", ord("ł"): "l", ord("Ł"): "l", ord("ı"): "i", ord("đ"): "d", ord("Đ"): "d"}
    for code in (*range(0xC0, 0x250), *range(0x386, 0x3CF), *range(0x401, 0x460), *range(0x1E00, 0x1F00)):
        letter = unicodedata.normalize("NFD", chr(code))[0].lower()
        if letter != chr(code) and len(letter) == 1:
            table.setdefault(code, letter)
    return table


def _key(label: str) -> str:
    return re.sub(r"[\s_./'’-]+", "", label)


def _trie(words: Iterable[str]) -> str:
    """A pattern that matches the longest of `words`, a letter at a time: hundreds of words cost as much as one."""
    tree: dict[str, dict[str, object]] = {}
    for word in words:
        node: dict[str, object] = tree  # type: ignore[assignment]  # a tree of trees
        for letter in word:
            node = node.setdefault(letter, {})  # type: ignore[assignment]
        node[""] = {}
    return _branch(tree)


def _branch(node: dict[str, dict[str, object]]) -> str:
    ways = [
        (r"[\s_./'’-]{0,2}" if letter == " " else re.escape(letter)) + _branch(rest)  # type: ignore[arg-type]
        for letter, rest in sorted(node.items(), key=lambda each: each[0] == " ")
        if letter
    ]
    if not ways:
        return ""
    whole = ways[0] if len(ways) == 1 and "" not in node else f"(?:{'|'.join(ways)})"
    return f"{whole}?" if "" in node else whole


@cache
def _at_words() -> tuple[re.Pattern[str], dict[str, str]]:
    """What finds labels that are words, and the names of labels by their keys."""
    by_key = {_key(word): name for name, words in LABELS.items() for word in words}
    # "_" is no part of a word here: DB_PASSWORD, tel_no.
    pattern = rf"(?<![^\W_]){_trie(word for words in LABELS.values() for word in words)}(?![^\W\d_])"
    return re.compile(pattern), by_key


@cache
def _inside() -> re.Pattern[str]:
    """What finds labels inside of words."""
    return re.compile("|".join(re.escape(word) for word in sorted(INSIDE_WORDS, key=len, reverse=True)))
