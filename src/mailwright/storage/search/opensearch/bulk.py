"""Writing to the engine: many changes in few requests, and one document that it will not have holds up no other.

Used by `index`. What is refused is sent again in halves until it stands alone. A document that is refused alone, while the facts of
the same message are taken, is what is wrong: the facts stand in its place, and whoever wrote it is told (OVERLOADED, if it may be
taken at another time: short ones are taken when there is no room for long ones). When those are refused, too, it is the engine.
Promises: EngineFailed says that it may go well another time; what was sent until then may be written, and is to be sent again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from mailwright.storage.search import OVERLOADED, Refused
from mailwright.storage.search.opensearch import mapping
from mailwright.storage.search.opensearch.engine import AWAY, WRITE_SECONDS, EngineFailed, word

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

log = structlog.get_logger(__name__)

BATCH = 500  # documents of one request
BATCH_OCTETS = 8 * 1024 * 1024  # of them together, unless one is longer: some services take 10 MiB and no more
LONG = 1024 * 1024  # characters from which on "too much to do" may be said of this document alone
WAITS = (1.0, 2.0, 4.0, 8.0)  # before that is believed
_OWN = frozenset({400, 413})  # what is said of what was sent, and does not pass
_OF_NOBODY = frozenset({401, 403, 404, 409})  # what is said of the index, and of whoever asks


@dataclass(frozen=True, slots=True)
class _Refusal:
    action: mapping.Json
    kind: str
    status: int

    @property
    def raised(self) -> EngineFailed:
        return EngineFailed(self.kind, self.status)


@dataclass(slots=True)
class Written:
    """What became of it: whether every alias was there, and why the engine would not have some messages."""

    all_there: bool = True
    refused: Refused = field(default_factory=dict)


def write(client: OpenSearch, actions: Sequence[mapping.Json], *, visible: bool) -> Written:
    """Send all of them. Raises EngineFailed, and what the library raises."""
    bulk = _Bulk(client, visible)
    bulk.write(actions)
    return bulk.written


class _Bulk:
    def __init__(self, client: OpenSearch, visible: bool) -> None:
        self._client = client
        self._visible = visible
        self.written = Written()

    def write(self, actions: Sequence[mapping.Json]) -> None:
        left = self._send(actions)
        if len(actions) == 1 and left:
            self._alone(left[0])
        elif left:
            again = [one.action for one in left]
            half = (len(again) + 1) // 2
            self.write(again[:half])
            self.write(again[half:])

    def _alone(self, refusal: _Refusal) -> None:
        action, entry = refusal.action, refusal.action.get("_source")
        if entry is None or entry == mapping.GONE:
            raise refusal.raised
        if refusal.status in AWAY and mapping.characters(entry) < LONG:
            raise refusal.raised  # it has too much to do for anybody
        for wait in () if refusal.status in _OWN else WAITS:
            time.sleep(wait)
            if not self._send([action]):
                return
        if self._send([{**action, "_source": mapping.facts(entry)}]):
            raise refusal.raised
        would_not = f"the search engine would not have it: {refusal.kind} ({refusal.status})"
        self.written.refused[action["_id"]] = OVERLOADED if refusal.status in AWAY else would_not
        log.warning("search.refused", message_id=action["_id"], kind=refusal.kind, status=refusal.status)

    def _send(self, actions: Sequence[mapping.Json]) -> list[_Refusal]:
        """What was refused of it, and may be the documents' own fault."""
        from opensearchpy.helpers import streaming_bulk

        answers = streaming_bulk(
            self._client,
            actions,
            chunk_size=BATCH,
            max_chunk_bytes=BATCH_OCTETS,
            raise_on_error=False,
            raise_on_exception=False,
            refresh="true" if self._visible else "false",
            require_alias="true",
            request_timeout=WRITE_SECONDS,
        )
        left: list[_Refusal] = []
        for action, (well, item) in zip(actions, answers, strict=True):
            told = next(iter(item.values()))
            refusal = None if well else self._judged(action, told)
            if refusal is not None:
                left.append(refusal)
        return left

    def _judged(self, action: mapping.Json, told: mapping.Json) -> _Refusal | None:
        status: Any = told["status"]
        if "exception" in told:  # the whole request; its text would quote what was sent
            if not isinstance(status, int):
                raise told["exception"]
            kind = word(told["exception"].error)
        elif told.get("error"):
            kind = word(told["error"].get("type"))
        else:
            return None  # what was to be deleted was not there
        if kind == "index_not_found_exception":
            self.written.all_there = False
            return None
        if status == 409 and action["_op_type"] == "create":
            return None  # it is there, and newer
        if status in _OF_NOBODY:
            raise EngineFailed(kind, status)
        return _Refusal(action, kind, int(status))
