"""Who is calling: the one place where HTTP requests are told apart. Asked by the REST API, JMAP, and every later HTTP protocol.

A browser's session cookie, `Authorization: Basic` (a password or an app password that is for it) or `Bearer` (a token of the service that
people sign in to elsewhere: see `core.bearers`).
Promises: a request that changes something and is known by its cookie alone comes from our own pages (CSRF): it brings the session's
`X-CSRF-Token`, and the browser does not call it another site's. Roles are checked here and nowhere else by name.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request

from mailwright.core import Core, accounts, bearers, sessions
from mailwright.core.accounts import Account
from mailwright.core.sessions import Signed
from mailwright.domain import clock, spans
from mailwright.domain.brand import Brand
from mailwright.domain.clock import SECOND
from mailwright.domain.refusals import AuthenticationFailed, NotPermitted
from mailwright.storage import Tx, credentials
from mailwright.storage import accounts as rows
from mailwright.storage.audit import Actor

COOKIE = "mailwright_session"
SECURE_COOKIE = "__Host-mailwright_session"  # RFC 6265bis §4.1.3.2: no other host or path of the domain can set it
CSRF_HEADER = "x-csrf-token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # RFC 9110 §9.2.1

REMEMBERED_SECONDS = 60.0  # a program that signs every request is asked for its password once a minute
REMEMBERED = 10_000

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Web:
    """How people reach our pages: `public_url` without a slash at its end, and which proxies in front of us tell the client."""

    public_url: str = "http://localhost:8080"
    brand: Brand = field(default_factory=Brand)  # what they say
    proxies: tuple[Network, ...] = ()

    @property
    def secure(self) -> bool:
        """Whether browsers come by TLS, as `public_url` says."""
        return self.public_url.startswith("https://")

    @property
    def cookie(self) -> str:
        """The name of the session's cookie."""
        return SECURE_COOKIE if self.secure else COOKIE

    def client_of(self, connection: HTTPConnection) -> str:
        """The address that calls; what a proxy of ours says of it, when it came through one."""
        peer = connection.client.host if connection.client else ""
        named = [each.strip() for line in connection.headers.getlist("x-forwarded-for") for each in line.split(",")]
        while named and self.is_proxy(peer):
            peer = named.pop()
        found = _address(peer)
        if found is None:
            return connection.client.host if connection.client else ""
        return str(found)

    def is_proxy(self, address: str) -> bool:
        """Whether that is a proxy of ours, whose word on a request is believed."""
        found = _address(address)
        return found is not None and any(found in network for network in self.proxies)

    @classmethod
    def of(cls, public_url: str, proxies: Sequence[str], *, brand: Brand) -> Web:
        """From settings, which are checked already."""
        networks = tuple(ipaddress.ip_network(each, strict=False) for each in proxies)
        return cls(public_url.rstrip("/"), brand, networks)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, from where. `session` None: a program that signs every request; `token` is what the cookie held."""

    account: Account
    client: str
    session: Signed | None
    correlation_id: str
    token: str | None = field(default=None, repr=False)

    @property
    def actor(self) -> Actor:
        """Who it is for the audit trail."""
        return Actor(self.account.email, self.client, self.correlation_id)

    @property
    def is_support(self) -> bool:
        return self.account.role in ("support", "admin")

    @property
    def is_admin(self) -> bool:
        return self.account.role == "admin"

    @property
    def is_operator(self) -> bool:
        """An admin of the whole installation, not only of one tenant."""
        return self.is_admin and bool(self.account.operator)


@dataclass(frozen=True, slots=True)
class _Known:
    """Whom a header is of, until when (monotonic seconds), and what opened the account then."""

    until: float
    account_id: str
    secrets: tuple[str, ...]


Dependency = Callable[[Request], Awaitable[Caller]]


class Identity:
    """Finds out who calls. The methods that take a request alone are dependencies of routes.

    `scope` is what an app password must be for to open this door, and `door` what a service must be linked for.
    """

    def __init__(self, core: Core, web: Web, *, scope: str = "jmap", door: str = "api") -> None:
        self.core = core
        self.web = web
        self._scope = scope
        self._door = door
        self._known: dict[bytes, _Known] = {}

    async def caller(self, connection: HTTPConnection) -> Caller:
        """Anybody who is signed in. Raises AuthenticationFailed, TooManyRequests, NotPermitted (CSRF), TryLater."""
        client = self.web.client_of(connection)
        correlation_id = str(connection.scope.get("correlation_id", ""))
        header = connection.headers.get("authorization")
        if header:
            account = await self._by_header(header, client)
            self._check_page(connection, header)
            spans.concerns(account.tenant_id, account.id)
            return Caller(account, client, None, correlation_id)
        token = connection.cookies.get(self.web.cookie)
        signed = await sessions.find(self.core, token) if token else None
        if signed is None:
            raise AuthenticationFailed("you are not signed in")
        self._check_origin(connection, signed)
        spans.concerns(signed.account.tenant_id, signed.account.id)
        return Caller(signed.account, client, signed, correlation_id, token)

    async def signed_in(self, request: Request) -> Caller:
        """Anybody who is signed in, outside senders too."""
        return await self.caller(request)

    async def by_session(self, request: Request) -> Caller:
        """Who is signed in with a browser: for what a program's password must not change."""
        caller = await self.caller(request)
        if caller.session is None:
            raise NotPermitted("sign in with a browser for this")
        return caller

    async def with_mailbox(self, request: Request) -> Caller:
        """Whoever has mail here."""
        caller = await self.caller(request)
        if not caller.account.has_mailbox:
            raise NotPermitted("you have no mailbox here")
        return caller

    async def support(self, request: Request) -> Caller:
        """Support and admins. Only with a browser's session: a mail program's password does not administer."""
        caller = await self.by_session(request)
        if not caller.is_support:
            raise NotPermitted("this is for those who look after the server")
        return caller

    async def admin(self, request: Request) -> Caller:
        """Admins, of a tenant or of all."""
        caller = await self.by_session(request)
        if not caller.is_admin:
            raise NotPermitted("this is for admins")
        return caller

    async def operator(self, request: Request) -> Caller:
        """Those who look after the whole installation."""
        caller = await self.by_session(request)
        if not caller.is_operator:
            raise NotPermitted("this is for those who look after the whole installation")
        return caller

    def same_origin(self, connection: HTTPConnection) -> bool:
        """Whether a browser says that one of our own pages asks; a client that says nothing is no browser of today."""
        site = connection.headers.get("sec-fetch-site")
        if site is not None and site not in ("same-origin", "none"):
            return False
        origin = connection.headers.get("origin")
        if origin is None:
            return True
        host = urlsplit(origin).netloc
        return bool(host) and (host == connection.headers.get("host", "") or origin == self.web.public_url)

    def _check_origin(self, connection: HTTPConnection, signed: Signed) -> None:
        if connection.scope["type"] == "websocket":
            # RFC 6455 §10.2: a page of another site may open one with our cookie; only Origin tells.
            if not self.same_origin(connection) or "origin" not in connection.headers:
                raise NotPermitted("this page may not connect here")
            return
        if connection.scope["method"] in _SAFE:
            return
        if not self.same_origin(connection):
            raise NotPermitted("the request comes from another site")
        if not sessions.csrf_matches(signed, connection.headers.get(CSRF_HEADER, "")):
            raise NotPermitted("the request lacks the X-CSRF-Token of this session")

    def _check_page(self, connection: HTTPConnection, header: str) -> None:
        """Browsers bring a Basic password they were told once along with whatever any page asks of us (RFC 7617 §4)."""
        basic = header[:6].lower() == "basic " and connection.scope.get("method") not in _SAFE
        # A program inside a browser (an extension) has an origin that is no site.
        by_site = connection.headers.get("origin", "null").startswith(("http://", "https://", "null"))
        if basic and by_site and not self.same_origin(connection):
            raise NotPermitted("the request comes from another site")

    async def _by_header(self, header: str, client: str) -> Account:
        digest = hashlib.sha256(header.encode("utf-8", "replace")).digest()
        known = self._known.get(digest)
        if known is not None and known.until > time.monotonic():
            account, secrets = await self.core.read(lambda tx: _now(tx, known.account_id))
            if account is not None and secrets == known.secrets:
                return account
        account, made = await self._authenticate(header, client)
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[digest] = made
        return account

    async def _authenticate(self, header: str, client: str) -> tuple[Account, _Known]:
        """Who it is, and what is remembered of that."""
        scheme, _, rest = header.partition(" ")
        if scheme.lower() == "bearer":
            opened = await bearers.opened(self.core, rest.strip(), client=client, door=self._door)
            seconds = min(REMEMBERED_SECONDS, (opened.until - clock.now()) / SECOND)
            return opened.account, _Known(time.monotonic() + seconds, opened.account.id, opened.secrets)
        if scheme.lower() != "basic":
            raise AuthenticationFailed("sign in with Basic or Bearer")
        try:
            name, colon, password = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            raise AuthenticationFailed("the Authorization header cannot be read") from None  # RFC 7617 §2
        if not colon:
            raise AuthenticationFailed("the Authorization header has no password")
        account = await accounts.authenticate(self.core, name, password, client=client, scope=self._scope)
        _, secrets = await self.core.read(lambda tx: _now(tx, account.id))
        return account, _Known(time.monotonic() + REMEMBERED_SECONDS, account.id, secrets)


def _now(tx: Tx, account_id: str) -> tuple[Account | None, tuple[str, ...]]:
    """The account, when it may still sign in, and which secrets it has: a password that was changed opens nothing any more."""
    account = rows.by_id(tx, account_id)
    active = account is not None and sessions.may_open(account)
    return account if active else None, credentials.stand(tx, account_id)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An IP address; one of IPv4 as itself, also when a socket for both wraps it (RFC 4291 §2.5.5.2)."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
