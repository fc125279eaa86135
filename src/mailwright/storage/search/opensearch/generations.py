"""The generations of an index in OpenSearch: which one answers, which one is being filled, and who looks after them.

Used by `index`. Names, for the prefix `mailwright`, an installation with the word `77c1…`, and version 1 of what is kept:

    mailwright-search-77c1…-1-0198…        a generation: an index of its own, marked as ours
    mailwright-search-77c1…-1-current      an alias: the generation that answers
    mailwright-search-77c1…-1-next         an alias: the one that is being filled
    mailwright-search-77c1…-1-0198…-fill   an alias: the same, for whoever began it
    mailwright-search-77c1…-notes          the notes of `KeptIndex`, and `keeper`: who looks after the index, and until when

The word is the database's (storage/lives): another installation, also one that began as a copy of ours, has other names.

Everything is written by an alias that has to be there: nothing brings a generation back that was deleted in between.
Promises: an alias is moved in one step; of all processes one holds the claim; whoever lost it finds its generation gone.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from dataclasses import dataclass
from typing import Any

from mailwright.domain import clock
from mailwright.domain.clock import SECOND
from mailwright.domain.ids import new_id
from mailwright.storage.search import VERSION
from mailwright.storage.search.opensearch import mapping
from mailwright.storage.search.opensearch.engine import WRITE_SECONDS, Engine, EngineFailed

LEASE = 60 * SECOND  # how long a claim holds that is not renewed: the clocks of the machines agree better than that
RENEW = LEASE // 3
KEEPER = "keeper"
LOOK_WAITS = (1.0, 4.0, 16.0)  # for an answer that was lost: an hour's work depends on it
EXISTS = "resource_already_exists_exception"


@dataclass(frozen=True, slots=True)
class Standing:
    """The generations of our version: all, the one that answers, and the one that is being filled."""

    all: tuple[str, ...]
    current: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class _Note:
    """A note as it was read; `unchanged` are the options by which only that state of it is replaced."""

    value: dict[str, Any]
    unchanged: dict[str, Any]

    @classmethod
    def of(cls, answer: Any) -> _Note:
        value = dict(json.loads(answer["_source"]["value"]))
        return cls(value, {"if_seq_no": answer["_seq_no"], "if_primary_term": answer["_primary_term"]})


class Generations:
    """All calls raise EngineFailed."""

    def __init__(self, engine: Engine, family: str, shards: int) -> None:
        self._engine = engine
        self._shards = shards
        self._family = family
        self._base = f"{self._family}{VERSION}-"
        self._notes = f"{self._family}notes"
        self.current = f"{self._base}current"
        self.next = f"{self._base}next"
        self._me = new_id()
        self._known: set[str] = set()  # generations that were seen to be ours
        self._has_notes = False

    # --- which there are ----------------------------------------------------------------------------------------

    def standing(self) -> Standing:
        """As it is now, whoever changed it last."""
        named = self._engine.tell(
            lambda client: {
                name: set(one["aliases"])
                for name, one in client.indices.get_alias(index=f"{self._base}*", allow_no_indices=True).items()
            }
        )
        aliases = {name: those for name, those in named.items() if self._is_ours(name)}
        return Standing(
            tuple(aliases),
            next((name for name, those in aliases.items() if self.current in those), None),
            next((name for name, those in aliases.items() if self.next in those), None),
        )

    def _is_ours(self, name: str) -> bool:
        """Whether an index of our name is one that we made: somebody else's is neither asked nor deleted."""
        if name not in self._known:
            if self._marks(name).get(name) != mapping.MARK:
                return False
            self._known.add(name)
        return True

    # --- a new one ----------------------------------------------------------------------------------------------

    def another(self) -> str:
        """A name for one."""
        return f"{self._base}{new_id()}"

    def make(self, name: str) -> None:
        """Make a generation that is filled from now on; what was left unfinished goes."""
        self.sweep(name)
        body = mapping.generation(self._shards, [self.next, fill_of(name)])
        self._engine.tell(lambda client: client.indices.create(index=name, body=body, request_timeout=WRITE_SECONDS))
        self._known.add(name)

    def sweep(self, filling: str | None) -> None:
        """What somebody left unfinished goes: it would be written along for ever. Not what we are filling ourselves."""
        before = self.standing()
        self._delete([name for name in before.all if name not in (before.current, filling)])

    def promote(self, name: str) -> None:
        """`name` answers from now on; the others, and those of earlier versions, go."""
        before = self.standing()
        if name not in before.all:
            raise EngineFailed("somebody else began to make the index anew")
        self._engine.tell(lambda client: client.indices.refresh(index=name, request_timeout=WRITE_SECONDS))
        actions: list[dict[str, Any]] = [
            {"remove": {"index": name, "alias": self.next, "must_exist": True}},
            {"remove": {"index": name, "alias": fill_of(name), "must_exist": True}},
            {"add": {"index": name, "alias": self.current}},
        ]
        if before.current is not None:
            actions.append({"remove": {"index": before.current, "alias": self.current, "must_exist": True}})
        try:
            self._engine.tell(
                lambda client: client.indices.update_aliases(body={"actions": actions}, request_timeout=WRITE_SECONDS)
            )
        except EngineFailed:  # or the answer was lost; sent again by the library, it meets what it has done
            if not self._answers(name):
                raise
        with contextlib.suppress(EngineFailed):  # the next one who makes an index sweeps what is left
            self._delete([*(one for one in before.all if one != name), *self._earlier()])

    def _answers(self, name: str) -> bool:
        """Whether it is the current one. Raises EngineFailed when nobody can tell for a while."""
        for wait in LOOK_WAITS:
            try:
                return self.standing().current == name
            except EngineFailed:
                time.sleep(wait)
        return self.standing().current == name

    def _earlier(self) -> list[str]:
        """Generations of earlier versions. Those of later ones belong to processes that were brought up to date before us."""
        pattern = re.compile(re.escape(self._family) + r"(\d+)-[0-9a-f-]{36}\Z")
        return [
            name
            for name, mark in self._marks(f"{self._family}*").items()
            if (match := pattern.match(name)) is not None and int(match[1]) < VERSION and "mailwright" in mark
        ]

    def _marks(self, names: str) -> dict[str, dict[str, Any]]:
        """What indexes say of themselves."""
        return self._engine.tell(
            lambda client: {
                name: dict(one["mappings"].get("_meta") or {})
                for name, one in client.indices.get_mapping(index=names).items()
            }
        )

    def drop(self, name: str) -> None:
        """Delete a generation that is not wanted any more; it may be gone. Never the one that answers."""
        if self.standing().current != name:
            self._delete([name])

    def _delete(self, names: list[str]) -> None:
        for name in names:
            self._engine.tell(
                lambda client, name=name: client.indices.delete(  # type: ignore[misc]
                    index=name, ignore_unavailable=True, request_timeout=WRITE_SECONDS
                )
            )
            self._known.discard(name)

    # --- who looks after them -----------------------------------------------------------------------------------

    def claim(self) -> bool:
        """Take or renew the claim; False when somebody else holds it."""
        found = self._note(KEEPER)
        now = clock.now()
        mine, until = (False, 0) if found is None else (found.value.get("holder") == self._me, found.value["until"])
        if not mine and until > now:
            return False
        if mine and until - now > LEASE - RENEW:
            return True
        options = {"op_type": "create"} if found is None else found.unchanged
        try:
            self._put_note(KEEPER, {"holder": self._me, "until": now + LEASE}, **options)
        except EngineFailed as error:
            if error.status != 409:
                raise
            faster = self._note(KEEPER)  # somebody was; it may have been we, by a request that was sent twice
            return faster is not None and faster.value.get("holder") == self._me and faster.value["until"] > now
        return True

    def release(self) -> None:
        """Let go of the claim, if it is held."""
        found = self._note(KEEPER)
        if found is not None and found.value.get("holder") == self._me:
            self._engine.tell(lambda client: client.delete(index=self._notes, id=KEEPER, **found.unchanged))

    # --- notes --------------------------------------------------------------------------------------------------

    def read_note(self, name: str) -> dict[str, Any] | None:
        """A note, or None."""
        found = self._note(name)
        return None if found is None else found.value

    def write_note(self, name: str, value: dict[str, Any] | None) -> None:
        """Write a note, or with None take it away."""
        if value is not None:
            self._put_note(name, value)
            return
        try:
            self._engine.tell(lambda client: client.delete(index=self._notes, id=name))
        except EngineFailed as error:
            if not error.is_gone:
                raise

    def _note(self, name: str) -> _Note | None:
        try:
            return self._engine.tell(lambda client: _Note.of(client.get(index=self._notes, id=name)))
        except EngineFailed as error:
            if error.is_gone:
                return None
            raise

    def _put_note(self, name: str, value: dict[str, Any], **options: Any) -> None:
        if not self._has_notes:
            body = {
                "settings": {"index": {"number_of_shards": 1, "auto_expand_replicas": "0-1"}},
                "mappings": {"dynamic": False},
            }
            try:
                self._engine.tell(
                    lambda client: client.indices.create(index=self._notes, body=body, request_timeout=WRITE_SECONDS)
                )
            except EngineFailed as error:
                if error.kind != EXISTS:
                    raise
            self._has_notes = True
        self._engine.tell(
            lambda client: client.index(
                index=self._notes, id=name, body={"value": json.dumps(value)}, request_timeout=WRITE_SECONDS, **options
            )["result"]
        )


def fill_of(name: str) -> str:
    """The alias by which a generation is filled."""
    return f"{name}-fill"
