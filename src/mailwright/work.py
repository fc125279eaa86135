"""Work: everything that happens after mail was accepted. Consumers of events, workflows, agents, and the way out.

Started by the application when its doors are open: what arrives in between is kept all the same, and worked on a moment later.
In a module of its own because its libraries take as long to import as all the doors together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from mailwright.agents import employee
from mailwright.connectors.dns import DnsResolver
from mailwright.connectors.smtp import DirectMx, SmartHost
from mailwright.core import Core, housekeeping, outbox, retention
from mailwright.core.dispatch import Dispatcher, Transport
from mailwright.core.searchwork import SearchWork
from mailwright.domain.events import Event
from mailwright.installation import models_of
from mailwright.pipeline import Consumers, Flows, Handler
from mailwright.settings import Settings

SMTPS_PORT, SUBMISSION_PORT = 465, 587  # RFC 8314 §7.3, RFC 6409 §3.1


class Work:
    """The working half of a process with the roles `worker` or `scheduler`."""

    def __init__(self, core: Core, flows: Flows, settings: Settings) -> None:
        self._core = core
        self._flows = flows
        self._settings = settings
        self._models = models_of(settings)
        self.consumers = Consumers(core.database)
        self._dispatcher = Dispatcher(core, {outbox.SMTP: _way_out(settings)})
        self._search = (
            None
            if core.search is None
            else SearchWork(core, core.search, ocr=settings.search_ocr_languages if settings.search_ocr else None)
        )
        self._working = False

    async def start(self, roles: frozenset[str]) -> None:
        """Begin. Raises AlreadyExists, TryLater."""
        employee.configure(self._core, self._models)
        housekeeping.configure(self._core, self._flows)
        if "scheduler" in roles:
            self._flows.schedule(housekeeping.NIGHTLY, housekeeping.housekeeping)
        await self._flows.start(lanes=None if "worker" in roles else ())
        if "worker" not in roles:
            return
        self.consumers.subscribe("mail_ingest", "ingesters", employee.on_delivered(self._core, self._flows))
        self.consumers.subscribe("retention", "janitors", _janitor(self._core))
        if self._search is not None:
            self._search.subscribe(self.consumers)
        await self.consumers.start()
        await self._dispatcher.start()
        if self._search is not None:
            self._search.start()
        self._working = True

    async def stop(self, seconds: float) -> None:
        """Finish what is in hand within `seconds`; what is not finished resumes at the next start."""
        if self._working:
            await self.consumers.stop(seconds / 2)
            if self._search is not None:
                await self._search.stop()
            await asyncio.gather(self._dispatcher.stop(seconds), self._flows.stop(seconds))
        else:
            await self._flows.stop(seconds)
        await self._models.close()

    async def measure(self) -> None:
        """Bring the gauges up to date. Raises TryLater."""
        await self._flows.measure()
        await self.consumers.measure()
        if self._search is not None:
            await self._search.measure()


def _way_out(settings: Settings) -> Transport:
    """What carries mail to other servers: the smart host, or each recipient's own exchangers."""
    if settings.smart_host is None:
        return DirectMx(DnsResolver(), helo=settings.hostname, allow_private=settings.allow_private_delivery)
    url = urlsplit(settings.smart_host.get_secret_value())
    implicit = url.scheme == "smtps"
    return SmartHost(
        host=url.hostname or "",
        port=url.port or (SMTPS_PORT if implicit else SUBMISSION_PORT),
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
        # A password never travels in clear; a relay on the own machine often has no TLS to offer.
        tls="tls" if implicit else ("starttls" if url.username else "opportunistic"),
        helo=settings.hostname,
    )


def _janitor(core: Core) -> Handler:
    async def collect(batch: Sequence[Event]) -> None:
        await retention.collect(core, batch)

    return collect
