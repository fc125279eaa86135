"""A core API that listens on real ports (gRPC, and HTTP with `/rpc`), and people who call it."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2

from mailwright.codecs import mime
from mailwright.core import Core, CoreSettings, accounts, apppasswords, domains, messages, sessions
from mailwright.core.access import by_name, set_acl
from mailwright.core.accounts import Account
from mailwright.core.messages import Provenance
from mailwright.domain import clock
from mailwright.domain.envelope import Origin
from mailwright.protocols.api import ApiSettings, HttpServer, create_api
from mailwright.protocols.api.admin import Machine
from mailwright.protocols.grpc.running import make_runner
from mailwright.protocols.grpc.server import GrpcServer
from mailwright.protocols.grpc.settings import GrpcSettings
from mailwright.protocols.identity import COOKIE, Web
from mailwright.protocols.streams import Streams
from mailwright.storage import Database, Tx, open_blobs
from mailwright.storage import accounts as rows
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

WEB = Web("http://mail.mailwright.test")
PEOPLE = {"ada": "user", "bashir": "user", "sue": "support", "admin": "admin", "boss": "admin"}


def make_core(database: Database, folder: Path) -> Core:
    """Mailwright.test with a user, a friend, support, an admin and an operator; and other.test with an admin of its own."""
    made = Core(
        database,
        open_blobs(database, f"file://{folder}"),
        CoreSettings(hostname="mail.mailwright.test", max_message_bytes=6 * 1024 * 1024),
    )

    def people(tx: Tx) -> None:
        domains.add(tx, "mailwright.test", tenant="demo")
        domains.add(tx, "other.test", tenant="other")
        for name, role in PEOPLE.items():
            accounts.add_user(tx, made, f"{name}@mailwright.test", display_name=name.title(), role=role)
        accounts.add_user(tx, made, "eve@other.test", display_name="Eve", role="admin")
        boss = accounts.find(tx, "boss@mailwright.test")
        tx.execute("UPDATE users SET operator = ? WHERE id = ?", (True, boss.id))

    database.write_now(people)
    return made


class Stubs:
    """Every service for one person: `await stubs.messages.GetMessage(…)`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.accounts: Any = accounts_pb2_grpc.AccountsServiceStub(channel)
        self.mailboxes: Any = mailboxes_pb2_grpc.MailboxesServiceStub(channel)
        self.messages: Any = messages_pb2_grpc.MessagesServiceStub(channel)
        self.search: Any = search_pb2_grpc.SearchServiceStub(channel)
        self.acl: Any = acl_pb2_grpc.AclServiceStub(channel)
        self.tasks: Any = tasks_pb2_grpc.TasksServiceStub(channel)
        self.approvals: Any = approvals_pb2_grpc.ApprovalsServiceStub(channel)
        self.followups: Any = followups_pb2_grpc.FollowupsServiceStub(channel)
        self.outbox: Any = outbox_pb2_grpc.OutboxServiceStub(channel)
        self.admin: Any = admin_pb2_grpc.AdminServiceStub(channel)
        self.watch: Any = watch_pb2_grpc.WatchServiceStub(channel)


class World:
    """One server, with HTTP beside it when asked."""

    def __init__(self, core: Core, *, web: Web = WEB, machine: Machine | None = None, **settings: Any) -> None:
        self.core = core
        self.web = web
        self.settings = replace(GrpcSettings(host="127.0.0.1", port=0), **settings)
        self.streams = Streams()
        self.runner = make_runner(core, web, self.settings, self.streams, machine or Machine())
        self.grpc = GrpcServer(self.runner, self.streams, self.settings)
        self.http: HttpServer | None = None
        self._channels: list[grpc.aio.Channel] = []

    async def start(self, *, http: bool = False) -> None:
        await self.core.changes.start()
        await self.grpc.start()
        if http:
            api = create_api(self.core, ApiSettings(web=self.web, programs=self.settings), metrics=lambda: b"")
            self.http = HttpServer(api, "127.0.0.1", 0, api.state.streams)
            await self.http.start()

    async def stop(self) -> None:
        for channel in self._channels:
            await channel.close()
        if self.http is not None:
            await self.http.close(1)
        await self.grpc.close(1)
        await self.core.changes.stop()

    def channel(self, credentials: grpc.ChannelCredentials | None = None, **metadata: str) -> grpc.aio.Channel:
        """A connection whose every call has that metadata (underscores for hyphens)."""
        given = [(name.replace("_", "-"), value) for name, value in metadata.items()]
        target, more = f"localhost:{self.grpc.port}", [_OneForOne(given), _ManyForOne(given), _OneForMany(given)]
        if credentials is None:
            made = grpc.aio.insecure_channel(target, interceptors=more)
        else:
            made = grpc.aio.secure_channel(target, credentials, interceptors=more)
        self._channels.append(made)
        return made

    def stubs(self, name: str | None, credentials: grpc.ChannelCredentials | None = None, **metadata: str) -> Stubs:
        """Somebody's calls, with an app password."""
        given = {"authorization": self.basic(name)} if name is not None else {}
        return Stubs(self.channel(credentials, **given, **metadata))

    async def browser(self, name: str) -> Stubs:
        """The calls of somebody who is signed in with a browser."""
        session = await sessions.open_session(
            self.core, self.account(name), by="password", client="192.0.2.1", agent="a browser", long_lived=False
        )
        signed = await sessions.find(self.core, session.token)
        assert signed is not None
        return self.stubs(None, cookie=f"{COOKIE}={session.token}", x_csrf_token=signed.csrf)

    def basic(self, name: str) -> str:
        """What somebody's program says of itself."""
        email = self.email(name)

        def make(tx: Tx) -> str:
            return apppasswords.make(tx, accounts.find(tx, email), "a program", ["jmap"])[1]

        password = self.core.database.write_now(make)
        return "Basic " + base64.b64encode(f"{email}:{password}".encode()).decode()

    def email(self, name: str) -> str:
        return "eve@other.test" if name == "eve" else f"{name}@mailwright.test"

    def account(self, name: str) -> Account:
        return self.core.database.read_now(lambda tx: accounts.find(tx, self.email(name)))

    def share(self, owner: str, grantee: str, rights: str, mailbox: str = "INBOX") -> None:
        """Give somebody rights in a mailbox."""

        def write(tx: Tx) -> None:
            account = accounts.find(tx, self.email(owner))
            set_acl(tx, account, by_name(tx, account, mailbox), self.email(grantee), rights)

        self.core.database.write_now(write)

    async def deliver(self, name: str, subject: str = "Hello", *, body: str = "Hi.", raw: bytes | None = None) -> str:
        """A message in somebody's inbox, as filing puts it there. Its id."""
        account = self.account(name)
        octets = letter(subject, body=body) if raw is None else raw
        blob = await self.core.blobs.stage(account.tenant_id, octets)

        def write(tx: Tx) -> str:
            rows.hold(tx, account.id)
            self.core.blobs.put(tx, blob)
            return messages.append(
                tx,
                tenant_id=account.tenant_id,
                user_id=account.id,
                role="inbox",
                mailbox_id=None,
                blob=blob,
                parsed=mime.parse(octets),
                provenance=Provenance(Origin.STRANGER, "c"),
                received_at=clock.now(),
                flags=messages.NO_FLAGS,
            )

        return await self.core.write(write)


@asynccontextmanager
async def opened(core: Core, *, http: bool = False, **settings: Any) -> AsyncIterator[World]:
    """A server that listens, for a while."""
    world = World(core, **settings)
    await world.start(http=http)
    try:
        yield world
    finally:
        await world.stop()


def letter(subject: str = "Hello", *, body: str = "Hi.") -> bytes:
    """A message from Eve to Ada, with a picture."""
    text = (
        f"From: Eve <eve@example.org>\nTo: Ada <ada@mailwright.test>\nSubject: {subject}\nMessage-ID: <1@example.org>\n"
        "Date: Fri, 20 Nov 2026 10:00:00 +0000\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        f"--b\nContent-Type: text/plain; charset=utf-8\n\n{body}\n--b\nContent-Type: image/png; name=a.png\n"
        "Content-Disposition: attachment; filename=a.png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--b--\n"
    )
    return text.replace("\n", "\r\n").encode()


def reason(error: grpc.aio.AioRpcError) -> tuple[grpc.StatusCode, str]:
    """The code, and the reason in the details of google.rpc."""
    raw = dict(error.trailing_metadata() or ())["grpc-status-details-bin"]
    assert isinstance(raw, bytes)
    status = status_pb2.Status.FromString(raw)
    why = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(why)
    return error.code(), why.reason


class _Given:
    def __init__(self, given: list[tuple[str, str]]) -> None:
        self.given = given


class _OneForOne(_Given, grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    async def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(_more(details, self.given), request)


class _ManyForOne(_Given, grpc.aio.UnaryStreamClientInterceptor):  # type: ignore[misc]
    async def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(_more(details, self.given), request)


class _OneForMany(_Given, grpc.aio.StreamUnaryClientInterceptor):  # type: ignore[misc]
    async def intercept_stream_unary(self, continuation: Any, details: Any, requests: Any) -> Any:
        return await continuation(_more(details, self.given), requests)


def _more(details: Any, given: list[tuple[str, str]]) -> Any:
    return details._replace(metadata=grpc.aio.Metadata(*(details.metadata or ()), *given))
