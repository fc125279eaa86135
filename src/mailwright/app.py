"""The application: joins the rooms, and nothing else.

Started by `mailwright up`, by the demo and by tests. Makes the parts that the roles of this process need, hands each what it
declared it needs, starts them from the inside out (storage first, doors last) and ends them from the outside in.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import ssl
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import structlog
from fastapi import FastAPI

from mailwright import telemetry
from mailwright.agents import employee
from mailwright.agents.models import Models
from mailwright.connectors.dns import DnsResolver
from mailwright.connectors.smtp import DirectMx, SmartHost
from mailwright.core import Core, housekeeping, outbox, retention
from mailwright.core.dispatch import Dispatcher, Transport
from mailwright.domain.events import Event
from mailwright.domain.refusals import AlreadyExists
from mailwright.installation import build_core, flows_url, models_of
from mailwright.pipeline import Consumers, Flows, Handler
from mailwright.pipeline.heartbeat import Heartbeat, executor_id
from mailwright.protocols.api import ApiSettings, HttpServer, create_api
from mailwright.protocols.smtp.core_entrance import CoreEntrance
from mailwright.protocols.smtp.server import MailServer
from mailwright.protocols.smtp.settings import Kind, SmtpSettings
from mailwright.protocols.tls import self_signed_context, server_context
from mailwright.settings import Settings

log = structlog.get_logger(__name__)

STOP_SECONDS = 20.0  # a process that was asked to end is gone by then
DOORS_SECONDS = 8.0  # of these, for messages and requests that are under way
WORK_SECONDS = 6.0  # and for batches and workflows


class Application:
    """One process of an installation, with the roles its settings name."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.core: Core
        self.flows: Flows
        self.servers: dict[str, MailServer] = {}
        self.http: HttpServer | None = None
        self._consumers: Consumers | None = None
        self._dispatcher: Dispatcher | None = None
        self._heartbeat: Heartbeat | None = None
        self._models: Models | None = None
        self._lock: int | None = None
        self._started = False

    @property
    def embedded(self) -> bool:
        """Whether this is the one process of a data folder."""
        return self.settings.database_url.startswith("sqlite:///")

    async def start(self) -> None:
        """Start everything; when it returns, every port answers.

        Raises AlreadyExists (another process has the data folder), OSError (a port is taken), TryLater (no database).
        Whatever was started is stopped again when something raises.
        """
        try:
            await self._start()
        except BaseException:
            await self.stop(grace=1.0)
            raise
        self._started = True

    async def stop(self, grace: float = STOP_SECONDS) -> None:
        """End politely within `grace` seconds: doors first, then work (which resumes at the next start), then storage."""
        share = grace / STOP_SECONDS
        doors = [server.close(DOORS_SECONDS * share) for server in self.servers.values()]
        if self.http is not None:
            doors.append(self.http.close(DOORS_SECONDS * share))
        await asyncio.gather(*doors, return_exceptions=True)
        self.servers.clear()
        self.http = None
        if self._consumers is not None:
            await self._consumers.stop(WORK_SECONDS * share / 2)
        if self._dispatcher is not None:
            await self._dispatcher.stop()
        if hasattr(self, "flows"):
            await self.flows.stop(WORK_SECONDS * share)
        if self._models is not None:
            await self._models.close()
        if self._heartbeat is not None:
            await self._heartbeat.stop()
        self._consumers = self._dispatcher = self._heartbeat = self._models = None
        if hasattr(self, "core"):
            await asyncio.to_thread(self.core.database.close)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        if self._started:
            log.info("stopped")

    async def run(self) -> None:
        """Start, serve until SIGTERM or SIGINT, stop."""
        asked = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, asked.set)
        await self.start()
        try:
            await asked.wait()
        finally:
            log.info("stopping")
            await self.stop()

    async def _start(self) -> None:
        settings, roles = self.settings, self.settings.active_roles
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.embedded:
            self._lock = _lock_folder(settings.data)
        self.core = await asyncio.to_thread(build_core, settings)
        executor = "embedded" if self.embedded else executor_id()
        self.flows = Flows(self.core.database, flows_url(settings), executor_id=executor, on_dead=employee.on_dead)
        self._heartbeat = Heartbeat(
            self.core.database,
            executor,
            roles,
            flows=self.flows if "worker" in roles else None,
            alone=self.embedded,
            tasks_running=self.flows.running,
            activity=self.flows.activity,
        )
        await self._heartbeat.sign_in()
        if roles & {"worker", "scheduler"}:
            await self._start_work(roles)
        self._heartbeat.start()
        await self._open_doors(roles)
        log.info("started", roles=sorted(roles), data=str(settings.data), **self._ports())

    async def _start_work(self, roles: frozenset[str]) -> None:
        core, settings = self.core, self.settings
        self._models = models_of(settings)
        employee.configure(core, self._models)
        housekeeping.configure(core, self.flows)
        if "scheduler" in roles:
            self.flows.schedule(housekeeping.NIGHTLY, housekeeping.housekeeping)
        await self.flows.start(lanes=None if "worker" in roles else ())
        if "worker" not in roles:
            return
        self._consumers = Consumers(core.database)
        self._consumers.subscribe("mail_ingest", "ingesters", employee.on_delivered(core, self.flows))
        self._consumers.subscribe("retention", "janitors", _janitor(core))
        await self._consumers.start()
        self._dispatcher = Dispatcher(core, {outbox.SMTP: _way_out(settings)})
        await self._dispatcher.start()

    async def _open_doors(self, roles: frozenset[str]) -> None:
        settings, entrance = self.settings, CoreEntrance(self.core)
        kinds: dict[Kind, int] = {}
        if "smtp" in roles:
            kinds |= {"smtp": settings.smtp_port, "submission": settings.submission_port}
        if "lmtp" in roles:
            kinds |= {"lmtp": settings.lmtp_port}
        context = await asyncio.to_thread(_tls, settings) if kinds else None
        for kind, port in kinds.items():
            server = MailServer(
                kind,
                entrance,
                SmtpSettings(
                    host=settings.host,
                    port=port,
                    hostname=settings.hostname,
                    max_size=int(settings.max_message_bytes),
                    tls=context,
                    postmaster_domain=settings.hostname,
                ),
            )
            await server.start()
            self.servers[kind] = server
        if "http" in roles:
            self.http = HttpServer(self._api(), settings.host, settings.http_port)
            await self.http.start()

    def _api(self) -> FastAPI:
        settings = self.settings
        secret = settings.webhook_secret
        measures = [self.flows.measure]
        if self._consumers is not None:
            measures.append(self._consumers.measure)
        return create_api(
            self.core,
            ApiSettings(
                webhook_secret=None if secret is None else secret.get_secret_value(),
                webhook_per_minute=settings.webhook_per_minute,
            ),
            metrics=telemetry.metrics_text,
            measures=measures,
        )

    def _ports(self) -> dict[str, int]:
        ports = {kind: server.port for kind, server in self.servers.items()}
        return ports | ({"http": self.http.port} if self.http is not None else {})


def _lock_folder(folder: Path) -> int:
    """Hold the data folder for this process alone: two embedded servers on one folder would do each other's work twice."""
    descriptor = os.open(folder / "mailwright.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise AlreadyExists(f"another Mailwright is running on {folder}") from None
    return descriptor


def _tls(settings: Settings) -> ssl.SSLContext:
    if settings.tls_cert is not None:
        return server_context(settings.tls_cert, settings.tls_key)
    return self_signed_context(settings.data / "tls", [settings.hostname, "localhost", "127.0.0.1"])


def _way_out(settings: Settings) -> Transport:
    """What carries mail to other servers: the smart host, or each recipient's own exchangers."""
    if settings.smart_host is None:
        return DirectMx(DnsResolver(), helo=settings.hostname, allow_private=settings.allow_private_delivery)
    url = urlsplit(settings.smart_host.get_secret_value())
    implicit = url.scheme == "smtps"
    return SmartHost(
        host=url.hostname or "",
        port=url.port or (465 if implicit else 587),
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
