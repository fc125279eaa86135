"""Calling the API with a token of elsewhere: who it is, for how long, and what such a caller may not do."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from mailwright.connectors.jwks import ALGORITHMS, Keys
from mailwright.connectors.oidc import Provider
from mailwright.core import Core, accounts, bearers, sessions
from mailwright.domain.tokens import Voucher
from mailwright.protocols import identity, streams
from mailwright.storage import Tx, credentials
from mailwright.storage import accounts as rows
from tests.protocols.api.conftest import Client
from tests.servers.issuer import ADA, AUDIENCE, HOUR, SECRET, Issuer, shared


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.stop()


@pytest.fixture
async def api(core: Core, issuer: Issuer, client: Client) -> AsyncIterator[httpx.AsyncClient]:
    provider = Provider(issuer.name, AUDIENCE, Keys(issuer=issuer.name, algorithms=ALGORITHMS), secret=SECRET)
    core.bearer = provider.prove
    yield client()
    await provider.close()


async def asked(api: httpx.AsyncClient, token: str, path: str = "/api/user/usage") -> httpx.Response:
    return await api.get(path, headers={"Authorization": f"Bearer {token}"})


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


def ada_of(core: Core) -> accounts.Account:
    return core.database.read_now(lambda tx: accounts.find(tx, ADA))


async def test_a_token_says_who_calls(core: Core, api: httpx.AsyncClient, issuer: Issuer) -> None:
    assert (await asked(api, issuer.token())).status_code == 200
    assert (await asked(api, issuer.token(alg="HS256", key=shared()))).status_code == 200
    by_jmap = await asked(api, issuer.token(), "/jmap/session")
    assert by_jmap.status_code == 200
    assert by_jmap.json()["username"] == ADA
    refused = await asked(api, "x" * 40)
    assert (refused.status_code, code(refused)) == (401, "authentication_failed")
    assert refused.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert "www-authenticate" not in (await api.get("/api/user/usage")).headers


async def test_an_expired_token_is_told_as_such_and_does_not_lock_its_owner_out(
    api: httpx.AsyncClient, issuer: Issuer
) -> None:
    old = issuer.token(at=time.time() - 2 * HOUR)
    for _ in range(60):
        refused = await asked(api, old)
        assert (refused.status_code, code(refused)) == (401, "token_expired")
    assert (await asked(api, issuer.token())).status_code == 200


async def test_a_token_is_not_believed_beyond_its_end_because_it_was_believed_before(
    api: httpx.AsyncClient, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issuer.token()
    assert (await asked(api, token)).status_code == 200
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + HOUR + 120)
    later = time.monotonic() + identity.REMEMBERED_SECONDS + 1
    monkeypatch.setattr(identity.time, "monotonic", lambda: later)
    assert code(await asked(api, token)) == "token_expired"


async def test_what_is_remembered_of_a_token_ends_with_it(core: Core, issuer: Issuer, api: httpx.AsyncClient) -> None:
    who = identity.Identity(core, identity.Web())
    token = issuer.token(at=time.time() - HOUR + 20)
    await who._by_header(f"Bearer {token}", "192.0.2.1")
    [known] = who._known.values()
    assert known.until <= time.monotonic() + 20
    late = issuer.token(
        at=time.time() - HOUR - 20
    )  # in the leeway for clocks that differ: believed, and not remembered
    await who._by_header(f"Bearer {late}", "192.0.2.1")
    assert [each for each in who._known.values() if each.until > time.monotonic()] == [known]


async def test_who_is_blocked_signed_out_unlinked_or_removed_is_out_with_the_next_request(
    core: Core, api: httpx.AsyncClient, issuer: Issuer
) -> None:
    token = issuer.token(at=time.time() - 5)
    assert (await asked(api, token)).status_code == 200
    ada = ada_of(core)
    core.database.write_now(lambda tx: rows.set_status(tx, ada.id, "blocked"))
    assert (await asked(api, token)).status_code == 401
    core.database.write_now(lambda tx: rows.set_status(tx, ada.id, "active"))
    assert (await asked(api, token)).status_code == 200
    core.database.write_now(lambda tx: sessions.end_all(tx, ada, client=""))
    assert (await asked(api, token)).status_code == 401
    fresh = issuer.token(at=time.time() + 5)
    assert (await asked(api, fresh)).status_code == 200

    def move(tx: Tx) -> None:
        bearers.unlink(tx, ada)
        credentials.add_link(tx, ada.id, bearers.subject_key(issuer.name, "another"), issuer.name)

    core.database.write_now(move)
    assert (await asked(api, fresh)).status_code == 401
    core.database.write_now(lambda tx: accounts.begin_removal(tx, ada))
    assert (await asked(api, issuer.token(claims={"sub": "another"}))).status_code == 401


async def test_the_account_is_the_tokens_whatever_else_the_request_says(
    core: Core, api: httpx.AsyncClient, issuer: Issuer
) -> None:
    bashir = core.database.read_now(lambda tx: accounts.find(tx, "bashir@mailwright.test"))
    headers = {
        "Authorization": f"Bearer {issuer.token()}",
        "X-User-Id": bashir.id,
        "Cookie": "mailwright_session=somebody",
    }
    session = await api.get("/jmap/session", headers=headers, params={"user_id": bashir.id, "email": bashir.email})
    assert session.json()["username"] == ADA


async def test_who_has_no_mailbox_is_let_in_to_the_api_and_to_no_mail(
    core: Core, api: httpx.AsyncClient, issuer: Issuer
) -> None:
    token = issuer.token(claims={"sub": "eve", "email": "eve@example.org"})
    assert (await asked(api, token)).status_code == 401
    adds = Voucher(adds_users=True)
    provider = Provider(
        issuer.name, AUDIENCE, Keys(issuer=issuer.name, algorithms=ALGORITHMS), secret=SECRET, voucher=adds
    )
    core.bearer = provider.prove
    for _ in range(3):
        assert (await asked(api, token)).status_code == 200
    assert (await asked(api, token, "/jmap/session")).status_code == 403
    audited = core.database.read_now(
        lambda tx: tx.scalar(
            "SELECT count(*) FROM audit_events WHERE action = 'sign-in' AND actor = ?", ("eve@example.org",)
        )
    )
    await provider.close()
    assert audited == 1  # it is remembered for a minute, as everybody else is


async def test_a_token_does_not_administer(core: Core, api: httpx.AsyncClient, issuer: Issuer) -> None:
    def prepare(tx: Tx) -> None:
        ada = accounts.find(tx, ADA)
        tx.execute("UPDATE users SET role = 'admin', operator = ? WHERE id = ?", (True, ada.id))
        bearers.link(tx, ada, issuer.name, "f3a1c9")

    core.database.write_now(prepare)
    assert (await asked(api, issuer.token())).status_code == 200
    for path in ("/api/admin/users", "/api/connections", "/api/approvals"):
        assert (await asked(api, issuer.token(), path)).status_code == 403, path


async def test_a_connection_that_a_token_opened_goes_when_its_owner_is_signed_out(
    core: Core, api: httpx.AsyncClient, issuer: Issuer
) -> None:
    assert (await asked(api, issuer.token())).status_code == 200
    caller = identity.Caller(ada_of(core), "192.0.2.1", None, "")
    for end in (
        lambda tx: sessions.end_all(tx, caller.account, client=""),
        lambda tx: bearers.unlink(tx, caller.account),
        lambda tx: rows.set_status(tx, caller.account.id, "blocked"),
    ):
        standing = streams.Standing(core, caller)
        assert await standing.look() is not None
        core.database.write_now(end)
        assert await standing.look() is None


async def test_pages_of_named_sites_call_with_a_token_and_never_with_our_cookie(
    core: Core, api: httpx.AsyncClient, issuer: Issuer, client: Client
) -> None:
    app, eve = "https://app.example.org", "https://app.example.org.eve.example"
    named = client(origins=(app,))
    preflight = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    asked_first = await named.options("/api/user/usage", headers={"Origin": app, **preflight})
    assert asked_first.status_code == 200
    assert asked_first.headers["access-control-allow-origin"] == app
    for answer in (asked_first, await named.get("/api/user/usage", headers={"Origin": app})):
        assert "access-control-allow-credentials" not in answer.headers
    for token, status in ((issuer.token(), 200), ("x" * 40, 401)):
        answer = await named.get("/api/user/usage", headers={"Origin": app, "Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, app)
    for origin, asker in ((eve, named), ("null", named), (app, api)):
        answer = await asker.get("/api/user/usage", headers={"Origin": origin})
        assert "access-control-allow-origin" not in answer.headers
        refused = await asker.options("/api/user/usage", headers={"Origin": origin, **preflight})
        assert "access-control-allow-origin" not in refused.headers
