"""Openings: the doors of the mail protocols, each made from the settings and opened.

Called by the application, which closes them. HTTP is not here: it needs more of the application than core and an entrance.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Protocol

import structlog
from fastapi import FastAPI

from mailwright.core import Core
from mailwright.protocols.api.admin import Machine
from mailwright.protocols.api.server import HttpServer
from mailwright.protocols.grpc.settings import GrpcSettings
from mailwright.protocols.identity import Web
from mailwright.protocols.imap.server import ImapServer
from mailwright.protocols.imap.settings import ImapSettings
from mailwright.protocols.managesieve.server import ManageSieveServer
from mailwright.protocols.managesieve.settings import ManageSieveSettings
from mailwright.protocols.proxied import networks
from mailwright.protocols.smtp.core_entrance import CoreEntrance
from mailwright.protocols.smtp.server import MailServer
from mailwright.protocols.smtp.settings import Kind, SmtpSettings
from mailwright.protocols.streams import Streams
from mailwright.protocols.tls import VAULT_CERTIFICATE, Watch, self_signed_context, server_context
from mailwright.settings import Settings
from mailwright.settings.observing import OPERATIONS_PORT

if TYPE_CHECKING:
    from mailwright.protocols.grpc.server import GrpcServer

log = structlog.get_logger(__name__)


class Door(Protocol):
    """A listening server."""

    @property
    def port(self) -> int:
        """Where it listens."""

    async def close(self, grace: float) -> None:
        """End it politely within `grace` seconds."""


async def open_doors(
    settings: Settings, core: Core, entrance: CoreEntrance, roles: frozenset[str], context: ssl.SSLContext | None
) -> AsyncIterator[tuple[str, Door]]:
    """Open the doors that the roles ask for, one after the other: its name, and the door. `context` is what mail doors show. Raises
    OSError (a port is taken)."""
    proxies = networks(settings.mail_proxies)
    doors: list[tuple[str, Kind, int]] = []
    if "smtp" in roles:
        doors += [("smtp", "smtp", settings.smtp_port), ("submission", "submission", settings.submission_port)]
        doors += [("submissions", "submission", settings.submissions_port)]
    if "lmtp" in roles:
        doors += [("lmtp", "lmtp", settings.lmtp_port)]
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
                bearer=core.bearer is not None,
                postmaster_domain=settings.hostname,
                proxies=() if kind == "lmtp" else proxies,  # LMTP comes from machines of our own, each by itself
            ),
        )
        await server.start()
        yield name, server
    if "imap" in roles:
        assert context is not None
        for name, port in (("imap", settings.imap_port), ("imaps", settings.imaps_port)):
            imap = ImapServer(
                core,
                ImapSettings(
                    host=settings.host,
                    port=port,
                    tls=context,
                    implicit_tls=name == "imaps",
                    allow_clear_auth=settings.allow_clear_sign_in,
                    max_message=int(settings.max_message_bytes),
                    proxies=proxies,
                ),
            )
            await imap.start()
            yield name, imap
        rules = ManageSieveServer(
            core,
            ManageSieveSettings(
                host=settings.host,
                port=settings.sieve_port,
                tls=context,
                allow_clear_auth=settings.allow_clear_sign_in,
                proxies=proxies,
            ),
        )
        await rules.start()
        yield "sieve", rules


def programs_of(settings: Settings) -> GrpcSettings:
    """How other programs are listened to: with a certificate of its own, or the one that Vault issues; else gRPC is for this machine."""
    files = (settings.grpc_tls_cert, settings.grpc_tls_key, settings.grpc_client_ca)
    if settings.grpc_tls_cert is None and settings.vault_pki_role is not None:
        issued = settings.data / VAULT_CERTIFICATE  # chain and key
        files = (issued, issued, settings.grpc_client_ca)
    cert, key, client_ca = (None if each is None else each.expanduser().absolute() for each in files)
    return GrpcSettings(
        host=settings.grpc_host or ("127.0.0.1" if cert is None else settings.host),
        port=settings.grpc_port,
        cert=cert,
        key=key,
        client_ca=client_ca,
        services=settings.grpc_services,
        reflection=settings.grpc_reflection,
        admin_tokens=settings.grpc_admin_tokens,
        per_minute=settings.grpc_per_minute,
    )


async def open_grpc(settings: Settings, core: Core, web: Web, machine: Machine) -> Door | None:
    """The port for other programs. Raises OSError (the port is taken, a certificate cannot be used).

    None where nobody asked for gRPC by a role, a port or a certificate, and the usual port is taken: mail is not refused for that.
    """
    told = programs_of(settings)

    def make() -> GrpcServer:
        from mailwright.protocols.grpc.running import MAX_WATCHES, make_runner  # brings much with it
        from mailwright.protocols.grpc.server import GrpcServer

        streams = Streams(MAX_WATCHES)
        return GrpcServer(make_runner(core, web, told, streams, machine), streams, told)

    server = await asyncio.to_thread(make)
    try:
        await server.start()
    except OSError as error:
        if asks_for_grpc(settings):
            raise
        _tell_taken("grpc", told.port, error)
        return None
    return server


def asks_for_grpc(settings: Settings) -> bool:
    """Whether somebody did by a role, a port or a certificate: then its port must be free."""
    by_name = "grpc" in settings.roles or "grpc_port" in settings.model_fields_set
    return by_name or programs_of(settings).cert is not None


def operations_of(settings: Settings) -> int:
    """The port at which this process is asked how it is; 0 where there is none."""
    if settings.operations_port is not None:
        return settings.operations_port
    return 0 if "http" in settings.active_roles else OPERATIONS_PORT


async def open_operations(settings: Settings, probes: Callable[[], FastAPI]) -> Door | None:
    """The port at which a process without the role http is asked how it is; None where there is none. Raises OSError (a port is taken
    that the settings name: the usual one may belong to another process of this machine, and mail is not refused for that).
    """
    port = operations_of(settings)
    if port == 0:
        return None
    server = HttpServer(probes(), settings.operations_host, port)
    try:
        await server.start()
    except OSError as error:
        if settings.operations_port is not None:
            raise
        _tell_taken("operations", port, error)
        return None
    return server


def _tell_taken(name: str, port: int, error: OSError) -> None:
    log.warning(f"{name}.port_taken", port=port, error=str(error), hint=f"MAILWRIGHT_{name.upper()}_PORT names another")


def tls_of(settings: Settings) -> tuple[ssl.SSLContext, Watch | None]:
    """What the doors show who connects, and who looks whether its files were replaced."""
    if settings.tls_cert is not None:
        context = server_context(settings.tls_cert, settings.tls_key)
        return context, Watch(context, settings.tls_cert, settings.tls_key)
    if settings.vault_pki_role is not None:
        file = settings.data / VAULT_CERTIFICATE
        context = server_context(file)
        return context, Watch(context, file)
    return self_signed_context(settings.data / "tls", [settings.hostname, "localhost", "127.0.0.1"]), None
