"""The arguments of one command or test, sorted by what they are for.

Called by `commands` and `conditions` with a node of the grammar. Checks what the table can say: tags that exist, once each, with
what they take, the extensions declared, positional arguments in number and kind (RFC 5228 §2.6).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mailwright.codecs.sieve.commands_table import RULES, Rule, Takes
from mailwright.codecs.sieve.errors import Problem
from mailwright.codecs.sieve.limits import MAX_PROBLEMS
from mailwright.codecs.sieve.script import Index, Match, MatchType, Texts
from mailwright.codecs.sieve.strings import Text, decode_characters, template
from mailwright.codecs.sieve.syntax import Argument, Node, Number, Strings, Tag

RELATIONS = ("gt", "ge", "lt", "le", "eq", "ne")  # RFC 5231 §4
_KINDS: dict[Takes, str] = {"string": "a string", "strings": "a string or a list of them", "number": "a number"}


@dataclass(slots=True)
class Reading:
    """What is known while a script is read: the extensions it declared, and what is wrong with it so far."""

    requires: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def fail(self, line: int, text: str) -> None:
        """Note a mistake and go on: an author wants to hear of all of them."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(line, text))

    def warn(self, line: int, text: str) -> None:
        """Note what is allowed and hardly meant."""
        if len(self.warnings) < MAX_PROBLEMS:
            self.warnings.append(Problem(line, text))

    def needs(self, line: int, what: str, extensions: Iterable[str]) -> None:
        """RFC 5228 §2.10.5: what is not declared is not there."""
        wanted = [extension for extension in extensions if extension]
        if wanted and not self.requires.intersection(wanted):
            self.fail(line, f'"{what}" needs: require "{wanted[0]}";')

    def text(self, value: str, line: int) -> Text:
        """A string as the extensions of the script have it."""
        try:
            if "encoded-character" in self.requires:
                value = decode_characters(value)
            return template(value) if "variables" in self.requires else value
        except ValueError as error:
            self.fail(line, f"{error}")
            return value


class Arguments:
    """The arguments of `node`, as its rule has them. Mistakes are in the reading; then what is asked for has a stand-in."""

    def __init__(self, reading: Reading, node: Node) -> None:
        self.reading = reading
        self.node = node
        self.line = node.line
        self.tags: dict[str, tuple[str, Argument | None]] = {}  # by group
        rule = RULES[node.name]
        reading.needs(node.line, node.name, rule.extensions)
        rest = self._read_tags(rule, list(node.arguments))
        self.positional = self._fitted(rule, rest)
        self._check_tests(rule)

    def has(self, group: str) -> bool:
        """Whether a tag of that group was given."""
        return group in self.tags

    def tag(self, group: str, default: str = "") -> str:
        """The tag given of that group."""
        return self.tags[group][0] if group in self.tags else default

    def tag_text(self, group: str) -> Text | None:
        """The string of a tag, None without the tag."""
        value = self.tags.get(group, ("", None))[1]
        return self.reading.text(value.values[0], value.line) if isinstance(value, Strings) else None

    def tag_texts(self, group: str) -> Texts | None:
        """The list of strings of a tag, None without the tag."""
        value = self.tags.get(group, ("", None))[1]
        return self._texts(value) if isinstance(value, Strings) else None

    def tag_number(self, group: str) -> int | None:
        """The number of a tag, None without the tag."""
        value = self.tags.get(group, ("", None))[1]
        return value.value if isinstance(value, Number) else None

    def text(self, position: int) -> Text:
        """A positional string."""
        found = self.texts(position)
        return found[0] if found else ""

    def texts(self, position: int) -> Texts:
        """A positional list of strings; empty when it may be left out and was."""
        value = self.positional[position]
        return self._texts(value) if isinstance(value, Strings) else ()

    def number(self, position: int) -> int:
        """A positional number."""
        value = self.positional[position]
        return value.value if isinstance(value, Number) else 0

    def given(self, position: int) -> bool:
        """Whether a positional argument that may be left out is there."""
        return self.positional[position] is not None

    def match(self) -> Match:
        """Match type and comparator."""
        kind: MatchType = self.tag("match", "is")  # type: ignore[assignment]  # the table has no other
        relation = self._constant("match")
        comparator = self._constant("comparator") or "i;ascii-casemap"
        line = self.line
        if kind in ("value", "count") and relation not in RELATIONS:
            self.reading.fail(line, f'":{kind}" is followed by one of {", ".join(RELATIONS)}')
            relation = "eq"
        if comparator not in ("i;octet", "i;ascii-casemap", "i;ascii-numeric"):
            self.reading.fail(line, f'there is no comparator "{comparator[:60]}" here')
            comparator = "i;ascii-casemap"
        if comparator == "i;ascii-numeric":
            self.reading.needs(line, comparator, ("comparator-i;ascii-numeric",))
            if kind in ("contains", "matches"):
                # RFC 5228 §2.7.3; RFC 4790 §9.1.1: this one has no substrings.
                self.reading.fail(line, f'the comparator "i;ascii-numeric" cannot do ":{kind}"')
        return Match(kind, comparator, relation or "eq")  # type: ignore[arg-type]  # checked above

    def index(self) -> Index | None:
        """`:index` with `:last` (RFC 5260 §6, RFC 5293 §5)."""
        number = self.tag_number("index")
        if number is None:
            if self.has("last"):
                self.reading.fail(self.line, '":last" needs ":index"')
            return None
        if number < 1:
            self.reading.fail(self.line, '":index" counts from 1')
        return Index(number, self.has("last"))

    def _constant(self, group: str) -> str:
        text = self.tag_text(group)
        return text if isinstance(text, str) else ""

    def _texts(self, value: Strings) -> Texts:
        return tuple(self.reading.text(text, value.line) for text in value.values)

    def _read_tags(self, rule: Rule, waiting: list[Argument]) -> list[Argument]:
        """Take the tags and what belongs to them; what is left is positional."""
        while waiting and isinstance(waiting[0], Tag):
            tag = waiting.pop(0)
            assert isinstance(tag, Tag)
            known = rule.tags.get(tag.name)
            if known is None:
                self.reading.fail(tag.line, f'"{self.node.name}" has no tag ":{tag.name}"')
                continue
            self.reading.needs(tag.line, f":{tag.name}", (known.extension,))
            if known.group in self.tags:
                given = self.tags[known.group][0]
                what = "twice" if given == tag.name else f'together with ":{given}"'
                self.reading.fail(tag.line, f'":{tag.name}" is given {what}')
            value: Argument | None = None
            if known.takes:
                if waiting and _is(waiting[0], known.takes):
                    value = waiting.pop(0)
                else:
                    self.reading.fail(tag.line, f'":{tag.name}" is followed by {_KINDS[known.takes]}')
            self.tags[known.group] = tag.name, value
        late = next((argument for argument in waiting if isinstance(argument, Tag)), None)
        if late is not None:
            # RFC 5228 §2.6.2: tagged arguments must appear before positional arguments.
            self.reading.fail(late.line, f'":{late.name}" must stand before the other arguments')
        return [argument for argument in waiting if not isinstance(argument, Tag)]

    def _fitted(self, rule: Rule, given: list[Argument]) -> list[Argument | None]:
        """The positional arguments, None for those that may be left out and were."""
        wanted = len(rule.positional)
        missing = wanted - len(given)
        fitted: list[Argument | None] = list(given)
        if rule.optional > 0 and missing == rule.optional:
            fitted = [None] * missing + fitted
        elif rule.optional < 0 and missing == -rule.optional:
            fitted = fitted + [None] * missing
        elif missing:
            self._fail_count(rule, len(given))
            return [None] * wanted
        for place, (argument, kind) in enumerate(zip(fitted, rule.positional, strict=True), 1):
            if argument is not None and not _is(argument, kind):
                ordinal = "the argument" if wanted == 1 else f"argument {place}"
                self.reading.fail(argument.line, f'{ordinal} of "{self.node.name}" is {_KINDS[kind]}')
                fitted[place - 1] = None
        return fitted

    def _fail_count(self, rule: Rule, given: int) -> None:
        wanted = len(rule.positional)
        least = wanted - abs(rule.optional)
        many = f"{wanted}" if least == wanted else f"{least} or {wanted}"
        noun = "argument" if many == "1" else "arguments"
        text = f"takes {many} {noun}" if wanted else "takes no arguments"
        self.reading.fail(self.line, f'"{self.node.name}" {text}, not {given}')

    def _check_tests(self, rule: Rule) -> None:
        node = self.node
        if rule.tests == "none" and node.tests:
            self.reading.fail(node.line, f'"{node.name}" takes no test')
        elif rule.tests == "one" and (len(node.tests) != 1 or node.in_parentheses):
            self.reading.fail(node.line, f'"{node.name}" takes one test')
        elif rule.tests == "list" and not node.in_parentheses:
            self.reading.fail(node.line, f'"{node.name}" takes a list of tests in parentheses')
        if rule.kind == "test":
            return
        if rule.block and node.block is None:
            self.reading.fail(node.line, f'"{node.name}" is followed by a block in braces')
        elif not rule.block and node.block is not None:
            self.reading.fail(node.line, f'"{node.name}" takes no block')


def _is(argument: Argument, kind: Takes) -> bool:
    if isinstance(argument, Strings):
        return kind == "strings" or (kind == "string" and not argument.is_list)
    return kind == "number" and isinstance(argument, Number)
