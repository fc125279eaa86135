"""What a web server allows programs to read: its robots.txt, read the way RFC 9309 says.

Used by `politepages` before each page. Reading the file is protego's; this module says what its absence means, and keeps what was read.
Promises: asked once an hour for each server, less than a minute after it was out of order; what was kept is bounded.
Does not: fetch (it is handed something that does).
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from protego import Protego

AGENT = "Mailwright"  # RFC 9309 §2.2.1: the product token, which rules for us name
MAX_OCTETS = 500 * 1024  # RFC 9309 §2.5: at least so much is read; a rule behind it is not seen
KEPT_SECONDS = 3600.0  # RFC 9309 §2.4: not more than a day
FAILED_SECONDS = 60.0
MAX_DELAY_SECONDS = 3600.0  # who wants more between two pages is asked again in an hour
MAX_KEPT = 1_000  # servers
LARGE_CHARACTERS = 16 * 1024


class NoAnswer(Exception):
    """The server cannot be asked now."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What one server allows. `text` is None where everything is refused for now."""

    text: str | None
    until: float
    parsed: Protego | None = None

    def allows(self, url: str) -> bool:
        """Whether that page may be read. RFC 9309 §2.3.1.4: none of them while the server is out of order."""
        if self.parsed is None:
            return self.text == ""
        return bool(self.parsed.can_fetch(url, AGENT))

    @property
    def is_out_of_order(self) -> bool:
        """Whether all is refused only because nobody answers."""
        return self.text is None

    @property
    def delay(self) -> float:
        """The seconds that it wants between two pages; 0 when it says nothing of it. Crawl-delay and Request-rate are in no RFC."""
        if self.parsed is None:
            return 0.0
        rate = self.parsed.request_rate(AGENT)
        paced = rate.seconds / rate.requests if rate is not None and rate.requests else 0.0
        return min(max(0.0, self.parsed.crawl_delay(AGENT) or 0.0, paced), MAX_DELAY_SECONDS)


class Robots:
    """`fetch` gets a robots.txt: its status and octets; it raises NoAnswer, and follows redirects (RFC 9309 §2.3.1.2)."""

    def __init__(self, fetch: Callable[[str], Awaitable[tuple[int, bytes]]]) -> None:
        self._fetch = fetch
        self._kept: OrderedDict[str, Rules] = OrderedDict()

    async def of(self, origin: str) -> Rules:
        """The rules of a server, given as scheme, host and port."""
        kept = self._kept.get(origin)
        if kept is None or kept.until < time.monotonic():
            kept = await self._ask(origin)
            self._kept[origin] = kept
        self._kept.move_to_end(origin)
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return kept

    async def _ask(self, origin: str) -> Rules:
        try:
            status, content = await self._fetch(f"{origin}/robots.txt")
        except NoAnswer:
            return Rules(None, time.monotonic() + FAILED_SECONDS)
        # RFC 9309 §2.3.1.4: 5xx refuses everything. So does 429 with us: who is asked too often is not asked for more.
        if status >= 500 or status == 429:
            return Rules(None, time.monotonic() + FAILED_SECONDS)
        # RFC 9309 §2.3.1.3: a server without the file allows everything.
        if status != 200:
            return Rules("", time.monotonic() + KEPT_SECONDS)
        text = content[:MAX_OCTETS].decode("utf-8-sig", "replace")
        # A long one takes long enough to be felt by everybody else in the event loop.
        parsed = await asyncio.to_thread(Protego.parse, text) if len(text) > LARGE_CHARACTERS else Protego.parse(text)
        return Rules(text, time.monotonic() + KEPT_SECONDS, parsed)
