"""Work: everything that happens after mail was accepted. Consumers of events, workflows, agents, and the way out.

Started by the application when its doors are open: what arrives in between is kept all the same, and worked on a moment later.
In a module of its own because its libraries take as long to import as all the doors together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from mailwright.agents import approved, assistant, concierge, employee, scribe
from mailwright.agents.assistant import corrections, labelling, learning, looking, looks, revisiting
from mailwright.agents.tools import Workshop
from mailwright.connectors.dns import DnsResolver
from mailwright.connectors.postmark import Postmark
from mailwright.connectors.ses import Ses
from mailwright.connectors.smtp import DirectMx, SmartHost
from mailwright.connectors.webpush import WebPush
from mailwright.connectors.whatsapp import Template, WhatsApp
from mailwright.core import Core, backups, housekeeping, nightlybackup, outbox, retention
from mailwright.core.dispatch import Dispatcher
from mailwright.core.followups import scanning as due
from mailwright.core.followups import settled, watching
from mailwright.core.indexing import GROUP as INDEXERS
from mailwright.core.outreach import returned, turns
from mailwright.core.pushing import Pushing
from mailwright.core.searchwork import SearchWork
from mailwright.core.transports import Transport
from mailwright.core.whatsappsent import SentLedger
from mailwright.domain.events import Event
from mailwright.elsewhere import Elsewhere
from mailwright.installation import backup_plan_of, shop_of
from mailwright.pipeline import Flows, Handler
from mailwright.pipeline.reading import consumers_of
from mailwright.settings import Settings
from mailwright.staff import (
    assistant_options_of,
    concierge_options_of,
    models_of,
    options_of,
    scribe_options_of,
    servers_of,
)
from mailwright.stores import looking_of
from mailwright.webs import research_web_of, web_of

SMTPS_PORT, SUBMISSION_PORT = 465, 587  # RFC 8314 §7.3, RFC 6409 §3.1


class Work:
    """The working half of a process with the roles `worker` or `scheduler`."""

    def __init__(self, core: Core, flows: Flows, settings: Settings) -> None:
        self._core = core
        self._flows = flows
        self._settings = settings
        self._models = models_of(settings, core)
        self._serving = settings.serving
        self.consumers, self._relay = consumers_of(core.database, core.streams, groups=self._serving.groups)
        self._web, self._research = web_of(settings), research_web_of(settings, core)
        self._servers = servers_of(settings)
        self._shop = Workshop()
        self._elsewhere = Elsewhere(settings, core)
        ways_out = ways_out_of(settings, core)
        self._ways_out = [*ways_out.values()]
        self._dispatcher = Dispatcher(core, ways_out, alone=settings.database_url.startswith("sqlite:///"))
        self._search = (
            None
            if core.search is None or not self._serving.has(INDEXERS)
            else SearchWork(core, core.search, ocr=settings.search_ocr_languages if settings.search_ocr else None)
        )
        self._pushing = Pushing(core, WebPush(DnsResolver(), allow_private=settings.allow_private_push))
        self._working = False

    def take_secrets(self, settings: Settings) -> None:
        """Ways out with the secrets of now; those that are under way end with the ones they began with. From any thread."""
        for channel, transport in ways_out_of(settings, self._core).items():
            self._ways_out.append(transport)
            self._dispatcher.replace(channel, transport)

    async def start(self, roles: frozenset[str]) -> None:
        """Begin. Raises AlreadyExists, TryLater."""
        reach = employee.Reach(self._web, self._servers, self._shop)
        employee.configure(self._core, self._models, options_of(self._settings), reach)
        approved.configure(self._core)
        self._configure_assistant()
        concierge.configure(self._core, self._models, concierge_options_of(self._settings))
        concierge.scanning.configure(self._core, self._flows)
        scribe.configure(self._core, self._models, self._research, scribe_options_of(self._settings))
        scribe.prepare(self._core, self._flows)
        public_url = self._core.settings.public_url
        housekeeping.configure(
            self._core, self._flows, lambda: shop_of(self._settings, public_url), looking_of(self._settings)
        )
        nightlybackup.configure(self._core, backup_plan_of(self._settings))
        if "scheduler" in roles:
            nightlybackup.schedule(self._flows)
            self._flows.schedule(housekeeping.NIGHTLY, housekeeping.housekeeping)
            self._flows.schedule(housekeeping.AFTER_NIGHTLY, housekeeping.reconcile)
            self._flows.schedule(housekeeping.EVERY_MINUTE, housekeeping.wake_snoozed)
            self._flows.schedule(housekeeping.EVERY_MINUTE, employee.tell_progress)
            self._flows.schedule(assistant.EVERY_HOUR, assistant.heal)
            looking.schedule(self._flows)
            revisiting.schedule(self._flows)
            concierge.scanning.schedule(self._flows)
            scribe.schedule(self._flows)
        await self._flows.start(lanes=self._serving.lanes if "worker" in roles else ())
        if "worker" not in roles:
            return
        self.consumers.subscribe("mail_ingest", "ingesters", employee.on_delivered(self._core, self._flows))
        self.consumers.subscribe("mail_ingest", assistant.GROUP, assistant.on_delivered(self._core, self._flows))
        self._subscribe_concierge()
        self.consumers.subscribe(scribe.STREAM, scribe.GROUP, scribe.on_changed(self._core, self._flows))
        pushed = looking.on_pushes(self._core, self._flows)
        self.consumers.subscribe(looking.STREAM, looking.GROUP, pushed, batch=looking.BATCH)
        self.consumers.subscribe("triage", "learners", learning.on_events(self._core))
        labels = labelling.on_changed(self._core, self._flows)
        self.consumers.subscribe(labelling.STREAM, labelling.GROUP, labels)
        corrections.subscribe(self._core, self.consumers)
        returned.subscribe(self._core, self.consumers)
        self.consumers.subscribe("approvals", "approvers", approved.on_events(self._core, self._flows))
        self.consumers.subscribe("retention", "janitors", _janitor(self._core))
        self.consumers.subscribe("notify", "notifiers", self._pushing.on_events)
        if self._search is not None:
            self._search.subscribe(self.consumers)
        if self._relay is not None:
            await self._relay.start()
        await self.consumers.start()
        if self._serving.sends:
            await self._dispatcher.start()
        if self._serving.has("notifiers"):
            self._pushing.start()
        if self._search is not None:
            self._search.start()
        self._working = True

    def _subscribe_concierge(self) -> None:
        arrived = concierge.on_delivered(self._core, self._flows)
        self.consumers.subscribe("mail_ingest", concierge.GROUP, arrived)
        self.consumers.subscribe(watching.STREAM, watching.GROUP, watching.on_delivered(self._core))
        self.consumers.subscribe(settled.STREAM, settled.GROUP, settled.on_settled(self._core))

    def _configure_assistant(self) -> None:
        settings, elsewhere = self._settings, self._elsewhere
        options = assistant_options_of(settings)
        assistant.configure(self._core, self._models, options, elsewhere.inbox, flows=self._flows)
        topic = settings.google_pubsub_topic
        looks.configure(looks.Looking(self._core, self._flows, elsewhere.openers, poll=elsewhere.poll, topic=topic))

    async def stop(self, seconds: float) -> None:
        """Finish what is in hand within `seconds`; what is not finished resumes at the next start."""
        if self._working:
            await self.consumers.stop(seconds / 2)
            if self._relay is not None:
                await self._relay.stop()
            if self._search is not None:
                await self._search.stop()
            await asyncio.gather(self._dispatcher.stop(seconds), self._pushing.stop(seconds), self._flows.stop(seconds))
        else:
            await self._flows.stop(seconds)
        await self._models.close()
        await scribe.close()
        for way in self._ways_out:
            if isinstance(way, Postmark | Ses | WhatsApp):
                await way.close()
        for each in (self._web, self._research, self._servers, self._shop, self._elsewhere):
            if each is not None:
                await each.close()

    async def measure(self) -> None:
        """Bring the gauges up to date. Raises TryLater."""
        await self._flows.measure()
        await self.consumers.measure()
        if self._working and self._relay is not None:
            await self._relay.measure()
        await due.measure(self._core)
        await turns.measure(self._core)
        backups.publish(await self._core.read(backups.measure), daily=self._settings.backup_url is not None)
        if self._search is not None:
            await self._search.measure()


SECRETS_OUT = (
    "postmark_server_token",
    "ses_access_key_id",
    "ses_secret_access_key",
    "smart_host",
    "whatsapp_access_token",
)
"""The settings whose new values `Work.take_secrets` takes."""


def ways_out_of(settings: Settings, core: Core) -> dict[str, Transport]:
    """What carries messages out, by channel."""
    ways: dict[str, Transport] = {}
    if (by_postmark := _postmark(settings)) is not None:
        ways[outbox.POSTMARK] = by_postmark
    elif (by_ses := _ses(settings)) is not None:
        ways[outbox.SES] = by_ses
    else:
        ways[outbox.SMTP] = _way_out(settings)
    if (to_phones := _whatsapp(settings, core)) is not None:
        ways[outbox.WHATSAPP] = to_phones
    return ways


def _postmark(settings: Settings) -> Postmark | None:
    """Postmark's API, when mail for other servers goes through it."""
    if settings.send_through != "postmark" or settings.postmark_server_token is None:
        return None
    token = settings.postmark_server_token.get_secret_value()
    return Postmark(token, url=settings.postmark_url, stream=settings.postmark_stream)


def _ses(settings: Settings) -> Ses | None:
    """Amazon's API, when mail for other servers goes through it."""
    if settings.send_through != "ses" or settings.ses_region is None:
        return None
    secret = settings.ses_secret_access_key
    return Ses(
        settings.ses_region,
        access_key_id=settings.ses_access_key_id,
        secret_access_key=None if secret is None else secret.get_secret_value(),
        configuration_set=settings.ses_configuration_set,
        url=settings.ses_url,
    )


def _whatsapp(settings: Settings, core: Core) -> WhatsApp | None:
    """The number that messages for phones are sent from, when there is one."""
    if settings.whatsapp_phone_number_id is None or settings.whatsapp_access_token is None:
        return None
    name = settings.whatsapp_template
    return WhatsApp(
        settings.whatsapp_phone_number_id,
        settings.whatsapp_access_token.get_secret_value(),
        SentLedger(core),
        url=settings.whatsapp_url,
        template=None if name is None else Template(name, settings.whatsapp_template_languages or ("en",)),
    )


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
