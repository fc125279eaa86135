"""Filters as SQL: the conditions of a query that rows can answer, over `messages m`.

Called by `core.listing` through `storage.listing`. Expects the typed filters of codecs/jmap/filters.py. What only the text of a
message can answer has no SQL here, and neither has a filter with such a condition in it: `sql_of` is None for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from mailwright.codecs.jmap.filters import (
    All,
    Comparator,
    Either,
    Filter,
    In,
    Keyword,
    Not,
    Outside,
    Received,
    Size,
    ThreadKeyword,
)
from mailwright.storage.messages import Flag

VISIBLE = f"m.flags & {Flag.DELETED.value} = 0"
"""RFC 8621 §4.1.1: what has \\Deleted is not there for JMAP."""

SYSTEM_KEYWORDS = {
    "$seen": Flag.SEEN,
    "$answered": Flag.ANSWERED,
    "$flagged": Flag.FLAGGED,
    "$draft": Flag.DRAFT,
}
"""The keywords that are flags (RFC 8621 §4.1.1)."""


class Sql(NamedTuple):
    """An expression and its parameters."""

    text: str
    params: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Around:
    """Whose mail is looked at, in which mailboxes, and which of these go by a name."""

    user_id: str
    mailboxes: tuple[str, ...]
    named: Callable[[str], Sequence[str]]


TRUE, FALSE = Sql("1 = 1"), Sql("1 = 0")


def sql_of(asked: Filter, around: Around) -> Sql | None:
    """The filter as an expression, or None."""
    match asked:
        case All(parts):
            return _joined(parts, " AND ", TRUE, around)
        case Either(parts):
            return _joined(parts, " OR ", FALSE, around)
        case Not(part):
            inner = sql_of(part, around)
            return None if inner is None else Sql(f"NOT ({inner.text})", inner.params)
        case In(mailbox, named):
            return _in("m.mailbox_id", around.named(mailbox) if named else [mailbox] if mailbox else [])
        case Outside(mailboxes):
            inside = _in("m.mailbox_id", mailboxes)
            return Sql(f"NOT ({inside.text})", inside.params)
        case Received(start, end):
            return _between("m.received_at", start, end)
        case Size(least, below):
            return _between("m.size", least, below)
        case Keyword(keyword):
            return _has(keyword, "m")
        case ThreadKeyword(share, keyword):
            return _thread(share, keyword, around)
        case _:
            return None


def column_of(by: Comparator, around: Around) -> Sql:
    """What a comparator compares, as the row has it; texts and people are made comparable by whoever sorts."""
    match by.property:
        case "hasKeyword":
            return as_column(_has(by.keyword, "m"))
        case "allInThreadHaveKeyword":
            return as_column(_thread("all", by.keyword, around))
        case "someInThreadHaveKeyword":
            return as_column(_thread("some", by.keyword, around))
        case name:
            return Sql(_COLUMNS[name])


def as_column(condition: Sql) -> Sql:
    """A condition as a column: 1 where it holds, else 0."""
    return Sql(f"CASE WHEN {condition.text} THEN 1 ELSE 0 END", condition.params)


_COLUMNS = {
    "receivedAt": "m.received_at",
    "sentAt": "coalesce(m.sent_at, m.received_at)",
    "size": "m.size",
    "from": "m.headers",
    "to": "m.headers",
    "subject": "m.subject",
}


def _joined(parts: Sequence[Filter], operator: str, empty: Sql, around: Around) -> Sql | None:
    found: list[Sql] = []
    for part in parts:
        one = sql_of(part, around)
        if one is None:
            return None
        found.append(one)
    if not found:
        return empty
    return Sql(operator.join(f"({one.text})" for one in found), tuple(param for one in found for param in one.params))


def _in(column: str, values: Sequence[str]) -> Sql:
    return Sql(f"{column} IN ({', '.join('?' * len(values))})", tuple(values)) if values else FALSE


def _between(column: str, least: int | None, below: int | None) -> Sql:
    sides = [(f"{column} >= ?", least), (f"{column} < ?", below)]
    asked = [(text, value) for text, value in sides if value is not None]
    return Sql(" AND ".join(text for text, _ in asked) or "1 = 1", tuple(value for _, value in asked))


def _has(keyword: str, table: str) -> Sql:
    flag = SYSTEM_KEYWORDS.get(keyword)
    if flag is not None:
        return Sql(f"{table}.flags & {flag.value} <> 0")
    escaped = "".join(f"!{each}" if each in "%_!" else each for each in keyword)
    # The row has a JSON list; a keyword is compared without regard to case, and has no quote in it.
    return Sql(f"lower({table}.keywords) LIKE ? ESCAPE '!'", (f'%"{escaped}"%',))


def _thread(share: str, keyword: str, around: Around) -> Sql:
    has, where = _has(keyword, "t"), _in("t.mailbox_id", around.mailboxes)
    wanted = f"NOT ({has.text})" if share == "all" else has.text
    some = "IN" if share == "some" else "NOT IN"
    return Sql(
        f"m.thread_id {some} (SELECT t.thread_id FROM messages t WHERE t.user_id = ? AND {where.text} "
        f"AND t.flags & {Flag.DELETED.value} = 0 AND {wanted})",
        (around.user_id, *where.params, *has.params),
    )
