"""Signing in at a provider with a browser: the way there and back, everything that can be forged on it, and sign-out from both sides."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest
from joserfc.jwk import OctKey

from mailwright.core import Core, accounts, bearers, domains, providers, secondfactor, sessions, signon
from mailwright.core.providers import Provider, Wanted
from mailwright.domain.events import SIGNED_OUT
from mailwright.domain.refusals import AlreadyExists, AuthenticationFailed, BadInput, TryLater
from mailwright.protocols.api import ApiSettings, create_api
from mailwright.protocols.identity import COOKIE, Web
from mailwright.settings import load
from mailwright.signon import SignOn
from mailwright.storage import Tx, credentials
from mailwright.storage import sessions as session_rows
from mailwright.storage.accounts import Account
from tests.servers.issuer import ADA, DROPPED, HOUR, Issuer, shared

URL = "http://localhost:8080"
CLIENT = "mailwright-web"
OTHER = "eve@second.test"


@pytest.fixture(scope="module")
def issuers() -> Iterator[tuple[Issuer, Issuer]]:
    pair = Issuer(), Issuer()
    yield pair
    for each in pair:
        each.stop()


@pytest.fixture
def issuer(issuers: tuple[Issuer, Issuer]) -> Issuer:
    """The one of the first tenant, as new."""
    made = issuers[0]
    made.id_claims, made.id_options, made.code_answer, made.user_info = {}, {}, None, {"sub": "f3a1c9"}
    made.status, made.jwks = 200, None
    return made


class Place:
    """Two tenants with a provider each, and browsers."""

    def __init__(self, core: Core, service: SignOn, mine: Provider, theirs: Provider) -> None:
        self.core, self.service, self.mine, self.theirs = core, service, mine, theirs
        self.api = create_api(core, ApiSettings(web=Web(URL), signon=service), metrics=lambda: b"")
        self.opened: list[httpx.AsyncClient] = []

    def browser(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.api, client=("192.0.2.7", 50_000), raise_app_exceptions=False)
        self.opened.append(httpx.AsyncClient(transport=transport, base_url=URL))
        return self.opened[-1]

    async def sign_in(
        self,
        issuer: Issuer,
        browser: httpx.AsyncClient | None = None,
        *,
        provider: Provider | None = None,
        next_page: str = "",
    ) -> tuple[httpx.AsyncClient, str]:
        """There and back: the browser, and where it ends."""
        browser = browser or self.browser()
        out = await browser.get(f"/api/session/oidc/{(provider or self.mine).id}", params={"next": next_page})
        assert out.status_code == 303, out.text
        back = await browser.get(issuer.authorize(out.headers["location"]))
        assert back.status_code == 303, back.text
        return browser, back.headers["location"]

    async def who(self, browser: httpx.AsyncClient) -> dict[str, Any] | None:
        answer = await browser.get("/api/session")
        found: dict[str, Any] = answer.json()
        return found if answer.status_code == 200 else None

    def change(self, **wanted: Any) -> None:
        """Of the first tenant's provider."""

        def write(tx: Tx) -> Provider:
            known = providers.find(tx, self.mine.id)
            return providers.change(tx, self.core, known, replace(providers.wanted_of(known), **wanted))

        self.mine = self.core.database.write_now(write)

    def audited(self, action: str) -> list[tuple[str, str]]:
        return self.core.database.read_now(
            lambda tx: tx.all("SELECT actor, resource FROM audit_events WHERE action = ? ORDER BY id", (action,))
        )


@pytest.fixture
async def place(core: Core, issuers: tuple[Issuer, Issuer], issuer: Issuer, tmp_path: Path) -> AsyncIterator[Place]:
    def furnish(tx: Tx) -> tuple[Provider, Provider]:
        second = domains.add(tx, "second.test", tenant="second")
        accounts.add_user(tx, core, OTHER)
        home = domains.find(tx, "mailwright.test").tenant_id
        wanted = Wanted("Work", CLIENT, "a secret", scopes="openid email profile")
        mine = providers.add(tx, core, home, issuer.name, wanted)
        return mine, providers.add(tx, core, second.tenant_id, issuers[1].name, replace(wanted, name="Second"))

    core.settings = replace(core.settings, allow_private_providers=True)  # the issuers are on this machine
    service = SignOn(load(data=tmp_path / "none", allow_private_providers=True), core)
    made = Place(core, service, *core.database.write_now(furnish))
    yield made
    await service.close()
    for each in made.opened:
        await each.aclose()


def error_of(location: str) -> str:
    parts = urlsplit(location)
    assert parts.path == "/app/sign-in", location
    return parse_qs(parts.query)["error"][0]


async def test_there_and_back_is_a_session_of_ours(place: Place, issuer: Issuer) -> None:
    browser, at = await place.sign_in(issuer, next_page="/app/settings?x=1")
    assert at == "/app/settings?x=1"
    who = await place.who(browser)
    assert who is not None
    assert (who["user"]["email"], who["session"]["authenticated_by"]) == (ADA, "oidc")
    [session] = place.core.database.read_now(lambda tx: session_rows.of_user(tx, accounts.find(tx, ADA).id))
    assert (session.provider_id, session.provider_session) == (place.mine.id, "there-1")
    assert session.provider_token is not None
    assert session.provider_token.startswith("v1:")
    assert place.audited("token.linked-by-address") == [(ADA, issuer.name)]
    # Again: known by the subject, whatever the address is by now; and one session, not two.
    issuer.id_claims = {"email": DROPPED, "email_verified": DROPPED}
    await place.sign_in(issuer, browser)
    assert len(place.core.database.read_now(lambda tx: session_rows.of_user(tx, accounts.find(tx, ADA).id))) == 1


async def test_the_page_offers_the_provider_of_an_address(place: Place) -> None:
    browser = place.browser()

    async def offered(domain: str) -> tuple[list[str], bool]:
        said = (await browser.get("/api/session/oidc", params={"domain": domain})).json()
        return [each["name"] for each in said["providers"]], said["more"]

    assert await offered("") == (["Work"], True)
    assert await offered("Second.Test") == (["Second"], True)
    assert await offered("example.org") == (["Work"], True)
    place.core.database.write_now(lambda tx: providers.switch(tx, place.theirs, on=False))
    assert await offered("second.test") == ([], True)
    assert error_of((await browser.get(f"/api/session/oidc/{place.theirs.id}")).headers["location"]) == "failed"


@pytest.mark.parametrize(
    "page",
    [
        "https://eve.example/", "//eve.example/", "/\\eve.example", "/app/../api/session", "/app/%2e%2e/x", "/app//eve.example",
        "/app\t/x", "javascript:alert(1)", "/api/session", "/app/sign-in?next=/app", "/apple", "", "/app/%5c%5ceve.example", "/app/\u0430",
    ],
)  # fmt: skip
def test_one_comes_back_to_pages_of_ours_only(page: str) -> None:
    assert signon.safe_page(page) == "/app"
    assert signon.safe_page("/app/mail/inbox?q=a#b") == "/app/mail/inbox?q=a#b"


async def test_what_comes_back_is_of_who_set_out_in_the_same_browser_and_once(place: Place, issuer: Issuer) -> None:
    browser, stranger = place.browser(), place.browser()
    out = await browser.get(f"/api/session/oidc/{place.mine.id}")
    cookie = out.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    back = issuer.authorize(out.headers["location"])
    assert error_of((await stranger.get(back)).headers["location"]) == "expired"  # no cookie
    await stranger.get(f"/api/session/oidc/{place.mine.id}")
    assert error_of((await stranger.get(back)).headers["location"]) == "expired"  # another's state
    kept = browser.cookies.get("mailwright_sign_on")
    other = back.replace(place.mine.id, place.theirs.id)
    assert error_of((await browser.get(other)).headers["location"]) == "expired"  # of another provider
    browser.cookies.set("mailwright_sign_on", str(kept))
    assert (await browser.get(back)).headers["location"] == "/app"
    browser.cookies.set("mailwright_sign_on", str(kept))
    assert error_of((await browser.get(back)).headers["location"]) == "expired"  # replayed
    fresh = place.browser()
    out = await fresh.get(f"/api/session/oidc/{place.mine.id}")
    state = parse_qs(urlsplit(out.headers["location"]).query)["state"][0]
    used = parse_qs(urlsplit(back).query)["code"][0]
    again = await fresh.get(
        f"/api/session/oidc/{place.mine.id}/callback", params={"state": state, "code": used, "iss": issuer.name}
    )
    assert error_of(again.headers["location"]) == "expired"  # a code that was used
    assert len(place.core.database.read_now(lambda tx: session_rows.of_user(tx, accounts.find(tx, ADA).id))) == 1


async def test_an_answer_of_another_issuer_is_not_taken(
    place: Place, issuer: Issuer, issuers: tuple[Issuer, Issuer]
) -> None:
    for iss in (issuers[1].name, None, issuer.name + "/"):
        browser = place.browser()
        out = await browser.get(f"/api/session/oidc/{place.mine.id}")
        at = await browser.get(issuer.authorize(out.headers["location"], iss=iss))
        assert error_of(at.headers["location"]) == "failed", iss
    # The other provider's people, sent to ours: the code is none of its own.
    browser = place.browser()
    out = await browser.get(f"/api/session/oidc/{place.mine.id}")
    at = await browser.get(issuers[1].authorize(out.headers["location"], iss=issuer.name))
    assert error_of(at.headers["location"]) == "expired"
    denied = place.browser()
    out = await denied.get(f"/api/session/oidc/{place.mine.id}")
    state = parse_qs(urlsplit(out.headers["location"]).query)["state"][0]
    path = f"/api/session/oidc/{place.mine.id}/callback"
    at = await denied.get(path, params={"state": state, "error": "access_denied", "iss": issuer.name})
    assert error_of(at.headers["location"]) == "denied"


Bad = Callable[[Issuer], None]


def claims(**said: Any) -> Bad:
    return lambda issuer: issuer.id_claims.update(said)


def options(**said: Any) -> Bad:
    return lambda issuer: issuer.id_options.update(said)


def answered(**said: Any) -> Bad:
    return lambda issuer: setattr(issuer, "code_answer", said)


def public_as_secret(issuer: Issuer) -> None:
    """The oldest trick: the issuer's public key as the secret of an HMAC."""
    public = json.dumps(issuer.keys["EC"].as_dict(private=False)).encode()
    secret = OctKey.import_key({"kty": "oct", "k": base64.urlsafe_b64encode(public).rstrip(b"=").decode()})
    issuer.id_options.update(alg="HS256", key=secret, kid=issuer.keys["EC"].kid)


BAD: dict[str, tuple[Bad, str]] = {
    "another nonce": (claims(nonce="another"), "failed"),
    "no nonce": (claims(nonce=DROPPED), "failed"),
    "for somebody else": (claims(aud="another-client"), "failed"),
    "for several, of nobody": (claims(aud=[CLIENT, "another"]), "failed"),
    "made for another client": (claims(azp="another"), "failed"),
    "of another issuer": (claims(iss="https://eve.example"), "failed"),
    "expired": (options(at=time.time() - 2 * HOUR), "failed"),
    "of another access token": (claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), "failed"),
    "nobody's": (claims(sub=DROPPED), "failed"),
    "a logout token": (claims(events={}), "failed"),
    "signed with a shared secret": (options(alg="HS256", key=shared("a secret" * 8), kid="x"), "failed"),
    "signed with a public key": (public_as_secret, "failed"),
    "of a key it does not have": (options(kid="invented"), "away"),
    "no tokens": (answered(error="x"), "failed"),
    "not signed": (answered(access_token="a", id_token="eyJhbGciOiJub25lIn0.e30."), "failed"),
    "an address nobody verified": (claims(email_verified=False), "unknown"),
    "an address of nobody": (claims(email="nobody@mailwright.test"), "unknown"),
    "an address of another tenant": (claims(email=OTHER), "unknown"),
}


async def test_a_bad_id_token_signs_nobody_in(place: Place, issuer: Issuer) -> None:
    for bad, (spoil, word) in BAD.items():
        issuer.id_claims, issuer.id_options, issuer.code_answer = {}, {}, None
        spoil(issuer)
        browser, at = await place.sign_in(issuer)
        assert error_of(at) == word, bad
        assert await place.who(browser) is None, bad
        assert COOKIE not in browser.cookies, bad


async def test_user_info_says_the_address_where_the_id_token_does_not_and_of_the_same_person(
    place: Place, issuer: Issuer
) -> None:
    issuer.id_claims = dict.fromkeys(("email", "email_verified"), DROPPED)
    assert error_of((await place.sign_in(issuer))[1]) == "unknown"
    issuer.user_info = {"sub": "another", "email": ADA, "email_verified": True}
    assert error_of((await place.sign_in(issuer))[1]) == "failed"
    issuer.user_info = {"sub": "f3a1c9", "email": ADA, "email_verified": True, "amr": ["mfa"]}
    browser, _ = await place.sign_in(issuer)
    assert await place.who(browser) is not None


async def test_an_address_that_is_somebody_elses_by_now_does_not_change_whose_account_it_is(
    place: Place, issuer: Issuer
) -> None:
    await place.sign_in(issuer)
    issuer.id_claims = {"sub": "new"}
    assert error_of((await place.sign_in(issuer))[1]) == "unknown"
    place.core.database.write_now(lambda tx: tx.execute("UPDATE users SET status = 'blocked'"))
    issuer.id_claims = {}
    assert error_of((await place.sign_in(issuer))[1]) == "refused"


async def test_a_provider_opens_accounts_of_its_tenant_only(
    place: Place, issuer: Issuer, issuers: tuple[Issuer, Issuer]
) -> None:
    link = credentials.add_link
    key = bearers.subject_key(issuers[1].name, "f3a1c9")
    place.core.database.write_now(
        lambda tx: link(tx, accounts.find(tx, ADA).id, key, issuers[1].name)
    )  # as a bug would
    assert error_of((await place.sign_in(issuers[1], provider=place.theirs))[1]) == "refused"
    token = issuers[1].token(claims={"aud": CLIENT})
    place.core.bearer = place.service.prove
    answer = await place.browser().get("/api/user/usage", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    mine = issuer.token(claims={"aud": CLIENT})
    browser = place.browser()
    headers = {"Authorization": f"Bearer {mine}"}
    assert (await browser.get("/api/user/usage", headers=headers)).status_code == 200
    place.core.database.write_now(lambda tx: providers.switch(tx, place.mine, on=False))
    assert (await browser.get("/api/user/usage", headers=headers)).status_code == 401  # at once, though remembered


async def test_the_second_factor_here_is_asked_for_unless_it_was_there(place: Place, issuer: Issuer) -> None:
    await place.sign_in(issuer)

    def turn_on(tx: Tx) -> list[str]:
        account = accounts.find(tx, ADA)
        secret = secondfactor.new_secret()
        secondfactor.begin(tx, place.core, account, secret, issuer="x")
        return secondfactor.confirm(tx, place.core, account, pyotp.TOTP(secret).now(), client="")

    codes = place.core.database.write_now(turn_on)
    browser, at = await place.sign_in(issuer, next_page="/app/settings")
    assert at.startswith("/app/sign-in?code=wanted")
    assert await place.who(browser) is None
    assert len(place.audited("sign-in")) == 1  # the one of before
    wrong = await browser.post("/api/session/oidc/code", json={"code": "000000"})
    assert wrong.status_code == 401
    kept = browser.cookies.get("mailwright_sign_on_code")
    former = signon._opened(place.core, str(kept).strip('"'), signon.WAITING, signon.CODE)
    del former["signing"]  # by the release before
    old = place.browser()
    old.cookies.set("mailwright_sign_on_code", signon._sealed(place.core, former, signon.WAITING))
    assert (await old.post("/api/session/oidc/code", json={"code": codes[0]})).status_code == 401
    right = await browser.post("/api/session/oidc/code", json={"code": codes[0]})
    assert (right.status_code, right.json()["next"]) == (200, "/app/settings")
    assert await place.who(browser) is not None
    assert len(place.audited("sign-in")) == 2
    browser.cookies.set("mailwright_sign_on_code", str(kept))
    assert (await browser.post("/api/session/oidc/code", json={"code": codes[1]})).status_code == 401  # once
    issuer.id_claims = {"amr": ["pwd", "mfa"]}
    assert (await place.sign_in(issuer))[1] == "/app"


@pytest.mark.parametrize("how", ["everywhere", "there", "there, that session", "switched off"])
async def test_who_is_asked_for_a_second_factor_comes_in_only_while_the_providers_word_stands(
    place: Place, issuer: Issuer, how: str
) -> None:
    await place.sign_in(issuer)
    core = place.core

    def turn_on(tx: Tx) -> list[str]:
        account, secret = accounts.find(tx, ADA), secondfactor.new_secret()
        secondfactor.begin(tx, core, account, secret, issuer="x")
        return secondfactor.confirm(tx, core, account, pyotp.TOTP(secret).now(), client="")

    codes = core.database.write_now(turn_on)
    issuer.id_claims = {"sid": "of this browser"}
    browser, at = await place.sign_in(issuer)
    assert at.startswith("/app/sign-in?code=wanted")
    if how == "everywhere":
        core.database.write_now(lambda tx: sessions.end_all(tx, accounts.find(tx, ADA), client=""))
    elif how == "switched off":
        core.database.write_now(lambda tx: providers.switch(tx, place.mine, on=False))
    else:
        said = {"sid": "of this browser", "sub": DROPPED} if "session" in how else {"sid": DROPPED}
        answer = await place.browser().post(
            f"/api/session/oidc/{place.mine.id}/backchannel",
            data={"logout_token": issuer.logout_token(CLIENT, claims=said)},
        )
        assert answer.status_code == 200, answer.text
    answer = await browser.post("/api/session/oidc/code", json={"code": codes[0]})
    assert answer.status_code == 401
    assert await place.who(browser) is None


async def test_roles_follow_what_the_provider_says_up_and_down(place: Place, issuer: Issuer) -> None:
    place.change(roles_claim="realm_access.roles", roles={"boss": "admin", "desk": "support"})

    async def role(said: Any) -> str:
        issuer.id_claims = said
        browser, _ = await place.sign_in(issuer)
        who = await place.who(browser)
        assert who is not None
        assert who["user"]["operator"] is False
        return str(who["user"]["role"])

    assert await role({}) == "user"
    assert await role({"realm_access": {"roles": ["desk", "boss", 7]}}) == "admin"
    assert await role({"realm_access": {"roles": ["desk"]}}) == "support"
    assert await role({"realm_access": "boss"}) == "user"  # a down-grade, where nothing is said
    assert place.audited("user.role-is-admin") == [(issuer.name, ADA)]
    assert place.audited("user.role-is-user") == [(issuer.name, ADA)]
    place.core.database.write_now(
        lambda tx: tx.execute("UPDATE users SET role = 'admin', operator = ? WHERE email = ?", (True, ADA))
    )
    issuer.id_claims = {"realm_access": {"roles": []}}
    browser, _ = await place.sign_in(issuer)
    who = await place.who(browser)
    assert who is not None
    assert who["user"]["operator"] is True
    place.core.database.write_now(
        lambda tx: tx.execute("UPDATE users SET role = 'support', operator = ? WHERE email = ?", (False, ADA))
    )
    place.change(roles={})
    assert await role({"realm_access": {"roles": ["boss"]}}) == "support"  # no map: as it is here


async def test_people_nobody_added_come_in_with_a_mailbox_where_the_domain_is_the_tenants(
    place: Place, issuer: Issuer
) -> None:
    place.change(adds_users=True)
    for subject, email, mailbox in (("1", "New@mailwright.test", True), ("2", "guest@example.org", False)):
        issuer.id_claims = {"sub": subject, "email": email, "name": "New\x00 One"}
        browser, at = await place.sign_in(issuer)
        who = await place.who(browser)
        assert who is not None, at
        assert (who["user"]["has_mailbox"], who["user"]["name"]) == (mailbox, "New One")
    place.core.database.write_now(lambda tx: accounts.add_alias(tx, "sales@mailwright.test", (ADA,)))
    for email in ("x@second.test", "postmaster@mailwright.test", "ada+x@mailwright.test", "sales@mailwright.test"):
        issuer.id_claims = {"sub": email, "email": email}
        assert error_of((await place.sign_in(issuer))[1]) == "unknown", email


async def test_who_signs_out_here_is_sent_to_sign_out_there(place: Place, issuer: Issuer) -> None:
    async def signed_out() -> httpx.Response:
        browser, _ = await place.sign_in(issuer)
        who = await place.who(browser)
        assert who is not None
        answer = await browser.delete("/api/session", headers={"X-CSRF-Token": who["csrf"], "Origin": URL})
        assert await place.who(browser) is None
        return answer

    answer = await signed_out()
    parts = urlsplit(answer.json()["go"])
    asked = parse_qs(parts.query)
    assert parts.path.endswith("/logout")
    assert asked["post_logout_redirect_uri"] == [f"{URL}/app/sign-in"]
    assert asked["id_token_hint"][0].count(".") == 2
    place.change(signs_out=False)
    assert (await signed_out()).status_code == 204


FORGED: dict[str, dict[str, Any]] = {
    "for another client": {"audience": "another"},
    "with a nonce": {"claims": {"nonce": "x"}},
    "without events": {"claims": {"events": DROPPED}},
    "of another event": {"claims": {"events": {"https://example.org/x": {}}}},
    "without an id": {"claims": {"jti": DROPPED}},
    "of nobody": {"claims": {"sub": DROPPED, "sid": DROPPED}},
    "of another issuer": {"claims": {"iss": "https://eve.example"}},
    "expired": {"at": time.time() - 2 * HOUR},
    "signed by nobody we know": {"alg": "HS256", "key": shared("a secret" * 8), "kid": "x"},
}


async def test_a_sign_out_there_ends_what_it_vouched_for_once(place: Place, issuer: Issuer) -> None:
    browser, _ = await place.sign_in(issuer)
    path = f"/api/session/oidc/{place.mine.id}/backchannel"
    outside = place.browser()

    async def told(token: str, at: str = path) -> int:
        return (await outside.post(at, data={"logout_token": token})).status_code

    for name, said in FORGED.items():
        token = issuer.logout_token(**{"audience": CLIENT, **said})
        assert await told(token) == 400, name
    assert await told(issuer.token(claims={"aud": CLIENT})) == 400  # a good access token
    assert await told("") == 400
    good = issuer.logout_token(CLIENT)
    assert await told(good, path.replace(place.mine.id, place.theirs.id)) == 400
    assert await told(issuer.logout_token(CLIENT, claims={"sid": "another"})) == 200
    assert await place.who(browser) is not None
    before = place.core.database.read_now(
        lambda tx: tx.scalar("SELECT count(*) FROM events WHERE kind = ?", (SIGNED_OUT,))
    )
    assert await told(good) == 200
    assert await place.who(browser) is None
    after = place.core.database.read_now(
        lambda tx: tx.scalar("SELECT count(*) FROM events WHERE kind = ?", (SIGNED_OUT,))
    )
    assert after > before  # live connections hear of it
    browser, at = await place.sign_in(issuer)  # at once, in the same second
    assert at == "/app"
    assert await told(good) == 400  # said again
    assert await place.who(browser) is not None
    by_person = issuer.logout_token(CLIENT, claims={"sid": DROPPED})
    assert await told(by_person) == 200
    assert await place.who(browser) is None


async def test_what_a_link_opened_is_closed_with_it(place: Place, issuer: Issuer) -> None:
    browser, _ = await place.sign_in(issuer)
    place.core.database.write_now(lambda tx: bearers.unlink(tx, accounts.find(tx, ADA)))
    assert await place.who(browser) is None


async def test_a_session_is_signed_out_from_there_though_its_link_is_gone(place: Place, issuer: Issuer) -> None:
    browser, _ = await place.sign_in(issuer)
    place.core.database.write_now(lambda tx: credentials.remove_kind(tx, accounts.find(tx, ADA).id, credentials.OIDC))
    path = f"/api/session/oidc/{place.mine.id}/backchannel"
    told = await place.browser().post(path, data={"logout_token": issuer.logout_token(CLIENT)})
    assert told.status_code == 200
    assert await place.who(browser) is None


async def test_sign_out_everywhere_ends_sessions_of_providers_too(place: Place, issuer: Issuer) -> None:
    browser, _ = await place.sign_in(issuer)
    place.core.database.write_now(lambda tx: sessions.end_all(tx, accounts.find(tx, ADA), client=""))
    assert await place.who(browser) is None
    assert (await place.sign_in(issuer))[1] == "/app"


async def test_a_service_comes_through_the_doors_it_was_linked_for(place: Place, issuer: Issuer) -> None:
    core = place.core
    core.bearer = place.service.prove

    def link(tx: Tx) -> Account:
        mine = providers.find(tx, place.mine.id)
        return providers.add_service(
            tx, core, mine.issuer, mine.tenant_id, "reports@mailwright.test", subject="reporter", doors=("api",)
        )

    service = core.database.write_now(link)
    nobody = dict.fromkeys(("email", "email_verified", "name"), DROPPED)
    token = issuer.token(claims={**nobody, "sub": "reporter", "client_id": "reporter", "aud": CLIENT})
    browser = place.browser()
    headers = {"Authorization": f"Bearer {token}"}
    assert (await browser.get("/jmap/session", headers=headers)).json()["username"] == service.email
    for door in ("imap", "smtp", "sieve", "grpc"):
        with pytest.raises(AuthenticationFailed, match="may not come"):
            await bearers.authenticate(core, "", token, client="192.0.2.9", door=door)
    issuer.id_claims = {"sub": "reporter"}
    assert error_of((await place.sign_in(issuer))[1]) == "refused"  # nor by a browser
    assert [actor for actor, _ in place.audited("sign-in")] == [service.email]
    core.database.write_now(lambda tx: bearers.link(tx, accounts.find(tx, ADA), issuer.name, "ada"))
    tenant_id = place.mine.tenant_id
    with pytest.raises(BadInput, match="person's account"):
        core.database.write_now(
            lambda tx: providers.add_service(tx, core, issuer.name, tenant_id, ADA, subject="x", doors=("api",))
        )
    [(_, found)] = core.database.read_now(lambda tx: providers.services(tx, place.mine.issuer))
    core.database.write_now(lambda tx: providers.remove_service(tx, place.mine.issuer, found.id))
    assert (await browser.get("/jmap/session", headers=headers)).status_code == 401


async def test_a_provider_that_is_away_is_to_be_tried_later(place: Place, issuer: Issuer) -> None:
    issuer.status = 503
    answer = await place.browser().get(f"/api/session/oidc/{place.mine.id}")
    assert error_of(answer.headers["location"]) == "away"
    place.core.bearer = place.service.prove
    token = issuer.token(claims={"aud": CLIENT})
    answer = await place.browser().get("/api/user/usage", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 503
    issuer.status = 200
    _, at = await place.sign_in(issuer)
    assert at == "/app" or error_of(at) == "away"  # its keys are asked for again after half a minute
    assert (await place.browser().get("/api/session/oidc/nonsense")).headers["location"].endswith("error=failed")


async def test_the_issuer_of_the_settings_is_no_tenants(place: Place, issuer: Issuer, tmp_path: Path) -> None:
    core = place.core
    settings = load(data=tmp_path / "none", oidc_issuer=issuer.name, oidc_client_id=CLIENT)
    with pytest.raises(BadInput, match="take one away"):
        await SignOn(settings, core).start()
    core.settings = replace(core.settings, own_issuer="https://own.example")
    with pytest.raises(AlreadyExists, match="of the settings"):
        core.database.write_now(
            lambda tx: providers.add(tx, core, place.mine.tenant_id, "https://own.example", Wanted("x", CLIENT))
        )
    key = bearers.subject_key(place.theirs.issuer, "ada")
    core.database.write_now(lambda tx: credentials.add_link(tx, accounts.find(tx, ADA).id, key, place.theirs.issuer))
    core.database.write_now(lambda tx: providers.remove(tx, place.theirs))  # of another tenant: not Ada's to lose
    assert core.database.read_now(lambda tx: credentials.link_of(tx, key)) is not None


async def test_who_is_on_the_way_arrives_though_the_provider_is_changed_meanwhile(place: Place, issuer: Issuer) -> None:
    browser = place.browser()
    out = await browser.get(f"/api/session/oidc/{place.mine.id}")
    [before] = place.service._made.values()
    place.change(name="Another name")
    back = await browser.get(issuer.authorize(out.headers["location"]))
    assert back.headers["location"] == "/app"
    assert before.client is not None
    assert before.client._http is not None  # open still for whoever was in the middle of a call
    place.core.database.write_now(lambda tx: providers.remove(tx, providers.find(tx, place.mine.id)))
    await place.service._look()
    assert place.service._made == {}  # nor is what is gone kept for ever
    await place.service.close()
    assert before.client._http is None


async def test_a_removed_provider_is_forgotten_with_who_was_who(place: Place, issuer: Issuer) -> None:
    browser, _ = await place.sign_in(issuer)
    place.core.database.write_now(lambda tx: providers.remove(tx, providers.find(tx, place.mine.id)))
    assert await place.who(browser) is None
    assert place.core.database.read_now(lambda tx: credentials.links(tx, accounts.find(tx, ADA).id)) == []


async def test_a_provider_inside_is_asked_nothing_unless_operators_allow_it(
    place: Place, issuer: Issuer, tmp_path: Path
) -> None:
    strict = SignOn(load(data=tmp_path / "none"), place.core)
    issuer.asked.clear()
    try:
        with pytest.raises(TryLater, match="https"):
            await strict.prove(issuer.token(claims={"aud": CLIENT}))
        with pytest.raises(TryLater, match="https"):
            await strict.errand(place.mine.id, f"{URL}/back")
        looks = {name: ok for name, ok, _ in await strict.check(place.mine.id)}
        assert looks == {"address": False, "discovery": False, "keys": False}
    finally:
        await strict.close()
    own = SignOn(
        load(data=tmp_path / "none", oidc_issuer=issuer.name, oidc_audience=CLIENT, oidc_client_id=CLIENT), place.core
    )
    assert issuer.asked == []
    try:
        assert (await own.prove(issuer.token(claims={"aud": CLIENT}))).subject == "f3a1c9", (
            "whom the settings name is trusted"
        )
    finally:
        await own.close()
