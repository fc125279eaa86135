"""The tokens of a script (RFC 5228 §8.1): text in, a list of tokens with their lines out.

Called by `syntax`. Promises: linear time, and a Problem with its line for whatever is no token.
"""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mailwright.codecs.sieve.errors import Problem, ScriptInvalid
from mailwright.codecs.sieve.limits import MAX_NUMBER

Kind: TypeAlias = Literal["identifier", "tag", "number", "string", "separator", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    """`value` is lower-case for identifiers and tags (without the colon), unescaped for strings, with CRLF as line ends."""

    kind: Kind
    value: str
    number: int
    line: int


# The order matters: "text:" would be an identifier otherwise. RFC 5228 §8.1 wants CRLF; see quirks.BARE_LINE_FEED.
_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n]++)
    | (?P<hash>\#[^\n]*+(?:\n|\Z))
    | (?P<bracket>/\*.*?\*/)
    | (?P<multiline>text:[ \t]*+(?:\#[^\n]*+)?\r?\n)
    | (?P<quoted>"(?:[^"\\]|\\.)*+")
    | (?P<tag>:[A-Za-z_][A-Za-z0-9_]*+)
    | (?P<number>[0-9]++[KMG]?+(?![A-Za-z0-9_]))
    | (?P<identifier>[A-Za-z_][A-Za-z0-9_]*+)
    | (?P<separator>[{}\[\]();,])""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE | re.ASCII,
)
_LAST_LINE = re.compile(r"^\.\r?(?:\n|\Z)", re.MULTILINE)  # see quirks.MISSING_LAST_LINE_END
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_LINE_END = re.compile(r"\r?\n")
_MULTIPLES = {"K": 2**10, "M": 2**20, "G": 2**30}


def tokens_of(text: str) -> list[Token]:
    """Every token, and one of the kind "end". Raises ScriptInvalid at the first thing that is none."""
    found: list[Token] = []
    position, line = 0, 1
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ScriptInvalid([Problem(line, _no_token(text, position))])
        kind, end = match.lastgroup, match.end()
        if kind == "multiline":
            last = _LAST_LINE.search(text, end)
            if last is None:
                raise ScriptInvalid([Problem(line, 'the text after "text:" has no last line with a single dot')])
            found.append(Token("string", _unstuffed(text[end : last.start()]), 0, line))
            end = last.end()
        elif kind == "quoted":
            # RFC 5228 §2.4.2: "\a" where "a" needs no backslash is "a".
            found.append(Token("string", _LINE_END.sub("\r\n", _ESCAPE.sub(r"\1", match[0][1:-1])), 0, line))
        elif kind == "number":
            found.append(Token("number", match[0], _number(match[0], line), line))
        elif kind == "tag":
            found.append(Token("tag", match[0][1:].lower(), 0, line))
        elif kind == "identifier":
            found.append(Token("identifier", match[0].lower(), 0, line))
        elif kind == "separator":
            found.append(Token("separator", match[0], 0, line))
        line += text.count("\n", position, end)
        position = end
    found.append(Token("end", "", 0, line))
    return found


def _unstuffed(lines: str) -> str:
    """RFC 5228 §2.4.2: the CRLF before the last dot belongs to the text; a line's first of two dots does not."""
    # A line ".foo" is taken as it stands: only ".." was stuffed.
    return re.sub(r"^\.\.", ".", _LINE_END.sub("\r\n", lines), flags=re.MULTILINE)


def _number(text: str, line: int) -> int:
    digits, multiple = text, 1
    if text[-1].upper() in _MULTIPLES:
        digits, multiple = text[:-1], _MULTIPLES[text[-1].upper()]
    value = int(digits[-30:]) * multiple if len(digits.lstrip("0")) <= 20 else MAX_NUMBER + 1
    if value > MAX_NUMBER:
        raise ScriptInvalid([Problem(line, f"the number is larger than {MAX_NUMBER}")])
    return value


def _no_token(text: str, position: int) -> str:
    start = text[position : position + 2]
    if start.startswith('"'):
        return "the string that begins here has no closing quote"
    if start == "/*":
        return "the comment that begins here has no */"
    if start[0].isdigit():
        return "a number ends with a digit, or with K, M or G"
    return f"{start[0]!r} has no meaning here"
