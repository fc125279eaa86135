"""References to the results of earlier calls (RFC 8620 §3.7): `"#ids": {"resultOf", "name", "path"}`.

Called by the dispatcher before each call. The path is a JSON pointer (RFC 6901) in which `*` stands for every element of an
array; lists that such a step finds are joined.
Promises: what is found weighs no more than the `Allowance` of the request, and is found in a time that goes with it. Calls that
refer to each other several times would otherwise make an answer that doubles with each of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MAX_FOUND = 100_000  # values that a path with `*` may come to: each step could multiply them
MAX_STEPS = 32  # of a path: nothing we answer is nested half as deep
MAX_PATH_CHARACTERS = 4_000
MAX_WEIGHT = (
    10_000_000  # of all that the references of a request bring, in characters: a request may have as many octets
)
STEP = 8  # what a value that is no text, and each element that a path goes through, counts as

_INDEX = re.compile("0|[1-9][0-9]{0,9}")


class BadReference(Exception):
    """The arguments cannot be completed. `type` is that of the method error."""

    def __init__(self, type: str, reason: str) -> None:
        super().__init__(reason)
        self.type = type


@dataclass(slots=True)
class Allowance:
    """How much the references of a request may bring still."""

    left: int = MAX_WEIGHT

    def spend(self, weight: int) -> None:
        """Raises BadReference when that is too much."""
        self.left -= weight
        if self.left < 0:
            raise BadReference("requestTooLarge", "the references of this request bring too much")

    def take(self, value: Any) -> None:
        """Count a value with all that is in it. Raises BadReference."""
        waiting = [value]
        while waiting:
            each = waiting.pop()
            self.spend(STEP + len(each) if isinstance(each, str) else STEP)
            if isinstance(each, dict):
                self.spend(sum(map(len, each)))
                waiting.extend(each.values())
            elif isinstance(each, list):
                waiting.extend(each)


def resolve(
    arguments: dict[str, Any], responses: Sequence[Sequence[Any]], allowance: Allowance | None = None
) -> dict[str, Any]:
    """The arguments with every reference replaced. `responses` are those so far, as [name, arguments, call id].

    Raises BadReference: invalidResultReference, invalidArguments for a name that is there both ways, or requestTooLarge.
    """
    allowance = allowance or Allowance()
    resolved: dict[str, Any] = {}
    for key, value in arguments.items():
        if not key.startswith("#"):
            resolved[key] = value
            continue
        if key[1:] in arguments:
            raise BadReference("invalidArguments", f"{key[1:]} is given, and by reference too")
        resolved[key[1:]] = found = _look_up(value, responses, allowance)
        allowance.take(found)
    return resolved


def evaluate(value: Any, path: str, allowance: Allowance | None = None) -> Any:
    """What a path finds in a value. Raises BadReference."""
    if not path:
        return value
    if not path.startswith("/"):
        raise _invalid("a path begins with /")
    if len(path) > MAX_PATH_CHARACTERS or path.count("/") > MAX_STEPS:
        raise _invalid("the path is too long")
    return _follow(value, path[1:].split("/"), allowance or Allowance())


def _look_up(reference: Any, responses: Sequence[Sequence[Any]], allowance: Allowance) -> Any:
    if not isinstance(reference, dict) or not all(
        isinstance(reference.get(name), str) for name in ("resultOf", "name", "path")
    ):
        raise _invalid("a reference has resultOf, name and path")
    # RFC 8620 §3.7: the first response of that call, and it must have the name.
    found = next((response for response in responses if response[2] == reference["resultOf"]), None)
    if found is None:
        raise _invalid("there is no response to that call")
    if found[0] != reference["name"]:
        raise _invalid("the response to that call has another name")
    return evaluate(found[1], reference["path"], allowance)


def _follow(value: Any, tokens: list[str], allowance: Allowance) -> Any:
    for place, token in enumerate(tokens):
        if isinstance(value, list) and token == "*":  # noqa: S105 - a token of a path
            joined: list[Any] = []
            allowance.spend(STEP * len(value))
            for each in value:
                found = _follow(each, tokens[place + 1 :], allowance)
                # RFC 8620 §3.7: an array that an item comes to is put in with its elements, not as itself.
                joined.extend(found if isinstance(found, list) else [found])
                if len(joined) > MAX_FOUND:
                    raise _invalid("the path finds too much")
            return joined
        value = _step(value, token.replace("~1", "/").replace("~0", "~"))
    return value


def _step(value: Any, token: str) -> Any:
    if isinstance(value, dict) and token in value:
        return value[token]
    if isinstance(value, list) and _INDEX.fullmatch(token) and int(token) < len(value):
        return value[int(token)]
    raise _invalid("the path leads to nothing")


def _invalid(reason: str) -> BadReference:
    return BadReference("invalidResultReference", reason)
