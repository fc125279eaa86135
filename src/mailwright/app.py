"""The application: joins the rooms, and nothing else.

Started by `mailwright up`, by the demo and by tests. Makes the parts that the roles of this process need, hands each what it
declared it needs, starts them from the inside out (storage, doors, work) and ends them the other way round, doors first.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import structlog
from fastapi import FastAPI

from mailwright import telemetry
from mailwright.core import Core
from mailwright.core.authentication import Authenticator, Trust
from mailwright.core.dnsrecords import Doors
from mailwright.core.status import Finding
from mailwright.domain.refusals import AlreadyExists
from mailwright.installation import build_core, flows_url
from mailwright.pipeline import Flows
from mailwright.pipeline.heartbeat import Heartbeat, executor_id
from mailwright.protocols.api import ApiSettings, HttpServer, create_api
from mailwright.protocols.api.autoconfig import Place
from mailwright.protocols.imap.server import ImapServer
from mailwright.protocols.imap.settings import ImapSettings
from mailwright.protocols.managesieve.server import ManageSieveServer
from mailwright.protocols.managesieve.settings import ManageSieveSettings
from mailwright.protocols.smtp.core_entrance import CoreEntrance
from mailwright.protocols.smtp.server import MailServer
from mailwright.protocols.smtp.settings import Kind, SmtpSettings
from mailwright.protocols.tls import self_signed_context, server_context
from mailwright.settings import Settings
from mailwright.storage.search.folder import SearchFolder

if TYPE_CHECKING:
    from mailwright.connectors.rspamd import Rspamd
    from mailwright.storage import Tx
    from mailwright.storage.dead_letters import DeadLetter
    from mailwright.work import Work

log = structlog.get_logger(__name__)

STOP_SECONDS = 20.0  # a process that was asked to end is gone by then
DOORS_SECONDS = 8.0  # of these, for messages and requests that are under way
WORK_SECONDS = 6.0  # and for batches and workflows


class Door(Protocol):
    """A listening server."""

    @property
    def port(self) -> int:
        """Where it listens."""

    async def close(self, grace: float) -> None:
        """End it politely within `grace` seconds."""


class Application:
    """One process of an installation, with the roles its settings name."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.core: Core
        self.flows: Flows
        self.servers: dict[str, Door] = {}
        self.http: HttpServer | None = None
        self._heartbeat: Heartbeat | None = None
        self._work: Work | None = None
        self._rspamd: Rspamd | None = None
        self._lock: int | None = None
        self._started = False

    @property
    def embedded(self) -> bool:
        """Whether this is the one process of a data folder."""
        return self.settings.database_url.startswith("sqlite:///")

    async def start(self) -> None:
        """Start everything: `open`, then `work`. Raises what they raise."""
        await self.open()
        await self.work()

    async def open(self) -> None:
        """Open storage and the doors: when it returns, every port answers and what is accepted is kept.

        Raises AlreadyExists (another process has the data folder), OSError (a port is taken), TryLater (no database).
        Whatever was started is stopped again when something raises.
        """
        try:
            await self._open_storage()
            await self._open_doors(self.settings.active_roles)
        except BaseException:
            await self.stop(grace=1.0)
            raise

    async def work(self) -> None:
        """Begin to work on what was accepted, now and before; after `open`. Raises and stops as `open` does."""
        roles = self.settings.active_roles
        try:
            if roles & {"worker", "scheduler"}:
                self._work = await asyncio.to_thread(self._make_work)
                await self._work.start(roles)
        except BaseException:
            await self.stop(grace=1.0)
            raise
        self._started = True
        log.info("started", roles=sorted(roles), data=str(self.settings.data), **self._ports())

    async def stop(self, grace: float = STOP_SECONDS) -> None:
        """End politely within `grace` seconds: doors first, then work (which resumes at the next start), then storage."""
        share = grace / STOP_SECONDS
        doors = [server.close(DOORS_SECONDS * share) for server in self.servers.values()]
        if self.http is not None:
            doors.append(self.http.close(DOORS_SECONDS * share))
        await asyncio.gather(*doors, return_exceptions=True)
        self.servers.clear()
        self.http = None
        if self._work is not None:
            await self._work.stop(WORK_SECONDS * share)
        elif hasattr(self, "flows"):
            await self.flows.stop(0)
        if self._heartbeat is not None:
            await self._heartbeat.stop()
        if self._rspamd is not None:
            await self._rspamd.close()
        self._work = self._heartbeat = None
        if hasattr(self, "core"):
            await self.core.changes.stop()
            await self.core.trail.stop()
            if self.core.search is not None:
                await asyncio.to_thread(self.core.search.close)
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

    async def _open_storage(self) -> None:
        settings, roles = self.settings, self.settings.active_roles
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.embedded:
            self._lock = _lock_folder(settings.data)
        self.core = await asyncio.to_thread(build_core, settings)
        self.core.search = SearchFolder(settings.data / "search")
        executor = "embedded" if self.embedded else executor_id()
        self.flows = Flows(self.core.database, flows_url(settings), executor_id=executor, on_dead=_on_dead)
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
        self._heartbeat.start()
        self.core.trail.start()
        if "imap" in roles:
            await self.core.changes.start()

    def _make_work(self) -> Work:
        from mailwright.work import Work  # imported while the doors are open already: it brings much with it

        return Work(self.core, self.flows, self.settings)

    async def _open_doors(self, roles: frozenset[str]) -> None:
        settings = self.settings
        entrance = CoreEntrance(self.core, await asyncio.to_thread(self._authenticator))
        doors: list[tuple[str, Kind, int]] = []
        if "smtp" in roles:
            doors += [("smtp", "smtp", settings.smtp_port), ("submission", "submission", settings.submission_port)]
            doors += [("submissions", "submission", settings.submissions_port)]
        if "lmtp" in roles:
            doors += [("lmtp", "lmtp", settings.lmtp_port)]
        context = await asyncio.to_thread(_tls, settings) if roles & {"smtp", "lmtp", "imap"} else None
        for name, kind, port in doors:
            server = MailServer(
                kind,
                entrance,
                SmtpSettings(
                    host=settings.host,
                    port=port,
                    hostname=settings.hostname,
                    max_size=int(settings.max_message_bytes),
                    tls=context,
                    implicit_tls=name == "submissions",
                    allow_clear_auth=settings.allow_clear_sign_in,
                    bearer=self.core.bearer is not None,
                    postmaster_domain=settings.hostname,
                ),
            )
            await server.start()
            self.servers[name] = server
        if "imap" in roles:
            assert context is not None
            for name, port in (("imap", settings.imap_port), ("imaps", settings.imaps_port)):
                imap = ImapServer(
                    self.core,
                    ImapSettings(
                        host=settings.host,
                        port=port,
                        tls=context,
                        implicit_tls=name == "imaps",
                        allow_clear_auth=settings.allow_clear_sign_in,
                        max_message=int(settings.max_message_bytes),
                    ),
                )
                await imap.start()
                self.servers[name] = imap
            rules = ManageSieveServer(
                self.core,
                ManageSieveSettings(
                    host=settings.host,
                    port=settings.sieve_port,
                    tls=context,
                    allow_clear_auth=settings.allow_clear_sign_in,
                ),
            )
            await rules.start()
            self.servers["sieve"] = rules
        if "http" in roles:
            self.http = HttpServer(self._api(), settings.host, settings.http_port)
            await self.http.start()

    def _authenticator(self) -> Authenticator:
        """Who says whose words incoming mail is made of."""
        settings = self.settings
        resolver = None
        if settings.verify_inbound:
            from mailwright.connectors.dns import CHECK_SECONDS, DnsResolver  # brings much with it

            resolver = DnsResolver(seconds=CHECK_SECONDS)
        if settings.rspamd_url is not None:
            from mailwright.connectors.rspamd import Rspamd

            password = settings.rspamd_password
            self._rspamd = Rspamd(settings.rspamd_url, None if password is None else password.get_secret_value())
        trust = Trust.of(settings.trusted_relays, settings.trusted_authserv_ids)
        return Authenticator(self.core, trust, resolver, self._rspamd)

    def _api(self) -> FastAPI:
        settings = self.settings
        secret = settings.webhook_secret
        return create_api(
            self.core,
            ApiSettings(
                webhook_secret=None if secret is None else secret.get_secret_value(),
                webhook_per_minute=settings.webhook_per_minute,
                place=Place(
                    settings.hostname,
                    Doors(
                        settings.imaps_port, settings.submissions_port, settings.submission_port, settings.sieve_port
                    ),
                ),
            ),
            metrics=telemetry.metrics_text,
            measures=[self._measure],
            checks=[self._at_work],
        )

    async def _at_work(self) -> Finding:
        return Finding(
            "start", self._started, "it is done" if self._started else "mail is taken; the work begins in a moment"
        )

    async def _measure(self) -> None:
        if self._work is not None:
            await self._work.measure()

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


def _on_dead(tx: Tx, letter: DeadLetter) -> None:
    """A workflow died: its agent's task has failed, in the transaction that writes the dead letter."""
    from mailwright.agents import employee  # there is a workflow, so it is imported already

    employee.on_dead(tx, letter)
