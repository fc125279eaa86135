"""The Request object of JMAP (RFC 8620 §3.3): from octets to calls, strictly, or the problem with it.

Called by the HTTP endpoint and the WebSocket. JSON is I-JSON (RFC 7493): no name twice, no number that is none, no half
characters. What is wrong with the request as a whole is a `RequestError`; what is wrong with one call is its handler's to say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

MAX_DEPTH = 64  # of nested arrays and objects: a filter or a MIME structure of a person's has less than ten
MAX_BRACKETS = 500_000  # arrays and objects of a request are fewer: a thousand Emails have some ten thousand
MAX_ID_OCTETS = 255  # RFC 8620 §1.2
PROBLEMS = "urn:ietf:params:jmap:error:"
UNNAMED = "about:blank"  # RFC 7807 §4.2: the status says it all

_ID = re.compile("[A-Za-z0-9_-]{1,255}")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class RequestError(Exception):
    """RFC 8620 §3.6.1: the request is refused as a whole, with a problem document (RFC 7807). `limit` names the one passed."""

    def __init__(self, type: str, status: int, detail: str, *, limit: str | None = None) -> None:
        super().__init__(detail)
        self.type = type if type == UNNAMED else PROBLEMS + type
        self.status = status
        self.detail = detail
        self.limit = limit

    def to_json(self) -> dict[str, Any]:
        """The problem document."""
        limited = {"limit": self.limit} if self.limit is not None else {}
        return {"type": self.type, "status": self.status, "detail": self.detail, **limited}


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call: the method, its arguments, and the client's name for it."""

    name: str
    arguments: dict[str, Any]
    call_id: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request. `created_ids` None: the client did not send any and is not told of them."""

    using: frozenset[str]
    calls: tuple[Invocation, ...]
    created_ids: dict[str, str] | None


def parse(body: bytes, *, capabilities: Collection[str], max_calls: int) -> Request:
    """The request in `body`. Raises RequestError: notJSON, notRequest, unknownCapability, limit."""
    return from_json(loads(body), capabilities=capabilities, max_calls=max_calls)


def from_json(value: Any, *, capabilities: Collection[str], max_calls: int) -> Request:
    """The request that `value` (from `loads`) is. Raises RequestError: notRequest, unknownCapability, limit."""
    if not isinstance(value, dict):
        raise _not_request("the request is no object")
    using, calls, created = value.get("using"), value.get("methodCalls"), value.get("createdIds")
    if not isinstance(using, list) or not all(isinstance(each, str) for each in using):
        raise _not_request("using is a list of capabilities")
    if not isinstance(calls, list):
        raise _not_request("methodCalls is a list")
    if created is not None and not _is_id_map(created):
        raise _not_request("createdIds maps creation ids to ids")
    if unknown := sorted(set(using) - set(capabilities)):
        raise RequestError("unknownCapability", 400, f"this server does not know {unknown[0][:200]}")
    if len(calls) > max_calls:
        raise RequestError("limit", 400, f"a request has at most {max_calls} calls", limit="maxCallsInRequest")
    return Request(frozenset(using), tuple(_invocation(call) for call in calls), created)


def loads(body: bytes) -> Any:
    """The value of I-JSON. Raises RequestError notJSON, limit."""
    if body.count(b"[") + body.count(b"{") > MAX_BRACKETS:  # each costs much more than the octet it comes in
        raise RequestError("limit", 413, f"a request has at most {MAX_BRACKETS} brackets", limit="maxSizeRequest")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise _not_json("the text is not UTF-8") from None
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _not_json(
            str(error) if isinstance(error, json.JSONDecodeError | _NotIJson) else "it cannot be read"
        ) from None
    _check(value)
    return value


def is_id(value: Any) -> bool:
    """RFC 8620 §1.2: whether that is an Id."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


class _NotIJson(ValueError):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _NotIJson("an object has a name twice")  # RFC 7493 §2.3
    return found


def _no_constant(name: str) -> Any:
    raise _NotIJson(f"{name} is no JSON")


def _check(value: Any) -> None:
    """RFC 7493 §2.1 (no lone surrogates), §2.2 (numbers that every reader knows), and the depth."""
    waiting = [(value, 1)]
    while waiting:
        each, depth = waiting.pop()
        if isinstance(each, str):
            if _LONE_SURROGATE.search(each):
                raise _not_json("a string has half a character")
        elif isinstance(each, float) and each in (float("inf"), float("-inf")):
            raise _not_json("a number is too large")
        elif isinstance(each, dict | list):
            if depth > MAX_DEPTH:
                raise _not_json(f"it is nested deeper than {MAX_DEPTH}")
            inner = [*each, *each.values()] if isinstance(each, dict) else each
            waiting.extend((one, depth + 1) for one in inner)


def _invocation(call: Any) -> Invocation:
    if (
        not isinstance(call, list)
        or len(call) != 3
        or not isinstance(call[0], str)
        or not isinstance(call[1], dict)
        or not isinstance(call[2], str)
    ):
        raise _not_request("a call is [name, arguments, call id]")
    return Invocation(call[0], call[1], call[2])


def _is_id_map(value: Any) -> bool:
    return isinstance(value, dict) and all(is_id(key) and is_id(each) for key, each in value.items())


def _not_json(detail: str) -> RequestError:
    return RequestError("notJSON", 400, detail)


def _not_request(detail: str) -> RequestError:
    return RequestError("notRequest", 400, detail)
