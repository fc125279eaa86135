"""Approvals, grants, the switch and held mail over HTTP: everybody's own, with a browser's session, and the page behind the link."""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import Any

import httpx
import pytest

from mailwright.codecs import mime
from mailwright.core import Core, accounts, approvals, domains, outbox, stops
from mailwright.domain.addresses import Address
from mailwright.domain.clock import DAY, now
from mailwright.domain.ids import new_id
from mailwright.protocols.identity import Web
from mailwright.storage import Tx, assignments, audit
from mailwright.storage import approvals as rows
from mailwright.storage.approvals import Approval
from mailwright.storage.audit import SYSTEM
from tests.protocols.api.people import MakeBrowser, give_password

AGENT = "main@mailwright.test"
EVIL = '<script>alert(1)</script><img src="https://evil.example/x">'


@pytest.fixture
def agent_id(core: Core) -> str:
    def write(tx: Tx) -> str:
        agent = accounts.add_agent(tx, core, AGENT, display_name="Mini Mouse")
        assignments.add(tx, agent.tenant_id, "employee", agent.id, grants=["send"])
        return agent.id

    return core.database.write_now(write)


def _id(core: Core, email: str) -> str:
    return core.database.read_now(lambda tx: accounts.find(tx, email)).id


def _letter(text: str = "The offer is attached.") -> bytes:
    return mime.compose(
        from_=mime.Mailbox("Mini Mouse", AGENT),
        to=[mime.Mailbox("", "chen@example.org")],
        subject=f"Our offer {EVIL}",
        text=f"{text} {EVIL}",
        message_id="<offer@mailwright.test>",
        date=now() // 1_000_000 * 1_000_000,
        attachments=[mime.Attachment("offer.pdf", b"%PDF-1.7", "application/pdf")],
    )


async def ask(core: Core, email: str = "ada@mailwright.test", *, token: str = "") -> Approval:
    """The employee asks; with a token, by a link too."""
    account = await core.read(lambda tx: accounts.find(tx, email))
    blob = await core.blobs.stage(account.tenant_id, _letter())

    def write(tx: Tx) -> Approval:
        made = approvals.ask(
            tx,
            core,
            tenant_id=account.tenant_id,
            user_id=account.id,
            task_id=new_id(),
            agent="employee",
            blob=blob,
            sender=AGENT,
            recipients=["chen@example.org"],
            subject=f"Our offer {EVIL}",
            message_id="<offer@mailwright.test>",
            summary="send the offer",
            because="chen@example.org is not named in what you wrote",
            correlation_id="c-1",
        )
        if token:
            rows.set_token(tx, made.id, approvals.digest_of(token))
        return made

    return await core.write(write)


async def status_of(core: Core, asked: Approval) -> str:
    return (await core.read(lambda tx: approvals.load(tx, asked.id))).status


# --- the dashboard --------------------------------------------------------------------------------------------------


async def test_one_sees_what_is_asked_exactly(core: Core, browser: MakeBrowser) -> None:
    asked = await ask(core)
    ada = browser()
    await ada.sign_in("ada@mailwright.test")
    listed = (await ada.get("/api/approvals?status=pending")).json()["approvals"]
    assert [each["id"] for each in listed] == [asked.id]
    shown = (await ada.get(f"/api/approvals/{asked.id}")).json()
    assert shown["recipients"] == ["chen@example.org"]
    assert shown["because"] == "chen@example.org is not named in what you wrote"
    assert shown["message"]["text"].startswith("The offer is attached.")
    assert shown["message"]["attachments"] == [{"name": "offer.pdf", "type": "application/pdf", "size": 8}]
    assert {"name": "To", "value": "chen@example.org"} in shown["message"]["headers"]
    raw = await ada.get(f"/api/approvals/{asked.id}/raw")
    assert raw.content == await core.blobs.read(asked.blob_id)
    assert raw.headers["content-type"] == "message/rfc822"
    assert raw.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in raw.headers["content-security-policy"]


async def test_a_yes_and_a_second_one(core: Core, browser: MakeBrowser) -> None:
    asked = await ask(core)
    ada = browser()
    await ada.sign_in("ada@mailwright.test")
    answers = await asyncio.gather(*(ada.post(f"/api/approvals/{asked.id}/approve") for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [200, 409, 409, 409]
    assert {each.json()["error"]["code"] for each in answers if each.status_code == 409} == {"already_decided"}
    assert (await ada.post(f"/api/approvals/{asked.id}/reject")).status_code == 409
    assert await status_of(core, asked) == "approved"


async def test_nobody_else_sees_or_decides_it(core: Core, browser: MakeBrowser) -> None:
    """Not another person, not support, not an admin, not somebody of another tenant, nobody without a session."""

    def more(tx: Tx) -> None:
        domains.add(tx, "elsewhere.test", tenant="elsewhere")
        accounts.add_user(tx, core, "support@mailwright.test", role="support")
        accounts.add_user(tx, core, "admin@mailwright.test", role="admin", operator=True)
        accounts.add_user(tx, core, "eve@elsewhere.test", role="admin")

    core.database.write_now(more)
    asked = await ask(core)
    for email in ("bashir@mailwright.test", "support@mailwright.test", "admin@mailwright.test", "eve@elsewhere.test"):
        give_password(core, email)
        person = browser()
        assert (await person.sign_in(email)).status_code == 200
        assert (await person.get("/api/approvals")).json()["approvals"] == []
        for method, path in (("GET", ""), ("GET", "/raw"), ("POST", "/approve"), ("POST", "/reject")):
            assert (await person.change(method, f"/api/approvals/{asked.id}{path}")).status_code == 404
    nobody = browser()
    assert (await nobody.get("/api/approvals")).status_code == 401
    assert (await nobody.post(f"/api/approvals/{asked.id}/approve")).status_code == 401
    by_password = await nobody.http.post(
        f"/api/approvals/{asked.id}/approve", auth=("ada@mailwright.test", "correct horse battery")
    )
    assert by_password.status_code == 403
    assert await status_of(core, asked) == "pending"


async def test_another_site_decides_nothing(core: Core, browser: MakeBrowser) -> None:
    asked = await ask(core)
    ada = browser()
    await ada.sign_in("ada@mailwright.test")
    path = f"/api/approvals/{asked.id}/approve"
    assert (await ada.http.post(path)).status_code == 403
    assert (await ada.post(path, headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    assert await status_of(core, asked) == "pending"


async def test_an_id_that_is_none_and_a_cursor_that_is_none_are_refused(core: Core, browser: MakeBrowser) -> None:
    ada = browser()
    await ada.sign_in("ada@mailwright.test")
    for bad in ("x", "%00", new_id(), "a" * 500):
        assert (await ada.get(f"/api/approvals/{bad}")).status_code == 404
        assert (await ada.change("DELETE", f"/api/agents/grants/{bad}")).status_code == 404
        assert (await ada.post(f"/api/agents/held/{bad}/cancel")).status_code == 404
    assert (await ada.get("/api/approvals?before=x")).status_code == 400
    assert (await ada.get("/api/approvals?status=lost")).status_code == 422


# --- the page behind the link ---------------------------------------------------------------------------------------


async def visit(browser: MakeBrowser, path: str, *, method: str = "GET", **form: str) -> httpx.Response:
    """Somebody with the link and no session."""
    return await browser().http.request(method, path, data=form or None)


async def test_a_look_changes_nothing_however_often_programs_look_first(core: Core, browser: MakeBrowser) -> None:
    token = secrets.token_urlsafe(32)
    asked = await ask(core, token=token)
    for method in ("GET", "HEAD", "GET", "OPTIONS"):
        await visit(browser, f"/approve/{token}", method=method)
    page = await visit(browser, f"/approve/{token}?decision=approve")
    assert page.status_code == 200
    assert await status_of(core, asked) == "pending"
    assert (await visit(browser, f"/approve/{token}", method="POST", decision="approve")).status_code == 200
    assert await status_of(core, asked) == "approved"


async def test_the_page_shows_the_message_as_text_and_never_the_token(core: Core, browser: MakeBrowser) -> None:
    token = secrets.token_urlsafe(32)
    await ask(core, token=token)
    page = await visit(browser, f"/approve/{token}")
    for words in ("chen@example.org", "The offer is attached.", "offer.pdf", "not named in what you wrote"):
        assert words in page.text
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "evil.example" in page.text
    assert 'src="https://evil' not in page.text
    assert token not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in page.headers["x-robots-tag"]
    assert not re.search(r"\son\w+=", page.text)


async def test_a_link_works_once_also_when_clicked_twice_at_once(core: Core, browser: MakeBrowser) -> None:
    token = secrets.token_urlsafe(32)
    asked = await ask(core, token=token)
    answers = await asyncio.gather(
        *(visit(browser, f"/approve/{token}", method="POST", decision=each) for each in ("approve", "reject") * 2)
    )
    assert sorted(each.status_code for each in answers) == [200, 404, 404, 404]
    decided = await status_of(core, asked)
    assert decided in ("approved", "rejected")
    again = await visit(browser, f"/approve/{token}", method="POST", decision="approve")
    assert again.status_code == 404
    assert "does not work any more" in again.text
    assert await status_of(core, asked) == decided


async def test_the_trail_says_that_it_was_the_link(core: Core, browser: MakeBrowser) -> None:
    token = secrets.token_urlsafe(32)
    asked = await ask(core, token=token)
    await visit(browser, f"/approve/{token}", method="POST", decision="reject")
    entries = await core.read(lambda tx: audit.listing(tx, actor="ada@mailwright.test"))
    assert (entries[0][1].action, entries[0][1].resource) == ("approval.rejected", f"approval:{asked.id} by link")


async def test_a_link_of_another_approval_and_a_made_up_one_open_nothing(core: Core, browser: MakeBrowser) -> None:
    token = secrets.token_urlsafe(32)
    asked = await ask(core, token=token)
    digest = approvals.digest_of(token)
    for wrong in (secrets.token_urlsafe(32), digest, asked.id, token[:-1], token + "A", "%00", "x" * 5000, "a/b"):
        for method in ("GET", "POST"):
            assert (await visit(browser, f"/approve/{wrong}", method=method, decision="approve")).status_code == 404
    assert await status_of(core, asked) == "pending"


async def test_an_expired_link_says_so_kindly(
    core: Core, browser: MakeBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = secrets.token_urlsafe(32)
    asked = await ask(core, token=token)
    later = now() + 15 * DAY
    monkeypatch.setattr("mailwright.domain.clock.now", lambda: later)
    page = await visit(browser, f"/approve/{token}")
    assert page.status_code == 404
    assert "its time is over" in page.text
    assert (await visit(browser, f"/approve/{token}", method="POST", decision="approve")).status_code == 404
    assert await status_of(core, asked) == "pending"


async def test_while_agents_are_stopped_the_link_goes_on_to_work(core: Core, browser: MakeBrowser) -> None:
    token = secrets.token_urlsafe(32)
    asked = await ask(core, token=token)
    await core.write(lambda tx: stops.engage(tx, "installation", None, because="an audit", by=SYSTEM))
    page = await visit(browser, f"/approve/{token}", method="POST", decision="approve")
    assert page.status_code == 409
    assert "an audit" in page.text
    await core.write(lambda tx: stops.release(tx, "installation", None, by=SYSTEM))
    assert (await visit(browser, f"/approve/{token}", method="POST", decision="approve")).status_code == 200
    assert await status_of(core, asked) == "approved"


async def test_a_form_without_a_decision_asks_again(core: Core, browser: MakeBrowser) -> None:
    token = secrets.token_urlsafe(32)
    asked = await ask(core, token=token)
    for form in (b"", b"decision=perhaps", b"decision", b"\xff=\xff", b"a=1&" * 50 + b"decision=approve"):
        page = await browser().http.post(f"/approve/{token}", content=form)
        assert "May this mail be sent?" in page.text
    assert await status_of(core, asked) == "pending"


async def test_guessing_is_slowed_down(core: Core, browser: MakeBrowser) -> None:
    one = browser(peer="192.0.2.50")
    answers = [(await one.http.get(f"/approve/{secrets.token_urlsafe(32)}")).status_code for _ in range(70)]
    assert answers[0] == 404
    assert answers[-1] == 429
    other = browser(peer="192.0.2.51")
    assert (await other.http.get("/approve/x")).status_code == 404


async def test_behind_https_the_page_is_the_same(core: Core, browser: MakeBrowser) -> None:
    token = secrets.token_urlsafe(32)
    await ask(core, token=token)
    one = browser(web=Web(public_url="https://mail.mailwright.test"))
    page = await one.http.post(
        f"/approve/{token}", data={"decision": "approve"}, headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    )
    assert page.status_code == 200  # browsers say so of a page that sends no referrer


# --- grants, the switch, held mail ----------------------------------------------------------------------------------


async def test_grants_are_given_and_revoked(core: Core, browser: MakeBrowser) -> None:
    ada, bashir = browser(), browser()
    await ada.sign_in("ada@mailwright.test")
    await bashir.sign_in("bashir@mailwright.test")
    wanted = {"agent": "employee", "action": "send", "target": "Chen@Example.org"}
    given = await ada.post("/api/agents/grants", json=wanted)
    assert given.status_code == 201
    assert given.json()["target"] == "chen@example.org"
    assert len((await ada.get("/api/agents/grants")).json()["grants"]) == 1
    path = f"/api/agents/grants/{given.json()['id']}"
    assert (await bashir.get("/api/agents/grants")).json()["grants"] == []
    assert (await bashir.change("DELETE", path)).status_code == 404
    assert (await ada.change("DELETE", path)).json()["revoked_at"]
    assert (await ada.get("/api/agents/grants")).json()["grants"] == []
    for bad in ({"action": "read"}, {"target": ""}, {"target": "nobody"}, {"agent": ""}, {"target": "a\x00"}):
        assert (await ada.post("/api/agents/grants", json=wanted | bad)).status_code in (400, 422)


async def test_the_switch_is_thrown_for_as_many_as_one_may(core: Core, browser: MakeBrowser) -> None:
    def more(tx: Tx) -> None:
        accounts.add_user(tx, core, "support@mailwright.test", role="support")
        accounts.add_user(tx, core, "admin@mailwright.test", role="admin")
        accounts.add_user(tx, core, "ops@mailwright.test", role="admin", operator=True)

    core.database.write_now(more)
    may = {"ada": ["user"], "support": ["user"], "admin": ["user", "tenant"], "ops": ["user", "tenant", "installation"]}
    for name, scopes in may.items():
        email = f"{name}@mailwright.test"
        give_password(core, email)
        person = browser()
        await person.sign_in(email)
        assert (await person.get("/api/agents/stop")).json()["may"] == scopes
        for scope in ("user", "tenant", "installation"):
            thrown = await person.post("/api/agents/stop", json={"scope": scope, "because": "a test"})
            assert thrown.status_code == (200 if scope in scopes else 403)
            if scope in scopes:
                assert thrown.json()["stopped"]
                assert "a test" in thrown.json()["because"]
            put_back = await person.change("DELETE", f"/api/agents/stop?scope={scope}")
            assert put_back.status_code == (200 if scope in scopes else 403)
        assert not (await person.get("/api/agents/stop")).json()["stopped"]


async def test_held_mail_is_shown_and_taken_back_by_whom_it_is_for(
    core: Core, browser: MakeBrowser, agent_id: str
) -> None:
    ada_id, ada, bashir = _id(core, "ada@mailwright.test"), browser(), browser()
    await ada.sign_in("ada@mailwright.test")
    await bashir.sign_in("bashir@mailwright.test")
    queued = await _queue(core, agent_id, ada_id)
    held = (await ada.get("/api/agents/held")).json()["held"]
    assert [(each["id"], each["recipient"], each["stopped"]) for each in held] == [
        (queued[0], "chen@example.org", False)
    ]
    assert held[0]["subject"].startswith("Our offer")
    assert held[0]["leaves_at"]
    assert (await bashir.get("/api/agents/held")).json()["held"] == []
    path = f"/api/agents/held/{queued[0]}/cancel"
    assert (await bashir.post(path)).status_code == 404
    assert (await ada.post(path)).json()["status"] == "cancelled"
    assert (await ada.post(path)).status_code == 400
    assert (await ada.get("/api/agents/held")).json()["held"] == []


async def _queue(core: Core, agent_id: str, served_id: str, **more: Any) -> list[str]:
    account = await core.read(lambda tx: accounts.find(tx, AGENT))
    blob = await core.blobs.stage(account.tenant_id, _letter())

    def write(tx: Tx) -> list[str]:
        core.blobs.put(tx, blob)
        return outbox.enqueue(
            tx,
            tenant_id=account.tenant_id,
            user_id=agent_id,
            sender=Address.parse(AGENT),
            recipients=[Address.parse("chen@example.org")],
            blob_id=blob.id,
            message_id="<offer@mailwright.test>",
            idempotency_key=f"employee:{new_id()}",
            correlation_id="c-1",
            agent="employee",
            served_id=served_id,
            not_before=now() + DAY,
            **more,
        )

    return await core.write(write)
