"""rspamd, asked over HTTP what it thinks of a message.

Called by `core.authentication`. Promises: never raises and never takes longer than SECONDS; without an answer there is none (counted,
and logged when that begins and ends), and the message is judged as if no rspamd were there.
"""

from __future__ import annotations

import httpx
import structlog
from prometheus_client import Counter

from mailwright.codecs.rspamd import NotAnOpinion, Opinion, opinion, request_headers
from mailwright.domain.envelope import Envelope

SECONDS = 5.0  # for one message: its sender waits
MAX_CONNECTIONS = 20  # kept to it; messages beyond that wait their turn within SECONDS

_asked = Counter("mailwright_rspamd_total", "Messages rspamd was asked about, by its answer.", ["answer"])

log = structlog.get_logger(__name__)


class Rspamd:
    """The one at `url`, with the password of its controller when it wants one. `await close()` ends it."""

    def __init__(self, url: str, password: str | None = None, *, seconds: float = SECONDS) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=seconds,
            headers={} if password is None else {"Password": password},
            limits=httpx.Limits(max_connections=MAX_CONNECTIONS),
            trust_env=False,  # a proxy of the environment has no business with people's mail
        )
        self._is_away = False

    async def ask(self, envelope: Envelope, raw: bytes) -> Opinion | None:
        """Its opinion, or None when it gave none."""
        try:
            answer = await self._client.post("/checkv2", content=raw, headers=request_headers(envelope))
            answer.raise_for_status()
            found = opinion(answer.content)
        except (httpx.HTTPError, httpx.InvalidURL, NotAnOpinion) as error:
            _asked.labels("none").inc()
            if not self._is_away:
                log.warning("rspamd.away", error=type(error).__name__)
            self._is_away = True
            return None
        if self._is_away:
            log.info("rspamd.back")
        self._is_away = False
        _asked.labels(found.action).inc()
        return found

    async def close(self) -> None:
        """Let go of its connections."""
        await self._client.aclose()
