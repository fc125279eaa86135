"""The search index in OpenSearch: shared by all processes of an installation, whichever machine they are on.

Made at the roof where `search_url` is set. Any number of processes ask it and write it; of those that work, one at a time holds the
claim: it makes the index anew when that is needed.
Promises, those of `KeptIndex`: `apply` is durable and visible when it returns. While a generation is being filled it is written
together with the one that answers; whoever fills it puts only what nobody put or removed meanwhile, and what was decided by a
state that is over (the generation moved, is gone) is written again by the new one. Never says that nothing was found when it was
only part of the index that could be asked.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from mailwright.codecs.search.document import Document
from mailwright.codecs.search.query import Clause
from mailwright.domain.refusals import TryLater
from mailwright.storage.search import Found, Hit, Holding, IndexFailed, Place, Refused, pieces
from mailwright.storage.search.opensearch import bulk, mapping
from mailwright.storage.search.opensearch.bulk import Written
from mailwright.storage.search.opensearch.engine import Engine, EngineFailed
from mailwright.storage.search.opensearch.generations import Generations, Standing, fill_of

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

log = structlog.get_logger(__name__)

T = TypeVar("T")

PAGE = 5_000  # hits of one answer: half of what the engine gives at most
TEXTS = 25  # texts of attachments of one answer
ATTEMPTS = 3  # to write while generations take each other's place
LOOK_SECONDS = 10.0  # how long it is believed that the generation that answers is one of ours
FILL_WAITS = (
    1.0,
    2.0,
    4.0,
    8.0,
    16.0,
)  # while filling, after the engine had too much to do: an hour's work is not thrown away


class OpenSearchIndex:
    """The index of an installation, named by `prefix` and the word of its own. Keeps the contract of `KeptIndex`; for any number of
    threads.
    """

    is_shared = True

    def __init__(self, engine: Engine, prefix: str = "mailwright", word: str = "", *, shards: int = 1) -> None:
        self._engine = engine
        self._generations = Generations(engine, f"{prefix}-search-{word}-" if word else f"{prefix}-search-", shards)
        self._turn = threading.RLock()  # for whoever begins, ends or breaks off the filling: one at a time
        self._filling: str | None = None
        self._claiming = threading.Lock()
        self._claimed = False
        self._looked_at: float | None = None
        self._answers = ""  # the generation that answered when it was looked at

    # --- asking -------------------------------------------------------------------------------------------------

    @property
    def is_ready(self) -> bool:
        """See `SearchIndex`."""
        try:
            return self._standing().current is not None
        except TryLater:
            return False

    def generation(self, *, anew: bool = False) -> str:
        """See `SearchIndex`."""
        if anew:
            self._looked_at = None
        try:
            return self._look()
        except EngineFailed as error:
            raise IndexFailed(str(error)) from error

    def generations(self) -> frozenset[str]:
        """See `SearchIndex`."""
        standing = self._standing()
        return frozenset(name for name in (standing.current, standing.next) if name is not None)

    def is_missing(self) -> bool:
        """See `KeptIndex`. An engine that is away, or has lost a node, says nothing about that."""
        return self._standing().current is None

    def find(self, clauses: Sequence[Clause], user_ids: Sequence[str], *, limit: int, newest: bool) -> Found:
        """See `SearchIndex`."""
        query = mapping.wanted(clauses, user_ids)
        order = [{"at": "desc"} if newest else {"_score": "desc"}, {"id": "desc"}]

        def ask(client: OpenSearch) -> Found:
            hits: list[Hit] = []
            total = 0
            for page in self._pages(client, query, order, limit, total=True):
                total = page["total"]["value"] if "total" in page else total
                hits += [Hit(key, 0.0 if newest else float(by)) for by, key in (one["sort"] for one in page["hits"])]
            return Found(tuple(hits), max(total, len(hits)))

        return self._asked(ask)

    def holding(self, user_id: str, places: Sequence[Place], text: str) -> Holding:
        """See `SearchIndex`."""
        needle = mapping.needle_of(text)
        surely, perhaps = pieces.sure(needle), pieces.needed(needle)

        def ask(client: OpenSearch) -> Holding:
            sure = frozenset(self._ids(client, mapping.holding(user_id, places, surely))) if surely else frozenset()
            if perhaps is None:
                return Holding(sure, None)
            left = [] if perhaps == surely else perhaps
            return Holding(
                sure, frozenset(self._ids(client, mapping.holding(user_id, places, left, or_long=True))) - sure
            )

        return self._asked(ask)

    def attached(self, message_ids: Sequence[str]) -> dict[str, str]:
        """See `SearchIndex`."""

        def ask(client: OpenSearch) -> dict[str, str]:
            found: dict[str, str] = {}
            for start in range(0, len(message_ids), TEXTS):
                answer = client.mget(
                    index=self._generations.current, body={"ids": list(message_ids[start : start + TEXTS])}
                )
                for one in answer["docs"]:
                    if "error" in one:
                        raise EngineFailed(str(one["error"].get("type")), 404)
                    if one["found"] and "attached_text" in one.get("_source", {}):
                        found[one["_id"]] = one["_source"]["attached_text"]
            return found

        return self._asked(ask) if message_ids else {}

    def count(self) -> int:
        """See `SearchIndex`."""
        query = {"query": {"exists": {"field": "user"}}}
        return self._asked(lambda client: int(client.count(index=self._generations.current, body=query)["count"]))

    def size(self) -> int:
        """See `KeptIndex`. Copies on other nodes count, too."""
        return self._asked(
            lambda client: int(
                client.indices.stats(index=self._generations.current, metric="store")["_all"]["total"]["store"][
                    "size_in_bytes"
                ]
            )
        )

    def _asked(self, question: Callable[[OpenSearch], T]) -> T:
        try:
            self._look()
            try:
                return self._engine.ask(question)
            except EngineFailed as error:
                if not error.is_gone:
                    raise
                return self._engine.ask(question)  # a generation took the other's place while it was asked
        except EngineFailed as error:
            if not error.is_away:
                self._looked_at = None
            raise IndexFailed(str(error)) from error

    def _look(self) -> str:
        """See now and then what answers, and that it is ours: another's index would answer anything."""
        if self._looked_at is not None and time.monotonic() - self._looked_at < LOOK_SECONDS:
            return self._answers
        found = self._engine.ask(lambda _: self._generations.standing()).current
        if found is None:
            raise IndexFailed("there is no search index yet")
        self._answers, self._looked_at = found, time.monotonic()
        return found

    def _pages(
        self, client: OpenSearch, query: mapping.Json, order: Sequence[mapping.Json], limit: int | None, *, total: bool
    ) -> Iterator[Any]:
        """The hits in pages. Each begins behind the last one of the page before, so that there is no end to how many there may be."""
        body: mapping.Json = {"query": query, "sort": list(order), "_source": False, "track_total_hits": total}
        seen = 0
        while True:
            body["size"] = PAGE if limit is None else min(PAGE, limit - seen)
            answer = client.search(index=self._generations.current, body=body, allow_partial_search_results=False)
            if answer["timed_out"]:
                raise EngineFailed("it takes too long")
            page = answer["hits"]
            yield page
            seen += len(page["hits"])
            if len(page["hits"]) < body["size"] or seen == limit:
                return
            body |= {"search_after": page["hits"][-1]["sort"], "track_total_hits": False}

    def _ids(self, client: OpenSearch, query: mapping.Json) -> Iterator[str]:
        for page in self._pages(client, query, [{"id": "asc"}], None, total=False):
            yield from (one["sort"][0] for one in page["hits"])

    # --- writing ------------------------------------------------------------------------------------------------

    def apply(self, documents: Sequence[Document], removed: Sequence[str]) -> Refused:
        """See `SearchIndex`. Without an index it is for the rebuild to come, which reads the same rows."""
        documents = list({document.message_id: document for document in documents}.values())
        for _ in range(ATTEMPTS):
            standing = self._standing()
            written = self._put(list(self._actions(documents, removed, standing)))
            if written.all_there:
                return written.refused
        raise TryLater("the search index is taking another's place")

    def _actions(
        self, documents: Sequence[Document], removed: Sequence[str], standing: Standing
    ) -> Iterator[mapping.Json]:
        gone = set(removed) - {document.message_id for document in documents}
        if standing.next is not None:
            yield from (_put(self._generations.next, message_id, mapping.GONE) for message_id in gone)
        if standing.current is not None:
            for message_id in gone:
                yield {"_op_type": "delete", "_index": self._generations.current, "_id": message_id}
        for document in documents:
            entry = mapping.entry(document)
            if standing.next is not None:
                yield _put(self._generations.next, document.message_id, entry)
            if standing.current is not None:
                yield _put(self._generations.current, document.message_id, entry)

    def _put(self, actions: Sequence[mapping.Json], *, visible: bool = True) -> Written:
        """Write. Raises TryLater."""
        if not actions:
            return Written()
        try:
            return self._engine.tell(lambda client: bulk.write(client, actions, visible=visible))
        except EngineFailed as error:
            raise TryLater(f"the search index cannot be written now: {error}") from error

    def rest(self) -> None:
        """See `KeptIndex`. Nothing is held here."""

    def close(self) -> None:
        """See `KeptIndex`."""
        self.abandon()
        if self._claimed:
            with contextlib.suppress(EngineFailed):
                self._generations.release()
            self._claimed = False
        self._engine.close()

    # --- filling another generation -----------------------------------------------------------------------------

    def claim(self) -> bool:
        """See `KeptIndex`."""
        with self._claiming:
            before, self._claimed = self._claimed, self._told(self._generations.claim)
            if self._claimed and not before:
                self._told(lambda: self._generations.sweep(self._filling))
            return self._claimed

    def holds(self) -> frozenset[str]:
        """See `KeptIndex`."""
        return frozenset(self._standing().all)

    def begin(self) -> str:
        """See `KeptIndex`."""
        with self._turn:
            if not self.claim():
                raise TryLater("another process looks after the search index, or did until a minute ago")
            self.abandon()
            self._filling = name = self._generations.another()  # known before it is there: no sweep takes it
            try:
                self._told(lambda: self._generations.make(name))
            except TryLater:
                self.abandon()
                raise
            return name

    def fill(self, documents: Sequence[Document]) -> Refused:
        """See `KeptIndex`."""
        alias = fill_of(self._being_filled())
        actions = [_put(alias, one.message_id, mapping.entry(one), op="create") for one in documents]
        for wait in (*FILL_WAITS, None):
            try:
                written = self._put(actions, visible=False)
                if written.all_there:
                    return written.refused
                self._filling = None
                raise TryLater("another process makes the search index anew")
            except TryLater:
                if wait is None or self._filling is None:
                    raise
                time.sleep(wait)
        raise AssertionError("unreachable")

    def finish(self) -> None:
        """See `KeptIndex`."""
        with self._turn:
            name = self._being_filled()
            self._told(lambda: self._generations.promote(name))
            self._filling = self._looked_at = None

    def abandon(self) -> None:
        """See `KeptIndex`."""
        with self._turn:
            name, self._filling = self._filling, None
            if name is not None:
                with contextlib.suppress(EngineFailed):  # whoever begins the next one takes it away
                    self._generations.drop(name)

    def _being_filled(self) -> str:
        if self._filling is None:
            raise TryLater("the search index is not being made any more")
        return self._filling

    def _standing(self) -> Standing:
        return self._told(self._generations.standing)

    @staticmethod
    def _told(call: Callable[[], T]) -> T:
        try:
            return call()
        except EngineFailed as error:
            raise TryLater(str(error)) from error

    # --- notes for others ---------------------------------------------------------------------------------------

    def read_note(self, name: str) -> dict[str, Any] | None:
        """See `KeptIndex`."""
        try:
            return self._generations.read_note(name)
        except (EngineFailed, ValueError):
            return None

    def write_note(self, name: str, value: dict[str, Any] | None) -> None:
        """See `KeptIndex`."""
        self._told(lambda: self._generations.write_note(name, value))


def _put(alias: str, message_id: str, entry: mapping.Json, *, op: str = "index") -> mapping.Json:
    return {"_op_type": op, "_index": alias, "_id": message_id, "_source": entry}
