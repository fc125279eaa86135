"""Who calls: the same rules as for every HTTP request (`protocols.identity`), and services that act for people.

Used by `running`. A service is known by its client certificate (mutual TLS), whose name stands in the setting `grpc_services`; it says
by `x-mailwright-user` for whom it acts. Promises: nobody else acts for anybody; the audit trail names the service beside the person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from mailwright.core import Core, sessions
from mailwright.domain import spans
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import AuthenticationFailed, NotPermitted
from mailwright.protocols.identity import Caller, Identity, Web
from mailwright.storage import accounts as rows

SCOPE = "jmap"  # an app password for everything a mail program does opens this door as well
DOOR = "grpc"  # a service that only the REST API was opened for does not come here, by whichever face
ACTS_FOR = "x-mailwright-user"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A call before anybody is known: its headers, and what the client's certificate is named (nothing without one). `within`: an HTTP
    request is around it, which is followed already. `held` is left when the client has the answer, where its face knows that."""

    connection: HTTPConnection
    names: frozenset[str] = field(default_factory=frozenset)
    within: bool = False
    held: ExitStack | None = None

    @property
    def correlation_id(self) -> str:
        """The id that follows it through the logs."""
        return str(self.connection.scope["correlation_id"])

    @property
    def trace_id(self) -> str:
        """The id of its trace, for the answer and the logs."""
        return str(self.connection.scope["trace_id"])

    @property
    def traceparent(self) -> str | None:
        """Where the trace of its client would go on."""
        return self.connection.headers.get("traceparent")

    def traced(self, span: spans.Span) -> str:
        """The id of its trace: the real one where traces are recorded."""
        if span.trace_id:
            self.connection.scope["trace_id"] = span.trace_id
        return self.trace_id


@dataclass(frozen=True, slots=True)
class Known:
    """Who calls. `trusted`: the way in which we know it is good enough to look after the server. `decides`: and to say yes to what agents
    ask, which only people do, in a browser or through a service of ours; whoever holds a token may be a mail program."""

    caller: Caller
    trusted: bool
    decides: bool


class Callers:
    """Finds out who calls. `admin_tokens`: bearer tokens of administrators administer."""

    def __init__(self, core: Core, web: Web, services: Sequence[str], *, admin_tokens: bool) -> None:
        self._core = core
        self._identity = Identity(core, web, scope=SCOPE, door=DOOR)
        self._services = frozenset(services)
        self._admin_tokens = admin_tokens

    async def known(self, incoming: Incoming) -> Known:
        """Who it is. Raises AuthenticationFailed, TooManyRequests, NotPermitted, TryLater."""
        headers = incoming.connection.headers
        acted_for = headers.get(ACTS_FOR)
        if acted_for is not None:
            return Known(await self._service(incoming, acted_for.strip()), True, True)
        caller = await self._identity.caller(incoming.connection)
        by_token = headers.get("authorization", "")[:7].lower() == "bearer "
        # A mail program's password does not administer, as under /api/admin.
        in_browser = caller.session is not None
        return Known(caller, in_browser or (by_token and self._admin_tokens), in_browser)

    def client_of(self, incoming: Incoming) -> str:
        """The address it comes from; what a proxy of ours says of it, when it came through one."""
        return self._identity.web.client_of(incoming.connection)

    def is_ours(self, incoming: Incoming) -> bool:
        """Whether a proxy of ours hands it over, or one of our services calls: these say what is traced."""
        peer = incoming.connection.client
        by_proxy = peer is not None and self._identity.web.is_proxy(peer.host)
        return by_proxy or not self._services.isdisjoint(incoming.names)

    async def _service(self, incoming: Incoming, email: str) -> Caller:
        service = min(incoming.names & self._services, default=None)
        if service is None:
            raise NotPermitted(f"{ACTS_FOR} is for services with a certificate that is named in grpc_services")
        key = email.lower()
        found = await self._core.read(lambda tx: rows.with_address(tx, key))
        account = next((each for each in found if each.has_mailbox), found[0] if len(found) == 1 else None)
        if account is None or not sessions.may_open(account):
            raise AuthenticationFailed(f"nobody can be acted for as {email[:320]}")
        spans.concerns(account.tenant_id, account.id)
        client = f"{self.client_of(incoming)} service {service}"
        return Caller(account, client, None, incoming.correlation_id)


def connection_of(path: str, metadata: Mapping[str, str], client: tuple[str, int] | None) -> HTTPConnection:
    """A gRPC call as the HTTP request that it is. `metadata`: of every name the last value."""
    return HTTPConnection(
        {
            "type": "http",
            "method": "POST",
            "path": path,
            "headers": [(name.encode(), value.encode("utf-8", "replace")) for name, value in metadata.items()],
            "client": client,
            "correlation_id": _id(metadata.get("x-correlation-id", "")),
            "trace_id": _id(metadata.get("x-trace-id", "")),
        }
    )


def _id(given: str) -> str:
    """What the client calls it, if that is sane; else a word of ours."""
    sane = 0 < len(given) <= 64 and given.isascii() and all(each.isalnum() or each in "-_." for each in given)
    return given if sane else new_id()
