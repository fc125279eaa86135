"""Serving: which consumer groups and which lanes of workflows there are, so that a worker process may be given some of them.

A test compares: GROUPS are those that `work` subscribes, LANES those that the workflows are declared in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

GROUPS: Final[dict[str, str]] = {
    "ingesters": "mail_ingest",
    "triage-arrivals": "mail_ingest",
    "concierge-arrivals": "mail_ingest",
    "followup-watchers": "mail_ingest",
    "outreach-returns": "mail_ingest",
    "indexers": "index",
    "extractors": "index",
    "notifiers": "notify",
    "janitors": "retention",
    "approvers": "approvals",
    "followup-settlers": "followups",
    "labellers": "labels",
    "learners": "triage",
    "triagers": "triage",
    "outreach-settlers": "outreach",
    "scribes": "outreach",
    "lookers": "pushes",
}
"""Every consumer group, with the stream it reads."""
LANES: Final = ("ingest", "classify", "execute", "notify", "batch")
INDEX: Final = frozenset({"indexers", "extractors"})
"""They write one index, which is a folder of their process."""
SENDING = "sending"


@dataclass(frozen=True, slots=True)
class Serving:
    """What a worker process serves. None: all groups, all lanes. `sends`: whether it carries out what is queued."""

    groups: frozenset[str] | None = None
    lanes: tuple[str, ...] | None = None
    sends: bool = True

    def has(self, group: str) -> bool:
        """Whether it serves a group."""
        return self.groups is None or group in self.groups

    @property
    def words(self) -> frozenset[str] | None:
        """As other processes are told of it; None: everything."""
        if self.groups is None and self.lanes is None and self.sends:
            return None
        groups = GROUPS if self.groups is None else self.groups
        lanes = LANES if self.lanes is None else self.lanes
        return frozenset(_words(groups, lanes, sends=self.sends))


def unserved(served: Iterable[Collection[str] | None]) -> list[str]:
    """What none of these processes serves, given the words of each."""
    missing = dict.fromkeys(_words(GROUPS, LANES, sends=True))
    for words in served:
        if words is None:
            return []
        for word in words:
            missing.pop(word, None)
    return list(missing)


def _words(groups: Iterable[str], lanes: Iterable[str], *, sends: bool) -> list[str]:
    return [*(f"group {each}" for each in groups), *(f"lane {each}" for each in lanes), *([SENDING] if sends else [])]
