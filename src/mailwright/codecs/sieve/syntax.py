"""The grammar of a script (RFC 5228 §8.2), before anybody knows what its commands mean.

Called by `building`. Text in, a tree of nodes with their lines out; stops at the first mistake, since what follows one is
guessed. Promises: nesting is bounded, so no script can exhaust the stack.
"""

from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from mailwright.codecs.sieve.errors import Problem, ScriptInvalid
from mailwright.codecs.sieve.limits import MAX_BLOCKS, MAX_SCRIPT_OCTETS, MAX_TESTS
from mailwright.codecs.sieve.tokens import Token, tokens_of


@dataclass(frozen=True, slots=True)
class Tag:
    """`:name`, in lower case without the colon."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Number:
    """A number with its K, M or G multiplied out."""

    value: int
    line: int


@dataclass(frozen=True, slots=True)
class Strings:
    """A string, or a list of them in brackets (`is_list`)."""

    values: tuple[str, ...]
    is_list: bool
    line: int


Argument: TypeAlias = Tag | Number | Strings


@dataclass(frozen=True, slots=True)
class Node:
    """A command or a test: a name in lower case, arguments, tests, and the commands of its block (None: it has no block)."""

    name: str
    line: int
    arguments: tuple[Argument, ...]
    tests: tuple["Node", ...] = ()
    in_parentheses: bool = False
    block: tuple["Node", ...] | None = None


def parse(content: bytes) -> tuple[Node, ...]:
    """The commands of a script. Raises ScriptInvalid."""
    if len(content) > MAX_SCRIPT_OCTETS:
        raise ScriptInvalid([Problem(1, f"the script has {len(content)} bytes; {MAX_SCRIPT_OCTETS} are allowed")])
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ScriptInvalid([Problem(line, "a script is written in UTF-8, and these bytes are not")]) from None
    if "\0" in text:
        # RFC 5228 §2.1: NUL is never permitted.
        raise ScriptInvalid([Problem(text[: text.index("\0")].count("\n") + 1, "a script may not contain NUL")])
    reader = _Reader(tokens_of(text.removeprefix("\ufeff")))
    commands = reader.commands(0)
    reader.end()
    return commands


class _Reader:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def commands(self, depth: int) -> tuple[Node, ...]:
        found = []
        while self._token.kind == "identifier":
            found.append(self._command(depth))
        return tuple(found)

    def end(self) -> None:
        if self._token.kind != "end":
            self._fail("a command begins with its name")

    def _command(self, depth: int) -> Node:
        name = self._take()
        arguments, tests, in_parentheses = self._arguments(0)
        if self._taken(";"):
            return Node(name.value, name.line, arguments, tests, in_parentheses)
        if not self._taken("{"):
            self._fail(f'after "{name.value}" and its arguments comes ";" or a block')
        if depth >= MAX_BLOCKS:
            self._fail(f"blocks are nested more than {MAX_BLOCKS} deep")
        block = self.commands(depth + 1)
        if not self._taken("}"):
            self._fail(f'the block of "{name.value}" in line {name.line} has no closing brace')
        return Node(name.value, name.line, arguments, tests, in_parentheses, block)

    def _test(self, depth: int) -> Node:
        if depth > MAX_TESTS + 1:  # that many lists, and a test in the innermost
            self._fail(f"tests are nested more than {MAX_TESTS} deep")
        if self._token.kind != "identifier":
            self._fail("here a test is expected")
        name = self._take()
        arguments, tests, in_parentheses = self._arguments(depth)
        return Node(name.value, name.line, arguments, tests, in_parentheses)

    def _arguments(self, depth: int) -> tuple[tuple[Argument, ...], tuple[Node, ...], bool]:
        """RFC 5228 §8.2: `*argument [ test / test-list ]`."""
        found: list[Argument] = []
        while (argument := self._argument()) is not None:
            found.append(argument)
        if self._token.kind == "identifier":
            return tuple(found), (self._test(depth + 1),), False
        if not self._taken("("):
            return tuple(found), (), False
        tests = [self._test(depth + 1)]
        while self._taken(","):
            tests.append(self._test(depth + 1))
        if not self._taken(")"):
            self._fail('in a list of tests comes "," or ")"')
        return tuple(found), tuple(tests), True

    def _argument(self) -> Argument | None:
        token = self._token
        match token.kind:
            case "tag":
                return Tag(self._take().value, token.line)
            case "number":
                return Number(self._take().number, token.line)
            case "string":
                return Strings((self._take().value,), False, token.line)
        if not self._taken("["):
            return None
        values = [self._string()]
        while self._taken(","):
            values.append(self._string())
        if not self._taken("]"):
            self._fail('in a list of strings comes "," or "]"')
        return Strings(tuple(values), True, token.line)

    def _string(self) -> str:
        if self._token.kind != "string":
            self._fail("here a string is expected")
        return self._take().value

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _taken(self, separator: str) -> bool:
        if self._token.kind == "separator" and self._token.value == separator:
            self._at += 1
            return True
        return False

    def _fail(self, text: str) -> NoReturn:
        token = self._token
        shown = {"end": "the end of the script", "string": "a string", "number": "a number"}.get(token.kind)
        if shown is None:
            shown = f'":{token.value}"' if token.kind == "tag" else f'"{token.value}"'
        raise ScriptInvalid([Problem(token.line, f"{text}, not {shown}")])
