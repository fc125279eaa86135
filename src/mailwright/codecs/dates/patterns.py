"""Patterns over words, and how they are matched: the machinery of the grammar, which knows nothing about dates.

Used by the modules of `grammar` (which write rules) and by `finding` (which runs them). A rule says that a category may be made of a
pattern::

    @rule("day", "THE? dom:ordinal OF month:MONTH ,? year:year?")
    def day_of_month(context, dom, month, year=None): ...

- CAPITALS are classes of words from the lexicon (`language`), small letters are categories made by other rules, anything else is
  punctuation as it stands.
- `name:x` hands the value to the function by that name; without a name it is only required. `x?` may be absent (then it is not handed
  over). `x|y` is either. `~x` follows without a space between. `<x`, first in a pattern, has to stand before the phrase and is not
  part of it; `>x`, last, has to follow and is not part of it either; `!x`, last,
  must not follow.
- The function returns a value, or None when the words make no sense together. Of two rules that match the same words, the first wins.

Promises: the categories form no circle (checked when a grammar is made), so that a phrase has a longest possible length, and the time
taken is proportional to the length of the text, whatever the text is. Does not choose between phrases: `finding` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

Make = Callable[..., Any]
Makes = TypeVar("Makes", bound=Make)
Item = tuple[str, Any, int]  # class, value, the number of tokens
Matches = dict[int, Any]  # the token a phrase ends before, its value
_NOTHING: Matches = {}


@dataclass(frozen=True, slots=True)
class Element:
    """One place of a pattern."""

    options: tuple[str, ...]
    name: str = ""
    optional: bool = False
    tight: bool = False  # follows without a space


@dataclass(frozen=True, slots=True)
class Rule:
    """`category` may be made of `elements`, when `before` stands before, `after` behind, and `never` not."""

    category: str
    elements: tuple[Element, ...]
    make: Make
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


def parse_rule(category: str, pattern: str, make: Make) -> Rule:
    """The rule that a pattern writes."""
    elements: list[Element] = []
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    for word in pattern.split():
        if word[0] == "<" and len(word) > 1:
            before = tuple(word[1:].split("|"))
            continue
        if word[0] == ">" and len(word) > 1:
            after = tuple(word[1:].split("|"))
            continue
        if word[0] == "!" and len(word) > 1:
            never = tuple(word[1:].split("|"))
            continue
        tight = word[0] == "~" and len(word) > 1
        word = word[1:] if tight else word
        optional = len(word) > 1 and word.endswith("?")
        word = word[:-1] if optional else word
        name, colon, rest = word.partition(":")
        if not (colon and name.isidentifier() and rest):
            name, rest = "", word
        options = tuple(rest.split("|")) if len(rest) > 1 else (rest,)
        elements.append(Element(options, name, optional, tight))
    return Rule(category, tuple(elements), make, before, after, never)


class Rules(list[Rule]):
    """The rules of one module, in the order of their precedence."""

    def __call__(self, category: str, *patterns: str) -> Callable[[Makes], Makes]:
        """Say that the function makes `category` of each of these patterns."""

        def keep(make: Makes) -> Makes:
            self.extend(parse_rule(category, pattern, make) for pattern in patterns)
            return make

        return keep


class Grammar:
    """All rules of one language, ready to be matched."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules: dict[str, list[Rule]] = {}
        for each in rules:
            self.rules.setdefault(each.category, []).append(each)
        self._firsts: dict[str, frozenset[str]] = {}
        for category in self.rules:
            self._first(category, ())
        self._indexed = {
            category: [(rule, self._first_of_rule(rule, ())) for rule in rules]
            for category, rules in self.rules.items()
        }

    @property
    def made(self) -> Mapping[str, frozenset[str]]:
        """The categories that rules make, with the classes each may begin with."""
        return self._firsts

    def rules_of(self, category: str) -> list[tuple[Rule, frozenset[str]]]:
        """The rules of a category with the classes each may begin with."""
        return self._indexed.get(category, [])

    def _first(self, category: str, within: tuple[str, ...]) -> frozenset[str]:
        if category not in self.rules:
            return frozenset((category,))
        if category in within:
            raise ValueError(f"the grammar goes round in circles: {' > '.join((*within, category))}")
        if category not in self._firsts:
            found: set[str] = set()
            for rule in self.rules[category]:
                found |= self._first_of_rule(rule, (*within, category))
                for element in rule.elements:  # all of them, so that every circle is found
                    for option in element.options:
                        self._first(option, (*within, category))
            self._firsts[category] = frozenset(found)
        return self._firsts[category]

    def _first_of_rule(self, rule: Rule, within: tuple[str, ...]) -> frozenset[str]:
        found: set[str] = set()
        for element in rule.elements:
            for option in element.options:
                found |= self._first(option, within)
            if not element.optional:
                break
        return frozenset(found)


class Matcher:
    """One text being matched. `items[i]` are the readings of the words that begin at token i; `gaps[i]` whether a space is before it.
    `tried` counts the rules tried so far."""

    def __init__(self, grammar: Grammar, context: Any, items: Sequence[Sequence[Item]], gaps: Sequence[bool]) -> None:
        self._grammar = grammar
        self._context = context
        self._items = items
        self._gaps = gaps
        self._classes = [*(frozenset(item[0] for item in here) for here in items), frozenset[str]()]
        self.tried = 0
        # What begins at each token, by class and category: the words from the beginning, the rest when it is asked for.
        self._known: list[dict[str, Matches]] = []
        self._ending: list[set[str]] = [set() for _ in range(len(items) + 1)]
        for start, here in enumerate(items):
            known: dict[str, Matches] = {}
            for name, value, length in here:
                known.setdefault(name, {}).setdefault(start + length, value)
                self._ending[start + length].add(name)
            self._known.append(known)
        self._known.append({})

    def match(self, category: str, start: int) -> Matches:
        """Every phrase of the category that begins at token `start`: the token it ends before, and its value."""
        known = self._known[start].get(category)
        return self._make(category, start) if known is None else known

    def _make(self, category: str, start: int) -> Matches:
        rules = self._grammar.rules_of(category)
        if not rules:
            return _NOTHING
        found: Matches = {}
        classes = self._classes[start]
        if not classes.isdisjoint(self._grammar.made[category]):
            for rule, firsts in rules:
                if classes.isdisjoint(firsts) or (rule.before and self._ending[start].isdisjoint(rule.before)):
                    continue
                self._apply(rule, start, found)
        self._known[start][category] = found
        return found

    def _apply(self, rule: Rule, start: int, found: Matches) -> None:
        self.tried += 1
        # What each place reached so far was handed; the first way to reach a place is the one kept.
        reached: dict[int, dict[str, Any]] = {start: {}}
        made, classes = self._grammar.made, self._classes
        for element in rule.elements:
            following: dict[int, dict[str, Any]] = {}
            for place, values in reached.items():
                if element.tight and place < len(self._gaps) and self._gaps[place]:
                    continue
                known = self._known[place]
                for option in element.options:
                    matches = known.get(option)
                    if matches is None:
                        if option not in made or classes[place].isdisjoint(made[option]):
                            continue
                        matches = self._make(option, place)
                    for end, value in matches.items():
                        if end not in following:
                            following[end] = {**values, element.name: value} if element.name else values
            if element.optional:
                for place, values in reached.items():
                    following.setdefault(place, values)
            if not following:
                return
            reached = following
        for end, values in reached.items():
            if end == start or end in found or (rule.after and not self._follows(rule.after, end)):
                continue
            if rule.never and self._follows(rule.never, end):
                continue
            try:
                value = rule.make(self._context, **values)
            except (ValueError, OverflowError):  # a day that the calendar does not have
                continue
            if value is not None:
                found[end] = value

    def _follows(self, classes: tuple[str, ...], place: int) -> bool:
        return place < len(self._items) and not self._classes[place].isdisjoint(classes)
