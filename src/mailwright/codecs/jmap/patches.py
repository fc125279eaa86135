"""Patches (RFC 8620 §5.3, PatchObject): what an update says is different, put into what was there.

Called by the /set of every type. A patch maps JSON pointers without their leading slash to new values; null takes a value away.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any


class BadPatch(ValueError):
    """RFC 8620 §5.3, invalidPatch: the patch contradicts itself, or the object it is for."""


def apply(current: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """The object after the patch; `current` stays as it is. A value taken away is missing in it. Raises BadPatch."""
    paths = {key: _tokens(key) for key in patch}
    _check_prefixes(list(paths.values()))
    changed = dict(current)
    for key, tokens in paths.items():
        place = changed
        for token in tokens[:-1]:
            inner = place.get(token)
            if not isinstance(inner, dict):
                # RFC 8620 §5.3: a pointer reaches into no array, and all before its last part must exist.
                raise BadPatch(f"there is no object at {key[:200]}")
            place[token] = place = dict(inner)
        if patch[key] is None:
            place.pop(tokens[-1], None)
        else:
            place[tokens[-1]] = patch[key]
    return changed


def touched(patch: dict[str, Any]) -> set[str]:
    """The properties that a patch changes, wholly or in part."""
    return {_tokens(key)[0] for key in patch}


def _tokens(key: str) -> list[str]:
    return [token.replace("~1", "/").replace("~0", "~") for token in key.split("/")]


def _check_prefixes(paths: list[list[str]]) -> None:
    """RFC 8620 §5.3: no pointer may be the beginning of another."""
    paths = sorted(paths)
    for shorter, longer in pairwise(paths):
        if longer[: len(shorter)] == shorter:
            raise BadPatch(f"{'/'.join(shorter)[:200]} is changed twice")
