"""An installation on a database of each kind, JMAP without a socket, and people who ask it.

`jmap` makes clients: `ada = jmap("ada")`, `await ada.call("Mailbox/get", ids=None)`. `any_database` runs a test on SQLite and
PostgreSQL; most of JMAP is the same on both, so here it is SQLite unless a test asks for `any_core`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from mailwright.codecs import mime
from mailwright.core import Core, CoreSettings, accounts, apppasswords, domains, messages
from mailwright.core.messages import Provenance
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Origin
from mailwright.protocols.api import ApiSettings, create_api
from mailwright.storage import Database, Tx, mailboxes, open_blobs
from mailwright.storage import accounts as account_rows
from mailwright.storage.accounts import Account
from mailwright.storage.messages import Flag

CAPABILITIES = ["core", "mail", "submission", "vacationresponse"]
BASE = "http://mail.mailwright.test"

MakeClient = Callable[..., "Client"]


class MethodFailed(Exception):
    """A call was answered with an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(json.dumps(error))
        self.type = error["type"]
        self.error = error


class _Shared:
    """The application of a core: all programs of a test talk to one."""

    core: Core | None = None
    api: FastAPI

    @classmethod
    def of(cls, core: Core) -> FastAPI:
        if cls.core is not core:
            cls.core, cls.api = core, create_api(core, ApiSettings(), metrics=lambda: b"")
        return cls.api


class Client:
    """One person's program."""

    def __init__(self, core: Core, email: str, *, peer: str = "192.0.2.7") -> None:
        self.core = core
        self.email = email
        found = core.database.write_now(lambda tx: _program(tx, email))
        self.account, password = found
        self.id = self.account.id
        transport = httpx.ASGITransport(_Shared.of(core), client=(peer, 50_000), raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url=BASE, auth=(email, password))

    async def post(self, value: Any, **options: Any) -> httpx.Response:
        """A request as it is."""
        return await self.http.post("/jmap", json=value, **options)

    async def request(self, *calls: Any, using: list[str] | None = None, **more: Any) -> list[Any]:
        """The responses to calls given as (name, arguments) or (name, arguments, id); accountId is the own one unless said."""
        made = []
        for number, (name, arguments, *call_id) in enumerate(calls):
            filled = (
                arguments if name.startswith(("Core/", "PushSubscription/")) else {"accountId": self.id, **arguments}
            )
            made.append([name, filled, call_id[0] if call_id else str(number)])
        names = [f"urn:ietf:params:jmap:{each}" for each in (CAPABILITIES if using is None else using)]
        answer = await self.post({"using": names, "methodCalls": made, **more})
        assert answer.status_code == 200, answer.text
        responses: list[Any] = answer.json()["methodResponses"]
        return responses

    async def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        """The arguments of the response to one call. Raises MethodFailed."""
        responses = await self.request((name, arguments))
        if responses[0][0] == "error":
            raise MethodFailed(responses[0][1])
        assert responses[0][0] == name
        found: dict[str, Any] = responses[0][1]
        return found

    async def upload(self, data: bytes, media_type: str = "application/octet-stream") -> str:
        """The blob id of an upload."""
        answer = await self.http.post(f"/jmap/upload/{self.id}/", content=data, headers={"Content-Type": media_type})
        assert answer.status_code == 201, answer.text
        found: str = answer.json()["blobId"]
        return found

    async def mailbox(self, name: str, **more: Any) -> str:
        """The id of a new mailbox."""
        made = await self.call("Mailbox/set", create={"new": {"name": name, **more}})
        found: str = made["created"]["new"]["id"]
        return found

    async def role(self, role: str) -> str:
        """The id of the mailbox of a role."""
        return (await self.call("Mailbox/query", filter={"role": role}))["ids"][0]  # type: ignore[no-any-return]

    async def state(self) -> str:
        """The state of the own account."""
        found: str = (await self.call("Mailbox/get", ids=[]))["state"]
        return found

    async def file(
        self,
        raw: bytes,
        *,
        role: str = "inbox",
        mailbox_id: str | None = None,
        flags: Flag = messages.NO_FLAGS,
        keywords: tuple[str, ...] = (),
        received_at: Instant | None = None,
    ) -> str:
        """Put a message into a mailbox, as filing does. Its id."""
        blob = await self.core.blobs.stage(self.account.tenant_id, raw)
        moment = clock.now() if received_at is None else received_at

        def write(tx: Tx) -> str:
            account_rows.hold(tx, self.id)
            self.core.blobs.put(tx, blob)
            return messages.append(
                tx,
                tenant_id=self.account.tenant_id,
                user_id=self.id,
                role=role,
                mailbox_id=mailbox_id,
                blob=blob,
                parsed=mime.parse(raw),
                provenance=Provenance(Origin.STRANGER, "c", keywords=keywords),
                received_at=moment,
                flags=flags,
            )

        return await self.core.write(write)


def letter(subject: str = "Hello", *, message_id: str = "<1@example.org>", extra: str = "", body: str = "Hi.") -> bytes:
    """A small message from Eve to Ada. `extra` is further header lines, each with its line end."""
    text = (
        f"From: Eve <eve@example.org>\nTo: Ada <ada@mailwright.test>\nSubject: {subject}\nMessage-ID: {message_id}\n"
        f"Date: Fri, 20 Nov 2026 10:00:00 +0000\n{extra}\n{body}\n"
    )
    return text.replace("\n", "\r\n").encode()


def share(core: Core, owner: Client, grantee: str, rights: str, *names: str) -> None:
    """Give somebody rights in mailboxes of `owner`, by their names."""

    def write(tx: Tx) -> None:
        from mailwright.core import access

        for name in names:
            access.set_acl(tx, owner.account, access.by_name(tx, owner.account, name), grantee, rights)

    core.database.write_now(write)


def make_core(database: Database, folder: Path) -> Core:
    """Ada, Bashir and Chen in mailwright.test, and Eve in another tenant."""
    made = Core(
        database,
        open_blobs(database, f"file://{folder}"),
        CoreSettings(hostname="mail.mailwright.test", max_message_bytes=1024 * 1024),
    )

    def people(tx: Tx) -> None:
        domains.add(tx, "mailwright.test", tenant="demo")
        domains.add(tx, "other.test", tenant="other")
        for name in ("ada", "bashir", "chen"):
            accounts.add_user(tx, made, f"{name}@mailwright.test", display_name=name.title())
        accounts.add_user(tx, made, "eve@other.test", display_name="Eve")

    database.write_now(people)
    return made


@pytest.fixture
def core(database: Database, tmp_path: Path) -> Core:
    return make_core(database, tmp_path)


@pytest.fixture
def any_core(any_database: Database, tmp_path: Path) -> Core:
    """On each kind of database."""
    return make_core(any_database, tmp_path)


@pytest.fixture
async def jmap() -> AsyncIterator[MakeClient]:
    """Makes clients: `jmap(core, "ada")`."""
    made: list[Client] = []

    def make(core: Core, name: str, **options: Any) -> Client:
        made.append(Client(core, name if "@" in name else f"{name}@mailwright.test", **options))
        return made[-1]

    yield make
    for each in made:
        await each.http.aclose()


@pytest.fixture
def ada(core: Core, jmap: MakeClient) -> Client:
    return jmap(core, "ada")


@pytest.fixture
def bashir(core: Core, jmap: MakeClient) -> Client:
    return jmap(core, "bashir")


@pytest.fixture
def any_ada(any_core: Core, jmap: MakeClient) -> Client:
    return jmap(any_core, "ada")


def mailbox_named(core: Core, client: Client, name: str) -> mailboxes.Mailbox:
    """The row of a mailbox."""
    found = core.database.read_now(lambda tx: mailboxes.by_name(tx, client.id, name))
    assert found is not None
    return found


def _program(tx: Tx, email: str) -> tuple[Account, str]:
    account = account_rows.with_mailbox(tx, Address.parse(email).key)
    assert account is not None
    _, password = apppasswords.make(tx, account, "a program", ["jmap"])
    return account, password
