"""The feed: what changed for one caller, gathered until it is fetched. Behind every live connection (event source, WebSocket).

Expects: `open`, then `wait` and `collect` in turn, then `close`. Promises: after a change is committed, `collect` soon tells of it,
and no change is lost, however slowly it is fetched; what waits is bounded (a set of types for each account); a change is told at
most a few times a second. Of somebody else's account only the mailboxes one reaches are listened to.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from mailwright.codecs.jmap.push import PushState
from mailwright.core import Core, access, accountstates
from mailwright.core.access import Reached
from mailwright.core.changed import DELIVERY, OF_MAIL, TYPES, types_of
from mailwright.domain.events import MAILBOX_CHANGED, SIGNED_OUT, Event
from mailwright.domain.refusals import TryLater
from mailwright.protocols.identity import Caller
from mailwright.protocols.streams import Standing
from mailwright.storage import Tx, views
from mailwright.storage.accounts import Account

GAP_SECONDS = 0.5  # between two tellings: while mail pours in, two a second are enough for anybody
CHECK_SECONDS = 30.0  # whether the caller may still be here, and what others share with them
AWAY_SECONDS = 2.0  # until the database is asked again


class Ended(Exception):
    """The caller has to go: signed out, blocked, or it has to say again who it is."""


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told: by account the states of the types that changed, and the place a client has reached with it."""

    changed: dict[str, dict[str, str]]
    state: PushState


class Feed:
    """One caller's. `types` None: all."""

    def __init__(self, core: Core, caller: Caller, types: frozenset[str] | None) -> None:
        self._core = core
        self._account: Account = caller.account
        self._types = TYPES if types is None else types & TYPES
        self._standing = Standing(core, caller)
        self._pending: dict[str, set[str]] = {}
        self._told: dict[str, dict[str, str]] = {}
        self._states: dict[str, str] = {}
        self._wake = asyncio.Event()
        self._ends: list[Callable[[], None]] = []
        self._shares: dict[str, Callable[[], None]] = {}
        self._check_at = 0.0
        self._told_at = 0.0

    async def open(self, since: PushState | None) -> PushState:
        """Begin to listen. The place it begins at; what changed after `since` is fetched first. Raises TryLater, Ended."""
        await self._check()
        self._ends.append(self._core.changes.watch_account(self._account.id, self._happened))
        reached, states, delivered = await self._core.read(lambda tx: self._read(tx, since))
        self._listen(reached)
        # Once more: what happened before we listened to a mailbox that somebody shares is in this answer.
        self._states = await self._core.read(lambda tx: accountstates.states(tx, self._account))
        self._told = {owner: dict.fromkeys(self._types, state) for owner, state in states.items()}
        for owner, state in self._states.items():
            if state != states.get(owner):
                self._pend(owner, self._types - {DELIVERY})
        if since is not None:
            self._pend_since(since, delivered)
        return self._place()

    async def wait(self, seconds: float) -> bool:
        """Until there may be something to `collect`, or that long. Whether there may be."""
        due = self._check_at - time.monotonic()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(seconds, due))):
                await self._wake.wait()
        if self._wake.is_set():
            # The first change is told at once; those that follow are gathered.
            await asyncio.sleep(max(0.0, min(GAP_SECONDS, self._told_at + GAP_SECONDS - time.monotonic())))
        return self._wake.is_set() or time.monotonic() >= self._check_at

    async def collect(self) -> News | None:
        """What is to be told now. Raises Ended."""
        self._wake.clear()
        pending, self._pending = self._pending, {}
        try:
            if time.monotonic() >= self._check_at:
                await self._check()
            reached, states, _ = await self._core.read(lambda tx: self._read(tx, None))
        except TryLater:
            for owner, types in pending.items():
                self._pending.setdefault(owner, set()).update(types)
            await asyncio.sleep(AWAY_SECONDS)
            self._wake.set()
            return None
        self._listen(reached)
        changed: dict[str, dict[str, str]] = {}
        for owner, state in states.items():
            told = self._told.setdefault(owner, {})
            # Another share is another view of the account: whatever is in it may be new.
            is_other = _digest(state) != _digest(self._states.get(owner, ""))
            types = pending.get(owner, set()) | (OF_MAIL - {DELIVERY} if is_other else set())
            news = {kind: state for kind in sorted(types & self._types) if told.get(kind) != state}
            if news:
                told.update(news)
                changed[owner] = news
        for owner in self._told.keys() - states.keys():
            del self._told[owner]
        self._states = states
        if not changed:
            return None
        self._told_at = time.monotonic()
        return News(changed, self._place())

    def close(self) -> None:
        """Listen to nothing any more."""
        for end in (*self._ends, *self._shares.values()):
            end()
        self._ends.clear()
        self._shares.clear()

    def _place(self) -> PushState:
        others = {owner: state for owner, state in self._states.items() if owner != self._account.id}
        return PushState.of(self._states[self._account.id], others)

    def _happened(self, event: Event) -> None:
        """Something of the own account."""
        if event.kind in (SIGNED_OUT, MAILBOX_CHANGED):
            self._check_at = 0.0  # whether one may stay, and what others share, may be another
            self._wake.set()
        self._pend(self._account.id, types_of(event))

    def _happened_there(self, owner: str, event: Event) -> None:
        """Something in a mailbox that somebody shares."""
        self._pend(owner, types_of(event) & OF_MAIL)

    def _pend(self, owner: str, types: frozenset[str]) -> None:
        wanted = types & self._types
        if wanted:
            self._pending.setdefault(owner, set()).update(wanted)
            self._wake.set()

    def _pend_since(self, since: PushState, delivered: bool) -> None:
        now = self._place()
        if since.modseq != now.modseq:
            self._told[self._account.id] = {}
            self._pend(self._account.id, TYPES if delivered else TYPES - {DELIVERY})
        if since.others != now.others:
            for owner in self._states.keys() - {self._account.id}:
                self._told[owner] = {}
                self._pend(owner, OF_MAIL - {DELIVERY})

    def _listen(self, reached: Sequence[Reached]) -> None:
        """To the mailboxes that others share now, and to no others."""
        shared = {each.mailbox.id: each.mailbox.user_id for each in reached if not each.own}
        for mailbox_id in self._shares.keys() - shared.keys():
            self._shares.pop(mailbox_id)()
        for mailbox_id in shared.keys() - self._shares.keys():
            owner = shared[mailbox_id]
            self._shares[mailbox_id] = self._core.changes.watch(mailbox_id, partial(self._happened_there, owner))

    async def _check(self) -> None:
        asked_at = time.monotonic()
        account = await self._standing.look()
        # An event that came meanwhile asks for another look.
        self._check_at = asked_at + CHECK_SECONDS if self._check_at <= asked_at else self._check_at
        if account is None or not account.has_mailbox:
            raise Ended
        self._account = account

    def _read(self, tx: Tx, since: PushState | None) -> tuple[list[Reached], dict[str, str], bool]:
        reached = access.reachable(tx, self._account)
        states = accountstates.states_of(tx, self._account, reached)
        # A state we never gave out, as after an old backup was brought back: as if everything were new.
        known = since is not None and since.modseq <= int(states[self._account.id])
        delivered = since is not None and (not known or views.delivered_since(tx, self._account.id, since.modseq))
        return reached, states, delivered


def _digest(state: str) -> str:
    """Of a state, what one may see of the account."""
    return state.partition(".")[2] if state else "none"
