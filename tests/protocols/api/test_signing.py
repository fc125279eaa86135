"""Signing in with a browser: sessions, links, the second factor, and what other sites cannot do with them."""

from __future__ import annotations

import re
import time

import pyotp
import pytest

from mailwright.core import Core, access, accounts, sessions, signinlinks
from mailwright.domain import clock
from mailwright.domain.brand import Brand
from mailwright.protocols.identity import COOKIE, SECURE_COOKIE, Web
from mailwright.storage import Tx, audit
from mailwright.storage import accounts as account_rows
from tests.protocols.api.people import PASSWORD, Browser, MakeBrowser

ADA, BASHIR = "ada@mailwright.test", "bashir@mailwright.test"


def _actions(core: Core, actor: str = ADA) -> list[str]:
    return [entry.action for _, entry in core.database.read_now(lambda tx: audit.listing(tx, actor=actor))]


async def test_a_password_opens_a_session_and_signing_out_ends_it(core: Core, browser: MakeBrowser) -> None:
    ada = browser()
    assert (await ada.get("/api/session")).status_code == 401
    answer = await ada.sign_in("Ada@Mailwright.TEST")
    assert answer.status_code == 200
    assert answer.json()["user"]["email"] == ADA
    assert (await ada.get("/api/session")).json()["csrf"] == ada.csrf
    token = ada.http.cookies[COOKIE]
    assert (await ada.change("DELETE", "/api/session")).status_code == 204
    ada.http.cookies.set(COOKIE, token)
    assert (await ada.get("/api/session")).status_code == 401
    assert {"sign-in", "session.opened-by-password", "session.ended"} <= set(_actions(core))


async def test_the_cookie_is_for_this_host_and_no_script(browser: MakeBrowser) -> None:
    plain, tls = browser(), browser(web=Web("https://mail.example.org"))
    first = (await plain.sign_in(ADA)).headers["set-cookie"]
    assert "HttpOnly" in first
    assert "SameSite=lax" in first
    assert "Secure" not in first
    second = (await tls.sign_in(ADA, remember=True)).headers["set-cookie"]
    assert second.startswith(SECURE_COOKIE)
    assert "Secure" in second
    assert "Max-Age" in second
    assert "Domain" not in second


async def test_a_session_is_new_at_every_sign_in_and_nobody_fixes_it(browser: MakeBrowser) -> None:
    ada = browser()
    ada.http.cookies.set(COOKIE, "what a stranger put there before")
    await ada.sign_in(ADA)
    first = [
        cookie.value for cookie in ada.http.cookies.jar if cookie.name == COOKIE and cookie.domain == "localhost.local"
    ]
    assert "what a stranger put there before" not in first
    stranger = browser()
    stranger.http.cookies.set(COOKIE, "what a stranger put there before")
    assert (await stranger.get("/api/session")).status_code == 401


async def test_signing_in_again_leaves_one_session(browser: MakeBrowser) -> None:
    ada = browser()
    await ada.sign_in(ADA)
    await ada.sign_in(ADA)
    assert len((await ada.get("/api/account/sessions")).json()["sessions"]) == 1


async def test_signing_out_everywhere_ends_every_session(browser: MakeBrowser) -> None:
    here, there = browser(), browser()
    await here.sign_in(ADA)
    await there.sign_in(ADA)
    assert len((await here.get("/api/account/sessions")).json()["sessions"]) == 2
    assert (await here.change("DELETE", "/api/account/sessions")).status_code == 204
    for each in (here, there):
        assert (await each.get("/api/session")).status_code == 401


async def test_nobody_ends_the_session_of_somebody_else(browser: MakeBrowser) -> None:
    ada, bashir = browser(), browser()
    await ada.sign_in(ADA)
    await bashir.sign_in(BASHIR)
    theirs = (await ada.get("/api/account/sessions")).json()["sessions"][0]["id"]
    assert (await bashir.change("DELETE", f"/api/account/sessions/{theirs}")).status_code == 404
    assert (await ada.get("/api/session")).status_code == 200


@pytest.mark.parametrize("session_id", ["1", "%00", "..%2F..", "x" * 300, "0199f000-0000-7000-8000-000000000000"])
async def test_a_session_that_is_none_is_not_found(browser: MakeBrowser, session_id: str) -> None:
    ada = browser()
    await ada.sign_in(ADA)
    assert (await ada.change("DELETE", f"/api/account/sessions/{session_id}")).status_code == 404


async def test_a_change_without_the_token_of_the_session_is_refused(browser: MakeBrowser) -> None:
    ada, bashir = browser(), browser()
    await ada.sign_in(ADA)
    await bashir.sign_in(BASHIR)
    change = {"json": {"tone": "terse"}}
    for headers in (
        {},
        {"X-CSRF-Token": "guessed"},
        {"X-CSRF-Token": bashir.csrf},
        {"X-CSRF-Token": ada.csrf, "Origin": "https://evil.example"},
        {"X-CSRF-Token": ada.csrf, "Origin": "null"},
        {"X-CSRF-Token": ada.csrf, "Sec-Fetch-Site": "cross-site"},
        {"X-CSRF-Token": ada.csrf, "Sec-Fetch-Site": "same-site"},
    ):
        answer = await ada.http.patch("/api/account/preferences", headers=headers, **change)
        assert answer.status_code == 403, headers
    assert (await ada.change("PATCH", "/api/account/preferences", **change)).status_code == 200


async def test_another_site_signs_nobody_in(browser: MakeBrowser) -> None:
    ada = browser()
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await ada.http.post("/api/session", json={"email": ADA, "password": PASSWORD}, headers=headers)
        assert answer.status_code == 403
        answer = await ada.http.post("/api/session/link", json={"email": ADA}, headers=headers)
        assert answer.status_code == 403


async def test_a_session_ends_when_nobody_uses_it_and_with_the_account(
    core: Core, browser: MakeBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = browser()
    await ada.sign_in(ADA)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + sessions.IDLE + clock.SECOND)
    assert (await ada.get("/api/session")).status_code == 401
    monkeypatch.undo()
    assert (await ada.get("/api/session")).status_code == 200
    account = core.database.read_now(lambda tx: accounts.find(tx, ADA))
    core.database.write_now(lambda tx: account_rows.set_status(tx, account.id, "blocked"))
    assert (await ada.get("/api/session")).status_code == 401
    assert (await ada.sign_in(ADA)).status_code == 401


async def test_a_session_in_use_goes_on_but_not_for_ever(
    core: Core, browser: MakeBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = browser()
    await ada.sign_in(ADA, remember=True)
    began = clock.now()
    for days in range(20, 90, 20):
        monkeypatch.setattr(clock, "now", lambda days=days: began + days * clock.DAY)
        assert (await ada.get("/api/session")).status_code == 200, days
    monkeypatch.setattr(clock, "now", lambda: began + sessions.LONGEST + clock.SECOND)
    assert (await ada.get("/api/session")).status_code == 401


async def test_wrong_passwords_are_counted_whoever_exists(browser: MakeBrowser) -> None:
    for email in (ADA, "nobody@mailwright.test"):
        guesser = browser()
        answers = [(await guesser.sign_in(email, "wrong guess")).status_code for _ in range(11)]
        assert answers == [401] * 10 + [429]


async def test_a_database_away_is_said_so_and_opens_nothing(browser: MakeBrowser, away: None) -> None:
    assert (await browser().sign_in(ADA)).status_code == 503


# --- links ----------------------------------------------------------------------------------------------------------


def _link(core: Core) -> tuple[str, str]:
    """The recipient and the token of the newest mail that waits in the outbox."""

    def look(tx: Tx) -> tuple[str, str]:
        recipient, blob_id = tx.all("SELECT recipient, blob_id FROM outbox ORDER BY id DESC LIMIT 1")[0]
        return recipient, blob_id

    recipient, blob_id = core.database.read_now(look)
    text = core.blobs.read_now(blob_id).decode().replace("=\r\n", "")
    found = re.search(r"/app/sign-in#link=3D([\w-]+)|/app/sign-in#link=([\w-]+)", text)
    assert found is not None
    return recipient, found[1] or found[2]


async def test_a_link_in_a_mail_signs_in_once(core: Core, browser: MakeBrowser) -> None:
    ada, thief = browser(), browser()
    assert (await ada.http.post("/api/session/link", json={"email": "ADA@mailwright.test"})).status_code == 202
    recipient, token = _link(core)
    assert recipient == ADA
    answer = await ada.http.post("/api/session/link/redeem", json={"token": token})
    assert answer.status_code == 200
    assert answer.json()["session"]["authenticated_by"] == "link"
    again = await thief.http.post("/api/session/link/redeem", json={"token": token})
    assert again.status_code == 401
    assert "set-cookie" not in again.headers


async def test_a_link_expires_after_a_quarter_of_an_hour(
    core: Core, browser: MakeBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = browser()
    await ada.http.post("/api/session/link", json={"email": ADA})
    _, token = _link(core)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + signinlinks.VALID + clock.SECOND)
    assert (await ada.http.post("/api/session/link/redeem", json={"token": token})).status_code == 401


@pytest.mark.parametrize("email", ["nobody@mailwright.test", "stranger@example.org", "no address", "", "main@x\x00y"])
async def test_nobody_learns_from_a_link_whether_there_is_such_a_person(
    core: Core, browser: MakeBrowser, email: str
) -> None:
    answer = await browser().http.post("/api/session/link", json={"email": email})
    assert (answer.status_code, answer.json()) == (202, {})
    assert core.database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM outbox")) == 0


async def test_asking_takes_as_long_for_nobody_as_for_somebody(browser: MakeBrowser) -> None:
    for email in (ADA, "nobody@mailwright.test", "stranger@example.org"):
        began = time.monotonic()
        await browser().http.post("/api/session/link", json={"email": email})
        assert time.monotonic() - began >= signinlinks.PACE_SECONDS


@pytest.mark.parametrize("who", ["support", "admin", "shared"])
async def test_who_reads_the_mail_of_others_does_not_become_them_by_a_link(
    core: Core, browser: MakeBrowser, who: str
) -> None:
    def arrange(tx: Tx) -> None:
        ada = accounts.find(tx, ADA)
        if who == "shared":
            access.set_acl(tx, ada, access.by_name(tx, ada, "INBOX"), BASHIR, "lr")
        else:
            tx.execute("UPDATE users SET role = ? WHERE id = ?", (who, ada.id))

    core.database.write_now(arrange)
    assert (await browser().http.post("/api/session/link", json={"email": ADA})).status_code == 202
    assert core.database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM outbox")) == 0
    assert "sign-in-link.for-nobody" in _actions(core)


async def test_one_address_gets_few_links(core: Core, browser: MakeBrowser) -> None:
    for _ in range(5):
        assert (await browser().http.post("/api/session/link", json={"email": ADA})).status_code == 202
    assert core.database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM outbox")) == 3


async def test_an_outside_sender_signs_in_by_link_and_has_no_mail_here(core: Core, browser: MakeBrowser) -> None:
    tenant = core.database.read_now(lambda tx: accounts.find(tx, ADA)).tenant_id
    core.database.write_now(lambda tx: accounts.add_guest(tx, tenant, "dana@example.org", display_name="Dana"))
    dana = browser()
    await dana.http.post("/api/session/link", json={"email": "dana@example.org"})
    recipient, token = _link(core)
    assert recipient == "dana@example.org"
    answer = await dana.http.post("/api/session/link/redeem", json={"token": token})
    dana.csrf = answer.json()["csrf"]
    assert answer.json()["user"]["has_mailbox"] is False
    wanted = {"label": "phone", "scopes": ["imap"]}
    assert (await dana.post("/api/account/app-passwords", json=wanted)).status_code == 403
    assert (await dana.get("/jmap/session")).status_code == 403
    assert (await dana.get("/api/user/usage")).status_code == 200


async def test_links_are_in_no_log_and_no_audit(
    core: Core, browser: MakeBrowser, logs: list[dict[str, object]]
) -> None:
    ada = browser()
    await ada.http.post("/api/session/link", json={"email": ADA})
    _, token = _link(core)
    await ada.http.post("/api/session/link/redeem", json={"token": token})
    rows = core.database.read_now(lambda tx: tx.all("SELECT * FROM audit_events"))
    assert token not in repr(logs) + repr(rows)
    assert ada.http.cookies[COOKIE] not in repr(logs) + repr(rows)


# --- the second factor ----------------------------------------------------------------------------------------------


async def _second_factor(ada: Browser) -> tuple[pyotp.TOTP, list[str]]:
    begun = (await ada.post("/api/account/totp", json={"password": PASSWORD})).json()
    assert begun["qr_svg"].startswith("<svg")
    totp = pyotp.TOTP(begun["secret"])
    confirmed = await ada.post("/api/account/totp/confirm", json={"code": totp.now()})
    assert confirmed.status_code == 200
    return totp, confirmed.json()["recovery_codes"]


async def test_with_a_second_factor_the_password_alone_opens_nothing(core: Core, browser: MakeBrowser) -> None:
    ada = browser()
    await ada.sign_in(ADA)
    totp, recovery = await _second_factor(ada)
    other = browser()
    answer = await other.sign_in(ADA)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "second_factor_required")
    wrong = await other.sign_in(ADA, code="000000")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "authentication_failed")
    used = totp.now()  # it confirmed the set-up
    assert (await other.sign_in(ADA, code=used)).status_code == 401
    assert (await other.sign_in(ADA, code=totp.at(clock.now() // clock.SECOND + 30))).status_code == 200
    assert (await browser().sign_in(ADA, code=recovery[0].upper())).status_code == 200
    assert (await browser().sign_in(ADA, code=recovery[0])).status_code == 401
    assert (await ada.get("/api/account/totp")).json() == {
        "enabled": True,
        "recovery_codes_left": 9,
        "has_password": True,
    }


async def test_with_a_second_factor_mail_programs_need_app_passwords(core: Core, browser: MakeBrowser) -> None:
    ada = browser()
    await ada.sign_in(ADA)
    made = (await ada.post("/api/account/app-passwords", json={"label": "phone"})).json()
    await _second_factor(ada)
    with pytest.raises(Exception, match="wrong"):
        await accounts.authenticate(core, ADA, PASSWORD, client="127.0.0.1", scope="imap")
    account = await accounts.authenticate(core, ADA, made["password"], client="127.0.0.1", scope="imap")
    assert account.email == ADA
    assert (await browser().sign_in(ADA, made["password"])).status_code == 401  # it is for no page


async def test_a_link_asks_for_the_second_factor_and_waits_for_it(core: Core, browser: MakeBrowser) -> None:
    ada = browser()
    await ada.sign_in(ADA)
    _, recovery = await _second_factor(ada)
    other = browser()
    await other.http.post("/api/session/link", json={"email": ADA})
    _, token = _link(core)
    answer = await other.http.post("/api/session/link/redeem", json={"token": token})
    assert answer.json()["error"]["code"] == "second_factor_required"
    answer = await other.http.post("/api/session/link/redeem", json={"token": token, "code": recovery[1]})
    assert answer.status_code == 200


async def test_the_second_factor_goes_with_password_and_code(browser: MakeBrowser) -> None:
    ada = browser()
    await ada.sign_in(ADA)
    _, recovery = await _second_factor(ada)
    refused = await ada.post("/api/account/totp/disable", json={"password": PASSWORD, "code": "123456"})
    assert refused.status_code == 401
    gone = await ada.post("/api/account/totp/disable", json={"password": PASSWORD, "code": recovery[2]})
    assert gone.status_code == 204
    assert (await browser().sign_in(ADA)).status_code == 200


async def test_the_shared_secret_is_sealed(core: Core, browser: MakeBrowser) -> None:
    ada = browser()
    await ada.sign_in(ADA)
    secret = (await ada.post("/api/account/totp", json={"password": PASSWORD})).json()["secret"]
    assert secret not in repr(core.database.read_now(lambda tx: tx.all("SELECT * FROM credentials")))


# --- one's own account ----------------------------------------------------------------------------------------------


async def test_a_new_password_ends_the_other_sessions(browser: MakeBrowser) -> None:
    here, there = browser(), browser()
    await here.sign_in(ADA)
    await there.sign_in(ADA)
    wrong = await here.post("/api/account/password", json={"current": "not it", "new": "another long one"})
    assert wrong.status_code == 401
    short = await here.post("/api/account/password", json={"current": PASSWORD, "new": "short"})
    assert short.status_code == 400
    done = await here.post("/api/account/password", json={"current": PASSWORD, "new": "another long one"})
    assert done.status_code == 204
    assert (await here.get("/api/session")).status_code == 200
    assert (await there.get("/api/session")).status_code == 401
    assert (await browser().sign_in(ADA, "another long one")).status_code == 200


async def test_app_passwords_are_made_listed_and_taken_back(browser: MakeBrowser) -> None:
    ada, bashir = browser(), browser()
    await ada.sign_in(ADA)
    await bashir.sign_in(BASHIR)
    made = (await ada.post("/api/account/app-passwords", json={"label": "phone", "scopes": ["imap", "jmap"]})).json()
    listed = (await ada.get("/api/account/app-passwords")).json()["app_passwords"]
    assert [each["id"] for each in listed] == [made["id"]]
    assert "password" not in listed[0]
    assert (await bashir.change("DELETE", f"/api/account/app-passwords/{made['id']}")).status_code == 404
    assert (await ada.change("DELETE", f"/api/account/app-passwords/{made['id']}")).status_code == 204


async def test_preferences_change_one_by_one_and_stay_sane(browser: MakeBrowser) -> None:
    ada = browser()
    await ada.sign_in(ADA)
    for change in ({"time_zone": "Europe/Berlin"}, {"undo_seconds": 10}, {"display": {"theme": "dark"}}):
        assert (await ada.change("PATCH", "/api/account/preferences", json=change)).status_code == 200
    known = (await ada.get("/api/account/preferences")).json()
    assert (known["time_zone"], known["undo_seconds"], known["display"]) == ("Europe/Berlin", 10, {"theme": "dark"})
    for bad in (
        {"time_zone": "../../etc/passwd"},
        {"time_zone": "Europe/Atlantis"},
        {"undo_seconds": 90_000},
        {"display": {"x": "y" * 9000}},
    ):
        assert (await ada.change("PATCH", "/api/account/preferences", json=bad)).status_code in (400, 422), bad


async def test_programs_sign_every_request_and_do_not_change_the_account(browser: MakeBrowser) -> None:
    program = browser()
    program.http.auth = (ADA, PASSWORD)
    answer = await program.http.patch("/api/account/preferences", json={"tone": "terse"})
    assert answer.status_code == 403


async def test_a_proxy_of_ours_says_who_the_client_is_and_nobody_else_does() -> None:
    class Asked:
        def __init__(self, peer: str, forwarded: str) -> None:
            self.client = type("Peer", (), {"host": peer})
            self.headers = type("Headers", (), {"getlist": lambda _self, _name: [forwarded] if forwarded else []})()

    web = Web.of("https://mail.example.org", ["10.0.0.0/8"], brand=Brand())
    assert web.client_of(Asked("10.0.0.1", "203.0.113.9, 198.51.100.7")) == "198.51.100.7"  # type: ignore[arg-type]
    assert web.client_of(Asked("10.0.0.1", "203.0.113.9, 10.0.0.2")) == "203.0.113.9"  # type: ignore[arg-type]
    assert web.client_of(Asked("192.0.2.1", "203.0.113.9")) == "192.0.2.1"  # type: ignore[arg-type]
    assert web.client_of(Asked("10.0.0.1", "nonsense")) == "10.0.0.1"  # type: ignore[arg-type]
