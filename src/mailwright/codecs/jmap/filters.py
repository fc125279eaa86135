"""Filters and sorts of Email/query, read into typed values (RFC 8621 §4.4.1, §4.4.2).

Called by Email/query, Email/queryChanges and SearchSnippet/get. Expects what JSON brings, with well-formed operators and of a
bounded depth. Promises: BadFilter or BadSort for what cannot be understood, nothing else.

Texts: words in quotes are a phrase; others are looked for one by one, each as the beginning of a word; all must be there. Where
`text` holds an operator as people type it (`from:ada`, `has:attachment`, `-draft`), it is read as a query of theirs
(codecs/search/query.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from mailwright.codecs.jmap import collations, dates
from mailwright.codecs.search import query
from mailwright.codecs.search.words import words
from mailwright.domain.clock import Instant
from mailwright.domain.ids import is_id

MAX_TOKENS = 32  # in one text: nobody types more, and each is a look into the index
MAX_TEXT_CHARACTERS = 1_000
MAX_MAILBOXES = 500  # named in one filter
MAX_TEXTS = 32  # conditions about texts in one filter: of each all messages that meet it are kept at once
MAX_HEADERS = 4  # of these about fields of the header, for which messages may have to be read
MAX_OF_THREADS = 16  # conditions about threads in one filter: each goes through all of a person's mail
MAX_DEPTH = 16
MAX_COMPARATORS = 16  # there are nine properties to sort by
MIN_BEGINNING = 3  # letters of a word from which on it may be the beginning of a longer one

Field = Literal["anywhere", "from", "to", "cc", "bcc", "recipients", "subject", "body", "filename"]
Share = Literal["all", "some", "none"]


class BadFilter(ValueError):
    """The filter cannot be processed. `type` is that of the method error."""

    def __init__(self, type: str, description: str) -> None:
        super().__init__(description)
        self.type = type


@dataclass(frozen=True, slots=True)
class In:
    """In this mailbox; `named`: the mailbox as people call it, not its id."""

    mailbox: str
    named: bool = False


@dataclass(frozen=True, slots=True)
class Outside:
    """In another mailbox than these."""

    mailboxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Received:
    """At or after `start` and before `end`; None is open."""

    start: Instant | None = None
    end: Instant | None = None


@dataclass(frozen=True, slots=True)
class Size:
    """At least `least` octets, and fewer than `below`."""

    least: int | None = None
    below: int | None = None


@dataclass(frozen=True, slots=True)
class Keyword:
    """Has the keyword."""

    keyword: str


@dataclass(frozen=True, slots=True)
class ThreadKeyword:
    """All, some or none of the thread have the keyword."""

    share: Share
    keyword: str


@dataclass(frozen=True, slots=True)
class Attached:
    """Has an attachment."""


@dataclass(frozen=True, slots=True)
class Says:
    """Words in a row, in a field; with `open` the last of them is a beginning."""

    words: tuple[str, ...]
    field: Field
    open: bool = False


@dataclass(frozen=True, slots=True)
class HeaderHas:
    """Has a header field of that (small) name, with `text` in it where that is not empty."""

    name: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class All:
    """Every one of them holds."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of them holds."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    part: Filter


Condition: TypeAlias = In | Outside | Received | Size | Keyword | ThreadKeyword | Attached | Says | HeaderHas
Filter: TypeAlias = Condition | All | Either | Not

EVERYTHING = All(())


@dataclass(frozen=True, slots=True)
class Comparator:
    """One criterion of a sort."""

    property: str
    ascending: bool = True
    keyword: str = ""
    collation: str = collations.DEFAULT


NEWEST_FIRST = (Comparator("receivedAt", ascending=False),)
"""The order of a query that asks for none."""


def parse_filter(value: Any, now: datetime) -> Filter:
    """Read a filter. `now` is the moment in the asker's zone, for days they type. Raises BadFilter."""
    found = EVERYTHING if value is None else _filter(value, now, 1)
    counts = Counter(type(each) for each in conditions(found))
    excluded = sum(len(each.mailboxes) for each in conditions(found) if isinstance(each, Outside))
    if (
        counts[Says] + counts[HeaderHas] > MAX_TEXTS
        or counts[HeaderHas] > MAX_HEADERS
        or counts[ThreadKeyword] > MAX_OF_THREADS
        or excluded > MAX_MAILBOXES
    ):
        raise BadFilter("unsupportedFilter", "the filter asks for too much at once")
    return found


def parse_sort(value: list[dict[str, Any]]) -> tuple[Comparator, ...]:
    """Read Comparators. Raises BadFilter: unsupportedSort."""
    if len(value) > MAX_COMPARATORS:
        raise BadFilter("unsupportedSort", f"at most {MAX_COMPARATORS} comparators")
    return tuple(_comparator(each) for each in value) or NEWEST_FIRST


def conditions(found: Filter) -> Iterator[Condition]:
    """Every condition in a filter."""
    waiting: list[Filter] = [found]
    while waiting:
        each = waiting.pop()
        if isinstance(each, All | Either):
            waiting.extend(each.parts)
        elif isinstance(each, Not):
            waiting.append(each.part)
        else:
            yield each


def keyword_of(value: Any) -> str:
    """A keyword, small (RFC 8621 §4.1.1). Raises BadFilter."""
    if not isinstance(value, str) or not _KEYWORD.fullmatch(value):
        raise BadFilter("invalidArguments", "a keyword is 1 to 255 characters without spaces, brackets or quotes")
    return value.lower()


# RFC 8621 §4.1.1: printable, in ASCII, neither a bracket nor a wildcard nor what quotes.
_KEYWORD = re.compile(r"[!#$&\'+-\[^-z|}~]{1,255}")
_HEADER_NAME = re.compile(r"[!-9;-~]{1,200}")
_PHRASES = re.compile(r"""(?<!\S)"((?:[^"\\]|\\.)*)"|(?<!\S)'((?:[^'\\]|\\.)*)'(?!\S)|(\S+)""", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_OPERATOR = re.compile(
    r"-?(?:from|to|cc|bcc|subject|body|filename|has|is|in|larger|smaller|after|since|newer|before|older|on):\S"
    r"|-\w|OR\Z",
    re.IGNORECASE,
)


def _filter(value: Any, now: datetime, depth: int) -> Filter:
    if not isinstance(value, dict) or depth > MAX_DEPTH:
        raise BadFilter("invalidArguments", "the filter is no object, or its operators are nested too deeply")
    if "operator" in value:
        parts = tuple(_filter(each, now, depth + 1) for each in value["conditions"])
        if value["operator"] == "AND":
            return All(parts)
        return Either(parts) if value["operator"] == "OR" else Not(Either(parts))
    found: list[Filter] = []
    for name, each in value.items():
        if name not in _CONDITIONS and name != "text":
            # RFC 8620 §5.5: well-formed, but not to be processed here.
            raise BadFilter("unsupportedFilter", f"there is no condition {name[:100]!r}")
        if each is not None:  # as good as omitted
            found.append(_text(each, now) if name == "text" else _CONDITIONS[name](each))
    return found[0] if len(found) == 1 else All(tuple(found))


def _comparator(value: Mapping[str, Any]) -> Comparator:
    name, collation = value["property"], value.get("collation", collations.DEFAULT)
    if name not in SORTS:
        raise BadFilter("unsupportedSort", f"there is no order by {name[:100]!r}")
    if not collations.is_known(collation):
        raise BadFilter("unsupportedSort", f"there is no collation {collation[:100]!r}")
    keyword = keyword_of(value.get("keyword")) if name in KEYWORD_SORTS else ""
    return Comparator(name, value.get("isAscending", True), keyword, collation)


KEYWORD_SORTS = frozenset({"hasKeyword", "allInThreadHaveKeyword", "someInThreadHaveKeyword"})
SORTS = frozenset({"receivedAt", "sentAt", "size", "from", "to", "subject"}) | KEYWORD_SORTS


# --- conditions -----------------------------------------------------------------------------------------------------


def _id(value: Any) -> str:
    if not isinstance(value, str):
        raise BadFilter("invalidArguments", "a mailbox is named by its id")
    return value if is_id(value) else ""  # no mailbox has it


def _ids(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MAX_MAILBOXES:
        raise BadFilter("invalidArguments", f"inMailboxOtherThan is a list of at most {MAX_MAILBOXES} ids")
    return tuple(found for each in value if (found := _id(each)))


def _moment(value: Any) -> Instant:
    found = dates.parse(value)
    if found is None:
        raise BadFilter("invalidArguments", "a moment is like 2026-03-01T09:30:00Z")
    return found


def _octets(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise BadFilter("invalidArguments", "a size is a number of octets")
    return value


def _attached(value: Any) -> Filter:
    if not isinstance(value, bool):
        raise BadFilter("invalidArguments", "hasAttachment is true or false")
    return Attached() if value else Not(Attached())


def _header(value: Any) -> Filter:
    if not isinstance(value, list) or len(value) not in (1, 2) or not all(isinstance(each, str) for each in value):
        raise BadFilter("invalidArguments", "header is a list of a name and, if wished, a text")
    if not _HEADER_NAME.fullmatch(value[0]):
        raise BadFilter("invalidArguments", "that is no name of a header field")
    return HeaderHas(value[0].lower(), value[1][:MAX_TEXT_CHARACTERS] if len(value) == 2 else "")


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise BadFilter("invalidArguments", "what is looked for is a text")
    if len(value) > MAX_TEXT_CHARACTERS:
        raise BadFilter("unsupportedFilter", f"at most {MAX_TEXT_CHARACTERS} characters are looked for")
    return value


def _in_field(field: Field) -> Callable[[Any], Filter]:
    return lambda value: _phrases(_string(value), field)


def _phrases(text: str, field: Field) -> Filter:
    found: list[Filter] = []
    for match in _PHRASES.finditer(text):
        quoted = match[1] if match[1] is not None else match[2]
        row = tuple(words(match[3] if quoted is None else _ESCAPE.sub(r"\1", quoted)))
        if row:
            found.append(Says(row, field, quoted is None and len(row[-1]) >= MIN_BEGINNING))
    if len(found) > MAX_TOKENS:
        raise BadFilter("unsupportedFilter", f"at most {MAX_TOKENS} words are looked for")
    if not found and text.strip():
        return Either(())  # there is nothing in it that could be looked for, so nothing is found
    return found[0] if len(found) == 1 else All(tuple(found))


def _text(value: Any, now: datetime) -> Filter:
    text = _string(value)
    if not any(match[3] and _OPERATOR.match(match[3]) for match in _PHRASES.finditer(text)):
        return _phrases(text, "anywhere")
    clauses = query.parse(text, now=now).clauses
    return All(tuple(Either(tuple(_choice(each) for each in clause.choices)) for clause in clauses))


def _choice(choice: query.Choice) -> Filter:
    found = _term(choice.term)
    return Not(found) if choice.negated else found


def _term(term: query.Term) -> Filter:
    match term:
        case query.Words(row, field, prefix):
            return Says(row, "recipients" if field == "to" else field, prefix)
        case query.HasAttachment():
            return Attached()
        case query.During(start, end):
            return Received(start, end)
        case query.Octets(above, below):
            return Size(None if above is None else above + 1, below)
        case query.InMailbox(name):
            return In(name, named=True)
        case query.IsState(state):
            keyword, there = _STATES[state]
            return Keyword(keyword) if there else Not(Keyword(keyword))


_STATES: dict[str, tuple[str, bool]] = {
    "unread": ("$seen", False),
    "read": ("$seen", True),
    "flagged": ("$flagged", True),
    "unflagged": ("$flagged", False),
    "answered": ("$answered", True),
    "draft": ("$draft", True),
}

_CONDITIONS: dict[str, Callable[[Any], Filter]] = {
    "inMailbox": lambda value: In(_id(value)),
    "inMailboxOtherThan": lambda value: Outside(_ids(value)),
    "before": lambda value: Received(end=_moment(value)),
    "after": lambda value: Received(start=_moment(value)),
    "minSize": lambda value: Size(least=_octets(value)),
    "maxSize": lambda value: Size(below=_octets(value)),
    "allInThreadHaveKeyword": lambda value: ThreadKeyword("all", keyword_of(value)),
    "someInThreadHaveKeyword": lambda value: ThreadKeyword("some", keyword_of(value)),
    "noneInThreadHaveKeyword": lambda value: ThreadKeyword("none", keyword_of(value)),
    "hasKeyword": lambda value: Keyword(keyword_of(value)),
    "notKeyword": lambda value: Not(Keyword(keyword_of(value))),
    "hasAttachment": _attached,
    "from": _in_field("from"),
    "to": _in_field("to"),
    "cc": _in_field("cc"),
    "bcc": _in_field("bcc"),
    "subject": _in_field("subject"),
    "body": _in_field("body"),
    "header": _header,
}
