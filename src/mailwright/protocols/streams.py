"""Streams: answers and connections that go on for hours (JMAP's event source and WebSocket), how many, and how they end.

One `Streams` for each HTTP server: the routes count in what they open, the server says when it goes down. `Standing` says whether who
opened one may still be there. Promises: bounded in all and for each account; who signed out, was blocked or has another password now
is sent away.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Gauge

from mailwright.core import Core, sessions
from mailwright.domain.refusals import TooManyRequests, TryLater
from mailwright.protocols.identity import Caller
from mailwright.storage import Tx, accounts, credentials
from mailwright.storage.accounts import Account

MOST = 1500  # of one process: of the connections HTTP takes (`api.server`), the others are for requests
MOST_OF_ONE = 30  # of one account: some windows on some devices
UNNAMED_SECONDS = 3600.0  # without a session we do not learn when what opened it has expired: it says again who it is

open_streams = Gauge("mailwright_open_streams", "Connections that wait for changes, by kind.", ["kind"])


class Streams:
    """Those of one server. `closing` is set when it goes down: whoever has one ends it then."""

    def __init__(self, most: int = MOST, most_of_one: int = MOST_OF_ONE) -> None:
        self.closing = asyncio.Event()
        self._most = most
        self._most_of_one = most_of_one
        self._by_account: Counter[str] = Counter()

    @contextmanager
    def one_more(self, account_id: str, kind: str) -> Iterator[None]:
        """While one more is open. Raises TooManyRequests, TryLater."""
        if self.closing.is_set():
            raise TryLater("the server is going down, come back soon")
        if self._by_account[account_id] >= self._most_of_one:
            raise TooManyRequests(f"at most {self._most_of_one} connections of one person wait for changes")
        if self._by_account.total() >= self._most:
            raise TryLater("too many connections wait for changes, come back later")
        self._by_account[account_id] += 1
        open_streams.labels(kind).inc()
        try:
            yield
        finally:
            open_streams.labels(kind).dec()
            self._by_account[account_id] -= 1
            if not self._by_account[account_id]:
                del self._by_account[account_id]

    def close(self) -> None:
        """The server goes down."""
        self.closing.set()


class Standing:
    """Whether a caller may still be here, long after the request that said who it is."""

    def __init__(self, core: Core, caller: Caller) -> None:
        self._core = core
        self._caller = caller
        self._opened = time.monotonic()
        self._secrets: frozenset[str] | None = None

    async def look(self, *, used: bool = False) -> Account | None:
        """The account as it is now, or None when the caller has to go. `used`: it did something, so its session lives on.

        Raises TryLater.
        """
        if self._caller.session is not None:
            return await self._by_session(used)
        if time.monotonic() - self._opened > UNNAMED_SECONDS:
            return None
        account, found = await self._core.read(self._read)
        if self._secrets is None:
            self._secrets = found
        stays = account is not None and account.status == "active" and self._secrets <= found
        return account if stays else None

    async def _by_session(self, used: bool) -> Account | None:
        caller = self._caller
        assert caller.session is not None
        if used and caller.token is not None:
            signed = await sessions.find(self._core, caller.token)
            return None if signed is None else signed.account
        session_id = caller.session.session.id
        return await self._core.read(
            lambda tx: accounts.by_id(tx, caller.account.id) if sessions.is_open_in(tx, session_id) else None
        )

    def _read(self, tx: Tx) -> tuple[Account | None, frozenset[str]]:
        """The account, and everything that opens it: whoever came with one of these goes when it is none any more."""
        user_id = self._caller.account.id
        password = accounts.password_of(tx, user_id)
        opens = {each.id for each in accounts.app_passwords(tx, user_id)}
        opens |= {f"{each.id} {each.ended_at}" for each in credentials.links(tx, user_id)}
        return accounts.by_id(tx, user_id), frozenset(opens | ({password} if password else set()))
