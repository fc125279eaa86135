"""The words of `/api/admin`: what is taken from a request, checked before core sees it, and what answers are made of.

Promises: an id is a UUID, a text has no NUL and no half of a character (no table takes them), a number fits a column, a moment is
one; a cursor that is none of ours is refused and never an error of ours.
"""

import base64
import binascii
import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from mailwright.domain.clock import SECOND, Instant, to_iso
from mailwright.domain.refusals import BadInput

MAX_LIMIT = 200  # rows of one page
MAX_BYTES = 2**53 - 1  # what JSON can say exactly (RFC 8259 §6); a quota has no need of more
MAX_CURSOR = 1_000  # characters; ours hold an address and an id
MAX_WORDS = 320  # characters of what is looked for: the longest address
EARLIEST, LATEST = 0, 253_402_300_799 * SECOND  # 1970 to the end of 9999


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("it has a character that no text has")
    return text


def _one_line(text: str) -> str:
    if not _storable(text).isprintable():
        raise ValueError("it has a character that cannot be shown")
    return text


def _nothing(value: Any) -> Any:
    """An empty field of a form is none."""
    return None if value == "" else value


def _given(most: int) -> Callable[[str | None], str | None]:
    """A text of a query; an empty field of a form is none."""

    def check(text: str | None) -> str | None:
        if text is not None and len(text) > most:
            raise ValueError(f"it has more than {most} characters")
        return _storable(text) if text else None

    return check


def instant(value: datetime | None) -> Instant | None:
    """The moment a request named. Without a zone it is UTC."""
    if value is None:
        return None
    seconds = (value.replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds()
    offset = value.utcoffset()
    moment = int((seconds - (offset.total_seconds() if offset else 0)) * SECOND)
    return min(max(moment, EARLIEST), LATEST)


Line = Annotated[str, AfterValidator(_one_line)]
Text = Annotated[str, AfterValidator(_storable)]
Address = Annotated[str, Field(max_length=320, examples=["ada@example.org"]), AfterValidator(_storable)]
Name = Annotated[str, Field(max_length=200, examples=["Ada Lovelace"]), AfterValidator(_one_line)]
RowId = Annotated[UUID, Path(description="its id")]
DomainName = Annotated[Line, Path(max_length=255, description="the domain", examples=["example.org"])]
Bytes = Annotated[int, Field(ge=0, le=MAX_BYTES, examples=[2_000_000_000])]
Days = Annotated[int, Field(ge=1, le=36_500, examples=[365])]

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="how many at most")]
Cursor = Annotated[str | None, AfterValidator(_given(MAX_CURSOR)), Query(description="`next` of the page before")]
Words = Annotated[str | None, AfterValidator(_given(MAX_WORDS))]
Moment = Annotated[
    datetime | None,
    BeforeValidator(_nothing),
    Query(description="ISO 8601; UTC when it says no zone", examples=["2026-03-01T00:00:00Z"]),
]


class Problem(BaseModel):
    """What went wrong."""

    code: str = Field(examples=["not_found"])
    message: str = Field(description="fit to be shown", examples=["there is no user …"])
    details: dict[str, Any]
    timestamp: str
    request_id: str = Field(description="by which the logs tell the whole story")


class Refused(BaseModel):
    """The answer to a request that was not done."""

    error: Problem


class Done(BaseModel):
    """It is done."""

    status: str = Field("done", examples=["done"])


_MEANING = {
    400: "Cannot be done so",
    401: "Not signed in",
    403: "Not this person's to do, or the CSRF token is missing",
    404: "Nothing like that within reach",
    409: "There is one already",
    422: "A field is missing or wrong",
    503: "Not now; try again",
}


def refusals(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: these, and those that every route has."""
    return {code: {"model": Refused, "description": _MEANING[code]} for code in sorted({401, 403, 422, 503, *codes})}


def cursor_of(*values: str | int) -> str:
    """Where to go on behind a row with this key."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def place_of(cursor: str | None, *kinds: type[str] | type[int] | type[UUID]) -> tuple[Any, ...] | None:
    """The key a cursor was made of; ids come as text. Raises BadInput for what is none of ours."""
    if cursor is None:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != len(kinds):
            raise ValueError
        return tuple(_part(value, kind) for value, kind in zip(values, kinds, strict=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise BadInput("this cursor is none of ours: use `next` of an earlier answer") from None


def _part(value: Any, kind: type[str] | type[int] | type[UUID]) -> str | int:
    if kind is int:
        if type(value) is not int or not 0 <= value < 2**63:
            raise ValueError
        return value
    if not isinstance(value, str):
        raise TypeError
    return str(UUID(value)) if kind is UUID else _storable(value)


def iso(moment: Instant | None) -> str | None:
    """A moment as answers have it."""
    return None if moment is None else to_iso(moment)
