"""What Gmail's API answers, read into plain values.

Called by `gmail`. Expects JSON that may be anything: what is not as Gmail's reference has it raises KeyError, TypeError, ValueError or
AttributeError, which `gmail` turns into TryLater.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from mailwright.domain.gmail import DRAFT, Fetched, History, LabelChange

MALFORMED = (KeyError, TypeError, ValueError, AttributeError)
_CHANGES = ("labelsAdded", "labelsRemoved")


def labels_in(records: Iterable[dict[str, Any]]) -> set[str]:
    """The ids of the labels that were put on or taken off."""
    changed = [each for record in records for kind in _CHANGES for each in objects(record, kind)]
    return {label for each in changed for label in strings(each, "labelIds")}


def history(records: Iterable[dict[str, Any]], latest: str, names: Mapping[str, str]) -> History:
    """The records of a history, in order; `names` are those of labels, by id."""
    added: dict[str, str] = {}
    changes, removed = [], []
    for record in records:
        for each in objects(record, "messagesAdded"):
            if DRAFT not in strings(each["message"], "labelIds"):
                added[str(each["message"]["id"])] = str(each["message"]["threadId"])
        removed += [str(each["message"]["id"]) for each in objects(record, "messagesDeleted")]
        for kind in _CHANGES:
            for each in objects(record, kind):
                which = frozenset(names.get(label, label) for label in strings(each, "labelIds"))
                message_id = str(each["message"]["id"])
                fresh = kind == "labelsAdded"
                changes.append(
                    LabelChange(message_id, added=which) if fresh else LabelChange(message_id, removed=which)
                )
    return History(tuple(added.items()), tuple(changes), tuple(removed), latest)


def fetched(said: dict[str, Any], *, raw: bool) -> Fetched:
    """A message; its labels are ids still."""
    return Fetched(
        id=str(said["id"]),
        thread_id=str(said["threadId"]),
        labels=frozenset(strings(said, "labelIds")),
        received_at=int(said.get("internalDate") or 0) * 1000,
        history_id=str(said.get("historyId") or ""),
        raw=octets(said["raw"]) if raw else b"",
    )


def named(message: Fetched, names: Mapping[str, str]) -> Fetched:
    """The same, its labels by name."""
    return replace(message, labels=frozenset(names.get(label, label) for label in message.labels))


def octets(text: str) -> bytes:
    """RFC 4648 §5, with or without padding."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("no base64") from None


def history_id_of(said: dict[str, Any]) -> str:
    """Where the history stands."""
    return str(int(said["historyId"]))


def objects(said: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """A list that is left out when it is empty."""
    found = said.get(name) or []
    if not isinstance(found, list):
        raise TypeError(name)
    return found


def strings(said: dict[str, Any], name: str) -> list[str]:
    """The same, of strings."""
    return [str(each) for each in objects(said, name)]
