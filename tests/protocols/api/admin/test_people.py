"""People, as administrators look after them: added, invited, changed, signed out and taken away, and what nobody can do by mistake."""

from __future__ import annotations

import asyncio
from typing import Any

from mailwright.core import Core, accounts, sessions, signinlinks
from mailwright.storage import Tx, audit
from mailwright.storage import accounts as account_rows
from mailwright.storage import administration as rows
from tests.protocols.api.admin.conftest import ELSEWHERE, HOME, Desk, Sit, things


def _trail(core: Core, resource: str) -> list[tuple[str, str, str, str]]:
    found = core.database.read_now(lambda tx: audit.listing(tx, limit=500))
    return [(e.action, e.actor, e.address, e.correlation_id) for _, e in reversed(found) if e.resource == resource]


async def _add(desk: Desk, **given: Any) -> dict[str, Any]:
    answer = await desk.ask("POST", "/users", json={"email": f"chen@{HOME}", **given})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_somebody_is_added_with_a_password_that_is_shown_once(core: Core, sit: Sit) -> None:
    desk = await sit("admin")
    answer = await desk.ask(
        "POST",
        "/users",
        json={"email": f"Chen@{HOME.upper()}", "name": "Chen", "quota_bytes": None},
        headers={"X-Correlation-Id": "order-17"},
    )
    made = answer.json()
    assert (made["user"]["email"], made["user"]["quota_bytes"], made["link"]) == (f"chen@{HOME}", None, None)
    account = await accounts.authenticate(
        core, f"chen@{HOME}", made["password"], client="192.0.2.1", scope=accounts.PAGES
    )
    assert account.id == made["user"]["id"]
    trail = _trail(core, f"chen@{HOME}")
    assert [one[0] for one in trail] == ["user.added", "password.set"]
    assert {one[1:] for one in trail} == {(f"admin@{HOME}", "192.0.2.7", "order-17")}
    everything = core.database.read_now(lambda tx: tx.all("SELECT actor, action, resource FROM audit_events"))
    assert made["password"] not in str(everything)
    assert (await desk.ask("POST", "/users", json={"email": f"chen@{HOME}"})).status_code == 409


async def test_an_invitation_is_a_link_that_signs_in_once(core: Core, sit: Sit) -> None:
    made = await _add(await sit("admin"), invite=True, role="support")
    assert made["password"] is None
    page, _, token = made["link"].partition("#link=")
    assert page == "http://localhost:8080/app/sign-in"
    opened = await signinlinks.redeem(core, token, code=None, client="192.0.2.1", agent="")
    assert (opened.signed.account.email, opened.signed.account.role) == (f"chen@{HOME}", "support")
    assert "user.invited" in [one[0] for one in _trail(core, f"chen@{HOME}")]
    assert token not in str(core.database.read_now(lambda tx: tx.all("SELECT resource FROM audit_events")))


async def test_a_new_password_and_a_block_end_every_session(core: Core, sit: Sit) -> None:
    desk, mine = await sit("admin"), await things(core)

    async def signed_in() -> int:
        account = await core.read(lambda tx: account_rows.by_id(tx, mine.user))
        assert account is not None
        await sessions.open_session(core, account, by="password", client="", agent="", long_lived=False)
        return int((await desk.get(f"/users/{mine.user}"))["sessions"])

    assert await signed_in() == 1
    answer = await desk.ask("POST", f"/users/{mine.user}/password", json={"password": "correct horse battery"})
    assert answer.json() == {"password": None}
    assert await signed_in() == 1
    assert (await desk.ask("POST", f"/users/{mine.user}/sign-out")).json() == {"sessions": 1}
    assert await signed_in() == 1
    blocked = await desk.ask("PATCH", f"/users/{mine.user}", json={"status": "blocked"})
    assert (blocked.json()["status"], blocked.json()["sessions"]) == ("blocked", 0)
    assert (await desk.ask("POST", f"/users/{mine.user}/password", json={"password": "short"})).status_code == 400


async def test_nobody_takes_their_own_rights_or_the_last_operator_away(core: Core, sit: Sit) -> None:
    operator, admin = await sit("operator"), await sit("admin")
    own, its = f"/users/{operator.account.id}", f"/users/{admin.account.id}"
    for change in (
        {"role": "user"},
        {"status": "blocked"},
        {"operator": False},
        {"role": "support", "operator": False},
    ):
        assert (await operator.ask("PATCH", own, json=change)).status_code == 403, change
    for change in ({"role": "user"}, {"status": "blocked"}, {"operator": True}):
        assert (await admin.ask("PATCH", its, json=change)).status_code == 403, change
    assert (await operator.ask("DELETE", f"{own}?confirm={operator.account.email}")).status_code == 403
    assert (await operator.ask("PATCH", its, json={"operator": True})).json()["operator"] is True
    assert (await admin.ask("PATCH", own, json={"operator": False})).json()["operator"] is False
    assert (await operator.ask("PATCH", its, json={"role": "user"})).status_code == 403
    assert core.database.read_now(rows.operators) == [admin.account.id]


async def test_two_operators_cannot_demote_each_other_at_once(core: Core, sit: Sit) -> None:
    operator, admin = await sit("operator"), await sit("admin")
    await operator.ask("PATCH", f"/users/{admin.account.id}", json={"operator": True})
    answers = await asyncio.gather(
        operator.ask("PATCH", f"/users/{admin.account.id}", json={"operator": False}),
        admin.ask("PATCH", f"/users/{operator.account.id}", json={"operator": False}),
    )
    assert len(core.database.read_now(rows.operators)) >= 1
    assert 200 in {answer.status_code for answer in answers}


async def test_the_admin_of_a_tenant_cannot_become_who_looks_after_all(core: Core, sit: Sit) -> None:
    admin, operator = await sit("admin"), await sit("operator")
    its = f"/users/{operator.account.id}"
    for method, path, body in (
        ("POST", f"{its}/password", {}),
        ("POST", f"{its}/invite", {}),
        ("POST", f"{its}/totp/remove", {}),
        ("POST", f"{its}/sign-out", {}),
        ("PATCH", its, {"status": "blocked"}),
        ("DELETE", f"{its}?confirm={operator.account.email}", None),
        ("POST", "/users", {"email": f"chen@{HOME}", "role": "admin", "operator": True}),
    ):
        answer = await admin.ask(method, path, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_permitted"), path
    assert (await admin.get(its))["operator"] is True


async def test_a_user_is_removed_when_the_address_is_confirmed(core: Core, sit: Sit) -> None:
    desk, mine = await sit("admin"), await things(core)
    for wrong in ("", "?confirm=", f"?confirm=ada@{HOME}"):
        assert (await desk.ask("DELETE", f"/users/{mine.user}{wrong}")).status_code == 400
    answer = await desk.ask("DELETE", f"/users/{mine.user}?confirm={mine.email.upper()}")
    assert (answer.status_code, answer.json()) == (200, {"status": "removed", "email": mine.email})
    assert (await desk.ask("GET", f"/users/{mine.user}")).status_code == 404
    assert [one[:2] for one in _trail(core, mine.email)][-2:] == [
        ("user.removal-began", f"admin@{HOME}"),
        ("user.removed", f"admin@{HOME}"),
    ]


async def test_much_mail_is_taken_away_after_the_answer(core: Core, sit: Sit, monkeypatch: Any) -> None:
    desk, mine = await sit("admin"), await things(core)
    go_on = asyncio.Event()

    async def slowly(core: Core, account: accounts.Account, *, by: audit.Actor) -> None:
        await go_on.wait()
        await finish(core, account, by=by)

    finish = accounts.finish_removal
    monkeypatch.setattr(accounts, "finish_removal", slowly)
    monkeypatch.setattr("mailwright.protocols.api.admin.removals.PATIENCE_SECONDS", 0.05)
    answer = await desk.ask("DELETE", f"/users/{mine.user}?confirm={mine.email}")
    assert (answer.status_code, answer.json()["status"]) == (202, "removing")
    assert (await desk.get(f"/users/{mine.user}"))["status"] == "removing"
    assert (await desk.ask("PATCH", f"/users/{mine.user}", json={"status": "active"})).status_code == 400
    go_on.set()
    again = await desk.ask("DELETE", f"/users/{mine.user}?confirm={mine.email}")
    while again.status_code == 202:
        again = await desk.ask("DELETE", f"/users/{mine.user}?confirm={mine.email}")
    assert again.status_code in (200, 404)
    assert (await desk.ask("GET", f"/users/{mine.user}")).status_code == 404


async def test_agents_and_outside_senders_stay_what_they_are(core: Core, sit: Sit) -> None:
    desk = await sit("operator")

    def make(tx: Tx) -> str:
        return accounts.add_agent(tx, core, f"assistant@{HOME}", display_name="Mini Mouse").id

    agent = await core.write(make)
    assert (await desk.ask("PATCH", f"/users/{agent}", json={"role": "admin"})).status_code == 400
    assert (await desk.ask("POST", f"/users/{agent}/password")).status_code == 400
    assert (await desk.ask("POST", f"/users/{agent}/invite")).status_code == 400
    assert (await desk.ask("PATCH", f"/users/{agent}", json={"quota_bytes": 5})).json()["quota_bytes"] == 5


async def test_pages_of_people_neither_repeat_nor_miss_anybody_while_others_are_added(core: Core, sit: Sit) -> None:
    desk = await sit("operator")
    before = {one["id"] for one in (await desk.get("/users?limit=200"))["users"]}
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await desk.get("/users", params={"limit": 2, "cursor": cursor})
        seen += [one["id"] for one in page["users"]]
        cursor = page["next"]
        await things(core)
    assert len(seen) == len(set(seen))
    assert before <= set(seen)


async def test_people_are_found_by_part_of_name_or_address_role_and_status(core: Core, sit: Sit) -> None:
    desk = await sit("operator")
    await _add(desk, name="Chen 100%_sure")

    async def found(**asked: str) -> list[str]:
        return [one["email"] for one in (await desk.get("/users", params=asked))["users"]]

    assert await found(q="100%_SURE") == [f"chen@{HOME}"]
    assert await found(q="chen@mail") == [f"chen@{HOME}"]
    assert await found(q="%") == [f"chen@{HOME}"]
    assert await found(role="support") == [f"support@{HOME}", f"support@{ELSEWHERE}"]
    assert await found(role="guest") == ["eve@example.org"] * 2
    assert await found(status="blocked") == []


async def test_a_phone_is_set_for_somebody_and_not_taken_from_another(core: Core, sit: Sit) -> None:
    desk = await sit("admin")
    one, two = [await _add(desk, email=f"{name}@{HOME}") for name in ("chen", "dora")]
    path, number = f"/users/{one['user']['id']}/phone", "+4915112345678"
    assert (await desk.ask("PUT", path, json={"phone": "0049 151 12345678"})).json() == {"phone": number}
    assert await desk.get(path) == {"phone": number}
    assert "phone.set" in [each[0] for each in _trail(core, f"chen@{HOME}")]
    other = await desk.ask("PUT", f"/users/{two['user']['id']}/phone", json={"phone": number})
    assert (other.status_code, (await desk.ask("PUT", path, json={"phone": "0151"})).status_code) == (409, 400)
    assert (await desk.ask("PUT", path, json={"phone": None})).json() == {"phone": None}
