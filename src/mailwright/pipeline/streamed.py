"""Consumers that read from Valkey: the same groups and handlers as in `consumers`, on many machines at once.

Used by work.py instead of `Consumers` where the settings name a Valkey. What decides how a group reads is its stream:

- SPREAD streams are read by all processes at once (XREADGROUP). Their handlers look at rows by their ids and write under unique keys,
  so that it does not matter which process has which event, or in what order. An entry is acknowledged after the commit; those of a
  process that died are taken over one at a time, and one that was handed out `max_attempts` times (it kills whoever handles it) is buried.
- The others (`index`: an older state must not be written over a newer) have one reader at a time, by the lease in the database, which
  reads the stream by the group's own place. The group in Valkey only shows that place.
- Streams that are not copied to Valkey are read from the log.

A stream is believed when it is of the life the database is in, and a copy of its log (`copies`); each place that came from one is proved
again in the transaction that writes it down.
Retries, dead letters and the place of a group in the database (what the log's purge looks at) are as in `consumers`; for a SPREAD
group, the process that has the group's lease writes down what is acknowledged for certain.
Promises: while Valkey is away, has lost a stream, or is not fed, events come from the log, from that place on: some twice, none never.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Sequence

import structlog
from prometheus_client import Gauge

from mailwright.domain.events import STREAMS, Event
from mailwright.domain.refusals import TryLater
from mailwright.pipeline import copies
from mailwright.pipeline.consumers import (
    LEASE_SECONDS,
    RETRY_SECONDS,
    Commit,
    Consumers,
    Subscription,
)
from mailwright.pipeline.copies import AnotherLife
from mailwright.pipeline.places import Place
from mailwright.storage import events as log_table
from mailwright.storage import lives
from mailwright.storage.database import Database, Mark, Tx
from mailwright.storage.events import Retry, Slice
from mailwright.storage.streams import RELAYED, Pending, Streams
from mailwright.storage.valkey import ValkeyAway

log = structlog.get_logger(__name__)

SPREAD = frozenset({"mail_ingest", "notify", "retention"})
TAKE_OVER_SECONDS = 60.0  # an entry in the hands of a process that lives and does not say that it works on it
ALIVE_SECONDS = 15.0  # how long a process counts as alive: as the lease of a group
HOUSE_SECONDS = 1.0  # how often the place of a group is written down, and retries are looked for
STAND_BY_SECONDS = 5.0
OVERDUE_SECONDS = 2.0  # after a commit, until an event that is not in the stream is looked for in the log
QUIET_SECONDS = 10.0  # without anything: then, too, in case nobody heard of a commit
SWEEP_SECONDS = 60.0
LIFE_SECONDS = 5.0  # how often the database is asked which of its lives this is

pending_entries = Gauge(
    "mailwright_stream_pending",
    "Entries of a stream in Valkey that a group was given and did not acknowledge yet.",
    ["stream", "group"],
)


class StreamedConsumers(Consumers):
    """The groups of this process, read from `streams`."""

    def __init__(
        self,
        database: Database,
        streams: Streams,
        *,
        owner: str | None = None,
        groups: Collection[str] | None = None,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
        take_over_seconds: float = TAKE_OVER_SECONDS,
        alive_seconds: float = ALIVE_SECONDS,
    ) -> None:
        super().__init__(database, owner=owner, groups=groups, retry_seconds=retry_seconds)
        self._streams = streams  # of the life that was heard of last
        self._life_at = 0.0
        self._refused: set[tuple[str, str]] = set()  # streams it was told of that they are not believed
        self._take_over_seconds = take_over_seconds
        self._alive_seconds = alive_seconds
        self._places: dict[str, Place] = {}

    async def start(self) -> None:
        for one in self._subscriptions:
            if one.stream in RELAYED:
                self._places[one.group] = Place(self._streams, moved_at=time.monotonic())
        await super().start()

    async def stop(self, seconds: float = 10.0) -> None:
        await super().stop(seconds)
        for one in self._subscriptions:
            place = self._places.get(one.group)
            if place is not None and one.stream in SPREAD:
                with contextlib.suppress(TryLater):
                    await place.streams.leave(one.stream, one.group, self._owner)

    async def measure(self) -> None:
        await super().measure()
        for one in self._subscriptions:
            place = self._places.get(one.group)
            if place is not None and one.stream in SPREAD:
                with contextlib.suppress(ValkeyAway):
                    settled = await place.streams.settled(one.stream, one.group)
                    pending_entries.labels(one.stream, one.group).set(0 if settled is None else settled.pending)

    def _on_announced(self, kinds: frozenset[str]) -> None:
        super()._on_announced(kinds)
        for one in self._subscriptions:
            place = self._places.get(one.group)
            if place is not None and place.announced_at is None and not kinds.isdisjoint(STREAMS[one.stream]):
                place.announced_at = time.monotonic()

    # --- one round --------------------------------------------------------------------------------------------------

    async def _round(self, one: Subscription) -> int:
        if one.group not in self._places:
            return await super()._round(one)
        place = await self._of_now(one)
        try:
            return await self._believed_round(one, place)
        except AnotherLife as refusal:
            log.warning("consumer.stream_of_another_life", stream=one.stream, group=one.group, because=str(refusal))
            place.joined = place.sure = False
            one.cursor, self._life_at = None, 0.0
            return 0
        except TryLater:
            place.look_back = place.look_back or not place.held  # it may have come between taking over and handling
            raise
        except Exception:
            place.joined = False  # what is in our hands is looked for when it is joined again
            raise

    async def _believed_round(self, one: Subscription, place: Place) -> int:
        """By the stream where it is there and a copy of this log; else by the log."""
        try:
            if not place.sure and not self._streams.valkey.away:
                await self._make_sure(one, place)
            if one.stream in SPREAD and place.sure and not self._streams.valkey.away:
                return await self._spread_round(one, place)
        except ValkeyAway:
            place.sure = False
        place.joined = False  # what the log is read for now, the stream has as well: joined again, it is looked through
        return await super()._round(one)

    async def _of_now(self, one: Subscription) -> Place:
        """Where the group stands in the streams of the life that the database is in. Raises TryLater."""
        moment = time.monotonic()
        if moment >= self._life_at:
            self._streams = self._streams.of(await lives.known(self._database))
            self._life_at = moment + LIFE_SECONDS
        place = self._places[one.group]
        if place.streams.life != self._streams.life:
            place = self._places[one.group] = Place(self._streams, moved_at=moment)
            one.cursor = None  # to be read where the database has it
        return place

    async def _make_sure(self, one: Subscription, place: Place) -> None:
        """Whether the stream is to be believed; once in a while. Raises TryLater."""
        moment = time.monotonic()
        if moment < place.ask_at:
            return
        place.ask_at = moment + HOUSE_SECONDS
        place.sure = await copies.is_copy(self._database, place.streams, one.stream)
        which = (place.streams.life, one.stream)
        if not place.sure and which not in self._refused:
            self._refused.add(which)
            log.warning("consumer.stream_refused", stream=one.stream, because="it is no copy of this database's log")

    async def _look(self, one: Subscription, cursor: Mark, look_for_retries: bool) -> tuple[list[Retry], Slice]:
        place = self._places.get(one.group)
        copied = None
        if place is not None and place.sure and one.stream not in SPREAD:
            try:
                copied = await place.streams.read(one.stream, cursor, one.batch)
            except ValkeyAway:
                place.sure = False
        if place is None or copied is None:
            return await super()._look(one, cursor, look_for_retries)
        self._note(place, copied.end)
        if not copied.events and self._is_overdue(place):
            place.announced_at, place.moved_at = None, time.monotonic()
            return await super()._look(one, cursor, look_for_retries)
        # Without events the place is proved and written down when the lease is renewed, and not moved before that.
        end = copied.end if copied.events or time.monotonic() >= one.renew_at else cursor
        return await self._due(one) if look_for_retries else [], Slice(copied.events, end)

    async def _idle(self, one: Subscription) -> None:
        place = self._places.get(one.group)
        if place is not None and place.sure and one.cursor is not None and one.stream not in SPREAD:
            with contextlib.suppress(ValkeyAway):
                await place.streams.wait(one.stream, one.cursor)
                return
        if place is None or not place.joined:
            await super()._idle(one)

    async def _advance(self, one: Subscription, mark: Mark, commit: Commit | None) -> None:
        place = self._places.get(one.group)
        if place is None or place.hand is None:
            await super()._advance(one, mark, commit if place is None else place.proved(mark, commit))
            if place is not None and place.sure and one.stream not in SPREAD:
                with contextlib.suppress(ValkeyAway):
                    await place.streams.follow(one.stream, one.group, mark)
            return
        if commit is not None:
            await self._database.write(place.proved(mark, commit))
        done = [each for each in place.hand if each <= mark]
        place.hand = [each for each in place.hand if each > mark]
        await place.streams.acknowledge(one.stream, one.group, done)

    async def _hold(self, one: Subscription) -> None:
        place = self._places.get(one.group)
        if place is None or place.hand is None:
            await super()._hold(one)
            return
        with contextlib.suppress(ValkeyAway):
            await place.streams.hold(one.stream, one.group, self._owner, place.hand)
            await place.streams.show(self._owner, self._alive_seconds)

    async def _release(self, one: Subscription, proof: Commit | None = None) -> None:
        place = self._places.get(one.group)
        if place is not None and one.cursor is not None:
            proof = place.proved(one.cursor)
        await super()._release(one, proof)

    async def _mourn(self, one: Subscription, event: Event, error: Exception) -> None:
        with contextlib.suppress(ValkeyAway):
            await self._streams.mourn(
                one.stream, event, group=one.group, error=f"{type(error).__name__}: {error}"[:500]
            )

    # --- read by all at once ----------------------------------------------------------------------------------------

    async def _spread_round(self, one: Subscription, place: Place) -> int:
        """Take entries and handle them; how many. Raises ValkeyAway when they have to come from the log."""
        if not place.joined and not await self._join(one, place):
            return await super()._round(one)
        await self._keep_house(one, place)
        if not place.joined:
            return 0
        entries = await self._next(one, place)
        if entries:
            place.announced_at, place.moved_at = None, time.monotonic()
            await self._in_hand(one, place, entries)
        elif self._is_overdue(place) and await self._is_unfed(one, place):
            return await super()._round(one)
        return len(entries)

    async def _join(self, one: Subscription, place: Place) -> bool:
        mark = await self._database.write(lambda tx: log_table.standing(tx, one.stream, one.group))
        place.joined = place.look_back = await place.streams.join(one.stream, one.group, mark)
        place.held = ()
        return place.joined

    async def _next(self, one: Subscription, place: Place) -> Sequence[tuple[Mark, Event]]:
        if place.held:
            held, place.held = place.held, ()
            await place.streams.hold(one.stream, one.group, self._owner, [mark for mark, _ in held])
            return held
        if place.look_back:
            ours = await place.streams.in_hand(one.stream, one.group, self._owner, one.batch)
            if ours:
                marks = [mark for mark, _ in ours]
                await place.streams.hold(one.stream, one.group, self._owner, marks, deliveries=1)
                return ours
            place.look_back = False
        return await place.streams.take(one.stream, one.group, self._owner, one.batch)

    async def _in_hand(self, one: Subscription, place: Place, entries: Sequence[tuple[Mark, Event]]) -> None:
        """Handle entries; what could not be handled just now is tried again after a rest."""
        marks = [mark for mark, _ in entries]
        place.hand = list(marks)
        try:
            await self._deliver(one, [event for _, event in entries], marks)
        except ValkeyAway:
            raise
        except TryLater:
            left = set(place.hand)
            place.held = tuple(each for each in entries if each[0] in left)
            raise
        finally:
            place.hand = None

    async def _keep_house(self, one: Subscription, place: Place) -> None:
        """What one process does for the group: write down its place, see to retries, take over from the dead."""
        moment = time.monotonic()
        if moment >= place.shown_at:
            await place.streams.show(self._owner, self._alive_seconds)
            place.shown_at = moment + self._alive_seconds / 3
        if moment < place.house_at:
            return
        place.house_at = moment + HOUSE_SECONDS
        if one.cursor is None:
            one.cursor = await self._database.write(
                lambda tx: log_table.claim(tx, one.stream, one.group, self._owner, seconds=LEASE_SECONDS)
            )
            if one.cursor is None:
                place.house_at = moment + min(STAND_BY_SECONDS, self._alive_seconds / 3)
                return
        settled = await place.streams.settled(one.stream, one.group)
        if settled is None:
            place.joined = False
            return
        if settled.mark > one.cursor or moment >= one.renew_at:
            mark = max(settled.mark, one.cursor)
            await super()._advance(one, mark, place.proved(mark))
        for retry in await self._due(one):
            await self._retry(one, retry)
        if settled.pending:
            await self._take_over(one, place)
        if moment >= place.sweep_at:
            place.sweep_at = moment + SWEEP_SECONDS
            await self._sweep(one, place)

    async def _take_over(self, one: Subscription, place: Place) -> None:
        living: dict[str, bool] = {self._owner: True}
        taken = 0
        for entry in await place.streams.pending(one.stream, one.group, one.batch):
            if entry.consumer not in living:
                living[entry.consumer] = await place.streams.lives(entry.consumer)
            if entry.consumer == self._owner or (living[entry.consumer] and entry.idle < self._take_over_seconds):
                continue
            event = await place.streams.take_over(one.stream, one.group, self._owner, entry)
            if event is None:
                continue
            if not taken:
                log.warning("consumer.taking_over", stream=one.stream, group=one.group, consumer=entry.consumer)
            taken += 1
            await self._settle(one, place, entry, event)

    async def _settle(self, one: Subscription, place: Place, entry: Pending, event: Event) -> None:
        """Handle an entry that was taken over, or bury it when it was handed out too often."""
        if one.cursor is not None and entry.mark <= one.cursor:  # it was handled from the log
            await place.streams.acknowledge(one.stream, one.group, [entry.mark])
            return
        if entry.deliveries >= one.max_attempts:
            error = RuntimeError(f"nobody finished it in {entry.deliveries} deliveries")
            await self._database.write(place.proved(entry.mark, self._burial(one, event, error, entry.deliveries)))
            await self._mourn(one, event, error)
            await place.streams.acknowledge(one.stream, one.group, [entry.mark])
            return
        try:
            await self._in_hand(one, place, [(entry.mark, event)])
        except ValkeyAway:
            raise
        except TryLater:  # the database is away: that is not the entry's fault
            place.held = ()  # the round looks back
            raise

    async def _sweep(self, one: Subscription, place: Place) -> None:
        """Forget the consumers of processes that are gone, once there is nothing in their hands."""
        for consumer in await place.streams.consumers(one.stream, one.group):
            if not await place.streams.lives(consumer):
                await place.streams.leave(one.stream, one.group, consumer)

    # --- is the stream fed? -----------------------------------------------------------------------------------------

    def _note(self, place: Place, end: Mark) -> None:
        if end != place.seen:
            place.seen, place.announced_at, place.moved_at = end, None, time.monotonic()

    def _is_overdue(self, place: Place) -> bool:
        moment = time.monotonic()
        announced = place.announced_at is not None and moment - place.announced_at > OVERDUE_SECONDS
        return announced or moment - place.moved_at > QUIET_SECONDS

    async def _is_unfed(self, one: Subscription, place: Place) -> bool:
        """Whether the stream stands still although something was committed, and nobody has any of it in their hands."""
        last = await place.streams.last(one.stream)
        if last is not None:
            self._note(place, last)
        settled = await place.streams.settled(one.stream, one.group)
        if last is None or settled is None:
            place.joined = False
            return False
        if settled.pending or not self._is_overdue(place):
            return False
        place.announced_at, place.moved_at = None, time.monotonic()
        if one.cursor is None or settled.mark <= one.cursor:
            place.joined = False  # to be joined again where the log brings the group
            return True
        return False

    async def _due(self, one: Subscription) -> list[Retry]:
        def look(tx: Tx) -> list[Retry]:
            return log_table.due_retries(tx, one.stream, one.group, one.batch)

        return await self._database.read(look)
