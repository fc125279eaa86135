"""The assistant over HTTP: what its owner sees, corrects and chooses."""

from __future__ import annotations

from mailwright.core import Core, accounts, messages, sessions
from mailwright.core.processing import Desk
from mailwright.domain.clock import DAY, now, to_iso
from mailwright.domain.ids import new_id
from mailwright.domain.triage import Category
from mailwright.protocols.identity import COOKIE
from mailwright.storage import Tx, audit
from mailwright.storage import tasks as task_rows
from mailwright.storage.accounts import Account
from tests.protocols.api.assistant.mails import (
    ADA,
    CHEN,
    Workers,
    connection_of,
    elsewhere,
    judge,
    mail,
    process,
    settle,
)
from tests.protocols.api.people import Browser, MakeBrowser

# --- what is shown --------------------------------------------------------------------------------------------------


async def test_items_are_listed_by_what_they_are(core: Core, ada: Browser) -> None:
    connection = connection_of(core)
    ids = [await mail(core) for _ in range(4)]
    for email_id in ids:
        await process(ada, email_id)
    there = await core.write(lambda tx: elsewhere(tx, connection, "18c2f00000000000", sender="shop@example.com"))
    await judge(core, ids[0], draft_state="made", draft_id=new_id())
    await judge(core, ids[1], draft_state="sent")
    await judge(core, ids[2], Category.SPAM, draft_state="none")

    async def listed(query: str) -> set[str]:
        answer = await ada.get(f"/api/assistant/items?{query}")
        assert answer.status_code == 200, answer.text
        return {each["id"] for each in answer.json()["items"]}

    assert await listed("") == {*ids, there}
    assert await listed("category=needs_reply") == {ids[0], ids[1]}
    assert await listed("category=undecided&draft=") == {ids[3], there}
    assert await listed("draft=waiting") == {ids[0]}
    assert await listed("draft=none") == {ids[2]}
    assert await listed("connection=mailbox") == set(ids)
    assert await listed(f"connection={connection.id}") == {there}
    assert await listed("sender=Shop@Example.com") == {there}
    found: list[str] = []
    following: str | None = ""
    while following is not None:
        page = (await ada.get(f"/api/assistant/items?limit=2&before={following}")).json()
        found += [each["id"] for each in page["items"]]
        following = page["next"]
    assert found == [there, *reversed(ids)]


async def test_an_item_tells_everything_of_its_mail(core: Core, ada: Browser) -> None:
    email_id = await mail(core)
    task_id = (await process(ada, email_id)).json()["task_id"]
    await ada.post("/api/assistant/rules", json={"sender": "@example.org", "category": "needs_reply"})
    await core.write(lambda tx: task_rows.add_snapshot(tx, task_id, '{"text":"[price?]"}', now()))
    await settle(core, task_id)
    claims = [
        {"kind": "price", "text": "300 EUR", "support": "", "source": ""},
        {"kind": "date", "text": "Monday", "support": "thread", "source": "on Monday?"},
    ]
    await judge(core, email_id, draft_state="made", draft_id="r-1", claims=claims)
    found = (await ada.get(f"/api/assistant/items/{email_id}")).json()
    assert found["sender"] == {"address": CHEN, "name": "Chen"}
    assert (found["source"], found["category"], found["kind"]) == ("mailbox", "needs_reply", "person")
    assert found["draft"] == {
        "state": "made",
        "because": "",
        "draft_id": "r-1",
        "claims": 2,
        "unsupported": 1,
        "text": "[price?]",
        "checked": claims,
    }
    assert found["task"]["task_id"] == task_id
    assert [each["status"] for each in found["history"]] == ["queued", "running", "complete"]
    assert found["rule"]["sentence"] == "Mail of anybody at example.org needs a reply"


async def test_a_correction_is_remembered_and_seen(core: Core, ada: Browser) -> None:
    email_id = await mail(core)
    await process(ada, email_id)
    await judge(core, email_id)
    path = f"/api/assistant/items/{email_id}/correct"
    corrected = (await ada.post(path, json={"category": "informational"})).json()
    assert (corrected["category"], corrected["corrected_from"], corrected["decided_by"]) == (
        "informational",
        "needs_reply",
        "owner",
    )
    rules = (await ada.get("/api/assistant/rules")).json()["rules"]
    assert [(each["sender"], each["kind"], each["category"], each["made_by"]) for each in rules] == [
        (CHEN, "person", "informational", "correction")
    ]
    assert (await ada.post(path, json={"category": "informational"})).status_code == 200, "once more is as once"
    message = await core.read(lambda tx: messages.load(tx, email_id))
    assert "informational" in message.keywords
    assert (await ada.post(path, json={"category": "holiday"})).status_code == 422


async def test_a_draft_is_discarded_unless_somebody_edited_it(core: Core, ada: Browser) -> None:
    email_id = await mail(core)
    await process(ada, email_id)
    path = f"/api/assistant/items/{email_id}/discard"
    assert (await ada.post(path)).json()["draft"]["state"] is None, "there is none"
    await judge(core, email_id, draft_state="made", draft_id="r-1", draft_checksum="changed")
    assert (await ada.post(path)).json()["error"]["code"] == "draft_edited"
    await judge(core, email_id, draft_checksum="as written")
    assert (await ada.post(path)).json()["draft"]["state"] == "discarded"


async def test_the_summary_counts(core: Core, ada: Browser) -> None:
    connection_of(core)
    ids = [await mail(core) for _ in range(3)]
    for email_id in ids:
        await process(ada, email_id)
    await judge(core, ids[0], draft_state="made", draft_id=new_id())
    await judge(core, ids[1], Category.SPAM)
    found = (await ada.get("/api/assistant/summary")).json()
    assert found["mailbox"] == {"address": ADA, "served": True}
    assert [(each["kind"], each["state"]) for each in found["connections"]] == [("gmail", "connected")]
    since = found["today"].pop("since")
    assert found["today"] == {"needs_reply": 1, "informational": 0, "spam": 1, "undecided": 1}
    assert since < to_iso(now())
    assert found["drafts_waiting"] == 1
    assert found["tasks"] == {"pending": 3, "processing": 0, "completed": 0, "failed": 0, "skipped": 0}
    await core.write(_two_days_pass)
    found = (await ada.get("/api/assistant/summary")).json()
    assert found["today"]["needs_reply"] == 0
    assert found["tasks"]["pending"] == 3, "what is not at its end counts however old it is"
    assert found["connections"][0]["state"] == "broken", "nobody has looked since"


def _two_days_pass(tx: Tx) -> None:
    for table, column in (("triage", "created_at"), ("tasks", "created_at"), ("connections", "looked_at")):
        tx.execute(f"UPDATE {table} SET {column} = {column} - ?", (2 * DAY,))


# --- what is chosen -------------------------------------------------------------------------------------------------


async def test_settings_are_chosen_and_stay(core: Core, browser: MakeBrowser) -> None:
    ada = browser(desk=Desk(threshold=0.8, kept_days=30))
    await ada.sign_in(ADA)
    path = "/api/assistant/settings"
    before = (await ada.get(path)).json()
    assert not before["enabled"]
    assert before["defaults"] == {"threshold": 0.8, "kept_days": 30}
    never = await ada.change("PATCH", path, json={"drafts": False})
    assert (never.status_code, never.json()["error"]["code"]) == (409, "assistant_off")
    on = await ada.change("PATCH", path, json={"enabled": True, "threshold": 0.9, "facts": "We open at nine."})
    assert (on.json()["enabled"], on.json()["threshold"], on.json()["facts"]) == (True, 0.9, "We open at nine.")
    changed = (await ada.change("PATCH", path, json={"languages": ["de", "en"], "threshold": None})).json()
    assert (changed["languages"], changed["threshold"], changed["facts"]) == (["de", "en"], None, "We open at nine.")
    off = (await ada.change("PATCH", path, json={"enabled": False})).json()
    assert (off["enabled"], off["languages"]) == (False, ["de", "en"])
    assert (await ada.get(path)).json() == off
    for bad in (
        {"threshold": 2},
        {"languages": ["tlh"]},
        {"facts": "x" * 20_000},
        {"facts": "\x00"},
        {"kept_days": 0},
        {"drafts": "perhaps"},
    ):
        assert (await ada.change("PATCH", path, json=bad)).status_code == 422, bad
    actions = [each.action for _, each in await core.read(lambda tx: audit.listing(tx, actor=ADA))]
    assert "assistant.switched-on" in actions


async def test_rules_are_written_changed_and_removed(ada: Browser, bashir: Browser) -> None:
    path = "/api/assistant/rules"
    made = await ada.post(path, json={"sender": "Shop@Example.com", "kind": "receipt", "category": "informational"})
    assert made.status_code == 201
    rule = made.json()
    assert (rule["sender"], rule["kind"], rule["made_by"]) == ("shop@example.com", "receipt", "owner")
    changed = await ada.change("PATCH", f"{path}/{rule['id']}", json={"category": "spam", "kind": None})
    assert (changed.json()["category"], changed.json()["kind"]) == ("spam", None)
    off = await ada.change("PATCH", f"{path}/{rule['id']}", json={"enabled": False})
    assert (off.json()["enabled"], off.json()["category"]) == (False, "spam")
    assert (await bashir.get(path)).json()["rules"] == []
    assert (await ada.change("DELETE", f"{path}/{rule['id']}")).status_code == 200
    assert (await ada.get(path)).json()["rules"] == []
    for bad in ({"sender": ""}, {"sender": "nobody"}, {"sender": "a\x00@b.c"}, {"category": "x"}, {"kind": "x"}):
        answer = await ada.post(path, json={"sender": CHEN, "category": "spam"} | bad)
        assert answer.status_code == 422, bad
    for lost in ("x", new_id(), "%00"):
        assert (await ada.change("PATCH", f"{path}/{lost}", json={"enabled": True})).status_code == 404


async def test_vips_are_marked_and_forgotten(ada: Browser, bashir: Browser) -> None:
    path = "/api/assistant/vips"
    for sender in ("Chen@Example.org", "%40example.com", "a%2Fb%40example.org", "Chen@Example.org"):
        assert (await ada.change("PUT", f"{path}/{sender}")).status_code == 200
    assert (await ada.get(path)).json()["vips"] == ["@example.com", "a/b@example.org", "chen@example.org"]
    assert (await bashir.get(path)).json()["vips"] == []
    assert (await ada.change("DELETE", f"{path}/CHEN@example.org")).status_code == 200
    assert (await ada.change("DELETE", f"{path}/CHEN@example.org")).status_code == 404
    assert (await ada.change("PUT", f"{path}/nobody")).status_code == 422


async def test_the_style_is_ones_own(ada: Browser, bashir: Browser, workers: Workers) -> None:
    path = "/api/assistant/style"
    assert (await ada.get(path)).json()["in_use"] == ""
    edited = (await ada.change("PUT", path, json={"note": "Short, first names."})).json()
    assert (edited["note"], edited["in_use"]) == ("Short, first names.", "Short, first names.")
    assert (await bashir.get(path)).json()["note"] == ""
    assert (await ada.change("DELETE", path)).json()["note"] == ""
    assert (await ada.post(f"{path}/learn")).status_code == 202
    assert len(workers.learning) == 1
    assert (await ada.change("PUT", path, json={"note": "x" * 5000})).status_code == 422


async def test_an_outside_sender_has_no_mailbox_to_look_after(
    core: Core, browser: MakeBrowser, workers: Workers
) -> None:
    def write(tx: Tx) -> Account:
        return accounts.add_guest(tx, accounts.find(tx, ADA).tenant_id, CHEN)

    guest = await core.write(write)
    chen = browser(desk=Desk(lambda: workers))
    opened = await sessions.open_session(core, guest, by="link", client="::1", agent="x", long_lived=False)
    chen.http.cookies.set(COOKIE, opened.token)
    chen.csrf = opened.signed.csrf
    path = "/api/assistant/settings"
    found = (await chen.get(path)).json()
    assert (found["has_mailbox"], found["own_mailbox"]) == (False, False)
    assert (await chen.change("PATCH", path, json={"enabled": True, "own_mailbox": True})).status_code == 400
    on = (await chen.change("PATCH", path, json={"enabled": True})).json()
    assert (on["enabled"], on["own_mailbox"]) == (True, False)
    assert (await chen.get("/api/assistant/summary")).json()["mailbox"] is None
    refused = await chen.post("/api/process-email/bulk", json={"from": "2020-01-01"})
    assert refused.json()["error"]["code"] == "assistant_off", "nothing is connected"
