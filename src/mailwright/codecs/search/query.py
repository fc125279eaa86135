"""What people type into the search field, read into clauses.

    budget "third quarter" -draft from:bashir invoice*  has:attachment  is:unread  in:Work  after:2026-05  larger:2M  a OR b

Called by core/search.py. Pure: the caller brings the moment and the time zone that days are counted in.
Promises: never raises. What cannot be understood is looked for as words, and `problems` says so, one sentence each.

All clauses must hold; a clause holds when one of its terms does (OR binds the two terms beside it). `-` turns a term round.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from mailwright.codecs.search import days
from mailwright.codecs.search.words import words
from mailwright.domain.clock import Instant

MAX_QUERY = 1_000  # characters read: nobody types more, and a pasted page is no question
MAX_TERMS = 32

Field = Literal["anywhere", "from", "to", "subject", "body", "filename"]
State = Literal["unread", "read", "flagged", "unflagged", "answered", "draft"]


@dataclass(frozen=True, slots=True)
class Words:
    """Words in a row, in a field; with `prefix` the last of them is a beginning."""

    words: tuple[str, ...]
    field: Field = "anywhere"
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class HasAttachment:
    """has:attachment."""


@dataclass(frozen=True, slots=True)
class During:
    """Received at or after `start` and before `end`; None is open."""

    start: Instant | None
    end: Instant | None


@dataclass(frozen=True, slots=True)
class Octets:
    """More than `above` octets, fewer than `below`."""

    above: int | None = None
    below: int | None = None


@dataclass(frozen=True, slots=True)
class InMailbox:
    """in:name; the name as it was typed."""

    name: str


@dataclass(frozen=True, slots=True)
class IsState:
    """is:unread and its kin."""

    state: State


Term: TypeAlias = Words | HasAttachment | During | Octets | InMailbox | IsState


@dataclass(frozen=True, slots=True)
class Choice:
    """A term, or with `negated` its absence."""

    term: Term
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """Holds when one of its choices does."""

    choices: tuple[Choice, ...]

    @property
    def of_rows(self) -> bool:
        """Whether only the database knows the answer (flags and mailboxes change too often for an index)."""
        return isinstance(self.choices[0].term, InMailbox | IsState)


@dataclass(frozen=True, slots=True)
class Query:
    """Every clause must hold. `problems` are sentences for the one who asked."""

    clauses: tuple[Clause, ...]
    problems: tuple[str, ...] = ()

    def wanted(self) -> list[Words]:
        """The words whose presence was asked for, to be marked in what is found."""
        return [
            choice.term
            for clause in self.clauses
            for choice in clause.choices
            if isinstance(choice.term, Words) and not choice.negated
        ]


# A quote that is never closed ends with the text.
_TOKEN = re.compile(
    r'(?P<minus>-?)(?:(?P<field>[A-Za-z]{2,12}):)?(?:"(?P<quoted>[^"]*)(?:"|\Z)(?P<star>\*?)|(?P<bare>[^\s"]+))'
)
_SIZE = re.compile(r"(\d{1,9})(?:\.\d+)?([kmg]?)i?b?\Z", re.IGNORECASE)
_FACTORS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_FIELDS: dict[str, Field] = {
    "from": "from",
    "to": "to",
    "cc": "to",
    "bcc": "to",
    "subject": "subject",
    "body": "body",
    "filename": "filename",
}
_STATES: dict[str, State] = {
    "unread": "unread",
    "unseen": "unread",
    "new": "unread",
    "read": "read",
    "seen": "read",
    "flagged": "flagged",
    "starred": "flagged",
    "unflagged": "unflagged",
    "answered": "answered",
    "draft": "draft",
}
_DAYS = {"after": "after", "since": "after", "newer": "after", "before": "before", "older": "before", "on": "on"}


def parse(text: str, *, now: datetime) -> Query:
    """Read a query. `now` is the moment in the asker's time zone: "7d" and days without a zone are counted from it."""
    problems: list[str] = []
    if len(text) > MAX_QUERY:
        problems.append(f"only the first {MAX_QUERY} characters were read")
        text = text[:MAX_QUERY]
    clauses: list[Clause] = []
    joins = False
    for found in _TOKEN.finditer(text):
        if found[0] == "OR":
            joins = bool(clauses)
            continue
        if found[0] == "AND":  # said anyway
            continue
        term = _term(found, now, problems)
        if term is None:
            continue
        if sum(len(clause.choices) for clause in clauses) == MAX_TERMS:
            problems.append(f"only the first {MAX_TERMS} terms were looked for")
            break
        choice = Choice(term, negated=bool(found["minus"]))
        added = Clause((choice,))
        if joins and clauses[-1].of_rows == added.of_rows:
            clauses[-1] = Clause((*clauses[-1].choices, choice))
        else:
            if joins:
                problems.append(
                    "OR stands between two words or between two of in: and is:, so both were taken as needed"
                )
            clauses.append(added)
        joins = False
    return Query(tuple(clauses), tuple(problems))


def _term(found: re.Match[str], now: datetime, problems: list[str]) -> Term | None:
    name, quoted, bare = (found["field"] or "").lower(), found["quoted"], found["bare"]
    value = bare if quoted is None else quoted
    if name:
        special = _special(name, value, now)
        if special is not None:
            return special
        if name in _FIELDS:
            return _words(value, _FIELDS[name], prefix=_open(found))
        if name in _DAYS or name in ("has", "is", "in", "larger", "smaller"):
            problems.append(f"{name}:{value} is not understood, and was looked for as words")
        value = f"{name}:{value}"  # "Re:", a time, an address of the web: words like any others
    return _words(value, "anywhere", prefix=_open(found))


def _open(found: re.Match[str]) -> bool:
    return bool(found["star"]) or bool(found["bare"] and found["bare"].endswith("*"))


def _words(value: str, field: Field, *, prefix: bool) -> Words | None:
    row = tuple(words(value))
    return Words(row, field, prefix) if row else None


def _special(name: str, value: str, now: datetime) -> Term | None:
    """The terms that are not about words, or None when the value is none of theirs."""
    word = value.lower()
    if name == "has" and word in ("attachment", "attachments", "file"):
        return HasAttachment()
    if name == "is" and word in _STATES:
        return IsState(_STATES[word])
    if name == "in" and value:
        return InMailbox(value)
    if name in ("larger", "smaller"):
        size = _SIZE.match(word)
        if size:
            octets = int(size[1]) * _FACTORS[size[2].lower()]
            return Octets(above=octets) if name == "larger" else Octets(below=octets)
    if name in _DAYS:
        stretch = days.stretch(word, now)
        if stretch is not None:
            start, end = stretch
            kind = _DAYS[name]
            return During(
                None if kind == "before" else start, None if kind == "after" else start if kind == "before" else end
            )
    return None
