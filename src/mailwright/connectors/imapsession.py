"""One connection to somebody's IMAP server, held safely: where it may lead, how long anything may take, how much may come back.

Used by `imapaccount`. The server is one that a user named and may be hostile; the library is synchronous and runs in a bounded pool of
threads, one command sequence of an account at a time, and few of one person: whose servers are slow slows down nobody else.
Promises: only addresses on the public Internet are connected to (unless that is allowed), by the very address that was looked at (a
name cannot answer twice), with the certificate of the name; a password travels inside TLS, and without it only within one's own network;
a sequence ends within SECONDS, and brings MAX_OCTETS at most; neither password nor mail is in an error or a log.
Does not: know what is asked of the server.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import imaplib
import ipaddress
import logging
import re
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from imapclient import IMAPClient, SocketTimeout
from mailwright.connectors.dns import ascii_domain
from mailwright.connectors.imap import BROKEN
from mailwright.connectors.publicweb import Resolver
from mailwright.connectors.smtp import is_outside
from mailwright.domain.elsewhere import Server
from mailwright.domain.refusals import AuthenticationFailed, BadInput, NotPermitted, Refusal, TryLater
from mailwright.domain.sending import SendFailure

T = TypeVar("T")

CONNECT_SECONDS = 10.0
READ_SECONDS = 20.0  # without a word from the server
SECONDS = 60.0  # of one sequence of commands
MAX_OCTETS = 64 * 1024 * 1024  # that one sequence may bring
MAX_ADDRESSES = 3
THREADS = 64
OF_ONE_OWNER = 4  # of them
PORTS = frozenset({143, 993})
FIRST_FREE_PORT = 1024  # below it are other services, which should not be talked to in IMAP

_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="imap-account")
_shares: WeakValueDictionary[tuple[int, str], asyncio.Semaphore] = WeakValueDictionary()
"""What one owner may have of the pool, for each event loop."""
_CODE = re.compile(r"\[([A-Z-]+)")
_WAIT = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"})  # RFC 5530 §3: the password may be right
_BUSY = re.compile(r"too many|try again|temporar|unavailable", re.IGNORECASE)

# The library would write every command and every answer into the log of whoever wants details: passwords, mail.
logging.getLogger("imapclient").setLevel(logging.WARNING)


class _TooMuch(IMAPClientError):  # type: ignore[misc]  # untyped
    """The server sends more than anybody asked for."""


class _Cutter:
    """Ends a connection that some thread waits for, from another thread: also while it is being made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self._over = False

    def watch(self, made: socket.socket) -> None:
        """From now on that one is cut. Raises OSError when it is over already."""
        with self._lock:
            if self._over:
                raise OSError("nobody waits for it any more")
            self._release()
            self._handle = made.dup()  # TLS takes the socket itself away; this one ends the same connection

    def cut(self) -> None:
        """Whoever reads or connects is woken by an error."""
        with self._lock:
            self._over = True
            if self._handle is not None:
                with contextlib.suppress(OSError):
                    self._handle.shutdown(socket.SHUT_RDWR)
            self._release()

    def _release(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None


class _Wire(imaplib.IMAP4):
    """The connection itself, to an address that was looked at; what comes over it is counted."""

    def __init__(
        self, server: Server, addresses: Sequence[str], context: ssl.SSLContext | None, cutter: _Cutter
    ) -> None:
        self._addresses = addresses
        self._context = context
        self._cutter = cutter
        self.left = MAX_OCTETS
        super().__init__(server.host, server.port, CONNECT_SECONDS)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        failure: OSError = OSError("the host has no address")
        for address in self._addresses:
            try:
                made = socket.create_connection((address, self.port), timeout or CONNECT_SECONDS)
            except OSError as error:
                failure = error
                continue
            try:
                made.settimeout(READ_SECONDS)
                self._cutter.watch(made)
                return made if self._context is None else self._context.wrap_socket(made, server_hostname=self.host)
            except BaseException:
                made.close()
                raise
        raise failure

    def read(self, size: int) -> bytes:
        """A literal: in one piece, whatever its size."""
        self._spend(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._spend(len(line))
        return line

    def _spend(self, octets: int) -> None:
        self.left -= octets
        if self.left < 0:
            raise _TooMuch("it sends more than was asked for")


class _Client(IMAPClient):  # type: ignore[misc]  # untyped
    def __init__(self, server: Server, addresses: Sequence[str], context: ssl.SSLContext, cutter: _Cutter) -> None:
        self._server, self._addresses, self._tls_context, self._cutter = server, addresses, context, cutter
        implicit = server.tls == "tls"
        super().__init__(
            server.host,
            port=server.port,
            ssl=implicit,
            ssl_context=context,
            timeout=SocketTimeout(CONNECT_SECONDS, READ_SECONDS),
        )
        self._imap.debug = 0  # it was switched on for the library's log
        self.normalise_times = False

    def _create_IMAP4(self) -> _Wire:  # noqa: N802  # the library's name
        return _Wire(self._server, self._addresses, self._tls_context if self.ssl else None, self._cutter)


class Session:
    """`server` with `password`, looked at for `whose`; `context` is for tests, whose servers have certificates of their own. `await close()`
    ends it."""

    def __init__(
        self,
        server: Server,
        password: str,
        resolver: Resolver,
        *,
        whose: str = "",
        allow_private: bool = False,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.server = server
        self._whose = whose or server.host
        self._share: asyncio.Semaphore | None = None
        self._password = password
        self._resolver = resolver
        self._allow_private = allow_private
        self._context = context
        self._client: _Client | None = None
        self._cutter = _Cutter()
        self._turn = asyncio.Lock()

    def __repr__(self) -> str:
        return f"Session({self.server.host})"

    async def run(self, work: Callable[[Any], T]) -> T:
        """What `work` makes of the client, in a thread. Raises what it raises of ours, AuthenticationFailed, TryLater, BadInput, NotPermitted."""
        async with self._turn:
            try:
                if self._client is None:
                    addresses = await self._allowed()
                    self._cutter = cutter = _Cutter()
                    self._client = await self._in_thread(lambda: self._open(addresses, cutter))
                client = self._client
                client._imap.left = MAX_OCTETS
                return await self._in_thread(lambda: work(client))
            except Refusal as refusal:
                if isinstance(refusal, TryLater):
                    self._drop()
                raise
            except BaseException:
                self._drop()
                raise

    async def close(self) -> None:
        """Say goodbye."""
        async with self._turn:
            client, self._client = self._client, None
            if client is not None:
                with contextlib.suppress(Refusal):
                    await self._in_thread(lambda: _goodbye(client))
            self._cutter.cut()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._share is None:
            key = (id(asyncio.get_running_loop()), self._whose)
            self._share = _shares.setdefault(key, asyncio.Semaphore(OF_ONE_OWNER))
        try:
            async with self._share:
                running: Future[T] = _pool.submit(work)
                return await asyncio.wait_for(asyncio.wrap_future(running), SECONDS)
        except TimeoutError:
            raise TryLater(f"{self.server.host} takes too long") from None
        except Refusal:
            raise
        except _TooMuch:
            raise TryLater(f"{self.server.host} sends more than was asked for") from None
        except BROKEN as error:
            # Never what the server said: it may be mail.
            raise TryLater(f"{self.server.host}: the connection broke ({type(error).__name__})") from None

    def _drop(self) -> None:
        self._client = None
        self._cutter.cut()

    async def _allowed(self) -> list[str]:
        """The addresses to connect to. Raises BadInput, NotPermitted, TryLater."""
        host, port = self.server.host, self.server.port
        if not self._allow_private and port not in PORTS and port < FIRST_FREE_PORT:
            raise NotPermitted(f"mail is not read at port {port}: it is 993, or 143 with STARTTLS")
        try:
            found = [str(ipaddress.ip_address(host.strip("[]")))]
        except ValueError:
            try:
                found = list(await self._resolver.addresses(ascii_domain(host)))
            except SendFailure as failure:
                raise TryLater(failure.text) from None
        if not found:
            raise BadInput(f"{host} has no address")
        outside = [address for address in found if is_outside(address)]
        if not self._allow_private:
            if not outside:
                raise NotPermitted(f"{host} is not on the Internet")
            found = outside
        if self.server.tls == "none" and outside:
            raise NotPermitted("a password goes over the Internet inside TLS only")
        return found[:MAX_ADDRESSES]

    def _open(self, addresses: Sequence[str], cutter: _Cutter) -> _Client:
        """Connect and sign in, in a thread."""
        host = self.server.host
        context = self._context or ssl.create_default_context()
        try:
            client = _Client(self.server, addresses, context, cutter)
        except ssl.SSLCertVerificationError as error:
            raise BadInput(f"{host}: its certificate is not trusted ({error.verify_message})") from None
        except ssl.SSLError:
            raise BadInput(
                f"{host} does not speak TLS at port {self.server.port}: try STARTTLS, or another port"
            ) from None
        except OSError as error:
            raise TryLater(f"{host} cannot be reached ({error.strerror or type(error).__name__})") from None
        except BROKEN as error:
            if "BYE" in str(error)[:20].upper():
                raise TryLater(f"{host} is too busy") from None
            raise BadInput(f"{host} does not speak IMAP at port {self.server.port}") from None
        try:
            self._sign_in(client, context)
        except BaseException:
            cutter.cut()
            raise
        return client

    def _sign_in(self, client: _Client, context: ssl.SSLContext) -> None:
        host, user = self.server.host, self.server.user
        if self.server.tls == "starttls":
            if not client.has_capability("STARTTLS"):
                raise BadInput(f"{host} offers no STARTTLS at port {self.server.port}")
            try:
                client.starttls(context)
            except ssl.SSLCertVerificationError as error:
                raise BadInput(f"{host}: its certificate is not trusted ({error.verify_message})") from None
        try:
            if client.has_capability("AUTH=PLAIN"):
                client.sasl_login("PLAIN", lambda _: f"\0{user}\0{self._password}".encode())  # RFC 4616 §2
            elif client.has_capability("LOGINDISABLED"):
                raise BadInput(f"{host} lets nobody sign in this way: try TLS")
            else:
                quoted = user.replace("\\", "\\\\").replace('"', '\\"')
                client.login(f'"{quoted}"', self._password)
        except LoginError as error:
            raise self._refused(error) from None
        if client.has_capability("ENABLE") and client.has_capability("CONDSTORE"):
            client.enable(
                "CONDSTORE"
            )  # RFC 7162 §3.1: some servers count changes only from when somebody asks for them

    def _refused(self, error: LoginError) -> Refusal:
        said = " ".join(str(error).split())[:200]
        aborted = isinstance(error.__context__, IMAPClientAbortError)
        code = _CODE.search(said)
        if aborted or (code is not None and code[1] in _WAIT) or _BUSY.search(said):
            return TryLater(f"{self.server.host} lets nobody sign in at the moment")
        sealed = (
            self._password,
            f"\0{self.server.user}\0{self._password}",
        )  # as a server may give back what it was sent
        spoken = self._password in said or any(base64.b64encode(each.encode()).decode() in said for each in sealed)
        why = "" if spoken or not said.isprintable() else f": {said}"
        return AuthenticationFailed(f"{self.server.host} did not let {self.server.user} in{why}")


def _goodbye(client: _Client) -> None:
    with contextlib.suppress(*BROKEN):
        client.logout()
