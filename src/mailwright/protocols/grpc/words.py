"""Small translations that several services need: moments, pages, changes, addresses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from mailwright.domain.clock import SECOND, Instant
from mailwright.domain.ids import is_id
from mailwright.domain.refusals import BadInput, NotFound
from mailwright.v1 import common_pb2

Row = TypeVar("Row")
Word = TypeVar("Word", bound=str)

LATEST = 253_402_300_799 * SECOND  # the end of 9999: what both databases and every client can say
PAGE, MAX_PAGE = 50, 200  # rows of a page, as under /api/admin
MAX_WORDS = 320  # characters of what is looked for: the longest address
MAX_NUMBER = 2**63 - 1  # of a row that is numbered


def stamp(moment: Instant | None) -> Timestamp | None:
    """A moment of ours."""
    if moment is None:
        return None
    whole, rest = divmod(moment, SECOND)
    return Timestamp(seconds=whole, nanos=rest * 1000)


def instant(given: Timestamp) -> Instant:
    """A moment of a request. Raises BadInput for one that is none of ours."""
    moment = given.seconds * SECOND + given.nanos // 1000
    if not 0 <= moment <= LATEST:
        raise BadInput("a moment is between 1970 and 9999")
    return moment


def stamp_of(text: str | None) -> Timestamp | None:
    """A moment as JMAP spells it."""
    if not text:
        return None
    found = Timestamp()
    try:
        found.FromJsonString(text)
    except ValueError:  # a Date before the year 1 in its own zone, which no timestamp can say
        return None
    return found


def page_size(asked: int, usual: int, most: int) -> int:
    """How many of a page. Raises BadInput."""
    if asked < 0:
        raise BadInput("page_size is not below 0")
    return min(asked or usual, most)


def cut(found: Sequence[Row], size: int, token: Callable[[Row], str]) -> tuple[Sequence[Row], str]:
    """The page of what was asked for with one more than it has, and the token of the next; empty when there is none."""
    return found[:size], token(found[size - 1]) if len(found) > size else ""


def offset(token: str) -> int:
    """Where a page begins, from our own token. Raises BadInput."""
    if not token:
        return 0
    if not token.isascii() or not token.isdigit() or len(token) > 9:
        raise BadInput("page_token is not one of ours")
    return int(token)


def row_before(token: str) -> str | None:
    """The last id of the page before, from our own token. Raises BadInput."""
    if token and not is_id(token):
        raise BadInput("page_token is not one of ours")
    return token or None


def number_before(token: str) -> int | None:
    """The last number of the page before, from our own token. Raises BadInput."""
    if not token:
        return None
    if not token.isascii() or not token.isdigit() or len(token) > 19 or int(token) > MAX_NUMBER:
        raise BadInput("page_token is not one of ours")
    return int(token)


def storable(text: str, what: str, most: int = MAX_WORDS) -> str:
    """A text that may be looked up. Raises BadInput for what no table takes, or is too long to be anything."""
    if len(text) > most or "\x00" in text:
        raise BadInput(f"{what} has at most {most} characters, and no NUL")
    return text


def looked_for(text: str) -> str | None:
    """What a list is narrowed to; nothing when it is empty. Raises BadInput."""
    return storable(text, "what is looked for") or None


def one_of(text: str, known: Collection[Word], what: str) -> Word | None:
    """Which of those that are known a list is narrowed to; none when it is empty. Raises BadInput."""
    if not text:
        return None
    for each in known:
        if each == text:
            return each
    raise BadInput(f"{text[:50]!r} is no {what}: {', '.join(filter(None, known))}")


def checked_id(value: str, what: str) -> str:
    """An id that may be looked up. Raises NotFound for what is none: PostgreSQL would not have it."""
    if not is_id(value):
        raise NotFound(f"there is no {what} {value[:64]}")
    return value


def addresses(found: Iterable[Mapping[str, Any]] | None) -> list[common_pb2.Address]:
    """JMAP's EmailAddress objects."""
    return [common_pb2.Address(name=each.get("name") or "", email=each.get("email") or "") for each in found or ()]


def changes(answer: Mapping[str, Any]) -> common_pb2.ChangeList:
    """The answer to a /changes of JMAP."""
    return common_pb2.ChangeList(
        old_state=answer["oldState"],
        new_state=answer["newState"],
        has_more=answer["hasMoreChanges"],
        created=answer["created"],
        updated=answer["updated"],
        destroyed=answer["destroyed"],
    )


def changes_asked(account_id: str, since_state: str, max_changes: int) -> dict[str, Any]:
    """The arguments of a /changes of JMAP."""
    return {"accountId": account_id, "sinceState": since_state, "maxChanges": max_changes or None}
