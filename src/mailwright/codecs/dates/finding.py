"""Finding the phrases of a text that say when, and reading one that is known to.

Called by the concierge and by the model made of rules. Expects text in one language and the moment and habits of who wrote it.
Promises: what is found is in order, inside the text and does not overlap; the time taken is proportional to the text's length, and no
more of it than MAX_TEXT is read. Does not: look at a clock, know a time zone, or decide between readings (`moments` does).
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from functools import cache
from importlib import import_module

from mailwright.codecs.dates.grammar import RULES
from mailwright.codecs.dates.grammar.phrases import from_length
from mailwright.codecs.dates.language import Lexicon
from mailwright.codecs.dates.meaning import Context, Meaning
from mailwright.codecs.dates.patterns import Item, Matcher
from mailwright.codecs.dates.tokens import Token, cut, in_digits, levelled, unglued
from mailwright.codecs.dates.words import Found, Habits, Kind

MAX_TEXT = 10_000  # characters: more than anybody writes to a concierge by hand; the worst text takes two seconds
MAX_PHRASE = 200


def find(text: str, now: datetime, *, language: str, habits: Habits) -> list[Found]:
    """Every phrase of the text that says when, from left to right, each as long as it can be."""
    text = text[:MAX_TEXT]
    lexicon = lexicon_of(language)
    context = Context(now, habits, lexicon.language)
    tokens = unglued(cut(text), lexicon.language.glued)
    small = levelled(text)
    items = _items(text, small, tokens, lexicon)
    matcher = Matcher(lexicon.grammar, context, items, [token.gap for token in tokens])
    found: list[Found] = []
    at = 0
    while at < len(tokens):
        end, meaning = _longest(matcher, text, tokens, at)
        if meaning is None:
            at += 1
            continue
        begin = tokens[_without_preposition(matcher, items, at, end)].begin
        if lexicon.dropped and (before := lexicon.dropped.match(small, begin, tokens[end - 1].end - 1)):
            begin = before.end()
        found.append(_found(text, begin, tokens[end - 1].end, meaning))
        at = end
    return found


def _without_preposition(matcher: Matcher, items: list[list[Item]], at: int, end: int) -> int:
    """Where the phrase begins when "at" and "on" are left out, which say nothing about when: unless they begin something longer ("at
    the end", "à partir de"), or what is left is only a length ("à cinq heures et demie")."""
    longest = max((item[2] for item in items[at]), default=0)
    for name, _, length in items[at]:
        rest = at + length
        alone = matcher.match("phrase", rest).get(end)
        if length < longest or (alone is not None and alone.kind is Kind.DURATION):
            continue
        if rest < end and (name == "AT" or (name == "ON" and alone == matcher.match("phrase", at).get(end))):
            return rest
    return at


def read(phrase: str, now: datetime, *, language: str, habits: Habits) -> Found | None:
    """What the whole phrase means; None when it is not one phrase. Takes what is written together too, as in the tag of an address:
    "3days", "tomorrow9am", "nextweek", "2w"; and a length by itself is so long from now."""
    if len(phrase) > MAX_PHRASE:
        return None
    lexicon = lexicon_of(language)
    context = Context(now, habits, lexicon.language)
    for spelling in _spellings(phrase, lexicon):
        tokens = unglued(cut(spelling), lexicon.language.glued)
        items = _items(spelling, levelled(spelling), tokens, lexicon)
        first = {name: length for name, _, length in items[0]} if items else {}
        starts = [0, *(first[name] for name in ("ON", "AT") if first.get(name, len(items)) < len(items))]
        for start in starts:  # "on Friday" as well as "Friday"
            for word in ("AT", "ON"):
                meaning = _whole(lexicon, context, tokens[start:], items[start:], word)
                if meaning is not None:
                    return _found(phrase, 0, len(phrase), meaning)
    return None


def _whole(
    lexicon: Lexicon, context: Context, tokens: list[Token], items: list[list[Item]], word: str
) -> Meaning | None:
    """What all of it means, as if such a word stood before it that makes a number an hour or a day of the month: "5" is an answer."""
    matcher = Matcher(lexicon.grammar, context, [[(word, None, 1)], *items], [False, *(token.gap for token in tokens)])
    alone = matcher.match("phrase", 1).get(len(items) + 1)
    behind = matcher.match("phrase", 0).get(len(items) + 1)
    if alone is None or alone.length is None:
        return alone or behind
    counted = from_length(alone, context)
    if behind is None:
        return counted
    return replace(counted, readings=(*counted.readings, *behind.readings))  # "quatre heures" is also a time of day


@cache
def lexicon_of(language: str) -> Lexicon:
    """The lexicon of a language of `domain.followups.LANGUAGES`. Raises ModuleNotFoundError for others."""
    if not re.fullmatch(r"[a-z]{2}", language):
        raise ModuleNotFoundError(language)
    module = import_module(f"mailwright.codecs.dates.languages.{language}")
    return Lexicon(module.LANGUAGE, RULES)


def _items(text: str, small: str, tokens: list[Token], lexicon: Lexicon) -> list[list[Item]]:
    traps = lexicon.trapped(small)
    items: list[list[Item]] = []
    trap = 0
    for index, token in enumerate(tokens):
        while trap < len(traps) and traps[trap][1] <= token.begin:
            trap += 1
        if trap < len(traps) and traps[trap][0] <= token.begin:
            items.append([])
            continue
        if index and tokens[index - 1].word == "$" and not token.gap:  # a name of the stock exchange
            items.append([])
            continue
        here = lexicon.words_at(tokens, index)
        if token.word[0].isdigit():
            here = [*lexicon.ordinal_at(tokens, index), *here, *in_digits(text, tokens, index)]
        elif not token.word[0].isalnum():
            here = [*here, (token.word, None, 1)]
        items.append(here)
    return items


def _longest(matcher: Matcher, text: str, tokens: list[Token], at: int) -> tuple[int, Meaning | None]:
    """The longest phrase that begins at this token and does not cut a word, a longer number or a code in two."""
    begin = tokens[at].begin
    if _CUT_BEFORE.search(text[max(0, begin - 2) : begin + 1]):
        return at, None
    ends = matcher.match("phrase", at)
    for end, meaning in sorted(ends.items(), key=lambda each: each[0], reverse=True):
        until = tokens[end - 1].end
        if (
            tokens[end - 1].word == "."
            and end - 1 in ends
            and len(tokens[end - 2].word) > 1
            and _STOP.match(text, until)
        ):
            continue  # a full stop, not that of "Feb."
        if _CUT_BEHIND.match(text[until - 1 : until + 2]):
            continue
        if (
            end - at <= 2
            and _CODE.match(text, begin, until)
            and _IN_CODE.search(text[max(0, begin - 2) : begin] + " " + text[until : until + 2])
        ):
            continue
        return end, meaning
    return at, None


_STOP = re.compile(r"\s*(?:\Z|\n|\s[A-ZÀ-Þ])")
# 5 of 1.5, 10 of 133-10, the b of ab; what looks like half of a code: -413d-, 1687 of a1-1687-7e.
_CUT_BEFORE = re.compile(r"\d[-/.,:]\d\Z|[^\W_][^\W_]\Z")
_CUT_BEHIND = re.compile(r"\d[-/:.,]\d|[^\W_][^\W_]")
_CODE = re.compile(r"\d+[a-zA-Z]?\Z")
_IN_CODE = re.compile(r"[^\W_][-/.=&~] | [-=&~/][^\W_]")


def _found(text: str, begin: int, end: int, meaning: Meaning) -> Found:
    return Found(
        begin, end, text[begin:end], meaning.kind, meaning.readings, meaning.rule, meaning.vague, meaning.seconds
    )


def _spellings(phrase: str, lexicon: Lexicon) -> list[str]:
    """The phrase as it is, with spaces for the signs of a tag, and cut into words the language has."""
    phrase = phrase.strip().rstrip("!?,; ")
    spaced = " ".join(phrase.replace("_", " ").replace("+", " ").replace(".", " ").split())
    dashless = " ".join(spaced.replace("-", " ").split())
    spellings = [phrase, phrase.rstrip("."), spaced, dashless, lexicon.split(dashless)]
    if dashless.isalpha():
        spellings.append(f"{dashless}.")  # what is too short to be a word of a sentence without it: "gio", "sex"
    return list(dict.fromkeys(spellings))
