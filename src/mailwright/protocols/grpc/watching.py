"""WatchService: a stream of what changed, from the feed that is behind every live connection (`jmap.feed`).

Promises: who comes back with the last place misses nothing; a stream without news gives a sign of life; it ends when the caller may
not be here any more, and when the server goes down.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from mailwright.codecs.jmap.push import MAX_TYPES, PushState
from mailwright.domain.refusals import AuthenticationFailed, BadInput, TryLater
from mailwright.protocols.grpc.talk import Methods, Talk
from mailwright.protocols.jmap.feed import Ended, Feed, News
from mailwright.v1 import watch_pb2 as pb

SILENCE_SECONDS = 30  # after which there is a heartbeat, when the client does not say
SHORTEST, LONGEST = 5, 300


async def watch(talk: Talk, asked: pb.WatchRequest) -> AsyncIterator[pb.WatchResponse]:
    """What changes, as it does."""
    if len(asked.kinds) > MAX_TYPES:
        raise BadInput(f"at most {MAX_TYPES} kinds")
    silence = min(max(asked.heartbeat_seconds, SHORTEST), LONGEST) if asked.heartbeat_seconds else SILENCE_SECONDS
    # A place that we never said is one that nobody knows: then everything is new.
    since = (PushState.parse(asked.since_place) or PushState(0, "unknown")) if asked.since_place else None
    feed = Feed(talk.core, talk.caller, frozenset(asked.kinds) or None)
    with talk.house.streams.one_more(talk.account.id, "grpc"):
        try:
            place = await feed.open(since)
            yield pb.WatchResponse(place=str(place))
            async for news in _news(talk, feed, float(silence)):
                if news is None:
                    yield pb.WatchResponse(place=str(place), heartbeat=True)
                else:
                    place = news.state
                    yield _told(news)
        except Ended:
            raise AuthenticationFailed("you are not signed in any more") from None
        finally:
            feed.close()


async def _news(talk: Talk, feed: Feed, silence: float) -> AsyncIterator[News | None]:
    """News, and None after each silence. Raises Ended, TryLater (the server goes down)."""
    closing = asyncio.create_task(talk.house.streams.closing.wait(), name="watch: do we go down?")
    waiting: asyncio.Task[bool] | None = None
    silent_since = time.monotonic()
    try:
        while True:
            left = silent_since + silence - time.monotonic()
            if left <= 0:
                yield None
                silent_since = time.monotonic()
                continue
            waiting = asyncio.create_task(feed.wait(left), name="watch")
            await asyncio.wait({closing, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if closing.done():
                raise TryLater("the server is going down, come back soon")
            news = await feed.collect() if waiting.result() else None
            if news is not None:
                yield news
                silent_since = time.monotonic()
    finally:
        closing.cancel()
        if waiting is not None:
            waiting.cancel()


def _told(news: News) -> pb.WatchResponse:
    changed = [
        pb.AccountChange(account_id=account_id, kinds=sorted(states), state=next(iter(states.values())))
        for account_id, states in news.changed.items()
    ]
    return pb.WatchResponse(changes=changed, place=str(news.state))


METHODS: Methods = {"Watch": watch}
