"""The HTTP application: its paths, its frame and its errors, joined.

Called by `app.py`, which brings what this floor must not know: how metrics are exported, what else to measure and to check.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from mailwright import __version__
from mailwright.codecs.mailhook import MAX_BODY_OCTETS
from mailwright.core import Core
from mailwright.core.authentication import Authenticator
from mailwright.core.billing import Shop
from mailwright.core.connecting import AccountsService
from mailwright.core.outreach.studio import Studio
from mailwright.core.processing import Desk
from mailwright.core.signon import SignOnService
from mailwright.protocols import jmap
from mailwright.protocols.api import (
    account,
    admin,
    agentrules,
    approvals,
    assistant,
    autoconfig,
    billing,
    connections,
    contacts,
    errors,
    followups,
    gmailhook,
    health,
    mailhook,
    mailviews,
    outreach,
    outreachqueue,
    outreachtemplates,
    pages,
    phones,
    postmark,
    processing,
    signing,
    signon,
    snoozes,
    transcripts,
    triage,
    usage,
    whatsapphook,
    workers,
)
from mailwright.protocols.api.admin import Machine, operations
from mailwright.protocols.api.autoconfig import Place
from mailwright.protocols.api.frame import Frame
from mailwright.protocols.api.gmailhook import GmailHook
from mailwright.protocols.api.health import Check, Measure
from mailwright.protocols.api.later import Api
from mailwright.protocols.api.whatsapphook import WhatsAppHook
from mailwright.protocols.grpc.settings import GrpcSettings
from mailwright.protocols.grpc.web import ANSWERED as RPC_ANSWERED
from mailwright.protocols.grpc.web import HEADERS as RPC_HEADERS
from mailwright.protocols.grpc.web import PREFIX as RPC
from mailwright.protocols.grpc.web import Rpc
from mailwright.protocols.identity import Identity, Web
from mailwright.protocols.jmap import events as event_source
from mailwright.protocols.jmap import websocket
from mailwright.protocols.streams import Streams
from mailwright.protocols.web import approving, landing, static, unsubscribing
from mailwright.protocols.web.headers import Packed, SecurityHeaders

DESCRIPTION = "A self-hosted mail platform whose mailboxes do work. Errors: " + (
    '`{"error": {"code", "message", "details", "timestamp", "request_id"}}`. '
    "Requests and answers carry X-Correlation-Id and X-Trace-Id."
)


Secret: TypeAlias = str | Callable[[], str | None] | None
"""A secret, or who knows the one of now."""


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """What HTTP is told. `max_body` in bytes; `webhook_secret` None lets only this machine use the mail hook."""

    webhook_secret: Secret = None
    webhook_per_minute: int = 6000
    postmark_password: Secret = None  # closes Postmark's hooks
    postmark_per_minute: int = 600
    gmail: GmailHook = field(default_factory=GmailHook)  # who may tell of Gmail's pushes; closed
    whatsapp: WhatsAppHook = field(default_factory=WhatsAppHook)  # only this machine may hand messages over
    max_body: int | None = None  # None: a hook's largest, or a message, which may come as an upload
    web: Web = field(default_factory=Web)  # how people reach our pages
    place: Place | None = None  # where mail programs reach us; without it they are told nothing
    machine: Machine = field(default_factory=Machine)  # what administration needs to know of the installation
    shop: Shop | None = None  # where plans are bought; None: nowhere
    accounts: AccountsService | None = None  # who speaks with people's accounts elsewhere; None: none can be connected
    desk: Desk = field(default_factory=Desk)  # where the assistant is asked for work
    studio: Studio = field(default_factory=Studio)  # what writing outreach needs
    signon: SignOnService | None = None  # who speaks with identity providers; None: nobody signs in elsewhere
    programs: GrpcSettings = field(default_factory=GrpcSettings)  # the limits of the core API under /rpc
    origins: tuple[str, ...] = ()  # pages of other sites that may call with a token


def _known(secret: Secret) -> Callable[[], str | None]:
    return secret if callable(secret) else lambda: secret


def create_api(
    core: Core,
    settings: ApiSettings,
    *,
    metrics: Callable[[], bytes],
    measures: Sequence[Measure] = (),
    checks: Sequence[Check] = (),
    works: bool = True,
    pictures: mailviews.Fetch | None = None,
    authenticator: Authenticator | None = None,
) -> FastAPI:
    """The application. `metrics` gives the text of /metrics after the `measures` ran; `checks` are part of readiness;
    `works`: so is that work gets done.

    `pictures` fetches those of other machines that a mail refers to; without it they are not shown. `authenticator` says who speaks in
    mail that a service hands over; without it that is a stranger.
    """
    # FastAPI's own pages fetch their scripts from elsewhere; ours (`pages`) need nothing but this process.
    api = Api(
        title="Mailwright",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,  # it would lead to whatever Host a request names
    )
    errors.add_handlers(api)
    identity = Identity(core, settings.web)
    # Routes are tried one after the other, and these are called by the hundred a second.
    api.now(gmailhook.create_router(core, settings.gmail, settings.web))
    api.now(mailhook.create_router(core, known=_known(settings.webhook_secret), per_minute=settings.webhook_per_minute))
    api.now(whatsapphook.create_router(core, settings.whatsapp, settings.web))
    api.now(
        postmark.create_router(
            core,
            right=_known(settings.postmark_password),
            per_minute=settings.postmark_per_minute,
            authenticator=authenticator,
        )
    )
    api.now(health.create_router(core, metrics=metrics, measures=measures, checks=checks, works=works))
    api.now(workers.create_router(core))
    api.now(signing.create_router(core, identity, settings.signon))
    api.now(signon.create_router(core, identity, settings.signon))
    api.later("/api/account/", make=lambda: account.create_router(core, identity))
    api.later("/api/mail/", make=lambda: snoozes.create_router(core, identity))
    api.later("/api/mail/", make=lambda: contacts.create_router(core, identity))
    api.later("/api/mail/", make=lambda: mailviews.create_router(core, identity, fetch=pictures))
    api.later("/api/user/", make=lambda: usage.create_router(core, identity, settings.shop))
    api.later("/api/billing/", make=lambda: billing.create_router(core, identity, settings.shop))
    api.later("/api/connections", make=lambda: connections.create_router(core, identity, settings.accounts))
    api.later("/api/approvals", make=lambda: approvals.create_router(core, identity))
    api.later("/api/agents/", make=lambda: agentrules.create_router(core, identity))
    api.later(
        "/api/account/phone",
        make=lambda: phones.create_router(
            core,
            identity,
            number=settings.whatsapp.number,
            available=settings.whatsapp.app_secret is not None,
        ),
    )
    api.later("/api/user/", make=lambda: transcripts.create_router(core, identity))
    api.later("/api/assistant/", make=lambda: assistant.create_router(core, identity, settings.desk))
    api.later("/api/assistant/", make=lambda: triage.create_router(core, identity, settings.desk))
    api.later(
        "/api/process-email", "/api/task-status/", make=lambda: processing.create_router(core, identity, settings.desk)
    )
    api.later("/api/followups", make=lambda: followups.create_router(core, identity))
    api.later("/api/email", make=lambda: outreach.create_router(core, identity, settings.studio))
    api.later("/api/queue", make=lambda: outreachqueue.create_router(core, identity, settings.studio))
    api.later(
        "/api/templates", "/api/scribe", make=lambda: outreachtemplates.create_router(core, identity, settings.studio)
    )
    api.now(jmap.create_router(core, identity))
    # Answers and connections that go on; who serves the application ends them (`server`).
    api.state.streams = streams = Streams()
    api.now(event_source.create_router(core, identity, streams))
    api.now(websocket.create_router(core, identity, streams))
    api.later("/api/admin/", make=lambda: admin.create_router(core, identity, settings.machine))
    api.later("/admin/", make=lambda: operations.create_router(core, identity, settings.machine))
    api.mount(RPC, Rpc(core, settings.web, settings.programs, streams, settings.machine))
    if settings.place is not None:
        api.now(autoconfig.create_router(core, settings.place))
    api.now(pages.create_router(api.openapi))
    api.now(landing.create_router(core, settings.web, findings=lambda: health.examine(core, checks)))
    api.now(approving.create_router(core, settings.web))
    api.now(unsubscribing.create_router(core, settings.web))
    api.now(static.create_router())
    api.add_middleware(Packed)
    if settings.origins:
        # Without cookies, whatever page asks: who calls from another site says so by a token (the Fetch standard, CORS protocol).
        api.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
            allow_headers=("Authorization", "Content-Type", "X-Correlation-Id", *RPC_HEADERS),
            expose_headers=("X-Correlation-Id", "X-Trace-Id", "Retry-After", "WWW-Authenticate", *RPC_ANSWERED),
            allow_credentials=False,
        )
    most = settings.max_body or max(MAX_BODY_OCTETS, core.settings.max_message_bytes)
    api.add_middleware(Frame, max_body=most, web=settings.web)
    api.add_middleware(SecurityHeaders, tls=settings.web.secure)
    return api
