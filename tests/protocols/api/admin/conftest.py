"""Two tenants on a fresh database of each kind, with somebody of every role in each, at their browsers."""

import json
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from mailwright.codecs.mailauth import Answer, Question
from mailwright.core import Core, CoreSettings, accounts, domains, outbox, providers, sessions, tasks
from mailwright.core.checkup import Check
from mailwright.core.modelchoices import Premises
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.ids import new_id
from mailwright.domain.modelnames import PURPOSES
from mailwright.pipeline import Flows
from mailwright.protocols.api import ApiSettings, create_api
from mailwright.protocols.api.admin import Machine
from mailwright.protocols.identity import COOKIE, Web
from mailwright.settings import load
from mailwright.signon import SignOn
from mailwright.staff import letters_of
from mailwright.storage import Database, StoredBlob, Tx, dead_letters, mailboxes, model_calls, open_blobs
from mailwright.storage import accounts as account_rows
from mailwright.storage import administration as rows
from mailwright.storage.model_calls import ModelCall

HOME, ELSEWHERE = "mailwright.test", "second.test"
ROLES = ("operator", "admin", "support", "user")
SENT = {"messages": [{"role": "system", "content": "Do it."}, {"role": "user", "content": "the mail of <PERSON_1>"}]}
TRANSCRIPT = zlib.compress(
    json.dumps(
        {"format": "openai-chat", "sent": SENT, "status": 200, "answered": [{"kind": "text", "text": "done"}]}
    ).encode()
)
ZONE: dict[tuple[str, str], Answer] = {}
"""What DNS answers in these tests; nothing unless a test says otherwise."""


@dataclass
class Desk:
    """Somebody at a browser, signed in (or not: without a token)."""

    http: httpx.AsyncClient
    csrf: str
    account: accounts.Account | None

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """As our pages do."""
        headers = {"X-CSRF-Token": self.csrf, **options.pop("headers", {})}
        return await self.http.request(method, f"/api/admin{path}", headers=headers, **options)

    async def get(self, path: str, **options: Any) -> Any:
        """The answer to a question that is answered."""
        answer = await self.ask("GET", path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()


Sit = Callable[..., Any]


@pytest.fixture
def core(any_database: Database, tmp_path: Path) -> Core:
    made = Core(
        any_database,
        open_blobs(any_database, f"file://{tmp_path}"),
        CoreSettings(hostname="mail.mailwright.test", max_message_bytes=100_000, allow_private_providers=True),
    )

    def people(tx: Tx) -> None:
        for tenant, domain in (("home", HOME), ("elsewhere", ELSEWHERE)):
            domains.add(tx, domain, tenant=tenant)
            for role in ROLES:
                account = accounts.add_user(tx, made, f"{role}@{domain}", role="admin" if role == "operator" else role)
                if role == "operator":
                    _operator(tx, account)
            guest = accounts.add_guest(tx, account.tenant_id, "eve@example.org")
            assert guest.role == "guest"

    any_database.write_now(people)
    return made


def _operator(tx: Tx, account: accounts.Account) -> None:
    if account.email.endswith(HOME):
        rows.change_person(tx, account.id, display_name="Ada", role="admin", status="active", operator=True)


@pytest.fixture
def machine(core: Core, any_url: str, tmp_path: Path) -> Machine:
    async def look_up(question: Question) -> Answer:
        return ZONE.get((question.name, question.kind), Answer())

    async def unfit(name: str) -> str:
        return "" if name.startswith("openai:") else f"{name}: there is no key"

    url = f"sqlite:///{tmp_path}/flows.db" if any_url.startswith("sqlite:") else any_url
    flows = Flows(core.database, url, executor_id="test")
    return Machine(
        look_up=look_up,
        letters=lambda: letters_of(core, flows),
        looks=lambda: [Check("disk", "ok", "/srv/mail has room")],
        signon=SignOn(load(data=tmp_path / "none"), core),
        models=Premises(dict.fromkeys(PURPOSES, ("rules",)) | {"work": ("openai:m", "rules")}, 25.0, unfit),
    )


@pytest.fixture
async def sit(core: Core, machine: Machine) -> AsyncIterator[Sit]:
    """`await sit("admin")`: the person of that role at home; `await sit("admin", ELSEWHERE)`; `await sit(None)`: nobody."""
    ZONE.clear()
    api = create_api(core, ApiSettings(web=Web(), machine=machine), metrics=lambda: b"")
    opened: list[httpx.AsyncClient] = []

    async def at(role: str | None, domain: str = HOME) -> Desk:
        transport = httpx.ASGITransport(api, client=("192.0.2.7", 50_000), raise_app_exceptions=False)
        http = httpx.AsyncClient(transport=transport, base_url="http://localhost:8080")
        opened.append(http)
        if role is None:
            return Desk(http, "", None)
        email = "eve@example.org" if role == "guest" else f"{role}@{domain}"

        def look(tx: Tx) -> accounts.Account:
            found = account_rows.with_address(tx, email)
            return found[0]

        account = await core.read(look)
        session = await sessions.open_session(
            core, account, by="password", client="192.0.2.7", agent="test", long_lived=False
        )
        http.cookies.set(COOKIE, session.token)
        return Desk(http, session.signed.csrf, account)

    yield at
    for each in opened:
        await each.aclose()


@dataclass
class Things:
    """Something of everything that belongs to a tenant, fresh."""

    tenant: str
    domain: str
    number: str
    user: str
    email: str
    alias: str
    mailbox: str
    failed: str
    queued: str
    letter: str
    provider: str = ""
    service: str = ""
    task: str = ""
    call: str = ""


async def things(core: Core, domain: str = HOME) -> Things:
    """Make them."""
    number = new_id()[-12:]
    sub = f"d{number}.{domain}"
    blob: StoredBlob = await core.blobs.stage(new_id(), b"Subject: a secret\r\n\r\nhello\r\n")

    def make(tx: Tx) -> Things:
        tenant_id = domains.find(tx, domain).tenant_id
        tenant = rows.tenant(tx, tenant_id)
        assert tenant is not None
        domains.add(tx, sub, tenant=tenant.name)
        account = accounts.add_user(tx, core, f"u{number}@{domain}", display_name="Chen")
        accounts.add_alias(tx, f"a{number}@{domain}", (account.email,))
        inbox = mailboxes.by_role(tx, account.id, "inbox")
        assert inbox is not None
        core.blobs.put(tx, blob)
        ids = outbox.enqueue(
            tx,
            tenant_id=tenant_id,
            user_id=account.id,
            sender=Address.parse(account.email),
            recipients=[Address.parse("one@example.net"), Address.parse("two@example.net")],
            blob_id=blob.id,
            message_id=f"<{number}@{domain}>",
            idempotency_key=number,
            correlation_id=f"request-{number}",
        )
        tx.execute("UPDATE outbox SET status = 'failed', attempts = 5, last_error = '550 no' WHERE id = ?", (ids[0],))
        letter = dead_letters.add(
            tx,
            source="outbox",
            name="smtp",
            reference=ids[0],
            payload={"recipient": "one@example.net", "blob_id": blob.id},
            error="550 5.1.1 no such user",
            attempts=5,
            correlation_id=f"request-{number}",
        )
        wanted = providers.Wanted("Work", "web")
        provider = providers.add(tx, core, tenant_id, f"http://127.0.0.1:9/{number}", wanted)
        providers.add_service(
            tx, core, provider.issuer, tenant_id, f"s{number}@{domain}", subject="one", doors=("api",)
        )
        [(_, service)] = providers.services(tx, provider.issuer)
        return Things(
            tenant_id,
            domain,
            number,
            account.id,
            account.email,
            f"a{number}@{domain}",
            inbox.id,
            ids[0],
            ids[1],
            letter,
            provider.id,
            service.id,
        )

    return await core.write(make)


async def with_a_call(core: Core, made: Things) -> Things:
    """And a task of theirs that a model was asked for."""
    call = ModelCall("work", "openai:m", 100, 20, 0.01, 1_000, "ok", clock.now(), transcript=TRANSCRIPT)

    def make(tx: Tx) -> str:
        task = tasks.create(
            tx,
            tenant_id=made.tenant,
            agent="employee",
            assignment_id=new_id(),
            message_id=new_id(),
            correspondent="eve@example.org",
            user_id=made.user,
        )
        model_calls.add(tx, call, task_id=task.id)
        return task.id

    return replace(made, task=await core.write(make), call=call.id)
