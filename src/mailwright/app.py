"""The application: joins the rooms, and nothing else.

Started by `mailwright up`, by the demo and by tests. Makes the parts that the roles of this process need, hands each what it
declared it needs, starts them from the inside out (storage, doors, work) and ends them the other way round, doors first.
"""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial
from typing import TYPE_CHECKING

import structlog
from fastapi import FastAPI

from mailwright import telemetry
from mailwright.core import (
    Core,
    checkup,
    mailboxcounts,
    retention,
    sealing,
    vapid,
)
from mailwright.core.authentication import Authenticator, Trust
from mailwright.core.dnscheck import ANSWER_SECONDS
from mailwright.core.dnsrecords import Doors
from mailwright.core.outreach.studio import Studio
from mailwright.domain.pictures import Picture
from mailwright.elsewhere import Elsewhere
from mailwright.findings import Findings
from mailwright.installation import (
    build_core,
    flows_url,
    google_of,
    index_of,
    lock_folder,
    premises_of,
    shop_of,
    whatsapp_of,
)
from mailwright.openings import Door, open_doors, open_grpc, open_operations, programs_of, tls_of
from mailwright.pipeline import Flows
from mailwright.pipeline.heartbeat import Heartbeat, executor_id
from mailwright.protocols.api import ApiSettings, HttpServer, create_api
from mailwright.protocols.api.admin import Machine
from mailwright.protocols.api.autoconfig import Place
from mailwright.protocols.api.gmailhook import HOOK_PATH, GmailHook
from mailwright.protocols.api.probes import create_probes
from mailwright.protocols.identity import Web
from mailwright.protocols.smtp.core_entrance import CoreEntrance
from mailwright.scribing import Scribing
from mailwright.settings import Settings
from mailwright.settings.fetching import needs_keeping
from mailwright.signon import SignOn
from mailwright.staff import again_of, desk_of, letters_of, model_premises
from mailwright.storage.sharedstates import SharedStates

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailwright.codecs.mailauth import Answer, Question
    from mailwright.connectors.dns import DnsResolver
    from mailwright.connectors.oidc import Trusted
    from mailwright.connectors.pictures import PictureFetcher
    from mailwright.connectors.rspamd import Rspamd
    from mailwright.core.billing import Shop
    from mailwright.secretkeeping.keeper import Keeper
    from mailwright.storage import Tx
    from mailwright.storage.dead_letters import DeadLetter
    from mailwright.work import Work

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
        self.servers: dict[str, Door] = {}
        self.http: HttpServer | None = None
        self._heartbeat: Heartbeat | None = None
        self._work: Work | None = None
        self._rspamd: Rspamd | None = None
        self._resolver: DnsResolver | None = None
        self._pictures: PictureFetcher | None = None
        self._shop: Shop | None = None
        self._elsewhere: Elsewhere | None = None
        self._scribing: Scribing | None = None
        self._google: Trusted | None = None
        self._signon: SignOn | None = None
        self._unobserve: Callable[[], None] | None = None
        self._keeper: Keeper | None = None
        self._watches: list[asyncio.Task[None]] = []  # whose the place of messages is, and the certificate
        self._findings: Findings
        self._lock: int | None = None
        self._started = False

    @property
    def _public_url(self) -> str:
        return self.settings.public_url or f"http://localhost:{self.settings.http_port}"

    @property
    def _web(self) -> Web:
        return Web.of(self._public_url, self.settings.trusted_proxies, brand=self.settings.brand)

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
            self._unobserve = await asyncio.to_thread(telemetry.observe, self.settings)
            await self._keep_secrets()
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
                if self._keeper is not None:
                    from mailwright.work import SECRETS_OUT

                    self._keeper.changes.listen(SECRETS_OUT, self._work.take_secrets)
        except BaseException:
            await self.stop(grace=1.0)
            raise
        self._findings.work = self._work
        self._started = self._findings.started = True
        log.info("started", roles=sorted(roles), data=str(self.settings.data), **self._ports())

    async def stop(self, grace: float = STOP_SECONDS) -> None:
        """End politely within `grace` seconds: doors first, then work (which resumes at the next start), then storage."""
        share = grace / STOP_SECONDS
        for each in self._watches:
            each.cancel()
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
        payments = None if self._shop is None else self._shop.service
        own = (self._elsewhere, self._scribing, self._google, self._signon)
        for service in (self._rspamd, self._pictures, payments, *own):
            if service is not None:
                await service.close()
        self._work = self._heartbeat = None
        if hasattr(self, "_findings"):
            self._findings.work = None
        if hasattr(self, "core"):
            await self.core.changes.stop()
            await self.core.trail.stop()
            if self.core.valkey is not None:
                await self.core.valkey.close()
            if self.core.search is not None:
                await asyncio.to_thread(self.core.search.close)
            await asyncio.to_thread(self.core.database.close)
        if self._keeper is not None:
            await asyncio.to_thread(self._keeper.stop)
            self._keeper = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        if self._unobserve is not None:
            await asyncio.to_thread(self._unobserve)
            self._unobserve = None
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

    async def _keep_secrets(self) -> None:
        if needs_keeping(self.settings):
            from mailwright.secretkeeping.keeper import Keeper

            self._keeper = Keeper(self.settings)
            await asyncio.to_thread(self._keeper.start)

    async def _open_storage(self) -> None:
        settings, roles = self.settings, self.settings.active_roles
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.embedded:
            self._lock = lock_folder(settings.data)
        self.core = await asyncio.to_thread(build_core, settings)
        self._findings = Findings(self.core, self._keeper)
        await retention.begin_in_places(self.core)
        self._watches.append(asyncio.create_task(retention.watch_places(self.core), name="places"))
        mailboxcounts.share(None if self.core.valkey is None else SharedStates(self.core.valkey))
        await asyncio.to_thread(sealing.prove, self.core)
        self.core.search = await asyncio.to_thread(index_of, settings, self.core.database)
        executor = "embedded" if self.embedded else executor_id()
        self.flows = Flows(self.core.database, flows_url(settings), executor_id=executor, on_dead=_on_dead)
        self._heartbeat = Heartbeat(
            self.core.database,
            executor,
            roles,
            serves=settings.serving.words if "worker" in roles else None,
            flows=self.flows if "worker" in roles else None,
            alone=self.embedded,
            tasks_running=self.flows.running,
            activity=self.flows.activity,
        )
        await self._heartbeat.sign_in()
        self._heartbeat.start()
        self.core.trail.start()
        if roles & {"imap", "http", "grpc"}:
            await self.core.changes.start()

    def _make_work(self) -> Work:
        from mailwright.work import Work  # imported while the doors are open already: it brings much with it

        return Work(self.core, self.flows, self.settings)

    async def _open_doors(self, roles: frozenset[str]) -> None:
        settings = self.settings
        self._signon = SignOn(settings, self.core)
        await self._signon.start()
        authenticator = await asyncio.to_thread(self._authenticator)
        entrance = CoreEntrance(self.core, authenticator)
        context = watch = None
        if roles & {"smtp", "lmtp", "imap"}:
            context, watch = await asyncio.to_thread(tls_of, settings)
        if watch is not None:
            self._watches.append(asyncio.create_task(watch.run()))
        async for name, door in open_doors(settings, self.core, entrance, roles, context):
            self.servers[name] = door
        if "http" in roles:
            self.core.push_key = await vapid.public_key(self.core)
            self._shop = await asyncio.to_thread(shop_of, settings, self._public_url)
            self._elsewhere = Elsewhere(settings, self.core)
            self._scribing = Scribing(settings, self.core)
            self._google = await asyncio.to_thread(google_of, settings, f"{self._public_url}{HOOK_PATH}")
            api = self._api(authenticator)
            self.http = HttpServer(api, settings.host, settings.http_port, api.state.streams)
            await self.http.start()
        if "grpc" in roles:
            again = Machine(letters=partial(letters_of, self.core, self.flows), again=again_of(self.core, self.flows))
            programs = await open_grpc(settings, self.core, self._web, again)
            if programs is not None:
                self.servers["grpc"] = programs
        probes = partial(
            create_probes,
            self.core,
            metrics=telemetry.metrics_text,
            measures=[self._findings.measure],
            checks=self._findings.checks,
            works="worker" in roles,
        )
        watched = await open_operations(settings, probes)
        if watched is not None:
            self.servers["operations"] = watched

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

    def _api(self, authenticator: Authenticator) -> FastAPI:
        settings = self.settings
        doors = Doors(settings.imaps_port, settings.submissions_port, settings.submission_port, settings.sieve_port)
        return create_api(
            self.core,
            ApiSettings(
                webhook_secret=self._secret("webhook_secret"),
                webhook_per_minute=settings.webhook_per_minute,
                postmark_password=self._secret("postmark_hook_password"),
                postmark_per_minute=settings.postmark_hook_per_minute,
                gmail=GmailHook(
                    None if self._google is None else self._google.verify,
                    settings.gmail_hook_unverified_per_minute,
                    settings.gmail_hook_pushes_per_minute,
                ),
                whatsapp=whatsapp_of(settings),
                web=self._web,
                place=Place(settings.hostname, doors),
                machine=Machine(
                    doors,
                    relayed=settings.smart_host is not None,
                    look_up=self._look_up,
                    letters=lambda: letters_of(self.core, self.flows),
                    looks=lambda: checkup.premises(premises_of(settings)),
                    models=model_premises(settings),
                    again=again_of(self.core, self.flows),
                    signon=self._signon,
                ),
                shop=self._shop,
                desk=desk_of(settings, self.core, self.flows, self._elsewhere),
                accounts=self._elsewhere,
                origins=settings.api_origins,
                signon=self._signon,
                programs=programs_of(settings),
                studio=Studio() if self._scribing is None else self._scribing.studio,
            ),
            metrics=telemetry.metrics_text,
            measures=[self._findings.measure],
            checks=self._findings.checks,
            works="worker" in settings.active_roles,
            pictures=self._picture,
            authenticator=authenticator,
        )

    def _secret(self, name: str) -> Callable[[], str | None]:
        """A secret whose value of now is asked for when it is needed."""

        def known() -> str | None:
            secret = getattr(self.settings if self._keeper is None else self._keeper.changes.settings, name)
            return None if secret is None else str(secret.get_secret_value())

        if self._keeper is not None:
            self._keeper.changes.listen([name], lambda _: None)  # asked for at every call
        return known

    async def _picture(self, address: str) -> Picture:
        """A picture that a mail refers to, for its reader. Raises NoPicture."""
        if self._pictures is None:
            from mailwright.connectors.dns import CHECK_SECONDS, DnsResolver  # brings much with it
            from mailwright.connectors.pictures import PictureFetcher

            self._pictures = PictureFetcher(DnsResolver(seconds=CHECK_SECONDS))
        return await self._pictures.fetch(address)

    async def _look_up(self, question: Question) -> Answer:
        """Ask DNS for the administration pages."""
        if self._resolver is None:
            from mailwright.connectors.dns import DnsResolver  # brings much with it

            self._resolver = DnsResolver(seconds=ANSWER_SECONDS)
        return await self._resolver.look_up(question)

    def _ports(self) -> dict[str, int]:
        ports = {kind: server.port for kind, server in self.servers.items()}
        return ports | ({"http": self.http.port} if self.http is not None else {})


def _on_dead(tx: Tx, letter: DeadLetter) -> None:
    """A workflow died: its agent's task has failed, in the transaction that writes the dead letter."""
    # There is a workflow, so they are imported already.
    from mailwright.agents import assistant, concierge, employee, scribe

    employee.on_dead(tx, letter)
    assistant.on_dead(tx, letter)
    concierge.on_dead(tx, letter)
    scribe.on_dead(tx, letter)
