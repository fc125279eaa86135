"""How a server is reached: where, as whom, by which certificates, with which deadlines, and what is asked again.

Used by both clients.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from mailwright.v1 import (
    accounts_pb2_grpc,
    acl_pb2_grpc,
    admin_pb2_grpc,
    approvals_pb2_grpc,
    followups_pb2_grpc,
    mailboxes_pb2_grpc,
    messages_pb2_grpc,
    outbox_pb2_grpc,
    search_pb2_grpc,
    tasks_pb2_grpc,
    watch_pb2_grpc,
)

_KEEPALIVE_MS = 60_000
_LOOPBACK = ("localhost:", "127.0.0.1:", "[::1]:", "unix:")
_REPEATED = (
    "Get",
    "List",
    "ReadWhen",
    "Search",
    "SetFlags",
    "MoveMessages",
)  # how the names of calls begin that may be asked twice

_STUBS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "accounts": ("AccountsService", accounts_pb2_grpc.AccountsServiceStub),
    "mailboxes": ("MailboxesService", mailboxes_pb2_grpc.MailboxesServiceStub),
    "messages": ("MessagesService", messages_pb2_grpc.MessagesServiceStub),
    "search": ("SearchService", search_pb2_grpc.SearchServiceStub),
    "acl": ("AclService", acl_pb2_grpc.AclServiceStub),
    "tasks": ("TasksService", tasks_pb2_grpc.TasksServiceStub),
    "approvals": ("ApprovalsService", approvals_pb2_grpc.ApprovalsServiceStub),
    "followups": ("FollowupsService", followups_pb2_grpc.FollowupsServiceStub),
    "outbox": ("OutboxService", outbox_pb2_grpc.OutboxServiceStub),
    "admin": ("AdminService", admin_pb2_grpc.AdminServiceStub),
    "watching": ("WatchService", watch_pb2_grpc.WatchServiceStub),
}


@dataclass(frozen=True, slots=True)
class Way:
    """How a server is reached: where, as whom, and by which certificates."""

    target: str
    metadata: tuple[tuple[str, str], ...]
    credentials: grpc.ChannelCredentials | None
    options: list[tuple[str, Any]]


def way_of(
    target: str,
    *,
    token: str | None,
    login: tuple[str, str] | None,
    acts_for: str | None,
    tls: bool | None,
    ca: Path | str | None,
    certificate: tuple[Path | str, Path | str] | None,
    timeout: float,
) -> Way:
    secure = (not target.startswith(_LOOPBACK) or ca is not None or certificate is not None) if tls is None else tls
    if not secure and not target.startswith(_LOOPBACK):
        raise ValueError("without TLS only this machine is called: anybody between could read what is said")
    metadata: list[tuple[str, str]] = []
    if token is not None:
        metadata.append(("authorization", f"Bearer {token}"))
    elif login is not None:
        metadata.append(("authorization", "Basic " + base64.b64encode(":".join(login).encode()).decode()))
    if acts_for is not None:
        metadata.append(("x-mailwright-user", acts_for))
    credentials = None
    if secure:
        chain, key = (None, None) if certificate is None else (Path(each).read_bytes() for each in certificate)
        credentials = grpc.ssl_channel_credentials(None if ca is None else Path(ca).read_bytes(), key, chain)
    options = [
        ("grpc.service_config", json.dumps(_service_config(timeout))),
        ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
    ]
    return Way(target, tuple(metadata), credentials, options)


def _service_config(timeout: float) -> dict[str, Any]:
    """What gRPC itself does for each call (gRPC Service Config): its deadline, and whether it is repeated."""
    again = {
        "maxAttempts": 5,
        "initialBackoff": "0.2s",
        "maxBackoff": "3s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    repeated: list[dict[str, str]] = []
    once: list[dict[str, str]] = []
    for file in (accounts_pb2_grpc, acl_pb2_grpc, admin_pb2_grpc, approvals_pb2_grpc, followups_pb2_grpc, mailboxes_pb2_grpc,
                 messages_pb2_grpc, outbox_pb2_grpc, search_pb2_grpc, tasks_pb2_grpc):  # fmt: skip
        for service, servicer in vars(file).items():
            if service.endswith("Servicer"):
                for method in (name for name in vars(servicer) if name[0].isupper()):
                    place = repeated if method.startswith(_REPEATED) else once
                    place.append({"service": f"mailwright.v1.{service.removesuffix('Servicer')}", "method": method})
    return {
        "methodConfig": [
            {"name": repeated, "timeout": f"{timeout}s", "retryPolicy": again},
            {"name": once, "timeout": f"{timeout}s"},
        ]
    }


class Stubs:
    """The services, on a channel."""

    accounts: Any
    mailboxes: Any
    messages: Any
    search: Any
    acl: Any
    tasks: Any
    approvals: Any
    followups: Any
    outbox: Any
    admin: Any
    watching: Any

    def open_on(self, channel: Any) -> None:
        for name, (_, stub) in _STUBS.items():
            setattr(self, name, stub(channel))


# --- what every call says of its caller -----------------------------------------------------------------------------


class _Saying:
    def __init__(self, metadata: Sequence[tuple[str, str]]) -> None:
        self._metadata = tuple(metadata)

    def _said(self, details: Any) -> Any:
        if isinstance(details, tuple):  # grpc.aio's details
            return details._replace(metadata=grpc.aio.Metadata(*(details.metadata or ()), *self._metadata))  # type: ignore[attr-defined]
        return _Details(details, (*(details.metadata or ()), *self._metadata))


class _Details(grpc.ClientCallDetails):
    """A call's details with other metadata."""

    def __init__(self, before: Any, metadata: tuple[tuple[str, str | bytes], ...]) -> None:
        self.method, self.timeout, self.credentials = before.method, before.timeout, before.credentials
        self.wait_for_ready, self.compression = before.wait_for_ready, before.compression
        self.metadata = metadata


class Says(
    _Saying, grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor, grpc.StreamUnaryClientInterceptor
):
    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return continuation(self._said(details), request)

    def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        return continuation(self._said(details), request)

    def intercept_stream_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return continuation(self._said(details), request)


# grpc.aio takes an interceptor for one kind of call only.
class SaysOne(_Saying, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(self._said(details), request)


class SaysMany(_Saying, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(self._said(details), request)


class SaysPieces(_Saying, grpc.aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(self._said(details), request)
